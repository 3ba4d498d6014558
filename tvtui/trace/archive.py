"""Reads a zip archive that may be hostile: its directory, and its entries piece by piece.

`zipfile` parses a directory of any length before anything can be refused, and its reading of lines takes three and a
half times as long. Nothing is ever extracted: entries are only looked up by name.
"""

from __future__ import annotations

import bisect
import re
import stat
import struct
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tvtui.trace import faults
from tvtui.trace.faults import Fault

MOST_ENTRIES = 100_000
LARGEST_DIRECTORY = 32 * 1024**2
LONGEST_LINE = 16 * 1024**2

_END = struct.Struct("<4s4H2IH")
_END_64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR_64 = struct.Struct("<4sIQI")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_LONGEST_END = _END.size + 0xFFFF
_LINE = re.compile(rb"[^\n]+")
_STORED, _DEFLATED = 0, 8
_INPUT = 64 * 1024
_OUTPUT = 1024**2
_BETWEEN_COPIES = 4 * 1024**2
"""Bytes of output between two copies of a decompressor: a piece of an entry is at most this far from one."""


@dataclass(slots=True)
class Reading:
    """How much one stage of reading may take out of the archive, and what it had to leave out.

    Attributes:
        left: Bytes that may still be read.
        effort: How much work on lines may still be done; one is about 10 µs and 500 bytes of memory.
        long_lines: Lines that were skipped for their length.
        is_damaged: Whether an entry ended too early or could not be decompressed.
    """

    left: int
    effort: int = 340_000
    long_lines: int = 0
    is_damaged: bool = False

    @property
    def is_exhausted(self) -> bool:
        """Whether the limit was reached: what comes after it was not read."""
        return self.left <= 0 or self.effort <= 0


class _Facts(NamedTuple):
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


class Archive:
    """An open archive: its entries by name; of duplicates, the last."""

    def __init__(self, file: BinaryIO, facts: dict[str, _Facts]) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._facts = facts
        self._entries: dict[str, Entry] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in the order of the directory."""
        return tuple(self._facts)

    def entry(self, name: str) -> Entry | None:
        """The entry of this name; always the same object."""
        facts = self._facts.get(name)
        if facts is None:
            return None
        return self._entries.setdefault(name, Entry(name, facts, self))

    def identity(self, name: str) -> tuple[int, int] | None:
        """CRC-32 and size as the directory has them: entries with the same are taken for equal."""
        facts = self._facts.get(name)
        return None if facts is None else (facts.crc, facts.size)

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes of the archive itself; fewer at its end, none after `close`."""
        with self._lock:
            if self._file.closed:
                return b""
            try:
                self._file.seek(offset)
                return self._file.read(length)
            except OSError:
                return b""

    def close(self) -> None:
        """Close the file; entries then have no bytes."""
        with self._lock:
            self._file.close()


