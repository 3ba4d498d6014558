"""The meaning of a reply by the rules of HTTP: times, waits, compression, error messages; pure."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""The statuses of a redirect, if there is a Location header."""

STRONG_ETAG = re.compile(r'"[!#-~]{1,200}"')
"""An ETag that identifies a file byte for byte."""

_CENTURIES = 1e10
"""The longest wait in seconds; longer numbers may not be finite."""

_PIECE = 1 << 18
_SECONDS = re.compile(r"[0-9]+")
_AGE = re.compile(r"[0-9]{1,8}")
_HTML = re.compile(rb"\s*<(?:!doctype|html|head|body|\?xml)\b", re.IGNORECASE)


class Reply(NamedTuple):
    """A reply as received.

    Attributes:
        status: The HTTP status.
        headers: The headers by name, in any case.
        body: The decompressed body; of an error, possibly only the beginning.
        proxy: The proxy that it came through, safe to show; None for a direct connection.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    proxy: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether the body is what was requested."""
        return 200 <= self.status < 300

    @property
    def is_busy(self) -> bool:
        """Whether the server asks for a wait: a rate limit, or an outage with a known end."""
        return self.status == 429 or (self.status == 503 and "retry-after" in self.headers)

    @property
    def is_html(self) -> bool:
        """Whether this is a web page, by its type or its content."""
        content_type = self.headers.get("content-type", "").strip().lower()
        return content_type.startswith(("text/html", "application/xhtml")) or _HTML.match(self.body) is not None

    @property
    def written(self) -> datetime | None:
        """When the server wrote the reply, by its own clock; some time ago if it comes from a cache."""
        return parse_date(self.headers.get("date"))

    @property
    def server_time(self) -> datetime | None:
        """The server's time when the reply arrived; caches state how long they have kept it."""
        written, age = self.written, self.headers.get("age", "")
        return written + timedelta(seconds=int(age)) if written and _AGE.fullmatch(age) else written

    @property
    def retry_after(self) -> float | None:
        """The seconds that the server asks to wait; None if it does not say."""
        return parse_retry_after(self.headers.get("retry-after"), self.written or datetime.now(UTC))

    @property
    def message(self) -> str | None:
        """The message of an error in the documented form, not cleaned; "" for a code only, None for other bodies."""
        try:
            answer = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(answer, dict) or not isinstance(answer.get("error"), str):
            return None
        message = answer.get("message")
        return message if isinstance(message, str) else ""


def parse_date(text: str | None) -> datetime | None:
    """Parse an HTTP date; None if it is invalid, or from a clock that was obviously never set."""
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if 2000 <= moment.year < 3000 else None


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Parse a Retry-After header as seconds, from 0; None if it is missing or invalid.

    Args:
        text: Seconds, or an HTTP date.
        now: The server's time, which the date refers to.
    """
    if text is None:
        return None
    if _SECONDS.fullmatch(text):
        return min(float(text), _CENTURIES)
    until = parse_date(text)
    return None if until is None else max(0.0, (until - now).total_seconds())


class Gunzip:
    """Decompresses a gzip stream in pieces that are small enough to stop in between."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self._has_begun = False

    @property
    def is_complete(self) -> bool:
        """Whether the data is complete, which it also is if there has been none."""
        return self._member.eof or not self._has_begun

    def decompress(self, data: bytes) -> Iterator[bytes]:
        """Yield pieces of at most 256 KiB.

        Raises:
            zlib.error: The data is not gzip.
        """
        while data:
            self._has_begun = True
            if self._member.eof:
                self._member = zlib.decompressobj(31)
            yield from self._decompress_member(data)
            data = self._member.unused_data

    def _decompress_member(self, data: bytes) -> Iterator[bytes]:
        is_full = True
        # after a full piece, zlib may hold more output although it has consumed all input
        while (data or is_full) and not self._member.eof:
            piece = self._member.decompress(data, _PIECE)
            yield piece
            data = self._member.unconsumed_tail
            is_full = len(piece) == _PIECE
