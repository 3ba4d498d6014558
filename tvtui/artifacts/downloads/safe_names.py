"""The places of artifacts: turns the paths from a server into paths below a folder that are safe on every system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from tvtui.testvibe.identity import ArtifactId, identify_artifacts
from tvtui.testvibe.models import Artifact
from tvtui.text.clean import CONTROLS

MANIFEST = ".tvtui-manifest.jsonl"
"""The name of the manifest in the download folder of a run."""

_PART = ".part"
"""The end of the name of an unfinished download; the name starts with a dot."""

_LONGEST_NAME = 255 - len(".") - len(_PART)
"""Bytes in UTF-8: file systems allow 255, and the name of the unfinished download must fit too."""

_LONGEST_PATH = 800
"""Bytes in UTF-8 of all parts: macOS allows 1,024 including the download folder."""

# on some system, in an argument that is not quoted for a shell, or in a line that a CI system reads commands from
_FORBIDDEN = re.compile(rf"""[\x00-\x1f<>:"|?*$`;&()'{CONTROLS}\ud800-\udfff]|#(?=#[A-Za-z]*\[)""")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|\Z)", re.IGNORECASE)
_SPECIAL = re.compile(rf"\..*{re.escape(_PART)}|{re.escape(MANIFEST)}|\.git|git~\d+", re.IGNORECASE | re.DOTALL)
"""Names of files that tvtui itself makes, and of git's folder, whose settings may name programs to run."""
_ABSOLUTE = re.compile(r"[a-z]:|[/\\]", re.IGNORECASE)
_SEPARATORS = re.compile(r"[/\\]")
_LONGEST_EXTENSION = 20

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an artifact.

    Attributes:
        parts: Folders and file name, below the download folder.
        note: A sentence that says why it differs from the server's path; "" if it does not.
    """

    parts: Parts
    note: str = ""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.parts[-1]


def place_all(artifacts: Iterable[Artifact]) -> dict[ArtifactId, Place]:
    """Find a place for each artifact of a list; the same list always gets the same places.

    No artifact gets the place of another one or of a folder that another one needs, on any file system: names that
    differ only in case or in the encoding of accents count as equal. Safe paths have priority over changed ones.
    """
    safe = {which: _safe(which[0]) for which in identify_artifacts(artifacts)}
    taken = _Taken()
    places: dict[ArtifactId, Place] = {}
    for which, (parts, changes) in safe.items():
        if not changes and taken.is_free(parts):
            places[which] = Place(taken.take(parts))
    for which, (parts, changes) in safe.items():
        if which not in places:
            final = taken.take(parts)
            reasons = (*changes, "another artifact has this path") if final != parts else changes
            places[which] = Place(final, f"Saved as {'/'.join(final)}, because {' and '.join(reasons)}.")
    return {which: places[which] for which in safe}


def beside(name: str, number: int) -> str:
    """An alternative to a name that is taken: "a (2).zip"."""
    return _fitted(name, f" ({number})")


def part_of(name: str) -> str:
    """The name of the unfinished download of a file."""
    return f".{name}{_PART}"


def key_of(parts: Parts) -> Parts:
    """A key that is equal for all paths that some file system considers equal."""
    return tuple(_folded(part) for part in parts)


def _folded(part: str) -> str:
    if part.isascii():
        return part.lower()
    # compatibility forms, case, and invisible characters (ignored by HFS+): stricter than any single file system
    visible = "".join(char for char in unicodedata.normalize("NFKD", part) if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFKD", visible.casefold())


class _Taken:
    """The places taken so far."""

    def __init__(self) -> None:
        self._files: set[Parts] = set()
        self._folders: dict[Parts, Parts] = {(): ()}
        self._folder_keys: set[Parts] = set()
        self._numbers: dict[Parts, int] = {}

    def is_free(self, wanted: Parts) -> bool:
        """Whether nothing has this place, and no folder above it is a file."""
        keys = {key_of(wanted[:depth]) for depth in range(1, len(wanted) + 1)}
        return not keys & self._files and key_of(wanted) not in self._folder_keys

    def take(self, wanted: Parts) -> Parts:
        """Take a place, or the next numbered alternative that is free."""
        parts = self._folder(wanted[:-1])
        name, number = wanted[-1], 1
        first = key = key_of((*parts, name))
        while key in self._files or key in self._folder_keys:
            # continues with the last number: otherwise thousands of equal names would take quadratic time
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
    """A path that stays below the folder, and the reasons why it was changed, as parts of a sentence."""
    changes: dict[str, None] = {}
    if _ABSOLUTE.match(path):
        changes["the server's path is absolute"] = None
    parts = []
    for raw in _SEPARATORS.split(path):
        if _folded(raw) == "..":
            changes["the server's path contains .."] = None
        if _folded(raw) in {".", ".."}:
            continue
        if part := _safe_part(raw, changes):
            parts.append(part)
    if not parts:
        return ("artifact",), ("the server has no name for it",)
    while sum(len(part.encode()) + 1 for part in parts) > _LONGEST_PATH:
        # the deepest folders are dropped: the name and the first folders say most about the file
        del parts[-2]
        changes["the server's path is too long"] = None
    if not changes and tuple(parts) != tuple(path.split("/")):
        changes["the server's path is written differently"] = None
    return tuple(parts), tuple(changes)


def _safe_part(raw: str, changes: dict[str, None]) -> str:
    # Windows drops these characters at the end of a name
    part = _FORBIDDEN.sub("_", raw).rstrip(". ")
    if part != raw:
        changes["its name contains characters that some systems or shells do not allow"] = None
    if part and _RESERVED.match(_folded(part)):
        part = f"_{part}"
        changes["its name is reserved on Windows"] = None
    if _SPECIAL.fullmatch(_folded(part)):
        part = f"_{part}"
        changes["tvtui or git uses such names itself"] = None
    if len(part.encode()) > _LONGEST_NAME:
        part = _fitted(part, "")
        changes["its name is too long"] = None
    return part


def _fitted(name: str, addition: str) -> str:
    """A name with an addition before its extension, truncated if it would become too long."""
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode()) > _LONGEST_EXTENSION:
        stem, dot, ending = name, "", ""
    room = _LONGEST_NAME - len(f"{addition}{dot}{ending}".encode())
    short = stem.encode()[:room].decode(errors="ignore")
    return f"{short}{addition}{dot}{ending}".rstrip(". ")
