"""Records one watched run: that it is being watched, what changes, and everything when it has ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tvtui.journal.changes import Changes, Step, placed
from tvtui.journal.private import Masker, recordable, recordable_changes
from tvtui.journal.recording import Head, Recording, TooLarge
from tvtui.journal.suite import Suite, suite_of
from tvtui.testvibe.identity import Row
from tvtui.testvibe.models import Run
from tvtui.watch.events import Snapshot
from tvtui.watch.history import RunHistory
from tvtui.watch.past import Past
from tvtui.watch.watched_run import WatchedRun


class Recorder:
    """What is recorded of one run; the event loop only collects what has changed."""

    def __init__(
        self,
        server: str,
        project: str,
        *,
        keeps_texts: bool,
        put: Callable[[Callable[[], None]], None],
        write: Callable[[Recording], None],
        write_head: Callable[[Head], None],
    ) -> None:
        """Record a run of a project.

        Args:
            server: The server's URL, as in the settings.
            project: The project's public ID.
            keeps_texts: Whether errors, log and what problems said are recorded.
            put: Does a job in the thread that writes, instead of one that has not begun.
            write: Writes a recording, in that thread.
            write_head: Writes the head of a run that has not ended, in that thread.
        """
        self._server = server
        self._project = project
        self._keeps_texts = keeps_texts
        self._put = put
        self._write = write
        self._write_head = write_head
        self._known_suite: Suite | None = None
        self._changes = Changes()
        self._snapshot: Snapshot | None = None
        self._rows: Sequence[Row] = ()
        self._past: Past | None = None
        self._has_begun = False
        self._is_polling = False
        self._is_over = False
        self._recorded: Run | None = None

    @property
    def is_done(self) -> bool:
        """Whether the watch is over, and nothing more will be recorded of its run unless it goes on."""
        return self._is_over and not self._is_unrecorded

    @property
    def _is_unrecorded(self) -> bool:
        """Whether the run has ended, and something of it is not recorded yet."""
        return self._snapshot is not None and self._snapshot.run.has_ended and self._snapshot.run is not self._recorded

    def update(self, watched: WatchedRun) -> None:
        """Collect what has changed, and record the run at first sight and at its end."""
        snapshot = watched.snapshot
        if snapshot is None:
            return
        self._changes.see(snapshot, watched.problem, watched.rows)
        self._snapshot, self._rows, self._past = snapshot, watched.rows, watched.past
        was_polling, self._is_polling = self._is_polling, watched.is_polling
        has_stopped = was_polling and not watched.is_polling
        self._is_over = snapshot.is_final or has_stopped
        run = snapshot.run
        if run.feature_id is None and run.feature_name is None:
            return
        if not run.has_ended:
            # one that goes on after its end is recorded once more when it has ended again
            self._recorded = None
            if not self._has_begun or has_stopped:
                self._put_head(snapshot)
        elif self._is_unrecorded and (self._recorded is None or self._is_over):
            self._put_all(snapshot)
        self._has_begun = True

    def close(self) -> None:
        """Record the last state: of a run that has ended what has come since, of another one only the head."""
        snapshot = self._snapshot
        if snapshot is None or not self._has_begun:
            return
        if not snapshot.run.has_ended:
            self._put_head(snapshot)
        elif self._is_unrecorded:
            self._put_all(snapshot)

    def _put_head(self, snapshot: Snapshot) -> None:
        def job() -> None:
            masker = Masker()
            run = recordable(replace(snapshot.run, tests=(), log=None), masker, keeps_texts=False)
            suite = self._suite(run)
            if suite is not None:
                head = Head.of(run, suite, seen=snapshot.server_time)
                self._write_head(replace(_counted(head, snapshot.run), has_texts=self._keeps_texts))

        self._put(job)

    def _put_all(self, snapshot: Snapshot) -> None:
        self._recorded = snapshot.run
        rows, past, steps = self._rows, self._past, self._changes.steps(snapshot, self._rows)

        def job() -> None:
            recording = self._recording(snapshot, rows, past, steps, keeps_texts=self._keeps_texts)
            try:
                if recording is not None:
                    self._write(recording)
            except TooLarge:
                recording = self._recording(snapshot, rows, past, steps, keeps_texts=False)
                if recording is not None:
                    self._write(recording)

        self._put(job)

    def _recording(
        self,
        snapshot: Snapshot,
        rows: Sequence[Row],
        past: Past | None,
        steps: Sequence[Step],
        *,
        keeps_texts: bool,
    ) -> Recording | None:
        masker = Masker()
        run = recordable(snapshot.run, masker, keeps_texts=keeps_texts)
        suite = self._suite(run)
        if suite is None:
            return None
        changes = recordable_changes(placed(steps, rows), masker, keeps_texts=keeps_texts)
        head = Head.of(run, suite, seen=snapshot.server_time)
        head = replace(head, new_failures=_new_failures(past, rows), has_texts=keeps_texts, masked=masker.count)
        return Recording(head, run, changes)

    def _suite(self, run: Run) -> Suite | None:
        """What the run is a run of, as it was first known: in another folder, the run would be listed twice."""
        self._known_suite = self._known_suite or suite_of(run, self._server, self._project)
        return self._known_suite


def _counted(head: Head, run: Run) -> Head:
    """The head with the counts of the run, whose tests have not been searched for secrets."""
    counts = run.counts
    numbers = (counts.total, counts.passed, counts.failed, counts.flaky, counts.skipped, counts.other)
    return replace(head, counts=numbers, state=run.state, has_ended=run.has_ended, tests=len(run.tests))


def _new_failures(past: Past | None, rows: Sequence[Row]) -> int | None:
    return None if past is None or not past.runs else len(RunHistory(past, rows).new)
