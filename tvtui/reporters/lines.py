"""A watch as lines of text, with a summary at the end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tvtui.reporters.reporter import Reporter
from tvtui.testvibe.models import Case, Outcome, Run, RunState
from tvtui.text.format import duration, elapsed, many, shell_command
from tvtui.view.changes import CaseEnded, StateChanged
from tvtui.view.grouping import common_errors
from tvtui.view.history import changed_counts, in_words
from tvtui.view.labels import SYMBOLS, WARNING, counted, headline, state_in_capitals, state_word, word_beside_symbol
from tvtui.view.messages import doubts, first_error_line, log_end, recounted
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.history import RunHistory

_LOG_LINES = 5
_SUMMARY_WIDTH = 300
"""Characters: a few lines of a terminal. Longer names and errors would push everything else off the screen."""


@dataclass(frozen=True, slots=True)
class LinesReporter(Reporter):
    """For people and logs: time, symbol, word, and details.

    Attributes:
        again: The words of the command that watches the run again; empty if one for several runs is printed later.
        name: Printed in every line if several runs share the output, such as "#214 "; otherwise "".
    """

    again: Sequence[str]
    name: str = ""

    def on_changes(
        self, changes: Sequence[StateChanged | CaseEnded], time: datetime, *, is_first: bool
    ) -> Iterator[str]:
        """One line for the state and for each test; tests that passed before the watch began share one."""
        passed_before = 0
        end: Run | None = None
        for change in changes:
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
                said = "" if change.history is None else in_words(change.history)
                beside = f"  ({said})" if said else ""
                yield self._line(time, SYMBOLS[case.outcome], case.status, case.name + took + beside)
        if passed_before:
            yield self._line(time, SYMBOLS[Outcome.PASSED], "passed", f"{many(passed_before, 'test')} so far")
        if end is not None:
            yield self._state(time, end)

    def on_problem(self, problem: Problem, time: datetime, wait: float) -> Iterator[str]:
        """One line; none for the problem that ends the watch, which is printed to stderr."""
        if not problem.is_final:
            # a recording does not say when the next try was
            then = f" Next try in {elapsed(math.ceil(wait))}." if problem.failures else ""
            yield self._line(time, "!", "problem", f"{problem.message}{then}")

    def on_recovery(self, failures: int, seconds: float, time: datetime) -> Iterator[str]:
        """One line."""
        requests = f" and {many(failures, 'failed request')}" if failures else ""
        yield self._line(time, "↻", "recovered", f"after {elapsed(seconds)}{requests}")

    def on_end(self, snapshot: Snapshot, history: RunHistory | None) -> Iterator[str]:
        """The summary, after an empty line."""
        yield ""
        yield from summary(snapshot.run, history, again=self.again, seen=snapshot.server_time)

    def _state(self, time: datetime, run: Run) -> str:
        return self._line(time, SYMBOLS[run.state], state_word(run), headline(run))

    def _line(self, time: datetime, symbol: str, word: str, rest: str) -> str:
        return f"{time:%H:%M:%S} {self.name}{symbol} {word:<9} {rest}"


def summary(
    run: Run, history: RunHistory | None, *, again: Sequence[str] = (), seen: datetime, most: int | None = None
) -> list[str]:
    """The result of a watch, to be read after it is over.

    Args:
        run: The last known state of the run.
        history: What earlier runs say about its tests; None if none is known.
        again: The words of the command that watches it again; empty to leave it out.
        seen: When the server last reported that state, by its own clock.
        most: The most failed tests to list, the others are counted; 0 for the counts alone, None for all.

    Returns:
        The result and the counts, what is doubtful about them, the errors that several tests have in common, each
        failed test, the new ones first, with the first line of its error, and the command. If the run failed without a
        failed test, the end of the log, as nothing else says why.
    """
    result = f"{SYMBOLS[run.state]} {state_in_capitals(run)}  {headline(run)}"
    changed = changed_counts(history, Outcome.FAILED), changed_counts(history, Outcome.PASSED)
    counts = ", ".join(filter(None, (_counts(run), *changed)))
    lines = [result if run.has_ended else f"{result}  (as of {seen:%H:%M:%S} UTC)", counts]
    lines += [difference] if (difference := recounted(run)) else []
    lines += [f"{WARNING} {doubt}" for doubt in doubts(run)]
    failed = _failed(run, history)
    if most != 0:
        lines += common_errors([case for case, _ in failed])[:most]
    for case, said in failed[:most]:
        word = word_beside_symbol(case)
        beside = f"  ({said})" if said else ""
        lines.append(f"{SYMBOLS[Outcome.FAILED]} {f'{word}: ' if word else ''}{case.name}{beside}")
        if error := first_error_line(case):
            lines.append(f"    {error}")
    if most and len(failed) > most:
        lines.append(f"and {len(failed) - most:,} more")
    if not failed and run.state is RunState.FAILED and (log := log_end(run, _LOG_LINES)):
        lines += [f"    {line}" for line in ("End of the log:", *log)]
    shown = [line if len(line) <= _SUMMARY_WIDTH else f"{line[: _SUMMARY_WIDTH - 1]}…" for line in lines]
    return [*shown, watch_again(again)] if again else shown


def _failed(run: Run, history: RunHistory | None) -> list[tuple[Case, str]]:
    """The failed tests with what earlier runs say about them; new ones come first."""
    if history is None:
        return [(case, "") for case in run.tests if case.outcome is Outcome.FAILED]
    failed = [(row.case, history.of(row)) for row in history.rows if row.outcome is Outcome.FAILED]
    failed.sort(key=lambda each: not each[1].is_new)
    return [(case, in_words(said)) for case, said in failed]


def watch_again(command: Sequence[str]) -> str:
    """The line that shows how to watch the same runs again, or their recordings, quoted for a shell."""
    verb = {"open": "Open", "replay": "Replay"}.get(command[1], "Watch")
    return f"{verb} again: {shell_command(*command)}"


def _counts(run: Run) -> str:
    total = run.counts.total
    text = f"{counted(run.counts)}, {total:,} total" if total else "no tests reported"
    return text if run.seconds is None else f"{text} in {duration(run.seconds)}"
