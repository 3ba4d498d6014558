"""The summary bar: state, counts, times, freshness, and what is wrong with the connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from tvtui.artifacts.transfer import Progress
from tvtui.testvibe.models import Outcome, Run
from tvtui.text.format import elapsed
from tvtui.tui.bindings import key_of
from tvtui.tui.widgets.styled_line import Part, cells_of, changed_cells, cut, fit, justified
from tvtui.tui.widgets.summary_content import LONGEST_BAR, ago, download_line, outcome_bar, times
from tvtui.tui.widgets.ticking_cells import TickingCells
from tvtui.view.labels import SYMBOLS, WARNING, outcome_counts, site_name, state_in_capitals
from tvtui.view.messages import contradiction, recounted, unreadable
from tvtui.watch.events import Problem, Snapshot


class SummaryBar(Widget):
    """Two lines about the run, one about downloads, up to three about a problem; only changed cells are drawn."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"summary-bar--{name}"
        for name in (
            *("text", "strong", "muted", "warning", "passed", "failed", "chosen"),
            *("flaky", "skipped", "other"),
            *("queued-pill", "running-pill", "passed-pill", "failed-pill", "other-pill"),
        )
    }
    DEFAULT_CSS = """
    SummaryBar {
        height: auto;
        padding: 0 1;
        & > .summary-bar--strong { text-style: bold; }
        & > .summary-bar--muted { color: $foreground-muted; }
        & > .summary-bar--warning { color: $text-warning; text-style: bold; }
        & > .summary-bar--passed { color: $text-success; }
        & > .summary-bar--failed { color: $text-error; text-style: bold; }
        & > .summary-bar--flaky { color: $text-warning; }
        & > .summary-bar--other { color: $text-secondary; }
        & > .summary-bar--skipped { color: $foreground-muted; }
        & > .summary-bar--chosen { text-style: bold underline; }
        & > .summary-bar--queued-pill { background: $foreground 20%; text-style: bold; }
        & > .summary-bar--other-pill { background: $foreground 20%; text-style: bold; }
        & > .summary-bar--running-pill { background: $primary-muted; color: $text-primary; text-style: bold; }
        & > .summary-bar--passed-pill { background: $success-muted; color: $text-success; text-style: bold; }
        & > .summary-bar--failed-pill { background: $error-muted; color: $text-error; text-style: bold; }
        &:ansi > .summary-bar--muted { text-style: dim; }
        &:ansi > .summary-bar--running-pill { background: ansi_default; }
        &:ansi > .summary-bar--passed-pill { background: ansi_default; }
        &:ansi > .summary-bar--failed-pill { background: ansi_default; }
    }
    """

    snapshot: var[Snapshot | None] = var(None)
    """The last good answer."""
    problem: var[Problem | None] = var(None)
    """What is wrong with the connection; None if nothing is."""
    now: var[float] = var(0.0)
    """The clock that `Snapshot.seen` was read from, in seconds."""
    paused: var[bool] = var(False)
    """Whether the user has paused the polling."""
    only: var[Outcome | None] = var(None)
    """The outcome that the table is limited to."""
    progress: var[Progress | None] = var(None)
    """The state of the current downloads; None if there are none."""

    @dataclass
    class Picked(Message):
        """The user clicked the count of this outcome, or of all tests (None)."""

        outcome: Outcome | None

    def __init__(self, subject: str) -> None:
        """Show a run, named by `subject` until the first answer."""
        super().__init__()
        self._subject = subject
        self._lines: list[list[Part]] = []
        self._counts_at: list[tuple[int, int, Outcome | None]] = []

    def compose(self) -> ComposeResult:
        """The ticking cells of the two lines with times."""
        yield TickingCells()
        yield TickingCells()

    def _redraw(self) -> None:
        if changes := self._changes():
            self.refresh(*changes)
            self.query_children(TickingCells).refresh()

    def watch_snapshot(self, snapshot: Snapshot | None) -> None:
        """Redraw, and explain in the tooltip how the server counts otherwise."""
        difference = "" if snapshot is None else recounted(snapshot.run)
        self.tooltip = Content(f"{difference[:1].upper()}{difference[1:]}.") if difference else None
        self._redraw()

    watch_problem = watch_paused = watch_only = watch_progress = _redraw

    def watch_now(self) -> None:
        """Draw the times again."""
        ticking = self.query_children(TickingCells)
        for cells in self._changes():
            if cells.y >= len(ticking) or not ticking[cells.y].tick(cells):
                self.refresh(cells)

    def _changes(self) -> list[Region]:
        """Draw all lines again, and return the cells that differ from before."""
        before = self._lines
        self._lines = self._draw(self.size.width) if self.size.width else []
        if len(before) != len(self._lines):
            self.refresh(layout=True)
            return []
        return changed_cells(before, self._lines)

    def on_resize(self) -> None:
        """Draw for the new width."""
        for ticking in self.query_children(TickingCells):
            ticking.cover(Region())
        self._redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Two lines, and those for downloads and for a problem."""
        return 2 + (self.progress is not None) + len(self._problem_lines(width))

    def render_line(self, y: int) -> Strip:
        """Draw one of the lines."""
        parts = self._lines[y] if y < len(self._lines) else []
        segments = [Segment(text, self.get_visual_style(f"summary-bar--{name}").rich_style) for text, name in parts]
        return Strip(segments).adjust_cell_length(self.size.width, self.get_visual_style().rich_style)

    def on_click(self, event: events.Click) -> None:
        """A click on a count limits the table to the tests that it counts."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y != 1:
            return
        for start, end, outcome in self._counts_at:
            if start <= offset.x < end:
                self.post_message(self.Picked(outcome))

    def _draw(self, width: int) -> list[list[Part]]:
        right = list(self._freshness(width)) if width >= 32 else []
        room = width - cells_of(right) - 1
        first = justified(self._headline(room), right, width)
        downloads = [] if self.progress is None else [download_line(self.progress, width, key_of(self, "pane.back"))]
        problem = [[(text, "warning")] for text in self._problem_lines(width)]
        return [first, self._second_line(width), *downloads, *problem]

    def _headline(self, room: int) -> list[Part]:
        if self.snapshot is None:
            return [(" … ", "queued-pill"), (fit(f" {self._subject}", room - 3), "text")]
        run = self.snapshot.run
        state = run.state
        # here as well as beside the counts, where a small terminal has no room
        mark = f"{WARNING} " if contradiction(run) else ""
        word = fit(state_in_capitals(run), min(20, max(1, room - 4 - len(mark))))
        pill = f" {SYMBOLS[state]} {word} {mark}"
        about = [part for part in (f"run {run.run_id}", run.config, site_name(run)) if part]
        name = f" {run.feature_name or 'Run'} "
        rest = "".join(f"· {part} " for part in about)
        while cell_len(pill + name + rest) > room and len(about) > 1:
            about.pop()
            rest = "".join(f"· {part} " for part in about) + "…"
        name = fit(name, max(4, room - cell_len(pill + rest)))
        return [(pill, f"{state}-pill"), (name, "strong"), (fit(rest, max(0, room - cell_len(pill + name))), "muted")]

    def _freshness(self, width: int) -> Iterator[Part]:
        # terminals of 60 and of 90 columns
        medium, wide = width >= 58, width >= 88
        snapshot, problem = self.snapshot, self.problem
        if problem is not None:
            left = problem.next_at - self.now
            tries = "paused" if self.paused else f"next try in {elapsed(ceil(left))}" if left > 0 else "retrying now"
            age = "" if snapshot is None else f" · data {elapsed(self.now - snapshot.seen)} old"
            yield (f"stale{age}" if snapshot is not None else "no data yet"), "warning"
            yield f" · {tries}" if width >= 60 else "", "muted"
            return
        if snapshot is None:
            return
        age = elapsed(self.now - snapshot.seen)
        finished = snapshot.run.finished_utc
        if snapshot.is_final:
            since = "" if finished is None else f" {ago(snapshot.server_now(self.now), finished)}"
            yield f"ended{since}", "muted"
        elif self.paused:
            yield "paused", "warning"
            yield f" · data {age} old", "muted"
        elif snapshot.is_late:
            yield "no response" if medium else "", "warning"
            yield f" · data {age} old" if medium else f"{age} ago", "muted" if medium else "warning"
        else:
            late = f"checking {'for late ' if wide else ''}artifacts"
            yield ("live" if not snapshot.run.has_ended else late) if medium else "", "passed"
            yield f" · updated {age} ago" if wide else f" · {age} ago" if medium else f"{age} ago", "muted"
            if snapshot.next_at is not None and width >= (88 if not snapshot.run.has_ended else 128):
                left = snapshot.next_at - self.now
                yield f" · next in {elapsed(ceil(left))}" if left > 0 else " · updating now", "muted"

    def _second_line(self, width: int) -> list[Part]:
        self._counts_at = []
        if self.snapshot is None:
            return []
        run = self.snapshot.run
        listed = f"{len(run.tests):,} listed" if run.counts_disagree else ""
        doubts = " · ".join(filter(None, (contradiction(run), unreadable(run), listed)))
        warning: list[Part] = [(f" {WARNING} {doubts}", "warning")] if doubts else []
        left = self._counts(run, has_words=width >= 60)
        if width >= 60 and cells_of(left) + cells_of(warning) > width:
            left = self._counts(run, has_words=False)
        left += warning
        known = self.snapshot.server_now(self.now if self.problem is None else self.problem.since)
        left += [("   ", "text"), (times(run, known), "muted"), ("  ", "text")]
        room = width - cells_of(left)
        if room < 0:
            return cut(left, width)
        return justified(left, list(outcome_bar(run, min(room, LONGEST_BAR))), width)

    def _counts(self, run: Run, *, has_words: bool) -> list[Part]:
        """The counts by outcome and the total; where they are is noted for clicks."""
        self._counts_at = []
        counts = run.counts
        left: list[Part] = []
        x = 0
        for outcome, count in outcome_counts(counts):
            text = f"{SYMBOLS[outcome]} {count:,}" + (f" {outcome}" if has_words else "")
            self._counts_at.append((x, x + cell_len(text), outcome))
            name = "chosen" if outcome is self.only else str(outcome) if count else "muted"
            left += [(text, name), ("  ", "text")]
            x += cell_len(text) + 2
        total = (
            f"{counts.total:,} test{'' if counts.total == 1 else 's'}"
            if run.tests or counts.total or run.has_ended
            else "no results yet"
        )
        self._counts_at.append((x, x + cell_len(total), None))
        return [*left, (total, "text")]

    def _problem_lines(self, width: int) -> list[str]:
        if self.problem is None or width < 4:
            return []
        lines = Content(f"{WARNING} {self.problem.message}").wrap(width)
        height = self.app.size.height
        most = 3 if height >= 20 else 2 if height >= 10 else 1
        shown = [line.plain for line in lines[:most]]
        if len(lines) > most:
            shown[-1] = fit(f"{shown[-1][: width - 1]}…", width)
        return shown
