"""A watch as a story: what is seen and what fails, one after the other, and what is written of it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

from tests.support.builders import CREATED as START
from tests.support.builders import a_case, a_run
from tests.support.fake_clock import FakeClock
from tvtui.reporters.reporter import Reporter, follow
from tvtui.testvibe.errors import Faulty, Refused, Unreachable
from tvtui.testvibe.models import Case, Run
from tvtui.watch.events import Problem, Snapshot

DOWN = Unreachable("Cannot reach testvibe.acme.example.", "Check your network.")

NAMED = {"feature_name": "Login", "config": "Default", "site_url": "https://shop.acme.example"}
QUEUED = a_run(status="running", created_utc=START, started_utc=None, finished_utc=None, tests=(), **NAMED)
RUNNING = QUEUED.model_copy(update={"started_utc": START + timedelta(seconds=8)})
SIGN_IN = a_case(name="Valid user signs in", status="passed", duration_ms=4210.0, error=None)
LOCKED_OUT = a_case(
    name="Locked-out user sees an error",
    status="failed",
    duration_ms=9120.0,
    error="\n\x1b[31mexpect(locator).toBeVisible() failed\x1b[39m\n\nLocator: x",
)
SKIPPED = a_case(name="Password is reset", status="skipped", duration_ms=None, error=None)


def with_tests(run: Run, *tests: Case) -> Run:
    return run.model_copy(update={"tests": tests, "summary": None})


def ended(run: Run, status: str) -> Run:
    return run.model_copy(update={"status": status, "finished_utc": START + timedelta(seconds=43)})


class Story:
    """Events one after the other, two seconds apart unless said otherwise, and what is written of them."""

    def __init__(self, form: Reporter) -> None:
        self.form = form
        self.clock = FakeClock(START)
        self.out = io.StringIO()
        self.events: list[tuple[float, Snapshot | Problem]] = []
        self._at = self.clock.now() - 2.0

    def sees(self, run: Run, *, after: float = 2.0, is_final: bool = False) -> Story:
        self._at += after
        time = START + timedelta(seconds=self._at - self.clock.now())
        snapshot = Snapshot(run, seen=self._at, server_time=time, next_at=self._at + 2, is_final=is_final)
        self.events.append((self._at, snapshot))
        return self

    def fails(self, problem: Problem, *, after: float = 2.0) -> Story:
        self._at += after
        self.events.append((self._at, replace(problem, next_at=self._at + problem.next_at)))
        return self

    async def happen(self) -> AsyncIterator[Snapshot | Problem]:
        for at, event in self.events:
            await self.clock.advance(at - self.clock.now())
            yield event

    async def told(self) -> list[str]:
        await follow(self.happen(), self.out, self.form, clock=self.clock)
        return self.out.getvalue().splitlines()


def trouble(error: Exception = DOWN, *, failures: int = 1, wait: float = 2.0, is_final: bool = False) -> Problem:
    assert isinstance(error, Unreachable | Refused | Faulty)
    return Problem(error, since=1002.0, failures=failures, next_at=wait, is_final=is_final)
