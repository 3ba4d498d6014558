"""Title, progress and notifications in a real pseudo-terminal: shown during the watch, gone after every exit."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import which

import pytest

from tests.end_to_end.test_terminal import crashing_when
from tests.support.clock import ManualClock
from tests.support.terminal import GHOSTTY, Terminal
from tvtui.demo.server import DemoServer

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals of this kind", allow_module_level=True)

TVTUI = [sys.executable, "-m", "tvtui"]

FOCUS_IN, FOCUS_OUT = "\x1b[I", "\x1b[O"
NOTIFICATION = re.compile(r"\x1b\]9;(?!4;)([^\x07]*)\x07")
FAILURE_IS_SHOWN = rb"\x1b\]9;4;2;100\x1b\\"


def is_taken_back(terminal: Terminal) -> bool:
    """Whether progress is cleared and the title restored after the last of each, before the screen is left."""
    raw = bytes(terminal.raw)
    _, _, after = raw.rpartition(b" \xc2\xb7 #214\x07")
    return (
        raw.count(b"\x1b[22;0t") == raw.count(b"\x1b[23;0t") == 1
        and b"\x1b]9;4;0;0\x1b\\" in after
        and b"\x1b]0;\x07\x1b[23;0t" in after
        and after.index(b"\x1b[23;0t") < after.index(b"\x1b[?1049l")
        and raw.rindex(b"\x1b]9;4;0;0\x1b\\") == raw.rindex(b"\x1b]9;4;")
    )


EXITS: dict[str, tuple[Callable[[Terminal], None], int]] = {
    "q": (lambda terminal: terminal.press("q"), 6),
    "SIGTERM": (lambda terminal: terminal.signal(signal.SIGTERM), 143),
    "SIGHUP": (lambda terminal: terminal.signal(signal.SIGHUP), 129),
}


@pytest.mark.parametrize("way", EXITS)
def test_every_exit_restores_title_and_progress(way: str) -> None:
    leave, code = EXITS[way]
    with Terminal([*TVTUI, "demo", "--speed", "10"], env=GHOSTTY) as terminal:
        terminal.wait_for_bytes(FAILURE_IS_SHOWN)
        leave(terminal)

        assert terminal.finish() == code
        assert is_taken_back(terminal)


def test_a_crash_restores_them_too(tmp_path: Path) -> None:
    program = crashing_when("watched.failed_count")
    places = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    with Terminal([*program, "demo", "--speed", "10"], env=GHOSTTY | places) as terminal:
        assert terminal.finish(30) == 70
        assert re.search(FAILURE_IS_SHOWN, terminal.raw)
        assert is_taken_back(terminal)


@pytest.mark.skipif(which("bash") is None, reason="suspending requires a shell with job control")
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


@pytest.mark.parametrize(("focus", "notified"), [(FOCUS_IN, False), (FOCUS_OUT, True)])
def test_two_notifications_unless_the_terminal_has_the_focus(focus: str, notified: bool) -> None:
    clock = ManualClock()
    with DemoServer(clock=clock) as server:
        env = {**GHOSTTY, **server.environment}
        with Terminal([*TVTUI, "watch", "214", "--interval", "0.5"], env=env) as terminal:
            terminal.wait_for_bytes(rb"\x1b\[\?1004h")
            terminal.press(focus)
            terminal.wait_for("QUEUED")
            clock.now += 20
            terminal.wait_for_bytes(FAILURE_IS_SHOWN)
            terminal.wait_for("✗ [1-9] failed")
            clock.now += 40
            terminal.wait_for("✗ FAILED")
            terminal.press("q")
            assert terminal.finish() == 1
    notifications = NOTIFICATION.findall(terminal.raw.decode("utf-8", "replace"))
    assert len(notifications) == (2 if notified else 0)
    if notified:
        assert re.fullmatch(r"✗ run 214 .*: \d+ of \d+ failed so far", notifications[0])
        assert re.fullmatch(r"✗ run 214 .*: 7 of 21 failed", notifications[1])


def test_b_cycles_through_the_notifications() -> None:
    with Terminal([*TVTUI, "demo", "queued"], env=GHOSTTY) as terminal:
        terminal.wait_for("QUEUED")
        for words in ("Notifications: off", "Notifications: the bell", r"Notifications: on the desktop \(OSC 9\)"):
            terminal.press("b")
            terminal.wait_for(words)
        terminal.press("q")
        assert terminal.finish() == 6


@pytest.mark.parametrize("env", [{"TERM": "linux"}, {"TERM": "dumb"}])
def test_a_terminal_that_would_print_the_sequences_gets_none(env: dict[str, str]) -> None:
    with Terminal([*TVTUI, "demo", "passed", "--speed", "50"], env=env) as terminal:
        # on a screen, or in linear mode with commands as lines
        terminal.wait_for("PASSED|^passed: ")
        terminal.wait_for(r"ended (just now|\d)|^press q to quit")
        terminal.press("q", "enter")
        terminal.finish()
        assert b"\x1b]0;" not in terminal.raw
        assert b"\x1b]9;" not in terminal.raw
        assert b"22;0t" not in terminal.raw
