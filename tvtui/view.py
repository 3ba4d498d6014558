"""What is shown of a run, and in which order: identity, filter, sort, and what changed; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from tvtui.testvibe.identity import CaseId, Row, identify_cases
from tvtui.testvibe.models import Case, Outcome, Run, RunState
from tvtui.text.format import elapsed

SYMBOLS: Mapping[str, str] = {
    RunState.QUEUED: "◌",
    RunState.RUNNING: "●",
    RunState.PASSED: "✓",
    RunState.FAILED: "✗",
    RunState.OTHER: "?",
}
"""One cell each, told apart by shape; an `Outcome` of the same word finds the same symbol."""

_RANK = {Outcome.FAILED: 0, Outcome.OTHER: 1, Outcome.PASSED: 2}


class Sort(StrEnum):
    """The orders of the table; the value is the word on the screen."""

    OUTCOME = "outcome"
    DURATION = "duration"
    NAME = "name"
    AS_RUN = "as run"

    @property
    def following(self) -> Sort:
        """The order that comes next when the user asks for another one."""
        orders = list(Sort)
        return orders[(orders.index(self) + 1) % len(orders)]


class CaseEnded(NamedTuple):
    """A test that was not in the digest before, or that has another status now."""

    case: Case


class StateChanged(NamedTuple):
    """The run is in another state (or, for the first digest, in its first)."""

    run: Run


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tests to show: every word in the name, no excluded word, one of the statuses if any is named."""

    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Read what a user typed: plain words, `!word`, `s:failed`; case does not matter.

        A `!` or `s:` with nothing behind it is somebody still typing, and filters nothing.
        """
        words: list[str] = []
        without: list[str] = []
        statuses: list[str] = []
        for word in text.casefold().split():
            if word.startswith("!"):
                without.append(word[1:])
            elif word.startswith("s:"):
                statuses.append(word[2:])
            else:
                words.append(word)
        return cls(tuple(words), tuple(filter(None, without)), tuple(filter(None, statuses)))

    def matches(self, case: Case) -> bool:
        """Whether `case` is to be shown."""
        if self.statuses and not case.status.casefold().startswith(self.statuses):
            return False
        if not self.words and not self.without:
            return True
        name = case.name.casefold()
        return all(word in name for word in self.words) and not any(word in name for word in self.without)

    def __bool__(self) -> bool:
        return bool(self.words or self.without or self.statuses)


def arrange(
    rows: Sequence[Row],
    *,
    wanted: Filter | None = None,
    only: Outcome | None = None,
    sort: Sort = Sort.OUTCOME,
) -> tuple[Row, ...]:
    """Filter and order rows. Equal ones keep the run's own order; longest duration first, unknown ones last."""
    shown: Iterable[Row] = rows
    if only is not None:
        shown = [row for row in shown if row.case.outcome is only]
    if wanted:
        shown = [row for row in shown if wanted.matches(row.case)]
    match sort:
        case Sort.OUTCOME:
            return tuple(sorted(shown, key=lambda row: _RANK[row.case.outcome]))
        case Sort.DURATION:
            return tuple(
                sorted(
                    shown,
                    key=lambda row: -1.0 if row.case.duration_ms is None else row.case.duration_ms,
                    reverse=True,
                )
            )
        case Sort.NAME:
            return tuple(sorted(shown, key=lambda row: row.case.name.casefold()))
        case Sort.AS_RUN:
            return tuple(shown)


def step_failure(rows: Sequence[Row], selected: CaseId | None, step: int) -> CaseId | None:
    """The failure after (`step` 1) or before (-1) the selected test, around the end; None if none failed."""
    failed = [index for index, row in enumerate(rows) if row.case.outcome is Outcome.FAILED]
    if not failed:
        return None
    here = next((index for index, row in enumerate(rows) if row.id == selected), None)
    if here is None:
        return rows[failed[0 if step > 0 else -1]].id
    if step > 0:
        return rows[next((index for index in failed if index > here), failed[0])].id
    return rows[next((index for index in reversed(failed) if index < here), failed[-1])].id


def changes(before: Run | None, after: Run) -> list[StateChanged | CaseEnded]:
    """What a reader of lines wants to hear of: the state, then each test that ended since `before`."""
    told: list[StateChanged | CaseEnded] = []
    if before is None or (before.state, before.status) != (after.state, after.status):
        told.append(StateChanged(after))
    old = {} if before is None else {row.id: row.case for row in identify_cases(before.tests)}
    for row in identify_cases(after.tests):
        known = old.get(row.id)
        if known is None or known.status != row.case.status:
            told.append(CaseEnded(row.case))
    return told


def headline(run: Run) -> str:
    """The run in one line: feature, number, configuration, site, as far as they are known."""
    known = (run.feature_name, f"run {run.run_id}", run.config, run.site_url)
    return " · ".join(part for part in known if part)


def again_in_words(run: Run) -> str:
    """What is asked before a run is started once more."""
    site = (run.site_url or "").removeprefix("https://").rstrip("/")
    where = "".join(f" {word} {told}" for word, told in (("on", run.config), ("at", site)) if told)
    return f"Run {run.feature_name or f'feature {run.feature_id}'} again{where}?"


def instead_of_tests(
    run: Run | None, server_now: datetime | None, *, has_problem: bool, is_filtered: bool
) -> tuple[str, ...]:
    """What to say, in up to two lines, in the place of tests.

    Args:
        run: The run; None before the first answer.
        server_now: The server's time as far as it is known.
        has_problem: Whether contact is bad.
        is_filtered: Whether there are tests, and a filter has left none.
    """
    if run is None or server_now is None:
        return ("No data yet", "trying again by itself") if has_problem else ("Waiting for the first answer",)
    return ("No test matches", "escape shows all") if is_filtered else waiting_for(run, server_now)


def waiting_for(run: Run, server_now: datetime) -> tuple[str, str]:
    """What to say, in two lines, in the place of the tests of a run that has none."""
    if run.has_ended:
        return "No test ran", "the log tells why" if run.log else ""
    if run.started_utc is None:
        since = "" if run.created_utc is None else f" for {elapsed((server_now - run.created_utc).total_seconds())}"
        return f"Queued{since}", "waiting for a free sandbox"
    return (
        f"Running for {elapsed((server_now - run.started_utc).total_seconds())}",
        "waiting for the first results",
    )


def no_artifacts(run: Run, *, is_final: bool) -> str:
    """What to say in the place of artifacts: they can arrive a little after the run has ended."""
    if is_final:
        return "None: nothing was uploaded"
    return "None yet: some arrive a little after the end" if run.has_ended else "None yet"
