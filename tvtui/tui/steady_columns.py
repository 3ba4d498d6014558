"""Keeps the columns of a frame in place where terminals disagree on the width of characters; pure.

Terminals have tables of different Unicode versions: in tmux, xterm and Terminal.app a "✔️" has one cell and a family has
six, in kitty and rich two.
"""

from __future__ import annotations

import re

from rich.cells import cell_len

_SCRIPTS = "\u0483-\u0489\u0591-\u1fff"
"""Scripts full of combining marks, from Hebrew to Khmer."""

_EXTENDERS = "\u0300-\u036f\u200b-\u200f\u20d0-\u20ff\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff"
"""Combining marks, joiners, keycaps, variation selectors, skin tones and tags: they belong to the character before."""

_FLAGS = "\U0001f1e6-\U0001f1ff"
_EMOJI = "\U0001f000-\U000dffff"

_DISPUTED = re.compile(f"[{_SCRIPTS}{_EXTENDERS}{_EMOJI}]")
_PIECE = (
    r"\x1b\[(?P<row>\d*);(?P<column>\d*)H"
    r"|\x1b(?:\[[0-?]*[ -/]*[@-~]|[P\]X^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])|[\x00-\x1f]"
    r"|(?P<text>[^\x00-\x1f]+)"
)
# rich gives what follows a joiner no width, whatever it is
_EXTENSION = rf"(?:\u200d.|[{_EXTENDERS}])"
_RUN = rf"(?s)[{_FLAGS}]{{1,2}}|[{_SCRIPTS}](?:{_EXTENSION}|[{_SCRIPTS}])*|.?{_EXTENSION}+|[{_EMOJI}]"
_PLACEHOLDER = "\U0010eeee"
"""kitty's placeholder for a part of a picture: its combining marks count rows and columns."""


def is_disputed(text: str) -> bool:
    """Whether terminals may disagree on the width of a text."""
    return _DISPUTED.search(text) is not None


def steady(frame: str) -> str:
    """Put the cursor where the next column begins after each run of characters whose width is disputed.

    The cells of the run are erased before, since a terminal that takes it for narrower would leave old ones there. Each
    line of the frame has to start with a cursor position, as Textual's do.
    """
    if not is_disputed(frame):
        return frame
    parts: list[str] = []
    column: int | None = None
    saved: int | None = None
    for token in re.finditer(_PIECE, frame):
        text = token["text"]
        if text is not None:
            is_picture = _PLACEHOLDER in text
            parts.append(text if column is None or is_picture else _steady_text(text, column))
            column = None if column is None else column + cell_len(text)
            continue
        if token["column"] is not None:
            column = int(token["column"] or 1)
        elif token[0] == "\x1b7":
            saved = column
        elif token[0] == "\x1b8":
            column = saved
        elif token[0] in {"\r", "\n"}:
            column = None
        parts.append(token[0])
    return "".join(parts)


def _steady_text(text: str, column: int) -> str:
    """Text that starts in this column, from 1."""
    parts = []
    end = 0
    for run in re.finditer(_RUN, text):
        between = text[end : run.start()]
        start = column + cell_len(between)
        column = start + cell_len(run[0])
        parts += [between, " " * (column - start), f"\x1b[{start}G", run[0], f"\x1b[{column}G"]
        end = run.end()
    return "".join([*parts, text[end:]])
