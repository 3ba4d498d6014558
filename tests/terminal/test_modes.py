"""Which modes of a terminal are switched on, and what switches them off."""

from __future__ import annotations

import pytest

from tvtui.terminal.modes import TerminalModes
from tvtui.terminal.sequences import CLEAR_PROGRESS, RESTORE_TITLE, SAVE_TITLE


def undo(*texts: str) -> str:
    modes = TerminalModes()
    for text in texts:
        modes.note(text)
    return modes.undo()


@pytest.mark.parametrize(
    ("on", "off"),
    [
        ("\x1b[?1049h", "\x1b[?1049l"),
        ("\x1b[?25l", "\x1b[?25h"),
        ("\x1b[?7l", "\x1b[?7h"),
        ("\x1b[>25u", "\x1b[<u"),
        (SAVE_TITLE, RESTORE_TITLE),
        ("\x1b]9;4;1;50\x1b\\", CLEAR_PROGRESS),
        ("\x1b]22;text\x1b\\", "\x1b]22;default\x1b\\"),
    ],
)
def test_every_mode_that_is_on_is_switched_off(on: str, off: str) -> None:
    assert undo(f"a{on}b") == off
    assert undo(on, off) == ""
    assert undo(off) == ""


def test_the_last_one_is_switched_off_first() -> None:
    assert undo("\x1b[?1049h\x1b[?1000;1006h", "text", "\x1b[>1u") == ("\x1b[<u\x1b[?1006l\x1b[?1000l\x1b[?1049l")


def test_keyboard_modes_are_a_stack() -> None:
    assert undo("\x1b[>1u\x1b[>25u") == "\x1b[<u\x1b[<u"
    assert undo("\x1b[>1u\x1b[>25u", "\x1b[<u") == "\x1b[<u"
    assert undo("\x1b[>1u\x1b[>25u", "\x1b[<2u") == ""


def test_of_a_text_that_is_being_written_only_what_is_switched_on_is_sure() -> None:
    modes = TerminalModes()
    modes.note("\x1b[?1049h")
    assert modes.undo("\x1b[?2026h\x1b[>1u\x1b[<u\x1b[?1049l") == "\x1b[<u\x1b[?2026l\x1b[?1049l"
    assert modes.undo() == "\x1b[?1049l"
