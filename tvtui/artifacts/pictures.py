"""Pictures from downloaded files: decoded, limited, scaled; and which belong together as expected, actual and diff."""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image


_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
"""The decoders that a file may reach; Pillow knows forty more, and files come from a server."""

_LARGEST = (2400, 1600)
"""Pixels that are kept of a picture: more than a terminal shows."""


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


_PART = re.compile(r"(?P<name>.+)-(?P<part>expected|actual|diff)\.(?P<type>png|jpe?g|webp|gif)", re.IGNORECASE)


Page = tuple[tuple[str, int], ...]
"""Pictures that are looked at together: what each is called ("" if it stands alone), and its place in a list."""


class Triple(NamedTuple):
    """One screenshot that was compared: the places of its pictures in a list, None for one that is not there."""

    name: str
    expected: int | None
    actual: int | None
    diff: int | None

    @property
    def parts(self) -> Page:
        """What the pictures are called, and their places, in the order in which they are looked at."""
        known = (("expected", self.expected), ("actual", self.actual), ("diff", self.diff))
        return tuple((part, index) for part, index in known if index is not None)


def triples(paths: Iterable[str]) -> tuple[Triple, ...]:
    """Pair up the pictures whose paths differ in `-expected`, `-actual` and `-diff` alone, two of the three at least.

    A path that is there twice pairs up with nothing: which of the two is meant cannot be known.
    """
    found: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, path in enumerate(paths):
        if match := _PART.fullmatch(path):
            found[match["name"], match["type"].lower()][match["part"].lower()].append(index)
    return tuple(
        Triple(name.rpartition("/")[2], *(parts[part][0] if part in parts else None for part in _ORDER))
        for (name, _), parts in found.items()
        if len(parts) > 1 and all(len(same) == 1 for same in parts.values())
    )


def pages(paths: Sequence[str]) -> tuple[Page, ...]:
    """What is looked at together, in the order of the list: the pictures of a comparison, else one by one."""
    made: list[Page] = []
    triple_of = {index: triple for triple in triples(paths) for _, index in triple.parts}
    for index in range(len(paths)):
        triple = triple_of.get(index)
        if triple is None:
            made.append((("", index),))
        elif index == min(place for _, place in triple.parts):
            made.append(triple.parts)
    return tuple(made)


_ORDER = ("expected", "actual", "diff")
