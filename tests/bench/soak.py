"""The soak test: the real app watches a run for minutes while almost every other response is faulty."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
from textual.pilot import Pilot

from tests.support import faults
from tests.support.server import FakeServer
from tests.support.watch import a_request
from tvtui.demo.faults import Fault
from tvtui.demo.replies import encoded
from tvtui.demo.scenarios import Scenario
from tvtui.demo.server import DemoServer
from tvtui.demo.timeline import Json, Recording, Script, Timeline
from tvtui.settings.api_key import ApiKey
from tvtui.settings.settings import Settings
from tvtui.testvibe.client import Answer, Client
from tvtui.testvibe.errors import ClientError
from tvtui.testvibe.models import Reader
from tvtui.tui.app import TvtuiApp
from tvtui.tui.screens.run import RunScreen
from tvtui.view.labels import SYMBOLS, outcome_counts
from tvtui.watch.clock import SystemClock

TESTS = 1_000
FAULTY_SHARE = 0.4
LIMIT = 1.0
"""The time limit of a request in seconds: a tenth of the real one, so that missing responses take less of the time."""
INTERVAL = 0.1
KEYS = ("n", "N", "l", "s", "z", "w", "tab", "down", "up", "end", "home", "pagedown", "r", "y", "escape")


def soak(seconds: float = 600.0, seed: int = 1) -> bool:
    """Watch a run that ends after `seconds`, and print a report.

    Args:
        seconds: The duration of the run.
        seed: Determines the faults, the keys pressed, and when the server is down.

    Returns:
        Whether the final screen matches the server.
    """
    return asyncio.run(_Soak(seconds, seed).run())


class _Soak:
    """One soak test and its counts."""

    def __init__(self, seconds: float, seed: int) -> None:
        self._seconds = seconds
        self._seed = seed
        self._chance = random.Random(seed)
        self._faults = random.Random(seed + 1)
        self._played: Counter[str] = Counter()
        self._survived: Counter[str] = Counter()
        self._polls = 0
        self._keys = 0
        self._longest_block = 0.0
        self._memory: list[float] = []

    async def run(self) -> bool:
        with DemoServer(_a_run_of(self._seconds), faults=self._draw) as server:
            settings = Settings(server.url, ApiKey(server.api_key), server.project, interval=INTERVAL)
            async with Client(settings, limit=LIMIT) as client:
                reader = Reader()

                async def fetch() -> Answer:
                    self._polls += 1
                    try:
                        return await client.get_run(server.run_id, reader)
                    except ClientError as error:
                        self._survived[type(error).__name__] += 1
                        raise

                clock = SystemClock()
                asking = FakeServer(clock, fetch)
                app = TvtuiApp(asking, a_request(settings, server.run_id), clock=clock)
                async with app.run_test(size=(120, 36), notifications=True) as pilot, self._disturbances(server):
                    await self._use(pilot, app)
                    is_equal = await self._compare(pilot, app, server)
        self._print(is_equal=is_equal)
        return is_equal

    def _draw(self, _number: int, _seconds: float) -> Fault | None:
        if self._faults.random() >= FAULTY_SHARE:
            return None
        name = self._faults.choice([*faults.FAULTS, "late"])
        self._played[name] += 1
        return faults.slow(0.2) if name == "late" else faults.FAULTS[name]

    @asynccontextmanager
    async def _disturbances(self, server: DemoServer) -> AsyncIterator[None]:
        tasks = [asyncio.ensure_future(work) for work in (self._restarts(server), self._heartbeat())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _restarts(self, server: DemoServer) -> None:
        """Refuse connections now and then, and drop the server's list of requests, which would count as memory."""
        while True:
            await asyncio.sleep(self._chance.uniform(5, 20))
            await asyncio.to_thread(_restart, server, self._chance.uniform(0.1, 1))
            self._played["down"] += 1
            server.requests.clear()

    async def _heartbeat(self) -> None:
        """Measure the longest block of the event loop."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            self._longest_block = max(self._longest_block, time.perf_counter() - before - 0.01)

    async def _use(self, pilot: Pilot[None], app: TvtuiApp) -> None:
        """Press keys until the watch ends."""
        process = psutil.Process()
        begun = time.monotonic()
        while app.shown.snapshot is None or not app.shown.snapshot.is_final:
            assert time.monotonic() < begun + self._seconds + 120, f"the watch did not end: {app.shown.snapshot}"
            assert app.crash is None, app.crash
            if app.shown.snapshot is not None and time.monotonic() - begun >= len(self._memory) * self._seconds / 10:
                self._memory.append(process.memory_info().rss / 1e6)
            await pilot.press(self._chance.choice(KEYS))
            self._keys += 1
            await asyncio.sleep(self._chance.uniform(0.05, 0.5))
        self._memory.append(process.memory_info().rss / 1e6)

    async def _compare(self, pilot: Pilot[None], app: TvtuiApp, server: DemoServer) -> bool:
        await pilot.press("escape", "escape", "escape")
        await pilot.pause()
        expected = Reader().read(encoded(server.digest()))
        shown = app.screen_stack[0]
        assert isinstance(shown, RunScreen)
        text = "\n".join(strip.text for strip in shown._compositor.render_strips())
        counts = "  ".join(
            f"{SYMBOLS[outcome]} {count:,} {outcome}" for outcome, count in outcome_counts(expected.counts)
        )
        words = (expected.status.upper(), f"{counts}  {expected.counts.total:,} tests")
        is_drawn = all(word in text for word in words) and "stale" not in text and "⚠" not in text
        return (
            is_drawn
            and shown.run == expected
            and {row.case for row in shown.shown.table.all_rows} == set(expected.tests)
        )

    def _print(self, *, is_equal: bool) -> None:
        print(f"\nsoak: {self._seconds:g} s, seed {self._seed}, {TESTS:,} tests, time limit {LIMIT:g} s")
        print(f"  {'polls':<44} {self._polls:9,}")
        print(f"  {'keys pressed':<44} {self._keys:9,}")
        print(f"  {'failures survived':<44} {self._survived.total():9,}")
        for name, number in self._survived.most_common():
            print(f"    {name:<42} {number:9,}")
        print(f"  {'faults played':<44} {self._played.total():9,}")
        print("    " + "   ".join(f"{name} {number}" for name, number in sorted(self._played.items())))
        print(f"  {'longest block of the event loop':<44} {1000 * self._longest_block:9.0f} ms")
        print(f"  {'memory at the start':<44} {self._memory[0]:9.1f} MB")
        print(f"  {'memory at the end':<44} {self._memory[-1]:9.1f} MB")
        print("    each tenth: " + "  ".join(f"{each:.1f}" for each in self._memory))
        print(f"  the final screen matches the server: {'yes' if is_equal else 'NO'}")


def _restart(server: DemoServer, seconds: float) -> None:
    with server.down():
        time.sleep(seconds)


def _a_run_of(seconds: float) -> Scenario:
    """A run whose tests finish one after the other for so many seconds; its last two artifacts are late."""
    tests: list[Json] = []
    for number in range(TESTS):
        has_failed = number % 50 == 7
        tests.append(
            {
                "name": f"price of SKU-{number:05} in EUR",
                "status": "failed" if has_failed else "skipped" if number % 40 == 3 else "passed",
                "durationMs": 100,
                "error": f"\x1b[31mError: expected {number}, received 5\x1b[39m\n" * 20 if has_failed else None,
            }
        )
    recording = Recording(
        status="failed",
        feature_id=28,
        feature_name="Price matrix",
        config="Default",
        site_url="https://shop.acme.example",
        tests=tests,
        artifacts=[{"kind": "trace", "path": f"trace/{number}.zip", "size": 1000 * number} for number in range(20)],
        log="the log\n" * 500,
    )
    script = Script(recording, Timeline(queued=1, silent=1, results=max(1.0, seconds - 3), tail=1, late=2, late_by=0.3))
    return Scenario("soak", "", script.digest_at)
