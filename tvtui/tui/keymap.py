"""The user's own keys: which actions can be given others, and what is wrong with those they were given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import combinations
from typing import NamedTuple

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_ALIASES, Keys, format_key
from textual.widgets import Input

from tvtui.text.clean import clean_line
from tvtui.tui.app import TvtuiApp
from tvtui.tui.key_help import ANYWHERE
from tvtui.tui.key_help import PLACES as BELOW_THE_APP
from tvtui.tui.screens.board import BoardScreen
from tvtui.tui.screens.dialogs import Question, RunPrompt
from tvtui.tui.screens.help import HelpScreen
from tvtui.tui.screens.picture import PictureScreen
from tvtui.tui.screens.run import RunScreen
from tvtui.tui.widgets.artifact_list import ArtifactList
from tvtui.tui.widgets.case_table import CaseTable
from tvtui.tui.widgets.diagnosis_pane import DiagnosisView
from tvtui.tui.widgets.filter_bar import FilterBar
from tvtui.tui.widgets.text_pane import TextPane
from tvtui.tui.widgets.text_view import TextView

PLACES: dict[type[DOMNode], str] = {RunScreen: ANYWHERE, TvtuiApp: ANYWHERE, **BELOW_THE_APP}
"""Everything that has keys, and where the user is when they count."""

_CHAINS: tuple[tuple[type[DOMNode], ...], ...] = (
    (CaseTable, RunScreen, TvtuiApp),
    (ArtifactList, RunScreen, TvtuiApp),
    (TextView, TextPane, RunScreen, TvtuiApp),
    (DiagnosisView, TextPane, RunScreen, TvtuiApp),
    (FilterBar, TextPane, RunScreen, TvtuiApp),
    (PictureScreen, TvtuiApp),
    (BoardScreen, TvtuiApp),
    (TextView, HelpScreen),
    (FilterBar, HelpScreen),
    (Question,),
    (RunPrompt,),
)
"""What a key is offered to, one after the other, in each pane. The first that knows it keeps it from the rest."""

_MODIFIERS = {"alt", "ctrl", "hyper", "meta", "shift", "super"}
_ALIASES = {alias: key for key, aliases in KEY_ALIASES.items() for alias in aliases}
_NAMED_KEYS = sorted(key.value for key in Keys if "<" not in key.value)


class Checked(NamedTuple):
    """What came of a check."""

    keymap: dict[str, str]
    """Keys by ids, as `App.set_keymap` takes them."""
    problems: tuple[str, ...]
    """A sentence about each thing that is wrong."""


class _Use(NamedTuple):
    """A key that does something in one place."""

    key: str
    name: str
    """The binding's id; Textual's own bindings have none, and go by their action."""
    place: type[DOMNode]
    told: str


def bindings(place: type[DOMNode]) -> list[Binding]:
    """All bindings of a class, those that it inherits among them, one for each key."""
    # Textual has no public way to what a class inherits and what it has done away with
    merged = place._merged_bindings  # noqa: SLF001
    return [] if merged is None else [binding for _key, binding in merged]


def check(keys: Mapping[str, str]) -> Checked:
    """Find out what the keys of the user's file mean, and what is wrong with them."""
    known = {binding.id: binding for place in PLACES for binding in bindings(place) if binding.id}
    problems: list[str] = []
    keymap: dict[str, str] = {}
    for name, written in keys.items():
        if name not in known:
            (nearest,) = get_close_matches(name, known, n=1, cutoff=0.0)
            problems.append(f'there is nothing called "{clean_line(name)[:60]}"; the nearest is "{nearest}"')
            continue
        given = [_canonical(key.strip()) for key in written.split(",")]
        wrong = [fault for key in given if (fault := _fault(key))]
        problems += [f'"{name}": {fault}' for fault in wrong]
        if not wrong:
            keymap[name] = ",".join(dict.fromkeys(given))
    problems += _clashes(keymap)
    problems += _typed(keymap, known)
    return Checked(keymap, tuple(f"[keys] in config.toml: {problem}." for problem in dict.fromkeys(problems)))


