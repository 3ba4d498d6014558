"""The screen-reader mode in a real pseudo-terminal: output is only appended, and the terminal is restored."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.support.terminal import Terminal

TVTUI = [sys.executable, "-m", "tvtui"]
LONG = (150, 200)


def appends_only(terminal: Terminal) -> bool:
    """Whether nothing was written that moves the cursor; the terminal adds the carriage returns before line feeds."""
    text = bytes(terminal.raw).replace(b"\r\n", b"\n").decode()
    return not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def has_no_echo(terminal: Terminal) -> bool:
    return not terminal.is_cooked


def test_from_start_to_exit_status_by_single_keys() -> None:
    with Terminal([*TVTUI, "demo", "--linear", "--speed", "20"], size=LONG) as terminal:
        terminal.wait_for(r"^Watching run 214\. Press \? for help, q to quit\.")
        terminal.wait_for("^press n for failures, q to quit")
        assert has_no_echo(terminal)
        terminal.press("n")
        terminal.wait_for("^failure 1 of 7: Locked-out user sees an error, after ")
        terminal.press("down", "n", "e")
        terminal.wait_for(r"^failure 2 of 7: (.|\n)*^error: ")
        terminal.press("?")
        terminal.wait_for("^keys: no Enter needed")
        terminal.press("q")

        assert terminal.finish() == 1
        assert terminal.is_cooked
        assert appends_only(terminal)
        assert terminal.text.rstrip().endswith("quit: run 214 failed")
        assert "unknown" not in terminal.text


def test_several_runs_with_a_command_at_their_ends(tmp_path: Path) -> None:
    done = tmp_path / "done"
    command = f"echo $TVTUI_RUN $TVTUI_RESULT >> {done}; exit 3"
    ways = ["--linear", "--speed", "30", "--on-finish", command]
    with Terminal([*TVTUI, "demo", "passed", "default", *ways], size=LONG) as terminal:
        terminal.wait_for(r"^Watching runs 214, 215\.")
        terminal.wait_for("^press n for failures, q to quit")
        terminal.wait_for("^problem: The --on-finish command for run 214 exited with status 3")
        terminal.press("2", "n")
        terminal.wait_for("^selected: run 215")
        terminal.wait_for("^failure 1 of 7, run 215: ")
        terminal.press("q")

        assert terminal.finish() == 1
        assert appends_only(terminal)
        assert sorted(done.read_text().splitlines()) == ["214 passed", "215 failed"]


def test_hostile_text_is_only_text() -> None:
    with Terminal([*TVTUI, "demo", "hostile", "--linear", "--speed", "20"], size=LONG) as terminal:
        terminal.wait_for("^press n for failures, q to quit")
        terminal.press(*"nenenenenenenlLas")
        terminal.wait_for(r"^failed: ended .* ago; ")
        terminal.press("q")

        assert terminal.finish() == 1
        assert appends_only(terminal)


def test_a_dumb_terminal_stays_in_line_mode() -> None:
    with Terminal([*TVTUI, "demo", "queued"], env={"TERM": "dumb"}, size=LONG) as terminal:
        terminal.wait_for(r"^Watching run 214\. Type \? and Enter for help")
        terminal.wait_for("^queued: ")
        assert terminal.is_cooked
        terminal.press("s", "enter")
        terminal.wait_for(r"^queued: for .*; waiting for a free sandbox$")
        terminal.press("q", "enter")

        assert terminal.finish() == 6
        assert appends_only(terminal)


def test_the_user_file_selects_it_and_the_environment_overrides_that(tmp_path: Path) -> None:
    for folder in (tmp_path / "tvtui", tmp_path / "Library" / "Application Support" / "tvtui"):
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text("linear = true\n")
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    with Terminal([*TVTUI, "demo", "queued"], env=home) as terminal:
        terminal.wait_for("^queued: ")
        terminal.press("q")
        assert terminal.finish() == 6
        assert appends_only(terminal)
    with Terminal([*TVTUI, "demo", "queued"], env={**home, "ACCESSIBLE": "no"}) as terminal:
        terminal.wait_for("◌ QUEUED")
        terminal.press("q")
        assert terminal.finish() == 6


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_restore_the_terminal(number: signal.Signals) -> None:
    with Terminal([*TVTUI, "demo", "queued"], env={"ACCESSIBLE": "1"}) as terminal:
        terminal.wait_for("^queued: ")
        assert has_no_echo(terminal)
        terminal.signal(number)
        assert terminal.finish() == 128 + number
        assert terminal.is_cooked


def test_a_stop_signal_without_a_shell_to_resume_it_changes_nothing() -> None:
    with Terminal([*TVTUI, "demo", "queued", "--linear"]) as terminal:
        terminal.wait_for("^queued: ")
        terminal.signal(signal.SIGTSTP)
        terminal.press("s")
        terminal.wait_for("^live: ")
        assert has_no_echo(terminal)
        terminal.press("q")
        assert terminal.finish() == 6


def test_the_interrupt_key_and_the_end_key() -> None:
    for key, code in (("\x03", 130), ("\x04", 6)):
        with Terminal([*TVTUI, "demo", "queued", "--linear"]) as terminal:
            terminal.wait_for("^queued: ")
            terminal.press(key)
            assert terminal.finish() == code
            assert terminal.is_cooked
            assert ("Interrupted." in terminal.text) is (code == 130)


def test_closing_the_terminal_ends_it() -> None:
    with Terminal([*TVTUI, "demo", "queued", "--linear"]) as terminal:
        terminal.wait_for("^queued: ")
        terminal.hang_up()
        assert terminal.finish() == 128 + signal.SIGHUP


BUG = """
import io, sys, tvtui.cli

