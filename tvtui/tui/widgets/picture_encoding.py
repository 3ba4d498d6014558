"""A picture as lines of a terminal: half blocks, kitty's placeholders or sixels; made in a thread, as all take long.

textual-image encodes the two protocols. What it does besides is kept from happening: when it is imported it asks the
terminal what it can do, and its answers would be taken for keys where Textual reads them; and it writes to the terminal
by itself, in the midst of what Textual writes.
"""

from __future__ import annotations

import io
import logging
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NoReturn

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.strip import Strip

from tvtui.artifacts.pictures import Cells, Picture
from tvtui.terminal.detect import PictureProtocol

if TYPE_CHECKING:
    from PIL.Image import Image
    from textual_image.renderable.tgp import Image as Kitty


_CHUNK = 4096
"""Characters of a picture that kitty takes in one sequence."""

_MOST_PLACEHOLDERS = 250
"""Rows and columns that kitty's placeholders can count."""

_FIRST_ID = secrets.randbelow(2**30) + 1
"""Kitty knows pictures by number, those of other programs too; each place of ours on the screen has one for good."""


@dataclass(frozen=True)
class Art:
    """What a picture looks like.

    Attributes:
        strips: Lines of `cells`.
        cells: The size.
        sent: What the terminal is sent with the lines; it takes the place of what was sent for the same place before.
        sixels: What is drawn over the (blank) lines, from their upper left cell on.
    """

    strips: tuple[Strip, ...]
    cells: Cells
    sent: str = ""
    sixels: str = ""


def draw(picture: Picture, room: Cells, protocol: PictureProtocol, place: int = 0) -> Art:
    """Draw a picture as large as it fits.

    Args:
        picture: What to draw.
        room: The cells that there are.
        protocol: How.
        place: Which of the pictures on the screen it is, from 0.
    """
    match protocol:
        case PictureProtocol.KITTY:
            return _by_kitty(picture, Cells(*(min(cells, _MOST_PLACEHOLDERS) for cells in room)), _FIRST_ID + place)
        case PictureProtocol.SIXEL:
            return _by_sixels(picture, room)
        case PictureProtocol.BLOCKS:
            return _by_blocks(picture, room)


def over(art: Art, x: int, y: int) -> Segment:
    """The sixels at a place of the screen (from 0), the cursor left where it was."""
    return as_it_is(f"\x1b7\x1b[{y + 1};{x + 1}H{art.sixels}\x1b8")


def as_it_is(text: str) -> Segment:
    """A segment that is written to the terminal unchanged and counts no cell."""
    return Segment(text, Style.null(), [(ControlType.CURSOR_FORWARD, 0)])


def _by_blocks(picture: Picture, room: Cells) -> Art:
    """Two pixels a cell, one above the other.

    textual-image can do this too, but takes two to eight times as long, and what it calls of Pillow is deprecated.
    """
    cells = picture.fit(room, (1, 2))
    image = _scaled(picture, cells.width, cells.height * 2)
    pixels = image.tobytes()
    row = cells.width * 3
    return Art(
        tuple(
            Strip(_blocks(pixels[y * row : (y + 1) * row], pixels[(y + 1) * row : (y + 2) * row]), cells.width)
            for y in range(0, cells.height * 2, 2)
        ),
        cells,
    )


def _blocks(upper: bytes, lower: bytes) -> Iterator[Segment]:
    run, style = 0, None
    for x in range(0, len(upper), 3):
        of_cell = _two_colors(upper[x : x + 3], lower[x : x + 3])
        if of_cell is not style and run:
            yield Segment("▀" * run, style)
            run = 0
        run, style = run + 1, of_cell
    yield Segment("▀" * run, style)


@lru_cache(maxsize=16_384)
def _two_colors(upper: bytes, lower: bytes) -> Style:
    return Style(color=Color.from_triplet(ColorTriplet(*upper)), bgcolor=Color.from_triplet(ColorTriplet(*lower)))


def _by_kitty(picture: Picture, room: Cells, number: int) -> Art:
    cell = _cell_size()
    cells = picture.fit(room, cell)
    image = _scaled(picture, cells.width * cell[0], cells.height * cell[1])
    placed = _quiet_kitty()(image, cells.width, cells.height)
    placed.terminal_image_id = number
    strips = tuple(
        Strip([Segment(line.text.rstrip("\n"), line.style)], cells.width)
        for line in placed._render_diacritics(*cells)  # noqa: SLF001 - its public way sends the picture as well
    )
    file = io.BytesIO()
    image.save(file, format="png", compress_level=2)
    data = b64encode(file.getvalue()).decode("ascii")
    chunks = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]
    # q=2: no answers, they would be taken for keys
    sent = "".join(
        f"\x1b_Gi={number},f=100,q=2,m={int(index < len(chunks) - 1)};{chunk}\x1b\\"
        for index, chunk in enumerate(chunks)
    )
    sent += f"\x1b_Ga=p,i={number},c={cells.width},r={cells.height},U=1,q=2\x1b\\"
    return Art(strips, cells, sent)


def _by_sixels(picture: Picture, room: Cells) -> Art:
    cell = _cell_size()
    cells = picture.fit(room, cell)
    image = _scaled(picture, cells.width * cell[0], cells.height * cell[1])
    blank = Strip([Segment(" " * cells.width)], cells.width)
    return Art((blank,) * cells.height, cells, sixels=_encoder()(image))


def _scaled(picture: Picture, width: int, height: int) -> Image:
    from PIL.Image import Resampling

    return picture.image.resize((width, height), Resampling.LANCZOS)


def _ask_nothing(*_args: object, **_options: object) -> NoReturn:
    from textual_image._terminal import TerminalError

    raise TerminalError("Textual reads what the terminal answers.")


@cache
def _library() -> None:
    """Import textual-image and keep it from asking the terminal."""
    from textual_image import _terminal

    _terminal.capture_terminal_response = _ask_nothing
    # it warns of an answer that does not come, on stderr if nobody listens
    logging.getLogger("textual_image").addHandler(logging.NullHandler())


@cache
def _quiet_kitty() -> type[Kitty]:
    _library()
    from textual_image.renderable.tgp import Image as Kitty

    return Kitty


@cache
def _encoder() -> Callable[[Image], str]:
    _library()
    from textual_image._sixel import image_to_sixels

    return image_to_sixels


def _cell_size() -> tuple[int, int]:
    """Pixels of a cell, as far as the terminal tells unasked; else those of a VT340, 10 × 20."""
    _library()
    from textual_image._terminal import get_cell_size

    width, height = get_cell_size()
    return width, height
