"""Every exit code has a name, a number, and a story that ends with it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.builders import a_run
from tvtui.cli.exit_codes import ExitCode, exit_code
from tvtui.testvibe.errors import ClientError, NotFound, Refused, Unreachable
from tvtui.testvibe.models import Run
from tvtui.watch.events import Problem, Snapshot

NOON = datetime(2026, 6, 10, 12, 0, 0, tzinfo=UTC)


def seen(run: Run) -> Snapshot:
    return Snapshot(run, seen=0.0, server_time=NOON, next_at=None, is_final=False)


def trouble(kind: type[ClientError], *, is_final: bool = False) -> Problem:
    return Problem(kind("It went wrong.", "Try."), since=0.0, failures=1, next_at=2.0, is_final=is_final)


RUNNING = seen(a_run(status="running"))
PASSED = seen(a_run(status="passed"))
FAILED = seen(a_run(status="failed"))
CANCELLED = seen(a_run(status="cancelled", finished_utc=NOON))
UNHEARD_OF = seen(a_run(status="paused", finished_utc=None))


def test_the_numbers_are_the_documented_ones() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "PASSED": 0,
        "FAILED": 1,
        "USAGE": 2,
        "REFUSED": 3,
        "NOT_FOUND": 4,
        "LOST": 5,
        "LEFT": 6,
        "NOT_STARTED": 7,
        "CRASHED": 70,
        "INTERRUPTED": 130,
    }


@pytest.mark.parametrize(
    ("snapshot", "problem", "code"),
    [
        pytest.param(PASSED, None, ExitCode.PASSED, id="passed"),
        pytest.param(FAILED, None, ExitCode.FAILED, id="failed"),
        pytest.param(CANCELLED, None, ExitCode.FAILED, id="ended in another way"),
        pytest.param(RUNNING, None, ExitCode.LEFT, id="left before the end"),
        pytest.param(UNHEARD_OF, None, ExitCode.LEFT, id="left in a state nobody knows"),
        pytest.param(None, None, ExitCode.LEFT, id="left before the first answer"),
        pytest.param(PASSED, trouble(Unreachable), ExitCode.PASSED, id="passed, then lost while artifacts settle"),
        pytest.param(PASSED, trouble(Refused, is_final=True), ExitCode.PASSED, id="passed, then refused"),
        pytest.param(None, trouble(Refused), ExitCode.REFUSED, id="refused at the start, left"),
        pytest.param(None, trouble(Refused, is_final=True), ExitCode.REFUSED, id="refused at the start"),
        pytest.param(None, trouble(NotFound), ExitCode.NOT_FOUND, id="not found at the start, left"),
        pytest.param(None, trouble(NotFound, is_final=True), ExitCode.NOT_FOUND, id="not found at the start"),
        pytest.param(None, trouble(Unreachable), ExitCode.LEFT, id="left before the server was reached"),
        pytest.param(None, trouble(Unreachable, is_final=True), ExitCode.LOST, id="no first answer"),
        pytest.param(RUNNING, trouble(Unreachable), ExitCode.LEFT, id="left while contact was bad"),
        pytest.param(RUNNING, trouble(Refused), ExitCode.LEFT, id="left while the key was refused"),
        pytest.param(RUNNING, trouble(Unreachable, is_final=True), ExitCode.LOST, id="lost for good"),
        pytest.param(RUNNING, trouble(Refused, is_final=True), ExitCode.REFUSED, id="refused for good"),
        pytest.param(RUNNING, trouble(NotFound, is_final=True), ExitCode.NOT_FOUND, id="gone for good"),
    ],
)
def test_what_was_seen_last_decides(snapshot: Snapshot | None, problem: Problem | None, code: ExitCode) -> None:
    assert exit_code(snapshot, problem) is code
