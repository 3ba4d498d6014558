"""The changes from one digest to the next; pure."""

from __future__ import annotations

from typing import NamedTuple

from tvtui.testvibe.identity import identify_cases
from tvtui.testvibe.models import Case, Run


class CaseEnded(NamedTuple):
    """A test is new in the digest, or has another status."""

    case: Case


class StateChanged(NamedTuple):
    """The run has another state, or this is the first digest."""

    run: Run


def changes(before: Run | None, after: Run) -> list[StateChanged | CaseEnded]:
    """The changes to report: the state, then each test that ended since `before`."""
    found: list[StateChanged | CaseEnded] = []
    if before is None or (before.state, before.status) != (after.state, after.status):
        found.append(StateChanged(after))
    old = {} if before is None else {row.id: row.case for row in identify_cases(before.tests)}
    for row in identify_cases(after.tests):
        known = old.get(row.id)
        if known is None or known.status != row.case.status:
            found.append(CaseEnded(row.case))
    return found
