"""Recognizing the terminal by its environment and its answers, and what it can do; pure.

No other module reads such variables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

from tvtui.settings.values import NotifyStyle

if TYPE_CHECKING:
    from tvtui.terminal.query import Answers


class Wrapping(Enum):
    """A multiplexer between the program and the terminal; it passes on only what is wrapped for it."""

    NONE = ""
    TMUX = "tmux"
    SCREEN = "screen"


class TerminalKind(NamedTuple):
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


class PictureProtocol(StrEnum):
    """How pictures are drawn; the values are those of `TVTUI_PICTURES`."""

    KITTY = "kitty"
    SIXEL = "sixel"
    BLOCKS = "blocks"


class _Terminal(NamedTuple):
    """A terminal program.

    Attributes:
        way: How it shows notifications.
        is_sure: Whether all its versions and builds do.
        pictures: How it shows pictures.
        progress_since: The first version that shows progress, () for all; None if no version does or it is not known.
        version: The variable with its version, if not `TERM_PROGRAM_VERSION` or `LC_TERMINAL_VERSION`.
        forgets_progress: Whether it removes progress that is not repeated.
        takes_copies: Whether all its versions copy what OSC 52 has, without being configured to.
    """

    way: NotifyStyle = NotifyStyle.BELL
    is_sure: bool = True
    pictures: PictureProtocol = PictureProtocol.BLOCKS
    progress_since: tuple[int, ...] | None = None
    version: str = ""
    forgets_progress: bool = False
    takes_copies: bool = False


_ALACRITTY = _Terminal(takes_copies=True)
_CONEMU = _Terminal(progress_since=())
_CONTOUR = _Terminal(pictures=PictureProtocol.SIXEL)
_FOOT = _Terminal(NotifyStyle.OSC777, pictures=PictureProtocol.SIXEL, takes_copies=True)
_GHOSTTY = _Terminal(
    NotifyStyle.OSC9,
    pictures=PictureProtocol.KITTY,
    progress_since=(1, 2),
    forgets_progress=True,
    takes_copies=True,
)
_ITERM = _Terminal(NotifyStyle.OSC9, pictures=PictureProtocol.SIXEL, progress_since=(3, 6, 6))
# supports progress since 0.47, does not reveal its version, and shows notifications before 0.38
_KITTY = _Terminal(NotifyStyle.OSC99, pictures=PictureProtocol.KITTY, takes_copies=True)
_KONSOLE = _Terminal(
    NotifyStyle.OSC777, pictures=PictureProtocol.SIXEL, progress_since=(260400,), version="KONSOLE_VERSION"
)
_MINTTY = _Terminal(pictures=PictureProtocol.SIXEL, progress_since=())
_MLTERM = _Terminal(pictures=PictureProtocol.SIXEL)
_RIO = _Terminal(pictures=PictureProtocol.SIXEL)
# notifications need an extension
_URXVT = _Terminal(NotifyStyle.OSC777, is_sure=False)
_VSCODE = _Terminal(progress_since=())
# notifications need a patch that only some distributions have
_VTE = _Terminal(NotifyStyle.OSC777, is_sure=False, progress_since=(8000,), version="VTE_VERSION")
_WARP = _Terminal(NotifyStyle.OSC9)
# versions are dates; 20240203-110809-5046fc22 is the last stable one without progress
_WEZTERM = _Terminal(NotifyStyle.OSC9, pictures=PictureProtocol.SIXEL, progress_since=(20250301,), takes_copies=True)
# supports OSC 777 only since 2026, does not reveal its version, and uses OSC 9 for other things
_WINDOWS = _Terminal(progress_since=(), takes_copies=True)

_KITTY_WITH_PLACEHOLDERS = (0, 28)
_SIXELS = 4
"""The attribute of terminals that show sixels."""

_BY_TERM = {
    "xterm-kitty": _KITTY,
    "xterm-ghostty": _GHOSTTY,
    "ghostty": _GHOSTTY,
    "foot": _FOOT,
    "alacritty": _ALACRITTY,
    "mlterm": _MLTERM,
    "contour": _CONTOUR,
    "rxvt-unicode": _URXVT,
    "wezterm": _WEZTERM,
    "konsole": _KONSOLE,
}
"""By the start of TERM, which is passed on to other machines; each of these terminals sets its own."""

_BY_PROGRAM = {
    "iTerm.app": _ITERM,
    "ghostty": _GHOSTTY,
    "WezTerm": _WEZTERM,
    "WarpTerminal": _WARP,
    "vscode": _VSCODE,
    "mintty": _MINTTY,
    "rio": _RIO,
}

_BY_VARIABLE = {
    "WT_SESSION": _WINDOWS,
    "KONSOLE_VERSION": _KONSOLE,
    "VTE_VERSION": _VTE,
    "GHOSTTY_RESOURCES_DIR": _GHOSTTY,
    "WEZTERM_EXECUTABLE": _WEZTERM,
    "ITERM_SESSION_ID": _ITERM,
    "KITTY_WINDOW_ID": _KITTY,
}
"""For terminals that set no TERM_PROGRAM, and inside tmux and screen; the most reliable first."""

_WITHOUT_TITLE = re.compile(r"linux|vt\d|cons25|eterm|dumb")
"""Consoles that print unknown OSC sequences on the screen, by the start of TERM."""


def recognize(environ: Mapping[str, str]) -> TerminalKind:
    """Recognize the terminal by the environment.

    Inside tmux and screen the result is a guess: the variables are those from the start of the tmux server, and tmux
    passes notifications on only with `allow-passthrough`.
    """
    term = environ.get("TERM", "")
    wrapping = _wrapping(environ, term)
    terminal = _terminal(environ, term)
    has_progress = _has_progress(environ, terminal, wrapping)
    return TerminalKind(
        way=terminal.way,
        is_sure=terminal.is_sure and wrapping is Wrapping.NONE,
        wrapping=wrapping,
        has_title=_WITHOUT_TITLE.match(term) is None,
        has_progress=has_progress,
        forgets_progress=has_progress and terminal.forgets_progress,
    )


def _wrapping(environ: Mapping[str, str], term: str) -> Wrapping:
    if environ.get("TMUX") or term.startswith("tmux"):
        return Wrapping.TMUX
    # over ssh, TERM "screen" may also mean tmux, which drops what is wrapped for screen without showing it
    return Wrapping.SCREEN if environ.get("STY") or term.startswith("screen") else Wrapping.NONE


def _terminal(environ: Mapping[str, str], term: str) -> _Terminal:
    own = _own_terminal(environ, term)
    if own is not None:
        return own
    if environ.get("LC_TERMINAL") == "iTerm2":
        return _ITERM
    if environ.get("ConEmuANSI") == "ON":
        return _CONEMU
    return next((terminal for variable, terminal in _BY_VARIABLE.items() if environ.get(variable)), _Terminal())


def _own_terminal(environ: Mapping[str, str], term: str) -> _Terminal | None:
    """The terminal by TERM or TERM_PROGRAM, which one that was started from another does not inherit."""
    for start, terminal in _BY_TERM.items():
        if term.startswith(start):
            return terminal
    program = environ.get("TERM_PROGRAM", "")
    return _BY_PROGRAM.get(program, _Terminal()) if program and program != "tmux" else None


def _has_progress(environ: Mapping[str, str], terminal: _Terminal, wrapping: Wrapping) -> bool:
    if wrapping is not Wrapping.NONE:
        # tmux passes progress on since 3.7, to terminals that support it, and drops it before
        return wrapping is Wrapping.TMUX
    version = environ.get("TERM_PROGRAM_VERSION") or environ.get("LC_TERMINAL_VERSION", "")
    if terminal.version:
        version = environ.get(terminal.version, "")
    return terminal.progress_since is not None and _numbers(version) >= terminal.progress_since


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version; empty if there are none."""
    match = re.match(r"\d{1,9}(?:\.\d{1,9})*", version)
    return tuple(map(int, match[0].split("."))) if match else ()


