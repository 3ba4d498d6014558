"""All key bindings of the app and the run screen, each with an ID by which a user can remap it; names of keys."""

from __future__ import annotations

from typing import Any

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.keys import format_key
from textual.screen import Screen

_MOVES = {"up", "down", "left", "right", "page_up", "page_down", "first", "last", "top", "end"}
"""The last words of the IDs of keys that move or scroll; the list of keys shows them on one line."""


def key_name(key: str) -> str:
    """The name of a key as in the README and in `config.toml`: `?`, `↑`, `ctrl+n`, `pageup`."""
    *modifiers, name = key.strip().split("+")
    shown = format_key(name)
    is_character = len(shown) == 1 and name != "enter"
    return "+".join([*modifiers, shown if is_character else name])


def keys_of(screen: Screen[Any], binding_id: str) -> list[str]:
    """The names of a binding's keys on this screen, as remapped, for a hint; empty if it is not active."""
    keys = [key for key, active in screen.active_bindings.items() if active.binding.id == binding_id]
    return [_in_hint(key) for key in keys]


def is_move(binding_id: str) -> bool:
    """Whether a binding only moves or scrolls."""
    return binding_id.rpartition(".")[2] in _MOVES


# shared by screens: one ID stands for one key everywhere
HELP = Binding("question_mark", "app.help", "help", key_display="?", id="app.help", tooltip="Show all keys")
QUIT = Binding("q", "app.quit", "quit", id="app.quit", tooltip="Quit (prints a summary)")

APP_BINDINGS: list[BindingType] = [
    Binding(
        "ctrl+p",
        "command_palette",
        "palette",
        show=False,
        priority=True,
        id="app.palette",
        tooltip="Command palette: every command, test and theme",
    ),
    Binding(
        "ctrl+q", "quit", "Quit", show=False, priority=True, id="app.quit_always", tooltip="Quit, even while typing"
    ),
    Binding("ctrl+z", "suspend_process", "Suspend", show=False, id="app.suspend", tooltip="Suspend (resume with `fg`)"),
    Binding("plus", "add_run", "add run", show=False, key_display="+", id="runs.add", tooltip="Add a run to watch"),
    Binding("x", "close_run", "close run", show=False, id="runs.close", tooltip="Close this run"),
    *(
        Binding(str(n), f"show_run({n})", f"run {n}", show=False, id=f"runs.show_{n}", tooltip=f"Show run {n}")
        for n in range(1, 10)
    ),
]

RUN_BINDINGS: list[BindingType] = [
    Binding(
        "n", "step_failure(1)", "next failure", id="failure.next", tooltip="Next failure; in a searched log, next match"
    ),
    Binding(
        "N",
        "step_failure(-1)",
        "previous failure",
        show=False,
        id="failure.previous",
        tooltip="Previous failure or match",
    ),
    Binding("f", "toggle_failed", "failed", id="tests.failed_only", tooltip="Failed only"),
    Binding(
        "F",
        "cycle_outcome",
        "one outcome only",
        show=False,
        id="tests.outcome",
        tooltip="Failed only, other only, passed only, all tests",
    ),
    Binding(
        "slash", "filter", "filter", key_display="/", id="tests.filter", tooltip="Filter the tests; in the log, search"
    ),
    Binding("l", "toggle_log", "log", id="detail.log", tooltip="Switch between log and error"),
    Binding("i", "toggle_diagnosis", "diagnosis", id="detail.diagnosis", tooltip="Switch between diagnosis and error"),
    Binding("o", "open", "open", id="artifact.open", tooltip="Open the selected artifact"),
    Binding("a", "show_artifacts", "artifacts", id="pane.artifacts", tooltip="Switch between artifacts and tests"),
    Binding("d", "download", "download", id="artifact.download", tooltip="Download the selected artifact"),
    Binding(
        "D",
        "download_all",
        "download all",
        show=False,
        id="artifact.download_all",
        tooltip="Download all listed artifacts",
    ),
    Binding(
        "y",
        "copy",
        "copy",
        id="detail.copy",
        tooltip="Copy the failure with its context, the diagnosis, or an artifact's path",
    ),
    Binding(
        "Y", "copy_markdown", "copy as Markdown", show=False, id="detail.copy_markdown", tooltip="Copy as Markdown"
    ),
    Binding("s", "cycle_sort", "sort", id="tests.sort", tooltip="Sort by outcome, duration, name or run order"),
    Binding(
        "e",
        "edit",
        "editor",
        show=False,
        id="detail.edit",
        tooltip="Open the error, log or diagnosis in $VISUAL, $EDITOR or $PAGER",
    ),
    Binding("w", "toggle('wrap')", "wrap", show=False, id="detail.wrap", tooltip="Wrap long lines"),
    Binding("z", "zoom", "zoom", id="pane.zoom", tooltip="Zoom this pane"),
    Binding("tab", "app.focus_next", "next pane", show=False, id="pane.next", tooltip="Next pane"),
    Binding(
        "shift+tab", "app.focus_previous", "previous pane", show=False, id="pane.previous", tooltip="Previous pane"
    ),
    Binding("escape", "back", "back", show=False, id="pane.back", tooltip="Cancel download, zoom, search or filter"),
    Binding("r", "refresh", "refresh", show=False, id="run.refresh", tooltip="Refresh now"),
    Binding("p", "pause", "pause", show=False, id="run.pause", tooltip="Pause or resume polling"),
    Binding("R", "run_again", "run again", show=False, id="run.again", tooltip="Run again"),
    Binding(
        "b",
        "app.cycle_notices",
        "notifications",
        show=False,
        id="app.notices",
        tooltip="Notifications: bell, desktop, off",
    ),
    Binding("B", "app.toggle_board", "board", show=False, id="app.board", tooltip="Show or hide the board"),
    HELP,
    QUIT,
]


def key_of(node: DOMNode, binding_id: str) -> str:
    """The key of a binding of the run screen, as a hint names it; the first one, if there are several.

    Args:
        node: Any node of the app whose keymap applies.
        binding_id: The ID of one of `RUN_BINDINGS`.
    """
    default = next(each.key for each in RUN_BINDINGS if isinstance(each, Binding) and each.id == binding_id)
    # Textual has no public keymap, and `active_bindings` lacks the keys that a focused field consumes
    key = node.app._keymap.get(binding_id, default).partition(",")[0]  # noqa: SLF001
    return _in_hint(key)


def _in_hint(key: str) -> str:
    return "esc" if key == "escape" else key_name(key)
