"""The protocol of all reporters, and the loop that feeds one watch to several of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import dropwhile
from typing import NamedTuple, Protocol

from tvtui.reporters.run_report import RunReport
from tvtui.testvibe.identity import Row
from tvtui.view.changes import CaseEnded, StateChanged, changes
from tvtui.watch.clock import Clock
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.history import RunHistory
from tvtui.watch.watched_run import WatchedRun


class Reporter(Protocol):
    """Turns watches into text: line by line while they go on, or as a document when they are over.

    A class that names this protocol as its base writes only the methods that its format needs; the others yield
    nothing. What is written while a run is watched comes from the first four methods, of one run each; a document,
    such as JUnit XML, comes from `on_finish` alone, of all runs together. Reporters neither write nor wait: `follow`
    does, and for documents `tvtui.cli.reports`.

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
        yield from ()

    def on_problem(self, problem: Problem, time: datetime, wait: float) -> Iterator[str]:
        """Requests have started to fail, or fail in a different way; `wait` is the number of seconds until the next."""
        yield from ()

    def on_recovery(self, failures: int, seconds: float, time: datetime) -> Iterator[str]:
        """The first good response after `failures` failed requests within `seconds`; `on_changes` follows."""
        yield from ()

    def on_end(self, snapshot: Snapshot, history: RunHistory | None) -> Iterator[str]:
        """The watch is over; not called if there never was a good response.

        Args:
            snapshot: The last good response.
            history: What earlier runs say about its tests; None if none is known.
        """
        yield from ()

    def on_finish(self, reports: Sequence[RunReport]) -> Iterator[str]:
        """All watches are over, however that came about; called once, with at least one run."""
        yield from ()


class Output(NamedTuple):
    """A reporter, and what writes its lines; it is called with those of one event at a time."""

    reporter: Reporter
    write: Callable[[Iterable[str]], object]


@dataclass(frozen=True, slots=True)
class EndReporter(Reporter):
    """Reports the end of a run only.

    Attributes:
        reporter: Puts it into words.
        is_first: Whether nothing is above it, so that no empty line is needed.
    """

    reporter: Reporter
    is_first: bool = False

    def on_problem(self, problem: Problem, time: datetime, wait: float) -> Iterator[str]:
        """The problem."""
        return self.reporter.on_problem(problem, time, wait)

    def on_recovery(self, failures: int, seconds: float, time: datetime) -> Iterator[str]:
        """The recovery."""
        return self.reporter.on_recovery(failures, seconds, time)

    def on_end(self, snapshot: Snapshot, history: RunHistory | None) -> Iterator[str]:
        """The end."""
        lines = self.reporter.on_end(snapshot, history)
        return dropwhile(lambda line: not line, lines) if self.is_first else lines


async def follow(
    watched: WatchedRun, events: AsyncIterator[Snapshot | Problem], outputs: Sequence[Output], *, clock: Clock
) -> None:
    """Report a watch until it ends.

    Args:
        watched: The run.
        events: Its events, each of which it has applied.
        outputs: Who reports it, and where to.
        clock: The clock of the watch.

    Raises:
        OutputError: An output cannot be written.
    """
    last: Snapshot | None = None
    rows: tuple[Row, ...] = ()
    trouble: Problem | None = None
    async for event in events:
        now = clock.now()
        if isinstance(event, Problem):
            if trouble is None or event.is_final or type(event.error) is not type(trouble.error):
                time = clock.utc() if last is None else last.server_now(now)
                for reporter, write in outputs:
                    write(reporter.on_problem(event, time, max(0.0, event.next_at - now)))
            trouble = event
            continue
        # an ended run whose server is then lost ends with its old snapshot again, which is not a recovery
        if trouble is not None and event.seen > trouble.since:
            for reporter, write in outputs:
                write(reporter.on_recovery(trouble.failures, now - trouble.since, event.server_time))
            trouble = None
        before = None if last is None else last.run
        news = changes(before, event.run, old=rows, new=watched.rows, history=watched.history)
        if event.run.has_ended:
            # the end is reported after the tests that led to it
            news.sort(key=lambda change: isinstance(change, StateChanged))
        for reporter, write in outputs:
            write(reporter.on_changes(news, event.server_time, is_first=last is None))
        last, rows = event, watched.rows
    if last is not None:
        for reporter, write in outputs:
            write(reporter.on_end(last, watched.history))
