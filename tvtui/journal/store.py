"""The recorded runs: a file for each, in a folder for each suite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from errno import EPERM
from pathlib import Path
from typing import Literal, NamedTuple

from tvtui.journal.files import BROKEN_SUFFIX, SUFFIX, locked, run_file, set_aside
from tvtui.journal.recording import (
    LARGEST_FILE,
    LARGEST_HEAD,
    Head,
    Newer,
    NotReadable,
    Recording,
    WithoutDetails,
    decode,
    decode_head,
    encode,
    encode_head,
)
from tvtui.journal.suite import Suite
from tvtui.settings.paths import (
    is_private,
    make_private_folder,
    open_private,
    read_private,
    state_folder,
    write_private,
)

INDEX = "index"
"""What the names of the derived files begin with."""


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
    """The folder of the journal in the state folder; None if there is none."""
    state = state_folder()
    return None if state is None else state / "journal"


class Store:
    """Reads and writes recordings; every method may block, so it is called in a thread while a watch goes on.

    Several processes may use it at once. A file is complete at any moment, and one that is not ours is never followed,
    read or replaced.
    """

    def __init__(self, folder: Path) -> None:
        """Use a folder, which is created when something is first written."""
        self.folder = folder

    def suite_folder(self, suite: Suite) -> Path:
        """The folder of a suite."""
        return self.folder / suite.key

    def path_of(self, head: Head) -> Path:
        """The file of a recording."""
        return run_file(self.suite_folder(head.suite), head.run_id)

    def write(self, recording: Recording) -> Recording | None:
        """Record a run, in place of what was recorded of it before, unless that is more complete.

        What led to the end of the run is kept if only the other recording has it.

        Returns:
            What the file has now; None if it is as it was.

        Raises:
            OSError: It cannot be written.
            TooLarge: It could not be read again.
        """
        head = replace(recording.head, has_body=True, changes=len(recording.changes))
        recording = replace(recording, head=head)
        content = encode(recording)
        with self._writing(head) as path:
            before = self._before(path, head)
            if before is False:
                return None
            if before is not None:
                recording = self._with_what_was_known(path, before, recording)
                content = content if recording.head is head else encode(recording)
            write_private(path, content)
        return recording

    def write_head(self, head: Head) -> bool:
        """Record that a run is being watched, unless more is recorded of it already; returns whether it was written.

        Raises:
            OSError: It cannot be written.
        """
        head = replace(head, has_body=False)
        with self._writing(head) as path:
            if self._before(path, head) is False:
                return False
            write_private(path, encode_head(head))
        return True

    def strip(self, head: Head) -> None:
        """Keep only the head of a recording.

        Raises:
            OSError: It cannot be read or written.
            NotReadable: It has been damaged.
        """
        with self._writing(head) as path:
            if self.read_head(path) == head:
                write_private(path, encode_head(replace(head, has_body=False, changes=0)))

    def listing(self) -> Listing:
        """All recorded runs; damaged files are set aside."""
        heads: list[Head] = []
        unlisted: list[Unlisted] = []
        for path in self._paths():
            if path.name.endswith(BROKEN_SUFFIX):
                unlisted.append(Unlisted(path, "damaged"))
                continue
            try:
                heads.append(self.read_head(path))
            except OSError as error:
                unlisted.append(Unlisted(path, error.strerror or "unreadable"))
            except Newer as error:
                unlisted.append(Unlisted(path, str(error)))
            except NotReadable:
                unlisted.append(Unlisted(_set_aside(path), "damaged"))
        heads.sort(key=lambda head: (head.run_id, head.seen or _LONG_AGO), reverse=True)
        return Listing(tuple(heads), tuple(unlisted))

    def find(self, run_id: int) -> tuple[Head, ...]:
        """The recordings of a run: more than one if several servers or projects have a run of this number.

        The one that was seen last comes first.
        """
        found: list[Head] = []
        for folder in self.suite_folders():
            with suppress(OSError, NotReadable):
                found.append(self.read_head(run_file(folder, run_id)))
        return tuple(sorted(found, key=lambda head: head.seen or _LONG_AGO, reverse=True))

    def read_head(self, path: Path) -> Head:
        """Read the head of a recording in this folder.

        Raises:
            OSError: It cannot be read, or is no file of this user alone.
            NotReadable: It is damaged, or no recording of this run and suite.
        """
        self._require_folders(path.parent)
        with open_private(path) as file:
            head = decode_head(file.readline(LARGEST_HEAD + 1))
        return _checked(head, path)

    def load(self, head: Head) -> Recording:
        """Read a whole recording; a damaged one is set aside.

        Raises:
            OSError: It cannot be read.
            NotReadable: It is damaged, or has no details.
        """
        return self.read(self.path_of(head))

    def read(self, path: Path) -> Recording:
        """As `load`, by its path."""
        self._require_folders(path.parent)
        try:
            recording = decode(read_private(path, LARGEST_FILE))
            _checked(recording.head, path)
        except (Newer, WithoutDetails):
            raise
        except NotReadable:
            _set_aside(path)
            raise
        return recording

    def forget(self, head: Head) -> None:
        """Remove a recording, and what has been derived from it.

        Raises:
            OSError: It cannot be removed.
        """
        folder = self.suite_folder(head.suite)
        self._require_folders(folder)
        with locked(folder):
            self.path_of(head).unlink(missing_ok=True)
            for path in self.index_paths(folder):
                path.unlink(missing_ok=True)

    def purge(self) -> int:
        """Remove everything that is recorded on this machine; returns the number of runs.

        Raises:
            OSError: Something cannot be removed, or the folder is not one of this user alone.
        """
        with suppress(FileNotFoundError):
            self._require_folders(self.folder)
        removed = 0
        for folder in self.suite_folders():
            with os.scandir(folder) as entries:
                paths = [Path(entry.path) for entry in entries if not entry.is_dir(follow_symlinks=False)]
            for path in paths:
                path.unlink(missing_ok=True)
                removed += path.suffix == SUFFIX
            with suppress(OSError):
                # not if it has something that is not ours
                folder.rmdir()
        for path in self.folder.glob("*"):
            if not path.is_dir() or path.is_symlink():
                path.unlink(missing_ok=True)
        return removed

    def suite_folders(self) -> tuple[Path, ...]:
        """The folders of all suites; none if the journal's folder can be somebody else's work."""
        with suppress(OSError):
            if is_private(self.folder.lstat()):
                with os.scandir(self.folder) as entries:
                    found = [
                        Path(entry.path)
                        for entry in entries
                        if entry.is_dir(follow_symlinks=False) and is_private(entry.stat(follow_symlinks=False))
                    ]
                return tuple(sorted(found))
        return ()

    def index_paths(self, folder: Path) -> tuple[Path, ...]:
        """What has been derived from the recordings of a suite."""
        return tuple(folder.glob(f"{INDEX}*"))

    def _paths(self) -> Iterator[Path]:
        for folder in self.suite_folders():
            with suppress(OSError):
                yield from sorted((*folder.glob(f"*{SUFFIX}"), *folder.glob(f"*{BROKEN_SUFFIX}")))

    def _require_folders(self, folder: Path) -> None:
        for each in (self.folder, folder):
            if not is_private(each.lstat()):
                raise PermissionError(EPERM, "not a folder of this user alone", str(each))

    @contextmanager
    def _writing(self, head: Head) -> Iterator[Path]:
        folder = self.suite_folder(head.suite)
        make_private_folder(self.folder)
        make_private_folder(folder)
        with locked(folder):
            yield self.path_of(head)

    def _before(self, path: Path, head: Head) -> Head | Literal[False] | None:
        """The head of what is recorded of a run; False if that must not be replaced, as it is newer or more complete.

        A server that was set up anew counts from the beginning: a run of another time of creation is another run.

        Raises:
            OSError: It cannot be read.
        """
        try:
            before = self.read_head(path)
        except FileNotFoundError:
            return None
        except Newer:
            return False
        except NotReadable:
            _set_aside(path)
            return None
        is_older = (before.seen or _LONG_AGO) <= (head.seen or _LONG_AGO)
        if before.created and head.created and before.created != head.created:
            return None if is_older else False
        if before.completeness != head.completeness:
            return before if before.completeness < head.completeness else False
        return before if is_older else False

    def _with_what_was_known(self, path: Path, before: Head, recording: Recording) -> Recording:
        """The recording with what only the one that it replaces has."""
        head = recording.head
        if head.new_failures is None and before.new_failures is not None:
            recording = replace(recording, head=replace(head, new_failures=before.new_failures))
        if before.changes > head.changes:
            with suppress(OSError, NotReadable):
                other = self.read(path)
                # changes are by the places of the tests; what was read equals no name that had to be cleaned
                if [case.name for case in other.run.tests] == [str(case.name) for case in recording.run.tests]:
                    head = replace(recording.head, changes=len(other.changes))
                    recording = replace(recording, head=head, changes=other.changes)
        return recording


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _checked(head: Head, path: Path) -> Head:
    """The head, if the file is where such a recording belongs."""
    if path != run_file(path.parent, head.run_id) or path.parent.name != head.suite.key:
        raise NotReadable("of another run")
    return head


def _set_aside(path: Path) -> Path:
    with suppress(OSError):
        return set_aside(path)
    return path
