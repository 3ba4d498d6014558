"""The escape sequences for notifications, title and progress; pure."""

from __future__ import annotations

import base64
from typing import NamedTuple

from tvtui.settings.values import NotifyStyle
from tvtui.terminal.detect import TerminalKind, Wrapping
from tvtui.text.clean import clean_line, encodable

BELL = "\x07"

ALTERNATE_SCREEN = "\x1b[?1049h"
HIDE_CURSOR = "\x1b[?25l"

SAVE_TITLE = "\x1b[22;0t"
"""Saves the title on the terminal's stack (xterm's window manipulation, XTWINOPS).

For window and tab (0), not only the window (2): iTerm2's tab and xterm's icon have their own, and OSC 0 sets both.
"""

RESTORE_TITLE = "\x1b]0;\x07\x1b[23;0t"
"""Clears the title, then restores the saved one.

Terminals without a stack (WezTerm, Ghostty, Windows Terminal, Terminal.app) show their default for an empty title.
"""

CLEAR_PROGRESS = "\x1b]9;4;0;0\x1b\\"

_SUBJECT_LENGTH = 120
_OUTCOME_LENGTH = 120
_SCREEN_CHUNK = 60
"""Characters; the oldest versions of screen cut strings at 256 bytes, and a character has at most four."""


class Notification(NamedTuple):
    """A notification: subject and outcome, a line each; a later one with the same ID replaces it."""

    subject: str
    outcome: str
    id: str


class Progress(NamedTuple):
    """A percentage, and whether there are errors."""

    percent: int
    has_errors: bool


def notification_sequence(
    notification: Notification,
    way: NotifyStyle,
    kind: TerminalKind,
    *,
    is_sure: bool,
    is_focus_known: bool,
    encoding: str,
) -> str:
    """The sequence that makes a terminal show a notification.

    Args:
        notification: The notification; its foreign text cannot end or extend the sequence.
        way: Any kind except AUTO.
        kind: The terminal.
        is_sure: Whether the notification will be seen; if not, the bell rings as well.
        is_focus_known: Whether the terminal reports its focus; if not, kitty is asked to suppress it while focused.
        encoding: The encoding of the stream; other characters are replaced by ASCII.
    """
    subject = _shortened(clean_line(notification.subject), _SUBJECT_LENGTH)
    outcome = _shortened(clean_line(notification.outcome), _OUTCOME_LENGTH)
    match way:
        case NotifyStyle.OFF:
            return ""
        case NotifyStyle.OSC9:
            sequence = f"\x1b]9;{_plain(f'{subject}: {outcome}', encoding)}\x07"
        case NotifyStyle.OSC777:
            sequence = f"\x1b]777;notify;{_plain(subject, encoding)};{_plain(outcome, encoding)}\x07"
        case NotifyStyle.OSC99:
            sequence = _kitty(subject, outcome, notification.id, only_unfocused=not is_focus_known)
        case _:
            return BELL
    return _wrapped(sequence, kind.wrapping) + ("" if is_sure else BELL)


def title_sequence(title: str, encoding: str) -> str:
    """The sequence that sets the title; tmux and screen handle it themselves."""
    return f"\x1b]0;{encodable(clean_line(title), encoding)}\x07"


def progress_sequence(progress: Progress | None) -> str:
    """The sequence that shows progress, or removes it.

    It ends in ST, not BEL, because VTE accepts nothing else (`conemu_extension` in its src/vteseq.cc).
    """
    if progress is None:
        return CLEAR_PROGRESS
    # 1 is normal and 2 is an error; the indeterminate state 3 is animated in some terminals
    return f"\x1b]9;4;{2 if progress.has_errors else 1};{progress.percent}\x1b\\"


def copy_sequence(text: str, wrapping: Wrapping) -> str:
    """The sequence that makes a terminal copy a text to its clipboard (OSC 52).

    tmux takes it itself if `set-clipboard` is on, and passes it on with `allow-passthrough`.
    """
    sequence = f"\x1b]52;c;{base64.b64encode(text.encode('utf-8', 'replace')).decode('ascii')}\x07"
    return (sequence if wrapping is Wrapping.TMUX else "") + _wrapped(sequence, wrapping)


def _plain(text: str, encoding: str) -> str:
    # a semicolon separates title and text, and WezTerm drops an OSC 9 that contains one
    return encodable(text.replace(";", ","), encoding)


def _kitty(subject: str, outcome: str, id: str, *, only_unfocused: bool) -> str:
    """See sw.kovidgoyal.net/kitty/desktop-notifications: `d` joins parts, `e=1` is base64, `o` says when to show it."""
    when = ":o=unfocused" if only_unfocused else ""
    first, second = (base64.b64encode(text.encode("utf-8", "replace")).decode("ascii") for text in (subject, outcome))
    return f"\x1b]99;i={id}:d=0:e=1{when};{first}\x1b\\\x1b]99;i={id}:d=1:e=1:p=body{when};{second}\x1b\\"


def _wrapped(sequence: str, wrapping: Wrapping) -> str:
    r"""Wrap a sequence in the string (DCS) that tmux or screen passes on; an inner ESC \ must not end it.

    tmux (see `allow-passthrough` in its manual) requires ESC to be doubled. screen does not, so the sequence ends in
    BEL instead, and only short strings are allowed (see hterm/etc/osc52.sh of Chromium for the lengths).
    """
    match wrapping:
        case Wrapping.NONE:
            return sequence
        case Wrapping.TMUX:
            return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
        case Wrapping.SCREEN:
            # each sequence separately, so that no string ends in ESC, which would count as part of its terminator
            sequences = sequence.replace("\x1b\\", "\x07").split("\x1b")[1:]
            return "".join(f"\x1bP{part}\x1b\\" for text in sequences for part in _parts(f"\x1b{text}"))


def _parts(text: str) -> list[str]:
    return [text[start : start + _SCREEN_CHUNK] for start in range(0, len(text), _SCREEN_CHUNK)]


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
