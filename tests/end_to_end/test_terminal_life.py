"""A terminal that is suspended, resized or closed while it shows a watch, and secrets in its output."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from shutil import which

import pytest

from tests.support import faults
from tests.support.server import in_turn
from tests.support.terminal import Terminal
from tvtui.demo.faults import Fault
from tvtui.demo.server import DemoServer

TVTUI = [sys.executable, "-m", "tvtui"]


@pytest.mark.skipif(which("bash") is None, reason="suspending requires a shell with job control")
def test_suspending_restores_the_terminal_and_resuming_redraws_the_screen() -> None:
    with Terminal(["bash", "--norc", "--noprofile", "-i"], env={"PS1": "ready> ", "HISTFILE": "/dev/null"}) as shell:
        shell.wait_for("ready>")
        shell.press(*f"{sys.executable} -m tvtui demo queued\n")
        shell.wait_for("◌ QUEUED")
        shell.press("\x1a")
        shell.wait_for("Stopped")
        shell.press(*"stty -a | tr ';' '\\n' | grep -c -w -- '-echo'\n")
        shell.wait_for(r"^0\b")
        assert not shell.modes_left_on - {2004}, "except the shell's own bracketed paste"
        shell.press(*"clear\n")
        shell.wait_for(r"\Aready>")
        shell.press(*"fg\n")
        shell.wait_for("◌ QUEUED")
        shell.wait_for("q quit")
        shell.press("q")
        shell.wait_for("Watch again: tvtui demo queued")
        shell.press(*"echo exited with $?\n")
        shell.wait_for("exited with 6")
        assert not shell.modes_left_on - {2004}
        shell.press(*"exit\n")
        assert shell.finish() == 0


def test_many_resizes_in_a_row() -> None:
    with Terminal([*TVTUI, "demo", "queued"]) as terminal:
        terminal.wait_for("◌ QUEUED")
        for number in range(120):
            terminal.resize((20 + number * 37 % 180, 5 + number * 13 % 45))
            terminal.read(0)
        terminal.resize((100, 30))
        terminal.wait_for("q quit")
        terminal.wait_for("◌ QUEUED")
        assert "Traceback" not in terminal.text
        terminal.press("q")
        assert terminal.finish() == 6
        assert terminal.is_cooked
        assert not terminal.modes_left_on


def test_closing_the_terminal_ends_it_at_once() -> None:
    with Terminal([*TVTUI, "demo", "queued"]) as terminal:
        terminal.wait_for("◌ QUEUED")
        terminal.hang_up()
        assert terminal.finish() == 128 + signal.SIGHUP


def test_the_key_is_in_no_output_and_in_no_log(tmp_path: Path) -> None:
    log = tmp_path / "textual.log"
    with DemoServer("passed", speed=20) as server:
        key = server.api_key
        server.faults = in_turn(None, faults.unauthorized(), faults.refusal(500, "internal_error", f"Bearer {key}"))
        places = {name: str(tmp_path) for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
        env = {**server.environment, **places, "TEXTUAL_LOG": str(log)}
        with Terminal([*TVTUI, "watch", "214", "--interval", "0.5"], env=env) as terminal:
            terminal.wait_for("rejected the API key tvb_")
            arguments = Path(f"/proc/{terminal.pid}/cmdline")
            seen = arguments.read_bytes() if arguments.exists() else b"watch"
            terminal.press("r")
            terminal.wait_for("The server says: Bearer tvb_")
            terminal.press("r")
            terminal.wait_for("✓ PASSED")
            terminal.press("y", "?", "q", "q")
            assert terminal.finish() == 0
        assert b"watch" in seen
        assert log.exists()
        for text in (bytes(terminal.raw), seen, *(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())):
            assert key[12:].encode() not in text


@pytest.mark.parametrize(
    ("fault", "words", "code"),
    [(faults.unauthorized(), "rejected the API key", 3), (faults.not_found(), "Run 214 was not found", 4)],
)
def test_a_refusal_at_the_start_sets_the_exit_status(fault: Fault, words: str, code: int) -> None:
    with (
        DemoServer(faults=in_turn(*[fault] * 9)) as server,
        Terminal([*TVTUI, "watch", "214"], env=server.environment) as terminal,
    ):
        terminal.wait_for(words)
        terminal.press("q")
        assert terminal.finish() == code
        assert words in terminal.farewell
