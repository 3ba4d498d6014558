"""Keys of keyboard layouts with other letters, which do what the key at the same place of a US keyboard does."""

from __future__ import annotations

import re
from collections.abc import Mapping

from textual import events
from textual.app import App
from textual.events import Event
from textual.widgets import Input

ALTERNATES = re.compile(
    r"\x1b\[(?P<code>\d{1,7}):\d*(?::(?P<base>\d{1,7}))?(?P<rest>(?:;(?P<modifiers>\d*)[\d:]*)?(?:;(?P<text>[\d:]*))?)"
    r"(?P<end>[u~A-HPQRS])"
)
"""A key in kitty's protocol with what it is when shifted, and on a US keyboard: "т" is `CSI 1090::110;1;1090u`."""

_SHIFT, _CAPS_LOCK = 1, 64


class Key(events.Key):
    """A key that types a letter which is not ASCII.

    It has the name of Textual's class, as that decides which methods handle it.

    Attributes:
        base: What the same key is on a US keyboard.
    """

    def __init__(self, key: str, character: str | None, base: events.Key) -> None:
        super().__init__(key, character)
        self.base = base


def on_us_keyboard(found: re.Match[str]) -> str:
    """What the terminal would have sent for a key of a US keyboard; "" if it is the same, or unknown."""
    base = int(found["base"] or 0)
    if int(found["code"]) < 128 or not 32 < base < 127 or found["end"] != "u":
        return ""
    modifiers = int(found["modifiers"] or 1) - 1
    is_upper = bool(modifiers & _SHIFT) is not bool(modifiers & _CAPS_LOCK)
    text = chr(base).upper() if is_upper else chr(base)
    typed = f";{ord(text)}" if found["text"] else ""
    return f"\x1b[{base};{modifiers + 1}{typed}u"


def translate(event: Event, app: App[None], keymap: Mapping[str, str]) -> None:
    """Make a key the one of a US keyboard, unless it types a letter here or is one of the user's own keys."""
    if not isinstance(event, Key) or event.is_forwarded or (event.is_printable and isinstance(app.focused, Input)):
        return
    if not any(event.key in keys.split(",") for keys in keymap.values()):
        event.key, event.character = event.base.key, event.base.character


def base_key(event: events.Key) -> str:
    """The name of a key as on a US keyboard."""
    return event.base.key if isinstance(event, Key) else event.key
