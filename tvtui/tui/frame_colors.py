"""The colors that the first frame needs of each theme, which must not import Textual; `themes` is built on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class FrameColors(NamedTuple):
    """Colors of a theme, as `#rrggbb`.

    Attributes:
        background: Behind everything.
        foreground: Text.
        muted: How much of the foreground explanations have, in percent.
        border: The border of the pane with the focus.
        border_blurred: The borders of the others.
    """

    background: str
    foreground: str
    muted: int
    border: str
    border_blurred: str


DARK = FrameColors("#10141a", "#d7dce2", 73, border="#6ea8fe", border_blurred="#333c48")
LIGHT = FrameColors("#f8f9fb", "#1f2328", 82, border="#0a4fad", border_blurred="#c9d1da")
SAFE = DARK._replace(border="#c3ccd8")

FRAME_COLORS: Mapping[str, FrameColors] = {"tvtui": DARK, "tvtui-light": LIGHT, "tvtui-safe": SAFE}
"""By the name of the theme; the others have the terminal's colors, or are known to Textual only."""


def theme_for(*, is_light: bool | None) -> str:
    """The theme for a terminal whose background is light, dark or unknown, if the user has chosen none."""
    return "tvtui-light" if is_light else "tvtui"
