"""A run as returned by the API: frozen, tolerant of missing and odd values, and safe to show.

The fields are those of the digest that the API's `get_run` returns, in snake case. Undocumented fields are ignored.
An invalid or missing value becomes its default; only if there is no run to show (see `Reader.read`) is it an error.
Text that had to be cleaned is `Cleaned`: it shows as the clean text and compares as the one that was sent.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import from_json

from tvtui.testvibe.fields import (
    Error,
    Feature,
    Kind,
    Label,
    Log,
    Moment,
    Name,
    NeededStatus,
    Number,
    PathText,
    RunId,
    Status,
    Whole,
    folded,
    items,
)


class Outcome(StrEnum):
    """How a test ended; OTHER is everything but "passed" and "failed" (skipped, flaky, unknown words …)."""

    PASSED = "passed"
    FAILED = "failed"
    OTHER = "other"


class RunState(StrEnum):
    """The state of a run. The API calls queued runs "running" as well: those that have not been started."""

    QUEUED = "queued"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    OTHER = "other"


ENDED = frozenset(
    (
        *("cancelled", "canceled", "aborted", "interrupted", "stopped", "terminated", "killed"),
        *("error", "errored", "crashed", "timedout", "timeout", "expired", "skipped"),
    )
)
"""Undocumented statuses of a run that is over, in lower case and without separators."""


class Counts(NamedTuple):
    """The number of tests, in all and by outcome."""

    total: int
    passed: int
    failed: int
    other: int


TOLERANT = ConfigDict(
    frozen=True, alias_generator=to_camel, validate_by_alias=True, validate_by_name=True, hide_input_in_errors=True
)


class Case(BaseModel):
    """One test of a run.

    Attributes:
        name: One line, never blank.
        status: The server's word, or "unknown".
        duration_ms: Milliseconds; None if there is no valid number.
        error: Lines with colour (SGR), truncated by the service to 1,500 characters.
    """

    model_config = TOLERANT

    name: Name = "(unnamed)"
    status: Status = "unknown"
    duration_ms: Number = None
    error: Error = None

    @property
    def outcome(self) -> Outcome:
        """The meaning of the status."""
        return _outcome(self.status)


class Summary(BaseModel):
    """The server's own counts; partial digests and diagnoses omit some of them."""

    model_config = TOLERANT

    total: Whole = None
    passed: Whole = None
    failed: Whole = None
    other: Whole = None


class Artifact(BaseModel):
    """A file that a run has produced.

    Attributes:
        kind: "trace", "screenshot" or another word; "file" by default.
        path: The path among the run's artifacts; foreign text, so not safe to write to.
        size: The size in bytes.
    """

    model_config = TOLERANT

    kind: Kind = "file"
    path: PathText = ""
    size: Whole = None


