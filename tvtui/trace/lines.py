"""The events of a trace: one line of a file becomes one event, whatever version wrote it.

Texts are cleaned here, so that nothing unclean gets further. Unknown fields are ignored.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from tvtui.text.clean import clean_block, clean_line, plain
from tvtui.text.redact import without_signatures
from tvtui.trace.records import Attachment, Place

LONGEST_TEXT = 64 * 1024
"""Characters of a text that are kept; a longer one is truncated."""
_LONGEST_LINE = 4096


def line_of(text: str) -> str:
    """Foreign text as one clean line, without signatures of links."""
    if len(text) > _LONGEST_LINE:
        text = text[:_LONGEST_LINE]
    # most texts need neither: what is printable is clean, and a signature follows some kind of equals sign
    if text.isprintable() and "=" not in text and "%" not in text and "\\" not in text:
        return text
    return without_signatures(clean_line(text))


def block_of(text: str) -> str:
    """Foreign text as a clean block that may have colours, without signatures of links."""
    block = clean_block(text[:LONGEST_TEXT])
    found = without_signatures(block)
    if "\x1b" not in block:
        return found
    # colours inside the name of a secret would hide it from the search: they are given up then
    uncoloured = plain(block)
    clean = without_signatures(uncoloured)
    return found if clean == uncoloured else clean


def _line(value: object) -> str:
    return line_of(value) if isinstance(value, str) else ""


def _block(value: object) -> str:
    return block_of(value) if isinstance(value, str) else ""


def _raw(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _whole(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**53 else 0


Line = Annotated[str, PlainValidator(_line)]
"""One clean line; what is no text becomes an empty one."""
Block = Annotated[str, PlainValidator(_block)]
"""Lines with colours; what is no text becomes an empty one."""
Raw = Annotated[str, PlainValidator(_raw)]
"""Text as the trace has it, for comparing and for looking up; never shown."""
Id = Annotated[str, AfterValidator(line_of)]
Number = Annotated[float, Field(allow_inf_nan=False, ge=-(2**53), le=2**53)]
"""A number that JavaScript counts exactly; a line with another one cannot be read."""
Whole = Annotated[int, PlainValidator(_whole)]


class _Fields:
    """How all events are read. They are dataclasses with slots, which take a fraction of the memory of models."""

    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="ignore", alias_generator=to_camel)


def _top(value: object) -> Place | None:
    match value:
        case [{"file": str() as file, "line": line, **frame}, *_] if file not in {"", "project#"}:
            return Place(line_of(file), _whole(line), _whole(frame.get("column")), _line(frame.get("function")))
    return None


Stack = Annotated[Place | None, PlainValidator(_top)]
"""The topmost frame of a stack, which is where the test is; the configuration of a project is none."""


@dataclass(frozen=True, slots=True)
class Viewport(_Fields):
    """The size of a page in CSS pixels."""

    width: Number = 0
    height: Number = 0


@dataclass(frozen=True, slots=True)
class Options(_Fields):
    """The options of a browser context."""

    viewport: Viewport | None = None
    base_url: Annotated[Line, Field(alias="baseURL")] = ""


@dataclass(frozen=True, slots=True)
class ContextOptions(_Fields):
    """The head of a file; `wall_time` and `monotonic_time` relate its clock to the others'."""

    type: Literal["context-options"]
    version: Whole = 0
    origin: Line = ""
    browser_name: Line = ""
    playwright_version: Line = ""
    wall_time: Number | None = None
    monotonic_time: Number | None = None
    title: Line = ""
    options: Options = Options()

    @property
    def clock(self) -> tuple[float, float] | None:
        """The same moment in wall time and in the file's own time; None up to format 6."""
        if self.wall_time is None or self.monotonic_time is None:
            return None
        return self.wall_time, self.monotonic_time


@dataclass(frozen=True, slots=True)
class Params(_Fields):
    """The parameters that titles are made of."""

    locator: Line = ""
    selector: Line = ""
    url: Line = ""
    method: Line = ""
    value: Line = ""
    text: Line = ""
    key: Line = ""
    expression: Line = ""
    name: Line = ""


@dataclass(frozen=True, slots=True)
class Before(_Fields):
    """The beginning of a step."""

    type: Literal["before"]
    call_id: Id
    start_time: Number
    step_id: Id | None = None
    parent_id: Id | None = None
    wall_time: Number | None = None
    class_: Annotated[Line, Field(alias="class")] = ""
    method: Line = ""
    title: Line = ""
    api_name: Line = ""
    subtitle: Line = ""
    group: Line = ""
    page_id: Line = ""
    params: Annotated[Params, BeforeValidator(lambda value: value if isinstance(value, dict) else {})] = Params()
    stack: Stack = None
    before_snapshot: Line = ""


