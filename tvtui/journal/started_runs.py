"""Runs that this user starts from any tvtui on this machine, told to every other one that follows them."""

from __future__ import annotations

import json
import os
import secrets
import stat
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tvtui.watch.clock import Clock
from tvtui.watch.request import StartedRuns

LOOK_SECONDS = 3.0
"""How long to wait before looking for announcements again: a glance is one `stat` of a folder."""

_KEPT_SECONDS = 24 * 3600.0
_KEPT = 200
_LARGEST = 4096
_SUFFIX = ".json"


def folder() -> Path:
    """The folder that announcements lie in, below the platform's folder for the state of programs."""
    from platformdirs import user_state_path

    return user_state_path("tvtui", appauthor=False) / "dispatched"


def announce(server: str, project: str, run_id: int) -> None:
    """Tell that a run has been started. Where that cannot be told nothing is lost but the telling.

    Args:
        server: The server's address, as in the settings.
        project: The project's public id.
        run_id: The new run.
    """
    with suppress(OSError):
        _announce(server, project, run_id)


def _announce(server: str, project: str, run_id: int) -> None:
    there = folder()
    there.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_mine(there.lstat()):
        return
    _tidy(there)
    told = {"server": server, "project": project, "run": run_id, "time": datetime.now(UTC).isoformat()}
    # whole or not at all: it is written under a name that nobody reads, and then renamed
    name = f"{secrets.token_hex(12)}{_SUFFIX}"
    written = there / f"{name}.part"
    number = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(number, "w", encoding="ascii") as file:
        json.dump(told, file)
    written.replace(there / name)


def _tidy(there: Path) -> None:
    """Remove what is old, and what is too much; others may do the same at the same time."""
    ages = []
    for path in there.iterdir():
        with suppress(OSError):
            ages.append((time.time() - path.lstat().st_mtime, path))
    ages.sort(key=lambda each: each[0])
    for place, (age, path) in enumerate(ages):
        if age > _KEPT_SECONDS or place >= _KEPT:
            with suppress(OSError):
                path.unlink()


class Announcements:
    """The runs of one project that are announced from now on."""

    def __init__(self, server: str, project: str) -> None:
        """Begin: what has been announced until now does not count."""
        self._server = server
        self._project = project.casefold()
        self._changed: int | None = None
        self._looks_again = True
        self._known = self._names() or set()

    def new(self) -> tuple[int, ...]:
        """The runs that were announced since the last call, in their order, each once."""
        changed = self._when_changed()
        # what comes within the same tick of the file system's clock changes nothing that can be seen: look twice
        if changed == self._changed and not self._looks_again:
            return ()
        self._looks_again = changed != self._changed
        self._changed = changed
        names = self._names()
        if names is None:
            return ()
        found = [_read(folder() / name) for name in names - self._known]
        # those that have been removed do not come again
        self._known = names
        told = sorted(each for each in found if each is not None)
        return tuple(
            dict.fromkeys(
                run_id
                for _, server, project, run_id in told
                if server == self._server and project.casefold() == self._project
            )
        )

    def _when_changed(self) -> int | None:
        try:
            info = folder().lstat()
        except OSError:
            return None
        return info.st_mtime_ns if _is_mine(info) else None

    def _names(self) -> set[str] | None:
        """The announcements that are there; None if that cannot be told."""
        if self._when_changed() is None:
            return None
        with suppress(OSError), os.scandir(folder()) as entries:
            return {entry.name for entry in entries if entry.name.endswith(_SUFFIX)}
        return None


def _read(path: Path) -> tuple[str, str, str, int] | None:
    """When, server, project and run; None for what is broken, or of another user."""
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        # opened without waiting, in case that it is a pipe
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(number, "rb") as file:
            info = os.fstat(number)
            if not stat.S_ISREG(info.st_mode) or not _is_mine(info) or info.st_size > _LARGEST:
                return None
            told = json.loads(file.read(_LARGEST))
        run_id = told["run"]
        texts = (told["time"], told["server"], told["project"])
        if type(run_id) is int and all(isinstance(text, str) for text in texts):
            return (*texts, run_id)
    return None


def _is_mine(info: os.stat_result) -> bool:
    """Whether a file or folder is this user's own and nobody else can write to it (where the system can tell)."""
    if os.name != "posix":
        return True
    is_link = stat.S_ISLNK(info.st_mode)
    return not is_link and info.st_uid == os.geteuid() and not info.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


async def after_each_other(
    announcements: StartedRuns, clock: Clock, known: set[int], is_free: Callable[[], bool] = lambda: True
) -> AsyncGenerator[tuple[int, ...], None]:
    """The runs that have been announced, whenever there are some and there is time for them; for ever.

    Args:
        announcements: Where they come from.
        clock: What to wait by.
        known: Those that are passed over; all that come are added.
        is_free: Whether others can be watched now; nothing is looked at while they cannot.
    """
    while True:
        fresh = tuple(run_id for run_id in announcements.new() if run_id not in known) if is_free() else ()
        if fresh:
            known.update(fresh)
            yield fresh
        await clock.sleep(LOOK_SECONDS)
