"""All key bindings, each with an ID by which a user can remap it, and how keys are written."""

from __future__ import annotations

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.keys import format_key

_MOVES = {"up", "down", "left", "right", "page_up", "page_down", "first", "last", "top", "end"}
"""The last words of ids of what moves or scrolls, which need not be told one by one."""


def key_name(key: str) -> str:
    """A key as it is written in the README and in `config.toml`: `?`, `↑`, `ctrl+n`, `pageup`."""
    *modifiers, name = key.strip().split("+")
    shown = format_key(name)
    is_character = len(shown) == 1 and name != "enter"
    return "+".join([*modifiers, shown if is_character else name])


def is_move(binding_id: str) -> bool:
    """Whether a binding moves or scrolls, and does nothing else."""
    return binding_id.rpartition(".")[2] in _MOVES


APP_BINDINGS: list[BindingType] = [
    Binding(
        "ctrl+p",
        "command_palette",
        "palette",
        show=False,
        priority=True,
        id="app.palette",
        tooltip="Palette: every command, every test by name, themes",
    ),
    Binding(
        "ctrl+q",
        "quit",
        "Quit",
        show=False,
        priority=True,
        id="app.quit_always",
        tooltip="Leave, also while a field takes the keys",
    ),
    Binding(
        "ctrl+z",
        "suspend_process",
        "Suspend",
        show=False,
        id="app.suspend",
        tooltip="Go to the background, until `fg`",
    ),
    Binding("plus", "add_run", "add run", show=False, key_display="+", id="runs.add", tooltip="Watch another run"),
    Binding("x", "close_run", "close the run", show=False, id="runs.close", tooltip="Watch this run no more"),
    *(
        Binding(str(n), f"show_run({n})", f"run {n}", show=False, id=f"runs.show_{n}", tooltip=f"Show run {n}")
        for n in range(1, 10)
    ),
]

RUN_BINDINGS: list[BindingType] = [
    Binding(
        "n",
        "step_failure(1)",
        "next failure",
        id="failure.next",
        tooltip="Next failure; in a searched log, next hit",
    ),
    Binding(
        "N",
        "step_failure(-1)",
        "previous failure",
        show=False,
        id="failure.previous",
        tooltip="Previous failure or hit",
    ),
    Binding("f", "toggle_failed", "failed", id="tests.failed_only", tooltip="Show failed tests only, or all"),
    Binding(
        "F",
        "cycle_outcome",
        "one outcome only",
        show=False,
        id="tests.outcome",
        tooltip="Show only failed, other or passed tests; all",
    ),
    Binding(
        "slash",
        "filter",
        "filter",
        key_display="/",
        id="tests.filter",
        tooltip="Filter the tests; in the log, search",
    ),
    Binding("l", "toggle_log", "log", id="detail.log", tooltip="Show the log, or the error again"),
    Binding(
        "i",
        "toggle_diagnosis",
        "diagnosis",
        id="detail.diagnosis",
        tooltip="Show the diagnosis of a run that did not pass, or the error again",
    ),
    Binding("o", "open", "open", id="artifact.open", tooltip="Get the selected artifact and open it"),
    Binding(
        "a",
        "show_artifacts",
        "artifacts",
        id="pane.artifacts",
        tooltip="Go to the artifacts, or back to the tests",
    ),
    Binding("d", "download", "download", id="artifact.download", tooltip="Download the selected artifact"),
    Binding(
        "D",
        "download_all",
        "download all",
        show=False,
        id="artifact.download_all",
        tooltip="Download all artifacts that are listed",
    ),
    Binding(
        "y",
        "copy",
        "copy",
        id="detail.copy",
        tooltip="Copy the failure with its context; the diagnosis; in the artifacts, the path",
    ),
    Binding(
        "Y",
        "copy_markdown",
        "copy as Markdown",
        show=False,
        id="detail.copy_markdown",
        tooltip="Copy it as Markdown",
    ),
    Binding("s", "cycle_sort", "sort", id="tests.sort", tooltip="Sort by outcome, by duration, by name, as run"),
    Binding(
        "e",
        "edit",
        "editor",
        show=False,
        id="detail.edit",
        tooltip="Open the error, log or diagnosis in $VISUAL, $EDITOR or $PAGER",
    ),
    Binding("w", "toggle('wrap')", "wrap", show=False, id="detail.wrap", tooltip="Wrap long lines, or not"),
    Binding("z", "zoom", "zoom", id="pane.zoom", tooltip="Give the screen to this pane, or back to all"),
    Binding("tab", "app.focus_next", "next pane", show=False, id="pane.next", tooltip="Go to the next pane"),
    Binding(
        "shift+tab",
        "app.focus_previous",
        "previous pane",
        show=False,
        id="pane.previous",
        tooltip="Go back a pane",
    ),
    Binding(
        "escape",
        "back",
        "back",
        show=False,
        id="pane.back",
        tooltip="Stop downloads; lift zoom, search, filter, in turn",
    ),
    Binding("r", "refresh", "refresh", show=False, id="run.refresh", tooltip="Ask the server now"),
    Binding("p", "pause", "pause", show=False, id="run.pause", tooltip="Stop asking the server, or go on"),
    Binding(
        "R", "run_again", "run again", show=False, id="run.again", tooltip="Start its feature once more, and watch"
    ),
    Binding(
        "b",
        "app.cycle_notices",
        "notices",
        show=False,
        id="app.notices",
        tooltip="Tell of the first failure and the end by bell, notice, or not",
    ),
    Binding(
        "B",
        "app.toggle_board",
        "board",
        show=False,
        id="app.board",
        tooltip="The board, to be read from across the room, or back",
    ),
    Binding("question_mark", "app.help", "help", key_display="?", id="app.help", tooltip="Show all keys"),
    Binding("q", "app.quit", "quit", id="app.quit", tooltip="Leave; a summary stays in the terminal"),
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
    return "esc" if key == "escape" else key_name(key)