class Output(io.TextIOWrapper):
    def write(self, text):
        1 / (not text.startswith("keys:"))
        return super().write(text)

sys.stdout = Output(sys.stdout.buffer, encoding="utf-8")
tvtui.cli.main()
"""
"""The program with an output that fails as a bug would, when the keys are listed."""


def test_a_bug_restores_the_terminal_and_is_reported_in_one_sentence(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    with Terminal([sys.executable, "-c", BUG, "demo", "queued", "--linear"], env=env) as terminal:
        terminal.wait_for("^queued: ")
        terminal.press("?")
        assert terminal.finish() == 70
        assert terminal.is_cooked
        assert "tvtui: tvtui crashed because of a bug (ZeroDivisionError)." in terminal.text
        assert "Traceback" not in terminal.text


SHELL = """
import os, signal, subprocess, sys, termios

def is_cooked():
    return bool(termios.tcgetattr(0)[3] & termios.ECHO)

child = subprocess.Popen(sys.argv[2:], process_group=0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
os.tcsetpgrp(0, child.pid)
_, status = os.waitpid(child.pid, os.WUNTRACED)
os.tcsetpgrp(0, os.getpgrp())
print("SHELL: stopped", os.WIFSTOPPED(status), "cooked", is_cooked(), flush=True)
if sys.argv[1] == "fg":
    os.tcsetpgrp(0, child.pid)
os.kill(child.pid, signal.SIGCONT)
if sys.argv[1] == "bg":
    print("SHELL: read", input(), flush=True)
    os.kill(child.pid, signal.SIGTERM)
_, status = os.waitpid(child.pid, os.WUNTRACED)
os.tcsetpgrp(0, os.getpgrp())
print("SHELL: ended", os.waitstatus_to_exitcode(status), "cooked", is_cooked(), flush=True)
"""
"""A shell that does not restore the terminal, as some do not."""


def test_stopping_restores_the_terminal_and_the_foreground_resumes_it() -> None:
    with Terminal([sys.executable, "-c", SHELL, "fg", *TVTUI, "demo", "queued", "--linear"]) as shell:
        shell.wait_for("^queued: ")
        shell.press("\x1a")
        shell.wait_for("^SHELL: stopped True cooked True")
        shell.press("s")
        shell.wait_for("^live: updated ")
        shell.press("q")
        shell.wait_for("^SHELL: ended 6 cooked True")
        assert shell.finish() == 0


def test_in_the_background_it_does_not_touch_the_terminal() -> None:
    with Terminal([sys.executable, "-c", SHELL, "bg", *TVTUI, "demo", "queued", "--linear"]) as shell:
        shell.wait_for("^queued: ")
        shell.press("\x1a")
        shell.wait_for("^SHELL: stopped True cooked True")
        shell.press(*"quit\n")
        shell.wait_for("^SHELL: read quit")
        shell.wait_for("^SHELL: ended 143 cooked True")
        assert shell.finish() == 0
