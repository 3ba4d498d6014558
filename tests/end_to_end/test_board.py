"""The board and `--follow` from the command line, in processes and terminals of their own."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.app import shows
from tests.support.builders import a_digest
from tests.support.process import started
from tests.support.terminal import Terminal
from tvtui.cli import main
from tvtui.demo.scenarios import Scenario
from tvtui.demo.server import DemoServer
from tvtui.journal import started_runs

TVTUI = [sys.executable, "-m", "tvtui"]
ENDED = {"createdUtc": -300, "startedUtc": -290, "finishedUtc": -200}
PASSED = Scenario("", "", lambda _: a_digest(run_id=215, status="passed", feature_name="Checkout") | ENDED)
FAILED = Scenario("", "", lambda _: a_digest() | ENDED)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """A home of its own, for this process and for those that are given its environment."""
    environ = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return environ


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(FAILED, runs={215: PASSED}) as server:
        yield server


def until(terminal: Terminal, text: str) -> None:
    deadline = time.monotonic() + 20
    while not shows(terminal.text, text):
        assert time.monotonic() < deadline, terminal.text
        terminal.read(0.1)


def test_the_demo_can_start_with_the_board_and_needs_no_key() -> None:
    with Terminal([*TVTUI, "demo", "--board", "--speed", "20"]) as terminal:
        until(terminal, "✗ FAILED")
        until(terminal, "Login and checkout")
        terminal.press("escape")
        terminal.wait_for("│ *Artifacts|Artifacts ·")
        terminal.press("B")
        until(terminal, "✗ FAILED")
        terminal.press("q")
        assert terminal.finish() == 1
        assert terminal.is_cooked
        assert not terminal.modes_left_on
        assert "12 passed, 7 failed" in terminal.farewell


def test_a_board_of_ended_runs_writes_nothing_between_minutes(server: DemoServer, home: Mapping[str, str]) -> None:
    with Terminal([*TVTUI, "watch", "214", "--board"], env={**server.environment, **home}) as terminal:
        until(terminal, "ended 3 min ago")
        while terminal.read(0.5):
            pass
        written, asked = len(terminal.raw), len(server.requests)
        terminal.read(2.0)
        assert len(terminal.raw) == written
        assert len(server.requests) == asked


@pytest.mark.parametrize("words", [["watch", "214"], ["demo"]])
@pytest.mark.parametrize("form", ["--lines", "--json", "--linear"])
def test_modes_without_a_screen_have_no_board(words: list[str], form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--board", form]) == 2
    assert f"Use either --board or {form}." in capsys.readouterr().err


def test_a_board_continues_with_a_run_that_is_started_in_another_terminal(
    server: DemoServer, home: Mapping[str, str]
) -> None:
    environ = {**server.environment, **home}
    command = [*TVTUI, "watch", "214"]
    with Terminal([*command, "--board", "--follow"], env=environ) as board, Terminal(command, env=environ) as user:
        until(board, "✗ FAILED")
        user.wait_for("Login Functionality")
        user.press("R")
        user.wait_for("again on Default")
        user.press("y")
        user.wait_for("run 216")
        board.wait_for("run 216 ·")
        assert "run 214" not in board.text
        board.press("q")
        assert board.finish() == 0, "that of the last run, which passed"
        folder = started_runs.folder()
        assert folder is not None
        (announced,) = folder.iterdir()
        assert server.api_key not in announced.read_text()


def test_lines_continue_with_the_next_run_until_a_signal_ends_them(server: DemoServer, home: Mapping[str, str]) -> None:
    with started("watch", "214", "--json", "--follow", environ={**server.environment, **home}) as watch:
        assert watch.stdout is not None
        objects = map(json.loads, watch.stdout)
        assert "digest" in (each["type"] for each in objects), "the end of the first run"
        started_runs.announce(server.url, server.project, 215)
        assert next(objects)["runId"] == 215
        watch.send_signal(signal.SIGTERM)
        assert watch.wait(timeout=10) == 143, watch.stderr and watch.stderr.read()
