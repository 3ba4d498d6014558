"""How a watch is shown: depends on the terminal, the options and the user."""

from __future__ import annotations

import io
import sys

import pytest

from tvtui.cli.frontend import effective_mode
from tvtui.watch.request import Mode


class Stream(io.StringIO):
    """A stream that is a terminal or not."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.mark.parametrize(
    ("terminals", "asked", "environ", "prefers_linear", "mode"),
    [
        ("ioe", None, {}, False, Mode.SCREEN),
        ("ioe", None, {}, True, Mode.LINEAR),
        ("ioe", None, {"TERM": "dumb"}, False, Mode.LINEAR),
        ("ioe", None, {"QT_ACCESSIBILITY": "1", "GNOME_ACCESSIBILITY": "1"}, False, Mode.SCREEN),
        ("ioe", Mode.LINEAR, {}, False, Mode.LINEAR),
        ("ioe", Mode.LINES, {"TERM": "dumb"}, True, Mode.LINES),
        ("io", None, {"TERM": "dumb"}, False, Mode.LINEAR),
        ("io", None, {}, False, Mode.LINES),
        ("oe", None, {"TERM": "dumb"}, True, Mode.LINES),
        ("ie", Mode.LINEAR, {}, False, Mode.LINES),
        ("i", Mode.JSON, {}, True, Mode.JSON),
    ],
)
def test_the_mode(
    terminals: str, asked: Mode | None, environ: dict[str, str], prefers_linear: bool, mode: Mode
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for letter, name in zip("ioe", ("stdin", "stdout", "stderr"), strict=True):
            patch.setattr(sys, name, Stream(is_terminal=letter in terminals))
        patch.setenv("TERM", environ.get("TERM", "xterm"))
        chosen = effective_mode(asked, environ, prefers_linear=prefers_linear)
    assert chosen is mode
