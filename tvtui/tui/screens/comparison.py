"""The comparison of two runs: the tests by what has become of them, and the selected one in both runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import var
from textual.widgets import Static

from tvtui.reporters.comparison import about, both_results, pair_as_text, symbol, text_lines
from tvtui.tui.bindings import HELP
from tvtui.tui.screens.closing import ClosesOnce
from tvtui.tui.widgets.item_list import ItemList, Items
from tvtui.tui.widgets.key_bar import KeyBar
from tvtui.tui.widgets.styled_line import Part, cells_of, fit, fit_path
from tvtui.tui.widgets.text_view import TextView
from tvtui.view.comparison import Change, Comparison, Pair, error_lines, note_on
from tvtui.view.labels import WARNING

_WIDE = 100
"""Columns from which the selected test is shown beside the list."""

_TONES = {
    Change.NEW_FAILURE: "failed",
    Change.ERROR_CHANGED: "failed",
    Change.STILL_FAILING: "failed",
    Change.FIXED: "passed",
    Change.NOT_RUN: "muted",
    Change.GONE: "muted",
    Change.NEW_TEST: "",
    Change.SLOWER: "warning",
}
"""The component class of a test in each section."""

_Line = tuple[Pair | None, Change | None, str]
"""A line of the list: the test and its section; or, without a test, an error below one or a heading."""


class ComparisonScreen(ClosesOnce[None]):
    """Shows a comparison."""

    AUTO_FOCUS = "ItemList"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]  # noqa: RUF012 - as Textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (14, "-tall")]  # noqa: RUF012 - as Textual declares it
    DEFAULT_CSS = """
    ComparisonScreen {
        layout: vertical;
        background: $background;
        & > Static { padding: 0 1; height: auto; }
        & > #verdict { text-style: bold; }
        & > .run { height: 1; color: $foreground-muted; text-wrap: nowrap; text-overflow: ellipsis; }
        & > #warnings { color: $text-warning; max-height: 4; text-wrap: nowrap; text-overflow: ellipsis; }
        &.-flat > .run { display: none; }
        &.-flat > #warnings { max-height: 1; }
        &.-flat > #verdict { max-height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        #sides { height: 1fr; }
        #nothing { height: 1fr; padding: 1 1; color: $foreground-muted; }
        TextView { display: none; width: 1fr; scrollbar-gutter: stable; scrollbar-size-vertical: 1; }
        ItemList { width: 1fr; padding: 0 0 0 1; }
        &.-wide TextView { display: block; border-left: solid $border-blurred; padding: 0 1; }
        &.-narrow.-reading { ItemList { display: none; } TextView { display: block; padding: 0 1; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "step(1)", "next new failure", id="failure.next", tooltip="Next new failure"),
        Binding("N", "step(-1)", "previous", show=False, id="failure.previous", tooltip="Previous new failure"),
        # before the list's own, which the key bar does not show
        Binding(
            "enter", "read", "both errors", key_display="enter", priority=True, id="items.open", tooltip="Both errors"
        ),
        Binding("y", "copy", "copy", id="detail.copy", tooltip="Copy the test with both errors"),
        Binding("Y", "copy_all", "copy all", id="detail.copy_markdown", tooltip="Copy the whole comparison"),
        Binding("tab", "app.focus_next", "next pane", show=False, id="pane.next", tooltip="Next pane"),
        Binding("shift+tab", "app.focus_previous", "back", show=False, id="pane.previous", tooltip="Previous pane"),
        Binding("escape", "back", "back", key_display="esc", id="pane.back", tooltip="Back to the list, or close"),
        HELP,
        Binding("q", "close", "close", id="app.quit", tooltip="Close the comparison"),
    ]

    is_reading: var[bool] = var(False, init=False, toggle_class="-reading")
    """Whether the selected test has the screen to itself, where there is no room for both."""

    item_list = getters.query_one(ItemList)
    view = getters.query_one(TextView)

    def __init__(self, comparison: Comparison, *, copy: Callable[[str, str], None]) -> None:
        """Show a comparison; `copy` copies a text to the clipboard, which a message calls by the second argument."""
        super().__init__()
        self.comparison = comparison
        self._copy = copy
        self._lines = list(_lines(comparison))

    def compose(self) -> ComposeResult:
        """The verdict, both runs, what is doubtful, the tests, the selected one, the keys."""
        comparison = self.comparison
        tone = "$text-error" if comparison.is_worse else "$text-success"
        yield Static(Content.assemble((f"{comparison.symbol} ", tone), comparison.verdict), id="verdict")
        yield Static(Content(about(comparison.before)), classes="run")
        yield Static(Content(about(comparison.after)), classes="run")
        if comparison.warnings:
            yield Static(Content("\n".join(f"{WARNING} {each}" for each in comparison.warnings)), id="warnings")
        if not self._lines:
            so_far = "" if comparison.after.has_ended else " so far"
            yield Static(Content(f"No test has changed{so_far}, and none is failing."), id="nothing")
        with Horizontal(id="sides"):
            yield ItemList()
            yield TextView()
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the tests, and the first one."""
        passed_over = frozenset(place for place, line in enumerate(self._lines) if line[0] is None)
        self.query_one("#sides").display = bool(self._lines)
        self.item_list.items = Items("tests", len(self._lines), self._draw, passed_over=passed_over)
        self.watch(self.item_list, "cursor", self._show_selected)

    def _draw(self, index: int, width: int) -> list[Part]:
        pair, change, text = self._lines[index]
        if pair is None or change is None:
            return [(fit(text, width), "heading" if change is None else "muted")]
        tone = _TONES[change]
        note = note_on(pair, change)
        beside: list[Part] = [(f"  {fit(note, width // 2)}", "muted")] if note else []
        sign: Part = (f"{symbol(pair, change)} ", tone)
        name = fit_path(pair.name, max(1, width - 2 - cells_of(beside)))
        return [sign, (name, ""), *beside]

    @property
    def selected(self) -> Pair | None:
        """The selected test; None if no test has changed."""
        cursor = self.item_list.cursor
        return self._lines[cursor][0] if cursor < len(self._lines) else None

    def _show_selected(self) -> None:
        pair = self.selected
        self.view.text = "" if pair is None else both_results(self.comparison, pair)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim the keys that need a test, or a new failure."""
        if action == "step":
            return True if self.comparison.new_failures else None
        if action in {"read", "copy"}:
            return True if self.is_mounted and self.selected is not None else None
        return True

    def action_step(self, step: int) -> None:
        """Go to the next (1) or previous (-1) new failure, wrapping around."""
        places = [place for place, line in enumerate(self._lines) if line[0] and line[1] is Change.NEW_FAILURE]
        if not places:
            return
        here = self.item_list.cursor
        beyond = [place for place in places if (place - here) * step > 0]
        self.item_list.cursor = (beyond or places)[0 if step > 0 else -1]

    @on(ItemList.Chosen)
    def action_read(self) -> None:
        """Show both errors of the selected test, or give them the focus."""
        if self.selected is not None:
            self.is_reading = True
            self.view.focus()

    def action_copy(self) -> None:
        """Copy the selected test."""
        if (pair := self.selected) is not None:
            self._copy(pair_as_text(self.comparison, pair), pair.name)

    def action_copy_all(self) -> None:
        """Copy the comparison as `tvtui diff --lines` prints it."""
        self._copy("\n".join(text_lines(self.comparison)) + "\n", "the comparison")

    def action_back(self) -> None:
        """Go back to the list, or close."""
        if self.is_reading:
            self.is_reading = False
            self.item_list.focus()
        else:
            self.action_close()

    def action_close(self) -> None:
        """Close the comparison."""
        self.dismiss()


def _lines(comparison: Comparison) -> list[_Line]:
    lines: list[_Line] = []
    for section in comparison.sections:
        if lines:
            lines.append((None, None, ""))
        lines.append((None, None, section.title))
        for pair in section.pairs:
            lines.append((pair, section.change, ""))
            lines += [(None, section.change, f"  {line}") for line in error_lines(pair, section.change)]
    return lines
