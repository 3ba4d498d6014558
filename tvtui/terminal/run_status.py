"""What to show of runs outside the screen: notifications of the first failure and the end, title, progress."""

from __future__ import annotations

from typing import NamedTuple

from tvtui.terminal.sequences import Notification, Progress
from tvtui.testvibe.models import Run, RunState
from tvtui.view.labels import SYMBOLS, outcome_counts, state_word
from tvtui.view.messages import contradiction
from tvtui.view.time_left import short_time_left
from tvtui.watch.events import Problem, Snapshot


class Standing(NamedTuple):
    """The status of a run, or of several runs together.

    Attributes:
        mark: The symbol of the state, followed by the number of failed tests.
        failed: Failed tests.
        finished: Tests that have ended.
        total: Expected tests; None if unknown.
        age: How long it will still take, or has taken, in a word or two.
        has_ended: Whether it is over.
    """

    mark: str = "…"
    failed: int = 0
    finished: int = 0
    total: int | None = None
    age: str = ""
    has_ended: bool = False

    @property
    def progress(self) -> Progress | None:
        """For tab and task bar; None if unknown, or when it is over."""
        if self.has_ended:
            return None
        if self.total:
            return Progress(100 * self.finished // self.total, has_errors=self.failed > 0)
        return Progress(100, has_errors=True) if self.failed else None


class RunStatus:
    """Derives status and notifications of one run from its watch.

    There are at most two notifications: the first failure and the end. What is already so at the first answer is not
    news, as the user has just started to watch.
    """

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        self.standing = Standing()
        self._is_first = True
        self._has_failed = False
        self._has_ended = False

    def update(self, snapshot: Snapshot | None, problem: Problem | None, *, new: str = "") -> Notification | None:
        """Update the status from the state of the watch; return a notification if there is news.

        What is `new` about the failures, as in "2 new", comes first in it.
        """
        if snapshot is None:
            self.standing = Standing(age="waiting" if problem is None else "no contact")
            return None
        run = snapshot.run
        self.standing = self._stand(snapshot, is_cut_off=problem is not None or snapshot.is_late)
        has_failed, has_ended = self._has_failed, self._has_ended
        self._has_failed = has_failed or bool(self.standing.failed)
        self._has_ended = has_ended or run.has_ended
        if self._is_first:
            self._is_first = False
            return None
        if has_ended:
            return None
        if run.has_ended:
            return self._notification(run, _joined(new, ending(run)))
        if self._has_failed and not has_failed:
            return self._notification(run, _joined(new, f"{_failures(run)} so far"))
        return None

    def _notification(self, run: Run, outcome: str) -> Notification:
        symbol = SYMBOLS[run.state if run.has_ended else RunState.FAILED]
        subject = " ".join(filter(None, (symbol, f"run {self.run_id}", run.feature_name)))
        return Notification(subject, outcome, f"tvtui-{self.run_id}")

    def _stand(self, snapshot: Snapshot, *, is_cut_off: bool) -> Standing:
        run = snapshot.run
        failed = run.counts.failed
        if is_cut_off and not run.has_ended:
            age = "no contact"
        elif run.state is RunState.QUEUED:
            age = "queued"
        else:
            age = short_time_left(snapshot, snapshot.seen) or _age(snapshot)
        return Standing(
            mark=f"{SYMBOLS[run.state if run.has_ended or not failed else RunState.FAILED]}{failed or ''}",
            failed=failed,
            finished=snapshot.finished,
            total=snapshot.total,
            age=age,
            has_ended=run.has_ended,
        )


def title(runs: list[RunStatus]) -> str:
    """The title of the terminal: `✗2 41/60 · 3m · #214`, or with the time left; several runs are counted together."""
    standing = together([each.standing for each in runs])
    count = str(standing.finished or "") if standing.total is None else f"{standing.finished}/{standing.total}"
    what = f"#{runs[0].run_id}" if len(runs) == 1 else f"{len(runs)} runs"
    counted = f"{standing.mark} {count if standing.total != 0 else ''}".strip()
    return " · ".join(part for part in (counted, standing.age, what) if part)


def together(standings: list[Standing]) -> Standing:
    """Combine several runs: failed if one has failed, over when all are."""
    if len(standings) == 1:
        return standings[0]
    failed = sum(each.failed for each in standings)
    totals = [each.total for each in standings]
    has_ended = all(each.has_ended for each in standings)
    calm = SYMBOLS[RunState.PASSED if has_ended else RunState.RUNNING]
    # a run that failed without a failed test, or ended otherwise, must not look passed among others
    odd = next((each.mark for each in standings if each.has_ended and each.mark != SYMBOLS[RunState.PASSED]), calm)
    return Standing(
        mark=f"{SYMBOLS[RunState.FAILED]}{failed}" if failed else odd,
        failed=failed,
        finished=sum(each.finished for each in standings),
        total=None if None in totals else sum(total or 0 for total in totals),
        has_ended=has_ended,
    )


def ending(run: Run) -> str:
    """The outcome of a run, in words and counts."""
    total, passed, failed = run.counts[:3]
    word = state_word(run)
    if run.state is not RunState.FAILED and (doubt := contradiction(run)):
        return doubt
    if not total:
        return f"{word}, no tests ran"
    if run.state is RunState.FAILED and failed:
        return _failures(run)
    if run.state is RunState.PASSED and not failed and run.counts.ended == total:
        return ", ".join(f"{count:,} {outcome}" for outcome, count in outcome_counts(run.counts) if count)
    counted = f"{failed:,} of {total:,} failed" if failed else f"{passed:,} of {total:,} passed"
    return counted if run.state is RunState.PASSED and not failed else f"{word}, {counted}"


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))


def _failures(run: Run) -> str:
    total, failed = run.counts.total, run.counts.failed
    return f"{failed:,} of {max(total, failed):,} failed"


def _age(snapshot: Snapshot) -> str:
    """How long a run has taken; in minutes while it is running, so that the title does not tick."""
    run = snapshot.run
    if run.started_utc is None:
        return ""
    seconds = int(((run.finished_utc or snapshot.server_time) - run.started_utc).total_seconds())
    if seconds < 60:
        return f"{max(0, seconds)}s" if run.has_ended else "<1m"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if hours == 0:
        return f"{minutes}m"
    return f"{hours}h {minutes % 60:02}m" if days == 0 else f"{days}d {hours % 24:02}h"
