"""The thread that writes: the last job counts, and waiting for it is bounded."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tvtui.journal.writer import Writer


class Jobs:
    """A writer whose first job lasts until it is released, and what has been done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.released = threading.Event()
        self.begun = threading.Event()
        self.writer = Writer()
        self.writer.put("first", self._wait)
        assert self.begun.wait(60)

    def _wait(self) -> None:
        self.begun.set()
        assert self.released.wait(60)
        self.done.append("first")

    def job(self, name: str) -> Callable[[], None]:
        return lambda: self.done.append(name)

    def finish(self) -> list[str]:
        self.released.set()
        assert self.writer.wait(60)
        return self.done


def test_jobs_are_done_in_their_order() -> None:
    jobs = Jobs()
    for name in ("a", "b"):
        jobs.writer.put(name, jobs.job(name))
    assert jobs.finish() == ["first", "a", "b"]


def test_of_jobs_that_wait_for_the_same_thing_the_last_is_done() -> None:
    jobs = Jobs()
    for name in ("head", "half", "all"):
        jobs.writer.put("run", jobs.job(name))
    jobs.writer.put("first", jobs.job("first again"))
    assert jobs.finish() == ["first", "all", "first again"]


def test_nobody_waits_for_a_job_that_does_not_end() -> None:
    jobs = Jobs()
    assert not jobs.writer.wait(0.01)
    assert jobs.finish() == ["first"]


def test_there_is_nothing_to_wait_for_at_first() -> None:
    assert Writer().wait(0)
