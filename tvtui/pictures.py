"""Pictures out of downloaded files: decoded, made small enough, and what a terminal can show of them; no Textual.

Pillow is imported when the first picture is shown, and decoding takes its time: call `decode` in a thread.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
"""The decoders that a file may reach; Pillow knows forty more, and files come from a server."""

_LARGEST = (2400, 1600)
"""Pixels that are kept of a picture: more than a terminal shows."""

_SIXEL_TERMINALS = {"wezterm", "iterm.app", "mintty", "rio", "konsole"}
_KITTY_TERMINALS = {"xterm-kitty", "xterm-ghostty"}


class Protocol(StrEnum):
    """How a picture is drawn; the value is what `TVTUI_PICTURES` may name."""

    KITTY = "kitty"
    SIXEL = "sixel"
    BLOCKS = "blocks"


class Cells(NamedTuple):
    """A size in terminal cells."""

    width: int
    height: int


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes:
        image: At most 2,400 × 1,600 pixels, RGB.
        width: Of the file's own picture, in pixels.
        height: Likewise.
        size: The file's bytes.
    """

    image: Image
    width: int
    height: int
    size: int

    def fit(self, room: Cells, cell: tuple[int, int]) -> Cells:
        """The cells it takes to be as large as possible within `room`, its shape kept; at least one each way.

        Args:
            room: Cells that there are.
            cell: Pixels of one cell, or their ratio.
        """
        scale = min(room.width * cell[0] / self.width, room.height * cell[1] / self.height)
        width = min(room.width, max(1, round(self.width * scale / cell[0])))
        return Cells(width, min(room.height, max(1, round(self.height * scale / cell[1]))))


def protocol_of(environ: Mapping[str, str]) -> Protocol:
    """How the terminal shows pictures, by what it says of itself in the environment.

    The terminal is not asked: its answer would come in between the keys, where a terminal that gives none keeps one
    waiting and eats a key. Half blocks are for all that are not known, and for tmux and screen, which stand between.
    `TVTUI_PICTURES` overrules it all.
    """
    forced = environ.get("TVTUI_PICTURES", "").casefold()
    if forced in set(Protocol):
        return Protocol(forced)
    # kitty's placeholders carry a number in their colour, which is taken from them where there are to be no colours
    if any(environ.get(name) for name in ("TMUX", "STY", "NO_COLOR")):
        return Protocol.BLOCKS
    term = environ.get("TERM", "").casefold()
    if term in _KITTY_TERMINALS:
        return Protocol.KITTY
    program = environ.get("TERM_PROGRAM", "").casefold()
    if program in _SIXEL_TERMINALS or term.startswith(("foot", "mlterm", "contour")) or "KONSOLE_VERSION" in environ:
        return Protocol.SIXEL
    return Protocol.BLOCKS


def decode(path: Path, background: tuple[int, int, int]) -> Picture | str:
    """Read a picture; a sentence that says why if there is none to be shown.

    Args:
        path: A downloaded file: it may hold anything.
        background: What is seen through it where it is transparent.
    """
    from PIL import Image, UnidentifiedImageError

    # Pillow warns of a decompression bomb up to twice its limit, and only then refuses
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if size == 0:
                return "The file is empty."
            with Image.open(file, formats=_FORMATS) as opened:
                width, height = opened.size
                opened.draft("RGB", _LARGEST)
                return Picture(_flat(opened, background), width, height, size)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return "The picture is too large to be shown here: o opens it in another program."
    except UnidentifiedImageError:
        return "The file is no PNG, JPEG, WebP, GIF or BMP picture."
    except FileNotFoundError:
        return "The file is gone."
    except OSError as error:
        if error.strerror:
            return f"The file cannot be read: {error.strerror}."
        return "The picture is damaged, or only a part of it is there."
    # broken files make decoders raise all sorts of things
    except (ValueError, SyntaxError, EOFError, MemoryError, OverflowError, IndexError, TypeError, KeyError):
        return "The picture is damaged, or only a part of it is there."


def _flat(opened: Image, background: tuple[int, int, int]) -> Image:
    from PIL import Image

    scaled = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    scaled.thumbnail(_LARGEST, Image.Resampling.BOX)
    if scaled.mode == "RGB":
        return scaled
    return Image.alpha_composite(Image.new("RGBA", scaled.size, (*background, 255)), scaled).convert("RGB")
