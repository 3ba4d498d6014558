"""A recorded run: a line of plain JSON for lists, then the last digest and what changed until then, compressed.

Times of changes are seconds on the server's clock since the run was created, so that a recording can be replayed.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from tvtui.journal.pieces import in_pieces
from tvtui.journal.suite import Suite
from tvtui.testvibe import fields as read
from tvtui.testvibe.models import Case, Run, RunState, by_api_name
from tvtui.text.clean import clean_line

VERSION = 1
"""Of the format; files of a higher version are listed and not opened."""

LARGEST_HEAD = 64 << 10
"""Bytes of the first line: more is not a recording."""

LARGEST_FILE = 64 << 20
"""Bytes of a file, and of its body when it is decompressed: more is not a recording."""


class NotReadable(Exception):
    """A file is not a recording; the message is a sentence that says why."""


class Newer(NotReadable):
    """A file was written by a newer version of tvtui."""


class WithoutDetails(NotReadable):
    """A recording is of a run that was left while it was running, or has only its head left."""


class TooLarge(Exception):
    """A recording would be larger than any that is read."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a list of recorded runs shows.

    Attributes:
        run_id: The run.
        suite: What it is a run of.
        status: The server's last word; see `state` for its meaning.
        state: The meaning of the status, as of the last answer.
        has_ended: Whether the run was watched to its end; otherwise it was left while it was running.
        feature_name: The name of the feature; it can change, the suite does not.
        site: The tested site; "" if unknown.
        created: When the run was created, like the others aware and in UTC; None if unknown.
        started: When it was started.
        finished: When it ended.
        seen: When the server last confirmed this state, by its clock.
        counts: Tests in all, passed, failed, flaky, skipped and other.
        new_failures: How many failures the run before did not have; None if that was not known.
        has_texts: Whether errors and log are recorded.
        has_body: Whether there is more than this head.
        masked: How many secrets were masked in the texts.
        changes: How many changes are recorded.
        tests: How many tests the last digest lists.
        version: Of the format.
    """

    run_id: int
    suite: Suite
    status: str
    state: RunState = RunState.OTHER
    has_ended: bool = False
    feature_name: str = ""
    site: str = ""
    created: datetime | None = None
    started: datetime | None = None
    finished: datetime | None = None
    seen: datetime | None = None
    counts: tuple[int, int, int, int, int, int] = (0, 0, 0, 0, 0, 0)
    new_failures: int | None = None
    has_texts: bool = True
    has_body: bool = True
    masked: int = 0
    changes: int = 0
    tests: int = 0
    version: int = VERSION

    @classmethod
    def of(cls, run: Run, suite: Suite, *, seen: datetime) -> Self:
        """The head of a run as it was last seen."""
        counts = run.counts
        return cls(
            run.run_id,
            suite,
            str(run.status),
            run.state,
            run.has_ended,
            str(run.feature_name or ""),
            str(run.site_url or ""),
            run.created_utc,
            run.started_utc,
            run.finished_utc,
            seen,
            (counts.total, counts.passed, counts.failed, counts.flaky, counts.skipped, counts.other),
            tests=len(run.tests),
        )

    @property
    def seconds(self) -> float | None:
        """How long the run ran; None if unknown."""
        if self.started is None or self.finished is None or self.finished < self.started:
            return None
        return (self.finished - self.started).total_seconds()

    @property
    def completeness(self) -> tuple[bool, bool, int, bool]:
        """For comparing two recordings of a run: the less complete one never replaces the other."""
        return self.has_ended, self.has_body, self.tests, self.has_texts


class CaseChange(NamedTuple):
    """A test that ended, or has another status.

    Attributes:
        place: Its index among the tests of the last digest.
        status: The server's word.
        duration_ms: How long it took; None if unknown.
    """

    place: int
    status: str
    duration_ms: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """What an answer or a failed request changed.

    Attributes:
        at: Seconds since the run was created, by the server's clock.
        status: The run's new status; None if it is the same.
        started: When the run was started, if that has become known.
        counts: The server's own total, passed, failed and other, if they changed; each may be unknown.
        tests: The tests that changed.
        artifacts: How many of the artifacts of the last digest are there, if that changed.
        has_log: Whether the log has come.
        problem: What happened and what to do, if requests have started to fail; the next answer ends it.
    """

    at: float
    status: str | None = None
    started: datetime | None = None
    counts: tuple[int | None, int | None, int | None, int | None] | None = None
    tests: tuple[CaseChange, ...] = ()
    artifacts: int | None = None
    has_log: bool = False
    problem: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded run.

    Attributes:
        head: What a list shows.
        run: The run as it was last seen; without errors and log if they are not recorded.
        changes: What led to it, in order; empty if it had ended when it was first seen.
    """

    head: Head
    run: Run
    changes: Sequence[Change] = ()


def encode(recording: Recording) -> bytes:
    """A recording as the content of a file; 10,000 tests take 50 ms.

    Raises:
        TooLarge: It could not be read again.
    """
    compressor = zlib.compressobj(6)
    pieces = [encode_head(recording.head)]
    size = 0
    for line in _body(recording):
        content = f"{line}\n".encode()
        size += len(content)
        pieces.append(compressor.compress(content))
    pieces.append(compressor.flush())
    if size > LARGEST_FILE or sum(map(len, pieces)) > LARGEST_FILE:
        raise TooLarge(f"{size} bytes")
    return b"".join(pieces)


_PIECE = 100
"""Tests or changes in a line, so that nothing has to be encoded or decoded in one go."""


