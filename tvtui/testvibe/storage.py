"""The storage that signed links point to: downloads files as streams, and sends it neither key nor cookies."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tvtui import __version__
from tvtui.settings.values import is_loopback
from tvtui.testvibe.connection import Route, httpx, origin, parse_url
from tvtui.testvibe.error_messages import CHECK_NETWORK, named_status, proxy_refusal, through_proxy
from tvtui.testvibe.errors import Busy, ClientError, Expired, Faulty, Redirected, Unreachable, Unreadable
from tvtui.testvibe.network_faults import explain
from tvtui.testvibe.response import REDIRECTS, STRONG_ETAG, Gunzip, Reply
from tvtui.testvibe.zones import Zone, zone_of, zone_of_connection
from tvtui.text.redact import quoted

if TYPE_CHECKING:
    from tvtui.testvibe.links import SignedLink


_MOST_TRIES = 4
_REFUSED_LINK = {400, 401, 403}
"""An expired link is 403 on Azure and S3, and 400 on Google."""
_NO_SUCH_FILE = {404, 410}
_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")
_LENGTH = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file that is being received.

    Attributes:
        pieces: The bytes; raises `ClientError` if they stop arriving.
        start: The offset in the file at which the bytes begin: the one requested, or 0 if the storage sends all of it.
        total: The size of the whole file in bytes; None if unknown.
        etag: Identifies this version of the file; "" if the storage gives none.
        packed: The size of the file as it is stored if it is stored compressed, while the bytes are decompressed ones,
            as a browser saves them; otherwise None.
    """

    pieces: AsyncGenerator[bytes]
    start: int
    total: int | None
    etag: str
    packed: int | None = None


