"""Recognizing terminals by their environment."""

from __future__ import annotations

import pytest

from tvtui.settings.values import NotifyStyle
from tvtui.terminal.detect import PictureProtocol, TerminalKind, Wrapping, may_be_asked, picture_support, recognize
from tvtui.terminal.query import Answers

XTERM = {"TERM": "xterm-256color"}
TMUX = {"TERM": "tmux-256color", "TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "3.5a", "TMUX": "/run/tmux,1,0"}
SCREEN = {"TERM": "screen.xterm-256color", "STY": "1.pts-0.host"}


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({}, TerminalKind()),
        (XTERM, TerminalKind()),
        ({**XTERM, "TERM_PROGRAM": "Apple_Terminal"}, TerminalKind()),
        ({"TERM": "alacritty"}, TerminalKind()),
        ({"TERM": "linux"}, TerminalKind(has_title=False)),
        ({"TERM": "vt220"}, TerminalKind(has_title=False)),
        ({"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}, TerminalKind(NotifyStyle.OSC99)),
        ({**XTERM, "TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.5.14"}, TerminalKind(NotifyStyle.OSC9)),
        (
            {**XTERM, "TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.6.6"},
            TerminalKind(NotifyStyle.OSC9, has_progress=True),
        ),
        (
            {**XTERM, "LC_TERMINAL": "iTerm2", "LC_TERMINAL_VERSION": "3.10.0"},
            TerminalKind(NotifyStyle.OSC9, has_progress=True),
        ),
        (
            {"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": "1.0.1"},
            TerminalKind(NotifyStyle.OSC9),
        ),
        (
            {"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": "1.3.0-main+abc"},
            TerminalKind(NotifyStyle.OSC9, has_progress=True, forgets_progress=True),
        ),
        # over ssh only TERM is passed on
        ({"TERM": "xterm-ghostty"}, TerminalKind(NotifyStyle.OSC9)),
        (
            {**XTERM, "TERM_PROGRAM": "WezTerm", "TERM_PROGRAM_VERSION": "20240203-110809-5046fc22"},
            TerminalKind(NotifyStyle.OSC9),
        ),
        (
            {**XTERM, "TERM_PROGRAM": "WezTerm", "TERM_PROGRAM_VERSION": "20260331-040028-577474d8"},
            TerminalKind(NotifyStyle.OSC9, has_progress=True),
        ),
        ({**XTERM, "TERM_PROGRAM": "WarpTerminal"}, TerminalKind(NotifyStyle.OSC9)),
        ({"TERM": "foot"}, TerminalKind(NotifyStyle.OSC777)),
        ({"TERM": "rxvt-unicode-256color"}, TerminalKind(NotifyStyle.OSC777, is_sure=False)),
        ({**XTERM, "KONSOLE_VERSION": "230804"}, TerminalKind(NotifyStyle.OSC777)),
        ({**XTERM, "KONSOLE_VERSION": "260400"}, TerminalKind(NotifyStyle.OSC777, has_progress=True)),
        ({**XTERM, "VTE_VERSION": "7600"}, TerminalKind(NotifyStyle.OSC777, is_sure=False)),
        ({**XTERM, "VTE_VERSION": "8002"}, TerminalKind(NotifyStyle.OSC777, is_sure=False, has_progress=True)),
        ({"WT_SESSION": "c0ffee"}, TerminalKind(has_progress=True)),
        ({"ConEmuANSI": "ON"}, TerminalKind(has_progress=True)),
        ({**XTERM, "TERM_PROGRAM": "vscode"}, TerminalKind(has_progress=True)),
        # started from kitty, iTerm2 or a VTE terminal, whose variables are inherited
        ({**XTERM, "TERM_PROGRAM": "vscode", "KITTY_WINDOW_ID": "1"}, TerminalKind(has_progress=True)),
        ({"TERM": "xterm-kitty", "TERM_PROGRAM": "iTerm.app", "VTE_VERSION": "8000"}, TerminalKind(NotifyStyle.OSC99)),
        (TMUX, TerminalKind(is_sure=False, wrapping=Wrapping.TMUX, has_progress=True)),
        (
            {**TMUX, "KITTY_WINDOW_ID": "1"},
            TerminalKind(NotifyStyle.OSC99, is_sure=False, wrapping=Wrapping.TMUX, has_progress=True),
        ),
        (
            {**TMUX, "LC_TERMINAL": "iTerm2"},
            TerminalKind(NotifyStyle.OSC9, is_sure=False, wrapping=Wrapping.TMUX, has_progress=True),
        ),
        (SCREEN, TerminalKind(is_sure=False, wrapping=Wrapping.SCREEN)),
        (
            {**SCREEN, "TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.6.6"},
            TerminalKind(NotifyStyle.OSC9, is_sure=False, wrapping=Wrapping.SCREEN),
        ),
    ],
)
def test_capabilities(environ: dict[str, str], kind: TerminalKind) -> None:
    assert recognize(environ) == kind


@pytest.mark.parametrize("version", ["", "x", "nightly", "1", "9" * 5000])
def test_an_invalid_version_counts_as_an_old_one(version: str) -> None:
    environ = {"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": version}
    assert recognize(environ).has_progress is version.startswith("9")


@pytest.mark.parametrize(
    ("environ", "protocol"),
    [
        ({"TERM": "xterm-256color"}, PictureProtocol.BLOCKS),
        ({"TERM": "linux"}, PictureProtocol.BLOCKS),
        ({}, PictureProtocol.BLOCKS),
        ({"TERM": "xterm-kitty"}, PictureProtocol.KITTY),
        ({"TERM": "xterm-ghostty"}, PictureProtocol.KITTY),
        ({"TERM": "xterm-kitty", "NO_COLOR": "1"}, PictureProtocol.BLOCKS),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, PictureProtocol.SIXEL),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, PictureProtocol.SIXEL),
        ({"TERM": "foot-extra"}, PictureProtocol.SIXEL),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "230804"}, PictureProtocol.SIXEL),
        ({"TERM": "alacritty", "KITTY_WINDOW_ID": "1"}, PictureProtocol.BLOCKS),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal", "KONSOLE_VERSION": "1"}, PictureProtocol.BLOCKS),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux-0/default,1,0"}, PictureProtocol.BLOCKS),
        ({"TERM": "screen", "STY": "1.pts-0", "TERM_PROGRAM": "WezTerm"}, PictureProtocol.BLOCKS),
        ({"TERM": "xterm-256color", "TVTUI_PICTURES": "Sixel"}, PictureProtocol.SIXEL),
        ({"TERM": "xterm-kitty", "TVTUI_PICTURES": "blocks"}, PictureProtocol.BLOCKS),
        ({"TERM": "tmux", "TMUX": "x", "TVTUI_PICTURES": "kitty"}, PictureProtocol.KITTY),
        ({"TERM": "xterm-kitty", "TVTUI_PICTURES": "braille"}, PictureProtocol.KITTY),
    ],
)
def test_pictures_use_the_protocol_of_the_terminal(environ: dict[str, str], protocol: PictureProtocol) -> None:
    assert picture_support(environ, Answers()).protocol is protocol


