"""Recorded runs in a real pseudo-terminal: picked, opened, watched, compared, and the terminal restored."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.support.builders import a_case, run_at
from tests.support.recorded_runs import a_head, a_store, later
from tests.support.terminal import Terminal
from tvtui.demo.server import DemoServer

TVTUI = [sys.executable, "-m", "tvtui"]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A state folder with three runs, and no settings."""
    tests = [a_case("a"), a_case("b", status="failed", error="Error: boom")]
    a_store(tmp_path, later(214, tests=tests), later(213, status="passed", tests=[a_case("a"), a_case("b")]))
    return {"TVTUI_STATE": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path)}


def is_restored(terminal: Terminal) -> bool:
    return terminal.is_cooked and not terminal.modes_left_on and not terminal.left_on


def test_a_recorded_run_is_picked_and_opened_without_a_server(env: dict[str, str]) -> None:
    with Terminal([*TVTUI, "runs"], env=env) as terminal:
        terminal.wait_for("Watched on this machine · 2 runs")
        terminal.press("\r")
        terminal.wait_for("✗ FAILED")
        terminal.press("q")

        assert terminal.finish() == 1
        assert is_restored(terminal)
        assert terminal.farewell.endswith("Open again: tvtui open 214")


def test_two_recorded_runs_are_compared_and_the_verdict_stays(env: dict[str, str]) -> None:
    with Terminal([*TVTUI, "diff", "214"], env=env) as terminal:
        terminal.wait_for("✗ 1 new failure")
        terminal.press("q")

        assert terminal.finish() == 1
        assert is_restored(terminal)
        assert terminal.farewell.startswith("✗ 1 new failure\n✓ run 213 passed")


def test_leaving_the_list_is_no_failure(env: dict[str, str]) -> None:
    with Terminal([*TVTUI, "runs", "@failed"], env=env) as terminal:
        terminal.wait_for("1 of 2 runs")
        terminal.press("q")

        assert terminal.finish() == 0
        assert is_restored(terminal)
        assert terminal.farewell == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_restore_the_terminal(env: dict[str, str], number: signal.Signals) -> None:
    with Terminal([*TVTUI, "runs"], env=env) as terminal:
        terminal.wait_for("Watched on this machine")
        terminal.signal(number)

        assert terminal.finish() == 128 + number
        assert is_restored(terminal)


def test_a_signal_before_the_list_is_there_restores_the_terminal(env: dict[str, str]) -> None:
    with Terminal([*TVTUI, "runs"], env=env) as terminal:
        # it has been asked about itself, and echoes nothing
        terminal.wait_for_bytes(re.escape(b"\x1b[c"))
        assert not terminal.is_cooked
        terminal.signal(signal.SIGTERM)

        assert terminal.finish() == 128 + signal.SIGTERM
        assert is_restored(terminal)


def test_a_terminal_that_takes_no_output_is_restored_all_the_same(env: dict[str, str]) -> None:
    with Terminal([*TVTUI, "runs"], env=env) as terminal:
        terminal.wait_for("Watched on this machine")
        # each of these draws the whole screen, more than any terminal takes without being read
        terminal.press(*["?", "escape"] * 60)
        terminal.wait_until_full()
        terminal.signal(signal.SIGTERM)
        terminal.wait_for_end()

        assert terminal.finish() == 128 + signal.SIGTERM
        assert is_restored(terminal)


def test_ctrl_c_is_an_interrupt(env: dict[str, str]) -> None:
    with Terminal([*TVTUI, "diff", "213", "214"], env=env) as terminal:
        terminal.wait_for("✗ 1 new failure")
        terminal.press("\x03")

        assert terminal.finish() == 130
        assert is_restored(terminal)


def test_a_watch_without_a_run_picks_among_those_of_the_project(env: dict[str, str], tmp_path: Path) -> None:
    with DemoServer("passed", speed=1000) as server:
        left = later(214, status="running", feature_id=26, feature_name="Smoke")
        a_store(tmp_path, a_head(left, server=server.url, project=server.project))
        with Terminal([*TVTUI, "watch"], env=env | server.environment) as terminal:
            terminal.wait_for("Watched on this machine · 1 run")
            terminal.press("\r")
            terminal.wait_for("✓ PASSED")
            terminal.press("q")

            assert terminal.finish() == 0
            assert is_restored(terminal)
            assert terminal.farewell.endswith("Watch again: tvtui watch 214")


def test_nobody_who_prefers_text_has_to_pick_on_a_screen(env: dict[str, str], tmp_path: Path) -> None:
    with DemoServer("queued") as server:
        a_store(tmp_path, a_head(later(214), server=server.url, project=server.project))
        with Terminal([*TVTUI, "watch"], env=env | server.environment | {"ACCESSIBLE": "1"}) as terminal:
            assert terminal.finish() == 2
            assert "Missing argument 'RUN_ID'. tvtui runs lists" in terminal.text


def test_a_watch_that_was_not_picked_has_not_ended(env: dict[str, str], tmp_path: Path) -> None:
    with DemoServer("queued") as server:
        a_store(tmp_path, a_head(later(214), server=server.url, project=server.project))
        with Terminal([*TVTUI, "watch"], env=env | server.environment) as terminal:
            terminal.wait_for("Watched on this machine")
            terminal.press("q")

            assert terminal.finish() == 6


def test_a_run_that_was_left_is_asked_for_recorded_and_opened(env: dict[str, str], tmp_path: Path) -> None:
    with DemoServer("passed", speed=1000) as server:
        a_store(tmp_path, a_head(run_at("passed", 5), server=server.url, project=server.project))
        with Terminal([*TVTUI, "runs", "smoke"], env=env | server.environment | {"TVTUI_JOURNAL": "full"}) as terminal:
            terminal.wait_for("✓ 214  passed")
            assert {request.path.rpartition("/")[2] for request in server.requests} == {"214"}
            terminal.press("\r")
            terminal.wait_for("RECORDED")
            terminal.press("q")

            assert terminal.finish() == 0
            assert len(server.requests) == 1
