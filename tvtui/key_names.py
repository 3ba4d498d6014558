"""How keys are written for the user, and which of them only move."""

from __future__ import annotations

from textual.keys import format_key

_MOVES = {"up", "down", "left", "right", "page_up", "page_down", "first", "last", "top", "end"}
"""The last words of ids of what moves or scrolls, which need not be told one by one."""


def key_name(key: str) -> str:
    """A key as it is written in the README and in `config.toml`: `?`, `↑`, `ctrl+n`, `pageup`."""
    *modifiers, name = key.strip().split("+")
    shown = format_key(name)
    is_character = len(shown) == 1 and name != "enter"
    return "+".join([*modifiers, shown if is_character else name])


def is_move(binding_id: str) -> bool:
    """Whether a binding moves or scrolls, and does nothing else."""
    return binding_id.rpartition(".")[2] in _MOVES
