"""Recognizing the terminal by its environment, and what it can do; pure. No other module reads such variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

from tvtui.settings.values import NotifyStyle


class Wrapping(Enum):
    """A multiplexer between the program and the terminal; it passes on only what is wrapped for it."""

    NONE = ""
    TMUX = "tmux"
    SCREEN = "screen"


@dataclass(frozen=True, slots=True)
class TerminalKind:
    """What a terminal can show outside its screen.

    Attributes:
        way: How it shows notifications: never AUTO, and BELL if nothing better is known.
        is_sure: Whether such a notification is known to arrive; if not, the bell rings as well.
        wrapping: What a notification must pass; title and progress are for tmux and screen themselves.
        has_title: Whether it accepts a title without printing it on the screen.
        has_progress: Whether it shows OSC 9;4 as progress; older terminals show it as a notification "4;1;50".
        forgets_progress: Whether it removes progress that is not repeated within 15 seconds.
    """

    way: NotifyStyle = NotifyStyle.BELL
    is_sure: bool = True
    wrapping: Wrapping = Wrapping.NONE
    has_title: bool = True
    has_progress: bool = False
    forgets_progress: bool = False


class _Name(StrEnum):
    CONEMU = "ConEmu"
    CONTOUR = "contour"
    FOOT = "foot"
    GHOSTTY = "Ghostty"
    ITERM = "iTerm2"
    KITTY = "kitty"
    KONSOLE = "Konsole"
    MINTTY = "mintty"
    MLTERM = "mlterm"
    RIO = "Rio"
    URXVT = "urxvt"
    VSCODE = "VS Code"
    VTE = "VTE"
    WARP = "Warp"
    WEZTERM = "WezTerm"
    WINDOWS = "Windows Terminal"
    OTHER = ""


_BY_TERM = {
    "xterm-kitty": _Name.KITTY,
    "xterm-ghostty": _Name.GHOSTTY,
    "ghostty": _Name.GHOSTTY,
    "foot": _Name.FOOT,
    "mlterm": _Name.MLTERM,
    "contour": _Name.CONTOUR,
    "rxvt-unicode": _Name.URXVT,
    "wezterm": _Name.WEZTERM,
    "konsole": _Name.KONSOLE,
}
"""By the start of TERM, which is passed on to other machines; each of these terminals sets its own."""

_BY_PROGRAM = {
    "iTerm.app": _Name.ITERM,
    "ghostty": _Name.GHOSTTY,
    "WezTerm": _Name.WEZTERM,
    "WarpTerminal": _Name.WARP,
    "vscode": _Name.VSCODE,
    "mintty": _Name.MINTTY,
    "rio": _Name.RIO,
}

_BY_VARIABLE = {
    "WT_SESSION": _Name.WINDOWS,
    "KONSOLE_VERSION": _Name.KONSOLE,
    "VTE_VERSION": _Name.VTE,
    "GHOSTTY_RESOURCES_DIR": _Name.GHOSTTY,
    "WEZTERM_EXECUTABLE": _Name.WEZTERM,
    "ITERM_SESSION_ID": _Name.ITERM,
    "KITTY_WINDOW_ID": _Name.KITTY,
}
"""For terminals that set no TERM_PROGRAM, and inside tmux and screen; the most reliable first."""

# Windows Terminal supports OSC 777 only since 2026, does not reveal its version, and uses OSC 9 for other things.
_WAYS = {
    _Name.FOOT: (NotifyStyle.OSC777, True),
    _Name.GHOSTTY: (NotifyStyle.OSC9, True),
    _Name.ITERM: (NotifyStyle.OSC9, True),
    _Name.KITTY: (NotifyStyle.OSC99, True),
    _Name.KONSOLE: (NotifyStyle.OSC777, True),
    _Name.WARP: (NotifyStyle.OSC9, True),
    _Name.WEZTERM: (NotifyStyle.OSC9, True),
    # these need an extension, and a patch that only some distributions have
    _Name.URXVT: (NotifyStyle.OSC777, False),
    _Name.VTE: (NotifyStyle.OSC777, False),
}

_WITHOUT_TITLE = re.compile(r"linux|vt\d|cons25|eterm|dumb")
"""Consoles that print unknown OSC sequences on the screen, by the start of TERM."""


def recognize(environ: Mapping[str, str]) -> TerminalKind:
    """Recognize the terminal by the environment.

    Inside tmux and screen the result is a guess: the variables are those from the start of the tmux server, and tmux
    passes notifications on only with `allow-passthrough`.
    """
    term = environ.get("TERM", "")
    wrapping = _wrapping(environ, term)
    name = _name(environ, term)
    way, is_sure = _WAYS.get(name, (NotifyStyle.BELL, True))
    has_progress = _has_progress(environ, name, wrapping)
    return TerminalKind(
        way=way,
        is_sure=is_sure and wrapping is Wrapping.NONE,
        wrapping=wrapping,
        has_title=_WITHOUT_TITLE.match(term) is None,
        has_progress=has_progress,
        forgets_progress=has_progress and name is _Name.GHOSTTY,
    )


def _wrapping(environ: Mapping[str, str], term: str) -> Wrapping:
    if environ.get("TMUX") or term.startswith("tmux"):
        return Wrapping.TMUX
    # over ssh, TERM "screen" may also mean tmux, which drops what is wrapped for screen without showing it
    return Wrapping.SCREEN if environ.get("STY") or term.startswith("screen") else Wrapping.NONE


def _name(environ: Mapping[str, str], term: str) -> _Name:
    own = _own_name(environ, term)
    if own is not None:
        return own
    if environ.get("LC_TERMINAL") == "iTerm2":
        return _Name.ITERM
    if environ.get("ConEmuANSI") == "ON":
        return _Name.CONEMU
    return next((name for variable, name in _BY_VARIABLE.items() if environ.get(variable)), _Name.OTHER)


def _own_name(environ: Mapping[str, str], term: str) -> _Name | None:
    """The name by TERM or TERM_PROGRAM, which a terminal does not inherit from another one that started it."""
    for start, name in _BY_TERM.items():
        if term.startswith(start):
            return name
    program = environ.get("TERM_PROGRAM", "")
    return _BY_PROGRAM.get(program, _Name.OTHER) if program and program != "tmux" else None


def _has_progress(environ: Mapping[str, str], name: _Name, wrapping: Wrapping) -> bool:
    if wrapping is not Wrapping.NONE:
        # tmux passes progress on since 3.7, to terminals that support it, and drops it before
        return wrapping is Wrapping.TMUX
    version = environ.get("TERM_PROGRAM_VERSION") or environ.get("LC_TERMINAL_VERSION", "")
    match name:
        case _Name.WINDOWS | _Name.CONEMU | _Name.VSCODE | _Name.MINTTY:
            return True
        case _Name.GHOSTTY:
            return _numbers(version) >= (1, 2)
        case _Name.ITERM:
            return _numbers(version) >= (3, 6, 6)
        case _Name.WEZTERM:
            # versions are dates; 20240203-110809-5046fc22 is the last stable one without it
            return _numbers(version) >= (20250301,)
        case _Name.KONSOLE:
            return _numbers(environ.get("KONSOLE_VERSION", "")) >= (260400,)
        case _Name.VTE:
            return _numbers(environ.get("VTE_VERSION", "")) >= (8000,)
        case _:
            # kitty supports it since 0.47, does not reveal its version, and shows notifications before 0.38
            return False


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version; empty if there are none."""
    match = re.match(r"\d{1,9}(?:\.\d{1,9})*", version)
    return tuple(map(int, match[0].split("."))) if match else ()


