"""The download folder of one run: never that of another run, and where in it each artifact is saved."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tvtui.artifacts.downloads.manifest import Entry, Manifest, Origin
from tvtui.artifacts.downloads.safe_folder import Folder, NotSaved, download_folder, open_below
from tvtui.artifacts.downloads.safe_names import Parts, Place, beside, key_of, part_of
from tvtui.settings.paths import is_own, shown
from tvtui.settings.settings import DEMO, Settings
from tvtui.testvibe.identity import ArtifactId
from tvtui.text.clean import clean_line

OpenFolder = Callable[[Path, Sequence[str]], Folder]

_MOST_FOLDERS = 100
_MOST_NAMES = 1000
"""How many names are tried."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an artifact is saved, reserved until it is released.

    Attributes:
        folder: The open folder.
        name: The name in this folder.
        file: The path below the run's folder, with slashes.
        known: The manifest's entry, if a file or an unfinished download of this version is there.
    """

    folder: Folder
    name: str
    file: str
    known: Entry | None

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self.folder.path / self.name

    @property
    def is_there(self) -> bool:
        """Whether the complete file is there."""
        return self.known is not None and self.known.length is not None


class RunFolder:
    """The folder for the artifacts of one run. Its methods block, and may be called by several threads.

    A folder that belongs to another run, such as run 214 of another server, is not used but one beside it, such as
    `run-214 (2)`. Only files that the folder's manifest knows count as artifacts; others are left alone.
    """

    def __init__(
        self, path: Path, origin: Origin, *, is_fixed: bool = False, open_folder: OpenFolder = open_below
    ) -> None:
        """Prepare; nothing is opened or created yet.

        Args:
            path: The folder.
            origin: The run.
            is_fixed: Whether the user named this very folder, so that none beside it is used.
            open_folder: Opens a folder below another one.
        """
        self._origin = origin
        self._is_fixed = is_fixed
        self._root = path if is_fixed else path.parent
        self._name = path.name
        self._number = 1
        self._open_folder = open_folder
        self._manifest = Manifest()
        self._in_use: set[str] = set()
        self._lock = threading.Lock()

    @property
    def path(self) -> Path:
        """The folder, as far as is known before `create`."""
        return self._root.joinpath(*self._names)

    def create(self) -> None:
        """Create the folder if necessary.

        Raises:
            NotSaved: It cannot be created, or belongs to another run.
        """
        with self._lock:
            self._open_own().close()

    def saved(self) -> Mapping[ArtifactId, Path]:
        """The complete files of artifacts that were downloaded before; nothing is created."""
        for number in range(1, _MOST_FOLDERS + 1):
            path = self._root if self._is_fixed else self._root / self._name_of(number)
            if path.is_symlink() or not path.is_dir():
                break
            manifest = Manifest()
            manifest.read(Folder(path))
            if manifest.owner is not None and manifest.owner.is_same(self._origin):
                return {
                    entry.artifact: path / file
                    for file, entry in manifest.entries.items()
                    if entry.length is not None and _is_there(path, file, entry)
                }
            if self._is_fixed:
                break
        return {}

    def reserve(
        self, which: ArtifactId, place: Place, size: int | None, etag: str, reserved: Collection[Parts]
    ) -> Spot:
        """Find the file of an artifact, or a free name for it.

        Args:
            which: The artifact.
            place: Its place.
            size: Its size in bytes; None if unknown.
            etag: The strong ETag of its version; "" if unknown.
            reserved: The keys of the places of all artifacts, see `key_of`.

        Raises:
            NotSaved: The folder cannot be opened, or no name is free.
        """
        with self._lock:
            self._open_own().close()
            *folders, name = place.parts
            folder = self._open_folder(self._root, (*self._names, *folders))
            try:
                for number in range(1, _MOST_NAMES + 1):
                    if number > 1:
                        name = beside(place.name, number)
                        if key_of((*folders, name)) in reserved:
                            continue
                    file = "/".join((*folders, name))
                    if file in self._in_use:
                        continue
                    entry = self._manifest.entries.get(file)
                    entry = None if entry is None or entry.artifact != which else entry
                    is_free, known = _find(folder, name, entry, size, etag)
                    if is_free:
                        self._in_use.add(file)
                        return Spot(folder, name, file, known)
                raise NotSaved(f"{shown(folder.path)} has too many files like {place.name}. Move some of them.")
            except BaseException:
                folder.close()
                raise

    def record(
        self, spot: Spot, which: ArtifactId, size: int | None, etag: str, info: os.stat_result | None = None
    ) -> None:
        """Add an artifact to the manifest: when its bytes begin to be written, and with its status when all are."""
        with self._lock:
            length, modified = (None, 0) if info is None else (info.st_size, info.st_mtime_ns)
            folder = self._open_own()
            try:
                self._manifest.add(folder, spot.file, Entry(which, size, etag, length, modified))
            finally:
                folder.close()

    def release(self, spot: Spot) -> None:
        """Let others use the file, and close its folder; does not block."""
        self._in_use.discard(spot.file)
        spot.folder.close()

    @property
    def _names(self) -> tuple[str, ...]:
        """The folder's path below the root."""
        if self._is_fixed:
            return ()
        return (self._name_of(self._number),)

    def _name_of(self, number: int) -> str:
        return self._name if number == 1 else beside(self._name, number)

    def _open_own(self) -> Folder:
        """Open the first of the folders that belongs to the run or to no run yet."""
        self._create_root()
        while True:
            folder = self._open_folder(self._root, self._names)
            self._manifest.claim(folder, self._origin)
            owner = self._manifest.owner
            if owner in {None, self._origin}:
                return folder
            folder.close()
            assert owner is not None
            if self._is_fixed or self._number == _MOST_FOLDERS:
                whose = f"run {owner.run} of {clean_line(owner.server)}"
                whose = f"{whose}, project {clean_line(owner.project)}" if owner[::2] == self._origin[::2] else whose
                raise NotSaved(f"{shown(folder.path)} has artifacts of {whose}. Choose another folder with --output.")
            self._number += 1

    def _create_root(self) -> None:
        """Create the folder above the folders of all runs: private, and ignored by git, as traces hold secrets."""
        if self._is_fixed or self._root.exists():
            return
        root = self._open_folder(self._root, ())
        try:
            with suppress(OSError, NotSaved):
                file = root.open_file(".gitignore", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
                try:
                    os.write(file, b"*\n")
                finally:
                    os.close(file)
        finally:
            root.close()


def _is_there(folder: Path, file: str, entry: Entry) -> bool:
    """Whether the complete file is there; a manifest that came with a repository may name files elsewhere."""
    path = folder / file
    try:
        is_below = path.resolve().is_relative_to(folder.resolve())
        return is_below and entry.describes(path.lstat())
    except (OSError, ValueError):
        return False


def _find(folder: Folder, name: str, entry: Entry | None, size: int | None, etag: str) -> tuple[bool, Entry | None]:
    """Whether a name can be used for an artifact, and its entry if what is there is of the same version."""
    is_same = entry is not None and entry.size == size and ("" in {entry.etag, etag} or entry.etag == etag)
    known = entry if is_same else None
    complete = folder.stat(name)
    if complete is not None:
        return (True, known) if known is not None and known.describes(complete) else (False, None)
    part = folder.stat(part_of(name))
    if part is None:
        return True, None
    is_ours = stat.S_ISREG(part.st_mode) and part.st_nlink == 1 and is_own(part)
    if not is_ours or (entry is None and part.st_size > 0):
        return False, None
    # it may be complete but for its name
    return True, None if known is None else replace(known, length=None)


def origin_of(settings: Settings, run_id: int) -> Origin:
    """What distinguishes a run from those of other servers and projects."""
    # the demo's server has another port each time
    server = DEMO if settings.server_source == DEMO else settings.server
    return Origin(server, settings.project, run_id)


def run_folder(settings: Settings, run_id: int, cwd: Path | None) -> RunFolder:
    """The folder for the artifacts of a run, by the settings."""
    is_fixed = settings.output is not None and settings.output_is_for_one_run
    return RunFolder(download_folder(settings, run_id, cwd), origin_of(settings, run_id), is_fixed=is_fixed)