@dataclass(slots=True)
class Entry:
    """A file in the archive.

    Attributes:
        name: As the directory has it.
        facts: What the directory says of it; sizes may be wrong.
        archive: Where it is.
    """

    name: str
    facts: _Facts
    archive: Archive
    _copies: list[tuple[int, int, zlib._Decompress]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def fault(self) -> Fault | None:
        """Why it cannot be read at all."""
        if self.facts.flags & 1:
            return faults.ENCRYPTED
        return None if self.facts.method in {_STORED, _DEFLATED} else faults.UNKNOWN_METHOD

    def lines(self, reading: Reading) -> Iterator[tuple[int, bytes]]:
        """Each line with its offset, without its line break; blank lines and those that are too long are left out."""
        rest, start = b"", 0
        is_too_long = False
        for chunk in self._chunks(0, reading):
            # a gigabyte of blank lines takes no time
            data = rest + chunk if rest else chunk.lstrip(b"\n")
            start += len(rest) + len(chunk) - len(data)
            last = data.rfind(b"\n") + 1
            for found in _LINE.finditer(data, 0, last):
                if found.start() == 0 and is_too_long:
                    continue
                if found.end() - found.start() > LONGEST_LINE:
                    reading.long_lines += 1
                else:
                    yield start + found.start(), found[0]
            is_too_long = is_too_long and not last
            rest = data[last:]
            start += last
            if len(rest) > LONGEST_LINE:
                reading.long_lines += not is_too_long
                is_too_long = True
                start += len(rest)
                rest = b""
        if rest and not is_too_long and not reading.is_exhausted:
            yield start, rest

    def at(self, offset: int, length: int) -> bytes:
        """A piece of it; shorter or empty if there is no more, or it is damaged.

        What lies 4 MiB or less behind a place that `lines` has read needs no more than that to be read again.
        """
        parts = []
        at, reading = offset, Reading(length)
        for chunk in self._chunks(offset, reading):
            parts.append(chunk)
            at += len(chunk)
        return b"".join(parts)[:length]

    def content(self, limit: int) -> bytes | Fault:
        """All of it, if that is at most `limit` bytes."""
        if self.fault:
            return self.fault
        reading = Reading(limit + 1)
        content = b"".join(self._chunks(0, reading))
        if len(content) > limit:
            return faults.TOO_LARGE
        return faults.DAMAGED if reading.is_damaged else content

    def _chunks(self, offset: int, reading: Reading) -> Iterator[bytes]:
        """What comes out from `offset` on, in pieces of at most 1 MiB, until the reading is exhausted."""
        if self.fault:
            reading.is_damaged = True
            return
        local = self.archive.read_at(self.facts.offset, _LOCAL.size)
        if len(local) < _LOCAL.size or local[:4] != b"PK\3\4":
            reading.is_damaged = True
            return
        *_, name, extra = _LOCAL.unpack(local)
        begin = self.facts.offset + _LOCAL.size + name + extra
        pieces = self._stored(begin, offset) if self.facts.method == _STORED else self._inflated(begin, offset)
        try:
            for piece in pieces:
                chunk = piece[: reading.left]
                reading.left -= len(chunk)
                if chunk:
                    yield chunk
                if reading.is_exhausted:
                    return
        except (EOFError, zlib.error):
            reading.is_damaged = True

    def _stored(self, begin: int, offset: int) -> Iterator[bytes]:
        while offset < self.facts.packed:
            chunk = self.archive.read_at(begin + offset, min(_OUTPUT, self.facts.packed - offset))
            if not chunk:
                raise EOFError
            yield chunk
            offset += len(chunk)

    def _inflated(self, begin: int, offset: int) -> Iterator[bytes]:
        produced, consumed, decompressor = self._copy_before(offset)
        data = b""
        while not decompressor.eof:
            if not data:
                # no input is pending, so a copy continues with the next one
                self._keep_copy(produced, consumed, decompressor)
                data = self.archive.read_at(begin + consumed, min(_INPUT, self.facts.packed - consumed))
                consumed += len(data)
            out = decompressor.decompress(data, _OUTPUT)
            if not out and not data:
                raise EOFError
            data = decompressor.unconsumed_tail
            produced += len(out)
            if produced > offset:
                yield out[max(0, len(out) - (produced - offset)) :]

    def _copy_before(self, offset: int) -> tuple[int, int, zlib._Decompress]:
        with self._lock:
            index = bisect.bisect_right(self._copies, offset, key=lambda copy: copy[0]) - 1
            if index < 0:
                return 0, 0, zlib.decompressobj(-zlib.MAX_WBITS)
            produced, consumed, decompressor = self._copies[index]
            return produced, consumed, decompressor.copy()

    def _keep_copy(self, produced: int, consumed: int, decompressor: zlib._Decompress) -> None:
        last = self._copies[-1][0] if self._copies else 0
        if produced < last + _BETWEEN_COPIES:
            return
        with self._lock:
            if not self._copies or produced >= self._copies[-1][0] + _BETWEEN_COPIES:
                self._copies.append((produced, consumed, decompressor.copy()))


def open_archive(path: Path) -> Archive | Fault:
    """Open an archive and read its directory, within limits on both."""
    try:
        # a pipe would never end, a device never be large enough
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            return faults.FOLDER if stat.S_ISDIR(mode) else faults.NO_FILE
        file = path.open("rb")
    except OSError as error:
        return faults.unreadable(error)
    except ValueError:
        # a NUL in the name
        return faults.NO_FILE
    try:
        facts = _directory(file)
    except OSError as error:
        facts = faults.unreadable(error)
    except struct.error:
        facts = faults.NO_ZIP
    if isinstance(facts, Fault):
        file.close()
        return facts
    return Archive(file, facts)


def _directory(file: BinaryIO) -> dict[str, _Facts] | Fault:
    length = file.seek(0, 2)
    file.seek(max(0, length - _LONGEST_END))
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0:
        return faults.NO_ZIP
    end = length - len(tail) + at
    _, disk, first_disk, _, count, size, offset, _ = _END.unpack_from(tail, at)
    if at >= _LOCATOR_64.size and tail[at - _LOCATOR_64.size :][:4] == b"PK\6\7":
        _, _, where, _ = _LOCATOR_64.unpack_from(tail, at - _LOCATOR_64.size)
        file.seek(where)
        record = file.read(_END_64.size)
        if record[:4] == b"PK\6\6":
            _, _, _, _, disk, first_disk, _, count, size, offset = _END_64.unpack(record)
            end = where
    if disk or first_disk:
        return faults.SEVERAL_DISKS
    if count > MOST_ENTRIES or size > LARGEST_DIRECTORY:
        return faults.TOO_MANY_ENTRIES
    # bytes before the archive move everything
    moved = end - size - offset
    if moved < 0:
        return faults.NO_ZIP
    file.seek(end - size)
    return _entries(file.read(size), moved)


def _entries(directory: bytes, moved: int) -> dict[str, _Facts] | Fault:
    found: dict[str, _Facts] = {}
    at = count = 0
    while at + _ENTRY.size <= len(directory):
        (signature, _, _, flags, method, _, _, crc, packed, size, name, extra, comment, _, _, _, offset) = (
            _ENTRY.unpack_from(directory, at)
        )
        count += 1
        if signature != b"PK\1\2":
            return faults.NO_ZIP
        if count > MOST_ENTRIES:
            return faults.TOO_MANY_ENTRIES
        at += _ENTRY.size
        text = directory[at : at + name].decode("utf-8", "replace")
        if 0xFFFFFFFF in {packed, size, offset}:
            packed, size, offset = _sizes_64(directory[at + name : at + name + extra], packed, size, offset)
        found[text] = _Facts(flags, method, crc, packed, size, offset + moved)
        at += name + extra + comment
    return found


def _sizes_64(extra: bytes, packed: int, size: int, offset: int) -> tuple[int, int, int]:
    """Replace sizes that are too large for 32 bits by those in the extra field."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            numbers = iter(struct.unpack_from(f"<{length // 8}Q", extra, at + 4))
            size, packed, offset = (next(numbers, n) if n == 0xFFFFFFFF else n for n in (size, packed, offset))
            break
        at += 4 + length
    return packed, size, offset
