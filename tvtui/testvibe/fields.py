"""Reads the fields of a digest: each value becomes clean text, a valid number or a time in UTC, or else its default.

Clean text also lacks the signatures of links, which would give any reader access to artifacts. The raw text beside it
is for comparing and for sending back to the server.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any, Self

from tvtui.testvibe.undocumented import error_as_text
from tvtui.text.clean import clean_block, clean_line, plain
from tvtui.text.redact import without_signatures

# Unicode's default ignorable code points: needed by scripts and emoji inside a name, but not a name on their own
_INVISIBLE = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    r"\U000e0000-\U000e0fff"
)
_VISIBLE = rf"[^\s{_INVISIBLE}]"
# Printable ASCII, something of it visible, and no character that could begin the query of a link: it needs no cleaning.
# Almost all names are like this, which takes 20 ms off the 55 for 10,000 tests.
# The class lists what it accepts: compiling the complement, up to the last code point, would take 2 ms at each start.
_ORDINARY = re.compile(r" *+(?=[!-~])[ -\"$'->@-\[\]-~]++")

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


def line(value: object, default: str = "") -> str:
    """One line of text, or the default if nothing of it is visible."""
    if not isinstance(value, str):
        return default
    if _ORDINARY.fullmatch(value):
        return value
    text = without_signatures(clean_line(value))
    return _both(text, value) if re.search(_VISIBLE, text) else default


def label(value: object) -> str | None:
    """One line of text; None if nothing of it is visible."""
    return line(value) or None


def status(value: object) -> str:
    """The word for a state; "unknown" without one."""
    if type(value) is str:
        # no word differs by the blanks around it; others than those of ASCII are not trimmed, as they may be hidden
        value = value.strip(_BLANKS)
    text = line(value, "unknown")
    if text is value or not isinstance(text, Cleaned):
        return text
    # what is left must not read like another word: "passed" with an escape sequence in it is not a pass
    return Cleaned(f"{text}\ufffd", text.raw)


def error(value: Any) -> str | None:
    """Lines of an error of any shape; None if there is none."""
    sent = error_as_text(value)
    return None if sent is None else _both(_clean(sent), sent)


def log(value: object) -> str | None:
    """Lines of a log, from a text or a list of lines; None for anything else."""
    if isinstance(value, list):
        value = "\n".join(each.removesuffix("\n") if isinstance(each, str) else "" for each in value)
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


def number(value: object) -> float | None:
    """A number from 0, also as a string."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < math.inf else None


def whole(value: object) -> int | None:
    """A number of things, or the number of one thing: from 0, without a fraction; also as a string."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    found = value if type(value) is int else number(value)
    return int(found) if found is not None and 0 <= found < 2**63 and found == int(found) else None


def feature(value: object) -> int | str | None:
    """The number of a feature, as documented, or what else identifies it."""
    return found if (found := whole(value)) is not None else label(value)


def moment(value: object) -> datetime | None:
    """A time in UTC, from ISO 8601; one without a zone is in UTC."""
    try:
        found = datetime.fromisoformat(value.strip().upper()) if isinstance(value, str) else value
        # .NET writes its first or last time instead of null; neither can be converted to another time zone.
        if not isinstance(found, datetime) or found.year in {1, 9999}:
            return None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
