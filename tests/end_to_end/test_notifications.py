"""Title, progress and notifications in a pseudo-terminal: shown during a watch, removed on every way out."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import which

import pytest

from tests.support.clock import FakeClock
from tests.support.process import crashing_when
from tests.support.terminal import GHOSTTY, Terminal
from tvtui.demo.server import DemoServer

TVTUI = [sys.executable, "-m", "tvtui"]

FOCUS_IN, FOCUS_OUT = "\x1b[I", "\x1b[O"
NOTICE = re.compile(r"\x1b\]9;(?!4;)([^\x07]*)\x07")
FAILURE_IS_SHOWN = rb"\x1b\]9;4;2;100\x1b\\"


def is_restored(terminal: Terminal) -> bool:
    """Whether progress was cleared and the title restored, after the last of each and before the screen was left."""
    raw = bytes(terminal.raw)
    _, _, after = raw.rpartition(b" \xc2\xb7 #214\x07")
    return (
        raw.count(b"\x1b[22;0t") == raw.count(b"\x1b[23;0t") == 1
        and b"\x1b]9;4;0;0\x1b\\" in after
        and b"\x1b]0;\x07\x1b[23;0t" in after
        and after.index(b"\x1b[23;0t") < after.index(b"\x1b[?1049l")
        and raw.rindex(b"\x1b]9;4;0;0\x1b\\") == raw.rindex(b"\x1b]9;4;")
    )


WAYS_OUT: dict[str, tuple[Callable[[Terminal], None], int]] = {
    "q": (lambda terminal: terminal.press("q"), 6),
    "SIGTERM": (lambda terminal: terminal.signal(signal.SIGTERM), 143),
    "SIGHUP": (lambda terminal: terminal.signal(signal.SIGHUP), 129),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_every_way_out_restores_title_and_progress(way: str) -> None:
    leave, code = WAYS_OUT[way]
    with Terminal([*TVTUI, "demo", "--speed", "10"], env=GHOSTTY) as terminal:
        terminal.wait_for_bytes(FAILURE_IS_SHOWN)
        leave(terminal)

        assert terminal.finish() == code
        assert is_restored(terminal)


def test_a_crash_restores_them_too(tmp_path: Path) -> None:
    program = crashing_when("watched.failed_count")
    places = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    with Terminal([*program, "demo", "--speed", "10"], env=GHOSTTY | places) as terminal:
        assert terminal.finish(30) == 70
        assert re.search(FAILURE_IS_SHOWN, terminal.raw)
        assert is_restored(terminal)


@pytest.mark.skipif(which("bash") is None, reason="needs a shell with job control")
def test_suspending_restores_them_and_resuming_shows_them_again() -> None:
    prompt = {"PS1": "ready> ", "HISTFILE": "/dev/null"}
    with Terminal(["bash", "--norc", "--noprofile", "-i"], env=GHOSTTY | prompt) as shell:
        shell.wait_for("ready>")
        shell.press(*f"{sys.executable} -m tvtui demo queued\n")
        shell.wait_for_bytes(rb"\x1b\[22;0t\x1b\]0;[^\x07]* \xc2\xb7 #214\x07")
        shell.wait_for("◌ QUEUED")
        shell.press("\x1a")
        shell.wait_for("Stopped")
        assert shell.raw.count(b"\x1b]0;\x07\x1b[23;0t") == 1
        shell.press(*"clear\n")
        shell.wait_for(r"\Aready>")
        shown = shell.raw.count(b"queued \xc2\xb7 #214\x07")
        shell.press(*"fg\n")
        shell.wait_for("◌ QUEUED")
        shell.wait_for("q quit")
        assert shell.raw.count(b"queued \xc2\xb7 #214\x07") == shown + 1
        shell.press("q")
        shell.wait_for("Watch again: tvtui demo queued")
        shell.press(*"exit\n")
        shell.finish()
        assert shell.raw.count(b"\x1b[22;0t") == shell.raw.count(b"\x1b]0;\x07\x1b[23;0t") == 2


@pytest.mark.parametrize(("focus", "subjects"), [(FOCUS_IN, 0), (FOCUS_OUT, 2)])
def test_two_notifications_unless_the_terminal_has_the_focus(focus: str, subjects: int) -> None:
    clock = FakeClock()
    with (
        DemoServer(clock=clock.now) as server,
        Terminal([*TVTUI, "watch", "214", "--interval", "1"], env=GHOSTTY | server.environment) as terminal,
    ):
        terminal.wait_for("QUEUED")
        # once the keys after it have had their effect, the change of focus has been read
        terminal.press(focus)
        if focus == FOCUS_IN:
            terminal.press("p")
            terminal.wait_for("paused")
            terminal.press("p")
        clock.skip(20)
        terminal.wait_for(r"✗ [1-9]\d* failed")
        clock.skip(100)
        terminal.wait_for("✗ FAILED")
        terminal.press("q")

        assert terminal.finish() == 1
        notices = NOTICE.findall(terminal.raw.decode("utf-8", "replace"))
        assert len(notices) == subjects
        if notices:
            assert re.fullmatch(r"✗ run 214 .*: \d+ of \d+ failed so far", notices[0])
            assert re.fullmatch(r"✗ run 214 .*: 7 of 21 failed", notices[1])


def test_b_cycles_through_the_kinds_of_notification() -> None:
    with Terminal([*TVTUI, "demo", "queued"], env=GHOSTTY) as terminal:
        terminal.wait_for("QUEUED")
        for words in ("off", "bell", r"desktop \(OSC 9\)"):
            terminal.press("b")
            terminal.wait_for(f"Noti.*: {words}")
        terminal.press("q")
        assert terminal.finish() == 6


@pytest.mark.parametrize("env", [{"TERM": "linux"}, {"TERM": "dumb"}])
def test_a_terminal_that_would_print_the_sequences_gets_none(env: dict[str, str]) -> None:
    with Terminal([*TVTUI, "demo", "passed", "--speed", "50"], env=env) as terminal:
        # on a screen, or in the screen-reader mode with one command a line
        terminal.wait_for("PASSED|^ended: |^passed: the run has ended")
        terminal.press("q", "enter")
        terminal.finish()
        assert b"\x1b]0;" not in terminal.raw
        assert b"\x1b]9;" not in terminal.raw
        assert b"22;0t" not in terminal.raw
