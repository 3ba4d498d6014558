"""Where artifacts are put: a server's paths become paths below a folder that no system can misread; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from tvtui.testvibe.identity import ArtifactId, identify_artifacts
from tvtui.testvibe.models import Artifact
from tvtui.text.clean import CONTROLS, clean_line

PART = ".part"
"""What the name of an unfinished download ends with; it begins with a dot."""

PART_OF = ".etag"
"""What stands behind `PART` in the name of the small file that tells of which version the unfinished one is."""

_LONGEST_NAME = 255 - len(".") - len(PART) - len(PART_OF)
"""Bytes in UTF-8: file systems take 255, and the name of an unfinished download must fit as well."""

_LONGEST_PATH = 800
"""Bytes in UTF-8 of all parts: macOS takes 1,024 with the folder's own."""

_FORBIDDEN = re.compile(rf'[\x00-\x1f<>:"|?*{CONTROLS}\ud800-\udfff]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|\Z)", re.IGNORECASE)
_UNFINISHED = re.compile(rf"\..*{re.escape(PART)}(?:{re.escape(PART_OF)})?", re.IGNORECASE | re.DOTALL)
_ABSOLUTE = re.compile(r"[a-z]:|[/\\]", re.IGNORECASE)
_SEPARATORS = re.compile(r"[/\\]")
_MEANT_TO_BE_SHORT = 20

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an artifact is put.

    Attributes:
        parts: Folders and the file's name, below the download folder.
        note: A sentence that says what had to be changed about the server's path; "" if nothing.
    """

    parts: Parts
    note: str = ""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.parts[-1]

    @property
    def shown(self) -> str:
        """The path as a sentence names it."""
        return "/".join(self.parts)


def place_all(artifacts: Iterable[Artifact]) -> dict[ArtifactId, Place]:
    """Find a place for each artifact of a list; the same list gets the same places.

    No two share one, nor does one lie where another needs a folder, on whatever file system: names that differ in
    case or in how their accents are written count as the same. Paths that need no change keep their places before
    others get theirs.
    """
    known = identify_artifacts(artifacts)
    made = {which: _safe(which[0]) for which in known}
    taken = _Taken()
    places: dict[ArtifactId, Place] = {}
    honest = [which for which in known if not made[which][1] and taken.take_as_it_is(made[which][0])]
    places.update((which, Place(made[which][0])) for which in honest)
    for which in known:
        if which in places:
            continue
        parts, changes = made[which]
        final = taken.take(parts)
        if final != parts:
            changes = (*changes, "another artifact has that place")
        note = f"Saved as {'/'.join(final)}, as {' and '.join(changes)}." if changes else ""
        places[which] = Place(final, note)
    return {which: places[which] for which in known}


def beside(name: str, number: int) -> str:
    """A name beside a name that is taken: "a (2).zip"."""
    return _fitted(name, f" ({number})")


def key_of(parts: Parts) -> Parts:
    """What is the same for all paths that some file system takes for the same."""
    return tuple(_folded(part) for part in parts)


def _folded(part: str) -> str:
    if part.isascii():
        return part.lower()
    # compatible forms, case, and what is not seen (HFS+ ignores it): wider than any one file system goes
    seen = "".join(char for char in unicodedata.normalize("NFKD", part) if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFKD", seen.casefold())


class _Taken:
    """The places that are taken so far."""

    def __init__(self) -> None:
        self._files: set[Parts] = set()
        self._folders: dict[Parts, Parts] = {(): ()}
        self._folder_keys: set[Parts] = set()
        self._numbers: dict[Parts, int] = {}

    def take_as_it_is(self, wanted: Parts) -> bool:
        """Take the place if it is free, and every folder on the way may be one."""
        above = {key_of(wanted[:depth]) for depth in range(1, len(wanted))}
        key = key_of(wanted)
        if key in self._files or key in self._folder_keys or above & self._files:
            return False
        self._folder(wanted[:-1])
        self._files.add(key)
        return True

    def take(self, wanted: Parts) -> Parts:
        """Take the place, or the nearest one beside it that is free."""
        parts = self._folder(wanted[:-1])
        name, number = wanted[-1], 1
        first = key = key_of((*parts, name))
        while key in self._files or key in self._folder_keys:
            # goes on where it came to the last time, or many of one name would take the square of their number
            number = self._numbers[first] = self._numbers.get(first, 1) + 1
            name = beside(wanted[-1], number)
            key = key_of((*parts, name))
        self._files.add(key)
        return (*parts, name)

    def _folder(self, wanted: Parts) -> Parts:
        if wanted in self._folders:
            return self._folders[wanted]
        above = self._folder(wanted[:-1])
        name, number = wanted[-1], 1
        while key_of((*above, name)) in self._files:
            number += 1
            name = beside(wanted[-1], number)
        self._folder_keys.add(key_of((*above, name)))
        self._folders[wanted] = (*above, name)
        return self._folders[wanted]


def _safe(path: str) -> tuple[Parts, tuple[str, ...]]:
    """A path that stays below its folder, and what was changed about it, as parts of a sentence."""
    changes: dict[str, None] = {}
    if _ABSOLUTE.match(path):
        changes["the server's path is absolute"] = None
    parts = []
    for raw in _SEPARATORS.split(path):
        if _folded(raw) in {".", ".."}:
            changes["the server's path goes up"] = None
            continue
        if part := _safe_part(raw, changes):
            parts.append(part)
    if not parts:
        return ("artifact",), ("the server gives it no name",)
    while sum(len(part.encode()) + 1 for part in parts) > _LONGEST_PATH:
        # the deepest folders go, as the name tells what it is and the first ones where it belongs
        del parts[-2]
        changes["the server's path is too long"] = None
    if not changes and tuple(parts) != tuple(path.split("/")):
        changes["the server's path is written in another way"] = None
    return tuple(parts), tuple(changes)


def _safe_part(raw: str, changes: dict[str, None]) -> str:
    # what is left of Windows' names when it drops what it drops is what counts
    part = _FORBIDDEN.sub("_", raw).rstrip(". ")
    if part != raw:
        changes["some characters of its name are not allowed everywhere"] = None
    if part and _RESERVED.match(_folded(part)):
        part = f"_{part}"
        changes["Windows keeps its name for itself"] = None
    if _UNFINISHED.fullmatch(_folded(part)):
        part = f"_{part}"
        changes["its name is that of an unfinished download"] = None
    if len(part.encode()) > _LONGEST_NAME:
        part = _fitted(part, "")
        changes["its name is too long"] = None
    return part


def _fitted(name: str, addition: str) -> str:
    """A name with an addition before its ending, cut where it would become too long."""
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode()) > _MEANT_TO_BE_SHORT:
        stem, dot, ending = name, "", ""
    room = _LONGEST_NAME - len(f"{addition}{dot}{ending}".encode())
    short = stem.encode()[:room].decode(errors="ignore")
    return f"{short}{addition}{dot}{ending}".rstrip(". ")


def shown_path(path: str) -> str:
    """A server's path as a sentence may quote it: one clean line, not too long."""
    line = clean_line(path)
    return line if len(line) <= 120 else f"…{line[-119:]}"
