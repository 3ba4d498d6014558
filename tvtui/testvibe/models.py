"""A run as returned by the API: frozen, tolerant of missing and odd values, and safe to show.

The fields are those of the digest that the API's `get_run` returns, in snake case. Undocumented fields are ignored.
An invalid or missing value becomes its default; only if there is no run to show (see `Reader.read`) is it an error.
Text that had to be cleaned is `Cleaned`: it shows as the clean text and compares as the one that was sent.
"""

from __future__ import annotations

import json
from collections import Counter
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple, Self

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
    """How a test ended, in the order of the summary; OTHER is any word that is not known."""

    PASSED = "passed"
    FAILED = "failed"
    FLAKY = "flaky"
    SKIPPED = "skipped"
    OTHER = "other"

    @property
    def may_be_failure(self) -> bool:
        """Whether there may be a failure to explain: a flaky test has failed before, an unknown word may mean one."""
        return self not in {Outcome.PASSED, Outcome.SKIPPED}


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


FAILURES = (
    # Playwright's own
    *("failed", "timedOut", "interrupted", "unexpected"),
    # those of other test runners and report formats
    *("failure", "fail", "error", "errored", "broken", "crashed", "crash"),
    *("timeout", "expired", "aborted", "killed", "terminated"),
)
"""The statuses of a failed test. Like the next ones, they are compared without regard to case and separators."""

SKIPS = ("skipped", "skip", "fixme", "disabled", "ignored", "todo")
"""The statuses of a test that was not run on purpose."""


class Counts(NamedTuple):
    """The number of tests, in all and by outcome."""

    total: int
    passed: int
    failed: int
    other: int
    flaky: int = 0
    skipped: int = 0

    @property
    def ended(self) -> int:
        """The number of tests whose outcome is known; while a run is going on, fewer than all."""
        return self.passed + self.failed + self.other + self.flaky + self.skipped


class Recount(NamedTuple):
    """Tests that the server's summary counts otherwise than their status says.

    Attributes:
        status: The server's word for these tests.
        number: How many there are.
        counted_as: "passed", "failed" or "other", as the summary counts them.
    """

    status: str
    number: int
    counted_as: str


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
        vanished: The number of tests in the last digest that had any, if this one has none; from `Reader` only.
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
    vanished: int = 0

    @model_validator(mode="before")
    @classmethod
    def _salvage(cls, fields: Any) -> Any:
        return fields | _salvaged(fields) if isinstance(fields, dict) else fields

    def __copy__(self) -> Self:
        """Copy the fields, but not what has been counted: `model_copy` may give the copy other tests."""
        copied = super().__copy__()
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied

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
        return self.finished_utc is not None or _word(self.status) in ENDED or self.is_unverified

    @property
    def is_unverified(self) -> bool:
        """Whether the run is said to have passed, but its tests cannot be read."""
        return "tests" in self.unreadable and folded(self.status) == "passed"

    @cached_property
    def counts(self) -> Counts:
        """The counts of the tests, if the summary can be explained by them; else those of the summary.

        A summary knows fewer outcomes than tests have: in its counts, flaky and skipped tests are among the others.
        """
        summary, counted = self.summary or Summary(), self.listed
        stated = (summary.passed, summary.failed, summary.other)
        # while a run is going on, the total may include tests that are not listed yet
        if self.recounts is not None and (None not in stated or summary.total in {None, counted.total}):
            return counted if summary.total is None else counted._replace(total=summary.total)
        passed = counted.passed if summary.passed is None else summary.passed
        failed = counted.failed if summary.failed is None else summary.failed
        if summary.other is not None:
            counted = Counts(0, passed, failed, summary.other)
        elif summary.total is not None:
            counted = Counts(0, passed, failed, max(0, summary.total - passed - failed))
        counted = counted._replace(passed=passed, failed=failed)
        return counted._replace(total=counted.ended if summary.total is None else summary.total)

    @cached_property
    def listed(self) -> Counts:
        """The counts of the tests, whatever the summary says."""
        # 10,000 tests take 2 ms, their distinct statuses next to nothing
        by_outcome: Counter[Outcome] = Counter()
        for status, number in self._statuses.items():
            by_outcome[_outcome(status)] += number
        return Counts(len(self.tests), **{str(outcome): by_outcome[outcome] for outcome in Outcome})

    @cached_property
    def _statuses(self) -> Counter[str]:
        return Counter(case.status for case in self.tests)

    @cached_property
    def recounts(self) -> tuple[Recount, ...] | None:
        """The tests that the summary counts otherwise than their status says; None if that does not explain it.

        Skipped tests, and flaky ones that it counts as other, are not named: a summary has no other place for them.
        """
        return _recounts(self._statuses, self.listed, self.summary or Summary())

    @property
    def counts_disagree(self) -> bool:
        """Whether summary and tests contradict each other; while the run is going on, the summary may be ahead."""
        if self.summary is None or "tests" in self.unreadable:
            return False
        total = self.summary.total
        if not self.has_ended:
            return total is not None and len(self.tests) > total
        return total not in {None, len(self.tests)} or self.recounts is None


