"""Playwright traces made in memory, in the format of any version: a line for each step, spelling out what matters."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tvtui.trace import Fault, Trace, open_trace
from tvtui.trace.archive import Archive, Entry, open_archive

SPEC = "/srv/shop/e2e/tests/login.spec.js"
WALL = 1_795_944_575_000
"""The wall time, in milliseconds since 1970, of the moment 0 of the runner's clock."""

Json = dict[str, Any]


@dataclass(frozen=True)
class StepData:
    """What a trace says of a step; times are in milliseconds of the runner's clock.

    Attributes:
        sides: Which files have it: `runner`, `library` or both.
        fields: Further fields of its beginning.
    """

    id: str
    title: str
    start: float
    end: float | None
    kind: str = "pw:api"
    parent: str | None = None
    line: int | None = None
    error: str | None = None
    log: Sequence[str] = ()
    class_: str = "Frame"
    method: str = "click"
    params: Mapping[str, Any] = field(default_factory=dict)
    attachments: Sequence[Json] = ()
    sides: str = "runner"
    fields: Mapping[str, Any] = field(default_factory=dict)


def a_step(id: str = "a@1", title: str = "Click", start: float = 100, end: float | None = 150, **more: Any) -> StepData:
    """A click that took 50 ms; with `error`, one that failed."""
    return StepData(id, title, start, end, **more)


def an_error(message: str, line: int | None = None) -> Json:
    """An error of the test; without a line it has no stack, as of a timeout."""
    stack = {} if line is None else {"stack": [{"file": SPEC, "line": line, "column": 7}]}
    return {"type": "error", "message": message, **stack}


def a_head(version: int = 10, *, origin: str = "testRunner", **more: Any) -> Json:
    """The head of a file; that of the library has a browser."""
    given: Json = {"version": version, "type": "context-options", "browserName": "", "options": {}}
    if version >= 7:
        given |= {"origin": origin, "wallTime": WALL, "monotonicTime": 0.0}
    if origin == "library":
        given |= {"browserName": "chromium", "title": "login.spec.js:17 › Locked-out user"}
        given["options"] = {"viewport": {"width": 480, "height": 320}}
    return given | more


def runner_lines(step: StepData, version: int = 10) -> list[Json]:
    """The two halves of a step as a test runner writes them."""
    before: Json = {
        "type": "before",
        "callId": step.id,
        "startTime": step.start,
        "class": "Test",
        "method": step.kind if version >= 8 else "step",
        "params": dict(step.params),
        "stack": [] if step.line is None else [{"file": SPEC, "line": step.line, "column": 7}],
    }
    before |= {"title": step.title} if version >= 8 else {"apiName": step.title}
    before |= {"wallTime": WALL + step.start} if version <= 6 else {}
    before |= {"stepId": step.id} if 7 <= version <= 9 else {}
    before |= {} if step.parent is None else {"parentId": step.parent}
    return [before | dict(step.fields), *_after(step, version)]


def library_lines(step: StepData, version: int = 10, *, shift: float = 0) -> list[Json]:
    """A step as the library writes it; `shift` is added to its times."""
    call = step.id if version >= 10 else f"call@{step.id}"
    named = {"apiName": step.title} if version <= 7 else {}
    if version == 3:
        metadata: Json = {
            "id": call,
            "type": step.class_,
            "method": step.method,
            "params": dict(step.params),
            "startTime": step.start + shift,
            "endTime": step.end and step.end + shift,
            "wallTime": WALL + step.start,
            "log": list(step.log),
            "stack": [] if step.line is None else [{"file": SPEC, "line": step.line, "column": 7}],
            "error": step.error and {"error": {"message": step.error}},
            "snapshots": [{"title": "before", "snapshotName": f"before@{call}"}],
        }
        return [{"type": "action", "metadata": metadata | named}]
    before: Json = {
        "type": "before",
        "callId": call,
        "startTime": step.start + shift,
        "class": step.class_,
        "method": step.method,
        "params": dict(step.params),
        **named,
    }
    before |= {"wallTime": WALL + step.start} if version <= 6 else {}
    before |= {"stepId": step.id} if 7 <= version <= 9 else {}
    logs: list[Json] = [
        {"type": "log", "callId": call, "time": step.start + shift, "message": message} for message in step.log
    ]
    return [before, *(logs if version >= 6 else []), *_after(step, version, call, shift)]


def _after(step: StepData, version: int, call: str | None = None, shift: float = 0) -> list[Json]:
    if step.end is None:
        return []
    after: Json = {"type": "after", "callId": call or step.id, "endTime": step.end + shift}
    after |= {"log": list(step.log)} if version <= 5 else {}
    after |= {"error": {"name": "", "message": step.error, "stack": step.error}} if step.error else {}
    after |= {"attachments": list(step.attachments)} if step.attachments else {}
    return [after]


def a_trace(
    *events: StepData | Json,
    version: int = 10,
    shift: float = 0,
    head: Mapping[str, Any] | None = None,
    entries: Mapping[str, bytes] | None = None,
) -> bytes:
    """A trace as bytes: the events in their order, each step in the files that its `sides` names.

    Args:
        events: Steps, and other events of the test runner's file.
        version: Of the format.
        shift: Milliseconds by which the library's clock is ahead of the test runner's.
        head: Further fields of the library's head.
        entries: Further files.
    """
    runner: list[Json] = [a_head(version)] if version >= 7 else []
    library = [
        a_head(version, origin="library") | ({"monotonicTime": shift} if version >= 7 else {}) | dict(head or {})
    ]
    for event in events:
        if not isinstance(event, StepData):
            runner.append(event)
            continue
        if "runner" in event.sides:
            runner += runner_lines(event, version)
        if "library" in event.sides:
            library += library_lines(event, version, shift=shift)
    has_runner = any(not isinstance(event, StepData) or "runner" in event.sides for event in events)
    files = {"trace.trace" if version == 3 else "0-trace.trace": lines_of(library)}
    if has_runner:
        files["test.trace"] = lines_of(runner)
    return a_zip(files | dict(entries or {}))


def lines_of(events: Sequence[Json]) -> bytes:
    """Events as lines, without a line break after the last one."""
    return "\n".join(json.dumps(event, separators=(",", ":")) for event in events).encode()


def a_zip(entries: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive as bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method, compresslevel=1) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


class Traces:
    """Opens archives and traces in a folder, and closes them in the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "trace.zip"
        self._open: list[Archive | Trace] = []

    def open_archive(self, content: bytes) -> Archive | Fault:
        self.path.write_bytes(content)
        archive = open_archive(self.path)
        if isinstance(archive, Archive):
            self._open.append(archive)
        return archive

    def entry(self, content: bytes, name: str = "a") -> Entry:
        """An entry of an archive that can be opened."""
        archive = self.open_archive(content)
        assert isinstance(archive, Archive)
        entry = archive.entry(name)
        assert entry is not None
        return entry

    def open_trace(self, content: bytes) -> Trace | Fault:
        self.path.write_bytes(content)
        trace = open_trace(self.path)
        if isinstance(trace, Trace):
            self._open.append(trace)
        return trace

    def trace(self, content: bytes) -> Trace:
        """A trace that can be opened."""
        trace = self.open_trace(content)
        assert isinstance(trace, Trace), trace
        return trace

    def close(self) -> None:
        for each in self._open:
            each.close()
