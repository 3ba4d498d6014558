"""The tabs of several runs: one line with each run's state, counts and unread failures, and the total."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from tvtui.testvibe.models import Outcome, RunState
from tvtui.tui.widgets.styled_line import Part, cells_of, fit
from tvtui.view.labels import SYMBOLS, WARNING, outcome_counts
from tvtui.view.runs import RunTab, total

_LONGEST_NAME = 24
_CUT_SIGNS = 4
"""Cells for the signs at both ends."""


class RunTabs(Widget):
    """One line, hidden while only one run is watched. What does not fit is left out with a sign, names first."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"run-tabs--{name}" for name in ("tab", "shown", "passed", "failed", "other", "unread", "muted")
    }
    DEFAULT_CSS = """
    RunTabs {
        height: 1;
        padding: 0 1;
        display: none;
        background: $panel;
        &.-several { display: block; }
        & > .run-tabs--tab { color: $foreground-muted; }
        & > .run-tabs--shown { color: $foreground; background: $primary-muted; text-style: bold; }
        &:ansi > .run-tabs--shown { color: ansi_default; background: ansi_default; text-style: bold reverse; }
        & > .run-tabs--passed { color: $text-success; }
        & > .run-tabs--failed { color: $text-error; text-style: bold; }
        & > .run-tabs--other { color: $text-primary; }
        & > .run-tabs--unread { color: $text-warning; text-style: bold; }
        & > .run-tabs--muted { color: $foreground-muted; }
    }
    """

    tabs: var[tuple[RunTab, ...]] = var(())
    """The runs, in the order of their keys."""

    @dataclass
    class Picked(Message):
        """The user clicked a tab."""

        run_id: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._places: list[tuple[int, int, int]] = []

    def watch_tabs(self, tabs: tuple[RunTab, ...]) -> None:
        """Redraw the tabs."""
        self.set_class(len(tabs) > 1, "-several")
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        width = self.size.width
        totals = list(_total(self.tabs)) if self.tabs and width >= 60 else []
        room = width - cells_of(totals)
        segments = [Segment(text, self._style(name)) for text, name in self._fitting(room)]
        used = sum(segment.cell_length for segment in segments)
        segments.append(Segment(" " * max(0, room - used), self._style("tab")))
        segments += [Segment(text, self._style(name)) for text, name in totals]
        return Strip(segments).adjust_cell_length(width, self._style("tab"))

    def _style(self, name: str) -> Style:
        return self.get_visual_style(f"run-tabs--{name}").rich_style

    def _fitting(self, room: int) -> list[Part]:
        """The tabs with as much of their names as fits; at least the shown one."""
        for longest in (_LONGEST_NAME, 12, 0):
            drawn = [_tab(number, tab, longest) for number, tab in enumerate(self.tabs, 1)]
            widths = [cells_of(each) for each in drawn]
            left = room - sum(widths)
            if left >= 0:
                break
        shown = next((index for index, tab in enumerate(self.tabs) if tab.is_shown), 0)
        first, last = 0, len(drawn)
        while last - first > 1 and left < (_CUT_SIGNS if last - first < len(drawn) else 0):
            # tabs that are farther from the shown one are left out first
            if shown - first > last - 1 - shown:
                left += widths[first]
                first += 1
            else:
                last -= 1
                left += widths[last]
        self._places = []
        parts: list[Part] = [("… ", "muted")] if first else []
        x = cells_of(parts)
        for index in range(first, last):
            end = x + cells_of(drawn[index])
            self._places.append((x, end, self.tabs[index].run_id))
            parts += drawn[index]
            x = end
        return [*parts, ("… ", "muted")] if last < len(drawn) else parts

    def on_click(self, event: events.Click) -> None:
        """A click on a tab shows its run."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for start, end, run_id in self._places:
            if start <= offset.x < end:
                self.post_message(self.Picked(run_id))


def _tab(number: int, tab: RunTab, longest: int) -> list[Part]:
    symbol = "…" if tab.state is None else SYMBOLS[tab.state]
    tone = str(tab.state) if tab.state in {RunState.PASSED, RunState.FAILED} else "other"
    base = "shown" if tab.is_shown else "tab"
    key = f" {number}" if number <= 9 else " "
    name = f" {fit(tab.name, longest)}" if longest and tab.name else ""
    counts = tab.counts
    ended = f" {counts.ended}/{counts.total}" if counts.total else ""
    parts: list[Part] = [(key, "muted"), (" ", base), (symbol, tone), (f" #{tab.run_id}{name}", base)]
    if counts.failed:
        parts.append((f" {SYMBOLS[Outcome.FAILED]}{counts.failed:,}", "failed"))
    elif longest:
        parts.append((ended, "muted"))
    if tab.unread:
        parts.append((f" •{tab.unread:,} new", "unread"))
    if tab.is_stale:
        parts.append((f" {WARNING}", "unread"))
    return [*parts, ("  ", "tab")]


def _total(tabs: tuple[RunTab, ...]) -> Iterator[Part]:
    counts = total(tabs)
    yield f"{len(tabs)} runs", "muted"
    for outcome, count in outcome_counts(counts):
        is_strong = count and outcome in {Outcome.PASSED, Outcome.FAILED}
        yield f"  {SYMBOLS[outcome]} {count:,}", str(outcome) if is_strong else "muted"
