"""The program in a real pseudo-terminal: from its start to its exit status, with the terminal restored."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.support.process import crashing_when
from tests.support.terminal import GHOSTTY, Terminal

TVTUI = [sys.executable, "-m", "tvtui"]
PAINTS = re.compile(rb"\x1b\[[0-9;]*[mHABCDGJK]")
"""Colours, cursor moves and erasing: what drawing requires."""
HANDSHAKE = re.compile(
    rb"\x1b\[(?:\?[0-9;]+(?:[hl]|\$p)|[<>=]?[0-9;]*u|>0q|16t|\?[0-9;]+S|c)|\x1b\]22;[a-z]*\x07|\x1b\]11;\?\x1b\\"
)
"""Modes, queries and the shape of the mouse pointer."""
OUTSIDE = re.compile(rb"\x1b\[2[23];0t|\x1b\][09];[^\x00-\x1f\x7f]*(?:\x07|\x1b\\)")
"""Title, progress and notifications."""


def is_restored(terminal: Terminal) -> bool:
    """Whether alternate screen, cursor, mouse and paste modes, echo and line editing are as before."""
    return terminal.is_cooked and not terminal.modes_left_on


def test_the_demo_from_start_to_exit_status() -> None:
    with Terminal([*TVTUI, "demo", "--speed", "20"]) as terminal:
        terminal.wait_for("QUEUED|RUNNING")
        terminal.wait_for("✗ FAILED")
        terminal.wait_for(r"ended (just now|\d)")
        terminal.press("n", "n")
        terminal.wait_for("failure 3 of 7")
        terminal.press("q")

        assert terminal.finish() == 1
        assert is_restored(terminal)
        assert "12 passed, 7 failed, 1 flaky, 1 skipped, 21 total" in terminal.farewell
        known = r"  \((new failure|failing since #\d+)\)"
        error = r"Error: expect\(locator\)\.toBeVisible\(\) failed"
        assert re.search(rf"✗ Locked-out user sees an error{known}\n    {error}", terminal.farewell)
        assert terminal.farewell.endswith("\nWatch again: tvtui demo")


def test_the_mouse_is_left_to_the_terminal_on_demand() -> None:
    for words, is_used in ([], True), (["--no-mouse"], False):
        with Terminal([*TVTUI, "demo", "queued", *words]) as terminal:
            terminal.wait_for("◌ QUEUED")
            terminal.press("q")
            terminal.finish()
            assert (b"\x1b[?1000h" in terminal.raw) is is_used


def test_quitting_before_the_end_has_a_status_of_its_own() -> None:
    with Terminal([*TVTUI, "demo", "queued"]) as terminal:
        terminal.wait_for("◌ QUEUED")
        terminal.press("q")

        assert terminal.finish() == 6
        assert is_restored(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_restore_the_terminal(number: signal.Signals) -> None:
    with Terminal([*TVTUI, "demo", "queued"]) as terminal:
        terminal.wait_for("◌ QUEUED")
        terminal.signal(number)

        assert terminal.finish() == 128 + number
        assert is_restored(terminal)


def test_a_refused_key_is_reported_on_the_screen_and_by_the_exit_status() -> None:
    with Terminal([*TVTUI, "demo", "refused"]) as terminal:
        terminal.wait_for("API key|refused")
        terminal.press("q")

        assert terminal.finish() == 3
        assert "rejected the API key" in terminal.farewell


def test_a_step_writes_only_the_cells_that_differ() -> None:
    with Terminal([*TVTUI, "demo", "--speed", "50"], size=(120, 36)) as terminal:
        terminal.wait_for("ended")

        def written_by(key: str, shown: str) -> int:
            before = len(terminal.raw)
            terminal.press(key)
            terminal.wait_for(shown)
            # the rest of the frame
            while terminal.read(0.2):
                pass
            return len(terminal.raw) - before

        written_by("n", "failure 2 of 7")
        assert 0 < written_by("n", "failure 3 of 7") <= 4000
        # the line below the tabs would be drawn 18 times on its way to the next one
        assert written_by("l", "l error") <= 20_000
        written_by("l", "l log")
        written_by("G", "─ – skipped")
        written_by("k", "─ ✓ passed")
        assert 0 < written_by("k", "▌✓ order history") <= 1200
        terminal.press("q")
        assert terminal.finish() == 1


def test_no_text_moves_what_is_beside_it() -> None:
    # the terminal of the tests knows no variation selectors, joiners and flags
    with Terminal([*TVTUI, "demo", "hostile", "--speed", "20"], size=(110, 60)) as terminal:
        terminal.wait_for("ended")
        terminal.wait_for("👍.*╸ {7}311 ms  ││")
        terminal.press("\x11")
        assert terminal.finish() == 1


def test_only_our_own_escape_sequences_reach_the_terminal() -> None:
    with Terminal([*TVTUI, "demo", "hostile", "--speed", "20"], size=(150, 60), env=GHOSTTY) as terminal:
        terminal.wait_for("ended")
        terminal.press("n", "l", "l", "tab", "tab", "down", "z", "z")
        for _ in range(30):
            terminal.press("n")
            terminal.read(0.05)
        terminal.press("q")

        assert terminal.finish() == 1
        assert is_restored(terminal)
        drawn, _, farewell = bytes(terminal.raw).rpartition(b"\x1b[?1049l")
        text = OUTSIDE.sub(b"", HANDSHAKE.sub(b"", PAINTS.sub(b"", drawn + farewell.expandtabs())))
        assert b"\x1b" not in text
        assert not re.search(rb"[\x00-\x09\x0b-\x0c\x0e-\x1f\x7f]", text)
        assert not re.search("[\x80-\x9f\u202a-\u202e\u2066-\u2069]", text.decode())


def test_resizing_and_the_smallest_terminal() -> None:
    with Terminal([*TVTUI, "demo", "passed", "--speed", "50"], size=(20, 5)) as terminal:
        terminal.wait_for("PASSED")
        for size in [(200, 50), (59, 15), (120, 36)]:
            terminal.resize(size)
            terminal.wait_for("q quit")
        terminal.press("q")

        assert terminal.finish() == 0


def test_a_bug_restores_the_terminal_and_is_reported_in_one_sentence(tmp_path: Path) -> None:
    places = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    with Terminal([*crashing_when("watched.run is not None"), "demo"], env=places) as terminal:
        assert terminal.finish(30) == 70
        assert is_restored(terminal)
        assert terminal.farewell.startswith(
            "tvtui: tvtui crashed because of a bug (ZeroDivisionError). Please report it and attach "
        )
        assert "Traceback" not in terminal.text
        (report,) = tmp_path.rglob("crash-*.txt")
        assert "ZeroDivisionError" in report.read_text()
