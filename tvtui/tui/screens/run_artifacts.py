"""Which artifacts the run screen lists, in which order, and what is said of them."""

from __future__ import annotations

from textual.reactive import var

from tvtui.artifacts.catalog import ArtifactRow, Catalog
from tvtui.artifacts.missing_trace import why_no_trace
from tvtui.artifacts.transfer import Progress
from tvtui.testvibe.identity import ArtifactId, CaseId, Row
from tvtui.testvibe.models import Outcome, RunState
from tvtui.tui.screens.run_diagnosis import Diagnose, RunDiagnosis
from tvtui.view.messages import no_artifacts
from tvtui.watch.events import Snapshot


class RunArtifacts(RunDiagnosis):
    """The part of the run screen that knows the artifacts: those that seem to be the selected test's own come first."""

    snapshot: var[Snapshot | None] = var(None)
    """The last good answer; a failed request never takes it away."""
    now: var[float] = var(0.0)
    """The watch's clock, in seconds, read once a second."""
    selected: var[CaseId | None] = var(None, init=False)
    """The selected test; it stays selected while it is filtered away."""
    artifact_rows: var[tuple[ArtifactRow, ...]] = var(())
    """The run's artifacts as the list shows them."""
    artifact: var[ArtifactId | None] = var(None)
    """The selected artifact."""
    artifact_words: var[str] = var("", init=False)
    """The filter of the artifacts, as typed."""
    artifacts_found: var[str] = var("")
    """What that filter found."""
    artifacts_note: var[tuple[str, ...]] = var(())
    """What is said below the artifacts, or in their place, a line each."""
    progress: var[Progress | None] = var(None)
    """How the downloads stand that go on."""

    def __init__(self, diagnose: Diagnose | None) -> None:
        super().__init__(diagnose)
        self.shelf = Catalog()
        self._all_rows: tuple[Row, ...] = ()

    def lay_out_artifacts(self) -> None:
        """Put the artifacts in order for the selected test."""
        run = self.run
        self.shelf.take(run.artifacts if run else (), self._all_rows)
        self.artifact_rows = rows = self.shelf.rows(self.selected, self.artifact_words)
        self.progress = self.shelf.progress
        self.artifacts_found = f"{len(rows):,} of {len(run.artifacts):,}" if run and self.artifact_words else ""
        self.artifacts_note = () if self.snapshot is None else self._note_on_artifacts(self.snapshot)
        if all(row.id != self.artifact for row in rows):
            self.artifact = rows[0].id if rows else None

    def watch_artifact_words(self) -> None:
        """Filter the artifacts by other words."""
        self.lay_out_artifacts()

    def _note_on_artifacts(self, snapshot: Snapshot) -> tuple[str, ...]:
        run, case = snapshot.run, None if self.row is None else self.row.case
        nothing = () if run.artifacts else (no_artifacts(run, is_final=snapshot.is_final),)
        has_failed = run.state is not RunState.PASSED and (case is None or case.outcome is not Outcome.PASSED)
        if not snapshot.is_final or not has_failed or not self.shelf.misses_trace(self.selected):
            return nothing
        whose = "No trace seems to be this test's." if self.shelf.has_traces else "There is no trace."
        return (*nothing, f"{whose} Possible reasons:", *why_no_trace(run, case, snapshot.server_now(self.now)))
