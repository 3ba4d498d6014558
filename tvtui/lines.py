"""A watch without a terminal: one line or one JSON object per change, then the summary or the digest."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, Protocol, TextIO

from tvtui.testvibe.models import Case, Outcome, Run, RunState
from tvtui.text.clean import encodable, plain
from tvtui.text.format import duration, elapsed
from tvtui.view.changes import CaseEnded, StateChanged, changes
from tvtui.view.labels import SYMBOLS, headline
from tvtui.watch.clock import Clock
from tvtui.watch.events import Problem, Snapshot

SCHEMA_VERSION = 1
"""Of the JSON objects: goes up when a field goes or changes its meaning, not when one is added."""

_LOG_LINES = 5
_SUMMARY_WIDTH = 300
"""Characters: a few lines of a terminal. What is longer is no name and no sentence, and would push all else away."""


class Recovered(NamedTuple):
    """Contact is good again, after so many failed requests and seconds."""

    failures: int
    seconds: float


class Form(Protocol):
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


async def follow(events: AsyncIterator[Snapshot | Problem], out: TextIO, form: Form, *, clock: Clock) -> None:
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


@dataclass(frozen=True, slots=True)
class PlainLines:
    """For people and logs: time (the server's clock, UTC), symbol, word, then what it is about.

    Attributes:
        again: The words of the command that shows the run again; none where one for several comes later.
        name: Stands in every line where several runs share the output, as "#214 "; else "".
    """

    again: Sequence[str]
    name: str = ""

    def tests_and_state(
        self, told: Iterable[StateChanged | CaseEnded], time: datetime, *, is_first: bool
    ) -> Iterator[str]:
        """One line for the state and for each test; those passed before the watch began share one."""
        passed_before = 0
        end: Run | None = None
        for change in told:
            if isinstance(change, StateChanged):
                if change.run.has_ended:
                    end = change.run
                else:
                    yield self._state(time, change.run)
            elif is_first and change.case.outcome is Outcome.PASSED:
                passed_before += 1
            else:
                case = change.case
                took = "" if case.duration_ms is None else f"  {duration(case.duration_ms / 1000)}"
                yield self._line(time, SYMBOLS[RunState(case.outcome)], case.status, case.name + took)
        if passed_before:
            what = "1 test" if passed_before == 1 else f"{passed_before:,} tests"
            yield self._line(time, SYMBOLS[RunState.PASSED], "passed", f"{what} until now")
        if end is not None:
            yield self._state(time, end)

    def problem(self, problem: Problem, time: datetime, wait: float) -> Iterator[str]:
        """One line; none for the problem that ends the watch, which is told on stderr."""
        if not problem.is_final:
            yield self._line(time, "!", "problem", f"{problem.error} Next try in {elapsed(math.ceil(wait))}.")

    def recovered(self, recovered: Recovered, time: datetime) -> Iterator[str]:
        """One line."""
        requests = "1 failed request" if recovered.failures == 1 else f"{recovered.failures} failed requests"
        yield self._line(time, "↻", "recovered", f"after {elapsed(recovered.seconds)} and {requests}")

    def end(self, snapshot: Snapshot) -> Iterator[str]:
        """The summary, set apart by an empty line."""
        yield ""
        yield from summary(snapshot.run, again=self.again, seen=snapshot.server_time)

    def _state(self, time: datetime, run: Run) -> str:
        return self._line(time, SYMBOLS[run.state], _word(run), headline(run))

    def _line(self, time: datetime, symbol: str, word: str, rest: str) -> str:
        return f"{time:%H:%M:%S} {self.name}{symbol} {word:<9} {rest}"


def summary(run: Run, *, again: Sequence[str] = (), seen: datetime) -> list[str]:
    """What is left to read when the watch is over.

    Args:
        run: The run as it was seen last.
        again: The words of the command that shows it again; none if that is told elsewhere.
        seen: When that was, by the server's clock.

    Returns:
        The outcome and the counts, each failed test with the first line of its error, and that command.
    """
    outcome = f"{SYMBOLS[run.state]} {_word(run).upper()}  {headline(run)}"
    lines = [outcome if run.has_ended else f"{outcome}  (as of {seen:%H:%M:%S} UTC)", _counts(run)]
    failed = [case for case in run.tests if case.outcome is Outcome.FAILED]
    for case in failed:
        lines.append(f"{SYMBOLS[RunState.FAILED]} {case.name}")
        lines.extend(f"    {line}" for line in _first_line(case))
    if not failed and run.state is RunState.FAILED:
        lines.extend(f"    {line}" for line in _log_end(run))
    shown = [line if len(line) <= _SUMMARY_WIDTH else f"{line[: _SUMMARY_WIDTH - 1]}…" for line in lines]
    return [*shown, shlex.join(again)] if again else shown


def _word(run: Run) -> str:
    return run.status if run.state is RunState.OTHER else run.state.value


def _counts(run: Run) -> str:
    total, passed, failed, other = run.counts
    text = f"{passed:,} passed, {failed:,} failed, {other:,} other, {total:,} in all" if total else "no tests reported"
    if run.started_utc and run.finished_utc and run.finished_utc >= run.started_utc:
        text += f"; ran {duration((run.finished_utc - run.started_utc).total_seconds())}"
    if run.counts_disagree:
        text += " (the server's summary disagrees with its tests)"
    return text


def _first_line(case: Case) -> list[str]:
    lines = (line.strip() for line in plain(case.error or "").splitlines())
    return [line for line in lines if line][:1]


def _log_end(run: Run) -> list[str]:
    """The log's last lines: where no test failed they are the only evidence."""
    lines = [line.rstrip() for line in plain(run.log or "").split("\n")]
    return (
        ["No failed test was reported. The log ends:", *[line for line in lines if line][-_LOG_LINES:]]
        if run.log
        else []
    )


@dataclass(frozen=True, slots=True)
class JsonLines:
    """For programs: one JSON object a line, in ASCII, so that no locale and no terminal can spoil it.

    Attributes:
        run_id: The run that is watched; stands in every object.
    """

    run_id: int

    def tests_and_state(
        self, told: Iterable[StateChanged | CaseEnded], time: datetime, *, is_first: bool
    ) -> Iterator[str]:
        """One object for the state and for each test, from the first answer on."""
        del is_first
        for change in told:
            if isinstance(change, StateChanged):
                run = change.run
                yield self._object("state", time, state=run.state.value, status=run.status)
            else:
                case = change.case
                yield self._object("test", time, outcome=case.outcome.value, **_of_case(case))

    def problem(self, problem: Problem, time: datetime, wait: float) -> Iterator[str]:
        """One object; `final` when it ends the watch."""
        kind = type(problem.error).__name__
        yield self._object(
            "problem",
            time,
            kind=kind[0].lower() + kind[1:],
            what=problem.error.what,
            advice=problem.error.advice,
            failures=problem.failures,
            nextTrySeconds=None if problem.is_final else round(wait, 3),
            final=problem.is_final,
        )

    def recovered(self, recovered: Recovered, time: datetime) -> Iterator[str]:
        """One object."""
        yield self._object("recovery", time, failures=recovered.failures, seconds=round(recovered.seconds, 3))

    def end(self, snapshot: Snapshot) -> Iterator[str]:
        """The digest as it was seen last; `final` unless the run or its artifacts may still change."""
        yield self._object("digest", snapshot.server_time, final=snapshot.is_final, **_of_run(snapshot.run))

    def _object(self, kind: str, time: datetime, /, **fields: object) -> str:
        now = time.astimezone(UTC).replace(microsecond=0)
        known = {"type": kind, "version": SCHEMA_VERSION, "time": now, "runId": self.run_id}
        return json.dumps(known | fields, default=_moment)


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _of_run(run: Run) -> dict[str, object]:
    """The digest in the API's own names, without colours."""
    fields = run.model_dump(by_alias=True, exclude={"tests"})
    log = None if run.log is None else plain(run.log)
    return fields | {"tests": [_of_case(case) for case in run.tests], "log": log}


def _of_case(case: Case) -> dict[str, object]:
    took = case.duration_ms
    return {
        "name": case.name,
        "status": case.status,
        "durationMs": int(took) if took is not None and took.is_integer() else took,
        "error": None if case.error is None else plain(case.error),
    }
