"""What stands in the frames of the run screen's panes; pure."""

from __future__ import annotations

from collections.abc import Sequence

from tvtui.artifacts.catalog import ArtifactRow
from tvtui.testvibe.identity import ArtifactId
from tvtui.testvibe.models import Outcome, Run
from tvtui.view.cases import Sort
from tvtui.widgets.artifact_list import GUESS, total_size


def tests_title(sort: Sort, only: Outcome | None, found: str) -> str:
    """Order, outcome and filter of the tests, as far as they are not the usual ones."""
    order = {Sort.OUTCOME: "", Sort.AS_RUN: " as run"}.get(sort, f" by {sort}")
    limited = f" {only} only" if only else ""
    return f"Tests{order}{limited}{_also(found)}"


def artifacts_title(run: Run | None, rows: Sequence[ArtifactRow], found: str) -> str:
    """How many artifacts there are, how large, what the filter found, and what the mark means if there is one."""
    total = total_size(run.artifacts) if run is not None else ""
    guessed = f"{GUESS} this test's" if any(row.is_own for row in rows) else ""
    return f"Artifacts{_also(total)}{_also(found)}{_also(guessed)}"


def note_on(rows: Sequence[ArtifactRow], artifact: ArtifactId | None) -> str:
    """What there is to say of an artifact's download: why it failed, or what was changed about its name."""
    here = next((row for row in rows if row.id == artifact), None)
    return "" if here is None or here.transfer is None else here.transfer.note


def _also(text: str) -> str:
    return f" · {text}" if text else ""
