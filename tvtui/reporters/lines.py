"""A watch as lines of text, and the summary at its end."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tvtui.reporters.reporter import Recovered
from tvtui.testvibe.models import Case, Outcome, Run, RunState
from tvtui.text.clean import plain
from tvtui.text.format import duration, elapsed
from tvtui.view.changes import CaseEnded, StateChanged
from tvtui.view.labels import SYMBOLS, headline
from tvtui.watch.events import Problem, Snapshot

_LOG_LINES = 5
_SUMMARY_WIDTH = 300
"""Characters: a few lines of a terminal. What is longer is no name and no sentence, and would push all else away."""


@dataclass(frozen=True, slots=True)
class LinesReporter:
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
    return [*shown, watch_again(again)] if again else shown


def watch_again(command: Sequence[str]) -> str:
    """The line that shows how to watch the same runs again, quoted for a shell."""
    return f"Watch again: {shlex.join(command)}"


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
