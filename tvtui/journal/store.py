"""The recorded runs: a file for each, in a folder for each suite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tvtui.journal.recording import Head, NotReadable, Recording, decode, decode_head, encode, encode_head
from tvtui.settings.paths import state_folder

SUFFIX = ".tvrun"


class Unlisted(NamedTuple):
    """A file that cannot be listed with the others.

    Attributes:
        path: The file.
        why: The reason, in a few words.
    """

    path: Path
    why: str


class Listing(NamedTuple):
    """The recorded runs.

    Attributes:
        heads: The newest run first.
        unlisted: The files that cannot be read.
    """

    heads: tuple[Head, ...]
    unlisted: tuple[Unlisted, ...] = ()


def journal_folder() -> Path | None:
    """The folder of the journal in the platform's state folder; None if there is none."""
    state = state_folder()
    return None if state is None else state / "journal"


class Store:
    """Reads and writes recordings; every method may block, so it is called in a thread while a watch goes on."""

    def __init__(self, folder: Path) -> None:
        """Use a folder, which is created when something is first written."""
        self.folder = folder

    def write(self, recording: Recording) -> None:
        """Record a run, in place of what was recorded of it before.

        Raises:
            OSError: It cannot be written.
        """
        self._write(recording.head, encode(recording))

    def write_head(self, head: Head) -> None:
        """Record that a run is being watched, unless more is recorded of it already.

        Raises:
            OSError: It cannot be written.
        """
        self._write(head, encode_head(head))

    def _write(self, head: Head, content: bytes) -> None:
        path = self._path(head)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.urandom(6).hex()}.part")
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(number, "wb") as file:
            file.write(content)
        part.replace(path)

    def _path(self, head: Head) -> Path:
        return self.folder / head.suite.key / f"{head.run_id}{SUFFIX}"

    def listing(self) -> Listing:
        """All recorded runs."""
        heads: list[Head] = []
        unlisted: list[Unlisted] = []
        for path in self._paths():
            try:
                with path.open("rb") as file:
                    heads.append(decode_head(file.readline()))
            except OSError as error:
                unlisted.append(Unlisted(path, error.strerror or "unreadable"))
            except NotReadable as error:
                unlisted.append(Unlisted(path, str(error)))
        heads.sort(key=lambda head: head.run_id, reverse=True)
        return Listing(tuple(heads), tuple(unlisted))

    def find(self, run_id: int) -> tuple[Head, ...]:
        """The recordings of a run: more than one if several servers or projects have a run of this number."""
        return tuple(head for head in self.listing().heads if head.run_id == run_id)

    def load(self, head: Head) -> Recording:
        """Read a whole recording.

        Raises:
            OSError: It cannot be read.
            NotReadable: It is damaged, or has no details.
        """
        return decode(self._path(head).read_bytes())

    def _paths(self) -> Iterator[Path]:
        with suppress(OSError):
            yield from sorted(self.folder.glob(f"*/*{SUFFIX}"))