@dataclass(frozen=True, slots=True)
class Failure(_Fields):
    """The error of a step."""

    name: Line = ""
    message: Block = ""
    stack: Block = ""


@dataclass(frozen=True, slots=True)
class AttachedFile(_Fields):
    """A file that a step attached."""

    name: Line = ""
    content_type: Line = ""
    file: Raw = ""
    sha1: Raw = ""
    path: Line = ""
    base64: Raw = ""

    @property
    def record(self) -> Attachment:
        """The same, whatever version wrote it."""
        entry = self.file or (f"resources/{self.sha1}" if self.sha1 else None)
        content = None
        if self.base64 and not entry:
            try:
                content = base64.b64decode(self.base64)
            except (binascii.Error, ValueError):
                content = None
        return Attachment(self.name, self.content_type, entry, self.path, content)


@dataclass(frozen=True, slots=True)
class Position(_Fields):
    """A point, or a rectangle, in CSS pixels of the viewport."""

    x: Number = 0
    y: Number = 0
    width: Number = 0
    height: Number = 0


@dataclass(frozen=True, slots=True)
class After(_Fields):
    """The end of a step; `log` only up to format 5."""

    type: Literal["after"]
    call_id: Id
    end_time: Number | None = None
    error: Failure | None = None
    attachments: Annotated[tuple[AttachedFile, ...], BeforeValidator(_list)] = ()
    log: Annotated[tuple[Line, ...], BeforeValidator(_list)] = ()
    point: Position | None = None
    after_snapshot: Line = ""


@dataclass(frozen=True, slots=True)
class Input(_Fields):
    """Where a step acts on the page; one for each try."""

    type: Literal["input"]
    call_id: Id
    point: Position | None = None
    box: Position | None = None
    input_snapshot: Line = ""


@dataclass(frozen=True, slots=True)
class LogMessage(_Fields):
    """A line of a step's log."""

    type: Literal["log"]
    call_id: Id
    time: Number
    message: Line = ""


@dataclass(frozen=True, slots=True)
class ErrorEvent(_Fields):
    """An error of the test; it has no time, its place in the file says when."""

    type: Literal["error"]
    message: Block = ""
    stack: Stack = None


@dataclass(frozen=True, slots=True)
class Output(_Fields):
    """Output of the test."""

    type: Literal["stdout", "stderr"]
    timestamp: Number
    text: Block = ""
    base64: Raw = ""


@dataclass(frozen=True, slots=True)
class Location(_Fields):
    """A place in a script of a page; lines and columns from 0."""

    url: Line = ""
    line_number: Whole = 0
    column_number: Whole = 0


@dataclass(frozen=True, slots=True)
class ConsoleMessage(_Fields):
    """A message of the browser's console, from format 5 on."""

    type: Literal["console"]
    time: Number
    message_type: Line = ""
    text: Block = ""
    location: Location | None = None
    page_id: Line = ""


@dataclass(frozen=True, slots=True)
class Happening(_Fields):
    """An event of the browser, with its parameters as they are."""

    type: Literal["event"]
    time: Number
    class_: Annotated[Line, Field(alias="class")] = ""
    method: Line = ""
    params: Annotated[dict[str, Any], BeforeValidator(lambda value: value if isinstance(value, dict) else {})] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True)
class Created(_Fields):
    """An object of the protocol, up to format 4, with its properties as they are."""

    type: Literal["object"]
    class_: Annotated[Line, Field(alias="class")] = ""
    guid: Line = ""
    initializer: Annotated[dict[str, Any], BeforeValidator(lambda value: value if isinstance(value, dict) else {})] = (
        field(default_factory=dict)
    )


@dataclass(frozen=True, slots=True)
class ScreencastFrame(_Fields):
    """A picture of the film."""

    type: Literal["screencast-frame"]
    timestamp: Number
    page_id: Line = ""
    file: Raw = ""
    sha1: Raw = ""
    width: Number = 0
    height: Number = 0
    frame_swap_wall_time: Number | None = None

    @property
    def entry(self) -> str:
        """Its name in the archive, whatever version wrote it."""
        return self.file or f"resources/{self.sha1}"


@dataclass(frozen=True, slots=True)
class SnapshotFile(_Fields):
    """A screenshot or an accessibility tree, from format 9 on."""

    type: Literal["screenshot", "aria-snapshot"]
    call_id: Id
    timestamp: Number
    phase: Line = ""
    page_id: Line = ""
    file: Raw = ""


