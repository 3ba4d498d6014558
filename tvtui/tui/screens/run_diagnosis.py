"""Loading the diagnosis of a run when the user first opens it, and again when the run is watched again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tvtui.testvibe.diagnosis import Diagnosis, Undiagnosed


class DiagnosisState(Enum):
    """What is known about the diagnosis of a run."""

    UNKNOWN = auto()
    """It has not been requested, the request failed, or it may be out of date."""
    LOADING = auto()
    """It has been requested."""
    LOADED = auto()
    """The server has sent it."""
    UNSUPPORTED = auto()
    """The server has no diagnoses."""


@dataclass(repr=False)
class DiagnosisLoader:
    """Requests the diagnosis of one run, once at a time.

    Attributes:
        diagnose: Requests it; failures come as a value.
        run_worker: Runs a coroutine in the background.
        notify: Shows a message.
        changed: Called when the state or the answer has changed.
        state: What is known about it.
        answer: The last answer, which stays while a newer one is loading; None before the first one.
    """

    diagnose: Callable[[], Awaitable[Diagnosis | Undiagnosed]]
    run_worker: Callable[[Coroutine[object, object, None]], object]
    notify: Callable[[str], None]
    changed: Callable[[], None]
    state: DiagnosisState = DiagnosisState.UNKNOWN
    answer: Diagnosis | Undiagnosed | None = None

    def load(self) -> None:
        """Request the diagnosis, unless it is loaded, on its way or unsupported."""
        if self.state is DiagnosisState.UNKNOWN:
            self.state = DiagnosisState.LOADING
            self.run_worker(self._load())

    def expire(self) -> None:
        """Have `load` request it again."""
        if self.state is DiagnosisState.LOADED:
            self.state = DiagnosisState.UNKNOWN

    async def _load(self) -> None:
        from tvtui.testvibe.diagnosis import Undiagnosed

        answer = await self.diagnose()
        if not isinstance(answer, Undiagnosed):
            self.state, self.answer = DiagnosisState.LOADED, answer
        elif answer.is_offered:
            self.state, self.answer = DiagnosisState.UNKNOWN, answer
        else:
            self.state = DiagnosisState.UNSUPPORTED
            self.notify("This server does not support diagnoses.")
        self.changed()
