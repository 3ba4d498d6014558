"""Lines of the sources that are packed into a trace. Files of this machine are never read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable

from tvtui.text.clean import clean_block, plain
from tvtui.trace import faults
from tvtui.trace.faults import Fault
from tvtui.trace.records import Place, Source

_LARGEST = 4 * 1024**2
_AROUND = 200
"""Lines on either side of a place."""
_LONGEST = 1_000
_EXTENSION = re.compile(r"[^./\\](\.[^./\\]*)$")
_CODE_FRAME = re.compile(r"^ *(?:> *)?([0-9]{1,6}) \|(?: (.*))?$", re.MULTILINE)


def source(
    place: Place, read: Callable[[str, int], bytes | Fault], errors: Iterable[tuple[Place | None, str]] = ()
) -> Source | Fault:
    """The source around a place.

    Args:
        place: The place.
        read: Returns a file of the archive by its name, up to a limit.
        errors: Places and texts of errors, whose code frames are used if the source is not packed.
    """
    for name in names_of(place.file):
        content = read(name, _LARGEST)
        if isinstance(content, bytes):
            lines = content.decode("utf-8-sig", "replace").split("\n")
            first = max(1, place.line - _AROUND)
            near = lines[first - 1 : place.line + _AROUND]
            return Source(place, tuple(_line(line) for line in near), first) if near else faults.NO_SOURCE
    for where, text in errors:
        if where and where.file == place.file and (found := _code_frame(text)):
            first, frame = found
            if first <= place.line < first + len(frame):
                return Source(place, frame, first)
    return faults.NO_SOURCE


def names_of(file: str) -> tuple[str, ...]:
    """The names that a source has in archives; none for what is not a file."""
    if not file or file == "project#":
        return ()
    digest = hashlib.sha1(file.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    extension = _EXTENSION.search(file)
    return f"src/{digest}{extension[1] if extension else ''}", f"resources/src@{digest}.txt"


def _code_frame(text: str) -> tuple[int, tuple[str, ...]] | None:
    """The first line of code in an error's text, and all that follow one another; None without any."""
    found = [(int(each[1]), _line(each[2] or "")) for each in _CODE_FRAME.finditer(plain(text))]
    lines = [line for at, (number, line) in enumerate(found) if number == found[0][0] + at]
    return (found[0][0], tuple(lines)) if found else None


def _line(line: str) -> str:
    return plain(clean_block(line.rstrip("\r")[:_LONGEST])).replace("\n", " ")
