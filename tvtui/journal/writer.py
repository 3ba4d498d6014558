"""Writes to the journal in a thread that holds nothing up: neither the watch nor the end of the program."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable

_PAUSE_SECONDS = 0.5
"""How long a job waits before it begins: what has caused it is being drawn, and the thread would hold that up."""


class Writer:
    """Does one job after the other in a thread; of those that wait for the same thing, only the last is done.

    The thread ends with the program, whatever it is doing: a network drive can keep it waiting forever.
    """

    def __init__(self, *, pause_seconds: float = _PAUSE_SECONDS) -> None:
        self._pause_seconds = pause_seconds
        self._jobs: dict[Hashable, Callable[[], None]] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_working = False
        self._is_awaited = False

    def put(self, key: Hashable, job: Callable[[], None]) -> None:
        """Do a job in a moment, instead of the one of this key that has not begun; it must not raise."""
        with self._changed:
            self._jobs[key] = job
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until all jobs are done, for some seconds at most; returns whether they are. No job pauses any more."""
        with self._changed:
            self._is_awaited = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._jobs and not self._is_working, seconds)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._is_working = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: bool(self._jobs))
                self._changed.wait_for(lambda: self._is_awaited, self._pause_seconds)
                key = next(iter(self._jobs))
                job = self._jobs.pop(key)
                self._is_working = True
            job()
            # neither the job nor what it refers to is kept while there is nothing to do
            del job
