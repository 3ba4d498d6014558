"""Earlier runs, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from tvtui.testvibe.models import Run
from tvtui.watch.past import ABSENT, Past, PastCase, PastRun
from tvtui.watch.watched_run import WatchedRun

NEWEST = 213


def a_past_case(outcomes: str, *, durations_ms: tuple[int, ...] = (), runs: int = 0) -> PastCase:
    """A test by its letters, the newest first; `runs` is how many earlier runs are known, all of these by default."""
    results = [(NEWEST - place, letter) for place, letter in enumerate(outcomes) if letter in "pfy"]
    failing = []
    for run_id, letter in results:
        if letter != "f":
            break
        failing.append(run_id)
    is_oldest = len(failing) == len(results) and len(outcomes) >= runs
    return PastCase(outcomes, durations_ms, failing[-1] if failing else None, bool(failing) and is_oldest)


def a_past(**outcomes: str) -> Past:
    """The past of tests by name, with spaces written as underscores."""
    return past_of({name.replace("_", " "): (letters,) for name, letters in outcomes.items()})


def past_of(tests: Mapping[str, tuple[str, ...]], *, durations_ms: tuple[int, ...] = ()) -> Past:
    """The past of tests by name, some of which have equal ones."""
    runs = max((len(letters) for cases in tests.values() for letters in cases), default=0)
    return Past(
        tuple(PastRun(NEWEST - place, 35.0) for place in range(runs)),
        {
            name: tuple(
                a_past_case(letters.ljust(runs, ABSENT), durations_ms=durations_ms, runs=runs) for letters in cases
            )
            for name, cases in tests.items()
        },
        runs,
    )


class FakeMemory:
    """Remembers one past, for every run.

    Attributes:
        past: What it returns.
        gate: If set, it is returned only once this is set.
        recorded: The runs that were to be recorded.
    """

    def __init__(self, past: Past | None, gate: asyncio.Event | None = None) -> None:
        self.past = past
        self.gate = gate
        self.recalled: list[int] = []
        self.recorded: list[int] = []
        self.is_closed = False
        self.trouble = ""

    async def recall(self, run: Run) -> Past | None:
        self.recalled.append(run.run_id)
        if self.gate is not None:
            await self.gate.wait()
        return self.past

    def record(self, watched: WatchedRun) -> None:
        self.recorded.append(watched.run_id)

    def close(self) -> None:
        self.is_closed = True
