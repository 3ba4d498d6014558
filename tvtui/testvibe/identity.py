"""Who is who: tests and artifacts keep their identity from one digest to the next; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tvtui.testvibe.models import Artifact, Case, Outcome

CaseId = tuple[str, int]
"""Who a test is: its name, and how many-th of that name it is in the run's own order, from 0."""


class Row(NamedTuple):
    """One line of the table: a test, who it is, and where it stood in the digest (from 0)."""

    id: CaseId
    case: Case
    position: int


def identify_cases(tests: Iterable[Case], before: Sequence[Row] = ()) -> tuple[Row, ...]:
    """Give every test of a digest, in its order, an identity that survives the next digest.

    Args:
        tests: The digest's tests.
        before: The rows of the digest before; where nothing has changed they are used again, so that what compares
            rows later is done at once (10,000 of them: 0.1 ms instead of 5).
    """
    seen: dict[str, int] = {}
    rows = []
    known = len(before)
    for position, case in enumerate(tests):
        name = case.name
        nth = seen.get(name, 0)
        seen[name] = nth + 1
        old = before[position] if position < known else None
        if old is not None and old.case is case and old.id[1] == nth:
            rows.append(old)
        else:
            rows.append(Row((name, nth), case, position))
    return tuple(rows)


def failures(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The failed tests among `rows`, in their order."""
    return tuple(row for row in rows if row.case.outcome is Outcome.FAILED)


ArtifactId = tuple[str, int]
"""Which artifact: its path, and how many-th of that path it is in the server's list, from 0."""


def identify_artifacts(artifacts: Iterable[Artifact]) -> tuple[ArtifactId, ...]:
    """Tell artifacts apart that have the same path, in the order of the list."""
    seen: dict[str, int] = {}
    known = []
    for artifact in artifacts:
        nth = seen.get(artifact.path, 0)
        seen[artifact.path] = nth + 1
        known.append((artifact.path, nth))
    return tuple(known)
