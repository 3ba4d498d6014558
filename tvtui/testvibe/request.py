"""One request with the API key, and its reply: redirects, the time limit, and errors as sentences."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterator, Mapping
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
"""Bytes, decompressed; 50,000 tests take less than half of it."""

_LARGEST_ERROR = 64 << 10
_MOST_REDIRECTS = 5


class Exchange:
    """Sends one request to the configured server and reads the reply.

    Attributes:
        was_sent: Whether the server may have received the request, even without an answer.
    """

    def __init__(self, route: Route, settings: Settings, *, limit: float) -> None:
        """Prepare a request.

        Args:
            route: The connection to the server.
            settings: The server and the key.
            limit: Seconds that the whole request may take, from resolving the host to the last byte.
        """
        self._route = route
        self._settings = settings
        self._limit = limit
        self._host = shown_host(settings)
        self.was_sent = False
        self._has_answered = False
        self._proxy: str | None = None

    async def get(self, address: str) -> Reply:
        """Send a GET request; redirects are followed within the same server.

        Raises:
            ClientError: There is no reply.
        """
        return await self._limited(address, "GET", None)

    async def post(self, address: str, content: bytes) -> Reply:
        """Send a POST request, once; redirects are returned like any other reply.

        Args:
            address: The URL.
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
        # raised outside the except clause, so that it does not chain the library's error, whose request holds the key
        raise fault

    async def _follow(self, address: str, method: str, content: bytes | None) -> Reply:
        """Send the request, and follow redirects within the same server."""
        check = check_server(self._settings)
        url = httpx.URL(address)
        async with self._route.lane(url) as lane:
            self._proxy = lane.proxy
            for _ in range(_MOST_REDIRECTS + 1):
                reply = await self._send(lane, url, method, content)
                location = reply.headers.get("location")
                if reply.status not in REDIRECTS or location is None:
                    return reply
                if method != "GET":
                    return reply
                url = _redirected(url, location, check)
        raise Redirected(f"{self._host} redirects in a loop ({_MOST_REDIRECTS} redirects followed).", f"{check}.")

    def _request(self, url: httpx.URL, method: str, content: bytes | None) -> httpx.Request:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Authorization": f"Bearer {self._settings.api_key.reveal()}",
            "User-Agent": f"tvtui/{__version__}",
        }
        if content is not None:
            headers["Content-Type"] = "application/json"
        extensions = {"trace": self._trace}
        return httpx.Request(method, url, headers=headers, content=content, extensions=extensions)

    async def _trace(self, event: str, _info: Mapping[str, Any]) -> None:
        """Receive an event of the transport (httpcore's trace extension)."""
        if event.endswith("send_request_headers.started"):
            self.was_sent = True

    async def _send(self, lane: Lane, url: httpx.URL, method: str, content: bytes | None) -> Reply:
        self._has_answered = False
        response = await lane.transport.handle_async_request(self._request(url, method, content))
        self._has_answered = True
        is_wanted = is_good(response.status_code)
        largest = LARGEST_BODY if is_wanted else _LARGEST_ERROR
        assert isinstance(response.stream, httpx.AsyncByteStream)
        body = bytearray()
        try:
            await read_into(body, response.stream, response.headers, largest=largest, host=self._host)
        # of an error, the status is enough: its text is welcome, but not required
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
        """Convert an error that prevented a reply."""
        has_answered = self._has_answered
        check = check_server(self._settings)
        if is_late:
            verb = "finish its answer" if has_answered else "answer"
            what = f"{self._host} did not {verb} within {self._limit:g} s."
            return Unreachable(what, f"{CHECK_NETWORK} The server may be overloaded.")
        if isinstance(error, httpx.InvalidURL):
            return Unreachable(f"The URL of {self._host} is not valid.", f"{check}.")
        broke_off = Unreadable(f"The answer from {self._host} is incomplete: the connection was closed early.")
        return failure(
            error, self._host, self._proxy, has_answered=has_answered, broke_off=broke_off, check_server=check
        )


def _redirected(url: httpx.URL, location: str, advice: str) -> httpx.URL:
    """The target of a redirect; `advice` lacks its final period.

    Raises:
        Redirected: The target is not on the same server, or not a valid URL.
    """
    try:
        target = url.join(location)
        # a URL can be valid and its host not: "xn--" alone is none
        is_same_server = (target.scheme, target.host, target.port) == (url.scheme, url.host, url.port)
    except (httpx.InvalidURL, ValueError):
        target, is_same_server = None, False
    if target is None:
        raise Redirected(f"{_origin(url)} redirects to an invalid URL.", f"{advice}.")
    if is_same_server:
        return target
    raise Redirected(
        f"{_origin(url)} redirects to {_origin(target)}: not followed, because the API key must not be sent there.",
        f"{advice}; a proxy or login page may be in between.",
    )


def _origin(url: httpx.URL) -> str:
    return quoted(f"{url.scheme}://{url.netloc.decode('ascii')}")


async def read_into(
    body: bytearray, stream: AsyncIterable[bytes], headers: Mapping[str, str], *, largest: int, host: str
) -> None:
    """Read and decompress a body; `body` also receives what arrived before an error.

    Args:
        body: Receives the bytes.
        stream: The bytes as transmitted.
        headers: The headers of the reply.
        largest: The largest size in bytes, decompressed.
        host: The server as shown in a sentence.

    Raises:
        ValueError: The body is too large, or its compression is unknown or invalid; the message is a sentence.
    """
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip"}:
        raise ValueError(f"{host} compressed its answer in an unexpected way: {quoted(encoding)}.")
    gunzip = Gunzip() if encoding.endswith("gzip") else None
    too_large = f"{host} answered with more than {size(largest)}, which is too large for a run."
    announced = headers.get("content-length", "")
    if announced.isdecimal() and float(announced) > largest:
        raise ValueError(too_large)
    async for chunk in stream:
        for piece in (chunk,) if gunzip is None else _decompressed(gunzip, chunk, host):
            body += piece
            if len(body) > largest:
                raise ValueError(too_large)
            # neither a decompression bomb nor a fast server may block the screen
            await asyncio.sleep(0)
    if gunzip is not None and not gunzip.is_complete:
        raise ValueError(f"The answer from {host} is incomplete: its gzip data has no end.")


def _decompressed(gunzip: Gunzip, data: bytes, host: str) -> Iterator[bytes]:
    try:
        yield from gunzip.decompress(data)
    except ValueError:
        raise ValueError(f"The answer from {host} is not valid gzip data.") from None
