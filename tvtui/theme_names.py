"""The names of all themes, known without Textual so that a wrong one is told before anything heavy is imported."""

from __future__ import annotations

DEFAULT = "tvtui"

OWN = (DEFAULT, "tvtui-light", "tvtui-safe", "ansi-dark", "ansi-light")
"""Those that this project looks after; `tvtui.themes` defines them."""

THEMES = (
    *OWN,
    "atom-one-dark",
    "atom-one-light",
    "catppuccin-frappe",
    "catppuccin-latte",
    "catppuccin-macchiato",
    "catppuccin-mocha",
    "dracula",
    "flexoki",
    "gruvbox",
    "monokai",
    "nord",
    "rose-pine",
    "rose-pine-dawn",
    "rose-pine-moon",
    "solarized-dark",
    "solarized-light",
    "textual-dark",
    "textual-light",
    "tokyo-night",
)
"""Ours, then those that come with Textual."""
