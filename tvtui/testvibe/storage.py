"""The storage that signed links lead to: files come from it as streams of bytes, and nothing of ours goes there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

from tvtui import __version__
from tvtui.settings.values import is_loopback
from tvtui.testvibe.connection import Route, failure, httpx
from tvtui.testvibe.error_messages import CHECK_NETWORK, named_status, proxy_refusal
from tvtui.testvibe.errors import Busy, ClientError, Expired, Faulty, Redirected, Unreachable, Unreadable
from tvtui.testvibe.response import REDIRECTS, STRONG_ETAG, Gunzip, is_busy, parse_date, parse_retry_after
from tvtui.text.redact import quoted

if TYPE_CHECKING:
    from tvtui.testvibe.links import SignedLink


_MOST_TRIES = 4
_REFUSED_LINK = {400, 401, 403}
"""An expired link is 403 at Azure and S3, and 400 at Google."""
_NO_SUCH_FILE = {404, 410}
_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")
_LENGTH = re.compile(r"[0-9]{1,18}")


class Delivery:
    """A file that is coming: iterate over it for its bytes.

    Attributes:
        start: Where in the file the bytes begin: where it was asked for, or 0 where the storage gives it whole only.
        total: Bytes of the whole file; None if the storage does not say.
        etag: By which the storage can tell later whether it is still the same file; "" if it cannot.
    """

    def __init__(self, pieces: AsyncGenerator[bytes], *, start: int, total: int | None, etag: str) -> None:
        self._pieces = pieces
        self.start = start
        self.total = total
        self.etag = etag

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The bytes in pieces, each soon after the last; `ClientError` when they stop coming."""
        return self._pieces

    async def aclose(self) -> None:
        """Take no more of it."""
        await self._pieces.aclose()


class Storage:
    """Fetches what signed links lead to; several at once, over one kept way for each host.

    It knows no key and sends no cookie and no referrer. Redirects are followed a few times, as nothing of ours
    travels with them, but only to https; to this machine only from this machine. There is no limit for the whole of
    a file, which may be a long video: only for how long nothing comes.
    """

    def __init__(
        self, *, transport: httpx.AsyncBaseTransport | None = None, first_byte: float = 30.0, idle: float = 30.0
    ) -> None:
        """Know the storage; nothing is opened yet.

        Args:
            transport: Carries the requests in the place of the network.
            first_byte: Seconds from the search for the host to the head of an answer.
            idle: Seconds without a byte after which a file is given up.
        """
        self._transport = transport
        self._first_byte = first_byte
        self._idle = idle
        self._routes: dict[str, Route] = {}

    async def aclose(self) -> None:
        """Close all connections; doing it twice does no harm."""
        while self._routes:
            await self._routes.popitem()[1].aclose()

    @asynccontextmanager
    async def deliver(self, link: SignedLink, *, start: int = 0, etag: str = "") -> AsyncIterator[Delivery]:
        """Ask for a file, or for what is missing of it; leaving the context ends the delivery.

        Args:
            link: Where it is.
            start: Bytes that are there already.
            etag: Of the delivery that they are from: if the file is another one now, it comes from its beginning.

        Raises:
            Expired: The link is not valid any more: a fresh one may be.
            ClientError: There is no file to be had; no message holds anything of the link but its host.
        """
        url = _fetchable(link)
        for _ in range(_MOST_TRIES):
            visit = _Visit(url)
            async with self._asked(visit, start, etag) as response:
                status = response.status_code
                if status in REDIRECTS and "location" in response.headers:
                    url = visit.redirected(response.headers["location"])
                    continue
                if status != 200 and not (status in {206, 416} and start):
                    raise visit.refusal(response)
                if status != 200 and not _goes_on(response, start, etag):
                    start, etag = 0, ""
                    continue
                async with aclosing(self._delivery(visit, response, etag)) as delivery:
                    yield delivery
                return
        raise Redirected(f"The storage {visit.host} sends us in circles.")

    @asynccontextmanager
    async def _asked(self, visit: _Visit, start: int, etag: str) -> AsyncIterator[httpx.Response]:
        route = self._routes.setdefault(visit.origin, Route(self._transport, kept=3))
        async with route.lane(visit.url) as lane:
            visit.proxy = lane.proxy
            response = None
            limit = asyncio.timeout(self._first_byte)
            try:
                async with limit:
                    response = await lane.transport.handle_async_request(_request(visit.url, start, etag))
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                fault = visit.failure(error, self._first_byte if limit.expired() else None)
            # raised here and not above, where it would take along the library's error and so the link
            if response is None:
                raise fault
            visit.has_answered = True
            try:
                yield response
            finally:
                await response.aclose()

    def _delivery(self, visit: _Visit, response: httpx.Response, asked_etag: str) -> Delivery:
        headers = response.headers
        pieces = self._pieces(visit, response)
        packing = headers.get("content-encoding", "").strip().lower()
        if packing in {"gzip", "x-gzip"}:
            # stored packed, though it was asked for as it is: what its length and ETag tell is of the packed one
            return Delivery(_unpacked(pieces, visit), start=0, total=None, etag="")
        if packing not in {"", "identity"}:
            raise Unreadable(f"The storage {visit.host} packed the file in an unknown way: {quoted(packing)}.")
        etag = headers.get("etag", "")
        etag = etag if STRONG_ETAG.fullmatch(etag) else ""
        if (part := _range(response)) is not None:
            return Delivery(pieces, start=part[0], total=part[1], etag=etag or asked_etag)
        length = headers.get("content-length", "")
        return Delivery(pieces, start=0, total=int(length) if _LENGTH.fullmatch(length) else None, etag=etag)

    async def _pieces(self, visit: _Visit, response: httpx.Response) -> AsyncGenerator[bytes]:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        stream = aiter(response.stream)
        fault = None
        while True:
            limit = asyncio.timeout(self._idle)
            try:
                async with limit:
                    piece = await anext(stream, None)
            except (httpx.HTTPError, OSError) as error:
                fault = visit.failure(error, self._idle if limit.expired() else None)
            if fault is not None:
                raise fault
            if piece is None:
                return
            yield piece


