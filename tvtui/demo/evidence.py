"""The bytes of the artifacts: real ones from `artifacts/`, or filler of the announced size.

Nothing is read before it is requested. `tests/makers` made the files with Playwright.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tvtui.demo.timeline import Json

_FOLDER = Path(__file__).with_name("artifacts")
_LARGEST = 1 << 40
_BLOCK = 1 << 16
_ODD_SIZE = 1_000


class Blob(NamedTuple):
    """Bytes that can be read in parts.

    Attributes:
        size: How many bytes.
        read: Returns the bytes from a start up to an exclusive end.
        etag: The value of the header; the same for the same bytes.
    """

    size: int
    read: Callable[[int, int], bytes]
    etag: str = '"0x0"'


def blob_of(row: Json) -> Blob:
    """What is served for a row of a manifest; as large as the row says, if that is a possible size.

    That is the file of that path, or else a file of the same extension and exactly that size (rows may share one), or
    else filler that is different at every offset, so that a misplaced part is detected.
    """
    path, size = str(row.get("path")), row.get("size")
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= _LARGEST:
        size = _ODD_SIZE
    etag = f'"0x8D{zlib.crc32(path.encode("utf-8", "replace"), size & 0xFFFF_FFFF):010X}"'
    stored = _stored()
    own = stored.get(path)
    if own is None or own.size != size:
        ending = PurePosixPath(path).suffix
        own = next((file for name, file in stored.items() if file.size == size and name.endswith(ending or "/")), None)
    if own is None:
        return Blob(size, lambda start, stop: _filler(start, min(stop, size)), etag)
    read = own.read
    return Blob(size, lambda start, stop: read()[start:stop], etag)


def size_of(path: str) -> int:
    """The size of the file of that path, as it is served.

    Raises:
        KeyError: There is no such file.
    """
    return _stored()[path].size


def paths_of(ending: str) -> list[str]:
    """The paths of all files with that extension, sorted."""
    return [path for path in _stored() if path.endswith(ending)]


class _Stored(NamedTuple):
    size: int
    read: Callable[[], bytes]


@cache
def _stored() -> Mapping[str, _Stored]:
    """Every file by its path in a manifest; compressed ones are served decompressed."""
    files = {}
    for file in sorted(_FOLDER.rglob("*")):
        if not file.is_file():
            continue
        path = file.relative_to(_FOLDER).as_posix()
        if path.endswith(".gz"):
            files[path.removesuffix(".gz")] = _Stored(_unpacked_size(file), _unpack(file))
        else:
            files[path] = _Stored(file.stat().st_size, file.read_bytes)
    return files


def _unpack(file: Path) -> Callable[[], bytes]:
    return lambda: zlib.decompress(file.read_bytes(), 31)


def _unpacked_size(file: Path) -> int:
    """The decompressed size, from the last four bytes of a gzip file."""
    with file.open("rb") as packed:
        packed.seek(-4, 2)
        return int.from_bytes(packed.read(), "little")


def _filler(start: int, stop: int) -> bytes:
    first = start // _BLOCK
    blocks = b"".join(b"%015d\n" % number + bytes(_BLOCK - 16) for number in range(first, -(-stop // _BLOCK)))
    return blocks[start - first * _BLOCK : stop - first * _BLOCK]
