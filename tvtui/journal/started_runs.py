"""Runs that this user starts from any tvtui on this machine, announced to every tvtui that follows them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tvtui.settings.paths import is_private, read_private, state_folder, write_private
from tvtui.watch.clock import Clock
from tvtui.watch.request import StartedRuns

_CHECK_SECONDS = 3.0
_KEPT_SECONDS = 24 * 3600.0
_KEPT = 200
_LARGEST = 4096
_SUFFIX = ".json"


def folder() -> Path | None:
    """The folder for announcements, in the platform's state folder; None if there is none."""
    state = state_folder()
    return None if state is None else state / "dispatched"


def announce(server: str, project: str, run_id: int, *, where: Path | None = None) -> None:
    """Announce that a run has been started; does nothing if that is not possible.

    Args:
        server: The server's URL, as in the settings.
        project: The project's public ID.
        run_id: The new run.
        where: The folder for announcements; None for the default.
    """
    there = folder() if where is None else where
    if there is None:
        return
    with suppress(OSError):
        there.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not is_private(there.lstat()):
            return
        _tidy(there)
        content = {"server": server, "project": project, "run": run_id, "time": datetime.now(UTC).isoformat()}
        write_private(there / f"{os.urandom(12).hex()}{_SUFFIX}", json.dumps(content))


def _tidy(there: Path) -> None:
    """Remove old and surplus announcements; other processes may do the same at the same time."""
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

    def __init__(self, server: str, project: str, *, where: Path | None = None) -> None:
        """Ignore earlier announcements; the arguments are those of `announce`."""
        self._folder = folder() if where is None else where
        self._server = server
        self._project = project.casefold()
        self._known = self._names() or set()

    def new(self) -> tuple[int, ...]:
        """The runs announced since the last call, in order, each once."""
        names = self._names()
        if names is None:
            return ()
        found = [] if self._folder is None else [_read(self._folder / name) for name in names - self._known]
        # removed ones are forgotten, as their names are never used again
        self._known = names
        announced = sorted(each for each in found if each is not None)
        return tuple(
            dict.fromkeys(
                run_id
                for _, server, project, run_id in announced
                if server == self._server and project.casefold() == self._project
            )
        )

    def _names(self) -> set[str] | None:
        """The file names of all announcements; None if unknown."""
        with suppress(OSError):
            if self._folder is not None and is_private(self._folder.lstat()):
                with os.scandir(self._folder) as entries:
                    return {entry.name for entry in entries if entry.name.endswith(_SUFFIX)}
        return None


def _read(path: Path) -> tuple[str, str, str, int] | None:
    """Time, server, project and run of an announcement; None if it is invalid or from another user."""
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        content = json.loads(read_private(path, _LARGEST))
        run_id = content["run"]
        texts = (content["time"], content["server"], content["project"])
        if type(run_id) is int and all(isinstance(text, str) for text in texts):
            return (*texts, run_id)
    return None


async def after_each_other(
    announcements: StartedRuns, clock: Clock, known: set[int], is_free: Callable[[], bool] = lambda: True
) -> AsyncGenerator[tuple[int, ...], None]:
    """Yield newly announced runs in batches, forever.

    Args:
        announcements: The source of the runs.
        clock: Waits between two checks.
        known: Runs to skip; those yielded are added.
        is_free: Whether other runs can be watched now; nothing is checked while it returns False.
    """
    while True:
        fresh = tuple(run_id for run_id in announcements.new() if run_id not in known) if is_free() else ()
        if fresh:
            known.update(fresh)
            yield fresh
        await clock.sleep(_CHECK_SECONDS)
