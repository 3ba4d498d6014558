"""Which tests are shown, and in which order: filter, sort, next failure; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tvtui.testvibe.identity import CaseId, Row
from tvtui.testvibe.models import Case, Outcome

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
