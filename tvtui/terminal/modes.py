"""The modes of a terminal that a program has switched on, and how to switch them off again."""

from __future__ import annotations

import re

from tvtui.terminal.sequences import CLEAR_PROGRESS, RESTORE_TITLE

_SEQUENCE = re.compile(
    r"\x1b\[\?(?P<numbers>[\d;]+)(?P<switch>[hl])"
    r"|\x1b\[(?P<keyboard>[<>])(?P<count>\d*)u"
    r"|\x1b\[(?P<title>2[23]);0t"
    r"|\x1b\]9;4;(?P<progress>\d)"
    r"|\x1b\]22;(?P<pointer>[^\x07\x1b]*)"
)
"""DEC private modes, kitty's keyboard modes, saved titles, progress, and the shape of the mouse pointer."""

_ON_BY_DEFAULT = {"7", "25"}
"""Line wrapping and the cursor."""


class TerminalModes:
    """What is different from before, by what was written."""

    def __init__(self) -> None:
        """Nothing has been written yet."""
        self._undo: dict[str, str] = {}

    def note(self, text: str) -> None:
        """Take in what was written."""
        self._note(text, is_partial=False)

    def undo(self, partial: str = "") -> str:
        """Return what has to be written so that everything is as before; the last mode switched on comes first.

        Any part of `partial` may have been written, too.
        """
        modes = TerminalModes()
        modes._undo.update(self._undo)
        modes._note(partial, is_partial=True)
        return "".join(reversed(modes._undo.values()))

    def _note(self, text: str, *, is_partial: bool) -> None:
        for found in _SEQUENCE.finditer(text):
            if found["numbers"]:
                for number in found["numbers"].split(";"):
                    is_on = (found["switch"] == "h") is not (number in _ON_BY_DEFAULT)
                    undo = f"\x1b[?{number}{'h' if found['switch'] == 'l' else 'l'}"
                    self._set(f"?{number}", undo if is_on else "", is_partial=is_partial)
            elif found["keyboard"] == ">":
                self._set("keyboard", self._undo.get("keyboard", "") + "\x1b[<u", is_partial=False)
            elif found["keyboard"]:
                left = self._undo.get("keyboard", "").removesuffix("\x1b[<u" * int(found["count"] or 1))
                self._set("keyboard", left, is_partial=is_partial)
            elif found["title"]:
                self._set("title", RESTORE_TITLE if found["title"] == "22" else "", is_partial=is_partial)
            elif found["progress"]:
                self._set("progress", CLEAR_PROGRESS if found["progress"] != "0" else "", is_partial=is_partial)
            else:
                is_default = found["pointer"] in {"", "default"}
                self._set("pointer", "" if is_default else "\x1b]22;default\x1b\\", is_partial=is_partial)

    def _set(self, mode: str, undo: str, *, is_partial: bool) -> None:
        if undo:
            self._undo[mode] = undo
        elif not is_partial:
            self._undo.pop(mode, None)
