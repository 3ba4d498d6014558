"""One request with the API key, and its reply: redirects, the time limit, and errors as sentences."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterable, Callable, Mapping
from typing import Any

from tvtui import __version__
from tvtui.settings.settings import Settings
from tvtui.testvibe.connection import Lane, Route, httpx, origin, parse_url
from tvtui.testvibe.error_messages import CHECK_NETWORK, check_server, shown_host, through_proxy
from tvtui.testvibe.errors import ClientError, Redirected, Unreachable, Unreadable
from tvtui.testvibe.network_faults import explain
from tvtui.testvibe.response import REDIRECTS, Gunzip, Reply
from tvtui.testvibe.zones import zone_of_connection
from tvtui.text.format import size
from tvtui.text.redact import quoted

LARGEST_BODY = 16 << 20
"""Bytes, decompressed; 50,000 tests take less than half of it."""

_LARGEST_ERROR = 64 << 10
_MOST_REDIRECTS = 5


class Exchange:
    """Sends one request to the configured server and reads the reply.

    Attributes:
        was_sent: Whether the server may have received the request, even without an answer.
    """

    def __init__(self, route: Route, settings: Settings, *, silence: float, limit: float) -> None:
        """Prepare a request.

        Args:
            route: The connection.
            settings: Server and key.
            silence: Seconds that each reply may keep us waiting: for its first byte, from resolving the host, and
                from then on for each further one.
            limit: Seconds that all of it may take, redirects included.
        """
        self._route = route
        self._settings = settings
        self._silence = silence
        self._limit = limit
        self._deadline = asyncio.timeout(None)
        self._ends_at = 0.0
        self._host = shown_host(settings)
        self.was_sent = False
        self._has_answered = False
        self._proxy: str | None = None

    async def send(self, address: str, content: bytes | None = None) -> Reply:
        """Send the request and return the reply.

        Args:
            address: The URL.
            content: JSON for a POST request, which is sent once; redirects are returned like any other reply. None for
                a GET request; redirects are followed within the same server.

        Raises:
            ClientError: There is no reply.
        """
        self._ends_at = asyncio.get_running_loop().time() + self._limit
        try:
            async with self._deadline:
                return await self._follow(address, content)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            fault = self._failure(error, is_late=self._deadline.expired())
        # raised outside the except clause, so that it does not chain the library's error, whose request holds the key
        raise fault

    def _extend(self) -> None:
        """Restart the limit for silence: a slow reply is one all the same."""
        self._deadline.reschedule(min(asyncio.get_running_loop().time() + self._silence, self._ends_at))

    async def _follow(self, address: str, content: bytes | None) -> Reply:
        check = check_server(self._settings)
        url = httpx.URL(address)
        async with self._route.lane(url) as lane:
            self._proxy = lane.proxy
            for _ in range(_MOST_REDIRECTS + 1):
                reply = await self._reply(lane, url, content)
                location = reply.headers.get("location")
                if reply.status not in REDIRECTS or location is None or content is not None:
                    return reply
                url = _redirected(url, location, check)
        raise Redirected(f"{self._host} redirects in a loop ({_MOST_REDIRECTS} redirects followed).", f"{check}.")

    def _request(self, url: httpx.URL, content: bytes | None) -> httpx.Request:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Authorization": f"Bearer {self._settings.api_key.reveal()}",
            "User-Agent": f"tvtui/{__version__}",
        }
        if content is not None:
            headers["Content-Type"] = "application/json"
        method = "GET" if content is None else "POST"
        extensions = {"trace": self._trace}
        return httpx.Request(method, url, headers=headers, content=content, extensions=extensions)

    async def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Receive an event of the transport (httpcore's trace extension)."""
        if not self._proxy and (zone := zone_of_connection(event, info)) is not None:
            self._route.zone = zone
        if event.endswith("send_request_headers.started"):
            self.was_sent = True

    async def _reply(self, lane: Lane, url: httpx.URL, content: bytes | None) -> Reply:
        self._has_answered = False
        self._extend()
        response = await lane.transport.handle_async_request(self._request(url, content))
        self._has_answered = True
        self._extend()
        is_wanted = response.is_success
        largest = LARGEST_BODY if is_wanted else _LARGEST_ERROR
        assert isinstance(response.stream, httpx.AsyncByteStream)
        body = bytearray()
        try:
            await _read_into(
                body, response.stream, response.headers, largest=largest, host=self._host, on_chunk=self._extend
            )
        # of an error, the status is enough: its text is welcome, but not required
        except httpx.RequestError:
            if is_wanted:
                raise
        except ValueError as error:
            if is_wanted:
                raise Unreadable(str(error)) from None
        finally:
            await response.aclose()
        return Reply(response.status_code, response.headers, self._settings.api_key.masked_in(bytes(body)), lane.proxy)

    def _late(self) -> Unreachable:
        """The error if a time limit has expired."""
        through = through_proxy(self._proxy)
        if not self._has_answered:
            what = f"did not respond{through} within {min(self._silence, self._limit):g} s"
        elif asyncio.get_running_loop().time() >= self._ends_at:
            what = f"did not finish its response{through} within {self._limit:g} s"
        else:
            what = f"sent nothing{through} for {self._silence:g} s in the middle of its response"
        return Unreachable(f"{self._host} {what}.", f"{CHECK_NETWORK} The server may be overloaded.")

    def _failure(self, error: Exception, *, is_late: bool) -> ClientError:
        """Convert an error that prevented a reply."""
        has_answered = self._has_answered
        check = check_server(self._settings)
        if is_late:
            return self._late()
        if isinstance(error, httpx.InvalidURL):
            return Unreachable(f"The URL of {self._host} is not valid.", f"{check}.")
        through = through_proxy(self._proxy)
        what = f"The response from {self._host}{through} is incomplete: the connection was closed early."
        broke_off = Unreadable(what)
        return explain(
            error, self._host, self._proxy, has_answered=has_answered, broke_off=broke_off, check_server=check
        )


