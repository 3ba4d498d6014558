"""How long recordings are kept: everything for a while, then only what lists and the history need."""

from __future__ import annotations

import time
from collections.abc import Iterable
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
_SMALL = 1024
"""Bytes of a recording that is probably only a head."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is kept; beyond it, recordings lose everything but their heads.

    Attributes:
        runs: How many runs of a suite.
        days: How long.
        heads: How many runs of a suite are listed at all.
        size: How many bytes in all suites.
        excess: How many times a limit may be exceeded until the next time something is pruned.
    """

    runs: int = 200
    days: float = 180.0
    heads: int = 2000
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


def prune_if_due(store: Store, folder: Path, policy: Policy, now: float | None = None) -> Pruned | None:
    """Prune if the last time was a day ago, or a limit is far exceeded; None if it is not due.

    Args:
        store: What to prune.
        folder: The folder of the suite to which something has been added.
        policy: What is kept.
        now: The time, in seconds since 1970; None: the system's.

    Raises:
        OSError: The journal cannot be read or written.
    """
    now = time.time() if now is None else now
    stamp = store.folder / _STAMP
    with suppress(OSError):
        # a stamp of the future is one of a wrong clock
        if 0 <= now - stamp.lstat().st_mtime < _DAY:
            whole = sum(file.size > _SMALL for file in _files(folder))
            if whole <= policy.runs * policy.excess and _size(store) <= policy.size * policy.excess:
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
    oldest = now - policy.days * _DAY
    done = Pruned()
    tidy(store.folder, now - _PART_SECONDS)
    for folder in store.suite_folders():
        tidy(folder, now - _PART_SECONDS)
        done = _add(done, _remove_broken(folder, oldest), _remove_sites(folder))
        files = sorted(_files(folder), key=lambda file: file.run_id, reverse=True)
        done = _add(done, _remove(files[policy.heads :]))
        whole = 0
        for file in files[: policy.heads]:
            if whole >= policy.runs or file.written < oldest:
                done = _add(done, _strip(store, file))
            else:
                whole += file.size > _SMALL
    return _add(done, _reduce(store, policy.size))


def _reduce(store: Store, size: int) -> Pruned:
    """Strip the oldest recordings until all of them have a size; if that does not do, remove the oldest."""
    done = Pruned()
    surplus = _size(store) - size
    if surplus <= 0:
        return done
    files = sorted((file for folder in store.suite_folders() for file in _files(folder)), key=lambda file: file.written)
    for file in files:
        if done.freed < surplus:
            done = _add(done, _strip(store, file))
    for file in files:
        if done.freed < surplus:
            done = _add(done, _remove([file]))
    return done


def _strip(store: Store, file: _File) -> Pruned:
    with suppress(OSError, NotReadable):
        head = store.read_head(file.path)
        if head.has_body:
            store.strip(head)
            return Pruned(1, 0, file.size - file.path.lstat().st_size)
    return Pruned()


def _remove(files: Iterable[_File]) -> Pruned:
    done = Pruned()
    for file in files:
        with suppress(OSError):
            size = file.path.lstat().st_size
            file.path.unlink()
            done = _add(done, Pruned(0, 1, size))
    return done


def _remove_broken(folder: Path, older_than: float) -> Pruned:
    done = Pruned()
    for path in folder.glob(f"*{BROKEN_SUFFIX}"):
        with suppress(OSError):
            info = path.lstat()
            if info.st_mtime < older_than:
                path.unlink()
                done = _add(done, Pruned(0, 1, info.st_size))
    return done


def _remove_sites(folder: Path) -> Pruned:
    """Remove the indexes of sites that were tested long ago, such as those of previews; they can be rebuilt."""
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


def _size(store: Store) -> int:
    """The bytes of all files in the folders of the suites."""
    total = 0
    for folder in store.suite_folders():
        for path in folder.iterdir():
            with suppress(OSError):
                total += path.lstat().st_size
    return total


def _add(*parts: Pruned) -> Pruned:
    return Pruned(*map(sum, zip(*parts, strict=True)))
