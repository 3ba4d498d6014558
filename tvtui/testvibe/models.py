"""A run as returned by the API: frozen, tolerant of missing and odd values, and safe to show.

The fields are those of the digest that the API's `get_run` returns, in snake case. Undocumented fields are ignored.
Read by the classmethods `read`, an invalid or missing value becomes its default; only if there is no run to show (see
`Reader.read`) is it an error.
Text that had to be cleaned is `Cleaned`: it shows as the clean text and compares as the one that was sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple, Self

from tvtui.testvibe import fields as read
from tvtui.testvibe.decoding import parse
from tvtui.testvibe.fields import folded, items


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


@dataclass(frozen=True, slots=True)
class Case:
    """One test of a run.

    Attributes:
        name: One line, never blank.
        status: The server's word, or "unknown".
        duration_ms: Milliseconds; None if there is no valid number.
        error: Lines with colour (SGR), truncated by the service to 1,500 characters.
    """

    name: str = "(unnamed)"
    status: str = "unknown"
    duration_ms: float | None = None
    error: str | None = None

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """Read a row of the digest."""
        value = row.get
        return cls(
            read.line(value("name"), "(unnamed)"),
            read.status(value("status")),
            read.number(value("durationMs")),
            read.error(value("error")),
        )

    @property
    def outcome(self) -> Outcome:
        """The meaning of the status."""
        return _outcome(self.status)


@dataclass(frozen=True, slots=True)
class Summary:
    """The server's own counts; partial digests and diagnoses omit some of them."""

    total: int | None = None
    passed: int | None = None
    failed: int | None = None
    other: int | None = None

    @classmethod
    def read(cls, counts: Mapping[str, Any]) -> Self:
        """Read the object of the digest."""
        return cls(*(read.whole(counts.get(name)) for name in ("total", "passed", "failed", "other")))


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a run has produced.

    Attributes:
        kind: "trace", "screenshot" or another word; "file" by default.
        path: The path among the run's artifacts; foreign text, so not safe to write to.
        size: The size in bytes.
    """

    kind: str = "file"
    path: str = ""
    size: int | None = None

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """Read a row of the digest or of the manifest."""
        return cls(read.line(row.get("kind"), "file"), read.line(row.get("path")), read.whole(row.get("size")))


@dataclass(frozen=True)
class Run:
    """One digest of a run.

    Attributes:
        status: The server's word; see `state` for its meaning.
        feature_id: A number, as documented, or what else identifies the feature.
        created_utc: Aware and in UTC, like the other two times; None if missing or invalid.
        log: Lines with colour (SGR), truncated by the service to 4,000 characters; only for runs that did not pass.
        unreadable: What could not be read: "row" for each of the rows of tests and artifacts, or the field's name.
        vanished: The number of tests in the last digest that had any, if this one has none; from `Reader` only.
        has_texts: False if it comes from a recording without errors and log, whatever the server has sent.
    """

    run_id: int
    status: str
    feature_id: int | str | None = None
    feature_name: str | None = None
    config: str | None = None
    site_url: str | None = None
    created_utc: datetime | None = None
    started_utc: datetime | None = None
    finished_utc: datetime | None = None
    summary: Summary | None = None
    tests: tuple[Case, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    log: str | None = None
    unreadable: tuple[str, ...] = ()
    vanished: int = 0
    has_texts: bool = True

    @classmethod
    def read(cls, digest: Mapping[str, Any]) -> Self:
        """Read a digest, whose tests may be cases that are known already.

        Raises:
            ValueError: `runId` is not an integer, or `status` not a string; the message is one sentence.
        """
        value = digest.get
        run_id, status = value("runId"), value("status")
        run_id = run_id if type(run_id) is int else read.whole(run_id)
        if run_id is None:
            raise _not_a_digest(digest, "runId", "a whole number")
        if not isinstance(status, str):
            raise _not_a_digest(digest, "status", "a string")
        unreadable: list[str] = []
        tests = [_case(row, place, unreadable) for place, row in enumerate(_rows(digest, "tests", unreadable), 1)]
        rows = _rows(digest, "artifacts", unreadable)
        artifacts = [Artifact.read(row) for row in rows if isinstance(row, dict)]
        unreadable += ["row"] * (len(rows) - len(artifacts))
        summary, log = value("summary"), value("log")
        if not isinstance(summary, dict | None):
            unreadable.append("summary")
        is_lines = isinstance(log, list) and (not log or any(isinstance(line, str) for line in log))
        if not isinstance(log, str | None) and not is_lines:
            unreadable.append("log")
            log = None
        return cls(
            run_id=run_id,
            status=read.status(status),
            feature_id=read.feature(value("featureId")),
            feature_name=read.label(value("featureName")),
            config=read.label(value("config")),
            site_url=read.label(value("siteUrl")),
            created_utc=read.moment(value("createdUtc")),
            started_utc=read.moment(value("startedUtc")),
            finished_utc=read.moment(value("finishedUtc")),
            summary=Summary.read(summary) if isinstance(summary, dict) else None,
            tests=tuple(tests),
            artifacts=tuple(artifacts),
            log=read.log(log),
            unreadable=tuple(unreadable),
        )

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
    def seconds(self) -> float | None:
        """How long it ran; None if unknown."""
        if self.started_utc is None or self.finished_utc is None or self.finished_utc < self.started_utc:
            return None
        return (self.finished_utc - self.started_utc).total_seconds()

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
        raw = parse(body)
        if not isinstance(raw, dict):
            raise ValueError("The response is not a run's digest: it is not an object.")
        tests = items(raw.get("tests"))
        known = _with_known(tests, last) if last is not None and isinstance(tests, list) else tests
        run = Run.read(raw | {"tests": known})
        if last is not None and not run.tests and "tests" not in run.unreadable:
            run = replace(run, vanished=len(last.run.tests) or last.run.vanished)
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


def by_api_name(model: object) -> Any:
    """A model, or a tuple of models, as an object with the API's own field names; other values as they are."""
    if isinstance(model, tuple):
        return [by_api_name(each) for each in model]
    if not is_dataclass(model):
        return model
    return {api_name(field.name): by_api_name(getattr(model, field.name)) for field in fields(model)}


def api_name(name: str) -> str:
    """The API's name of a field: `durationMs` for `duration_ms`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _not_a_digest(digest: Mapping[str, Any], name: str, kind: str) -> ValueError:
    fault = f"is not {kind}" if name in digest else "is missing"
    return ValueError(f"The response is not a run's digest: {name} {fault}.")


def _rows(digest: Mapping[str, Any], name: str, unreadable: list[str]) -> list[Any]:
    rows = items(digest.get(name))
    if isinstance(rows, list):
        return rows
    unreadable.append(name)
    return []


def _case(row: object, place: int, unreadable: list[str]) -> Case:
    if isinstance(row, Case):
        return row
    if isinstance(row, dict):
        return Case.read(row)
    unreadable.append("row")
    return Case(name=f"(unreadable row {place})", status="unreadable")


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
