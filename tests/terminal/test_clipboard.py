"""Copying: where a text goes, and what is claimed about it."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

import pytest

from tests.support.http import KEY
from tvtui.terminal.clipboard import Copier
from tvtui.terminal.detect import Wrapping
from tvtui.terminal.query import NO_ANSWERS, Answers

XTERM = {"TERM": "xterm-256color"}
KITTY = {"TERM": "xterm-kitty"}
X11 = {**XTERM, "DISPLAY": ":0"}
WAYLAND = {**X11, "WAYLAND_DISPLAY": "wayland-0"}
TMUX = {"TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0"}
SSH = {"SSH_CONNECTION": "10.0.0.1 5000 10.0.0.2 22"}
ALL = {"tmux", "pbcopy", "wl-copy", "xclip", "xsel"}
XCLIP = ("xclip", "-selection", "clipboard")


@pytest.mark.parametrize(
    ("environ", "installed", "platform", "copier"),
    [
        (XTERM, ALL, "linux", Copier()),
        (X11, ALL, "linux", Copier(desktop=XCLIP)),
        (X11, {"xsel"}, "linux", Copier(desktop=("xsel", "--clipboard", "--input"))),
        (X11, set(), "linux", Copier()),
        (WAYLAND, ALL, "linux", Copier(desktop=("wl-copy",))),
        ({**XTERM, "TERM_PROGRAM": "Apple_Terminal"}, ALL, "darwin", Copier(desktop=("pbcopy",))),
        # the terminal does it, whatever else there is
        ({**WAYLAND, **KITTY}, ALL, "linux", Copier(is_taken=True)),
        ({**XTERM, "WT_SESSION": "1"}, set(), "win32", Copier(is_taken=True)),
        # over ssh the desktop is that of another machine
        ({**WAYLAND, **SSH}, ALL, "linux", Copier()),
        ({**XTERM, **SSH}, ALL, "darwin", Copier()),
        ({**KITTY, **SSH}, ALL, "linux", Copier(is_taken=True)),
        (TMUX, ALL, "linux", Copier(has_tmux=True, wrapping=Wrapping.TMUX)),
        ({**TMUX, "DISPLAY": ":0"}, ALL, "linux", Copier(desktop=XCLIP, has_tmux=True, wrapping=Wrapping.TMUX)),
        ({**TMUX, **SSH, "DISPLAY": ":10"}, ALL, "linux", Copier(has_tmux=True, wrapping=Wrapping.TMUX)),
        # tmux on another machine, or a tmux that is not on the PATH
        ({"TERM": "tmux-256color", **SSH}, ALL, "linux", Copier(wrapping=Wrapping.TMUX)),
        (TMUX, set(), "linux", Copier(wrapping=Wrapping.TMUX)),
        ({"TERM": "screen", "STY": "1.pts-0"}, ALL, "linux", Copier(wrapping=Wrapping.SCREEN)),
        # variables that are inherited from the terminal in which tmux was started say nothing
        ({**TMUX, "KITTY_WINDOW_ID": "1"}, ALL, "linux", Copier(has_tmux=True, wrapping=Wrapping.TMUX)),
    ],
)
def test_the_way_suits_the_terminal_and_the_machine(
    environ: dict[str, str], installed: set[str], platform: str, copier: Copier
) -> None:
    chosen = Copier.for_terminal(
        environ, NO_ANSWERS, which=lambda name: name if name in installed else None, platform=platform
    )
    assert (chosen.desktop, chosen.has_tmux, chosen.wrapping, chosen.is_taken) == (
        copier.desktop,
        copier.has_tmux,
        copier.wrapping,
        copier.is_taken,
    )


def test_a_terminal_is_also_known_by_its_answer() -> None:
    chosen = Copier.for_terminal({**XTERM, **SSH}, Answers("kitty(0.42.1)"), which=lambda _name: None)
    assert chosen.is_taken


async def copied(copier: Copier, text: str = "née\n✗") -> tuple[str, str]:
    """What is claimed, and what was written to the terminal."""
    written: list[str] = []
    return await copier.copy(text, written.append), "".join(written)


PLAIN = "\x1b]52;c;" + base64.b64encode("née\n✗".encode()).decode() + "\x07"


@pytest.mark.parametrize(
    ("copier", "claim", "written"),
    [
        (Copier(is_taken=True), "Copied", PLAIN),
        (Copier(), "Sent to the terminal's clipboard", PLAIN),
        (
            Copier(wrapping=Wrapping.TMUX),
            "Sent to the terminal's clipboard",
            f"{PLAIN}\x1bPtmux;\x1b{PLAIN}\x1b\\",
        ),
        (Copier(wrapping=Wrapping.SCREEN), "Sent to the terminal's clipboard", f"\x1bP{PLAIN}\x1b\\"),
    ],
)
async def test_no_more_is_claimed_than_is_known(copier: Copier, claim: str, written: str) -> None:
    assert await copied(copier) == (claim, written)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder on the PATH."""
    if sys.platform == "win32":
        pytest.skip("has no such scripts")
    return tmp_path


def install(folder: Path, name: str, script: str) -> dict[str, str]:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {**X11, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "TESTVIBE_API_KEY": KEY, "OUT": str(folder)}


TAKE = 'cat > "$OUT/text"; echo "$0 $@" > "$OUT/words"; env > "$OUT/environ"'


async def test_a_program_gets_the_text_on_its_stdin_only(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = install(programs, "xclip", TAKE)
    monkeypatch.setenv("PATH", environ["PATH"])
    assert await copied(Copier.for_terminal(environ, NO_ANSWERS, patience=60)) == ("Copied", "")
    assert (programs / "text").read_text("utf-8") == "née\n✗"
    assert "née" not in (programs / "words").read_text("utf-8")
    assert KEY not in (programs / "environ").read_text("utf-8")


async def test_tmux_sends_it_to_its_terminal(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {**install(programs, "tmux", TAKE), **TMUX, "DISPLAY": ""}
    monkeypatch.setenv("PATH", environ["PATH"])
    claim = "Copied to tmux and sent to the terminal's clipboard"
    assert await copied(Copier.for_terminal(environ, NO_ANSWERS, patience=60)) == (claim, "")
    assert (programs / "words").read_text("utf-8").split()[1:] == ["load-buffer", "-w", "-"]


@pytest.mark.parametrize("script", ["exit 1", "cat > /dev/null; exit 1", "kill -9 $$"])
async def test_a_program_that_fails_is_replaced_by_the_terminal(
    programs: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    environ = {**install(programs, "xclip", script)}
    monkeypatch.setenv("PATH", environ["PATH"])
    assert await copied(Copier.for_terminal(environ, NO_ANSWERS, patience=60)) == (
        "Sent to the terminal's clipboard",
        PLAIN,
    )


async def test_a_program_that_hangs_is_ended(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {**install(programs, "xclip", "exec sleep 600")}
    monkeypatch.setenv("PATH", environ["PATH"])
    copier = Copier.for_terminal(environ, NO_ANSWERS, patience=0.05)
    assert await copied(copier) == ("Sent to the terminal's clipboard", PLAIN)


async def test_a_program_that_is_gone_is_replaced_by_the_terminal() -> None:
    copier = Copier(desktop=("/nonexistent/xclip",))
    assert await copied(copier) == ("Sent to the terminal's clipboard", PLAIN)
