"""Identities of tests and artifacts, stable from one digest to the next; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from tvtui.testvibe.models import Artifact, Case, Outcome

CaseId = tuple[str, int]
"""Identifies a test: its name, and its index among the tests of that name in the run's order."""


class Row(NamedTuple):
    """A test with its identity, its index in the digest, and its index there among those whose names look the same."""

    id: CaseId
    case: Case
    position: int
    number: int


def identify_cases(tests: Iterable[Case]) -> tuple[Row, ...]:
    """Identify the tests of a digest, in its order."""
    cases = tuple(tests)
    ids = _numbered(case.name for case in cases)
    # cleaned names compare by what was sent
    shown = _numbered(str(case.name) for case in cases)
    rows = enumerate(zip(ids, cases, shown, strict=True))
    return tuple(Row(id, case, position, number) for position, (id, case, (_, number)) in rows)


def failures(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The failed tests among `rows`, in their order."""
    return tuple(row for row in rows if row.case.outcome is Outcome.FAILED)


_SEPARATOR = re.compile(" [>›] ")


def title_path(name: str) -> list[str]:
    """The titles of a test's suites, then its own, from "Login > Locked out" or Playwright's "Login › Locked out"."""
    return _SEPARATOR.split(name)


ArtifactId = tuple[str, int]
"""Identifies an artifact: its path, and its index among those of that path in the server's list."""


def identify_artifacts(artifacts: Iterable[Artifact]) -> tuple[ArtifactId, ...]:
    """Identify artifacts, including those with the same path, in the order of the list."""
    return _numbered(artifact.path for artifact in artifacts)


def _numbered(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Each name with the number of the same names before it."""
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        numbered.append((name, seen[name]))
        seen[name] += 1
    return tuple(numbered)
