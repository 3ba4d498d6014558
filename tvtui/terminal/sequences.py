"""What a terminal is written to show outside of its screen: notices, title, progress, as exact sequences; pure."""

from __future__ import annotations

import base64
from enum import IntEnum
from typing import NamedTuple

from tvtui.settings.values import Way
from tvtui.terminal.detect import TerminalKind, Wrapping
from tvtui.text.clean import clean_line, encodable

BELL = "\x07"

SAVE_TITLE = "\x1b[22;0t"
"""Puts the title on the terminal's stack: xterm's "Window manipulation", XTWINOPS.

Of window and tab both (0), not of the window alone (2): the tab of iTerm2 and the icon of xterm have a title of their
own, and OSC 0 sets both.
"""

RESTORE_TITLE = "\x1b]0;\x07\x1b[23;0t"
"""No title, then the saved one.

Terminals without such a stack (WezTerm, Ghostty, Windows Terminal, Terminal.app) go back to what they call a tab by
themselves when its title is empty.
"""

CLEAR_PROGRESS = "\x1b]9;4;0;0\x1b\\"

_SUBJECT_LENGTH = 120
_OUTCOME_LENGTH = 120
_SCREEN_CHUNK = 60
"""Characters; screen cuts a string at 256 bytes in its oldest versions, and a character has four at most."""


class Notice(NamedTuple):
    """What is to be told: what it is about, and what has come of it, each a line; of one id the last one counts."""

    subject: str
    outcome: str
    id: str


class ProgressState(IntEnum):
    """The states of OSC 9;4 that are used; its indeterminate one moves in some terminals, and so is not."""

    NORMAL = 1
    ERROR = 2


class Progress(NamedTuple):
    """How far something has come, from 0 to 100, and whether it goes well."""

    state: ProgressState
    percent: int


def notice_sequence(
    notice: Notice, way: Way, kind: TerminalKind, *, is_sure: bool, is_focus_known: bool, encoding: str
) -> str:
    """What makes a terminal show a notice.

    Args:
        notice: The notice; what is foreign in it cannot end or extend the sequence.
        way: Any but AUTO.
        kind: The terminal.
        is_sure: Whether the notice will be seen; if not, the bell is rung as well.
        is_focus_known: Whether the terminal tells when it has the focus; if not, kitty is asked to be silent then.
        encoding: Of the stream that is written to; what it cannot hold is told in ASCII.
    """
    subject = _shortened(clean_line(notice.subject), _SUBJECT_LENGTH)
    outcome = _shortened(clean_line(notice.outcome), _OUTCOME_LENGTH)
    match way:
        case Way.OFF:
            return ""
        case Way.OSC9:
            sequence = f"\x1b]9;{_plain(f'{subject}: {outcome}', encoding)}\x07"
        case Way.OSC777:
            sequence = f"\x1b]777;notify;{_plain(subject, encoding)};{_plain(outcome, encoding)}\x07"
        case Way.OSC99:
            sequence = _kitty(subject, outcome, notice.id, only_unfocused=not is_focus_known)
        case _:
            return BELL
    return _wrapped(sequence, kind.wrapping) + ("" if is_sure else BELL)


def title_sequence(title: str, encoding: str) -> str:
    """What makes a terminal show a title; tmux and screen take it themselves."""
    return f"\x1b]0;{encodable(clean_line(title), encoding)}\x07"


def progress_sequence(progress: Progress | None) -> str:
    """What makes a terminal show progress, or none.

    It ends in ST and not in BEL, since VTE takes it no other way (`conemu_extension` in its src/vteseq.cc).
    """
    return CLEAR_PROGRESS if progress is None else f"\x1b]9;4;{progress.state:d};{progress.percent}\x1b\\"


def _plain(text: str, encoding: str) -> str:
    # a semicolon parts the title from the text, and WezTerm drops an OSC 9 with more parts than one
    return encodable(text.replace(";", ","), encoding)


def _kitty(subject: str, outcome: str, id: str, *, only_unfocused: bool) -> str:
    """See sw.kovidgoyal.net/kitty/desktop-notifications: `d` parts and joins, `e=1` is base64, `o` when to show."""
    when = ":o=unfocused" if only_unfocused else ""
    first, second = (base64.b64encode(text.encode("utf-8", "replace")).decode("ascii") for text in (subject, outcome))
    return f"\x1b]99;i={id}:d=0:e=1{when};{first}\x1b\\\x1b]99;i={id}:d=1:e=1:p=body{when};{second}\x1b\\"


def _wrapped(sequence: str, wrapping: Wrapping) -> str:
    r"""Make tmux or screen pass a sequence on: each has a string (DCS) for that, which ESC \ must not end too early.

    tmux (see `allow-passthrough` in its manual) wants ESC doubled. screen has no such rule, so BEL ends the sequence
    instead, and it takes but short strings: chromium's hterm/etc/osc52.sh tells the lengths.
    """
    match wrapping:
        case Wrapping.NONE:
            return sequence
        case Wrapping.TMUX:
            return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
        case Wrapping.SCREEN:
            # each sequence for itself, so that no string ends in ESC, which would be taken for a part of its end
            sequences = sequence.replace("\x1b\\", "\x07").split("\x1b")[1:]
            return "".join(f"\x1bP{part}\x1b\\" for text in sequences for part in _parts(f"\x1b{text}"))


def _parts(text: str) -> list[str]:
    return [text[start : start + _SCREEN_CHUNK] for start in range(0, len(text), _SCREEN_CHUNK)]


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
