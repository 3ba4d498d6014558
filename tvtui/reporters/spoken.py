"""A watch in short sentences that start with what matters: for screen readers and terminals that only append."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tvtui.reporters.reporter import Reporter
from tvtui.testvibe.models import Case, Outcome, Run, RunState
from tvtui.text.format import many
from tvtui.view.changes import CaseEnded, StateChanged
from tvtui.view.history import in_words
from tvtui.view.labels import outcome_counts, state_word, word_beside_symbol
from tvtui.view.messages import doubts, recounted
from tvtui.view.time_left import spoken_time_left, spoken_usual_duration
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.history import CaseHistory, RunHistory

NO_RESPONSE = "no response from the server yet"

_MOST_NAMED = 3
"""Up to this many tests that ended alike are named; more are counted in one sentence."""

_MOST_FAILURES = 10


@dataclass(frozen=True, slots=True)
class SpokenReporter(Reporter):
    """For listening: a word, then details, without symbols or times of day.

    Nothing is added when a watch is over: the end has been reported by then, and keys show the rest.

    Attributes:
        run_id: The run.
        is_named: Whether every sentence names the run, as is needed if there are several.
    """

    run_id: int
    is_named: bool = False

    def on_changes(
        self, changes: Sequence[StateChanged | CaseEnded], time: datetime, *, is_first: bool
    ) -> Iterator[str]:
        """Names up to ten failures and three other tests, counts the rest, and reports the end last."""
        del time
        states = [change for change in changes if isinstance(change, StateChanged)]
        for run, _ in states:
            if is_first:
                yield f"{state_word(run)}: {subject(run)}"
            elif not run.has_ended:
                has_started = run.state is RunState.RUNNING
                yield self.line(state_word(run), "the run has started" if has_started else "the run is waiting")
        yield from self._cases([change for change in changes if isinstance(change, CaseEnded)], is_first=is_first)
        for run, history in states:
            if run.has_ended and is_first:
                yield self.line("ended", result(run, history))
            elif run.has_ended:
                yield self.line(state_word(run), f"the run has ended; {result(run, history)}")

    def _cases(self, ended: Sequence[CaseEnded], *, is_first: bool) -> Iterator[str]:
        failed = [each for each in ended if each.case.outcome is Outcome.FAILED]
        for case, history in failed[:_MOST_FAILURES]:
            word = word_beside_symbol(case)
            yield self.line(f"failed, {word}" if word else case.status, described(case) + beside(history))
        if len(failed) > _MOST_FAILURES:
            more = many(len(failed) - _MOST_FAILURES, "more test")
            yield self.line("failed", f"{more}; press n for each failure in turn")
        alike: dict[str, list[CaseEnded]] = {}
        for each in ended:
            if each.case.outcome is not Outcome.FAILED:
                alike.setdefault(each.case.status, []).append(each)
        for status, group in alike.items():
            if is_first or len(group) > _MOST_NAMED:
                yield self.line(status, many(len(group), "test") + (" so far" if is_first else ""))
            else:
                for case, history in group:
                    yield self.line(status, case.name + beside(history))

    def on_problem(self, problem: Problem, time: datetime, wait: float) -> Iterator[str]:
        """What is wrong, and when the next try comes or how to start one."""
        del time
        yield self._problem(problem, wait)

    def _problem(self, problem: Problem, wait: float) -> str:
        if problem.is_final:
            return self.line("gave up", f"{problem.message} Press r to retry.")
        # a recording does not say when the next try was
        then = f" Next try in {spoken_time(math.ceil(max(0.0, wait)))}." if problem.failures else ""
        return self.line("problem", f"{problem.message}{then}")

    def on_recovery(self, failures: int, seconds: float, time: datetime) -> Iterator[str]:
        """How long the connection was lost."""
        del time
        requests = f" and {many(failures, 'failed request')}" if failures else ""
        yield self.line("recovered", f"after {spoken_age(seconds)}{requests}")

    def named(self, first: str) -> str:
        """The start of a sentence, followed by the run if it has to be named."""
        return f"{first}, run {self.run_id}" if self.is_named else first

    def line(self, first: str, rest: str) -> str:
        """One sentence."""
        return f"{self.named(first)}: {rest}"

    def status(
        self, snapshot: Snapshot | None, problem: Problem | None, now: float, history: RunHistory | None = None
    ) -> list[str]:
        """The current state of the run, its age, and any problem.

        Args:
            snapshot: The last good response.
            problem: What has been wrong since then.
            now: The time by the watch's clock.
            history: What earlier runs say about its tests; None if none is known.
        """
        lines = [self.line("unknown", NO_RESPONSE)]
        if snapshot is not None:
            is_stale = problem is not None or snapshot.is_late
            progress = _progress(snapshot.run, snapshot.server_now(now), history)
            if usual := spoken_usual_duration(snapshot):
                progress += f"; slower than usual, which is {usual}"
            elif not is_stale and (left := spoken_time_left(snapshot, now)):
                progress += f"; {left}"
            lines = [self.line(state_word(snapshot.run), progress)]
            age = spoken_age(now - snapshot.seen)
            if is_stale:
                lines.append(f"stale: last updated {age} ago")
            elif not snapshot.run.has_ended:
                lines.append(f"live: updated {age} ago")
        if problem is not None:
            lines.append(self._problem(problem, problem.next_at - now))
        return lines


def subject(run: Run) -> str:
    """What is being watched: feature, run, configuration and site, as far as they are known."""
    known = (run.feature_name, f"run {run.run_id}", run.config, run.site_url)
    return ", ".join(part for part in known if part)


def described(case: Case) -> str:
    """A test and how long it took."""
    return case.name if case.duration_ms is None else f"{case.name}, after {spoken_time(case.duration_ms / 1000)}"


def beside(history: CaseHistory | None) -> str:
    """What earlier runs say about a test, behind its name: "; failing since run 203"; "" if nothing is to say."""
    said = "" if history is None else in_words(history)
    return f"; {said.replace('#', 'run ')}" if said else ""


def counted(run: Run, history: RunHistory | None = None) -> str:
    """The counts: "2 failed, 2 passed, 4 tests in total; 1 new failure, 1 fixed"."""
    changed = "" if history is None else _changed(history)
    return f"{_counted(run)}; {changed}" if changed else _counted(run)


def _changed(history: RunHistory) -> str:
    new, fixed = len(history.new), len(history.fixed)
    return ", ".join(filter(None, (many(new, "new failure") if new else "", f"{fixed:,} fixed" if fixed else "")))


def _counted(run: Run) -> str:
    total, passed, failed = run.counts[:3]
    if not total:
        return "no tests reported"
    if run.has_ended and passed == total:
        return "the only test passed" if total == 1 else f"all {total:,} tests passed"
    parts = [f"{failed:,} failed" if failed else "none failed", f"{passed:,} passed"]
    parts += [f"{count:,} {outcome}" for outcome, count in outcome_counts(run.counts)[2:]]
    return f"{', '.join(parts)}, {many(total, 'test')} in total"


def result(run: Run, history: RunHistory | None = None) -> str:
    """The counts of a run that has ended, how long it ran, and what is doubtful about it."""
    parts = [counted(run, history)]
    if run.seconds is not None:
        parts.append(f"ran for {spoken_time(run.seconds)}")
    return "; ".join([*parts, *filter(None, [recounted(run)]), *doubts(run)])


def _progress(run: Run, server_now: datetime, history: RunHistory | None) -> str:
    if run.has_ended:
        if run.finished_utc is None:
            return f"ended; {result(run, history)}"
        return f"ended {spoken_age((server_now - run.finished_utc).total_seconds())} ago; {result(run, history)}"
    since = run.started_utc or run.created_utc
    so_far = "" if since is None else f"for {spoken_age((server_now - since).total_seconds())}; "
    progress = "waiting for a free sandbox" if run.state is RunState.QUEUED else counted(run, history)
    return "; ".join([so_far + progress, *doubts(run)])


_SIZES = ("byte", "kilobyte", "megabyte", "gigabyte")


def spoken_time(seconds: float) -> str:
    """A duration: "0.6 seconds", "35 seconds", "2 minutes 5 seconds", "1 hour 2 minutes", "3 days 4 hours"."""
    if not 0 <= seconds < math.inf:
        return "an unknown time"
    if seconds < 9.95:
        return many(round(seconds, 1), "second")
    whole = round(seconds)
    for unit, length, part, size in (("day", 86_400, "hour", 3600), ("hour", 3600, "minute", 60)):
        if whole >= length:
            return _two(whole // length, unit, whole % length // size, part)
    return _two(whole // 60, "minute", whole % 60, "second")


def spoken_age(seconds: float) -> str:
    """An age in whole seconds; never negative, even if a clock is a little wrong."""
    return spoken_time(max(0, int(seconds)) if math.isfinite(seconds) else seconds)


def spoken_size(count: int) -> str:
    """A size, rounded down: "512 bytes", "470 kilobytes", "1.2 megabytes".

    The units are powers of 1,024 as on the screen; their colloquial names are easier to listen to than "kibibytes".
    """
    power = 0
    while power + 1 < len(_SIZES) and count >= 1024 ** (power + 1):
        power += 1
    tenths = count * 10 // 1024**power
    return many(tenths / 10 if power > 1 else tenths // 10, _SIZES[power])


def _two(first: int, unit: str, second: int, part: str) -> str:
    return " ".join(many(count, name) for count, name in ((first, unit), (second, part)) if count)
