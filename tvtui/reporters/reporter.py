"""The reporter protocol, and the loop that feeds a watch to one reporter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple, Protocol, TextIO

from tvtui.text.clean import encodable
from tvtui.view.changes import CaseEnded, StateChanged, changes
from tvtui.watch.clock import Clock
from tvtui.watch.events import Problem, Snapshot


class Recovered(NamedTuple):
    """Contact is good again, after so many failed requests and seconds."""

    failures: int
    seconds: float


class Reporter(Protocol):
    """A way to write a watch down; every text is one line without its end."""

    def tests_and_state(
        self, told: Iterable[StateChanged | CaseEnded], time: datetime, *, is_first: bool
    ) -> Iterator[str]:
        """What a good answer has brought; `is_first` for the first one."""

    def problem(self, problem: Problem, time: datetime, wait: float) -> Iterator[str]:
        """Contact is bad, or bad in another way; `wait` seconds to the next try."""

    def recovered(self, recovered: Recovered, time: datetime) -> Iterator[str]:
        """Contact is good again."""

    def end(self, snapshot: Snapshot) -> Iterator[str]:
        """The watch is over; `snapshot` is the last good answer."""


async def follow(events: AsyncIterator[Snapshot | Problem], out: TextIO, form: Reporter, *, clock: Clock) -> None:
    """Write down every change until `events` end; flushes after each event.

    Raises:
        OSError: `out` cannot be written to, BrokenPipeError when nobody reads it any more.
    """
    last: Snapshot | None = None
    trouble: Problem | None = None
    async for event in events:
        now = clock.now()
        if isinstance(event, Problem):
            if trouble is None or event.is_final or type(event.error) is not type(trouble.error):
                time = clock.utc() if last is None else last.server_now(now)
                _write(out, form.problem(event, time, max(0.0, event.next_at - now)))
            trouble = event
            continue
        # the last word after an end is an old answer again when the server was lost meanwhile: no recovery
        if trouble is not None and event.seen > trouble.since:
            _write(out, form.recovered(Recovered(trouble.failures, now - trouble.since), event.server_time))
            trouble = None
        told = changes(None if last is None else last.run, event.run)
        if event.run.has_ended:
            # the end comes after the tests that led to it
            told.sort(key=lambda change: isinstance(change, StateChanged))
        _write(out, form.tests_and_state(told, event.server_time, is_first=last is None))
        last = event
    if last is not None:
        _write(out, form.end(last))


def _write(out: TextIO, texts: Iterable[str]) -> None:
    out.writelines(encodable(text, out.encoding) + "\n" for text in texts)
    out.flush()
