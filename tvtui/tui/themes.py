"""The colours: calm backgrounds, and full colour only for what needs attention.

Contrast and colour-blind sight are measured in `tests/tui/test_themes.py`.
"""

from __future__ import annotations

from dataclasses import replace

from textual.theme import BUILTIN_THEMES, Theme

from tvtui.tui import frame_colors
from tvtui.tui.frame_colors import FrameColors

# Textual's own greys for disabled text, which it also uses for explanations, have too little contrast
_READABLE = {"text-disabled": "auto 68%", "block-cursor-text-style": "none"}


def _variables(colors: FrameColors) -> dict[str, str]:
    return {
        "border": colors.border,
        "border-blurred": colors.border_blurred,
        "foreground-muted": f"{colors.foreground} {colors.muted}%",
    }


DARK = Theme(
    name="tvtui",
    primary="#6ea8fe",
    secondary="#b197fc",
    accent="#5fd7d7",
    success="#7bc77e",
    warning="#e3b341",
    error="#ff7b72",
    foreground=frame_colors.DARK.foreground,
    background=frame_colors.DARK.background,
    surface="#151a21",
    panel="#1c222b",
    dark=True,
    variables=_READABLE
    | _variables(frame_colors.DARK)
    | {
        "primary-muted": "#283a54",
        "block-cursor-blurred-background": "#6ea8fe 22%",
        "scrollbar": "#4a6389",
        "scrollbar-background": "#10141a",
    },
)

LIGHT = Theme(
    name="tvtui-light",
    primary="#0b63ce",
    secondary="#7a4fd0",
    accent="#0b7285",
    success="#1a7f37",
    warning="#9a6700",
    error="#cf222e",
    foreground=frame_colors.LIGHT.foreground,
    background=frame_colors.LIGHT.background,
    surface="#f0f2f5",
    panel="#e6eaef",
    dark=False,
    variables=_READABLE
    | _variables(frame_colors.LIGHT)
    | {
        "primary-muted": "#c3d8f2",
        "block-cursor-blurred-background": "#0b63ce 12%",
        "scrollbar": "#7b8da3",
        "scrollbar-background": "#f8f9fb",
    },
)

# Blue for passed and orange for failed: the pair that stays distinct with every kind of colour blindness. Everything
# else is silver, flaky tests are almost white, and other outcomes a grey between them.
SAFE = replace(
    DARK,
    name="tvtui-safe",
    primary="#aab6c6",
    secondary="#c3b5e8",
    accent="#d9c8ff",
    success="#2472ff",
    warning="#fbf8d8",
    error="#ff7a0a",
    variables=DARK.variables
    | _variables(frame_colors.SAFE)
    | {
        "primary-muted": "#303740",
        "warning-muted": "#32332d",
        "text-secondary": "#a6a6a6",
        "block-cursor-blurred-background": "#aab6c6 20%",
        "scrollbar": "#657286",
    },
)

# The terminal's own sixteen colours. Three of Textual's choices among them are unreliable: plain blue is close to black
# in many dark palettes, bright red is hard to distinguish from red, and a black border is invisible.
ANSI_DARK = replace(
    BUILTIN_THEMES["ansi-dark"],
    primary="ansi_bright_blue",
    variables=BUILTIN_THEMES["ansi-dark"].variables
    | {"border": "ansi_bright_blue", "border-blurred": "ansi_bright_black"},
)
ANSI_LIGHT = replace(BUILTIN_THEMES["ansi-light"], warning="ansi_magenta", accent="ansi_cyan")

THEMES = (DARK, LIGHT, SAFE, ANSI_DARK, ANSI_LIGHT)
