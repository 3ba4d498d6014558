"""The keys of the run screen, each with an id by which a user can remap it."""

from __future__ import annotations

from textual.binding import Binding, BindingType

BINDINGS: list[BindingType] = [
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
        tooltip="Only failed, other, passed; all",
    ),
    Binding(
        "slash",
        "filter",
        "filter",
        key_display="/",
        id="tests.filter",
        tooltip="Filter the tests; in the log, search",
    ),
    Binding("s", "cycle_sort", "sort", id="tests.sort", tooltip="By outcome, by duration, by name, as run"),
    Binding("l", "toggle_log", "log", id="detail.log", tooltip="Show the log, or the error again"),
    Binding(
        "y",
        "copy",
        "copy",
        id="detail.copy",
        tooltip="Copy the failure with its context; in the artifacts, the path",
    ),
    Binding(
        "Y",
        "copy_markdown",
        "copy as Markdown",
        show=False,
        id="detail.copy_markdown",
        tooltip="Copy it as Markdown",
    ),
    Binding("w", "wrap", "wrap", show=False, id="detail.wrap", tooltip="Wrap long lines, or not"),
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
        tooltip="Lift zoom, search, filter, outcome, in turn",
    ),
    Binding("r", "refresh", "refresh", id="run.refresh", tooltip="Ask the server now"),
    Binding("p", "pause", "pause", id="run.pause", tooltip="Stop asking the server, or go on"),
    Binding(
        "b",
        "app.cycle_notices",
        "notices",
        show=False,
        id="app.notices",
        tooltip="Tell of the first failure and the end by bell, notice, or not",
    ),
    Binding("question_mark", "help", "help", key_display="?", id="app.help", tooltip="Show or hide all keys"),
    Binding("q", "app.quit", "quit", id="app.quit", tooltip="Leave; a summary stays in the terminal"),
]