def is_dumb(environ: Mapping[str, str]) -> bool:
    """Whether the terminal cannot move its cursor, as inside Emacs and some IDEs."""
    return environ.get("TERM") == "dumb"


class PictureProtocol(StrEnum):
    """How pictures are drawn; the values are those of `TVTUI_PICTURES`."""

    KITTY = "kitty"
    SIXEL = "sixel"
    BLOCKS = "blocks"


_KITTY_TERMINALS = {_Name.KITTY, _Name.GHOSTTY}
_SIXEL_TERMINALS = {
    _Name.CONTOUR,
    _Name.FOOT,
    _Name.ITERM,
    _Name.KONSOLE,
    _Name.MINTTY,
    _Name.MLTERM,
    _Name.RIO,
    _Name.WEZTERM,
}


def picture_protocol(environ: Mapping[str, str]) -> PictureProtocol:
    """How the terminal shows pictures, by its environment; `TVTUI_PICTURES` takes precedence.

    The terminal is not queried: its answer would arrive among the keys, and waiting for one that never comes would
    cost time and a key. Unknown terminals, tmux and screen get half blocks.
    """
    forced = environ.get("TVTUI_PICTURES", "").casefold()
    if forced in set(PictureProtocol):
        return PictureProtocol(forced)
    term = environ.get("TERM", "")
    # kitty's placeholders encode a number in their colour, which NO_COLOR removes
    if environ.get("NO_COLOR") or _wrapping(environ, term) is not Wrapping.NONE:
        return PictureProtocol.BLOCKS
    name = _own_name(environ, term)
    if name is None and environ.get("KONSOLE_VERSION"):
        name = _Name.KONSOLE
    if name in _KITTY_TERMINALS:
        return PictureProtocol.KITTY
    return PictureProtocol.SIXEL if name in _SIXEL_TERMINALS else PictureProtocol.BLOCKS