def _canonical(key: str) -> str:
    """The key as Textual names it: `?` is `question_mark`, and modifiers come in the order of the alphabet."""
    if key in {"", "+", ","}:
        return {"+": "plus", ",": "comma"}.get(key, "")
    *modifiers, name = key.replace("++", "+plus").split("+")
    if len(name) == 1:
        # the one public way from a character to the name of its key
        (binding,) = Binding.make_bindings([Binding(name, "")])
        name = binding.key
    return "+".join([*sorted(modifiers), name])


def _character(key: str) -> str:
    """What the key types, "" if that is nothing."""
    if key in _NAMED_KEYS or "+" in key:
        return " " if key == "space" else ""
    shown = format_key(key)
    return shown if len(shown) == 1 else ""


def _fault(key: str) -> str:
    """What keeps the key from being pressed, "" if nothing does."""
    if not key:
        return 'a key is missing; the comma itself is "comma"'
    *modifiers, name = key.split("+")
    if modifiers == ["shift"] and len(name) == 1:
        return f'for "{key}" a terminal sends "{name.upper()}"; write that'
    is_lower = not modifiers or len(name) > 1 or not name.isupper()
    if is_lower and set(modifiers) <= _MODIFIERS and (name in _NAMED_KEYS or _character(name)):
        return ""
    nearest = get_close_matches(key.lower(), _NAMED_KEYS, n=1)
    advice = f'the nearest is "{nearest[0]}"' if nearest else 'keys are written as "x", "ctrl+x", "f8"'
    return f'there is no key "{clean_line(key)[:30]}"; {advice}'


def _uses(place: type[DOMNode], keymap: Mapping[str, str]) -> Iterator[_Use]:
    for binding in bindings(place):
        given = keymap.get(binding.id or "", binding.key)
        for key in given.split(","):
            yield _Use(key, binding.id or binding.action, place, binding.id or binding.description or binding.action)


def _shared(chain: tuple[type[DOMNode], ...], keymap: Mapping[str, str]) -> Iterator[tuple[_Use, _Use]]:
    """Every two different things that one key does somewhere in a chain."""
    uses: dict[str, dict[str, _Use]] = {}
    for place in chain:
        for use in _uses(place, keymap):
            # most terminals send the same for both
            uses.setdefault(_ALIASES.get(use.key, use.key), {}).setdefault(use.name, use)
    for same_key in uses.values():
        yield from combinations(same_key.values(), 2)


def _clashes(keymap: Mapping[str, str]) -> Iterator[str]:
    """What shares a key with something else, and did not share one before it was remapped."""
    told: set[tuple[str, str]] = set()
    for chain in _CHAINS:
        meant = {frozenset((one.name, other.name)) for one, other in _shared(chain, {})}
        for one, other in _shared(chain, keymap):
            remapped = next((use for use in (one, other) if use.name in keymap), None)
            if remapped is None or frozenset((one.name, other.name)) in meant or (remapped.key, remapped.name) in told:
                continue
            told.add((remapped.key, remapped.name))
            key = _character(one.key).strip() or one.key
            both = f'"{one.told}" and "{other.told}"'
            yield f'"{key}" would do two things {PLACES[one.place]}, {both}; give one of them another key'


def _typed(keymap: Mapping[str, str], known: Mapping[str, Binding]) -> Iterator[str]:
    """What would keep a field from a key that it needs, or be kept from it."""
    of_fields = {binding.key for binding in bindings(Input)}
    near_fields = {binding.id for binding in bindings(FilterBar)}
    for name, given in keymap.items():
        if name not in near_fields and not known[name].priority:
            continue
        for key in given.split(","):
            if _character(key) or (key in of_fields and key != known[name].key):
                shown = _character(key).strip() or key
                yield f'"{name}": the filter and the search need "{shown}" for typing; give it another key'
