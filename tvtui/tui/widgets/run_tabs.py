"""The tabs of several runs: one line with each run's state, counts and unread failures, and the total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from tvtui.testvibe.models import Outcome, RunState
from tvtui.tui.widgets.styled_line import Part, cells_of, cut, fit
from tvtui.view.labels import SYMBOLS, WARNING, outcome_counts
from tvtui.view.runs import RunTab, total

_LONGEST_NAME = 24
_BARE = -1
"""Instead of the length of a name: state and number of the run only."""
_NARROW = 60
"""The line has a short total in fewer cells than this."""


class RunTabs(Widget):
    """One line, hidden while only one run is watched.

    Names give way first. Then the tabs scroll, as far as the shown one needs, and signs at the ends count the others.
    """

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
        self._first = 0

    def watch_tabs(self, tabs: tuple[RunTab, ...]) -> None:
        """Redraw the tabs."""
        self.set_class(len(tabs) > 1, "-several")
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        width = self.size.width
        if not self.tabs:
            # a new screen can be drawn before its style hides the line
            return Strip.blank(width, self._style("tab"))
        totals = list(_total(self.tabs, is_narrow=width < _NARROW))
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
        shown = next((index for index, tab in enumerate(self.tabs) if tab.is_shown), 0)
        sign = len(str(len(self.tabs))) + 3
        for longest in (_LONGEST_NAME, 12, 0, _BARE):
            drawn = [_tab(number, tab, longest) for number, tab in enumerate(self.tabs, 1)]
            widths = [cells_of(each) for each in drawn]
            if sum(widths) <= room or (longest <= 0 and widths[shown] + 2 * sign <= room):
                break
        self._first, last = _window(widths, self._first, shown, room, sign)
        pieces = [(drawn[index], self.tabs[index].run_id) for index in range(self._first, last)]
        if self._first:
            hidden = self.tabs[: self._first]
            pieces.insert(0, ([(f"‹ {len(hidden)} ", _tone(hidden))], hidden[-1].run_id))
        if hidden := self.tabs[last:]:
            pieces.append(([(f"{len(hidden)} › ", _tone(hidden))], hidden[0].run_id))
        if sum(cells_of(piece) for piece, _ in pieces) > room:
            # no room for signs
            pieces = [(drawn[shown], self.tabs[shown].run_id)]
        self._places = []
        parts: list[Part] = []
        for piece, run_id in pieces:
            start = cells_of(parts)
            parts += piece
            self._places.append((start, cells_of(parts), run_id))
        return cut(parts, room)

    def on_click(self, event: events.Click) -> None:
        """A click on a tab shows its run, one on a sign the nearest run behind it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for start, end, run_id in self._places:
            if start <= offset.x < end:
                self.post_message(self.Picked(run_id))


def _window(widths: Sequence[int], first: int, shown: int, room: int, sign: int) -> tuple[int, int]:
    """The first tab to draw and the one after the last: the shown one is among them, and `first` changes little."""
    ends = [0, *accumulate(widths)]
    count = len(widths)

    def fits(first: int, last: int) -> bool:
        return ends[last] - ends[first] + sign * ((first > 0) + (last < count)) <= room

    first, last = min(first, shown), shown + 1
    while first < shown and not fits(first, last):
        first += 1
    while last < count and fits(first, last + 1):
        last += 1
    while first > 0 and fits(first - 1, last):
        first -= 1
    return first, last


def _tone(hidden: Sequence[RunTab]) -> str:
    return "unread" if any(tab.unread for tab in hidden) else "muted"


def _tab(number: int, tab: RunTab, longest: int) -> list[Part]:
    symbol = "…" if tab.state is None else SYMBOLS[tab.state]
    tone = str(tab.state) if tab.state in {RunState.PASSED, RunState.FAILED} else "other"
    base = "shown" if tab.is_shown else "tab"
    key = f" {number}" if number <= 9 else " "
    name = f" {fit(tab.name, longest)}" if longest and tab.name else ""
    if longest == _BARE:
        return [(f"{symbol} ", tone), (f"#{tab.run_id}", base), (" ", "tab")]
    counts = tab.counts
    whole = "…" if tab.total is None else f"/{tab.total:,}"
    ended = f" {tab.finished:,}{whole}" if counts.total else ""
    parts: list[Part] = [(key, "muted"), (" ", base), (symbol, tone), (f" #{tab.run_id}{name}", base)]
    if counts.failed:
        parts.append((f" {SYMBOLS[Outcome.FAILED]}{counts.failed:,}", "failed"))
    elif longest:
        parts.append((ended, "muted"))
    if tab.unread:
        parts.append((f" •{tab.unread:,} unread", "unread"))
    if tab.is_stale:
        parts.append((f" {WARNING}", "unread"))
    return [*parts, ("  ", "tab")]


def _total(tabs: tuple[RunTab, ...], *, is_narrow: bool) -> Iterator[Part]:
    counts = total(tabs)
    place = next((number for number, tab in enumerate(tabs, 1) if tab.is_shown), 1)
    if is_narrow:
        yield f"{place}/{len(tabs)}", "muted"
        if counts.failed:
            yield f" {SYMBOLS[Outcome.FAILED]}{counts.failed:,}", "failed"
        return
    yield f"{place} of {len(tabs)}", "muted"
    for outcome, count in outcome_counts(counts):
        is_strong = count and outcome in {Outcome.PASSED, Outcome.FAILED}
        yield f"  {SYMBOLS[outcome]} {count:,}", str(outcome) if is_strong else "muted"
