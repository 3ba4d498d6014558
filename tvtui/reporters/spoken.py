"""A watch in short sentences that begin with what matters: for screen readers, and for terminals that only write."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tvtui.reporters.reporter import Recovered
from tvtui.testvibe.models import Case, Outcome, Run, RunState
from tvtui.view.changes import CaseEnded, StateChanged
from tvtui.watch.events import Problem, Snapshot

_MOST_NAMED = 3
"""So many tests that ended alike are told by name; more share one sentence."""

_MOST_FAILURES = 10


@dataclass(frozen=True, slots=True)
class SpokenReporter:
    """For the ear: a word, then what it is about; no symbols, no times of day.

    Attributes:
        run_id: The run.
        is_named: Whether the run is named in every sentence, as it is where there are several.
    """

    run_id: int
    is_named: bool = False

    def tests_and_state(
        self, told: Iterable[StateChanged | CaseEnded], time: datetime, *, is_first: bool
    ) -> Iterator[str]:
        """The failures by name, ten at most; of the others three, or their number; the end last of all."""
        del time
        told = tuple(told)
        runs = [change.run for change in told if isinstance(change, StateChanged)]
        for run in runs:
            if is_first:
                yield f"{word(run)}: {subject(run)}"
            elif not run.has_ended:
                yield self.line(word(run), "the run has started" if run.state is RunState.RUNNING else "the run waits")
        yield from self._cases([change.case for change in told if isinstance(change, CaseEnded)], is_first=is_first)
        for run in runs:
            if run.has_ended and is_first:
                yield self.line("ended", result(run))
            elif run.has_ended:
                yield self.line(word(run), f"the run has ended; {result(run)}")

    def _cases(self, cases: Sequence[Case], *, is_first: bool) -> Iterator[str]:
        failed = [case for case in cases if case.outcome is Outcome.FAILED]
        for case in failed[:_MOST_FAILURES]:
            yield self.line(case.status, described(case))
        if len(failed) > _MOST_FAILURES:
            more = many(len(failed) - _MOST_FAILURES, "more test")
            yield self.line("failed", f"{more}; n tells one after the other")
        alike: dict[str, list[Case]] = {}
        for case in cases:
            if case.outcome is not Outcome.FAILED:
                alike.setdefault(case.status, []).append(case)
        for status, group in alike.items():
            if is_first or len(group) > _MOST_NAMED:
                yield self.line(status, many(len(group), "test") + (" until now" if is_first else ""))
            else:
                for case in group:
                    yield self.line(status, case.name)

    def problem(self, problem: Problem, time: datetime, wait: float) -> Iterator[str]:
        """What is wrong, and when it is tried again; or that it is not."""
        del time
        yield self.told_problem(problem, wait)

    def told_problem(self, problem: Problem, wait: float) -> str:
        """The same, outside of a watch's course."""
        if problem.is_final:
            return self.line("given up", f"{problem.error} r asks again.")
        return self.line("problem", f"{problem.error} Next try in {spoken_time(math.ceil(max(0.0, wait)))}.")

    def recovered(self, recovered: Recovered, time: datetime) -> Iterator[str]:
        """That contact is good again."""
        del time
        requests = many(recovered.failures, "failed request")
        yield self.line("contact again", f"after {spoken_age(recovered.seconds)} and {requests}")

    def end(self, snapshot: Snapshot) -> Iterator[str]:
        """Nothing: the end was told when it came, and the rest is asked for by keys."""
        del snapshot
        yield from ()

    def named(self, first: str) -> str:
        """What a sentence begins with, the run behind it if it has to be named."""
        return f"{first}, run {self.run_id}" if self.is_named else first

    def line(self, first: str, rest: str) -> str:
        """One sentence."""
        return f"{self.named(first)}: {rest}"

    def standing(self, snapshot: Snapshot | None, problem: Problem | None, now: float) -> list[str]:
        """How the run stands, how old that is, and what is wrong.

        Args:
            snapshot: The last good answer.
            problem: What stood between since then.
            now: By the watch's clock.
        """
        lines = [self.line("unknown", "there was no answer yet")]
        if snapshot is not None:
            lines = [self.line(word(snapshot.run), _standing(snapshot.run, snapshot.server_now(now)))]
            age = spoken_age(now - snapshot.seen)
            if problem is not None:
                lines.append(f"old: the last good answer came {age} ago")
            elif not snapshot.run.has_ended:
                lines.append(f"fresh: the server answered {age} ago")
        if problem is not None:
            lines.append(self.told_problem(problem, problem.next_at - now))
        return lines


