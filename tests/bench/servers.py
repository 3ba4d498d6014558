"""The demo's server with runs of any size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import faults
from tvtui.demo.scenarios import Scenario
from tvtui.demo.server import DemoServer
from tvtui.demo.timeline import Json


def a_digest_of(tests: int, status: str) -> Json:
    """A digest with this many tests, of which one in a hundred failed; its times are seconds of the server's script."""
    rows = [
        {"name": f"price of SKU-{number:05} in EUR", "status": "passed", "durationMs": 20 + number % 50, "error": None}
        for number in range(tests)
    ]
    for number in range(0, tests, 100):
        rows[number] |= {"name": f"failure at {number}", "status": "failed", "error": "Error: expected 0, received 5"}
    rows[0]["name"] = "the first failure"
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


@contextmanager
def serving(tests: int, status: str = "failed", delay: float = 0.0) -> Iterator[DemoServer]:
    """A server that always responds with such a run, after `delay` seconds."""
    digest = a_digest_of(tests, status)
    plan = (lambda _number, _seconds: faults.slow(delay)) if delay else (lambda _number, _seconds: None)
    with DemoServer(Scenario("bench", "", lambda _seconds: digest), faults=plan) as server:
        yield server