class _Visit:
    """One request to a storage, as far as words about it need to know."""

    def __init__(self, url: httpx.URL) -> None:
        self.url = url
        self.host = quoted(url.netloc.decode("ascii"))
        self.proxy: str | None = None
        self.has_answered = False

    @property
    def origin(self) -> str:
        return f"{self.url.scheme}://{self.url.netloc.decode('ascii')}"

    def redirected(self, location: str) -> httpx.URL:
        target = _address(location, self.url)
        if target is None:
            raise Redirected(f"The storage {self.host} redirects to an address that cannot be used.")
        is_local = is_loopback(target.host)
        if (is_loopback(self.url.host) and is_local) or (target.scheme == "https" and not is_local):
            return target
        where = quoted(f"{target.scheme}://{target.netloc.decode('ascii')}")
        rule = "only https is followed, and never to this machine"
        raise Redirected(f"The storage {self.host} redirects to {where}: {rule}.")

    def refusal(self, response: httpx.Response) -> ClientError:
        status = response.status_code
        if status in _REFUSED_LINK:
            return Expired(f"The storage {self.host} refused the link ({status}): it has expired, or is not valid.")
        if status in _NO_SUCH_FILE:
            return Expired(f"The storage {self.host} has no such file ({status}): it has expired, or was deleted.")
        asked = response.headers.get("retry-after")
        wait = parse_retry_after(asked, now) if (now := parse_date(response.headers.get("date"))) else None
        if is_busy(status, asked):
            return Busy(f"The storage {self.host} is busy ({status}).", "Try again later.", retry_after=wait)
        if status == 407:
            return proxy_refusal()
        return Faulty(f"The storage {self.host} answered {named_status(status)}.", "Try again later.")

    def failure(self, error: Exception, late_after: float | None) -> ClientError:
        """What went wrong on the way; `late_after` are the seconds that have passed without a byte, if too many."""
        if late_after is not None:
            what = "stopped sending for" if self.has_answered else "did not answer within"
            return Unreachable(f"The storage {self.host} {what} {late_after:g} s.", CHECK_NETWORK)
        broke_off = Unreachable(f"The storage {self.host} closed the connection before the file's end.")
        # the server chose the storage: there is nothing that the user could have set wrong
        return failure(error, self.host, self.proxy, has_answered=self.has_answered, broke_off=broke_off)


def _fetchable(link: SignedLink) -> httpx.URL:
    """The address of a link that may be followed: https, or this machine."""
    url = _address(link.reveal())
    if url is None:
        raise Unreadable("The server's link to it cannot be used: it is no https address.")
    if url.scheme == "http" and not is_loopback(url.host):
        host = quoted(url.netloc.decode("ascii"))
        raise Unreadable(f"The server's link to it leads to http://{host}: only https is fetched.")
    return url


def _address(text: str, base: httpx.URL | None = None) -> httpx.URL | None:
    """An address that can be asked for; None for one without a host, of another scheme, or of no possible port."""
    try:
        url = httpx.URL(text) if base is None else base.join(text)
        # to read a host can fail where to read its address has not
        is_usable = url.scheme in {"http", "https"} and bool(url.host) and (url.port or 0) <= 65_535
    except (httpx.InvalidURL, ValueError):
        return None
    return url if is_usable else None


def _request(url: httpx.URL, start: int, etag: str) -> httpx.Request:
    headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": f"tvtui/{__version__}"}
    if start:
        headers["Range"] = f"bytes={start}-"
    if start and etag:
        headers["If-Range"] = etag
    return httpx.Request("GET", url, headers=headers)


def _range(response: httpx.Response) -> tuple[int, int | None] | None:
    """Where a part begins, and how large the whole is; None if it is no part, or does not say."""
    told = _RANGE.fullmatch(response.headers.get("content-range", "").strip())
    if response.status_code != 206 or told is None:
        return None
    return int(told[1]), None if told[2] == "*" else int(told[2])


def _goes_on(response: httpx.Response, start: int, etag: str) -> bool:
    """Whether a part is the one that was asked for, of the file that it was asked of."""
    part = _range(response)
    is_same = not etag or response.headers.get("etag", etag) == etag
    is_plain = response.headers.get("content-encoding", "identity").strip().lower() == "identity"
    return part is not None and part[0] == start and is_same and is_plain


async def _unpacked(pieces: AsyncGenerator[bytes], visit: _Visit) -> AsyncGenerator[bytes]:
    gunzip = Gunzip()
    fault = "has no end"
    try:
        async with aclosing(pieces):
            async for packed in pieces:
                for piece in gunzip.unpack(packed):
                    yield piece
    except ValueError:
        fault = "is broken"
    if fault == "is broken" or not gunzip.is_complete:
        raise Unreadable(f"The packing (gzip) of the file from the storage {visit.host} {fault}.")
