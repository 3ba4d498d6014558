"""The user's own keys: checks the remapped keys of a settings file and explains what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_ALIASES, Keys
from textual.screen import ModalScreen
from textual.widgets import Input

from tvtui.text.redact import quoted
from tvtui.tui.app import TvtuiApp
from tvtui.tui.bindings import character_of
from tvtui.tui.key_help import ANYWHERE, CHAINS
from tvtui.tui.key_help import PLACES as BELOW_THE_APP
from tvtui.tui.widgets.filter_bar import FilterBar

PLACES: dict[type[DOMNode], str] = {**BELOW_THE_APP, TvtuiApp: ANYWHERE}
"""Every class that has keys, and the name of the place where they apply."""

_CHAINS: tuple[tuple[type[DOMNode], ...], ...] = tuple(
    chain if issubclass(chain[-1], ModalScreen) else (*chain, TvtuiApp) for chain in CHAINS
)
"""As `CHAINS`, up to the app; a modal screen keeps all keys from it."""

_MODIFIERS = {"alt", "ctrl", "hyper", "meta", "shift", "super"}
_ALIASES = {alias: key for key, aliases in KEY_ALIASES.items() for alias in aliases}
_NAMED_KEYS = sorted(key.value for key in Keys if "<" not in key.value)


_GIVEN_UP_WHILE_TYPING = {"replay.pause"}
"""The IDs of keys that come before all others, but not in a text field."""


class Checked(NamedTuple):
    """The result of a check."""

    keymap: dict[str, str]
    """Keys by binding ID, for `App.set_keymap`."""
    problems: tuple[str, ...]
    """One sentence for each problem."""


class _Use(NamedTuple):
    """A key that is bound in one place."""

    key: str
    name: str
    """The binding's ID; for Textual's own bindings, which have none, the action."""
    place: type[DOMNode]
    label: str


def bindings(place: type[DOMNode]) -> list[Binding]:
    """All bindings of a class, including inherited ones, one for each key."""
    # Textual has no public way to find the bindings that a class inherits
    merged = place._merged_bindings  # noqa: SLF001
    return [] if merged is None else [binding for _key, binding in merged]


def check(keys: Mapping[str, str], source: Path | str = "config.toml") -> Checked:
    """Check the keys of the user's settings file `source`: as written, separated by commas, by binding ID."""
    known = {binding.id: binding for place in PLACES for binding in bindings(place) if binding.id}
    problems: list[str] = []
    keymap: dict[str, str] = {}
    for name, written in keys.items():
        if name not in known:
            problems.append(f"""unknown action {quoted(name, 60, '"')}{_did_you_mean(name, known)}""")
            continue
        given = [_canonical(key.strip()) for key in written.split(",")]
        faults = [fault for key in given if (fault := _fault(key))]
        problems += [f'"{name}": {fault}' for fault in faults]
        if not faults:
            keymap[name] = ",".join(dict.fromkeys(given))
    problems += _clashes(keymap)
    problems += _needed_for_typing(keymap, known)
    return Checked(keymap, tuple(f"[keys] in {source}: {problem}." for problem in dict.fromkeys(problems)))


def _did_you_mean(word: str, known: Collection[str], otherwise: str = "") -> str:
    # imported here because most keymaps have no mistakes
    from difflib import get_close_matches

    nearest = get_close_matches(word, known, n=1)
    return f' (did you mean "{nearest[0]}"?)' if nearest else otherwise


def _canonical(key: str) -> str:
    """The key by Textual's name: `?` is `question_mark`, and modifiers are sorted."""
    if key in {"", "+", ","}:
        return {"+": "plus", ",": "comma"}.get(key, "")
    # a letter with an accent can be written as two characters
    *modifiers, name = normalize("NFC", key).replace("++", "+plus").split("+")
    if len(name) == 1:
        # the only public way from a character to the name of its key
        (binding,) = Binding.make_bindings([Binding(name, "")])
        name = binding.key
    return "+".join([*sorted(modifiers), name])


def _character(key: str) -> str:
    """The character that the key types, "" if none."""
    if key in _NAMED_KEYS or "+" in key:
        return " " if key == "space" else ""
    return character_of(key)


def _fault(key: str) -> str:
    """Why the key cannot be used, "" if it can."""
    if not key:
        return 'a key is missing (write "comma" for the comma key)'
    *modifiers, name = key.split("+")
    if modifiers == ["shift"] and len(name) == 1:
        return f'terminals send "{name.upper()}" for "{key}"; use "{name.upper()}"'
    is_lower = not modifiers or len(name) > 1 or not name.isupper()
    if is_lower and set(modifiers) <= _MODIFIERS and (name in _NAMED_KEYS or _character(name)):
        return ""
    hint = _did_you_mean(key.lower(), _NAMED_KEYS, otherwise=' (examples: "x", "ctrl+x", "f8")')
    return f"""unknown key {quoted(key, 30, '"')}{hint}"""


def _uses(place: type[DOMNode], keymap: Mapping[str, str]) -> Iterator[_Use]:
    for binding in bindings(place):
        given = keymap.get(binding.id or "", binding.key)
        for key in given.split(","):
            yield _Use(key, binding.id or binding.action, place, binding.id or binding.description or binding.action)


def _shared(chain: tuple[type[DOMNode], ...], keymap: Mapping[str, str]) -> Iterator[tuple[_Use, _Use]]:
    """Every two different actions that share a key somewhere in a chain."""
    uses: dict[str, dict[str, _Use]] = {}
    for place in chain:
        for use in _uses(place, keymap):
            # most terminals send the same sequence for both
            uses.setdefault(_ALIASES.get(use.key, use.key), {}).setdefault(use.name, use)
    for same_key in uses.values():
        yield from combinations(same_key.values(), 2)


def _clashes(keymap: Mapping[str, str]) -> Iterator[str]:
    """One sentence for each pair of actions that share a key only because one of them was remapped."""
    reported: set[tuple[str, str]] = set()
    for chain in _CHAINS:
        intended = {frozenset((one.name, other.name)) for one, other in _shared(chain, {})}
        for one, other in _shared(chain, keymap):
            remapped = next((use for use in (one, other) if use.name in keymap), None)
            if remapped is None or frozenset((one.name, other.name)) in intended:
                continue
            if (remapped.key, remapped.name) in reported:
                continue
            reported.add((remapped.key, remapped.name))
            key = _character(one.key).strip() or one.key
            where = "" if PLACES[one.place] == ANYWHERE else f" {PLACES[one.place]}"
            yield f'"{key}" is bound to two actions{where}: "{one.label}" and "{other.label}"'


def _needed_for_typing(keymap: Mapping[str, str], known: Mapping[str, Binding]) -> Iterator[str]:
    """One sentence for each key that a text field needs and a binding would take, or the other way round."""
    of_fields = {binding.key for binding in bindings(Input)}
    near_fields = {binding.id for binding in bindings(FilterBar)}
    for name, given in keymap.items():
        if name not in near_fields and (not known[name].priority or name in _GIVEN_UP_WHILE_TYPING):
            continue
        for key in given.split(","):
            if _character(key) or (key in of_fields and key != known[name].key):
                shown = _character(key).strip() or key
                yield f'"{name}": "{shown}" is needed for typing in the filter and the search; use another key'
