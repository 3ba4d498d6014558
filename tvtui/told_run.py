"""A run that is told of in lines for the ear, for longer than one watch of it lasts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from tvtui.spoken import SpokenLines
from tvtui.testvibe.identity import Row, failures, identify_cases
from tvtui.testvibe.models import Run
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot


class ToldRun:
    """One of the runs that are told of.

    Attributes:
        run_id: The run.
        form: How it is told.
        controls: What the user wants of its watch.
        snapshot: The last good answer; a failed request never takes it away.
        problem: What is wrong with the connection now.
        rows: The tests of that answer.
        is_answer_due: Whether the user has asked, and is to hear how it stands when the answer comes.
        is_end_told: Whether it was over when something was told of it last.
    """

    def __init__(self, run_id: int, *, is_named: bool) -> None:
        self.run_id = run_id
        self.form = SpokenLines(run_id, is_named)
        self.controls = Controls()
        self.snapshot: Snapshot | None = None
        self.problem: Problem | None = None
        self.rows: tuple[Row, ...] = ()
        self.is_answer_due = False
        self.is_end_told = False

    @property
    def run(self) -> Run | None:
        """What was seen last."""
        return None if self.snapshot is None else self.snapshot.run

    @property
    def has_ended(self) -> bool:
        """Whether the run is over."""
        return self.run is not None and self.run.has_ended

    @property
    def failures(self) -> tuple[Row, ...]:
        """Its failed tests, in the run's order."""
        return failures(self.rows)

    def refresh(self) -> None:
        """Ask now, and tell how it stands then."""
        self.is_answer_due = True
        self.controls.refresh()

    def standing(self, now: float) -> list[str]:
        """How it stands, in lines."""
        return self.form.standing(self.snapshot, self.problem, now)

    async def events(
        self,
        follow: Callable[[Controls], AsyncIterator[Snapshot | Problem]],
        told: Callable[[ToldRun, Snapshot | Problem | None], None],
    ) -> AsyncIterator[Snapshot | Problem]:
        """One watch after the other, without an end: each but the first begins when the user asks for it.

        Args:
            follow: Begins a watch.
            told: Called when an event has been told, with the event before it.
        """
        before: Snapshot | Problem | None = None
        while True:
            async for event in follow(self.controls):
                self._note(event)
                yield event
                told(self, before)
                before = event
            while not self.controls.take_wish():
                await self.controls.change()

    def _note(self, event: Snapshot | Problem) -> None:
        if isinstance(event, Problem):
            self.problem = event
        else:
            self.snapshot, self.problem = event, None
            self.rows = identify_cases(event.run.tests, self.rows)
