"""Identities of tests and artifacts, stable from one digest to the next; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tvtui.testvibe.models import Artifact, Case, Outcome

CaseId = tuple[str, int]
"""Identifies a test: its name, and its index among the tests of that name in the run's order."""


class Row(NamedTuple):
    """A test with its identity and its index in the digest."""

    id: CaseId
    case: Case
    position: int


def identify_cases(tests: Iterable[Case], before: Sequence[Row] = ()) -> tuple[Row, ...]:
    """Identify the tests of a digest, in its order.

    Args:
        tests: The digest's tests.
        before: The rows of the previous digest. Unchanged ones are reused, so that comparing rows later is fast
            (0.1 ms instead of 5 for 10,000 of them).
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
"""Identifies an artifact: its path, and its index among those of that path in the server's list."""


def identify_artifacts(artifacts: Iterable[Artifact]) -> tuple[ArtifactId, ...]:
    """Identify artifacts, including those with the same path, in the order of the list."""
    seen: dict[str, int] = {}
    known = []
    for artifact in artifacts:
        nth = seen.get(artifact.path, 0)
        seen[artifact.path] = nth + 1
        known.append((artifact.path, nth))
    return tuple(known)
