"""The first frame in a real pseudo-terminal, and every way in which the app can fail to follow it."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path
from shutil import which

import pytest

from tests.support.terminal import Terminal

QUEUED = [sys.executable, "-m", "tvtui", "demo", "queued"]
FRAME = r"run \d+ · project .*connecting to 127\.0\.0\.1:\d+$"
BORDERS = "^╰─+╯╰─+╯$"
"""The last of them."""


def importing(code: str) -> list[str]:
    """The program, where this code stands in for the import of the app."""
    program = f"""
import threading
from functools import partial
from tvtui.cli import main
from tvtui.cli.frontend import run
from tvtui.cli.request import Environment

def load_app():
    {code}

main(environment=Environment(watch=partial(run, load_app=load_app)))
"""
    return [sys.executable, "-c", program, "demo", "queued"]


FOREVER = importing("threading.Event().wait()")


def test_the_app_draws_over_the_frame_and_clears_nothing() -> None:
    with Terminal(QUEUED) as terminal:
        terminal.wait_for(FRAME)
        terminal.wait_for(BORDERS)
        assert "quit" not in terminal.text
        terminal.wait_for("q quit")
        terminal.wait_for("◌ QUEUED")
        _, _, shown = bytes(terminal.raw).partition(b"connecting")
        assert b"\x1b[?1049h" not in shown
        assert not re.search(rb"\x1b\[[0-9;]*[JK]", shown)
        terminal.press("q")

        assert terminal.finish() == 6
        assert terminal.is_cooked
        assert not terminal.modes_left_on


@pytest.mark.parametrize(
    ("env", "answer", "background"),
    [
        ({"TERM": "tmux-256color"}, "", b"48;2;16;20;26m"),
        ({"TERM": "tmux-256color", "COLORTERM": ""}, "", b"48;5;16m"),
        ({}, "\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62c", b"48;2;248;249;251m"),
        ({}, "", b""),
        ({"TERM": "tmux", "COLORTERM": ""}, "", b""),
        ({"TERM": "tmux-256color", "NO_COLOR": "1"}, "", b""),
    ],
    ids=["not asked", "256 colors", "light", "no answer", "few colors", "no colors"],
)
def test_the_background_is_that_of_the_theme_if_it_is_known(
    env: dict[str, str], answer: str, background: bytes
) -> None:
    with Terminal(FOREVER, env={"COLORTERM": "truecolor", **env}) as terminal:
        terminal.press(answer)
        terminal.wait_for(FRAME)
        terminal.wait_for(BORDERS)
        behind = re.search(rb"48;[\d;]+m", terminal.raw)
        assert (behind[0] if behind else b"") == background


def test_keys_are_not_echoed_where_nothing_is_asked() -> None:
    with Terminal(FOREVER, env={"TERM": "tmux-256color"}) as terminal:
        terminal.wait_for(BORDERS)
        shown = terminal.text
        terminal.press("n")
        terminal.read(0.1)
        assert terminal.text == shown


@pytest.mark.parametrize("numbers", [(signal.SIGTERM, signal.SIGINT), (signal.SIGHUP, signal.SIGTERM)])
def test_signals_during_the_import_give_the_terminal_back(numbers: tuple[signal.Signals, signal.Signals]) -> None:
    with Terminal(FOREVER) as terminal:
        terminal.wait_for(BORDERS)
        for number in numbers:
            terminal.signal(number)

        assert terminal.finish() in {128 + number for number in numbers}
        assert terminal.is_cooked
        assert not terminal.modes_left_on
        assert terminal.farewell == ""


def test_a_bug_in_the_import_is_reported_where_the_frame_was(tmp_path: Path) -> None:
    places = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    with Terminal(importing("1 / 0"), env=places) as terminal:
        assert terminal.finish() == 70
        assert b"\x1b[?1049h" in terminal.raw
        assert terminal.is_cooked
        assert not terminal.modes_left_on
        assert terminal.farewell.startswith("tvtui: tvtui crashed because of a bug (ZeroDivisionError).")


def test_mistakes_in_the_keys_can_be_read_after_the_frame(tmp_path: Path) -> None:
    (tmp_path / "tvtui").mkdir()
    (tmp_path / "tvtui" / "config.toml").write_text('[keys]\n"failure.nxt" = "ctrl+n"\n')
    with Terminal(QUEUED, env={"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}) as terminal:
        assert terminal.finish() == 2
        assert b"\x1b[?1049h" in terminal.raw
        assert terminal.is_cooked
        assert not terminal.modes_left_on
        assert "failure.nxt" in terminal.farewell


@pytest.mark.parametrize(
    ("words", "env"), [(["--lines"], {}), (["--linear"], {}), ([], {"TERM": "dumb"}), (["--json"], {})]
)
def test_without_a_screen_there_is_no_frame(words: list[str], env: dict[str, str]) -> None:
    with Terminal([*QUEUED, *words], env=env) as terminal:
        terminal.wait_for("(?i)queued")
        terminal.signal(signal.SIGTERM)
        terminal.finish()
        assert b"\x1b[?1049h" not in terminal.raw
        assert b"connecting" not in terminal.raw


def test_the_board_starts_with_a_frame_without_panes() -> None:
    with Terminal([*FOREVER, "--board"]) as terminal:
        terminal.wait_for(FRAME)
        assert "╭" not in terminal.text


@pytest.mark.skipif(which("bash") is None, reason="suspending requires a shell with job control")
def test_suspending_during_the_import_gives_the_terminal_back(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(FOREVER[2])
    with Terminal(["bash", "--norc", "--noprofile", "-i"], env={"PS1": "ready> ", "HISTFILE": "/dev/null"}) as shell:
        shell.wait_for("ready>")
        shell.press(*f"PYTHONPATH={':'.join(filter(None, sys.path))} {sys.executable} {program} demo queued\n")
        shell.wait_for(BORDERS)
        shell.press("\x1a")
        shell.wait_for_bytes(rb"(?s)\x1b\[\?1049l.*Stopped.*ready> ")
        assert not shell.modes_left_on - {2004}, "except the shell's own bracketed paste"
        shell.press(*"stty -a | tr ';' '\\n' | grep -c -w -- '-echo'; kill -9 %1; echo gone\n")
        shell.wait_for(r"^0\n(?:.*\n)*gone")
