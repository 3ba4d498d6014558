"""The protocol of all reporters, and the loop that feeds one watch to one reporter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import dropwhile
from typing import Protocol, TextIO

from tvtui.testvibe.identity import Row
from tvtui.text.output import print_lines
from tvtui.view.changes import CaseEnded, StateChanged, changes
from tvtui.watch.clock import Clock
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.watched_run import WatchedRun


class Reporter(Protocol):
    """Turns the watch of one run into lines of text.

    To add a format, write a module in this package with a class that has these four methods, and an option of
    `tvtui watch` that selects it. A format that is written all at once, such as JUnit XML, yields nothing before
    `on_end` and takes everything from the snapshot's run. Reporters neither write nor wait: `follow` does.

    Every string that a method yields is one line without its line break. All times are UTC by the server's clock.
    """

    def on_changes(
        self, changes: Sequence[StateChanged | CaseEnded], time: datetime, *, is_first: bool
    ) -> Iterator[str]:
        """A good response has arrived.

        Args:
            changes: What is new since the last good response, in order; a change to an ended state comes last.
            time: When the server answered.
            is_first: Whether this is the first good response, so that everything in it is new.
        """

    def on_problem(self, problem: Problem, time: datetime, wait: float) -> Iterator[str]:
        """Requests have started to fail, or fail in a different way; `wait` is the number of seconds until the next."""

    def on_recovery(self, failures: int, seconds: float, time: datetime) -> Iterator[str]:
        """The first good response after `failures` failed requests within `seconds`; `on_changes` follows."""

    def on_end(self, snapshot: Snapshot) -> Iterator[str]:
        """The watch is over; `snapshot` is the last good response. Not called if there never was one."""


@dataclass(frozen=True, slots=True)
class EndReporter:
    """Reports the end of a run only.

    Attributes:
        reporter: Puts it into words.
        is_first: Whether nothing is above it, so that no empty line is needed.
    """

    reporter: Reporter
    is_first: bool = False

    def on_changes(
        self, changes: Sequence[StateChanged | CaseEnded], time: datetime, *, is_first: bool
    ) -> Iterator[str]:
        """Nothing."""
        del changes, time, is_first
        return iter(())

    def on_problem(self, problem: Problem, time: datetime, wait: float) -> Iterator[str]:
        """The problem."""
        return self.reporter.on_problem(problem, time, wait)

    def on_recovery(self, failures: int, seconds: float, time: datetime) -> Iterator[str]:
        """The recovery."""
        return self.reporter.on_recovery(failures, seconds, time)

    def on_end(self, snapshot: Snapshot) -> Iterator[str]:
        """The end."""
        lines = self.reporter.on_end(snapshot)
        return dropwhile(lambda line: not line, lines) if self.is_first else lines


async def follow(
    watched: WatchedRun, events: AsyncIterator[Snapshot | Problem], out: TextIO, reporter: Reporter, *, clock: Clock
) -> None:
    """Report a watch until it ends; `out` is flushed after each event.

    Args:
        watched: The run.
        events: Its events, each of which it has applied.
        out: Where to write.
        reporter: What to write.
        clock: The clock of the watch.

    Raises:
        OutputError: `out` cannot be written.
    """
    last: Snapshot | None = None
    rows: tuple[Row, ...] = ()
    trouble: Problem | None = None
    async for event in events:
        now = clock.now()
        if isinstance(event, Problem):
            if trouble is None or event.is_final or type(event.error) is not type(trouble.error):
                time = clock.utc() if last is None else last.server_now(now)
                print_lines(out, reporter.on_problem(event, time, max(0.0, event.next_at - now)))
            trouble = event
            continue
        # an ended run whose server is then lost ends with its old snapshot again, which is not a recovery
        if trouble is not None and event.seen > trouble.since:
            print_lines(out, reporter.on_recovery(trouble.failures, now - trouble.since, event.server_time))
            trouble = None
        news = changes(None if last is None else last.run, event.run, old=rows, new=watched.rows)
        if event.run.has_ended:
            # the end is reported after the tests that led to it
            news.sort(key=lambda change: isinstance(change, StateChanged))
        print_lines(out, reporter.on_changes(news, event.server_time, is_first=last is None))
        last, rows = event, watched.rows
    if last is not None:
        print_lines(out, reporter.on_end(last))
