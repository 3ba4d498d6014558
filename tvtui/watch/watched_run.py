"""A run that is being watched, whether or not anybody looks at it: what was seen last, and who wants to hear of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from tvtui.testvibe.identity import CaseId, Row, identify_cases
from tvtui.testvibe.models import Outcome
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot


class WatchedRun:
    """One run, followed in the background; screens and tabs show it, and are told when there is news.

    Attributes:
        run_id: The run.
        project: The public id of the project that it belongs to.
        controls: What the user wants of its watch.
        repeats: The run that this one was started to repeat; None if it was not.
        snapshot: The last good answer; a failed request never takes it away.
        problem: What is wrong with the connection now.
        is_asking: Whether the watch goes on.
        unread: How many failures have come since somebody looked last.
    """

    def __init__(
        self,
        run_id: int,
        project: str,
        events: Callable[[int, Controls], AsyncIterator[Snapshot | Problem]],
        *,
        repeats: int | None = None,
    ) -> None:
        """Prepare to watch a run.

        Args:
            run_id: The run.
            project: The project.
            events: Starts a watch of a run, steered by the controls.
            repeats: The run that this one was started to repeat.
        """
        self.run_id = run_id
        self.project = project
        self.controls = Controls()
        self.repeats = repeats
        self.snapshot: Snapshot | None = None
        self.problem: Problem | None = None
        self.is_asking = False
        self._rows: tuple[Row, ...] = ()
        self._failed: frozenset[CaseId] = frozenset()
        self._known_failed: frozenset[CaseId] = frozenset()
        self._known_failures = 0
        self._events = events
        self._listeners: list[Callable[[], None]] = []

    @property
    def subject(self) -> str:
        """What is being watched, in words."""
        return f"run {self.run_id} · project {self.project}"

    @property
    def has_given_up(self) -> bool:
        """Whether the watch ended because no good answer came any more."""
        return self.problem is not None and self.problem.is_final

    @property
    def unread(self) -> int:
        """How many failures have come since somebody looked last."""
        # the tests tell which ones, and the summary may be ahead of them
        return max(len(self._failed - self._known_failed), self._failures - self._known_failures)

    @property
    def _failures(self) -> int:
        return 0 if self.snapshot is None else self.snapshot.run.counts.failed

    def look(self) -> None:
        """Somebody looks at it now."""
        self._known_failed, self._known_failures = self._failed, self._failures

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` at every news from now on."""
        self._listeners.append(listener)

    async def follow(self) -> None:
        """Watch the run to its end; once more if it is called again."""
        self.is_asking = True
        self._tell()
        async for event in self._events(self.run_id, self.controls):
            if isinstance(event, Problem):
                self.problem = event
            else:
                self.snapshot, self.problem = event, None
                self._rows = identify_cases(event.run.tests, self._rows)
                self._failed = frozenset(row.id for row in self._rows if row.case.outcome is Outcome.FAILED)
            self._tell()
        self.is_asking = False
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
