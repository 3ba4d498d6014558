"""The changes from one digest to the next; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tvtui.testvibe.identity import Row
from tvtui.testvibe.models import Case, Run
from tvtui.watch.history import CaseHistory, RunHistory


class CaseEnded(NamedTuple):
    """A test is new in the digest, or has another status; and what earlier runs say about it, if one is known."""

    case: Case
    history: CaseHistory | None = None


class StateChanged(NamedTuple):
    """The run has another state, or this is the first digest; and what earlier runs say about it, if one is known."""

    run: Run
    history: RunHistory | None = None


def changes(
    before: Run | None,
    after: Run,
    *,
    old: Sequence[Row],
    new: Sequence[Row],
    history: RunHistory | None = None,
) -> list[StateChanged | CaseEnded]:
    """The changes to report: the state, then each test that ended since `before`.

    Args:
        before: The digest before; None if there was none.
        after: The digest.
        old: The identified tests of the digest before.
        new: The identified tests of the digest.
        history: What earlier runs say about these.
    """
    found: list[StateChanged | CaseEnded] = []
    if before is None or (before.state, before.status) != (after.state, after.status):
        found.append(StateChanged(after, history))
    cases = {row.id: row.case for row in old}
    for row in new:
        known = cases.get(row.id)
        if known is None or known.status != row.case.status:
            found.append(CaseEnded(row.case, None if history is None else history.of(row)))
    return found
