"""Everything below the app that has keys, where they apply, and the rows of the list of keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from textual.binding import Binding
from textual.dom import DOMNode

from tvtui.tui.bindings import is_move, key_name
from tvtui.tui.screens.board import BoardScreen
from tvtui.tui.screens.comparison import ComparisonScreen
from tvtui.tui.screens.dialogs import Question, RunPrompt
from tvtui.tui.screens.help import Group, HelpScreen, KeyRow
from tvtui.tui.screens.picker import PickerScreen
from tvtui.tui.screens.picture import PictureScreen
from tvtui.tui.screens.run import RunScreen
from tvtui.tui.screens.trace import TraceScreen
from tvtui.tui.widgets.artifact_list import ArtifactList
from tvtui.tui.widgets.case_table import CaseTable
from tvtui.tui.widgets.diagnosis_pane import DiagnosisPane
from tvtui.tui.widgets.filter_bar import FilterBar
from tvtui.tui.widgets.item_list import ItemList
from tvtui.tui.widgets.replay_keys import ReplayKeys
from tvtui.tui.widgets.step_tree import StepTree
from tvtui.tui.widgets.text_pane import TextPane
from tvtui.tui.widgets.text_view import TextView
from tvtui.tui.widgets.trace_picture import TracePicture

ANYWHERE = "anywhere"

Places = Mapping[type[DOMNode], str]

PLACES: Places = {
    RunScreen: ANYWHERE,
    CaseTable: "in the tests",
    TextView: "in the error and log",
    TextPane: "in the error, log and diagnosis",
    DiagnosisPane: "in the diagnosis",
    ArtifactList: "in the artifacts",
    FilterBar: "in a filter or search",
    ReplayKeys: "in a replay",
    TraceScreen: "in a trace",
    StepTree: "in the steps of a trace",
    ItemList: "in a list",
    TracePicture: "in the picture of a trace",
    PictureScreen: "in the picture viewer",
    PickerScreen: "in the list of runs",
    ComparisonScreen: "in a comparison",
    Question: "in a dialog",
    RunPrompt: "in a dialog",
    BoardScreen: "on the board",
    HelpScreen: "in the list of keys",
}
"""Every class below the app that has keys, and the name of the place where they apply."""

CHAINS: tuple[tuple[type[DOMNode], ...], ...] = (
    (CaseTable, RunScreen),
    (ArtifactList, RunScreen),
    (TextView, TextPane, RunScreen),
    (TextView, TextPane, DiagnosisPane, RunScreen),
    (FilterBar, TextPane, DiagnosisPane, RunScreen),
    (CaseTable, ReplayKeys, RunScreen),
    (ArtifactList, ReplayKeys, RunScreen),
    (TextView, TextPane, ReplayKeys, RunScreen),
    (TextView, TextPane, DiagnosisPane, ReplayKeys, RunScreen),
    (FilterBar, TextPane, DiagnosisPane, ReplayKeys, RunScreen),
    (StepTree, TraceScreen),
    (ItemList, TraceScreen),
    (TracePicture, TraceScreen),
    (TextView, TextPane, TraceScreen),
    (FilterBar, TextPane, TraceScreen),
    (PictureScreen,),
    (ItemList, PickerScreen),
    (FilterBar, PickerScreen),
    (ItemList, ComparisonScreen),
    (TextView, ComparisonScreen),
    (BoardScreen,),
    (TextView, HelpScreen),
    (FilterBar, HelpScreen),
    (Question,),
    (RunPrompt,),
)
"""For each pane, the classes that a key is offered to, up to its screen. The first that binds the key takes it."""

_TOPICS = {
    "failures and tests": ("failure.", "tests."),
    "evidence": ("detail.log", "detail.diagnosis", "artifact.", "detail.copy", "detail.edit"),
    "runs": ("run.", "runs.", "app.notices", "app.board"),
    "panes": ("pane.", "detail."),
    "the app": ("",),
}
"""Prefixes of the IDs of keys that apply anywhere, by topic; a binding belongs to the first topic that fits."""


def rows(bindings: Iterable[Binding], keymap: Mapping[str, str]) -> Iterator[KeyRow]:
    """One row for each binding; one row for all numbered runs, and a last one for all movement."""
    named = {str(binding.id): binding for binding in bindings if binding.id}
    moves = [name for name in named if is_move(name)]
    numbered = [name for name in named if name.startswith("runs.show_")]

    def keys(*names: str) -> tuple[str, ...]:
        given = ",".join(keymap.get(name, named[name].key) for name in names)
        return tuple(dict.fromkeys(key_name(key) for key in given.split(",")))

    for name, binding in named.items():
        if name not in moves and name not in numbered:
            description = binding.tooltip or binding.description
            yield KeyRow(keys(name), description[0].lower() + description[1:])
    if numbered:
        each = keys(*numbered)
        is_remapped = any(name in keymap for name in numbered)
        yield KeyRow(each if is_remapped else (each[0], "…", each[-1]), "show the run with that number")
    if moves:
        yield KeyRow(keys(*moves), "scroll" if "scroll" in named[moves[0]].action else "move", is_wide=True)


def by_place(places: Places) -> dict[str, list[Binding]]:
    """The bindings of each place, without those that a class inherits from Textual."""
    found: dict[str, list[Binding]] = {}
    for kind, name in places.items():
        own = [binding for binding in vars(kind)["BINDINGS"] if isinstance(binding, Binding)]
        found.setdefault(name, []).extend(own)
    return found


def groups(places: Places, keymap: Mapping[str, str], here: Iterable[DOMNode]) -> tuple[Group, ...]:
    """All keys: first those of the place where the user is, then those that apply anywhere on the screen of a run.

    Args:
        places: The classes that have keys, and the names of their places.
        keymap: The remapped keys by binding ID.
        here: The nodes that a key is offered to now, in order.
    """
    kinds = [kind for node in here for kind in type(node).__mro__]
    is_elsewhere = bool(kinds) and RunScreen not in kinds
    near = dict.fromkeys(places[kind] for kind in kinds if kind in places)
    order = list(dict.fromkeys([*(place for place in near if place != ANYWHERE), ANYWHERE, *places.values()]))
    all_of = by_place(places)
    found = []
    for place in order:
        parts = _by_topic(all_of[place], is_elsewhere) if place == ANYWHERE else {place: all_of[place]}
        found += [Group(title, tuple(rows(bindings, keymap))) for title, bindings in parts.items()]
    return tuple(group for group in found if group.rows)


def _by_topic(bindings: Iterable[Binding], is_elsewhere: bool) -> dict[str, list[Binding]]:
    """The bindings by topic; most do nothing where another screen covers the run, which the titles then say."""
    parts: dict[str, list[Binding]] = {topic: [] for topic in _TOPICS}
    for binding in bindings:
        topic = next(topic for topic, prefixes in _TOPICS.items() if str(binding.id).startswith(prefixes))
        parts[topic].append(binding)
    return {f"on the run screen: {topic}" if is_elsewhere else topic: found for topic, found in parts.items()}