def identifying_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """What says which terminal this is, and which version, by variable; only those that are set."""
    variables = {"TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "COLORTERM", "LC_TERMINAL", "LC_TERMINAL_VERSION"}
    variables |= {terminal.version for terminal in _BY_VARIABLE.values() if terminal.version}
    return {name: environ[name] for name in sorted(variables) if environ.get(name)}


def is_dumb(environ: Mapping[str, str]) -> bool:
    """Whether the terminal cannot move its cursor, as inside Emacs and some IDEs."""
    return environ.get("TERM") == "dumb"


_BY_NAME = {"kitty": _KITTY, "ghostty": _GHOSTTY, "foot": _FOOT, "WezTerm": _WEZTERM}
"""By the start of the name that a terminal gives itself."""


def takes_copies(environ: Mapping[str, str], answers: Answers) -> bool:
    """Whether the terminal is known to copy what OSC 52 has; a terminal outside of tmux or screen is not known."""
    term = environ.get("TERM", "")
    if _wrapping(environ, term) is not Wrapping.NONE:
        return False
    named = next((each for name, each in _BY_NAME.items() if answers.name.startswith(name)), None)
    return (named or _terminal(environ, term)).takes_copies


def is_remote(environ: Mapping[str, str]) -> bool:
    """Whether the terminal belongs to another machine."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def may_be_asked(environ: Mapping[str, str]) -> bool:
    """Whether to ask this terminal about itself.

    tmux and screen would answer for themselves, and consoles and Terminal.app print what they do not know.
    """
    term = environ.get("TERM", "")
    is_printing = not term or _WITHOUT_TITLE.match(term) or environ.get("TERM_PROGRAM") == "Apple_Terminal"
    return _wrapping(environ, term) is Wrapping.NONE and not is_printing


class PictureSupport(NamedTuple):
    """How a terminal shows pictures.

    Attributes:
        protocol: How they are drawn.
        cell: The width and height of a cell in pixels, unless the operating system knows better.
        colors: The number of colors that sixels can have.
        largest: The largest width and height in pixels of sixels; None: unlimited, as far as is known.
    """

    protocol: PictureProtocol
    cell: tuple[int, int] = (10, 20)
    colors: int = 256
    largest: tuple[int, int] | None = None


HALF_BLOCKS = PictureSupport(PictureProtocol.BLOCKS)


def picture_support(environ: Mapping[str, str], answers: Answers) -> PictureSupport:
    """How the terminal shows pictures, by its environment and by what it has answered."""
    return PictureSupport(
        _picture_protocol(environ, answers),
        cell=answers.cell or (10, 20),
        colors=min(256, answers.sixel_colors or 256),
        largest=answers.largest_sixels,
    )


def _picture_protocol(environ: Mapping[str, str], answers: Answers) -> PictureProtocol:
    """`TVTUI_PICTURES` takes precedence; tmux, screen and unknown terminals that do not answer get half blocks."""
    forced = environ.get("TVTUI_PICTURES", "").casefold()
    if forced in set(PictureProtocol):
        return PictureProtocol(forced)
    term = environ.get("TERM", "")
    # kitty's placeholders encode a number in their colour, which NO_COLOR removes
    if environ.get("NO_COLOR") or _wrapping(environ, term) is not Wrapping.NONE:
        return PictureProtocol.BLOCKS
    terminal = _own_terminal(environ, term) or (_KONSOLE if environ.get("KONSOLE_VERSION") else _Terminal())
    if not answers.attributes:
        return terminal.pictures
    if kitty := re.match(r"kitty\((.+)\)", answers.name):
        return PictureProtocol.KITTY if _numbers(kitty[1]) >= _KITTY_WITH_PLACEHOLDERS else PictureProtocol.BLOCKS
    if terminal is _GHOSTTY or answers.name.startswith("ghostty"):
        return PictureProtocol.KITTY
    return PictureProtocol.SIXEL if _SIXELS in answers.attributes else PictureProtocol.BLOCKS
