"""Asks a TestVibe server for runs: a good answer or a `ClientError` comes out, and the API key never does.

ClientError
  x Unreachable   no answer was had: host not found, refused, reset, proxy, TLS, time limit
  x Refused       the key does not open this: 401, 403
  x NotFound      there is no such run, project or address: 404, 410
  x Faulty        the server failed: 5xx, and every other status that brings no digest
  x Busy          the server wants to be left alone for a while: 429, and 503 with Retry-After
  x Unreadable    the answer is no digest of this run: a web page, empty, cut off, wrong types, another run, too large
  x Redirected    the server sends us to where the key must not go, or in circles
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from types import TracebackType
from typing import Self
from urllib.parse import quote

from tvtui import __version__
from tvtui.body import read_into
from tvtui.client_errors import Busy, ClientError, Faulty, NotFound, Redirected, Refused, Unreachable, Unreadable
from tvtui.imports import without
from tvtui.models import Reader, Run
from tvtui.network_faults import CHECK_NETWORK, CHECK_PROXIES, CHECK_SERVER, explain
from tvtui.proxies import find_proxy
from tvtui.refusals import WEB_PAGE, quoted, refusal, shown_host
from tvtui.reply import Reply, is_good
from tvtui.settings import Settings, is_loopback
from tvtui.text import clean_line

# httpx's own command line brings progress bars, tables and a highlighter along: 35 ms of every start
with without("httpx._main"):
    import httpx

__all__ = [
    "Answer",
    "Busy",
    "Client",
    "ClientError",
    "Faulty",
    "NotFound",
    "Redirected",
    "Refused",
    "Unreachable",
    "Unreadable",
]

LARGEST_BODY = 16 << 20
"""Bytes, unpacked; 50,000 tests are less than half of it."""

_LARGEST_ERROR = 64 << 10
_MOST_REDIRECTS = 5
_IDLE_SECONDS = 60.0
_REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True)
class Answer:
    """A good answer.

    Attributes:
        run: The run.
        server_time: What the server's clock showed when the answer came; None if it does not say.
        written: When the server wrote the answer, by the same clock: earlier, if it comes from a cache.
    """

    run: Run
    server_time: datetime | None
    written: datetime | None = None


class Client:
    """One server, one key, and a connection that is kept between the requests.

    Proxies (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY) and certificate authorities (SSL_CERT_FILE, SSL_CERT_DIR)
    come from the environment; to this machine itself the way is always direct.
    """

    def __init__(
        self, settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None, limit: float = 10.0
    ) -> None:
        """Make a client; nothing is opened before the first request.

        Args:
            settings: Server, key and project.
            transport: Carries the requests in the place of the network.
            limit: Seconds that a request may take in all, from the search for the host to the last byte.
        """
        self._settings = settings
        self._limit = limit
        self._given_transport = transport
        self._transport: httpx.AsyncBaseTransport | None = None
        self._proxy: str | None = None
        self._tls: ssl.SSLContext | None = None
        self._is_sound = False
        self._used_at = 0.0
        self._has_answered = False
        self._reader = Reader()
        self._host = shown_host(settings)

    def __repr__(self) -> str:
        return f"Client(server={self._settings.server!r}, project={self._settings.project!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection; doing it twice does no harm."""
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.aclose()

    async def get_run(self, run_id: int) -> Answer:
        """Ask for the digest of a run; one request at a time.

        Tests that are as they were in the last answer are the identical objects.

        Raises:
            ClientError: There is no good answer.
        """
        project = quote(self._settings.project, safe="")
        reply = await self._get(f"{self._settings.server}/api/v1/ops/projects/{project}/runs/{run_id}")
        if not reply.is_good:
            raise refusal(reply, self._settings, run_id)
        try:
            run = self._reader.read(reply.body)
        except ValueError as error:
            what = f"{self._host} answered with {WEB_PAGE}" if reply.is_html else str(error)
            raise Unreadable(what, CHECK_SERVER) from None
        if run.run_id != run_id:
            other = f"run {run.run_id}" if abs(run.run_id) < 10**18 else "another run"
            raise Unreadable(f"{self._host} answered with {other} instead of run {run_id}.", CHECK_SERVER)
        return Answer(run, reply.server_time, reply.written)

    async def _get(self, address: str) -> Reply:
        try:
            async with asyncio.timeout(self._limit) as limit:
                return await self._follow(address)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            failure = self._failure(error, is_late=limit.expired())
        # raised here and not above, where it would take along the library's error and so the request with the key
        raise failure

    async def _follow(self, address: str) -> Reply:
        """Ask there, and wherever the same server sends us."""
        self._has_answered = False
        url = httpx.URL(address)
        transport = await self._connected(url)
        self._is_sound = False
        for _ in range(_MOST_REDIRECTS + 1):
            reply = await self._exchange(transport, url)
            location = reply.headers.get("location")
            if reply.status not in _REDIRECTS or location is None:
                self._is_sound, self._used_at = True, time.time()
                return reply
            url = _redirected(url, location)
        raise Redirected(f"{self._host} redirects in circles: {_MOST_REDIRECTS} times were followed.", CHECK_SERVER)

    async def _connected(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """A way to the server: the one there is, a new one after a failure or so long that the old may be dead.

        The wall clock tells how long, as it goes on while the machine sleeps; where it is set back or forth that
        costs a connection and no more.
        """
        if self._given_transport is not None:
            self._transport = self._given_transport
        elif self._transport is None or not self._is_sound or abs(time.time() - self._used_at) > _IDLE_SECONDS:
            await self.aclose()
            self._transport = self._open(url)
        return self._transport

    def _open(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        port = url.port or (443 if url.scheme == "https" else 80)
        address = None if is_loopback(url.host) else find_proxy(url.scheme, url.host, port)
        proxy = None if address is None else _usable_proxy(address)
        self._proxy = None if proxy is None else quoted(proxy.url.netloc.decode("ascii"))
        if self._tls is None:
            # an empty context trusts nobody; to fill it takes 30 ms, which plain http can do without
            self._tls = _authorities() if url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # httpx's own time limits are per operation, and a byte a second stays below each of them: ours is the only one
        return httpx.AsyncHTTPTransport(
            verify=self._tls,
            trust_env=False,
            proxy=proxy,
            limits=httpx.Limits(max_keepalive_connections=1, keepalive_expiry=_IDLE_SECONDS),
        )

    def _request(self, url: httpx.URL) -> httpx.Request:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Authorization": f"Bearer {self._settings.api_key.reveal()}",
            "User-Agent": f"tvtui/{__version__}",
        }
        return httpx.Request("GET", url, headers=headers)

    async def _exchange(self, transport: httpx.AsyncBaseTransport, url: httpx.URL) -> Reply:
        self._has_answered = False
        response = await transport.handle_async_request(self._request(url))
        self._has_answered = True
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
        return Reply(response.status_code, response.headers, bytes(body))

    def _failure(self, error: Exception, *, is_late: bool) -> ClientError:
        """What went wrong on the way."""
        if is_late:
            verb = "finish its answer" if self._has_answered else "answer"
            what = f"{self._host} did not {verb} within {self._limit:g} s."
            return Unreachable(what, f"{CHECK_NETWORK} The server may be overloaded.")
        match error:
            case httpx.InvalidURL():
                return Unreachable(f"The address of {self._host} cannot be used.", CHECK_SERVER)
            case httpx.ProxyError():
                said = quoted(str(error))
                return Unreachable(f"The proxy {self._proxy} gave no way to {self._host}: {said}.", CHECK_PROXIES)
            case httpx.RemoteProtocolError() if self._has_answered:
                return Unreadable(f"The answer of {self._host} broke off: the connection was closed before its end.")
            case httpx.RemoteProtocolError():
                what = f"{self._proxy or self._host} closed the connection without an answer, or speaks no HTTP."
                return Unreachable(what, CHECK_SERVER)
        return Unreachable(*explain(error, self._host, self._proxy, has_answered=self._has_answered))


def _redirected(url: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads to.

    Raises:
        Redirected: It leads away from the server, or nowhere.
    """
    try:
        target = url.join(location)
    except (httpx.InvalidURL, ValueError):
        target = None
    if target is None:
        raise Redirected(f"{_origin(url)} redirects to an address that cannot be read.", CHECK_SERVER)
    if (target.scheme, target.host, target.port) == (url.scheme, url.host, url.port):
        return target
    raise Redirected(
        f"{_origin(url)} redirects to {_origin(target)}: not followed, as the API key must not travel there.",
        "Check TESTVIBE_SERVER; a proxy or a login page may stand in between.",
    )


def _origin(url: httpx.URL) -> str:
    return quoted(f"{url.scheme}://{url.netloc.decode('ascii')}")


def _usable_proxy(address: str) -> httpx.Proxy:
    """Read a proxy's address, which may hold a password: no error may quote it or take it along."""
    try:
        proxy = httpx.Proxy(address)
    except (httpx.InvalidURL, ValueError):
        proxy = None
    if proxy is None or not proxy.url.host:
        raise Unreachable("The proxy that the environment names cannot be used.", CHECK_PROXIES)
    if proxy.url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise Unreachable("The proxy that the environment names speaks SOCKS: that needs httpx[socks].", CHECK_PROXIES)
    return proxy


def _authorities() -> ssl.SSLContext:
    """The certificate authorities of the environment, or httpx's own."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        reason = clean_line(error.strerror or "").rstrip(".") or "they are none"
    name = "SSL_CERT_FILE" if os.environ.get("SSL_CERT_FILE") else "SSL_CERT_DIR"
    raise Unreachable(f"The certificates that {name} names cannot be read: {reason}.", f"Check {name}.")
