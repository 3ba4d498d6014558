"""The keys of the trace screen; those that the run screen has too have the same IDs."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tvtui.tui.bindings import HELP

TRACE_BINDINGS: list[BindingType] = [
    Binding("n", "step_failure(1)", "next failure", id="failure.next", tooltip="Next failure"),
    Binding("N", "step_failure(-1)", "previous", show=False, id="failure.previous", tooltip="Previous failure"),
    Binding(
        "slash",
        "filter",
        "filter",
        key_display="/",
        id="trace.filter",
        tooltip="Filter the steps: words, !word, s:failed, >1s; in a list, its lines",
    ),
    Binding("l", "show_part('log')", "log", id="detail.log", tooltip="Switch between log and error"),
    Binding(
        *("left_square_bracket", "step_part(-1)", "previous part"),
        key_display="[",
        show=False,
        id="trace.previous_part",
        tooltip="Previous part of the detail",
    ),
    Binding(
        *("right_square_bracket", "step_part(1)", "next part"),
        key_display="]",
        id="trace.next_part",
        tooltip="Next part of the detail",
    ),
    Binding("v", "show_picture", "picture", id="trace.picture", tooltip="Show the picture alone, or all again"),
    Binding("comma", "film(-1)", "film", show=False, id="trace.earlier", tooltip="Picture before", key_display=","),
    Binding("full_stop", "film(1)", "film", show=False, id="trace.later", tooltip="Picture after", key_display="."),
    *(
        Binding(key, f"show_part('{name}')", name, show=False, id=f"trace.{name}", tooltip=f"Show the {what}")
        for key, name, what in (
            ("c", "console", "console"),
            ("t", "requests", "requests"),
            ("m", "page", "page as text"),
            ("a", "files", "attached files"),
        )
    ),
    Binding("f", "toggle_failed", "failed", id="trace.failed", tooltip="Failed steps, or lines of a list, only"),
    Binding("s", "cycle_sort", "sort", id="trace.sort", tooltip="Sort the requests"),
    Binding("u", "uncover", "secrets", id="trace.uncover", tooltip="Show or hide masked values"),
    Binding(
        *("F", "cycle_kinds", "kinds of steps"),
        show=False,
        id="trace.kinds",
        tooltip="Show getters too, then fixtures too, then neither",
    ),
    Binding("y", "copy", "copy", id="detail.copy", tooltip="Copy the step with its error and log; a request as curl"),
    Binding("Y", "copy(True)", "copy as Markdown", show=False, id="detail.copy_markdown", tooltip="Copy as Markdown"),
    Binding("d", "download", "save", id="artifact.download", tooltip="Save an attached file"),
    Binding("o", "open", "Playwright's viewer", id="trace.open", tooltip="Open the trace in Playwright's viewer"),
    Binding("e", "edit", "editor", show=False, id="detail.edit", tooltip="Open the text in $VISUAL or $EDITOR"),
    Binding("w", "cycle_wrap", "wrap", show=False, id="detail.wrap", tooltip="Wrap long lines"),
    Binding("z", "zoom", "zoom", id="pane.zoom", tooltip="Zoom this pane"),
    Binding("tab", "app.focus_next", "next pane", show=False, id="pane.next", tooltip="Next pane"),
    Binding("shift+tab", "app.focus_previous", "previous", show=False, id="pane.previous", tooltip="Previous pane"),
    HELP,
    Binding("escape,q", "back", "back", key_display="esc", id="trace.leave", tooltip="Undo, then back to the run"),
]

OF_A_LIST = {"cycle_sort": "requests", "uncover": "requests", "download": "files"}
"""Actions that only one part of the detail has."""