class Run(BaseModel):
    """One digest of a run.

    Attributes:
        status: The server's word; see `state` for its meaning.
        feature_id: A number, as documented, or what else identifies the feature.
        created_utc: Aware and in UTC, like the other two times; None if missing or invalid.
        log: Lines with colour (SGR), truncated by the service to 4,000 characters; only for runs that did not pass.
        unreadable: What could not be read: "row" for each of the rows of tests and artifacts, or the field's name.
    """

    model_config = TOLERANT

    run_id: RunId
    status: NeededStatus
    feature_id: Feature = None
    feature_name: Label = None
    config: Label = None
    site_url: Label = None
    created_utc: Moment = None
    started_utc: Moment = None
    finished_utc: Moment = None
    summary: Summary | None = None
    tests: tuple[Case, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    log: Log = None
    unreadable: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _salvage(cls, fields: Any) -> Any:
        return fields | _salvaged(fields) if isinstance(fields, dict) else fields

    @property
    def state(self) -> RunState:
        """The meaning of the status.

        A run that has not been started and has no tests yet is queued; one whose tests cannot be read has not passed.
        """
        match folded(self.status):
            case "running":
                is_queued = self.started_utc is None and not self.tests
                return RunState.QUEUED if is_queued else RunState.RUNNING
            case "passed":
                return RunState.OTHER if self.is_unverified else RunState.PASSED
            case "failed":
                return RunState.FAILED
            case _:
                return RunState.OTHER

    @property
    def has_ended(self) -> bool:
        """Whether the run is over; with an unknown status, if it is a known word for an end or there is an end time."""
        if self.state is not RunState.OTHER:
            return self.state in {RunState.PASSED, RunState.FAILED}
        word = folded(self.status).translate(_WITHOUT_SEPARATORS)
        return self.finished_utc is not None or word in ENDED or self.is_unverified

    @property
    def is_unverified(self) -> bool:
        """Whether the run is said to have passed, but its tests cannot be read."""
        return "tests" in self.unreadable and folded(self.status) == "passed"

    @property
    def counts(self) -> Counts:
        """The counts of the summary; missing ones are counted from the tests."""
        summary = self.summary or Summary()
        if None not in (stated := (summary.total, summary.passed, summary.failed, summary.other)):
            return Counts(*(count for count in stated if count is not None))
        counted = self.listed
        passed = counted.passed if summary.passed is None else summary.passed
        failed = counted.failed if summary.failed is None else summary.failed
        other = summary.other
        if other is None:
            other = counted.other if summary.total is None else max(0, summary.total - passed - failed)
        return Counts(passed + failed + other if summary.total is None else summary.total, passed, failed, other)

    @property
    def listed(self) -> Counts:
        """The counts of the tests, whatever the summary says."""
        return _count(self.tests)

    @property
    def counts_disagree(self) -> bool:
        """Whether summary and tests contradict each other; while the run is going on, the summary may be ahead."""
        if self.summary is None or "tests" in self.unreadable:
            return False
        counted = self.listed
        stated = self.summary
        if not self.has_ended:
            return stated.total is not None and counted.total > stated.total
        pairs = zip((stated.total, stated.passed, stated.failed, stated.other), counted, strict=True)
        return any(count is not None and count != seen for count, seen in pairs)


class Reader:
    """Decodes successive digests of one run, and returns the same objects for what has not changed."""

    def __init__(self) -> None:
        self._body = b""
        self._run: Run | None = None
        self._tests: list[object] = []

    def read(self, body: bytes) -> Run:
        """Decode a digest.

        An unchanged body returns the identical `Run`; an unchanged test becomes the identical `Case` unless a test
        before it has disappeared. An invalid body does not change the reader.

        Args:
            body: JSON; invalid UTF-8 and lone surrogates become U+FFFD.

        Raises:
            ValueError: The body is empty, incomplete or not JSON; or it is not a digest: not an object, `runId` not
                an integer, `status` not a string. The message is one sentence without any part of the body.
        """
        if self._run is not None and body == self._body:
            return self._run
        try:
            raw = parse(body)
            if not isinstance(raw, dict):
                raise ValueError("The response is not a run's digest: it is not an object.")
            tests = items(raw.get("tests"))
            known = self._with_known(tests) if isinstance(tests, list) else tests
            run = Run.model_validate(raw | {"tests": known})
        except ValidationError as error:
            raise ValueError(_sentence(error)) from None
        self._body, self._run, self._tests = body, run, tests if isinstance(tests, list) else []
        return run

    def _with_known(self, tests: list[object]) -> list[object]:
        """Replace unchanged tests by the cases of the last digest.

        Tests are compared in order; a new one in between does not make those after it count as changed.
        """
        cases = () if self._run is None else self._run.tests
        if not cases:
            return tests
        last = len(cases)
        at = 0
        mixed: list[object] = []
        for test in tests:
            if at == last:
                mixed.append(test)
            elif isinstance(test, dict) and test == self._tests[at]:
                mixed.append(cases[at])
                at += 1
            else:
                mixed.append(test)
                at += _name(test) == _name(self._tests[at])
        return mixed


def parse(body: bytes) -> object:
    """Decode JSON tolerantly: invalid UTF-8 and lone surrogates become U+FFFD.

    Raises:
        ValueError: The body is not JSON; the message is one sentence without any part of the body.
    """
    try:
        return from_json(body)
    except ValueError as error:
        fault = str(error)
    try:
        return json.loads(body.decode("utf-8-sig", "replace"), strict=False)
    except RecursionError:
        raise ValueError("The response is nested too deeply.") from None
    except ValueError:
        pass
    if not body.strip():
        raise ValueError("The response is empty.")
    if fault.startswith("EOF"):
        raise ValueError(f"The response is incomplete: {fault}.")
    raise ValueError(f"The response is not JSON: {fault}.")


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    faults = {"missing": "is missing", "int_type": "is not a whole number", "string_type": "is not a string"}
    return f"The response is not a run's digest: {where} {faults.get(first['type'], 'is not as documented')}."


def _salvaged(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a digest that are not as documented: what can be read of them, and what cannot."""
    unreadable: list[str] = []
    found: dict[str, Any] = {"unreadable": unreadable}
    for name in ("tests", "artifacts"):
        rows = items(list(value) if isinstance(value := fields.get(name), tuple) else value)
        if not isinstance(rows, list):
            unreadable.append(name)
            rows = []
        found[name] = rows
    for index, row in enumerate(found["tests"]):
        if not isinstance(row, dict | Case):
            unreadable.append("row")
            found["tests"][index] = Case(name=f"(unreadable row {index + 1})", status="unreadable")
    artifacts = [row for row in found["artifacts"] if isinstance(row, dict | Artifact)]
    unreadable += ["row"] * (len(found["artifacts"]) - len(artifacts))
    summary, log = fields.get("summary"), fields.get("log")
    if not isinstance(summary, dict | Summary | None):
        unreadable.append("summary")
        found["summary"] = None
    is_lines = isinstance(log, list) and (not log or any(isinstance(line, str) for line in log))
    if not isinstance(log, str | None) and not is_lines:
        unreadable.append("log")
        found["log"] = None
    return found | {"artifacts": artifacts}


def _name(test: object) -> object:
    return test.get("name") if isinstance(test, dict) else None


def _outcome(status: str) -> Outcome:
    return _OUTCOMES.get(status) or _OUTCOMES.get(folded(status), Outcome.OTHER)


_WITHOUT_SEPARATORS = str.maketrans("", "", " _-")
_OUTCOMES = {"passed": Outcome.PASSED, "failed": Outcome.FAILED}


def _count(tests: Iterable[Case]) -> Counts:
    by_outcome: Counter[Outcome] = Counter()
    for status, number in Counter(case.status for case in tests).items():
        by_outcome[_outcome(status)] += number
    passed, failed, other = (by_outcome[outcome] for outcome in Outcome)
    return Counts(passed + failed + other, passed, failed, other)
