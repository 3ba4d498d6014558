"""A terminal that is suspended, resized or closed while it shows a watch, and secrets in its output."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from shutil import which

import pytest

from tests.support import faults
from tests.support.process import crashing_when
from tests.support.server import in_turn
from tests.support.terminal import GHOSTTY, Terminal
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


def test_closing_the_terminal_ends_it_at_once_with_its_reports(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    with Terminal([*TVTUI, "demo", "queued", "--junit", str(report)]) as terminal:
        terminal.wait_for("◌ QUEUED")
        terminal.hang_up()
        assert terminal.finish() == 128 + signal.SIGHUP
    assert "The watch was ended by signal 1 before the run ended." in report.read_text("utf-8")


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


def stuck_when(condition: str) -> list[str]:
    """The program with a bug: its app never returns from a change of a run (`watched`) on this condition."""
    loop = "__import__('os').write(2, b'STUCK')\n            while True: pass"
    return [*crashing_when(condition)[:-1], crashing_when(condition)[-1].replace("1 / 0", loop)]


FAILING_START = """
from textual.drivers.linux_driver import LinuxDriver
from tvtui.cli import main

def fail(_driver):
    raise RuntimeError("can't start new thread")

LinuxDriver._query_in_band_window_resize = fail
main()
"""
QUEUED = "◌ QUEUED"


def quits(terminal: Terminal) -> int:
    terminal.wait_for(QUEUED)
    terminal.press("q")
    return 6


def insists(terminal: Terminal) -> int:
    terminal.wait_for(QUEUED)
    terminal.press("+", "\x03", "\x03")
    return 128 + signal.SIGINT


def is_terminated(terminal: Terminal) -> int:
    terminal.wait_for(QUEUED)
    terminal.signal(signal.SIGTERM)
    return 128 + signal.SIGTERM


def is_stopped_from_outside(terminal: Terminal) -> int:
    terminal.wait_for(QUEUED)
    terminal.signal(signal.SIGSTOP)
    for starts in (2, 3):
        # what other programs have drawn in the meantime
        terminal.screen.reset()
        terminal.signal(signal.SIGCONT)
        terminal.wait_for_bytes(rb"(?s)(?:\x1b\[\?1049h.*){%d}" % starts)
        terminal.wait_for("q quit")
        terminal.wait_for(QUEUED)
    terminal.press("q")
    return 6


def is_stuck(terminal: Terminal) -> int:
    # before or after the app has the terminal, as the first answer may come before
    terminal.wait_for_bytes(rb"STUCK")
    terminal.signal(signal.SIGINT)
    terminal.signal(signal.SIGTERM)
    # or 143: either of them may come first
    return 130


def crashes(_terminal: Terminal) -> int:
    return 70


@pytest.mark.parametrize(
    ("program", "leaves"),
    [
        (TVTUI, quits),
        (TVTUI, insists),
        (TVTUI, is_terminated),
        (TVTUI, is_stopped_from_outside),
        (stuck_when("watched.run is not None"), is_stuck),
        (crashing_when("watched.run is not None"), crashes),
        ([sys.executable, "-c", FAILING_START], crashes),
    ],
    ids=["quit", "interrupts", "signal", "stopped", "stuck", "crash", "failing start"],
)
def test_every_way_out_switches_off_what_was_switched_on(
    program: list[str], leaves: Callable[[Terminal], int], tmp_path: Path
) -> None:
    places = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    with Terminal([*program, "demo", "queued"], env={**GHOSTTY, **places}, answers=True) as terminal:
        code = leaves(terminal)
        ended = terminal.finish(30)
        assert ended == code or (leaves is is_stuck and ended in {130, 143})
        assert terminal.is_cooked
        assert terminal.modes_left_on == set()
        assert terminal.left_on == []


def test_a_terminal_that_takes_no_output_blocks_neither_polls_nor_signals() -> None:
    with (
        DemoServer("queued") as server,
        Terminal([*TVTUI, "watch", "214", "--interval", "0.5"], env=server.environment) as terminal,
    ):
        terminal.wait_for(QUEUED)
        # each of these draws the whole screen, more than any terminal takes without being read
        terminal.press(*"B" * 80)
        terminal.wait_until_full()
        asked = len(server.requests)
        deadline = time.monotonic() + 60
        while len(server.requests) < asked + 4:
            assert time.monotonic() < deadline, "no more polls"
            time.sleep(0.05)
        terminal.signal(signal.SIGTERM)
        terminal.wait_for_end()
        assert terminal.finish() == 128 + signal.SIGTERM
        assert terminal.is_cooked
        assert terminal.modes_left_on == set()


def test_a_terminal_that_takes_output_again_is_right() -> None:
    with Terminal([*TVTUI, "demo", "passed", "--speed", "100"]) as terminal:
        terminal.wait_for("✓ PASSED")
        terminal.press(*"B" * 80)
        terminal.wait_until_full()
        terminal.press(*"?")
        # the last line, so that nothing of the screen below is left
        terminal.wait_for("esc back", 60)
        terminal.press("escape")
        terminal.wait_for("q quit")
        terminal.press("q")
        assert terminal.finish() == 0
        assert not terminal.modes_left_on


def test_the_terminal_knows_its_size_better_than_the_environment() -> None:
    with Terminal([*TVTUI, "demo", "queued"], env={"COLUMNS": "30", "LINES": "8"}) as terminal:
        terminal.wait_for(QUEUED)
        terminal.wait_for("q quit")
        assert max(len(line) for line in terminal.text.splitlines()) > 100
        assert terminal.text.splitlines()[-1].strip()
        terminal.press("q")
        assert terminal.finish() == 6
