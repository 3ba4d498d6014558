"""Filtering, sorting and stepping through the tests of a run; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from tvtui.testvibe.identity import CaseId, Row
from tvtui.testvibe.models import Case, Outcome
from tvtui.view.history import WORDS, is_word
from tvtui.watch.history import RunHistory

_ORDER = (Outcome.FAILED, Outcome.OTHER, Outcome.FLAKY, Outcome.PASSED, Outcome.SKIPPED)
"""What needs attention comes first."""

_RANK = {outcome: rank for rank, outcome in enumerate(_ORDER)}


class Sort(StrEnum):
    """The orders of the table; the value is the text on the screen."""

    OUTCOME = "by outcome"
    DURATION = "by duration"
    NAME = "by name"
    RUN_ORDER = "in run order"

    @property
    def following(self) -> Sort:
        """The next order in the cycle."""
        orders = list(Sort)
        return orders[(orders.index(self) + 1) % len(orders)]


_SORT_KEYS: Mapping[Sort, Callable[[Row], Any]] = {
    Sort.OUTCOME: lambda row: _RANK[row.outcome],
    Sort.DURATION: lambda row: 1.0 if row.case.duration_ms is None else -row.case.duration_ms,
    Sort.NAME: lambda row: row.case.name.casefold(),
    Sort.RUN_ORDER: lambda row: row.position,
}


class Filter(NamedTuple):
    """A filter of tests by words that the name must and must not contain, by status, and by history.

    Attributes:
        words: All of them must be in the name.
        without: None of them may be in the name.
        statuses: One of them must begin the status or the outcome, if there are any.
        standings: One of them must begin a word that is true of the test, if there are any: new, known, fixed,
            unstable, slow.
    """

    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    standings: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Parse what the user typed: plain words, `!word`, `s:failed`, `is:new`; case does not matter.

        A `!`, `s:` or `is:` with nothing after it filters nothing: the user is still typing.
        """
        words: list[str] = []
        without: list[str] = []
        statuses: list[str] = []
        standings: list[str] = []
        for typed in text.split():
            word = typed.casefold()
            if word.startswith("!"):
                without.append(word[1:])
            elif word.startswith("s:"):
                # not folded, as that would let "s:passed" find "paßed"
                statuses.append(typed[2:].lower())
            elif word.startswith("is:"):
                standings.append(typed[3:].lower())
            else:
                words.append(word)
        return cls(*(tuple(filter(None, each)) for each in (words, without, statuses, standings)))

    def matches(self, row: Row, history: RunHistory | None = None) -> bool:
        """Whether the filter lets a test through, of which `history` knows the earlier results."""
        if self.statuses and not self.has_status(row.case):
            return False
        if self.standings and not self.has_standing(row, history):
            return False
        if not self.words and not self.without:
            return True
        name = row.case.name.casefold()
        return all(word in name for word in self.words) and not any(word in name for word in self.without)

    def has_status(self, case: Case) -> bool:
        """Whether the server's word for the status of `case`, or its outcome, begins with one of the statuses."""
        return case.status.lower().startswith(self.statuses) or case.outcome.value.startswith(self.statuses)

    def has_standing(self, row: Row, history: RunHistory | None) -> bool:
        """Whether one of the words after `is:` is true of a test; none is of which nothing is known."""
        return history is not None and any(is_word(history.of(row), word) for word in self.standings)

    def __bool__(self) -> bool:
        return any(self)


def arrange(
    rows: Sequence[Row],
    *,
    wanted: Filter | None = None,
    only: Outcome | None = None,
    sort: Sort = Sort.OUTCOME,
    history: RunHistory | None = None,
    new_first: bool = True,
) -> tuple[Row, ...]:
    """Filter and sort rows; equal ones keep the run's order.

    By outcome, failures come first, unless `new_first` is False the new ones of them; by duration, the slowest come
    first and unknown durations last.
    """
    shown: Iterable[Row] = rows
    if only is not None:
        shown = [row for row in shown if row.outcome is only]
    if wanted:
        shown = [row for row in shown if wanted.matches(row, history)]
    if sort is Sort.OUTCOME and new_first and history is not None and (new := history.new):
        # a pair for each of 10,000 rows would take three times as long
        return tuple(sorted(shown, key=lambda row: -1 if row.id in new else _RANK[row.outcome]))
    return tuple(sorted(shown, key=_SORT_KEYS[sort]))


def without_match(rows: Sequence[Row], wanted: Filter, history: RunHistory | None = None) -> tuple[str, ...]:
    """That no test has a status or a history of the filter, and which there are, in two lines; empty if one has."""
    if not rows:
        return ()
    if wanted.standings and not any(wanted.has_standing(row, history) for row in rows):
        if history is None:
            return "No earlier run was watched here", "is: needs runs to compare with"
        asked = " or ".join(f"'{word}'" for word in wanted.standings)
        return f"No test is {asked}", f"is: knows {', '.join(WORDS)}"
    if not wanted.statuses or any(wanted.has_status(row.case) for row in rows):
        return ()
    ordered = sorted(rows, key=_SORT_KEYS[Sort.OUTCOME])
    known = dict.fromkeys(str(row.case.status) for row in ordered)
    asked = " or ".join(f"'{status}'" for status in wanted.statuses)
    return f"No test with status {asked}", f"statuses in this run: {', '.join(known)}"


def next_outcome(rows: Iterable[Row], only: Outcome | None) -> Outcome | None:
    """The outcome to limit the table to after `only`: one that some test has, or passed or failed; None for all."""
    there = {row.outcome for row in rows} | {Outcome.PASSED, Outcome.FAILED}
    # one that no test has any more is left for all tests
    order = [None, *(outcome for outcome in _ORDER if outcome in there)]
    return order[(order.index(only) + 1) % len(order)] if only in order else None


def step_failure(
    rows: Iterable[Row], failures: Mapping[CaseId, int], selected: CaseId | None, step: int
) -> tuple[CaseId | None, bool]:
    """The failure after (`step` 1) or before (-1) the selected test, None without any; whether this wraps around.

    `failures` numbers those among `rows` from 1: a step between them takes no longer with more tests.
    """
    if not failures:
        return None, False
    number = failures.get(selected) if selected is not None else None
    if number is not None:
        index = number - 1 + step
    else:
        index = _above(rows, failures, selected, 0 if step > 0 else len(failures)) - (step < 0)
    return list(failures)[index % len(failures)], not 0 <= index < len(failures)


def _above(rows: Iterable[Row], failures: Mapping[CaseId, int], selected: CaseId | None, otherwise: int) -> int:
    above = 0
    for row in rows:
        if row.id == selected:
            return above
        above += row.id in failures
    return otherwise
