"""Field types of a digest: each value becomes clean text, a valid number or a time in UTC, or else its default.

Clean text also lacks the signatures of links, which would give any reader access to artifacts.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, PlainValidator, StrictStr

from tvtui.text.clean import clean_block, clean_line, plain, without_blank_start
from tvtui.text.redact import without_signatures

# Unicode's default ignorable code points: needed by scripts and emoji inside a name, but not a name on their own
_INVISIBLE = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    r"\U000e0000-\U000e0fff"
)
_VISIBLE = re.compile(rf"[^\s{_INVISIBLE}]")


def items(value: object) -> object:
    """A list without its nulls; an empty list for null. Other values are returned for validation to reject."""
    if value is None:
        return []
    return [item for item in value if item is not None] if isinstance(value, list) else value


def _line(value: object) -> str:
    text = without_signatures(clean_line(value)) if isinstance(value, str) else ""
    return text if _VISIBLE.search(text) else ""


def _line_or(default: str) -> PlainValidator:
    return PlainValidator(lambda value: _line(value) or default)


def _block(value: object) -> str | None:
    if isinstance(value, list):
        value = "\n".join(line.removesuffix("\n") if isinstance(line, str) else "" for line in value)
    if not isinstance(value, str):
        return None
    text = without_signatures(clean_block(value))
    if "\x1b" not in text:
        return text
    # colours inside the name of a secret would hide it from the search: give up the colours then
    uncoloured = plain(text)
    found = without_signatures(uncoloured)
    return text if found == uncoloured else found


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < math.inf else None


def _whole(value: object) -> int | None:
    number = value if type(value) is int else _number(value)
    return int(number) if number is not None and 0 <= number < 2**63 else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value.strip().upper()) if isinstance(value, str) else value
        # .NET writes its first or last time instead of null; neither can be converted to another time zone.
        if not isinstance(moment, datetime) or moment.year in {1, 9999}:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


Name = Annotated[str, _line_or("(unnamed)")]
Status = Annotated[str, _line_or("unknown")]
Kind = Annotated[str, _line_or("file")]
PathText = Annotated[str, PlainValidator(_line)]
Label = Annotated[str | None, PlainValidator(lambda value: _line(value) or None)]
Block = Annotated[str | None, PlainValidator(_block)]
Number = Annotated[float | None, PlainValidator(_number)]
Whole = Annotated[int | None, PlainValidator(_whole)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
NeededStatus = Annotated[
    StrictStr, BeforeValidator(lambda value: (_line(value) or "unknown") if isinstance(value, str) else value)
]

ERROR_LIMIT = 1500
"""The length to which the service truncates errors, in characters (documented for `get_run`)."""
LOG_LIMIT = 4000
"""The length to which the service truncates logs, in characters (documented for `get_run`)."""

_HALF_SGR = re.compile(r"^\[?\d{1,3}(?:;\d{1,3})*m")


def log_from_its_start(log: str) -> str:
    """A log without blank lines at its start, and without half an escape sequence.

    The service keeps a log's end, so truncation can leave the rest of an escape sequence at the start.
    """
    return without_blank_start(_HALF_SGR.sub("", log) if is_trimmed(log, LOG_LIMIT) else log)


def is_trimmed(text: str, limit: int) -> bool:
    """Whether the service has truncated this text at its limit."""
    # cleaning removes half an escape sequence at the cut, so truncated text can be a few characters shorter
    return len(text) >= limit - 16
