"""The diagnosis of a run: when it is requested, and what becomes of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from tests.support.clock import settle
from tvtui.testvibe.diagnosis import Diagnosis, Undiagnosed, read_diagnosis
from tvtui.tui.screens.run_diagnosis import DiagnosisLoader, DiagnosisState

FAILED, UNSUPPORTED = Undiagnosed("No answer."), Undiagnosed(is_offered=False)


class Loading:
    """A loader, the answers that it gets, and what it reports."""

    def __init__(self, *answers: Diagnosis | Undiagnosed) -> None:
        self.answers = list(answers)
        self.requests = 0
        self.released = asyncio.Event()
        self.messages: list[str] = []
        self.changes: list[DiagnosisState] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.loader = DiagnosisLoader(
            self._diagnose,
            run_worker=self._run,
            notify=self.messages.append,
            changed=lambda: self.changes.append(self.loader.state),
        )

    async def _diagnose(self) -> Diagnosis | Undiagnosed:
        self.requests += 1
        await self.released.wait()
        return self.answers.pop(0)

    def _run(self, work: Coroutine[object, object, None]) -> None:
        self.tasks.append(asyncio.ensure_future(work))

    async def loads(self) -> None:
        self.loader.load()
        self.released.set()
        await settle()


def a_diagnosis() -> Diagnosis:
    return read_diagnosis(b"{}")


async def test_it_is_requested_once_until_it_expires() -> None:
    first, second = a_diagnosis(), a_diagnosis()
    loading = Loading(first, second)
    loading.loader.load()
    await settle()
    assert loading.loader.state is DiagnosisState.LOADING
    loading.loader.expire()
    await loading.loads()
    await loading.loads()
    assert (loading.requests, loading.loader.answer, loading.changes) == (1, first, [DiagnosisState.LOADED])
    loading.loader.expire()
    assert (loading.loader.state, loading.loader.answer) == (DiagnosisState.UNKNOWN, first)
    await loading.loads()
    assert loading.loader.answer is second


async def test_a_failure_is_an_answer_and_is_requested_again() -> None:
    loading = Loading(FAILED, a_diagnosis())
    await loading.loads()
    assert (loading.loader.state, loading.loader.answer) == (DiagnosisState.UNKNOWN, FAILED)
    await loading.loads()
    assert loading.loader.state is DiagnosisState.LOADED


async def test_a_server_without_diagnoses_is_reported_and_not_asked_again() -> None:
    loading = Loading(UNSUPPORTED)
    await loading.loads()
    loading.loader.expire()
    await loading.loads()
    assert (loading.requests, loading.loader.state, loading.loader.answer) == (1, DiagnosisState.UNSUPPORTED, None)
    assert loading.messages == ["This server does not support diagnoses."]
