"""Everything in the app that has keys, where the user is when they count, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from textual.binding import Binding
from textual.dom import DOMNode

from tvtui.tui.bindings import is_move, key_name
from tvtui.tui.screens.board import BoardScreen
from tvtui.tui.screens.dialogs import Question, RunPrompt
from tvtui.tui.screens.help import Group, HelpScreen, KeyRow
from tvtui.tui.screens.picture import PictureScreen
from tvtui.tui.screens.run import RunScreen
from tvtui.tui.widgets.artifact_list import ArtifactList
from tvtui.tui.widgets.case_table import CaseTable
from tvtui.tui.widgets.diagnosis_pane import DiagnosisView
from tvtui.tui.widgets.filter_bar import FilterBar
from tvtui.tui.widgets.text_pane import TextPane
from tvtui.tui.widgets.text_view import TextView

ANYWHERE = "anywhere"

Places = Mapping[type[DOMNode], str]

PLACES: Places = {
    RunScreen: ANYWHERE,
    CaseTable: "in the tests",
    TextView: "in error and log",
    TextPane: "in log and diagnosis",
    DiagnosisView: "in the diagnosis",
    ArtifactList: "in the artifacts",
    FilterBar: "in a filter or search",
    PictureScreen: "at a picture",
    Question: "at a question",
    RunPrompt: "at a question",
    BoardScreen: "on the board",
    HelpScreen: "in the list of keys",
}
"""What has keys below the app, and where the user is when they count."""

_TOPICS = {
    "failures and tests": ("failure.", "tests."),
    "evidence": ("detail.log", "detail.diagnosis", "artifact.", "detail.copy", "detail.edit"),
    "runs": ("run.", "runs.", "app.notices", "app.board"),
    "panes": ("pane.", "detail."),
    "the app": ("",),
}
"""How the ids begin of what belongs together among the keys that count anywhere; the first that fits has it."""


def rows(bindings: Iterable[Binding], keymap: Mapping[str, str]) -> Iterator[KeyRow]:
    """What is told of some keys: movement last and in one line, and one line for all runs that have a number."""
    named = {str(binding.id): binding for binding in bindings if binding.id}
    moves = [name for name in named if is_move(name)]
    numbered = [name for name in named if name.startswith("runs.show_")]

    def keys(*names: str) -> tuple[str, ...]:
        given = ",".join(keymap.get(name, named[name].key) for name in names)
        return tuple(dict.fromkeys(key_name(key) for key in given.split(",")))

    for name, binding in named.items():
        if name not in moves and name not in numbered:
            told = binding.tooltip or binding.description
            yield KeyRow(keys(name), told[0].lower() + told[1:])
    if numbered:
        each = keys(*numbered)
        is_own = any(name in keymap for name in numbered)
        yield KeyRow(each if is_own else (each[0], "…", each[-1]), "show the run of that number")
    if moves:
        yield KeyRow(keys(*moves), "scroll" if "scroll" in named[moves[0]].action else "move", is_wide=True)


def by_place(places: Places) -> dict[str, list[Binding]]:
    """Our own bindings, place by place; what a class inherits from Textual is left out."""
    found: dict[str, list[Binding]] = {}
    for kind, name in places.items():
        own = [binding for binding in vars(kind)["BINDINGS"] if isinstance(binding, Binding)]
        found.setdefault(name, []).extend(own)
    return found


def groups(places: Places, keymap: Mapping[str, str], here: Iterable[DOMNode]) -> tuple[Group, ...]:
    """All keys, those of the place where the user is first, then those that count anywhere.

    Args:
        places: What has keys.
        keymap: The keys that are others than they were made, by the ids of their bindings.
        here: What a key is offered to now, one after the other.
    """
    kinds = [kind for node in here for kind in type(node).__mro__]
    near = dict.fromkeys(places[kind] for kind in kinds if kind in places)
    order = list(dict.fromkeys([*(place for place in near if place != ANYWHERE), ANYWHERE, *places.values()]))
    all_of = by_place(places)
    told = []
    for place in order:
        parts = _by_topic(all_of[place]) if place == ANYWHERE else {place: all_of[place]}
        told += [Group(title, tuple(rows(bindings, keymap))) for title, bindings in parts.items()]
    return tuple(group for group in told if group.rows)


def _by_topic(bindings: Iterable[Binding]) -> dict[str, list[Binding]]:
    parts: dict[str, list[Binding]] = {topic: [] for topic in _TOPICS}
    for binding in bindings:
        topic = next(topic for topic, begins in _TOPICS.items() if str(binding.id).startswith(begins))
        parts[topic].append(binding)
    return parts
