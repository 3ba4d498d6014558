"""What is known of a run when its watch is over, and the results that every document lists; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from tvtui.testvibe.fields import folded
from tvtui.testvibe.identity import CaseId, Row
from tvtui.testvibe.models import Outcome, Run, RunState
from tvtui.text.clean import plain
from tvtui.text.redact import redact_block
from tvtui.view.labels import state_word
from tvtui.view.messages import contradiction, first_error_line, log_end
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.history import CaseHistory, RunHistory

RUN_ITSELF = "(the run itself)"
"""The name of the result that stands for a run that failed without a failed test, or whose end is not known."""

_LOG_LINES = 40

_LONGEST_MS = 1e12
"""A test that is said to have taken longer, some 30 years, has an unknown duration: readers expect 64-bit integers."""

_PLAIN_FAILURES = frozenset(("failed", "fail", "failure", "unexpected"))
"""The statuses of a test that found something wrong; with the other ones of a failed test, it did not get so far."""


class Verdict(StrEnum):
    """What a result means for its readers, in the order in which they are interested in it."""

    FAILED = "failed"
    """The test found something wrong."""
    ERROR = "error"
    """The test did not get to its end: timed out, interrupted, crashed."""
    FLAKY = "flaky"
    OTHER = "other"
    """The server's word says neither."""
    SKIPPED = "skipped"
    PASSED = "passed"

    @property
    def is_failure(self) -> bool:
        """Whether it is a reason to fail a pipeline."""
        return self in {Verdict.FAILED, Verdict.ERROR}


_VERDICTS: Mapping[Outcome, Verdict] = {
    Outcome.PASSED: Verdict.PASSED,
    Outcome.FLAKY: Verdict.FLAKY,
    Outcome.SKIPPED: Verdict.SKIPPED,
    Outcome.OTHER: Verdict.OTHER,
}


class SavedFile(NamedTuple):
    """An artifact that was downloaded before.

    Attributes:
        kind: The server's word: "trace", "screenshot" and the like.
        path: The file as it is shown: relative to the working folder if it is in there.
    """

    kind: str
    path: str


class Result(NamedTuple):
    """One result of a run: that of a test, or of the run itself.

    Attributes:
        name: The name, unlike that of any other result of the run.
        verdict: What it means.
        status: The server's word.
        message: One line: the first of the error, or else the reason.
        text: The whole error without colors and secrets; "" if there is none.
        duration_ms: How long the test took; None if unknown.
        row: The test; None for the run itself.
        history: What earlier runs say about it.
        files: The downloaded artifacts that probably belong to it.
    """

    name: str
    verdict: Verdict
    status: str
    message: str = ""
    text: str = ""
    duration_ms: float | None = None
    row: Row | None = None
    history: CaseHistory = CaseHistory()
    files: tuple[SavedFile, ...] = ()


