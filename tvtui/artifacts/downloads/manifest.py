"""The manifest of a download folder: the run that the folder belongs to, and what was saved for each artifact."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from tvtui.artifacts.downloads.safe_folder import Folder, NotSaved
from tvtui.artifacts.downloads.safe_names import MANIFEST
from tvtui.settings.paths import is_own
from tvtui.testvibe.identity import ArtifactId

_VERSION = 1
_LARGEST = 16 << 20
"""Bytes of a manifest that are read: more than any run needs."""

_CLOCK_STEP = 2_000_000_000
"""Nanoseconds: FAT rounds times to two seconds."""


class Origin(NamedTuple):
    """Where artifacts come from: the server's URL, the project's ID and the run's ID."""

    server: str
    project: str
    run: int

    def is_same(self, other: Origin) -> bool:
        """Whether this is the same run; a recording has the project's ID in lower case."""
        mine, theirs = (each._replace(project=each.project.casefold()) for each in (self, other))
        return mine == theirs


@dataclass(frozen=True, slots=True)
class Entry:
    """What was saved for an artifact.

    Attributes:
        artifact: The artifact.
        size: Its size in bytes, as announced; None if it was not.
        etag: The strong ETag of its version; "" if unknown.
        length: The size of the complete file; None while it is unfinished.
        modified: The time of its last change in nanoseconds; 0 while it is unfinished.
    """

    artifact: ArtifactId
    size: int | None
    etag: str
    length: int | None = None
    modified: int = 0

    def describes(self, file: os.stat_result) -> bool:
        """Whether this is the complete file, unchanged since: a copy that came with a repository is not."""
        is_same = file.st_size == self.length and abs(file.st_mtime_ns - self.modified) <= _CLOCK_STEP
        return is_same and stat.S_ISREG(file.st_mode) and is_own(file)


class Manifest:
    """The manifest of a folder, in JSON lines that are only ever appended, so that several processes may do so at once.

    The folder belongs to the run that was appended first. A line that is damaged or of another version, and a manifest
    that cannot be read or written or that another user owns, are as if they were absent.

    Attributes:
        owner: The run that the folder belongs to; None if unknown.
        entries: What was saved, by path below the folder, with slashes.
    """

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.owner: Origin | None = None
        self.entries: dict[str, Entry] = {}
        self._file: tuple[int, int] | None = None
        self._read_to = 0

    def claim(self, folder: Folder, origin: Origin) -> None:
        """Read what has been appended since the last call, and claim the folder for a run if it belongs to none yet."""
        self.read(folder)
        if self.owner is None:
            self._append(folder, {"server": origin.server, "project": origin.project, "run": origin.run})
            self.read(folder)

    def add(self, folder: Folder, file: str, entry: Entry) -> None:
        """Append an entry."""
        (path, number), fields = entry.artifact, {"size": entry.size, "etag": entry.etag}
        saved = {"length": entry.length, "modified": entry.modified}
        self._append(folder, {"artifact": path, "number": number, "file": file, **fields, **saved})
        self.entries[file] = entry

    def _append(self, folder: Folder, fields: dict[str, object]) -> None:
        # the first line break ends a line that another process could not complete
        line = f"\n{json.dumps({'version': _VERSION, **fields})}\n".encode("ascii")
        with suppress(OSError, NotSaved):
            file = folder.open_file(MANIFEST, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                if is_own(os.fstat(file)):
                    os.write(file, line)
            finally:
                os.close(file)

    def read(self, folder: Folder) -> None:
        """Read what has been appended since the last call."""
        try:
            with os.fdopen(folder.open_file(MANIFEST, os.O_RDONLY), "rb") as file:
                info = os.fstat(file.fileno())
                if (info.st_dev, info.st_ino) != self._file or info.st_size < self._read_to:
                    self._forget()
                if not is_own(info):
                    return
                self._file = (info.st_dev, info.st_ino)
                file.seek(self._read_to)
                lines = file.read(max(0, _LARGEST - self._read_to)).split(b"\n")
        except (OSError, NotSaved):
            self._forget()
            return
        # what follows the last line break is not complete yet
        self._read_to += sum(len(line) + 1 for line in lines[:-1])
        for line in lines[:-1]:
            with suppress(ValueError, RecursionError):
                self._take(json.loads(line))

    def _take(self, line: object) -> None:
        match line:
            case {"version": 1, "server": str(server), "project": str(project), "run": int(run)}:
                self.owner = self.owner or Origin(server, project, run)
            case {
                "version": 1,
                "artifact": str(path),
                "number": int(number),
                "file": str(file),
                "size": int() | None as size,
                "etag": str(etag),
                "length": int() | None as length,
                "modified": int(modified),
            } if self.owner is not None:
                self.entries[file] = Entry((path, number), size, etag, length, modified)
