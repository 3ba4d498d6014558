"""Pictures in a real pseudo-terminal: what is written, and that nothing is asked."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.support.images import write_pictures
from tests.support.terminal import Terminal
from tvtui.terminal.detect import PictureProtocol

QUERY = re.compile(rb"\x1b\[[>=?]?[0-9;]*(?:[cn]|\$p|1[4-8]t)|\x1b\[1[4-8]t|\x1b_G[^;\x1b]*a=q|\x1b\]\d+;\?")
TEXTUALS_OWN = {b"\x1b[?2026$p", b"\x1b[?2048$p"}

DRAWN = {
    PictureProtocol.BLOCKS: "▀".encode(),
    PictureProtocol.KITTY: "\U0010eeee".encode(),
    PictureProtocol.SIXEL: b"\x1bP0;0;0q",
}


def shown(folder: Path, protocol: PictureProtocol) -> bytes:
    """Look at the first picture, open it elsewhere, leave: all that was written."""
    write_pictures(folder)
    command = [sys.executable, "-m", "tests.support.images", str(folder)]
    with Terminal(command, env={"TVTUI_PICTURES": protocol, "PYTHONPATH": str(Path(__file__).parents[2])}) as terminal:
        while DRAWN[protocol] not in terminal.raw:
            assert terminal.read(20), terminal.text
        # a key right behind the drawing: what asks the terminal would take it for the answer
        terminal.press("o")
        while not (folder / "opened").exists():
            terminal.read(0.02)
        terminal.press("\x11")
        assert terminal.finish() == 0
        assert terminal.modes_left_on == set()
        assert terminal.is_cooked
        return bytes(terminal.raw)


@pytest.mark.parametrize("protocol", PictureProtocol)
def test_the_terminal_is_asked_nothing_and_left_as_it_was(tmp_path: Path, protocol: PictureProtocol) -> None:
    raw = shown(tmp_path, protocol)
    assert set(QUERY.findall(raw)) == TEXTUALS_OWN
    sixels = re.findall(rb"\x1b7\x1b\[(\d+);(\d+)H\x1bP[^\x1b]+\x1b\\\x1b8", raw)
    graphics = re.findall(rb"\x1b_G([^;\x1b]*)(?:;[A-Za-z0-9+/=]*)?\x1b\\", raw)
    assert raw.count(b"\x1bP") == len(sixels)
    assert raw.count(b"\x1b_") == len(graphics)
    assert bool(sixels) == (protocol is PictureProtocol.SIXEL)
    assert bool(graphics) == (protocol is PictureProtocol.KITTY)
    # none asks kitty for an answer
    assert all(b"q=2" in keys.split(b",") for keys in graphics)