def word(run: Run) -> str:
    """The state in a word; one that nobody knows as the server says it."""
    return run.status if run.state is RunState.OTHER else run.state.value


def subject(run: Run) -> str:
    """What is watched: feature, run, configuration, site, as far as they are known."""
    known = (run.feature_name, f"run {run.run_id}", run.config, run.site_url)
    return ", ".join(part for part in known if part)


def described(case: Case) -> str:
    """A test and how long it took."""
    return case.name if case.duration_ms is None else f"{case.name}, after {spoken_time(case.duration_ms / 1000)}"


def counted(run: Run) -> str:
    """The counts: "1 failed, 2 passed, of 3 tests"."""
    total, passed, failed, other = run.counts
    if not total:
        return "no tests reported"
    if run.has_ended and passed == total:
        told = "the only test passed" if total == 1 else f"all {total:,} tests passed"
    else:
        parts = [f"{failed:,} failed" if failed else "none failed", f"{passed:,} passed"]
        parts += [f"{other:,} other"] if other else []
        told = f"{', '.join(parts)}, of {many(total, 'test')}"
    return f"{told}; the server's summary disagrees with its tests" if run.counts_disagree else told


def result(run: Run) -> str:
    """The counts of a run that has ended, and how long it ran."""
    begun, finished = run.started_utc, run.finished_utc
    if begun is None or finished is None or finished < begun:
        return counted(run)
    return f"{counted(run)}; it ran {spoken_time((finished - begun).total_seconds())}"


def _standing(run: Run, server_now: datetime) -> str:
    if run.has_ended:
        if run.finished_utc is None:
            return f"ended; {result(run)}"
        return f"ended {spoken_age((server_now - run.finished_utc).total_seconds())} ago; {result(run)}"
    since = run.started_utc or run.created_utc
    told = "" if since is None else f"for {spoken_age((server_now - since).total_seconds())}; "
    return f"{told}waiting for a free sandbox" if run.state is RunState.QUEUED else f"{told}{counted(run)}"


_SIZES = ("byte", "kibibyte", "mebibyte", "gibibyte")


def many(count: float, thing: str) -> str:
    """So many of something: "1 test", "12 tests", "0.6 seconds"."""
    return f"{count:,g} {thing}" if count == 1 else f"{_figure(count)} {thing}s"


def spoken_time(seconds: float) -> str:
    """How long: "0.6 seconds", "35 seconds", "2 minutes 5 seconds", "1 hour 2 minutes", "3 days 4 hours"."""
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
    """How long ago, in whole seconds; a clock that is a little wrong makes it no negative time."""
    return spoken_time(max(0, int(seconds)) if math.isfinite(seconds) else seconds)


def spoken_size(count: int) -> str:
    """How many bytes, rounded down: "512 bytes", "470 kibibytes", "1.2 mebibytes"."""
    power = min(max(count, 1).bit_length() // 10, len(_SIZES) - 1)
    while power and count < 1024**power:
        power -= 1
    tenths = count * 10 // 1024**power
    return many(tenths / 10 if power > 1 else tenths // 10, _SIZES[power])


def _two(first: int, unit: str, second: int, part: str) -> str:
    said = [many(count, name) for count, name in ((first, unit), (second, part)) if count]
    return " ".join(said)


def _figure(count: float) -> str:
    return f"{count:,}" if isinstance(count, int) else f"{count:g}"