@pytest.mark.parametrize(
    ("environ", "name", "attributes", "protocol"),
    [
        (XTERM, "XTerm(379)", {63, 4}, PictureProtocol.SIXEL),
        (XTERM, "XTerm(379)", {64, 22}, PictureProtocol.BLOCKS),
        # kitty's placeholders came with 0.28
        ({"TERM": "xterm-kitty"}, "kitty(0.26.5)", {62}, PictureProtocol.BLOCKS),
        ({"TERM": "xterm-kitty"}, "kitty(0.28.0)", {62}, PictureProtocol.KITTY),
        ({"TERM": "xterm-kitty"}, "", {62}, PictureProtocol.BLOCKS),
        # over ssh, with another TERM
        (XTERM, "kitty(0.42.1)", {62}, PictureProtocol.KITTY),
        (XTERM, "ghostty 1.2.3", {62, 22}, PictureProtocol.KITTY),
        ({"TERM": "xterm-ghostty"}, "", {62, 22}, PictureProtocol.KITTY),
        ({**XTERM, "TERM_PROGRAM": "WezTerm"}, "WezTerm 20240203", {65, 4}, PictureProtocol.SIXEL),
        # before it had sixels
        ({**XTERM, "KONSOLE_VERSION": "200400"}, "", {62, 1}, PictureProtocol.BLOCKS),
        ({**XTERM, "NO_COLOR": "1"}, "XTerm(379)", {63, 4}, PictureProtocol.BLOCKS),
        ({**XTERM, "TVTUI_PICTURES": "kitty"}, "XTerm(379)", {63, 4}, PictureProtocol.KITTY),
        (TMUX, "", {1, 4}, PictureProtocol.BLOCKS),
    ],
)
def test_what_the_terminal_answers_decides_on_pictures(
    environ: dict[str, str], name: str, attributes: set[int], protocol: PictureProtocol
) -> None:
    assert picture_support(environ, Answers(name, frozenset(attributes))).protocol is protocol


def test_the_limits_of_sixels_are_as_the_terminal_says() -> None:
    support = picture_support(XTERM, Answers(cell=(8, 17), sixel_colors=16, largest_sixels=(1000, 800)))
    assert (support.cell, support.colors, support.largest) == ((8, 17), 16, (1000, 800))
    assert picture_support(XTERM, Answers(sixel_colors=65_536)).colors == 256
    assert picture_support(XTERM, Answers()).cell == (10, 20)


@pytest.mark.parametrize(
    ("environ", "may_be"),
    [
        (XTERM, True),
        ({"TERM": "xterm-kitty"}, True),
        (TMUX, False),
        (SCREEN, False),
        ({"TERM": "linux"}, False),
        ({"TERM": "dumb"}, False),
        ({}, False),
        ({**XTERM, "TERM_PROGRAM": "Apple_Terminal"}, False),
    ],
)
def test_terminals_that_would_print_a_question_are_not_asked(environ: dict[str, str], may_be: bool) -> None:
    assert may_be_asked(environ) is may_be
