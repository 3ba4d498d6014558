"""A client that never leaves memory, and a watch that is given it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from tests.support.builders import a_case, a_run
from tvtui.cli import frontend
from tvtui.cli.request import Mode
from tvtui.settings.api_key import ApiKey
from tvtui.settings.settings import Settings
from tvtui.testvibe.client import Answer
from tvtui.testvibe.errors import ClientError
from tvtui.testvibe.models import Reader, Run

KEY = "tvb_" + "AbCd1234" + "x" * 35
SETTINGS = Settings(
    "https://testvibe.acme.example",
    ApiKey(KEY),
    "01234567-89ab-cdef-0123-456789abcdef",
    key_source="TESTVIBE_API_KEY",
)
NOW = datetime(2026, 6, 10, 16, 30, tzinfo=UTC)
LONG_AGO = {"started_utc": NOW - timedelta(minutes=20), "finished_utc": NOW - timedelta(minutes=19)}

PASSED = a_run(status="passed", tests=(a_case(name="Valid user signs in", status="passed"),), **LONG_AGO)
FAILED = a_run(status="failed", tests=(a_case(name="Locked-out user", status="failed", error="no"),), **LONG_AGO)
RUNNING = a_run(status="running", started_utc=NOW, finished_utc=None)


class FakeClient:
    """Answers in turn whatever the key; the last answer for ever."""

    answers: ClassVar[list[Run | ClientError | Callable[[], Run]]] = []
    made: ClassVar[list[FakeClient]] = []

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.asked: list[int] = []
        self.is_closed = False
        self.loop = asyncio.get_running_loop()
        self.made.append(self)

    async def get_run(self, run_id: int, _reader: Reader | None = None) -> Answer:
        self.asked.append(run_id)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await asyncio.sleep(0)
        if isinstance(answer, ClientError):
            raise answer
        return Answer(answer if isinstance(answer, Run) else answer(), NOW)

    async def aclose(self) -> None:
        self.is_closed = True


def again(run_ids: Sequence[int]) -> list[str]:
    return ["tvtui", "watch", *map(str, run_ids)]


@contextmanager
def no_network() -> Iterator[None]:
    """Every client is a fake one; afterwards all are closed, and garbage is collected as before."""
    FakeClient.answers, FakeClient.made = [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tvtui.testvibe.client.Client", FakeClient)
        yield
    assert gc.isenabled()
    gc.unfreeze()
    assert all(client.is_closed for client in FakeClient.made)


def watch(
    *answers: Run | ClientError | Callable[[], Run],
    mode: Mode | None = Mode.LINES,
    settings: Settings = SETTINGS,
    renew: Callable[[], Settings] | None = None,
    on_finish: str | None = None,
) -> int:
    FakeClient.answers.extend(answers)
    return frontend.run(settings, [214], mode, again=again, renew=renew, on_finish=on_finish)