class Storage:
    """Downloads what signed links point to; several files at once, with one kept connection for each host.

    Sends no key, cookie or referrer. Redirects are followed a few times, but only to https, and to this machine only
    from this machine. Neither they nor links lead into a private network or to this machine unless the server that
    gave the link is there too (see `Zone.may_lead_to`); for a name, the address that it connects to decides. There is
    no time limit for a whole file, which may be a long video, only for silence.
    """

    def __init__(
        self,
        *,
        api_zone: Callable[[], Zone] = lambda: Zone.LOOPBACK,
        transport: httpx.AsyncBaseTransport | None = None,
        first_byte: float = 30.0,
        idle: float = 30.0,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            api_zone: Returns where the server that the links come from is; by default on this machine.
            transport: Carries the requests instead of the network.
            first_byte: Seconds from resolving the host to the head of an answer.
            idle: Seconds without a byte after which a download fails.
        """
        self._api_zone = api_zone
        self._transport = transport
        self._first_byte = first_byte
        self._idle = idle
        self._routes: dict[tuple[str, bytes], Route] = {}

    async def aclose(self) -> None:
        """Close all connections; can be called twice."""
        while self._routes:
            await self._routes.popitem()[1].aclose()

    @asynccontextmanager
    async def deliver(self, link: SignedLink, *, start: int = 0, etag: str = "") -> AsyncIterator[Delivery]:
        """Request a file, or its missing rest; leaving the context stops the delivery.

        Args:
            link: The link to the file.
            start: The number of bytes received earlier.
            etag: The ETag of that earlier delivery; if the file has changed since, all of it is sent.

        Raises:
            Expired: The link is no longer valid; a fresh one may be.
            ClientError: The file cannot be received; no message contains more of the link than its host.
        """
        url = _fetchable(link)
        for _ in range(_MOST_TRIES):
            visit = _Visit(url)
            async with self._responding(visit, start, etag) as response:
                status = response.status_code
                if status in REDIRECTS and "location" in response.headers:
                    url = redirect_target(url, response.headers["location"])
                    continue
                if status != 200 and not (status in {206, 416} and start):
                    raise visit.refusal(response)
                if status != 200 and not _continues(response, start, etag):
                    start, etag = 0, ""
                    continue
                delivery = self._delivery(visit, response)
                async with aclosing(delivery.pieces):
                    yield delivery
                return
        raise Redirected(f"The storage {visit.host} redirects in a loop.")

    @asynccontextmanager
    async def _responding(self, visit: _Visit, start: int, etag: str) -> AsyncIterator[httpx.Response]:
        # through a proxy too: an address says where it leads
        self._check(visit, zone_of(visit.url.host))
        route = self._routes.setdefault((visit.url.scheme, visit.url.netloc), Route(self._transport, kept=3))
        async with route.lane(visit.url) as lane:
            visit.proxy = lane.proxy
            response = None
            limit = asyncio.timeout(self._first_byte)
            try:
                async with limit:
                    request = _request(visit.url, start, etag)
                    request.extensions["trace"] = partial(self._trace, visit)
                    response = await lane.transport.handle_async_request(request)
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                fault = visit.failure(error, self._first_byte if limit.expired() else None)
            # raised outside the except clause, so that it does not chain the library's error, which holds the link
            if response is None:
                raise fault
            visit.has_answered = True
            try:
                yield response
            finally:
                await response.aclose()

    async def _trace(self, visit: _Visit, event: str, info: Mapping[str, Any]) -> None:
        """Receive an event of the transport: before anything is sent, the peer that it has connected to."""
        if visit.proxy is not None or (zone := zone_of_connection(event, info)) is None:
            return
        try:
            self._check(visit, zone)
        except Unreadable:
            await info["return_value"].aclose()
            raise

    def _check(self, visit: _Visit, zone: Zone | None) -> None:
        if zone is not None and not self._api_zone().may_lead_to(zone):
            what = f"The storage {visit.host} is {zone.value}, which the server that named it is not."
            raise Unreadable(what, "Nothing was requested there.")

    def _delivery(self, visit: _Visit, response: httpx.Response) -> Delivery:
        headers = response.headers
        pieces = self._pieces(visit, response)
        length = headers.get("content-length", "")
        total = int(length) if _LENGTH.fullmatch(length) else None
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            # compressed, although not requested so: length and ETag are those of the compressed file, and parts of it
            # cannot be appended to the decompressed one
            return Delivery(_decompressed(pieces, visit), start=0, total=None, etag="", packed=total)
        if encoding not in {"", "identity"}:
            raise Unreadable(f"The storage {visit.host} used an unknown content encoding: {quoted(encoding)}.")
        etag = headers.get("etag", "")
        etag = etag if STRONG_ETAG.fullmatch(etag) else ""
        if (part := _range(response)) is not None:
            return Delivery(pieces, start=part[0], total=part[1], etag=etag)
        return Delivery(pieces, start=0, total=total, etag=etag)

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
    """One request to a storage, with what its error messages need."""

    def __init__(self, url: httpx.URL) -> None:
        self.url = url
        self.host = quoted(url.netloc.decode("ascii"))
        self.proxy: str | None = None
        self.has_answered = False

    def refusal(self, response: httpx.Response) -> ClientError:
        status = response.status_code
        if status in _REFUSED_LINK:
            return Expired(f"The storage {self.host} rejected the link ({status}): it has expired or is invalid.")
        if status in _NO_SUCH_FILE:
            return Expired(f"The storage {self.host} does not have this file ({status}): it expired or was deleted.")
        reply = Reply(status, response.headers, b"")
        if reply.is_busy:
            what = f"The storage {self.host} is busy ({status})."
            return Busy(what, "Try again later.", retry_after=reply.retry_after)
        if status == 407:
            return proxy_refusal(self.proxy)
        return Faulty(f"The storage {self.host} returned {named_status(status)}.", "Try again later.")

    def failure(self, error: Exception, late_after: float | None) -> ClientError:
        """Convert an error of the HTTP library; `late_after` is the number of seconds without a byte, if too many."""
        through = through_proxy(self.proxy)
        if late_after is not None:
            what = "sent nothing for" if self.has_answered else "did not respond within"
            return Unreachable(f"The storage {self.host}{through} {what} {late_after:g} s.", CHECK_NETWORK)
        broke_off = Unreachable(f"The storage {self.host}{through} closed the connection before the end of the file.")
        # without advice on settings, as the server chose the storage
        return explain(error, self.host, self.proxy, has_answered=self.has_answered, broke_off=broke_off)


def _fetchable(link: SignedLink) -> httpx.URL:
    """The URL of a link, if it may be followed: https, or this machine."""
    url = parse_url(link.reveal())
    if url is None:
        raise Unreadable("The link from the server is not a valid https URL.")
    if url.scheme == "http" and not is_loopback(url.host):
        raise Unreadable(f"The link from the server points to {origin(url)}: only https is supported.")
    return url


def redirect_target(url: httpx.URL, location: str) -> httpx.URL:
    """The target of a redirect, if it may be followed: https to another machine, or from this machine to itself.

    Raises:
        Redirected: The redirect must not be followed.
    """
    host = quoted(url.netloc.decode("ascii"))
    target = parse_url(location, url)
    if target is None:
        raise Redirected(f"The storage {host} redirects to an invalid URL.")
    is_local = is_loopback(target.host)
    if (is_loopback(url.host) and is_local) or (target.scheme == "https" and not is_local):
        return target
    rule = "only https is followed, and never to this machine"
    raise Redirected(f"The storage {host} redirects to {origin(target)}: {rule}.")


def _request(url: httpx.URL, start: int, etag: str) -> httpx.Request:
    headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": f"tvtui/{__version__}"}
    if start:
        headers["Range"] = f"bytes={start}-"
    if start and etag:
        headers["If-Range"] = etag
    return httpx.Request("GET", url, headers=headers)


def _range(response: httpx.Response) -> tuple[int, int | None] | None:
    """The offset of a partial file and the size of the whole one; None if the response is not partial, or invalid."""
    found = _RANGE.fullmatch(response.headers.get("content-range", "").strip())
    if response.status_code != 206 or found is None:
        return None
    return int(found[1]), None if found[2] == "*" else int(found[2])


def _continues(response: httpx.Response, start: int, etag: str) -> bool:
    """Whether a partial file continues the earlier delivery of the same version, by its strong ETag."""
    part = _range(response)
    is_same = STRONG_ETAG.fullmatch(etag) is not None and response.headers.get("etag") == etag
    is_plain = response.headers.get("content-encoding", "identity").strip().lower() == "identity"
    return part is not None and part[0] == start and is_same and is_plain


async def _decompressed(pieces: AsyncGenerator[bytes], visit: _Visit) -> AsyncGenerator[bytes]:
    gunzip = Gunzip()
    fault = "is incomplete: its gzip data has no end"
    try:
        async with aclosing(pieces):
            async for data in pieces:
                for piece in gunzip.decompress(data):
                    yield piece
    except zlib.error:
        fault = "is not valid gzip data"
    else:
        if gunzip.is_complete:
            return
    raise Unreadable(f"The file from the storage {visit.host} {fault}.")
