"""One request with the key, and the reply to it: redirects, the time limit, and words for what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tvtui import __version__
from tvtui.settings.settings import Settings
from tvtui.testvibe.connection import Lane, Route, failure, httpx
from tvtui.testvibe.error_messages import CHECK_NETWORK, check_server, shown_host
from tvtui.testvibe.errors import ClientError, Redirected, Unreachable, Unreadable
from tvtui.testvibe.response import REDIRECTS, Gunzip, Reply, is_good
from tvtui.text.format import size
from tvtui.text.redact import quoted

LARGEST_BODY = 16 << 20
"""Bytes, unpacked; 50,000 tests are less than half of it."""

_LARGEST_ERROR = 64 << 10
_MOST_REDIRECTS = 5


@dataclass
class _Progress:
    """How far a request has come."""

    lane: Lane | None = None
    was_sent: bool = False
    has_answered: bool = False

    async def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        """Note what the transport tells (httpcore's trace extension)."""
        if event.endswith("send_request_headers.started"):
            self.was_sent = True


class Exchange:
    """Sends one request to the configured server and reads the reply.

    Attributes:
        was_sent: Whether the server can have seen it, whatever became of the answer.
    """

    def __init__(self, route: Route, settings: Settings, *, limit: float) -> None:
        """Prepare it.

        Args:
            route: The way to the server.
            settings: The server and the key.
            limit: Seconds that it may take in all, from the search for the host to the last byte.
        """
        self._route = route
        self._settings = settings
        self._limit = limit
        self._host = shown_host(settings)
        self._progress = _Progress()

    @property
    def was_sent(self) -> bool:
        """Whether the server can have seen the request."""
        return self._progress.was_sent

    async def get(self, address: str) -> Reply:
        """Ask for something; redirects are followed as long as they stay on the server.

        Raises:
            ClientError: There is no reply.
        """
        return await self._limited(address, "GET", None)

    async def post(self, address: str, content: bytes) -> Reply:
        """Ask for something to be done, once: a redirect is a reply like any other.

        Args:
            address: Where.
            content: JSON.

        Raises:
            ClientError: There is no reply.
        """
        return await self._limited(address, "POST", content)

    async def _limited(self, address: str, method: str, content: bytes | None) -> Reply:
        try:
            async with asyncio.timeout(self._limit) as limit:
                return await self._follow(address, method, content)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            fault = self._failure(error, is_late=limit.expired())
        # raised here and not above, where it would take along the library's error and so the request with the key
        raise fault

    async def _follow(self, address: str, method: str, content: bytes | None) -> Reply:
        """Ask there, and wherever the same server sends us."""
        check = check_server(self._settings)
        url = httpx.URL(address)
        async with self._route.lane(url) as lane:
            self._progress.lane = lane
            for _ in range(_MOST_REDIRECTS + 1):
                reply = await self._send(lane, url, method, content)
                location = reply.headers.get("location")
                if reply.status not in REDIRECTS or location is None:
                    return reply
                if method != "GET":
                    return reply
                url = _redirected(url, location, check)
        raise Redirected(f"{self._host} redirects in circles: {_MOST_REDIRECTS} times were followed.", f"{check}.")

    def _request(self, url: httpx.URL, method: str, content: bytes | None) -> httpx.Request:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Authorization": f"Bearer {self._settings.api_key.reveal()}",
            "User-Agent": f"tvtui/{__version__}",
        }
        if content is not None:
            headers["Content-Type"] = "application/json"
        extensions = {"trace": self._progress.trace}
        return httpx.Request(method, url, headers=headers, content=content, extensions=extensions)

    async def _send(self, lane: Lane, url: httpx.URL, method: str, content: bytes | None) -> Reply:
        self._progress.has_answered = False
        response = await lane.transport.handle_async_request(self._request(url, method, content))
        self._progress.has_answered = True
        is_wanted = is_good(response.status_code)
        largest = LARGEST_BODY if is_wanted else _LARGEST_ERROR
        assert isinstance(response.stream, httpx.AsyncByteStream)
        body = bytearray()
        try:
            await read_into(body, response.stream, response.headers, largest=largest, host=self._host)
        # an error is told by its status: its words are welcome, and nothing to fail for
        except httpx.RequestError:
            if is_wanted:
                raise
        except ValueError as error:
            if is_wanted:
                raise Unreadable(str(error)) from None
        finally:
            await response.aclose()
        return Reply(response.status_code, response.headers, self._settings.api_key.masked_in(bytes(body)))

    def _failure(self, error: Exception, *, is_late: bool) -> ClientError:
        """What went wrong on the way."""
        has_answered = self._progress.has_answered
        proxy = None if self._progress.lane is None else self._progress.lane.proxy
        check = check_server(self._settings)
        if is_late:
            verb = "finish its answer" if has_answered else "answer"
            what = f"{self._host} did not {verb} within {self._limit:g} s."
            return Unreachable(what, f"{CHECK_NETWORK} The server may be overloaded.")
        if isinstance(error, httpx.InvalidURL):
            return Unreachable(f"The address of {self._host} cannot be used.", f"{check}.")
        broke_off = Unreadable(f"The answer of {self._host} broke off: the connection was closed before its end.")
        return failure(error, self._host, proxy, has_answered=has_answered, broke_off=broke_off, check_server=check)


