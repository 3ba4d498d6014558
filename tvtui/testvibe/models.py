"""A run as the API tells it: frozen, tolerant of what servers leave out, and holding nothing but clean text.

The fields are those of the digest that the API's `get_run` answers, in snake case. What is not documented is ignored.
A wrong or absent value becomes its default; only what leaves no run to show (see `Reader.read`) is an error.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, StrictInt, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import from_json

from tvtui.testvibe.fields import (
    Block,
    Kind,
    Label,
    Moment,
    Name,
    NeededStatus,
    Number,
    PathText,
    Status,
    Whole,
    items,
)


class Outcome(StrEnum):
    """How a test ended; everything but "passed" and "failed" (skipped, flaky, unknown words …) is other."""

    PASSED = "passed"
    FAILED = "failed"
    OTHER = "other"


class RunState(StrEnum):
    """Where a run stands. The API says "running" for queued runs too: those have not been started."""

    QUEUED = "queued"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    OTHER = "other"


class Counts(NamedTuple):
    """How many tests there are, and how many of them ended in which way."""

    total: int
    passed: int
    failed: int
    other: int


TOLERANT = ConfigDict(
    frozen=True,
    alias_generator=to_camel,
    validate_by_alias=True,
    validate_by_name=True,
    hide_input_in_errors=True,
)


class Case(BaseModel):
    """One test of a run.

    Attributes:
        name: One line, never blank.
        status: As the server says it, or "unknown".
        duration_ms: Milliseconds; None if there is no number that can be one.
        error: Lines with colour (SGR), trimmed by the service to 1,500 characters.
    """

    model_config = TOLERANT

    name: Name = "(unnamed)"
    status: Status = "unknown"
    duration_ms: Number = None
    error: Block = None

    @property
    def outcome(self) -> Outcome:
        """What the status means."""
        return _outcome(self.status)


class Summary(BaseModel):
    """The server's own counts; a partial digest and a diagnosis leave some out."""

    model_config = TOLERANT

    total: Whole = None
    passed: Whole = None
    failed: Whole = None
    other: Whole = None


class Artifact(BaseModel):
    """A file that a run has left behind.

    Attributes:
        kind: "trace", "screenshot" or another word, "file" if there is none.
        path: Its path among the run's artifacts; foreign, so no path to write to.
        size: Bytes.
    """

    model_config = TOLERANT

    kind: Kind = "file"
    path: PathText = ""
    size: Whole = None


class Run(BaseModel):
    """One digest of a run.

    Attributes:
        status: As the server says it; see `state` for what it means.
        created_utc: Aware and in UTC, like the other two moments; None before it has come, or if it is no moment.
        log: Lines with colour (SGR), trimmed by the service to 4,000 characters; only of runs that did not pass.
    """

    model_config = TOLERANT

    run_id: StrictInt
    status: NeededStatus
    feature_id: Whole = None
    feature_name: Label = None
    config: Label = None
    site_url: Label = None
    created_utc: Moment = None
    started_utc: Moment = None
    finished_utc: Moment = None
    summary: Summary | None = None
    tests: Annotated[tuple[Case, ...], FailFast(), BeforeValidator(items)] = ()
    artifacts: Annotated[tuple[Artifact, ...], FailFast(), BeforeValidator(items)] = ()
    log: Block = None

    @property
    def state(self) -> RunState:
        """What the status means; a run that has not been started, and has no test yet, is queued."""
        match self.status.casefold():
            case "running":
                is_queued = self.started_utc is None and not self.tests
                return RunState.QUEUED if is_queued else RunState.RUNNING
            case "passed":
                return RunState.PASSED
            case "failed":
                return RunState.FAILED
            case _:
                return RunState.OTHER

    @property
    def has_ended(self) -> bool:
        """Whether the run is over; with an unknown status that is so once it has a time of its end."""
        if self.state is RunState.OTHER:
            return self.finished_utc is not None
        return self.state in {RunState.PASSED, RunState.FAILED}

    @property
    def counts(self) -> Counts:
        """The summary's counts; what it leaves out is taken from the tests."""
        summary = self.summary or Summary()
        if None not in (told := (summary.total, summary.passed, summary.failed, summary.other)):
            return Counts(*(count for count in told if count is not None))
        counted = _count(self.tests)
        passed = counted.passed if summary.passed is None else summary.passed
        failed = counted.failed if summary.failed is None else summary.failed
        other = summary.other
        if other is None:
            other = counted.other if summary.total is None else max(0, summary.total - passed - failed)
        return Counts(passed + failed + other if summary.total is None else summary.total, passed, failed, other)

    @property
    def counts_disagree(self) -> bool:
        """Whether the summary says other than the tests; while the run goes on it may be ahead of them."""
        if self.summary is None:
            return False
        counted = _count(self.tests)
        told = self.summary
        if not self.has_ended:
            return told.total is not None and counted.total > told.total
        pairs = zip((told.total, told.passed, told.failed, told.other), counted, strict=True)
        return any(said is not None and said != seen for said, seen in pairs)


