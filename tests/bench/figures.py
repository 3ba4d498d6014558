"""The benchmarks: startup, keys, a poll and idling, each compared with the bare app."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psutil

from tests.bench.servers import serving
from tests.support.server import WATCH_SETTINGS, FakeServer
from tests.support.terminal import Terminal
from tests.support.watch import a_request

BARE = [sys.executable, "-m", "tests.bench.bare"]


FOCUS_LOST = "\x1b[O"
"""Sent by a terminal that loses the focus."""


def _watch_command(run_id: int, *options: str) -> list[str]:
    return [sys.executable, "-m", "tvtui", "watch", str(run_id), *options]


def _row(name: str, values: Sequence[float], unit: str, against: float | None = None) -> float:
    median = statistics.median(values)
    ratio = "" if against is None else f"   {median / against:5.2f} x bare"
    print(f"  {name:<44} {median:9.1f} {unit:<4} [{min(values):.1f} … {max(values):.1f}] n={len(values)}{ratio}")
    return median


def _title(text: str) -> None:
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"\n{text}  ({machine})")


def start(runs: int = 9) -> None:
    """Measure from exec to the first paint and to the first failure, and from q to the end of the process."""
    _title("start: ms from exec, ms from q to exit, MB of memory")
    names = ("bare: first paint", "bare: exit", "bare: memory")
    bare: dict[str, list[float]] = {name: [] for name in names}
    ours: dict[str, list[float]] = {}
    with serving(tests=100) as near, serving(tests=100, delay=0.3) as far:
        for _ in range(runs):
            with Terminal(BARE) as terminal:
                bare[names[0]].append(1000 * terminal.wait_for("Error"))
                bare[names[2]].append(_megabytes(terminal.pid))
                bare[names[1]].append(1000 * _quit(terminal))
            for place, server in (("loopback", near), ("300 ms away", far)):
                with Terminal(_watch_command(server.run_id), env=server.environment) as terminal:
                    first = 1000 * terminal.wait_for("Tests")
                    failure = 1000 * terminal.wait_for("the first failure")
                    memory = _megabytes(terminal.pid)
                    leaving = 1000 * _quit(terminal)
                for name, value in (
                    ("first paint", first),
                    ("first failure", failure),
                    ("exit", leaving),
                    ("memory", memory),
                ):
                    ours.setdefault(f"tvtui, {place}: {name}", []).append(value)
    against = {name.split(": ")[1]: _row(name, values, "") for name, values in bare.items()}
    against["first failure"] = against["first paint"]
    for name, values in ours.items():
        _row(name, values, "", against[name.split(": ")[1]])


def keys(presses: int = 60) -> None:
    """Measure from a key to the last byte of the repaint, with few and with many tests."""
    _title("keys: ms from `down` to the last byte of its repaint; bytes written; MB of memory")
    for tests in (10, 1000, 10_000):
        with (
            serving(tests=tests) as server,
            Terminal(_watch_command(server.run_id), env=server.environment) as terminal,
        ):
            terminal.wait_for("the first failure")
            _settle(terminal)
            times, sizes = [], []
            for press in range(presses):
                before, pressed = len(terminal.raw), time.perf_counter()
                terminal.press("down" if press % 10 < 9 else "n")
                last = pressed
                while terminal.read(0.06 if last > pressed else 1.0):
                    last = time.perf_counter()
                times.append(1000 * (last - pressed))
                sizes.append(len(terminal.raw) - before)
            _row(f"{tests:,} tests", times, "ms")
            p95, size = sorted(times)[int(len(times) * 0.95)], statistics.median(sizes)
            print(f"  {'':<44} {p95:9.1f} ms   p95, {size:,.0f} bytes, {_megabytes(terminal.pid):.0f} MB")


def poll(runs: int = 15) -> None:
    """Measure from the body of a response to the screen: 10,000 tests at first, then 50 changed tests each time."""
    asyncio.run(_poll(runs))


async def _poll(runs: int) -> None:
    from tests.bench.servers import a_digest_of
    from tvtui.testvibe.client import Answer
    from tvtui.testvibe.models import Reader
    from tvtui.tui.app import TvtuiApp
    from tvtui.watch.clock import SystemClock

    _title("poll: ms from the body of a digest of 10,000 tests to the screen")
    digest = {**a_digest_of(10_000, status="running"), "createdUtc": None, "startedUtc": None}
    bodies = [json.dumps(digest).encode()]
    for number in range(runs):
        digest = json.loads(json.dumps(digest))
        for test in digest["tests"][number * 50 : number * 50 + 50]:
            test["status"], test["durationMs"] = "failed", 77
        bodies.append(json.dumps(digest).encode())
    reader = Reader()
    arrived, painted, blocked = [], [], []
    fresh = asyncio.Event()

    async def fetch() -> Answer:
        await fresh.wait()
        fresh.clear()
        arrived.append(time.perf_counter())
        return Answer(reader.read(bodies.pop(0)), None)

    clock = SystemClock()
    app = TvtuiApp(FakeServer(clock, fetch), a_request(replace(WATCH_SETTINGS, interval=0.001), 1), clock=clock)
    async with app.run_test(size=(120, 36)) as pilot:
        for _ in range(runs + 1):
            seen = app.shown.snapshot
            worst, done = 0.0, False
            fresh.set()
            before = time.perf_counter()
            while not done:
                await asyncio.sleep(0)
                now = time.perf_counter()
                worst, before = max(worst, now - before), now
                done = app.shown.snapshot is not seen and not app.screen._dirty_widgets
            painted.append(1000 * (time.perf_counter() - arrived[-1]))
            blocked.append(1000 * worst)
            await pilot.pause(0.05)
    _row("first digest", painted[:1], "ms")
    _row("50 of 10,000 changed", painted[1:], "ms")
    _row("longest block of the event loop", blocked[1:], "ms")


def idle(seconds: float = 20.0) -> None:
    """Measure CPU, wake-ups and bytes written to the terminal while idle."""
    _title(f"idle: over {seconds:.0f} s")
    with serving(tests=100) as ended, serving(tests=100, status="running") as going:
        watching, over = _watch_command(going.run_id), _watch_command(ended.run_id)
        board, board_over = _watch_command(going.run_id, "--board"), _watch_command(ended.run_id, "--board")
        failure, counts = "the first failure", "passed +failed"
        cases = [
            ("bare", BARE, {}, "Error", ""),
            ("bare with a clock", [*BARE, "clock"], {}, "Error", ""),
            ("tvtui watching, polls every 2 s", watching, going.environment, failure, ""),
            ("tvtui watching, without the focus", watching, going.environment, failure, FOCUS_LOST),
            ("tvtui, the run has ended", over, ended.environment, failure, ""),
            ("board, polls every 2 s", board, going.environment, counts, ""),
            ("board, the same without the focus", board, going.environment, counts, FOCUS_LOST),
            ("board, the run has ended", board_over, ended.environment, counts, ""),
            ("board, the same without the focus", board_over, ended.environment, counts, FOCUS_LOST),
        ]
        for name, command, env, text, keys_first in cases:
            with Terminal(command, env=env) as terminal:
                terminal.wait_for(text)
                terminal.press(keys_first)
                _settle(terminal, 3.0)
                process = psutil.Process(terminal.pid)
                before, size, started = process.cpu_times(), len(terminal.raw), time.perf_counter()
                woken = _wake_ups(terminal.pid)
                while (left := started + seconds - time.perf_counter()) > 0:
                    terminal.read(left)
                after, woken_until = process.cpu_times(), _wake_ups(terminal.pid)
                spent = after.user + after.system - before.user - before.system
                written = (len(terminal.raw) - size) / seconds
                waking = "n/a" if woken is None or woken_until is None else f"{(woken_until - woken) / seconds:.1f}"
                print(f"  {name:<44} {100 * spent / seconds:6.2f} % CPU {waking:>6} wake-ups/s {written:8.0f} bytes/s")


def _wake_ups(pid: int) -> int | None:
    """How often the process has woken up (on Linux its main thread); None if the system does not report it."""
    try:
        if platform.system() == "Linux":
            status = Path(f"/proc/{pid}/task/{pid}/status").read_text()
            return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
        return int(psutil.Process(pid).num_ctx_switches().voluntary)
    except (OSError, IndexError, NotImplementedError, psutil.Error):
        return None


def _settle(terminal: Terminal, seconds: float = 0.5) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        terminal.read(end - time.perf_counter())


def _quit(terminal: Terminal) -> float:
    _settle(terminal, 0.3)
    pressed = time.perf_counter()
    terminal.press("q")
    terminal.finish()
    return time.perf_counter() - pressed


def _megabytes(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1e6
