"""Colour of foreign text: SGR sequences of a cleaned block become styles of the theme."""

from __future__ import annotations

from collections.abc import Callable

from rich.ansi import AnsiDecoder
from rich.color import ColorType
from rich.style import Style as RichStyle
from rich.text import Text
from textual.color import Color
from textual.content import Content, Span
from textual.style import Style

from tvtui.text import plain

PALETTE = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "grey")
"""The names under which the theme's own colours are asked for, in the order of SGR 30 to 37, then 90."""

_COLOURED_UP_TO = 200_000
"""Characters. Above that (the service trims far below) text is shown without colour: decoding costs 30 µs a line."""


def styled_lines(text: str, style_of: Callable[[str], Style]) -> list[Content]:
    """Split a cleaned block into lines whose colours are styles.

    Args:
        text: A block as `tvtui.text.clean_block` leaves it: newlines, tabs and SGR, no other control.
        style_of: Gives the theme's style for a name of `PALETTE`.
    """
    if len(text) > _COLOURED_UP_TO:
        return [Content(line).expand_tabs() for line in plain(text).split("\n")]
    decoder = AnsiDecoder()
    return [_content(decoder.decode_line(line), style_of).expand_tabs() for line in text.split("\n")]


def _content(text: Text, style_of: Callable[[str], Style]) -> Content:
    spans = [
        Span(span.start, span.end, _style(span.style, style_of))
        for span in text.spans
        if isinstance(span.style, RichStyle)
    ]
    return Content(text.plain, spans)


def _style(style: RichStyle, style_of: Callable[[str], Style]) -> Style:
    themed = Style(
        bold=style.bold,
        dim=style.dim,
        italic=style.italic,
        underline=style.underline,
        reverse=style.reverse,
        strike=style.strike,
    )
    if style.color is not None and not style.color.is_default:
        number = style.color.number
        if style.color.type is ColorType.STANDARD and number is not None:
            themed += style_of(PALETTE[8 if number == 8 else number % 8])
        else:
            themed += Style(foreground=Color.from_rich_color(style.color))
    if style.bgcolor is not None and not style.bgcolor.is_default:
        themed += Style(background=Color.from_rich_color(style.bgcolor))
    return themed
