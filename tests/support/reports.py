"""Documents about runs: what reporters are given, and their text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.support.builders import CREATED, a_run
from tvtui.reporters.reporter import Reporter
from tvtui.reporters.run_report import RunReport
from tvtui.testvibe.identity import identify_cases
from tvtui.testvibe.models import Outcome, Run
from tvtui.watch.events import Snapshot
from tvtui.watch.history import RunHistory
from tvtui.watch.past import LETTERS, Past, PastCase, PastRun


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
    count = max(map(len, outcomes.values()))
    runs = tuple(PastRun(213 - place) for place in range(count))
    cases = {name.replace("_", " "): (_past_case(letters, runs),) for name, letters in outcomes.items()}
    return Past(runs, cases, count)


def _past_case(letters: str, runs: Sequence[PastRun]) -> PastCase:
    failing = len(letters) - len(letters.lstrip(LETTERS[Outcome.FAILED]))
    since = runs[failing - 1].run_id if failing else None
    return PastCase(letters, (4000, 4100, 4200), since, is_since_oldest=failing == len(letters))