def _redirected(url: httpx.URL, location: str, advice: str) -> httpx.URL:
    """Where a redirect leads to; `advice` lacks its end.

    Raises:
        Redirected: It leads away from the server, or nowhere.
    """
    try:
        target = url.join(location)
        # to read a host can fail where to read its address has not: xn-- alone is none
        is_there = (target.scheme, target.host, target.port) == (url.scheme, url.host, url.port)
    except (httpx.InvalidURL, ValueError):
        target, is_there = None, False
    if target is None:
        raise Redirected(f"{_origin(url)} redirects to an address that cannot be read.", f"{advice}.")
    if is_there:
        return target
    raise Redirected(
        f"{_origin(url)} redirects to {_origin(target)}: not followed, as the API key must not travel there.",
        f"{advice}; a proxy or a login page may stand in between.",
    )


def _origin(url: httpx.URL) -> str:
    return quoted(f"{url.scheme}://{url.netloc.decode('ascii')}")


async def read_into(
    body: bytearray, stream: AsyncIterable[bytes], headers: Mapping[str, str], *, largest: int, host: str
) -> None:
    """Read and unpack a body; what came before an error is in `body` as well.

    Args:
        body: Where it goes to.
        stream: As it is on the wire.
        headers: Of the reply.
        largest: Bytes, unpacked.
        host: The server as a sentence names it.

    Raises:
        ValueError: It is too large, packed in an unknown way, or the packing is broken; the message is a sentence.
    """
    packing = headers.get("content-encoding", "").strip().lower()
    if packing not in {"", "identity", "gzip", "x-gzip"}:
        raise ValueError(f"{host} packed its answer in a way that was not asked for: {quoted(packing)}.")
    gunzip = Gunzip() if packing.endswith("gzip") else None
    too_large = f"{host} answered with more than {size(largest)}: that is no digest."
    announced = headers.get("content-length", "")
    if announced.isdecimal() and float(announced) > largest:
        raise ValueError(too_large)
    async for packed in stream:
        for piece in (packed,) if gunzip is None else _unpacked(gunzip, packed, host):
            body += piece
            if len(body) > largest:
                raise ValueError(too_large)
            # neither a bomb nor a torrent may keep the screen from being drawn
            await asyncio.sleep(0)
    if gunzip is not None and not gunzip.is_complete:
        raise ValueError(f"The answer of {host} breaks off: its packing (gzip) has no end.")


def _unpacked(gunzip: Gunzip, packed: bytes, host: str) -> Iterator[bytes]:
    try:
        yield from gunzip.unpack(packed)
    except ValueError:
        raise ValueError(f"The packing (gzip) of the answer of {host} is broken.") from None
