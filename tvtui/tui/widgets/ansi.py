"""Colours of foreign text: SGR sequences of a cleaned block become styles of the theme."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from rich.ansi import AnsiDecoder
from rich.color import ColorType
from rich.style import Style as RichStyle
from textual.color import Color
from textual.content import Content, Span
from textual.style import Style

PALETTE = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "grey")
"""The names of the theme's colours, in the order of SGR 30 to 37, then 90."""


def styled_lines(text: str) -> list[Content]:
    """Split a cleaned block into lines with styles instead of SGR sequences.

    Args:
        text: A block from `tvtui.text.clean.clean_block`: newlines, tabs and SGR are its only control characters.

    Returns:
        Lines whose spans hold a `Style`, or a name of `PALETTE` for a colour that depends on the theme.
    """
    decoder = AnsiDecoder()
    return [_content(line, decoder).expand_tabs() for line in text.split("\n")]


def _content(line: str, decoder: AnsiDecoder) -> Content:
    if "\x1b" not in line and not decoder.style:
        return Content(line)
    text = decoder.decode_line(line)
    spans: list[Span] = []
    for start, end, style in text.spans:
        if isinstance(style, RichStyle):
            spans += [Span(start, end, part) for part in _styles(style)]
    return Content(text.plain, spans)


@lru_cache(maxsize=256)
def _styles(style: RichStyle) -> tuple[Style | str, ...]:
    return tuple(_parts(style))


def _parts(style: RichStyle) -> Iterator[Style | str]:
    colour, ground = style.color, style.bgcolor
    if colour is not None and not colour.is_default:
        if colour.type is ColorType.STANDARD and colour.number is not None:
            yield PALETTE[8 if colour.number == 8 else colour.number % 8]
        else:
            yield Style(foreground=Color.from_rich_color(colour))
    elif style.dim:
        # the theme knows how far text can be dimmed and still be read
        yield "grey"
    yield Style(
        background=None if ground is None or ground.is_default else Color.from_rich_color(ground),
        bold=style.bold,
        dim=style.dim if colour is not None and not colour.is_default else None,
        italic=style.italic,
        underline=style.underline,
        reverse=style.reverse,
        strike=style.strike,
    )
