"""The bytes of the artifacts: real ones from `artifacts/`, or filler of the announced size.

`tests/makers` made the files with Playwright.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tvtui.demo.timeline import Json

_FOLDER = Path(__file__).with_name("artifacts")
_LARGEST = 1 << 40
_BLOCK = 1 << 16
_FALLBACK_SIZE = 1_000


class Blob(NamedTuple):
    """An artifact as it is served.

    Attributes:
        size: How many bytes.
        etag: The value of the header; the same for the same bytes.
        data: All bytes; None for filler, which may be too large for the memory.
    """

    size: int
    etag: str
    data: bytes | None

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` up to but excluding `stop`."""
        return _filler(start, min(stop, self.size)) if self.data is None else self.data[start:stop]


def blob_of(row: Json) -> Blob:
    """What is served for a row of a manifest; as large as the row says, if that is a possible size.

    That is the file of that path, or else a file of the same extension and exactly that size (rows may share one), or
    else filler that is different at every offset, so that a misplaced part is detected.
    """
    path, size = str(row.get("path")), row.get("size")
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= _LARGEST:
        size = _FALLBACK_SIZE
    etag = f'"0x8D{zlib.crc32(path.encode("utf-8", "replace"), size & 0xFFFF_FFFF):010X}"'
    data = files().get(path)
    if data is None or len(data) != size:
        alike = files_ending(PurePosixPath(path).suffix or "/")
        data = next((other for other in alike if len(other) == size), None)
    return Blob(size, etag, data)


@cache
def files() -> Mapping[str, bytes]:
    """Every file by its path in a manifest; compressed ones are served decompressed. Below 2 MB, read in 6 ms."""
    found = {}
    for file in sorted(_FOLDER.rglob("*")):
        if file.is_file():
            path, data = file.relative_to(_FOLDER).as_posix(), file.read_bytes()
            if path.endswith(".gz"):
                path, data = path.removesuffix(".gz"), zlib.decompress(data, 31)
            found[path] = data
    return found


def files_ending(ending: str) -> list[bytes]:
    """All files whose paths end like that, by path."""
    return [data for path, data in files().items() if path.endswith(ending)]


def _filler(start: int, stop: int) -> bytes:
    first = start // _BLOCK
    blocks = b"".join(b"%015d\n" % number + bytes(_BLOCK - 16) for number in range(first, -(-stop // _BLOCK)))
    return blocks[start - first * _BLOCK : stop - first * _BLOCK]
