"""A picture as lines of a terminal: half blocks, kitty's placeholders or sixels; slow, so it is done in a thread.

textual-image encodes the two protocols. Its side effects are prevented: on import it queries the terminal, whose
answers Textual would read as keys, and it writes to the terminal itself, in the middle of Textual's own output.
"""

from __future__ import annotations

import io
import logging
import re
import secrets
import sys
from base64 import b64encode
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NoReturn

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.strip import Strip

from tvtui.artifacts.pictures import Cells, Picture
from tvtui.terminal.detect import PictureProtocol, PictureSupport

if TYPE_CHECKING:
    from PIL.Image import Image

_CHUNK = 4096
"""Characters of a picture in one of kitty's sequences."""

_MOST_PLACEHOLDERS = 250
"""The most rows and columns that kitty's placeholders can count."""

_FIRST_ID = secrets.randbelow(2**30) + 1
"""Kitty identifies the pictures of all programs by number; each view on our screen has a fixed one."""


@dataclass(frozen=True)
class Art:
    """A drawn picture.

    Attributes:
        strips: The lines.
        cells: The size of the picture.
        sent: A sequence to send with the lines; it replaces what was sent for the same view before.
        sixels: A sequence that draws over the blank lines, from their upper left cell.
    """

    strips: tuple[Strip, ...]
    cells: Cells
    sent: str = ""
    sixels: str = ""


def draw(picture: Picture, room: Cells, support: PictureSupport, place: int = 0) -> Art:
    """Draw a picture as large as fits into `room`; `place` is the index of the view on the screen, from 0."""
    match support.protocol:
        case PictureProtocol.KITTY:
            room = Cells(*(min(cells, _MOST_PLACEHOLDERS) for cells in room))
            return _by_kitty(picture, room, _cell_size(support), _FIRST_ID + place)
        case PictureProtocol.SIXEL:
            return _by_sixels(picture, room, _cell_size(support), support)
        case PictureProtocol.BLOCKS:
            return _by_blocks(picture, room)


def sixels_at(art: Art, x: int, y: int) -> Segment:
    """A segment that draws the sixels at a cell of the screen, from 0, without moving the cursor."""
    return raw_segment(f"\x1b7\x1b[{y + 1};{x + 1}H{art.sixels}\x1b8")


def raw_segment(text: str) -> Segment:
    """A segment of no cells that is written to the terminal unchanged."""
    return Segment(text, Style.null(), [(ControlType.CURSOR_FORWARD, 0)])


def _by_blocks(picture: Picture, room: Cells) -> Art:
    """Draw two pixels per cell, one above the other.

    textual-image can do this too, but takes two to eight times as long and calls deprecated functions of Pillow.
    """
    cells = picture.fit(room, (1, 2))
    image = _scaled(picture, cells.width, cells.height * 2)
    pixels = image.tobytes()
    row = cells.width * 3
    return Art(
        tuple(
            _blocks(pixels[y * row : (y + 1) * row], pixels[(y + 1) * row : (y + 2) * row])
            for y in range(0, cells.height * 2, 2)
        ),
        cells,
    )


def _blocks(upper: bytes, lower: bytes) -> Strip:
    columns = range(0, len(upper), 3)
    return Strip([Segment("▀", _two_colors(upper[x : x + 3], lower[x : x + 3])) for x in columns]).simplify()


@lru_cache(maxsize=16_384)
def _two_colors(upper: bytes, lower: bytes) -> Style:
    """A cell's style; the cache is what makes a screenshot with large flat areas take 30 ms instead of 100."""
    return Style(color=Color.from_triplet(ColorTriplet(*upper)), bgcolor=Color.from_triplet(ColorTriplet(*lower)))


def _by_kitty(picture: Picture, room: Cells, cell: tuple[int, int], number: int) -> Art:
    cells, image = _fitted(picture, room, cell)
    _silence_library()
    from textual_image.renderable.tgp import Image as Kitty

    placed = Kitty(image, cells.width, cells.height)
    placed.terminal_image_id = number
    strips = tuple(
        Strip([Segment(line.text.rstrip("\n"), line.style)], cells.width)
        for line in placed._render_diacritics(*cells)  # noqa: SLF001 - the public way also sends the picture
    )
    file = io.BytesIO()
    image.save(file, format="png", compress_level=2)
    data = b64encode(file.getvalue()).decode("ascii")
    chunks = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]
    # q=2: no answers, which would be read as keys
    sent = "".join(
        f"\x1b_Gi={number},f=100,q=2,m={int(index < len(chunks) - 1)};{chunk}\x1b\\"
        for index, chunk in enumerate(chunks)
    )
    sent += f"\x1b_Ga=p,i={number},c={cells.width},r={cells.height},U=1,q=2\x1b\\"
    return Art(strips, cells, sent)


_DEFINITION = re.compile(r"#(\d+)(?:;\d+){4}")


def _by_sixels(picture: Picture, room: Cells, cell: tuple[int, int], support: PictureSupport) -> Art:
    if support.largest is not None:
        # xterm shows nothing of a larger one
        room = Cells(
            *(max(1, min(has, most // size)) for has, most, size in zip(room, support.largest, cell, strict=True))
        )
    cells, image = _fitted(picture, room, cell)
    _silence_library()
    from textual_image._sixel import SixelOptions, image_to_sixels

    # in xterm, defining a color does not select it
    sixels = _DEFINITION.sub(r"\g<0>#\1", image_to_sixels(image, SixelOptions(colors=support.colors)))
    blank = Strip([Segment(" " * cells.width)], cells.width)
    return Art((blank,) * cells.height, cells, sixels=sixels)


def _fitted(picture: Picture, room: Cells, cell: tuple[int, int]) -> tuple[Cells, Image]:
    """The size of the picture, and its pixels in cells of this size."""
    cells = picture.fit(room, cell)
    return cells, _scaled(picture, cells.width * cell[0], cells.height * cell[1])


def _cell_size(support: PictureSupport) -> tuple[int, int]:
    """The size of a cell in pixels: as the operating system knows it now, else as the terminal said at the start."""
    if sys.platform == "win32":
        return support.cell
    import fcntl
    import struct
    import termios

    try:
        # Textual draws on stderr
        size = fcntl.ioctl(sys.__stderr__.fileno() if sys.__stderr__ else 2, termios.TIOCGWINSZ, bytes(8))
    except (OSError, ValueError):
        return support.cell
    rows, columns, width, height = struct.unpack("HHHH", size)
    return (width // columns, height // rows) if width >= columns > 0 and height >= rows > 0 else support.cell


def _scaled(picture: Picture, width: int, height: int) -> Image:
    from PIL.Image import Resampling

    return picture.image.resize((width, height), Resampling.LANCZOS)


def _refuse_query(*_args: object, **_options: object) -> NoReturn:
    from textual_image._terminal import TerminalError

    raise TerminalError("Textual reads the terminal's answers.")


@cache
def _silence_library() -> None:
    """Import textual-image and keep it from querying the terminal."""
    from textual_image import _terminal

    _terminal.capture_terminal_response = _refuse_query
    # without a handler, its warning about the missing answer goes to stderr
    logging.getLogger("textual_image").addHandler(logging.NullHandler())
