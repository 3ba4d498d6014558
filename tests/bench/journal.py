"""Measures the journal: what a run takes on the disk, and what recording, recalling and listing runs take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.bench.figures import Samples, Setup
from tests.bench.report import Budget, Row
from tests.bench.versions import Version


class Size(NamedTuple):
    """How many tests a run has, and what it may take.

    The budgets are milliseconds of CPU for writing the run, for bringing the index up to date, for reading the index at
    the start, for reading it again, and for opening the run; then KB of the run and of the index.
    """

    tests: int
    budgets: tuple[float, float, float, float, float, float, float]


SIZES = (
    Size(400, (10, 15, 10, 5, 5, 25, 60)),
    Size(1000, (20, 30, 10, 5, 10, 60, 130)),
    Size(10_000, (150, 200, 30, 20, 60, 500, 1300)),
)
FIGURES = (
    "write a run",
    "update the index",
    "first recall",
    "recall",
    "open a run",
    "size of a run",
    "size of the index",
)
HEADS = 2000
_HEADS_BUDGET = 400
_HOLD_UP_BUDGET = 5
_MOST_RUNS = 5

_RECORDED = """
import json, random, sys, time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tvtui.journal.indexes import Indexes
from tvtui.journal.private import Masker, recordable
from tvtui.journal.recording import CaseChange, Change, Head, Recording
from tvtui.journal.store import Store
from tvtui.journal.suite import suite_of
from tvtui.testvibe.models import Artifact, Case, Run
folder, tests, runs = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(1)
begun = datetime(2026, 6, 10, 16, tzinfo=UTC)
words = "expect(locator) toBeVisible failed locator getByRole button name Save expected visible timeout".split()
def text(size):
    return " ".join(chance.choices(words, k=size // 8))
def case(number):
    failed = chance.random() < 0.02
    name, took = f"Checkout > {text(20)} {number}", round(chance.lognormvariate(8, 0.6))
    return Case(name, "failed", took, text(400)) if failed else Case(name, "passed", took)
names = [case(number).name for number in range(tests)]
def took(action):
    began = time.process_time()
    found = action()
    return 1000 * (time.process_time() - began), found
store = Store(folder)
indexes = Indexes(store)
for run_id in range(1, runs + 1):
    cases = tuple(replace(case(number), name=name) for number, name in enumerate(names))
    artifacts = tuple(Artifact("trace", f"trace/{case.name}.zip", 4000) for case in cases if case.error)
    times = [begun + timedelta(seconds=seconds) for seconds in (0, 8, 300)]
    what = (run_id, "failed", 12, "Checkout", "Default", "https://shop.acme.example")
    run = Run(*what, *times, None, cases, artifacts, text(4000))
    changes = [
        Change(10.0 + place, tests=tuple(CaseChange(at, cases[at].status, 1.0) for at in range(place, tests, 100)))
        for place in range(100)
    ]
    suite = suite_of(run, "https://testvibe.acme.example", "project")
    def record():
        masked = recordable(run, Masker(), keeps_texts=True)
        return store.write(Recording(Head.of(masked, suite, seen=begun), masked, changes))
    write, written = took(record)
    update, _ = took(lambda: indexes.update(written))
path = store.path_of(written.head)
opened = min(took(lambda: store.load(written.head))[0] for _ in range(3))
sizes = [each.stat().st_size / 1024 for each in (path, path.with_name("index"))]
print(json.dumps([write, update, opened, *sizes, suite]))
"""
_STARTED = """
import gc, json, sys, time
from pathlib import Path
import tvtui.tui.app, tvtui.testvibe.client
# as the screen does until it is shown
gc.disable()
def recall():
    from tvtui.journal.indexes import Indexes
    from tvtui.journal.store import Store
    from tvtui.journal.suite import Suite
    past = Indexes(Store(Path(sys.argv[1]))).past(Suite(*json.loads(sys.argv[2])), "https://shop.acme.example", 10_000)
    assert len(past.runs) == 20
def took():
    began = time.process_time()
    recall()
    return 1000 * (time.process_time() - began)
print(json.dumps([took(), min(took() for _ in range(5))]))
"""
_LISTED = """
import sys, time
from pathlib import Path
from tvtui.journal.store import Store
began = time.process_time()
listing = Store(Path(sys.argv[1])).listing()
assert len(listing.heads) == int(sys.argv[2])
print(1000 * (time.process_time() - began))
"""

_HELD_UP = """
import asyncio, sys, time
from dataclasses import replace
from pathlib import Path
import tvtui.tui.app, tvtui.testvibe.client
from tvtui.journal.journal import Journal
from tvtui.journal.store import Store
from tvtui.watch.events import Snapshot
from tvtui.watch.watched_run import WatchedRun
store = Store(Path(sys.argv[1]))
recording = store.load(store.listing().heads[0])
run = replace(recording.run, run_id=10_000)
async def events(_):
    yield Snapshot(replace(run, status="running", finished_utc=None), 1.0, run.created_utc, None, False)
    yield Snapshot(run, 2.0, run.finished_utc, None, True)
async def main():
    waits = []
    async def beat():
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            waits.append(1000 * (time.perf_counter() - began) - 1)
    journal = Journal(store.folder, recording.head.suite.server, recording.head.suite.project)
    watched = WatchedRun(run.run_id, events)
    journal.record(watched)
    await watched.follow()
    beating = asyncio.ensure_future(beat())
    await asyncio.to_thread(lambda: (journal.close(), time.sleep(0.05)))
    beating.cancel()
    assert store.find(run.run_id)[0].has_ended and not journal.trouble
    print(sorted(waits)[-max(1, len(waits) // 20)])
asyncio.run(main())
"""


def journal(setup: Setup) -> list[Row]:
    """Measure, each time in a fresh process, what the journal takes."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            rows += _rows(setup, size, Path(folder) / f"{size.tests}")
        rows.append(_hold_up(setup, Path(folder) / f"{SIZES[-1].tests}"))
        rows.append(_list(setup, Path(folder) / "list"))
    return rows


def _rows(setup: Setup, size: Size, folder: Path) -> list[Row]:
    samples = Samples()
    for version in setup.versions:
        recorded = json.loads(_output(version, _RECORDED, folder / version.name, size.tests, 26))
        write, update, opened, run, index, suite = recorded
        for turn in range(min(setup.runs, _MOST_RUNS) + 1):
            first, again = json.loads(_output(version, _STARTED, folder / version.name, json.dumps(suite)))
            if turn:  # the first compiles modules
                values = (write, update, first, again, opened, run, index)
                samples.add(version.name, **dict(zip(FIGURES, values, strict=True)))
    return [
        Row(f"{size.tests:,} tests: {name}", "KB" if name.startswith("size") else "ms", samples.of(name), Budget(most))
        for name, most in zip(FIGURES, size.budgets, strict=True)
    ]


def _hold_up(setup: Setup, folder: Path) -> Row:
    """How long the event loop waits for its turn, all but a twentieth of the time, while a run is recorded."""
    samples = Samples()
    for version in setup.versions:
        for _ in range(min(setup.runs, _MOST_RUNS)):
            samples.add(version.name, waits=float(_output(version, _HELD_UP, folder / version.name)))
    name = f"{SIZES[-1].tests:,} tests: wait of the event loop meanwhile"
    return Row(name, "ms", samples.of("waits"), Budget(_HOLD_UP_BUDGET))


def _list(setup: Setup, folder: Path) -> Row:
    samples = Samples()
    for version in setup.versions:
        _output(version, _RECORDED, folder / version.name, 3, HEADS)
        for _ in range(min(setup.runs, _MOST_RUNS)):
            samples.add(version.name, listed=float(_output(version, _LISTED, folder / version.name, HEADS)))
    return Row(f"list {HEADS:,} runs", "ms", samples.of("listed"), Budget(_HEADS_BUDGET))


def _output(version: Version, script: str, *words: object) -> str:
    environment = {**os.environ, **version.environment}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, words)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=version.folder,
    )
    return done.stdout
