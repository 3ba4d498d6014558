"""The summary bar: state, counts, times, freshness, and what is wrong with the connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from tvtui.artifacts.transfer import Progress
from tvtui.testvibe.models import Outcome, Run
from tvtui.text.format import elapsed
from tvtui.tui.bindings import key_of
from tvtui.tui.widgets.styled_line import Part, cells_of, changed_lines, cut, fit, justified
from tvtui.tui.widgets.summary_content import (
    LONGEST_BAR,
    ago,
    download_line,
    outcome_bar,
    times,
    times_and_outlook,
    total_in_words,
)
from tvtui.view.history import changed_counts
from tvtui.view.labels import SYMBOLS, WARNING, outcome_counts, site_name, state_in_capitals
from tvtui.view.messages import contradiction, listed_instead, missing, recounted
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.history import RunHistory
from tvtui.watch.subject import connecting

_LONGEST_STATE = 20
_TIME_CELLS = len("running 9m 59s")
_USUAL_NAME_CELLS = 30
"""The cells of a name that come before the age of the data."""
_LEAST_NAME_CELLS = 14
"""The cells of a name that come before a warning."""


class SummaryBar(Widget):
    """Two lines about the run, one about downloads, up to three about a problem; only changed lines are drawn."""

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
    history: var[RunHistory | None] = var(None)
    """What the earlier runs say about the tests; None if none is known."""
    only: var[Outcome | None] = var(None)
    """The outcome that the table is limited to."""
    progress: var[Progress | None] = var(None)
    """The state of the current downloads; None if there are none."""

    @dataclass
    class Picked(Message):
        """The user clicked the count of this outcome, or of all tests (None)."""

        outcome: Outcome | None

    def __init__(self, subject: str, host: str) -> None:
        """Show a run, named by `subject` until the server, which is at `host`, has answered."""
        super().__init__()
        self._subject = subject
        self._host = host
        self._lines: list[list[Part]] = []
        self._counts_at: list[tuple[int, int, Outcome | None]] = []

    def _redraw(self) -> None:
        """Draw all lines again, and refresh those that differ from before."""
        before = self._lines
        self._lines = self._draw(self.size.width) if self.size.width else []
        if len(before) != len(self._lines):
            self.refresh(layout=True)
        elif changed := changed_lines(before, self._lines):
            self.refresh(*changed)

    def watch_snapshot(self, snapshot: Snapshot | None) -> None:
        """Redraw, and explain in the tooltip how the server counts otherwise."""
        difference = "" if snapshot is None else recounted(snapshot.run)
        self.tooltip = Content(f"{difference[:1].upper()}{difference[1:]}.") if difference else None
        self._redraw()

    watch_problem = watch_paused = watch_history = watch_only = watch_progress = watch_now = on_resize = _redraw

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
        downloads = [] if self.progress is None else [download_line(self.progress, width, key_of(self, "pane.back"))]
        problem = [[(text, "warning")] for text in self._problem_lines(width)]
        return [self._first_line(width), self._second_line(width), *downloads, *problem]

    def _first_line(self, width: int) -> list[Part]:
        """What it is at the left; at the right how fresh it is, as far as name and number leave room for that."""
        wanted = list(self._freshness(width))
        # what is wrong, or that it is a recording, is shown in any case
        is_needed = wanted[0][0][1] in {"warning", "strong"}
        needed = self._needed_cells(_LEAST_NAME_CELLS if is_needed else _USUAL_NAME_CELLS)
        fitting = (each for each in wanted if needed + cells_of(each) <= width)
        right = next(fitting, wanted[-1] if is_needed else [])
        return justified(self._headline(width - cells_of(right) - 1), right, width)

    def _needed_cells(self, name_cells: int) -> int:
        """The cells of the headline without what can be left out."""
        if self.snapshot is None:
            return 3 + name_cells
        run = self.snapshot.run
        name = min(name_cells, cell_len(run.feature_name or "Run"))
        return cell_len(_pill(run, _LONGEST_STATE)) + name + cell_len(f" · run {run.run_id}") + 2

    def _headline(self, room: int) -> list[Part]:
        if self.snapshot is None:
            return [(" … ", "queued-pill"), (fit(f" {self._subject}", room - 3), "text")]
        run = self.snapshot.run
        pill = _pill(run, min(_LONGEST_STATE, max(1, room - 4)))
        room -= cell_len(pill)
        name = f" {run.feature_name or 'Run'}"
        about = [f" · {part}" for part in (f"run {run.run_id}", run.config, site_name(run)) if part]
        rest = "".join(about)
        while cell_len(name + rest) > room and len(about) > 1:
            about.pop()
            rest = "".join(about) + " …"
        if len(about) == 1 and cell_len(name + rest) > room:
            rest = about[0]
        name = fit(name, max(4, room - cell_len(rest)))
        return [(pill, f"{run.state}-pill"), (name, "strong"), (fit(rest, max(0, room - cell_len(name))), "muted")]

    def _freshness(self, width: int) -> Iterator[list[Part]]:
        """How fresh the data are, in ever shorter words."""
        # terminals of 90 columns
        wide = width >= 88
        snapshot, problem = self.snapshot, self.problem
        if snapshot is not None and snapshot.playback is not None:
            # imported here, as a watch of a server does without it
            from tvtui.tui.widgets.playback_words import playback_words

            yield from ([(words, "strong")] for words in playback_words(snapshot, snapshot.playback, self.now))
            return
        if problem is not None:
            left = problem.next_at - self.now
            tries = "paused" if self.paused else f"next try in {elapsed(ceil(left))}" if left > 0 else "retrying now"
            stale = "no data yet" if snapshot is None else f"stale · data {elapsed(self.now - snapshot.seen)} old"
            if width >= 60:
                yield [(stale, "warning"), (f" · {tries}", "muted")]
            yield [(stale, "warning")]
            yield [(stale.replace(" data", ""), "warning")]
            yield [(stale.partition(" · ")[0], "warning")]
            return
        if snapshot is None:
            yield [(connecting(self._host), "muted")]
            yield [(connecting(""), "muted")]
            return
        age = elapsed(self.now - snapshot.seen)
        finished = snapshot.run.finished_utc
        if snapshot.is_final:
            since = "" if finished is None else f" {ago(snapshot.server_now(self.now), finished)}"
            yield [(f"ended{since}", "muted")]
        elif self.paused:
            yield [("paused", "warning"), (f" · data {age} old", "muted")]
            yield [("paused", "warning"), (f" · {age} old", "muted")]
            yield [("paused", "warning")]
        elif snapshot.is_late:
            yield [("no response", "warning"), (f" · data {age} old", "muted")]
            yield [("no response", "warning"), (f" · {age} old", "muted")]
            yield [(f"{age} ago", "warning")]
        else:
            live = "live" if not snapshot.run.has_ended else f"checking {'for late ' if wide else ''}artifacts"
            updated: Part = (f" · {'updated ' if wide else ''}{age} ago", "muted")
            if snapshot.next_at is not None and width >= (88 if not snapshot.run.has_ended else 128):
                left = snapshot.next_at - self.now
                due = f" · next in {elapsed(ceil(left))}" if left > 0 else " · updating now"
                yield [(live, "passed"), updated, (due, "muted")]
            yield [(live, "passed"), updated]
            yield [(f"{age} ago", "muted")]

    def _second_line(self, width: int) -> list[Part]:
        """The counts at the left; then the times and the bar, or what is doubtful, where these would be."""
        self._counts_at = []
        if self.snapshot is None:
            return []
        run = self.snapshot.run
        doubts = " · ".join(filter(None, (contradiction(run), *missing(run), listed_instead(run))))
        right: list[Part] = [(f"{WARNING} {doubts}", "warning")] if doubts else []
        room = width - (cells_of(right) + 2 if right else 0)
        left = self._counts(self.snapshot, has_words=width >= 60)
        # the time is worth more than the words, as symbols say the same
        if cells_of(left) + (0 if right else 3 + self._time_cells(self.snapshot)) > room:
            left = self._counts(self.snapshot, has_words=False)
        if cells_of(left) > room:
            left = self._counts(self.snapshot, has_words=False, has_changes=False)
        if cells_of(left) > room:
            left = self._counts(self.snapshot, has_words=False, has_changes=False, has_total=False)
        is_live = self.problem is None and not self.snapshot.is_late and not self.paused
        texts = times_and_outlook(
            self.snapshot, self.now if self.problem is None else self.problem.since, is_live=is_live
        )
        fitting = (text for text in texts if cells_of(left) + 3 + cell_len(text) <= room)
        if took := next(fitting, ""):
            left += [("   ", "text"), (took, "muted")]
        if not right:
            right = list(outcome_bar(self.snapshot, min(width - cells_of(left) - 2, LONGEST_BAR)))
        room = width - cells_of(left) - 2
        return justified(left, cut(right, room) if cells_of(right) > room else right, width)

    def _time_cells(self, snapshot: Snapshot) -> int:
        """The cells of the shortest time; while it grows, those of a long one, so that nothing comes and goes."""
        *_, shortest = times(snapshot.run, snapshot.server_now(self.now))
        return cell_len(shortest) if snapshot.run.has_ended else max(_TIME_CELLS, cell_len(shortest))

    def _counts(
        self, snapshot: Snapshot, *, has_words: bool, has_changes: bool = True, has_total: bool = True
    ) -> list[Part]:
        """The counts by outcome, how many of them are new, and the total; where they are is noted for clicks."""
        self._counts_at = []
        parts: list[Part] = []
        for outcome, count in outcome_counts(snapshot.run.counts):
            text = f"{SYMBOLS[outcome]} {count:,}" + (f" {outcome}" if has_words else "")
            if has_changes and (changed := changed_counts(self.history, outcome)):
                text += f" · {changed}"
            x = cells_of(parts)
            self._counts_at.append((x, x + cell_len(text), outcome))
            name = "chosen" if outcome is self.only else str(outcome) if count else "muted"
            parts += [(text, name), ("  ", "text")]
        if not has_total:
            return parts[:-1]
        total = total_in_words(snapshot) or ("no tests" if snapshot.run.vanished else "no results yet")
        self._counts_at.append((cells_of(parts), cells_of(parts) + cell_len(total), None))
        return [*parts, (total, "text")]

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


def _pill(run: Run, state_cells: int) -> str:
    # here as well as beside the counts, where a small terminal has no room
    mark = f"{WARNING} " if contradiction(run) else ""
    return f" {SYMBOLS[run.state]} {fit(state_in_capitals(run), max(1, state_cells - len(mark)))} {mark}"
