"""A server in a process of its own, so that it takes no time from what is measured: `python -m tests.bench.server`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tvtui.demo.exchange import Exchange
from tvtui.demo.faults import Fault
from tvtui.demo.scenarios import Scenario
from tvtui.demo.server import DemoServer
from tvtui.demo.timeline import Json

FIRST_FAILURE = "the-first-failure"
"""The name of the first failed test, in one word, as a screen may be drawn with gaps for blanks."""

_ROOT = Path(__file__).parents[2]


def digest_of(tests: int, status: str, *, changed: int = 0) -> Json:
    """A digest whose times are seconds of the server's script.

    Args:
        tests: The number of tests, of which one in a hundred failed, but at least five.
        status: The status of the run.
        changed: How many more tests, from the end, have failed since.
    """
    rows = [
        {"name": f"price of SKU-{number:05} in EUR", "status": "passed", "durationMs": 20 + number % 50, "error": None}
        for number in range(tests)
    ]
    for number in range(0, tests, min(100, max(1, tests // 5))):
        rows[number] |= {"name": f"failure at {number}", "status": "failed", "error": _error(number)}
    rows[0]["name"] = FIRST_FAILURE
    for row in rows[max(0, tests - changed) :]:
        row |= {"status": "failed", "durationMs": 77}
    has_ended = status != "running"
    return {
        "runId": 214,
        "status": status,
        "featureId": 28,
        "featureName": "Price matrix",
        "config": "Default",
        "siteUrl": "https://shop.acme.example",
        "createdUtc": -300,
        "startedUtc": -290,
        "finishedUtc": -200 if has_ended else None,
        "summary": None,
        "tests": rows,
        "artifacts": [],
        "log": "the log" if has_ended else None,
    }


def _error(number: int) -> str:
    """An error as Playwright writes it."""
    line = 20 + number % 70
    return (
        f"Error: \x1b[2mexpect(\x1b[22m\x1b[31mlocator\x1b[39m\x1b[2m).\x1b[22mtoHaveText\x1b[2m(\x1b[22m"
        f"\x1b[32mexpected\x1b[39m\x1b[2m)\x1b[22m failed\n\nLocator:  getByTestId('price-{number}')\n"
        f'Expected: \x1b[32m"{number}.00 €"\x1b[39m\nReceived: \x1b[31m"{number * 7 % 100}.50 €"\x1b[39m\n'
        f"Timeout:  5000ms\n\nCall log:\n\x1b[2m  - waiting for getByTestId('price-{number}')\x1b[22m\n"
        f"\x1b[2m    {number % 9 + 5} × locator resolved to <span>{number * 7 % 100}.50 €</span>\x1b[22m\n\n"
        f"  {line - 1} |   await page.goto('/prices');\n"
        f"> {line} |   await expect(page.getByTestId('price-{number}')).toHaveText('{number}.00 €');\n"
        f"     |                                                 ^\n  {line + 1} | }});\n"
        f"    at /srv/e2e/tests/prices.spec.ts:{line}:49\n"
    )


class Server:
    """A running server.

    Attributes:
        environment: The environment variables with which tvtui watches it.
    """

    run_id = 214

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.environment: Mapping[str, str] = json.loads(self._line())

    def response_sent(self) -> float:
        """Wait for the next response to be sent, and return that time by `time.perf_counter`."""
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def serving(tests: int, status: str = "failed", *, delay: float = 0.0, changing: int = 0) -> Iterator[Server]:
    """A server that responds after `delay` seconds; `changing` more tests fail with every response after the first."""
    command = [sys.executable, "-m", "tests.bench.server", str(tests), status, str(delay), str(changing)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:
        try:
            yield Server(process)
        finally:
            process.kill()


def _serve(tests: int, status: str, delay: float, changing: int) -> None:
    digest = digest_of(tests, status)

    def play(exchange: Exchange) -> None:
        exchange.pause(delay)
        exchange.answer()
        print(time.perf_counter(), flush=True)

    def plan(number: int, _seconds: float) -> Fault:
        nonlocal digest
        if changing and number > 1:
            digest = digest_of(tests, status, changed=changing * (number - 1))
        return Fault("notes the time", play)

    with DemoServer(Scenario("bench", "", lambda _seconds: digest), faults=plan) as server:
        print(json.dumps(server.environment), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
