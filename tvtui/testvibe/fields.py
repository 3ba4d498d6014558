"""Field types of a digest: each value becomes clean text, a valid number or a time in UTC, or else its default.

Clean text also lacks the signatures of links, which would give any reader access to artifacts. The raw text beside it
is for comparing and for sending back to the server.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import BeforeValidator, PlainValidator
from pydantic_core import PydanticKnownError

from tvtui.testvibe.undocumented import error_as_text
from tvtui.text.clean import clean_block, clean_line, plain
from tvtui.text.redact import without_signatures

# Unicode's default ignorable code points: needed by scripts and emoji inside a name, but not a name on their own
_INVISIBLE = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    r"\U000e0000-\U000e0fff"
)
_VISIBLE = re.compile(rf"[^\s{_INVISIBLE}]")
# Printable ASCII, something of it visible, and no character that could begin the query of a link: it needs no cleaning.
# Almost all names are like this, which takes 20 ms off the 55 for 10,000 tests.
_ORDINARY = re.compile(r" *+(?=[!-~])[^\x00-\x1f\x7f-\U0010ffff?#&%\\]++")

ERROR_LIMIT = 1500
"""The length to which the service truncates errors, in UTF-16 code units (documented for `get_run`)."""
LOG_LIMIT = 4000
"""The length to which the service truncates logs, in UTF-16 code units (documented for `get_run`)."""

# The rest of an escape sequence whose beginning was cut off. In brackets it is text, such as "[10s]".
_HALF_SEQUENCE = re.compile(
    r"(?:\[\??\d{1,3}(?:[;:]\d{1,3})*[A-HJKSTfhlm]|\[[JKm](?!\w)|;?\d{1,3}(?:[;:]\d{1,3})*m)(?!\])"
)

_LONGEST_MARKER = 64
"""The characters by which a truncated text can exceed its limit: how the service marks the cut is not documented."""

_BLANKS = " \t\n\r\f\v"
_DIGITS = re.compile(r"\s*[0-9]{1,19}\s*")


class Cleaned(str):
    """Text from the server that had to be changed to be shown: this is the clean text, `raw` the one that was sent.

    Everything that shows, joins or stores it gets the clean text. It equals only another one that was cleaned from the
    same text in the same way (a line is cleaned in another way than a block), and never a plain string.
    """

    __slots__ = ("raw",)
    raw: str

    def __new__(cls, clean: str, raw: str) -> Self:
        """Keep both texts."""
        text = super().__new__(cls, clean)
        text.raw = raw
        return text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cleaned) and (self.raw, str(self)) == (other.raw, str(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"Cleaned({str(self)!r})"


def raw_of(text: str) -> str:
    """The text as the server sent it; it may contain secrets, so it is neither for showing nor for storing."""
    return text.raw if isinstance(text, Cleaned) else text


def folded(status: str) -> str:
    """A status for comparing: as it was sent, in lower case if it is ASCII."""
    sent = raw_of(status)
    # folding turns other letters into ASCII ones: "paſſed" and "paßed" would pass
    return sent.lower() if sent.isascii() else sent


def items(value: object) -> object:
    """A list without its nulls; an empty list for null. Other values are returned for validation to reject."""
    if value is None:
        return []
    return [item for item in value if item is not None] if isinstance(value, list) else value


def _both(clean: str, sent: str) -> str:
    return sent if str(clean) == str(sent) else Cleaned(clean, raw_of(sent))


def _line(value: object, default: str = "") -> str:
    if not isinstance(value, str):
        return default
    if _ORDINARY.fullmatch(value):
        return value
    text = without_signatures(clean_line(value))
    return _both(text, value) if _VISIBLE.search(text) else default


def _status(value: object) -> str:
    if type(value) is str:
        # no word differs by the blanks around it; others than those of ASCII are not trimmed, as they may be hidden
        value = value.strip(_BLANKS)
    text = _line(value, "unknown")
    if text is value or not isinstance(text, Cleaned):
        return text
    # what is left must not read like another word: "passed" with an escape sequence in it is not a pass
    return Cleaned(f"{text}\ufffd", text.raw)


def _needed_status(value: object) -> str:
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    return _status(value)


def _line_or(default: str) -> PlainValidator:
    return PlainValidator(lambda value: _line(value, default))


def _block(sent: str | None) -> str | None:
    return None if sent is None else _both(_clean(sent), sent)


def _log(value: object) -> str | None:
    if isinstance(value, list):
        value = "\n".join(line.removesuffix("\n") if isinstance(line, str) else "" for line in value)
    return _both(_clean(log_from_its_start(value)), value) if isinstance(value, str) else None


def _clean(value: str) -> str:
    text = without_signatures(clean_block(value))
    if "\x1b" not in text:
        return text
    # colours inside the name of a secret would hide it from the search: give up the colours then
    uncoloured = plain(text)
    found = without_signatures(uncoloured)
    return text if found == uncoloured else found


def log_from_its_start(sent: str) -> str:
    """The raw text of a log without half an escape sequence at its start.

    The service keeps a log's end, so truncation can leave the rest of a sequence there.
    """
    cut = _HALF_SEQUENCE.match(sent) if is_truncated(sent, LOG_LIMIT) else None
    return sent[cut.end() :] if cut else sent


def is_truncated(text: str, limit: int) -> bool:
    """Whether the service has truncated this text at its limit."""
    sent = raw_of(text)[: limit + _LONGEST_MARKER + 1]
    # .NET counts UTF-16 code units: a character beyond the Basic Multilingual Plane counts twice
    return limit <= len(sent) + sum(char > "\uffff" for char in sent) <= limit + _LONGEST_MARKER


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < math.inf else None


def whole(value: object) -> int | None:
    """A number of things, or the number of one thing: from 0, without a fraction; also as a string."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    number = value if type(value) is int else _number(value)
    return int(number) if number is not None and 0 <= number < 2**63 and number == int(number) else None


def _run_id(value: object) -> int:
    number = value if type(value) is int else whole(value)
    if number is None:
        raise PydanticKnownError("int_type")
    return number


def _feature(value: object) -> int | str | None:
    return found if (found := whole(value)) is not None else _line(value) or None


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
Status = Annotated[str, PlainValidator(_status)]
Kind = Annotated[str, _line_or("file")]
PathText = Annotated[str, _line_or("")]
Label = Annotated[str | None, PlainValidator(lambda value: _line(value) or None)]
Error = Annotated[str | None, PlainValidator(lambda value: _block(error_as_text(value)))]
Log = Annotated[str | None, PlainValidator(_log)]
Number = Annotated[float | None, PlainValidator(_number)]
Whole = Annotated[int | None, PlainValidator(whole)]
Feature = Annotated[int | str | None, PlainValidator(_feature)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
RunId = Annotated[int, PlainValidator(_run_id)]
NeededStatus = Annotated[str, PlainValidator(_needed_status)]
