"""Which terminal this is, judged by its environment, and what it can do; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

from tvtui.settings.values import Way


class Wrapping(Enum):
    """What stands between the program and the terminal, and passes on only what is wrapped for it."""

    NONE = ""
    TMUX = "tmux"
    SCREEN = "screen"


@dataclass(frozen=True, slots=True)
class TerminalKind:
    """What a terminal can show outside of its screen.

    Attributes:
        way: How it shows notices: never AUTO, and BELL where it is not known to have anything better.
        is_sure: Whether a notice of that way is known to arrive; where it is not, the bell is rung as well.
        wrapping: What a notice has to pass; title and progress are for tmux and screen themselves.
        has_title: Whether it takes a title without writing it on the screen.
        has_progress: Whether OSC 9;4 is progress to it; older terminals take it for a notice that says "4;1;50".
        forgets_progress: Whether it takes progress away that is not told again within 15 seconds.
    """

    way: Way = Way.BELL
    is_sure: bool = True
    wrapping: Wrapping = Wrapping.NONE
    has_title: bool = True
    has_progress: bool = False
    forgets_progress: bool = False


class _Name(StrEnum):
    CONEMU = "ConEmu"
    FOOT = "foot"
    GHOSTTY = "Ghostty"
    ITERM = "iTerm2"
    KITTY = "kitty"
    KONSOLE = "Konsole"
    MINTTY = "mintty"
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
    "rxvt-unicode": _Name.URXVT,
    "wezterm": _Name.WEZTERM,
    "konsole": _Name.KONSOLE,
}
"""By the beginning of TERM: it reaches other machines, and each of these sets its own."""

_BY_PROGRAM = {
    "iTerm.app": _Name.ITERM,
    "ghostty": _Name.GHOSTTY,
    "WezTerm": _Name.WEZTERM,
    "WarpTerminal": _Name.WARP,
    "vscode": _Name.VSCODE,
    "mintty": _Name.MINTTY,
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
"""What tmux, screen and the terminals that set no TERM_PROGRAM leave to go by, the surest first."""

# Windows Terminal knows OSC 777 since 2026 only and does not tell its version; with OSC 9 it does other things.
_WAYS = {
    _Name.FOOT: (Way.OSC777, True),
    _Name.GHOSTTY: (Way.OSC9, True),
    _Name.ITERM: (Way.OSC9, True),
    _Name.KITTY: (Way.OSC99, True),
    _Name.KONSOLE: (Way.OSC777, True),
    _Name.WARP: (Way.OSC9, True),
    _Name.WEZTERM: (Way.OSC9, True),
    # an extension that must be installed; a patch that only some distributions have
    _Name.URXVT: (Way.OSC777, False),
    _Name.VTE: (Way.OSC777, False),
}

_WITHOUT_TITLE = re.compile(r"linux|vt\d|cons25|eterm|dumb")
"""Consoles that write what they do not know of OSC on the screen, by the beginning of TERM."""


def recognize(environ: Mapping[str, str]) -> TerminalKind:
    """Tell from the environment which terminal this is.

    Inside of tmux and screen the terminal is a guess, since the variables are those of when the server was started,
    and tmux passes notices on only with `allow-passthrough`: there nothing is sure.
    """
    term = environ.get("TERM", "")
    wrapping = _wrapping(environ, term)
    name = _name(environ, term)
    way, is_sure = _WAYS.get(name, (Way.BELL, True))
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
    # a TERM of "screen" from another machine may be tmux: it drops what is wrapped for screen, and shows nothing
    return Wrapping.SCREEN if environ.get("STY") or term.startswith("screen") else Wrapping.NONE


def _name(environ: Mapping[str, str], term: str) -> _Name:
    for beginning, name in _BY_TERM.items():
        if term.startswith(beginning):
            return name
    program = environ.get("TERM_PROGRAM", "")
    # a terminal started from another one inherits the other's variables, but not this one
    if program and program != "tmux":
        return _BY_PROGRAM.get(program, _Name.OTHER)
    if environ.get("LC_TERMINAL") == "iTerm2":
        return _Name.ITERM
    if environ.get("ConEmuANSI") == "ON":
        return _Name.CONEMU
    return next((name for variable, name in _BY_VARIABLE.items() if environ.get(variable)), _Name.OTHER)


def _has_progress(environ: Mapping[str, str], name: _Name, wrapping: Wrapping) -> bool:
    if wrapping is not Wrapping.NONE:
        # tmux passes progress on by itself from 3.7, to terminals that know it, and before that drops it
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
            # versions are dates, 20240203-110809-5046fc22 the last stable one without it
            return _numbers(version) >= (20250301,)
        case _Name.KONSOLE:
            return _numbers(environ.get("KONSOLE_VERSION", "")) >= (260400,)
        case _Name.VTE:
            return _numbers(environ.get("VTE_VERSION", "")) >= (8000,)
        case _:
            # kitty knows it from 0.47, does not tell its version, and before 0.38 shows notices
            return False


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version; none of one that is no version."""
    match = re.match(r"\d{1,9}(?:\.\d{1,9})*", version)
    return tuple(map(int, match[0].split("."))) if match else ()


_SIXEL_TERMINALS = {"wezterm", "iterm.app", "mintty", "rio", "konsole"}
_KITTY_TERMINALS = {"xterm-kitty", "xterm-ghostty"}


class PictureProtocol(StrEnum):
    """How a picture is drawn; the value is what `TVTUI_PICTURES` may name."""

    KITTY = "kitty"
    SIXEL = "sixel"
    BLOCKS = "blocks"


def picture_protocol(environ: Mapping[str, str]) -> PictureProtocol:
    """How the terminal shows pictures, by what it says of itself in the environment.

    The terminal is not asked: its answer would come in between the keys, where a terminal that gives none keeps one
    waiting and eats a key. Half blocks are for all that are not known, and for tmux and screen, which stand between.
    `TVTUI_PICTURES` overrules it all.
    """
    forced = environ.get("TVTUI_PICTURES", "").casefold()
    if forced in set(PictureProtocol):
        return PictureProtocol(forced)
    # kitty's placeholders carry a number in their colour, which is taken from them where there are to be no colours
    if any(environ.get(name) for name in ("TMUX", "STY", "NO_COLOR")):
        return PictureProtocol.BLOCKS
    term = environ.get("TERM", "").casefold()
    if term in _KITTY_TERMINALS:
        return PictureProtocol.KITTY
    program = environ.get("TERM_PROGRAM", "").casefold()
    if program in _SIXEL_TERMINALS or term.startswith(("foot", "mlterm", "contour")) or "KONSOLE_VERSION" in environ:
        return PictureProtocol.SIXEL
    return PictureProtocol.BLOCKS
