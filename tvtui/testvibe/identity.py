"""Identities of tests and artifacts, stable from one digest to the next; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import count, takewhile
from typing import NamedTuple

from tvtui.testvibe.fields import Cleaned
from tvtui.testvibe.models import Artifact, Case, Outcome

CaseId = tuple[str, int]
"""Identifies a test: its name, and its index among the tests of that name in the run's order."""


class Row(NamedTuple):
    """A test with its identity and what it is among the tests of its digest.

    Attributes:
        id: The identity.
        case: The test.
        position: Its index in the digest.
        number: Its index among those whose names look the same.
        outcome: That of the test: every change of a run asks each of its tests more than once.
    """

    id: CaseId
    case: Case
    position: int
    number: int
    outcome: Outcome


def identify_cases(tests: Iterable[Case], before: Sequence[Row] = ()) -> tuple[Row, ...]:
    """Identify the tests of a digest, in its order.

    The rows of unchanged tests are taken from the digest `before`, up to the first test with another name: 10,000
    tests take 1 ms instead of 4, and leave nothing for the garbage collector to go through.
    """
    cases = tuple(tests)
    kept = [
        row if row.case is case else row._replace(case=case, outcome=case.outcome)
        for row, case in takewhile(_have_same_name, zip(before, cases, strict=False))
    ]
    start = len(kept)
    if start == len(cases):
        return tuple(kept)
    names = [case.name for case in cases]
    ids = _numbered(names, start)
    # cleaned names compare by what was sent
    shown = _numbered([str(name) for name in names], start) if Cleaned in set(map(type, names)) else ids
    new = cases[start:]
    numbers, outcomes = (number for _, number in shown), (case.outcome for case in new)
    return (*kept, *map(Row, ids, new, count(start), numbers, outcomes))


def _have_same_name(pair: tuple[Row, Case]) -> bool:
    row, case = pair
    return row.case is case or row.case.name == case.name


def failures(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The failed tests among `rows`, in their order."""
    return tuple(row for row in rows if row.outcome is Outcome.FAILED)


_SEPARATOR = re.compile(" [>›] ")


def title_path(name: str) -> list[str]:
    """The titles of a test's suites, then its own, from "Login > Locked out" or Playwright's "Login › Locked out"."""
    return _SEPARATOR.split(name)


ArtifactId = tuple[str, int]
"""Identifies an artifact: its path, and its index among those of that path in the server's list."""


def identify_artifacts(artifacts: Iterable[Artifact]) -> tuple[ArtifactId, ...]:
    """Identify artifacts, including those with the same path, in the order of the list."""
    return tuple(_numbered([artifact.path for artifact in artifacts]))


def _numbered(names: Sequence[str], start: int = 0) -> Sequence[tuple[str, int]]:
    """Each name from `start` on with the number of the same names before it."""
    if len(set(names)) == len(names):
        return [(name, 0) for name in names[start:]]
    seen = Counter(names[:start])
    numbered = []
    for name in names[start:]:
        numbered.append((name, seen[name]))
        seen[name] += 1
    return numbered
