"""Recordings, made from what a watch saw."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

from tests.support.builders import CREATED, a_run, run_at
from tvtui.journal.recorder import Recorder
from tvtui.journal.recording import CaseChange, Change, Head, Recording
from tvtui.journal.suite import Suite
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.models import Case, Run
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.watched_run import WatchedRun

PROJECT = "01234567-89ab-cdef-0123-456789abcdef"
SUITE = Suite("https://testvibe.acme.example", PROJECT, "12", "Default")

Seen = Run | tuple[str, str]
"""What a request has brought: the run, or what went wrong and what to do."""


def a_recording(*seen: tuple[float, Seen], suite: Suite = SUITE) -> Recording:
    """The recording of a watch that saw this, each some seconds after the run was created; the last one is a run."""
    last = seen[-1][1]
    assert isinstance(last, Run)
    places = {case.name: place for place, case in enumerate(last.tests)}
    changes: list[Change] = []
    before: Run | None = None
    has_problem = False
    for at, what in seen:
        if not isinstance(what, Run):
            changes.append(Change(at, problem=what))
            has_problem = True
            continue
        if what != before or has_problem:
            changes.append(_change(at, before, what, places))
        before, has_problem = what, False
    head = Head.of(last, suite, seen=CREATED + timedelta(seconds=seen[-1][0]))
    return Recording(head, last, tuple(changes))


def _change(at: float, before: Run | None, now: Run, places: dict[str, int]) -> Change:
    known: dict[str, Case] = {} if before is None else {case.name: case for case in before.tests}
    changed = [case for case in now.tests if known.get(case.name) != case]
    return Change(
        at,
        status=None if before is not None and str(before.status) == str(now.status) else str(now.status),
        started=None if before is not None and before.started_utc else now.started_utc,
        counts=None if now.summary is None or (before and before.summary == now.summary) else _counts(now),
        tests=tuple(CaseChange(places[case.name], str(case.status), case.duration_ms) for case in changed),
        artifacts=len(now.artifacts) if len(now.artifacts) != (len(before.artifacts) if before else 0) else None,
        has_log=now.log is not None and (before is None or before.log is None),
    )


def _counts(run: Run) -> tuple[int | None, int | None, int | None, int | None]:
    assert run.summary is not None
    return run.summary.total, run.summary.passed, run.summary.failed, run.summary.other


def demo_recording(
    scenario: str = "default", *, every: float = 2.0, until: float = 200.0, run_id: int = 214
) -> Recording:
    """The recording of a demo scenario that was polled all the time."""
    moments: Sequence[float] = [step * every for step in range(int(until / every) + 1)]
    return a_recording(*((at, replace(run_at(scenario, at), run_id=run_id)) for at in moments))


def recorded_by_a_watch(*seen: tuple[float, Seen]) -> Recording:
    """What the journal records of a watch that saw this, each some seconds after the run was created."""
    written: list[Recording] = []
    recorder = Recorder(
        SUITE.server,
        PROJECT,
        keeps_texts=True,
        put=lambda job: job(),
        write=written.append,
        write_head=lambda _head: None,
    )
    watched = WatchedRun(214, lambda _controls: _nothing())
    watched.subscribe(lambda: recorder.update(watched))
    for at, what in seen:
        if isinstance(what, Run):
            time = CREATED + timedelta(seconds=at)
            watched.apply(Snapshot(what, 1000.0 + at, time, None, is_final=(at, what) == seen[-1]))
        else:
            watched.apply(Problem(Unreachable(*what), since=1000.0 + at, failures=1, next_at=1000.0 + at))
    return written[-1]


async def _nothing() -> AsyncIterator[Snapshot | Problem]:
    return
    yield


DOWN = ("Cannot reach the server.", "Check your network.")


def steps_of(tests: Sequence[Case]) -> list[tuple[float, Seen]]:
    """A run of three tests that is queued, runs, is out of reach for a while, and ends."""
    return [
        (2.0, a_run(status="running", started_utc=None)),
        (10.0, a_run(status="running", tests=tests[:1])),
        (20.0, DOWN),
        (30.0, a_run(status="running", tests=tests[:2])),
        (100.0, a_run(tests=tests)),
    ]
