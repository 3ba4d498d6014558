"""How long recordings are kept: everything for a while, then only what lists and the history need."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tvtui.journal.files import BROKEN_SUFFIX, locked, run_files, tidy
from tvtui.journal.recording import NotReadable
from tvtui.journal.store import INDEX, Store
from tvtui.settings.paths import write_private

_DAY = 24 * 3600.0
_STAMP = "pruned"
_PART_SECONDS = 3600.0
_MOST_SITES = 20
_SMALL = 4096
"""Bytes below which nothing is gained by keeping only the head."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is kept; beyond it, recordings lose everything but their heads.

    Attributes:
        runs: How many runs of a suite.
        days: How long.
        size: How many bytes in all suites; beyond it, the oldest heads are removed at last.
        excess: How many times a limit may be exceeded until the next time something is pruned.
    """

    runs: int = 200
    days: float = 180.0
    size: int = 200 << 20
    excess: float = 1.5


class Pruned(NamedTuple):
    """What pruning has done.

    Attributes:
        stripped: How many recordings have only their heads left.
        removed: How many files have been removed.
        freed: How many bytes that has freed.
    """

    stripped: int = 0
    removed: int = 0
    freed: int = 0


class _File(NamedTuple):
    path: Path
    run_id: int
    size: int
    written: float


def prune_if_due(store: Store, suite_folder: Path, policy: Policy, now: float | None = None) -> Pruned | None:
    """Prune if that was a day ago, or a suite has many more runs than it should; None if it is not due.

    Raises:
        OSError: The journal cannot be read or written.
    """
    now = time.time() if now is None else now
    stamp = store.folder / _STAMP
    with suppress(OSError):
        age = now - stamp.lstat().st_mtime
        if 0 <= age < _DAY:
            kept = sum(file.size > _SMALL for file in _files(suite_folder))
            if kept <= policy.runs * policy.excess:
                return None
    # first, so that no other process prunes as well
    write_private(stamp, "")
    return prune(store, policy, now)


def prune(store: Store, policy: Policy, now: float | None = None) -> Pruned:
    """Reduce the journal to what is kept; other processes may record at the same time.

    Raises:
        OSError: The journal cannot be read.
    """
    now = time.time() if now is None else now
    done = Pruned()
    kept: list[_File] = []
    for folder in store.suite_folders():
        tidy(folder, now - _PART_SECONDS)
        done = _add(done, _forget_broken(folder, now - policy.days * _DAY))
        done = _add(done, _forget_sites(folder))
        files = sorted(_files(folder), key=lambda file: file.run_id, reverse=True)
        whole = [file for file in files if file.size > _SMALL]
        surplus = {file.path for file in whole[policy.runs :]}
        surplus |= {file.path for file in whole if now - file.written > policy.days * _DAY}
        done = _add(done, _strip(store, [file for file in whole if file.path in surplus]))
        kept += [file for file in files if file.path not in surplus]
    return _add(done, _reduce(store, kept, policy.size))


def _reduce(store: Store, files: Sequence[_File], size: int) -> Pruned:
    """Strip the oldest recordings until all of them have a size; if that does not do, remove the oldest."""
    done = Pruned()
    total = _size(store)
    oldest_first = sorted(files, key=lambda file: file.written)
    for file in oldest_first:
        if total - done.freed <= size:
            return done
        if file.size > _SMALL:
            done = _add(done, _strip(store, [file]))
    for file in sorted(_all_files(store), key=lambda file: file.written):
        if total - done.freed <= size:
            break
        with suppress(OSError):
            file.path.unlink()
            done = _add(done, Pruned(0, 1, file.size))
    return done


def _strip(store: Store, files: Sequence[_File]) -> Pruned:
    done = Pruned()
    for file in files:
        with suppress(OSError, NotReadable):
            head = store.read_head(file.path)
            if head.has_body:
                store.strip(head)
                done = _add(done, Pruned(1, 0, file.size - file.path.lstat().st_size))
    return done


def _forget_broken(folder: Path, older_than: float) -> Pruned:
    done = Pruned()
    for path in folder.glob(f"*{BROKEN_SUFFIX}"):
        with suppress(OSError):
            info = path.lstat()
            if info.st_mtime < older_than:
                path.unlink()
                done = _add(done, Pruned(0, 1, info.st_size))
    return done


def _forget_sites(folder: Path) -> Pruned:
    """Remove the indexes of sites that were tested long ago, such as those of previews; they can be made anew."""
    done = Pruned()
    with suppress(OSError), locked(folder):
        found = sorted(folder.glob(f"{INDEX}-*"), key=lambda path: path.lstat().st_mtime, reverse=True)
        for path in found[_MOST_SITES:]:
            size = path.lstat().st_size
            path.unlink()
            done = _add(done, Pruned(0, 1, size))
    return done


def _files(folder: Path) -> list[_File]:
    found: list[_File] = []
    for run_id, entry in run_files(folder).items():
        with suppress(OSError):
            info = entry.stat(follow_symlinks=False)
            found.append(_File(Path(entry.path), run_id, info.st_size, info.st_mtime))
    return found


def _all_files(store: Store) -> list[_File]:
    return [file for folder in store.suite_folders() for file in _files(folder)]


def _size(store: Store) -> int:
    """The bytes of all files in the folders of the suites."""
    total = 0
    for folder in store.suite_folders():
        for path in folder.iterdir():
            with suppress(OSError):
                total += path.lstat().st_size
    return total


def _add(done: Pruned, more: Pruned) -> Pruned:
    return Pruned(*(left + right for left, right in zip(done, more, strict=True)))