class Reader:
    """Reads the digests of one run as they come, and hands out the same objects for what has not changed."""

    def __init__(self) -> None:
        self._body = b""
        self._run: Run | None = None
        self._tests: list[object] = []

    def read(self, body: bytes) -> Run:
        """Read a digest.

        An unchanged body gives the identical `Run`; an unchanged test gives the identical `Case` as long as none
        before it has vanished. A body that raises leaves the reader as it was.

        Args:
            body: JSON. Text that is not quite UTF-8 and lone surrogates become U+FFFD.

        Raises:
            ValueError: The body is empty, breaks off or is no JSON; or it is no digest: no object, `runId` no whole
                number, `status` no text, `tests` or `artifacts` no list of objects, `summary` no object. The message
                is one sentence and holds nothing of the body.
        """
        if self._run is not None and body == self._body:
            return self._run
        try:
            raw = parse(body)
            if not isinstance(raw, dict):
                raise ValueError("The answer is not a run's digest: it is not an object.")
            tests = items(raw.get("tests"))
            known = self._with_known(tests) if isinstance(tests, list) else tests
            run = Run.model_validate(raw | {"tests": known})
        except ValidationError as error:
            raise ValueError(_sentence(error)) from None
        self._body, self._run, self._tests = body, run, tests if isinstance(tests, list) else []
        return run

    def _with_known(self, tests: list[object]) -> list[object]:
        """Put the cases of the last digest in the place of tests that are as they were.

        Tests are compared in order; a new one in between does not count as a change of those behind it.
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
            elif test == self._tests[at]:
                mixed.append(cases[at])
                at += 1
            else:
                mixed.append(test)
                at += _name(test) == _name(self._tests[at])
        return mixed


def parse(body: bytes) -> object:
    """Read JSON as servers write it: text that is not quite UTF-8 and lone surrogates become U+FFFD.

    Raises:
        ValueError: It is no JSON; the message is one sentence and holds nothing of the body.
    """
    try:
        return from_json(body)
    except ValueError as error:
        fault = str(error)
    try:
        return json.loads(body.decode("utf-8-sig", "replace"), strict=False)
    except RecursionError:
        raise ValueError("The answer is nested too deeply.") from None
    except ValueError:
        pass
    if not body.strip():
        raise ValueError("The answer is empty.")
    if fault.startswith("EOF"):
        raise ValueError(f"The answer breaks off: {fault}.")
    raise ValueError(f"The answer is not JSON: {fault}.")


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    faults = {
        "missing": "is missing",
        "int_type": "is not a whole number",
        "string_type": "is not a text",
        "tuple_type": "is not a list",
        "model_type": "is not an object",
    }
    return f"The answer is not a run's digest: {where} {faults.get(first['type'], 'is not as documented')}."


def _name(test: object) -> object:
    return test.get("name") if isinstance(test, dict) else None


def _outcome(status: str) -> Outcome:
    return _OUTCOMES.get(status) or _OUTCOMES.get(status.casefold(), Outcome.OTHER)


_OUTCOMES = {"passed": Outcome.PASSED, "failed": Outcome.FAILED}


def _count(tests: Iterable[Case]) -> Counts:
    by_outcome: Counter[Outcome] = Counter()
    for status, number in Counter(case.status for case in tests).items():
        by_outcome[_outcome(status)] += number
    passed, failed, other = (by_outcome[outcome] for outcome in Outcome)
    return Counts(passed + failed + other, passed, failed, other)