def _redirected(url: httpx.URL, location: str, advice: str) -> httpx.URL:
    """The target of a redirect within the same server; `advice` lacks its final period."""
    target = parse_url(location, url)
    if target is None:
        raise Redirected(f"{origin(url)} redirects to an invalid URL.", f"{advice}.")
    if (target.scheme, target.host, target.port) == (url.scheme, url.host, url.port):
        return target
    raise Redirected(
        f"{origin(url)} redirects to {origin(target)}: not followed, because the API key must not be sent there.",
        f"{advice}; a proxy or login page may be in the way.",
    )


async def _read_into(
    body: bytearray,
    stream: AsyncIterable[bytes],
    headers: Mapping[str, str],
    *,
    largest: int,
    host: str,
    on_chunk: Callable[[], None],
) -> None:
    """Read and decompress a stream into `body`, which also receives what arrived before an error.

    `on_chunk` is called with each part of the stream.

    Raises:
        ValueError: There are more than `largest` bytes, or the compression is unknown or invalid; the message is a
            sentence.
    """
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip"}:
        raise ValueError(f"{host} used an unexpected content encoding: {quoted(encoding)}.")
    gunzip = Gunzip() if encoding.endswith("gzip") else None
    too_large = f"{host} returned more than {size(largest)}, which is too large for a run."
    announced = headers.get("content-length", "")
    if announced.isdecimal() and float(announced) > largest:
        raise ValueError(too_large)
    try:
        async for chunk in stream:
            on_chunk()
            for piece in (chunk,) if gunzip is None else gunzip.decompress(chunk):
                body += piece
                if len(body) > largest:
                    raise ValueError(too_large)
                # neither a decompression bomb nor a fast server may block the screen
                await asyncio.sleep(0)
    except zlib.error:
        raise ValueError(f"The response from {host} is not valid gzip data.") from None
    if gunzip is not None and not gunzip.is_complete:
        raise ValueError(f"The response from {host} is incomplete: its gzip data has no end.")
