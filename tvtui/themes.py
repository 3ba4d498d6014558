"""The colours: calm grounds, and full colour only for what needs the eye."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="tvtui",
    primary="#6ea8fe",
    secondary="#b197fc",
    accent="#5fd7d7",
    success="#7bc77e",
    warning="#e3b341",
    error="#ff7b72",
    foreground="#d7dce2",
    background="#10141a",
    surface="#151a21",
    panel="#1c222b",
    dark=True,
    variables={
        "border": "#6ea8fe",
        "border-blurred": "#333c48",
        "block-cursor-text-style": "none",
    },
)
