"""When a run's diagnosis is asked for: when it is first looked at, and again when the run is watched anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.reactive import var
from textual.screen import Screen
from textual.worker import Worker

from tvtui.testvibe.identity import Row
from tvtui.testvibe.models import Run, RunState
from tvtui.tui.widgets.detail_pane import DetailPane

if TYPE_CHECKING:
    from tvtui.testvibe.diagnosis import Diagnosis, Failure, Undiagnosed


Diagnose = Callable[[], "Awaitable[Diagnosis | Undiagnosed]"]
"""Asks the server once; what goes wrong comes as a value."""


class RunDiagnosis(Screen[None]):
    """The part of the run screen that knows whether there is a diagnosis, and has asked for it or not."""

    run: var[Run | None] = var(None)
    """The run of the last snapshot."""
    row: var[Row | None] = var(None)
    """The selected test as last seen."""
    diagnosis: var[Diagnosis | Undiagnosed | None] = var(None)
    """What the server answered last; None as long as it has not."""
    is_diagnosis_offered: var[bool] = var(False, bindings=True)
    """Whether there can be one: the run has ended otherwise than well, and the server knows diagnoses."""

    _GROUP: ClassVar[str] = "diagnosis"

    def __init__(self, diagnose: Diagnose | None) -> None:
        """Offer diagnoses, or not.

        Args:
            diagnose: Asks for that of the run which is being watched; None where nobody can be asked.
        """
        super().__init__()
        self._diagnose = diagnose
        self._is_diagnosis_known = False
        self._knows_no_diagnoses = False

    def watch_run(self, run: Run | None) -> None:
        """Offer a diagnosis of the run as it is now."""
        can_ask = self._diagnose is not None and not self._knows_no_diagnoses
        self.is_diagnosis_offered = can_ask and run is not None and run.has_ended and run.state is not RunState.PASSED

    def on_diagnosis_pane_wanted(self) -> None:
        """Ask for the diagnosis that is being looked at, unless it is known or on its way."""
        if self.is_diagnosis_offered and not self._is_diagnosis_known and self._asking is None:
            self._ask_for_diagnosis()

    def outdate_diagnosis(self) -> None:
        """Ask again when it is next looked at, or at once if it is now; what is known is shown until then."""
        self._is_diagnosis_known = False
        if self.query_one(DetailPane).is_diagnosis_shown:
            self.on_diagnosis_pane_wanted()

    def _diagnosis_in(self, form: Callable[[Run, Diagnosis, Failure | None, str], str], command: str) -> str:
        """The diagnosis in a form in which it can be taken along, the selected test first; "" if there is none."""
        from tvtui.testvibe.diagnosis import Diagnosis, find_failure

        if self.run is None or not isinstance(self.diagnosis, Diagnosis):
            return ""
        failures = self.diagnosis.failures
        first = None if self.row is None else find_failure(failures, self.row.case, self.run.tests)
        return form(self.run, self.diagnosis, first, command)

    @property
    def _asking(self) -> Worker[object] | None:
        return next((worker for worker in self.workers if worker.group == self._GROUP and not worker.is_finished), None)

    @work(exclusive=True, group=_GROUP)
    async def _ask_for_diagnosis(self) -> None:
        from tvtui.testvibe.diagnosis import Undiagnosed

        assert self._diagnose is not None
        answer = await self._diagnose()
        if isinstance(answer, Undiagnosed) and not answer.is_offered:
            self._knows_no_diagnoses = True
            self.notify("This server knows no diagnoses.", timeout=5, markup=False)
            self.is_diagnosis_offered = False
            return
        self._is_diagnosis_known = not isinstance(answer, Undiagnosed)
        self.diagnosis = answer
