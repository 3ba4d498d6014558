"""Documents about runs: what reporters are given, and their text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.support.builders import CREATED, a_run
from tests.support.past import past_of
from tvtui.reporters.reporter import Reporter
from tvtui.reporters.run_report import RunReport
from tvtui.testvibe.identity import identify_cases
from tvtui.testvibe.models import Run
from tvtui.watch.events import Snapshot
from tvtui.watch.history import RunHistory
from tvtui.watch.past import Past


def a_report(run: Run | None = None, *, seen: datetime = CREATED, past: Past | None = None, **fields: Any) -> RunReport:
    """What is known of a run, by default the failed one of the documentation, when its watch is over."""
    run = a_run() if run is None else run
    rows = identify_cases(run.tests)
    snapshot = Snapshot(run, seen=0.0, server_time=seen, next_at=None, is_final=True)
    history = None if past is None else RunHistory(past, rows)
    given = {"server": "https://testvibe.acme.example", "project": "p", "command": ["tvtui", "watch", "214"]}
    return RunReport(run.run_id, snapshot, rows, history=history, **given | fields)


def document(reporter: Reporter, *reports: RunReport) -> str:
    """The text of a document about runs; each of its lines is one."""
    lines: Sequence[str] = list(reporter.on_finish(reports or (a_report(),)))
    assert not any("\n" in line or "\r" in line for line in lines)
    return "\n".join(lines)


def a_past(**outcomes: str) -> Past:
    """Earlier runs, 213 and down: the outcomes of tests by name (blanks as `_`), the newest first, "p" or "f"."""
    tests = {name.replace("_", " "): (letters,) for name, letters in outcomes.items()}
    return past_of(tests, durations_ms=(4000, 4100, 4200))