@dataclass(frozen=True, slots=True)
class Resource(_Fields):
    """A HAR entry of a network file, as it is."""

    type: Literal["resource-snapshot"]
    snapshot: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FrameSnapshot(_Fields):
    """A snapshot of the DOM, as it is."""

    type: Literal["frame-snapshot"]
    snapshot: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Wrapped(_Fields):
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class OldSnapshot(_Fields):
    """The name of a snapshot in format 3."""

    title: Line = ""
    snapshot_name: Line = ""


@dataclass(frozen=True, slots=True)
class Metadata(_Fields):
    """A step of format 3."""

    id: Id
    start_time: Number
    type: Line = ""
    method: Line = ""
    params: Annotated[Params, BeforeValidator(lambda value: value if isinstance(value, dict) else {})] = Params()
    end_time: Number | None = None
    wall_time: Number | None = None
    api_name: Line = ""
    log: Annotated[tuple[Line, ...], BeforeValidator(_list)] = ()
    error: _Wrapped | None = None
    point: Position | None = None
    stack: Stack = None
    snapshots: Annotated[tuple[OldSnapshot, ...], BeforeValidator(_list)] = ()
    internal: bool = False
    page_id: Line = ""


@dataclass(frozen=True, slots=True)
class Action(_Fields):
    """A step of format 3, in one line."""

    type: Literal["action"]
    metadata: Metadata

    @property
    def is_of_the_test(self) -> bool:
        """Whether the test did it, and not Playwright itself."""
        return not self.metadata.internal and not self.metadata.method.startswith("tracing")

    @property
    def halves(self) -> tuple[Before, After]:
        """The same step as later versions write it."""
        data = self.metadata
        names = {each.title: each.snapshot_name for each in data.snapshots}
        before = Before(
            type="before",
            call_id=data.id,
            start_time=data.start_time,
            wall_time=data.wall_time,
            class_=data.type,
            method=data.method,
            api_name=data.api_name,
            params=data.params,
            stack=data.stack,
            page_id=data.page_id,
            before_snapshot=names.get("before", ""),
        )
        after = After(
            type="after",
            call_id=data.id,
            end_time=data.end_time,
            error=data.error.error if data.error else None,
            log=data.log,
            point=data.point,
            after_snapshot=names.get("after", ""),
        )
        return before, after


@dataclass(frozen=True, slots=True)
class Unneeded(_Fields):
    """An event that is known, and not needed."""

    type: Literal["video"]


Event = (
    ContextOptions
    | Before
    | After
    | Input
    | LogMessage
    | ErrorEvent
    | Output
    | ConsoleMessage
    | Happening
    | Created
    | ScreencastFrame
    | SnapshotFile
    | Resource
    | FrameSnapshot
    | Action
    | Unneeded
)
_EVENTS: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line that is no event; `type` is that of an unknown event, and empty if the line cannot be read."""

    type: str = ""


def read_event(line: bytes) -> Event | Skipped:
    """Read one line of a `.trace` or a `.network` file."""
    try:
        return _EVENTS.validate_json(line)
    except ValidationError as error:
        kind = error.errors(include_url=False, include_context=True)[0]
    except RecursionError:
        return Skipped()
    if kind["type"] == "union_tag_invalid":
        return Skipped(line_of(str(kind.get("ctx", {}).get("tag", ""))))
    if kind["type"] != "json_invalid":
        return Skipped()
    try:
        return _EVENTS.validate_json(repaired(line))
    except (ValueError, RecursionError):
        return Skipped()


def repaired(line: bytes) -> bytes:
    """JSON as pydantic's parser takes it: without lone surrogates, and without bytes that are not UTF-8.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested too deeply.
    """
    return json.dumps(json.loads(line.decode("utf-8", "replace")), ensure_ascii=False).encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class _Stacks(_Fields):
    files: Annotated[tuple[Raw, ...], BeforeValidator(_list)] = ()
    stacks: Annotated[tuple[Any, ...], BeforeValidator(_list)] = ()


_STACKS = TypeAdapter(_Stacks)


def read_stacks(content: bytes) -> dict[str, Place]:
    """Read a `.stacks` file: for each call ID, where the test made the call."""
    try:
        found = _STACKS.validate_json(content)
    except ValidationError:
        return {}
    places: dict[str, Place] = {}
    for each in found.stacks:
        match each:
            case [int() | str() as call, [[int() as file, int() as line, int() as column, str() as function, *_], *_]]:
                # up to format 9 the number of a call
                name = line_of(call) if isinstance(call, str) else f"call@{call}"
                if 0 <= file < len(found.files):
                    places[name] = Place(line_of(found.files[file]), _whole(line), _whole(column), line_of(function))
    return places
