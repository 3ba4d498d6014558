"""Which artifact of a failed test to open first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tvtui.artifacts.catalog import ArtifactRow
from tvtui.artifacts.opening import Subject, subject
from tvtui.artifacts.pictures import pages


def evidence_of(rows: Sequence[ArtifactRow]) -> ArtifactRow | None:
    """The artifact that shows best why the selected test failed, among those that probably belong to it.

    Images of a failed comparison come first, the diff where only one fits on the screen; then a trace, a screenshot,
    and whatever else there is. None if no artifact probably belongs to the test.
    """
    own = [row for row in rows if row.is_own]
    subjects = [subject(row.artifact.kind, Path(row.artifact.path)) for row in own]
    pictures = [row for row, kind in zip(own, subjects, strict=True) if kind is Subject.SCREENSHOT]
    for page in pages([row.artifact.path for row in pictures]):
        if len(page) > 1:
            parts = dict(page)
            return pictures[parts.get("diff", page[0][1])]
    for wanted in (Subject.TRACE, Subject.SCREENSHOT):
        if wanted in subjects:
            return own[subjects.index(wanted)]
    return own[0] if own else None
