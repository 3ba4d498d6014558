"""What a server's reply means by the rules of HTTP: times, waits, packing, the words of an error; pure."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""The statuses that send us to another place, if they name one."""

STRONG_ETAG = re.compile(r'"[!#-~]{1,200}"')
"""By which a storage can tell later whether it is still the same file, byte for byte."""

_CENTURIES = 1e10
"""Seconds; beyond it numbers may not be finite."""

_PIECE = 1 << 18
_SECONDS = re.compile(r"[0-9]+")
_AGE = re.compile(r"[0-9]{1,8}")
_HTML = re.compile(rb"\s*<(?:!doctype|html|head|body|\?xml)\b", re.IGNORECASE)


class Reply(NamedTuple):
    """What came over the wire.

    Attributes:
        status: The HTTP status.
        headers: By name; upper or lower case does not matter.
        body: Unpacked; of an error perhaps only the beginning.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        """Whether the body is what was asked for."""
        return is_good(self.status)

    @property
    def is_html(self) -> bool:
        """Whether this is a web page, whatever it calls itself."""
        content_type = self.headers.get("content-type", "").strip().lower()
        return content_type.startswith(("text/html", "application/xhtml")) or _HTML.match(self.body) is not None

    @property
    def written(self) -> datetime | None:
        """When the server wrote it, by its own clock: some time ago, if it comes from a cache."""
        return parse_date(self.headers.get("date"))

    @property
    def server_time(self) -> datetime | None:
        """What the server's clock showed when the reply came: caches say how long it has lain with them."""
        written, age = self.written, self.headers.get("age", "")
        return written + timedelta(seconds=int(age)) if written and _AGE.fullmatch(age) else written

    @property
    def retry_after(self) -> float | None:
        """For how many seconds the server wants to be left alone; None if it does not say."""
        return parse_retry_after(self.headers.get("retry-after"), self.written or datetime.now(UTC))

    @property
    def message(self) -> str | None:
        """The message of an error as the API documents it, unclean; "" for a code alone, None for anything else."""
        try:
            told = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(told, dict) or not isinstance(told.get("error"), str):
            return None
        message = told.get("message")
        return message if isinstance(message, str) else ""


def is_busy(status: int, retry_after: str | None) -> bool:
    """Whether a server wants to be left alone for a while: its own limit, or an outage that it says the end of."""
    return status == 429 or (status == 503 and retry_after is not None)


def is_good(status: int) -> bool:
    """Whether a body with this status is what was asked for."""
    return 200 <= status < 300


def parse_date(text: str | None) -> datetime | None:
    """Read an HTTP date; None for nonsense and for years that only a clock that was never set can tell."""
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if 2000 <= moment.year < 3000 else None


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Read for how many seconds a server wants to be left alone, from 0 on; None if it does not say.

    Args:
        text: Seconds, or an HTTP date.
        now: The time by the server's own clock, which that date is told by.
    """
    if text is None:
        return None
    if _SECONDS.fullmatch(text):
        return min(float(text), _CENTURIES)
    until = parse_date(text)
    return None if until is None else max(0.0, (until - now).total_seconds())


class Gunzip:
    """Unpacks gzip as it comes in, in pieces small enough to stop between them."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self._has_begun = False

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing at the end; so also if nothing has come at all."""
        return self._member.eof or not self._has_begun

    def unpack(self, packed: bytes) -> Iterator[bytes]:
        """Pieces of at most 256 KiB.

        Raises:
            ValueError: It is not gzip.
        """
        while packed:
            self._has_begun = True
            if self._member.eof:
                self._member = zlib.decompressobj(31)
            yield from self._unpack_member(packed)
            packed = self._member.unused_data

    def _unpack_member(self, packed: bytes) -> Iterator[bytes]:
        is_full = True
        # a full piece may leave more of it behind in zlib, although all that was packed is taken in
        while (packed or is_full) and not self._member.eof:
            try:
                piece = self._member.decompress(packed, _PIECE)
            except zlib.error:
                raise ValueError("not gzip") from None
            yield piece
            packed = self._member.unconsumed_tail
            is_full = len(piece) == _PIECE