def _body(recording: Recording) -> Iterator[str]:
    """The lines of a body: the digest, those of the tests and those of the changes."""
    run, changes = recording.run, recording.changes
    lines = [-(-len(items) // _PIECE) for items in (run.tests, changes)]
    digest = by_api_name(replace(run, tests=(), unreadable=(), vanished=0))
    yield _json({"digest": digest, "unreadable": run.unreadable, "vanished": run.vanished, "lines": lines})
    for cases in in_pieces(run.tests, _PIECE):
        yield _json([_case_as_json(case) for case in cases])
    for piece in in_pieces(changes, _PIECE):
        yield _json([_change_as_json(change) for change in piece])


def _case_as_json(case: Case) -> Mapping[str, object]:
    # by hand, as 10,000 of them are
    content: dict[str, object] = {"name": case.name, "status": case.status}
    if case.duration_ms is not None:
        content["durationMs"] = case.duration_ms
    if case.error is not None:
        content["error"] = case.error
    return content


def encode_head(head: Head) -> bytes:
    """The first line of a file; alone, it is the record of a run that has not ended, or of one without details."""
    content = {each.name: getattr(head, each.name) for each in fields(head)}
    content["v"] = content.pop("version")
    return _json(content).encode() + b"\n"


def decode_head(line: bytes) -> Head:
    """Decode the first line of a file.

    Raises:
        NotReadable: It is none.
        Newer: It is from a newer version; the message says so.
    """
    try:
        if len(line) > LARGEST_HEAD:
            raise NotReadable("not a recording of tvtui")
        content = json.loads(line)
        version = content["v"]
        if type(version) is int and version > VERSION:
            raise Newer("written by a newer version of tvtui")
        total, passed, failed, flaky, skipped, other = map(_number, content["counts"])
        new_failures = content["new_failures"]
        return Head(
            run_id=_number(content["run_id"]),
            suite=Suite(*map(_text, content["suite"])),
            status=_status(content["status"]),
            state=RunState(content["state"]),
            has_ended=content["has_ended"] is True,
            feature_name=_text(content["feature_name"]),
            site=_text(content["site"]),
            created=_moment(content["created"]),
            started=_moment(content["started"]),
            finished=_moment(content["finished"]),
            seen=_moment(content["seen"]),
            counts=(total, passed, failed, flaky, skipped, other),
            new_failures=None if new_failures is None else _number(new_failures),
            has_texts=content["has_texts"] is True,
            has_body=content["has_body"] is True,
            masked=_number(content["masked"]),
            changes=_number(content["changes"]),
            tests=_number(content["tests"]),
            version=_number(version),
        )
    except _MALFORMED:
        raise NotReadable("not a recording of tvtui") from None


_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError)
"""What comes of content that is not as it should be."""


def decode(content: bytes) -> Recording:
    """Decode the content of a file.

    Raises:
        NotReadable: It is not a recording, is damaged, or has no details.
    """
    line, _, body = content.partition(b"\n")
    head = decode_head(line)
    if not body:
        raise WithoutDetails("without details")
    try:
        decompressor = zlib.decompressobj()
        text = decompressor.decompress(body, LARGEST_FILE)
        if not decompressor.eof:
            raise NotReadable("damaged")
        first, *lines = text.splitlines()
        values = json.loads(first)
        tests, _ = map(_number, values["lines"])
        cases = [Case.read(row) for row in _items(lines[:tests])]
        run = Run.read(values["digest"] | {"tests": cases})
        # what was not recorded at first can be absent
        unreadable = tuple(map(_text, values.get("unreadable", ())))
        run = replace(run, unreadable=unreadable, vanished=_number(values.get("vanished", 0)))
        if run.run_id != head.run_id or sum(values["lines"]) != len(lines):
            raise NotReadable("damaged")
        changes = tuple(_change(each) for each in _items(lines[tests:]))
    except (zlib.error, MemoryError, *_MALFORMED):
        raise NotReadable("damaged") from None
    return Recording(head, run, changes)


def _items(lines: Sequence[bytes]) -> Iterator[Any]:
    """The items of lines that are a list each."""
    for line in in_pieces(lines, 1):
        yield from json.loads(line[0])


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), default=_timestamp)


def _timestamp(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"cannot be stored: {type(value).__name__}")


def _change_as_json(change: Change) -> Mapping[str, object]:
    """Only what is there: most changes are a test or two."""
    content = {each.name: getattr(change, each.name) for each in fields(change)}
    return {name: value for name, value in content.items() if name == "at" or value not in (None, (), False)}


def _change(content: Mapping[str, Any]) -> Change:
    known = {each.name: content[each.name] for each in fields(Change) if each.name in content}
    known["at"] = _seconds(known["at"])
    if "started" in known:
        known["started"] = _moment(known["started"])
    if "status" in known:
        known["status"] = _status(known["status"])
    if "tests" in known:
        known["tests"] = tuple(
            CaseChange(_number(place), _status(status), read.number(took)) for place, status, took in known["tests"]
        )
    if "counts" in known:
        total, passed, failed, other = map(read.whole, known["counts"])
        known["counts"] = (total, passed, failed, other)
    if "artifacts" in known:
        known["artifacts"] = _number(known["artifacts"])
    if "has_log" in known:
        known["has_log"] = known["has_log"] is True
    if "problem" in known:
        what, advice = map(_text, known["problem"])
        known["problem"] = (what, advice)
    return Change(**known)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError("not a number of seconds")
    return float(value)


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(_text(value))
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return clean_line(value)


def _status(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a status")
    return read.status(value)


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("not a number of things")
    return value
