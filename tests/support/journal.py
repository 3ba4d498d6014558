"""Recorded runs for tests: a letter for each test, and a naive model of what is said of them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.builders import CREATED, a_run
from tvtui.journal.indexes import Indexes
from tvtui.journal.journal import Journal
from tvtui.journal.recording import CaseChange, Change, Head, Recording
from tvtui.journal.store import Store
from tvtui.journal.suite import Suite, suite_of
from tvtui.testvibe.models import Case, Outcome, Run
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.past import ABSENT, LETTERS, WINDOW, Past, PastCase, canonical_rank
from tvtui.watch.watched_run import WatchedRun

SERVER = "https://testvibe.acme.example"
PROJECT = "01234567-89ab-cdef-0123-456789abcdef"
SITE = "https://shop.acme.example"
STATUS = {"p": "passed", "f": "failed", "y": "flaky", "s": "skipped", "o": "odd"}
OUTCOMES = {letter: outcome for outcome, letter in LETTERS.items()}

Results = Mapping[str, str]
"""Letters by the names of tests: several letters stand for as many tests of that name, in the digest's order."""


def cases(results: Results, duration_ms: float = 4000.0) -> tuple[Case, ...]:
    """Tests with these results; the names may be separated by blanks, as in `{"a b": "p"}`."""
    return tuple(
        Case(name, STATUS[letter], duration_ms, "expected 1, received 2" if letter == "f" else None)
        for names, letters in results.items()
        for name in names.split()
        for letter in letters
    )


def a_finished_run(run_id: int, results: Results, *, duration_ms: float = 4000.0, **fields: object) -> Run:
    """A run that has ended with these results: failed if one of them is."""
    tests = cases(results, duration_ms)
    status = "failed" if any(case.status == "failed" for case in tests) else "passed"
    run = a_run(run_id=run_id, **{"status": status, "log": "Error: 1 failed", **fields})
    return replace(run, tests=tests, summary=None)


def recording_of(run: Run, changes: Sequence[Change] = (), *, seen: datetime | None = None) -> Recording:
    """A recording of a run as a watch would write it."""
    suite = suite_of(run, SERVER, PROJECT)
    assert suite is not None
    head = Head.of(run, suite, seen=seen or CREATED + timedelta(minutes=1))
    return Recording(replace(head, changes=len(changes)), run, changes)


def a_recording(run_id: int, results: Results | None = None, **fields: Any) -> Recording:
    """A recording of a run with these results, by default one test that passed."""
    return recording_of(a_finished_run(run_id, {"a": "p"} if results is None else results, **fields))


def a_suite() -> Suite:
    return a_recording(1).head.suite


def one_by_one(run: Run, seconds: float = 2.0) -> tuple[Change, ...]:
    """Changes as of a watch from the beginning in which the tests ended one after the other."""
    steps = [
        Change(10 + place * seconds, tests=(CaseChange(place, case.status, case.duration_ms),))
        for place, case in enumerate(run.tests)
    ]
    return (Change(8.0, status="running", started=run.started_utc), *steps, Change(60.0, status=run.status))


class Machine:
    """A store with its indexes."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.indexes = Indexes(self.store)

    @property
    def folder(self) -> Path:
        return self.store.suite_folder(a_suite())

    def record(self, recording: Recording) -> None:
        written = self.store.write(recording)
        assert written is not None
        self.indexes.update(written)

    def watched(self, run_id: int, results: Results | None = None, **fields: object) -> None:
        self.record(a_recording(run_id, results, **fields))

    def past(self, run_id: int = 10_000, site: str = SITE) -> Past | None:
        # as the next start of tvtui would
        indexes = Indexes(self.store)
        past = indexes.past(a_suite(), site, run_id)
        with suppress(OSError):
            indexes.save()
        return past

    def outcomes(self, name: str = "a", run_id: int = 10_000, site: str = SITE) -> str:
        past = self.past(run_id, site)
        assert past is not None
        return past.cases[name][0].outcomes


class Known(NamedTuple):
    """A run as the naive model knows it: the letters and durations of its tests, by name, in order."""

    run_id: int
    tests: Sequence[tuple[str, str, int]]


def naive_letters(known: Known, name: str) -> list[tuple[str, int]]:
    """The tests of a name in one run, in canonical order."""
    found = [(letter, took) for each, letter, took in known.tests if each == name]
    return sorted(found, key=lambda each: canonical_rank(OUTCOMES[each[0]]))


def naive_cases(runs: Iterable[Known], before: int, *, forgotten_after: int) -> dict[str, tuple[PastCase, ...]]:
    """What the runs before one say about each test: the definitions, without any index.

    A test that so many runs in a row did not have is forgotten.
    """
    older = sorted((known for known in runs if known.run_id < before and known.tests), reverse=True)
    window = older[:WINDOW]
    cases: dict[str, tuple[PastCase, ...]] = {}
    for name in {name for known in window for name, _, _ in known.tests}:
        places = max(len(naive_letters(known, name)) for known in window)
        cases[name] = tuple(_naive_case(older, name, place, forgotten_after) for place in range(places))
    return cases


def _naive_case(older: Sequence[Known], name: str, place: int, forgotten_after: int) -> PastCase:
    found = [dict(enumerate(naive_letters(known, name))).get(place, (ABSENT, 0)) for known in older]
    since = None
    absent = 0
    for known, (letter, _) in zip(older, found, strict=True):
        absent = absent + 1 if letter == ABSENT else 0
        if letter in "py" or absent >= forgotten_after:
            break
        if letter == "f":
            since = known.run_id
    window = found[:WINDOW]
    return PastCase(
        "".join(letter for letter, _ in window),
        tuple(took for letter, took in window if letter == LETTERS[Outcome.PASSED]),
        since,
        since is not None and since == older[-1].run_id,
    )


def a_journal(folder: Path | None, *, keeps_texts: bool = True) -> Journal:
    """A journal that finishes what it writes, however busy the machine is."""
    return Journal(folder, SERVER, PROJECT, keeps_texts=keeps_texts, closing_seconds=60)


def events_of(run: Run) -> Sequence[Snapshot]:
    """A run that is seen while it is running, and then at its end."""
    running = replace(run, status="running", finished_utc=None, tests=run.tests[:1], log=None, artifacts=())
    times = [CREATED + timedelta(seconds=seconds) for seconds in (10, 20)]
    return [
        Snapshot(running, 1000.0, times[0], 1002.0, is_final=False),
        Snapshot(run, 1010.0, times[1], None, is_final=True),
    ]


def watched_by(journal: Journal, run_id: int, *events: Snapshot) -> WatchedRun:
    async def happen(_controls: Controls) -> AsyncIterator[Snapshot | Problem]:
        for event in events:
            yield event

    watched = WatchedRun(run_id, happen, recall=journal.recall)
    journal.record(watched)
    return watched


def make_read_only(folder: Path) -> None:
    """Let nothing be written in a folder; skips the test where that is not possible, as for root and on Windows."""
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("this user can write anywhere")
