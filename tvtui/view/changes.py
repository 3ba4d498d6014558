"""What changed from one digest to the next; pure."""

from __future__ import annotations

from typing import NamedTuple

from tvtui.testvibe.identity import identify_cases
from tvtui.testvibe.models import Case, Run


class CaseEnded(NamedTuple):
    """A test that was not in the digest before, or that has another status now."""

    case: Case


class StateChanged(NamedTuple):
    """The run is in another state (or, for the first digest, in its first)."""

    run: Run


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