@dataclass(frozen=True)
class RunReport:
    """What is known of a run when its watch is over.

    Attributes:
        run_id: The run; None if it has not been started.
        snapshot: The last good answer; None if there was none.
        rows: Its tests.
        problem: What was wrong with the connection at the end.
        fault: Why the run counts as failed or its end is not known, apart from what its tests say; "" if there is
            nothing to add to them.
        history: What earlier runs say about its tests; None if nothing is known of any.
        files: The downloaded artifacts of each test.
        server: The server's URL and the project's ID, which identify the run together with its own.
        project: See `server`.
        command: The words of the command that watches the run again; empty if there is none.
    """

    run_id: int | None
    snapshot: Snapshot | None = None
    rows: tuple[Row, ...] = ()
    problem: Problem | None = None
    fault: str = ""
    history: RunHistory | None = None
    files: Mapping[CaseId, tuple[SavedFile, ...]] = field(default_factory=dict)
    server: str = ""
    project: str = ""
    command: Sequence[str] = ()

    @property
    def run(self) -> Run | None:
        """The run as last seen; None if it never was."""
        return None if self.snapshot is None else self.snapshot.run

    @property
    def name(self) -> str:
        """The name of its feature, or its number."""
        feature = None if self.run is None else self.run.feature_name
        return str(feature) if feature else self.label

    @property
    def label(self) -> str:
        """Its number, in words."""
        return "the run" if self.run_id is None else f"run {self.run_id}"

    @property
    def result(self) -> str:
        """The result in one word: "passed", "failed", "other", or "unknown" if its end is not known."""
        run = self.run
        if run is None or not run.has_ended:
            return "unknown"
        return "failed" if self.fault and run.state is RunState.PASSED else run.state.value

    @property
    def seconds(self) -> float | None:
        """How long the run ran; None if unknown."""
        return None if self.run is None else self.run.seconds

    @property
    def began(self) -> datetime | None:
        """When the run was started, or else created."""
        return None if self.run is None else self.run.started_utc or self.run.created_utc

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """The results in the run's order; that of the run itself comes last, if there is one."""
        names: set[str] = set()
        found = [self._of_test(row, names) for row in self.rows]
        itself = self._of_run(names, has_failed=any(result.verdict.is_failure for result in found))
        return (*found, itself) if itself is not None else tuple(found)

    @property
    def failures(self) -> tuple[Result, ...]:
        """The results that are a reason to fail a pipeline: new ones first, if that is known."""
        failed = [result for result in self.results if result.verdict.is_failure]
        return tuple(sorted(failed, key=lambda result: not result.history.is_new)) if self.history else tuple(failed)

    def number(self, verdict: Verdict) -> int:
        """How many results have a verdict."""
        return sum(result.verdict is verdict for result in self.results)

    def _of_test(self, row: Row, names: set[str]) -> Result:
        case = row.case
        verdict = _VERDICTS.get(row.outcome) or (
            Verdict.FAILED if _word(case.status) in _PLAIN_FAILURES else Verdict.ERROR
        )
        return Result(
            _unlike(str(case.name), names),
            verdict,
            str(case.status),
            redact_block(first_error_line(case)) or ("" if verdict is Verdict.PASSED else str(case.status)),
            redact_block(plain(case.error or "")).strip("\n"),
            case.duration_ms if case.duration_ms is not None and case.duration_ms <= _LONGEST_MS else None,
            row,
            CaseHistory() if self.history is None else self.history.of(row),
            self.files.get(row.id, ()),
        )

    def _of_run(self, names: set[str], *, has_failed: bool) -> Result | None:
        run = self.run
        if self.fault or run is None:
            message = self.fault or f"Nothing is known of {self.label}."
        elif has_failed or (run.state is RunState.PASSED and self.rows):
            return None
        elif run.state is RunState.PASSED:
            # readers take a report without any test for a mistake
            return Result(_unlike(RUN_ITSELF, names), Verdict.PASSED, state_word(run))
        elif run.is_unverified:
            message = f"The run {contradiction(run)}."
        else:
            how = "failed" if run.state is RunState.FAILED else f"ended as “{state_word(run)}”"
            message = f"The run {how}, and no failed test was reported."
        log = [] if run is None else log_end(run, _LOG_LINES)
        text = "\n".join(["End of the log:", *redact_block("\n".join(log)).split("\n")] if log else [])
        return Result(
            _unlike(RUN_ITSELF, names), Verdict.ERROR, "unknown" if run is None else state_word(run), message, text
        )


def labels(reports: Sequence[RunReport]) -> list[str]:
    """What distinguishes the runs of a document: feature, configuration if they have several, number if needed."""
    if len(reports) == 1:
        return [reports[0].name]
    found = [_with_config(report) for report in reports]
    return [
        label if found.count(label) == 1 or report.run_id is None else f"{label} · {report.label}"
        for report, label in zip(reports, found, strict=True)
    ]


def total(reports: Iterable[RunReport], verdict: Verdict) -> int:
    """How many results of all runs have a verdict."""
    return sum(report.number(verdict) for report in reports)


_EXPECTATION = re.compile(r"(?:Error: )?expect(?:\.\w+)?\(.*?\)(?:\.\w+)*?\.(to\w+)\b")
_ERROR_NAME = re.compile(r"([A-Z]\w*(?:Error|Exception|Failure))\b")


def kind_of_error(result: Result) -> str:
    """What went wrong in a word, for grouping: "expect.toBeVisible", "TimeoutError", or the server's word."""
    if found := _EXPECTATION.match(result.message):
        return f"expect.{found[1]}"
    found = _ERROR_NAME.match(result.message)
    return found[1] if found else result.status


def _with_config(report: RunReport) -> str:
    config = None if report.run is None else report.run.config
    return f"{report.name} · {config}" if config else report.name


def _word(status: str) -> str:
    return folded(status).replace(" ", "").replace("_", "").replace("-", "")


def _unlike(name: str, names: set[str]) -> str:
    """A name that is not among these: "x", "x (2)" and so on; it is added to them."""
    found, number = name, 1
    while found in names:
        number += 1
        found = f"{name} ({number})"
    names.add(found)
    return found
