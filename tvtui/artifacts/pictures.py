"""Pictures from downloaded files: decoding, size limits, and comparisons of expected, actual and diff."""

from __future__ import annotations

import io
import os
import re
import warnings
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
"""The only decoders that are used: Pillow has forty more, and files come from a server."""

_LARGEST = (2400, 1600)
"""The largest size in pixels that is kept: more than a terminal can show."""

_MOST_PIXELS = 40_000_000
"""The most pixels that are decoded, in at most 350 MB. A PNG of 350 kB can have 90 million."""

_TOO_LARGE = "The picture is too large to be shown here. Open it in another program."
_DAMAGED = "The picture is damaged or incomplete."


class Cells(NamedTuple):
    """A size in terminal cells."""

    width: int
    height: int


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes:
        image: At most 2,400 × 1,600 pixels, RGB.
        width: The original width in pixels.
        height: The original height in pixels.
        size: The size of the file in bytes.
    """

    image: Image
    width: int
    height: int
    size: int

    def fit(self, room: Cells, cell: tuple[int, int]) -> Cells:
        """The largest size within `room` that keeps the aspect ratio; at least one cell each way.

        Args:
            room: The available size.
            cell: The width and height of a cell in pixels, or their ratio.
        """
        scale = min(room.width * cell[0] / self.width, room.height * cell[1] / self.height)
        width = min(room.width, max(1, round(self.width * scale / cell[0])))
        return Cells(width, min(room.height, max(1, round(self.height * scale / cell[1]))))


def decode(source: Path | bytes, background: tuple[int, int, int]) -> Picture | str:
    """Decode a picture, or return a sentence that says why it cannot be shown.

    Args:
        source: A downloaded file with arbitrary content, or that content.
        background: The colour behind transparent parts.
    """
    from PIL import Image, UnidentifiedImageError

    # above its limit for decompression bombs Pillow only warns, and above twice the limit it raises
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if size == 0:
                return "The file is empty."
            with Image.open(file, formats=_FORMATS) as opened:
                width, height = opened.size
                if width * height > _MOST_PIXELS:
                    return _TOO_LARGE
                opened.draft("RGB", _LARGEST)
                return Picture(_flat(opened, background), width, height, size)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return _TOO_LARGE
    except UnidentifiedImageError:
        return "The file is not a PNG, JPEG, WebP, GIF or BMP picture."
    except FileNotFoundError:
        return "The file no longer exists."
    except OSError as error:
        if error.strerror:
            return f"The file cannot be read: {error.strerror}."
        return _DAMAGED
    # decoders raise various errors for damaged files
    except (ValueError, SyntaxError, EOFError, MemoryError, OverflowError, IndexError, TypeError, KeyError):
        return _DAMAGED


DECODER = ThreadPoolExecutor(1, "picture")
"""One picture at a time, as each can take 350 MB until it is scaled down, also when the user goes on to the next."""


def _flat(opened: Image, background: tuple[int, int, int]) -> Image:
    from PIL import Image

    wanted = "RGBA" if opened.has_transparency_data else "RGB"
    # a copy would take as much memory again
    whole = opened if opened.mode == wanted else opened.convert(wanted)
    scale = min(1.0, *(most / side for most, side in zip(_LARGEST, whole.size, strict=True)))
    width, height = (max(1, round(side * scale)) for side in whole.size)
    scaled = whole.resize((width, height), Image.Resampling.BOX, reducing_gap=2.0)
    if scaled.mode == "RGB":
        return scaled
    return Image.alpha_composite(Image.new("RGBA", scaled.size, (*background, 255)), scaled).convert("RGB")


_PART = re.compile(r"(?P<name>.+)-(?P<part>expected|actual|diff)\.(?P<type>png|jpe?g|webp|gif)", re.IGNORECASE)
_ORDER = ("expected", "actual", "diff")

Page = tuple[tuple[str, int], ...]
"""Pictures that are shown together: their labels ("" for a single picture) and their indices in a list."""


def pages(paths: Sequence[str]) -> tuple[Page, ...]:
    """The pictures grouped for display, in the order of the list: comparisons together, all others one by one.

    A comparison consists of at least two pictures whose paths differ only in `-expected`, `-actual` and `-diff`. A path
    that occurs twice belongs to none, because it is unknown which one is meant.
    """
    found: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for index, path in enumerate(paths):
        if match := _PART.fullmatch(path):
            found[match["name"], match["type"].lower()].append((match["part"].lower(), index))
    page_of: dict[int, Page] = {index: (("", index),) for index in range(len(paths))}
    for parts in found.values():
        if len(parts) > 1 and len(parts) == len(dict(parts)):
            page = tuple(sorted(parts, key=lambda part: _ORDER.index(part[0])))
            page_of.update((index, page) for _, index in parts)
    return tuple(dict.fromkeys(page_of.values()))