class _Digest(NamedTuple):
    """A decoded digest: its body, the run, and the body's tests as they were sent."""

    body: bytes
    run: Run
    tests: list[object]


class Reader:
    """Decodes successive digests of one run, and returns the same objects for what has not changed.

    It can be called in any thread, also by several at a time.
    """

    def __init__(self) -> None:
        self._last: _Digest | None = None

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
        last = self._last
        if last is not None and body == last.body:
            return last.run
        try:
            raw = parse(body)
            if not isinstance(raw, dict):
                raise ValueError("The response is not a run's digest: it is not an object.")
            tests = items(raw.get("tests"))
            known = _with_known(tests, last) if last is not None and isinstance(tests, list) else tests
            run = Run.model_validate(raw | {"tests": known})
            if last is not None and not run.tests and "tests" not in run.unreadable:
                run = run.model_copy(update={"vanished": len(last.run.tests) or last.run.vanished})
        except ValidationError as error:
            raise ValueError(_sentence(error)) from None
        self._last = _Digest(body, run, tests if isinstance(tests, list) else [])
        return run


def _with_known(tests: list[object], digest: _Digest) -> list[object]:
    """Replace unchanged tests by the cases of the last digest, and in `tests` by what was sent before.

    Tests are compared in order; a new one in between does not make those after it count as changed.
    """
    cases = digest.run.tests
    last = len(cases)
    at = 0
    mixed: list[object] = []
    for index, test in enumerate(tests):
        if at == last:
            mixed.append(test)
        elif isinstance(test, dict) and test == digest.tests[at]:
            mixed.append(cases[at])
            # of two equal ones the older is kept: the other would keep its own strings
            tests[index] = digest.tests[at]
            at += 1
        else:
            mixed.append(test)
            at += _name(test) == _name(digest.tests[at])
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
    found: dict[str, Any] = {"unreadable": unreadable, "vanished": 0}
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
    if known := _OUTCOMES.get(status) or _OUTCOMES.get(folded(status)):
        return known
    meant = _OUTCOMES.get(_word(status), Outcome.OTHER)
    # separators make no failure better, but "passed" has to be the word itself
    return Outcome.OTHER if meant is Outcome.PASSED else meant


def _word(status: str) -> str:
    """A status for comparing, without regard to case and separators."""
    return folded(status).translate(_WITHOUT_SEPARATORS)


def _recounts(statuses: Counter[str], listed: Counts, summary: Summary) -> tuple[Recount, ...] | None:
    stated = (summary.passed, summary.failed, summary.other)
    numbers: Counter[str] = Counter()
    spelled: dict[str, str] = {}
    for status, number in statuses.items():
        word = _word(status)
        numbers[word] += number
        spelled.setdefault(word, status)
    # a summary counts all tests with the same word alike: which words add up to its number of failed tests?
    failures = [word for word in numbers if word != "failed" and _OUTCOMES.get(word) is Outcome.FAILED]
    sums: dict[int, tuple[str, ...]] = {0: ()}
    for word in failures:
        sums = {total + numbers[word]: (*these, word) for total, these in sums.items()} | sums
    for flaky_as in ("other", "passed", "failed"):
        passed = listed.passed + (listed.flaky if flaky_as == "passed" else 0)
        failed = numbers["failed"] + (listed.flaky if flaky_as == "failed" else 0)
        for number in sorted(sums, reverse=True):
            seen = (passed, failed + number, listed.total - passed - failed - number)
            if any(count not in {None, found} for count, found in zip(stated, seen, strict=True)):
                continue
            found = [Recount(spelled[word], numbers[word], "other") for word in failures if word not in sums[number]]
            is_flaky_counted = listed.flaky and flaky_as != "other"
            return (*found, Recount("flaky", listed.flaky, flaky_as)) if is_flaky_counted else tuple(found)
    return None


_WITHOUT_SEPARATORS = str.maketrans("", "", " _-")
_OUTCOMES = {
    "passed": Outcome.PASSED,
    "flaky": Outcome.FLAKY,
    **{spelling: Outcome.FAILED for word in FAILURES for spelling in (word, word.lower())},
    **dict.fromkeys(SKIPS, Outcome.SKIPPED),
}
