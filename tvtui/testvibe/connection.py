"""Connections to a server: proxies, certificates, reuse."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import httpcore

from tvtui.settings.values import is_loopback
from tvtui.testvibe.error_messages import CHECK_PROXIES
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.urls import Url, ascii_host
from tvtui.testvibe.zones import Zone
from tvtui.text.clean import clean_line
from tvtui.text.redact import quoted

_IDLE_SECONDS = 60.0
# whatever a password may contain, it is before the last @
_PROXY_HOST = re.compile(r"[a-z0-9+.-]+://(?:[^/?#]*@)?([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]*)?/?", re.IGNORECASE)
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")

HTTP_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)
"""What a transport raises, other than an OSError."""


Trace = Callable[[str, Mapping[str, Any]], Awaitable[None]]


class Transport(Protocol):
    """Carries requests; a connection pool of httpcore is one."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request and return the response, whose body is yet to be read and to be closed."""

    async def aclose(self) -> None:
        """Close all connections."""


def new_request(
    method: str, url: Url, headers: Mapping[str, str], *, content: bytes | None = None, trace: Trace
) -> httpcore.Request:
    """A request for a transport; `trace` receives its events (httpcore's trace extension)."""
    length = {} if content is None else {"Content-Length": str(len(content))}
    return httpcore.Request(
        method,
        httpcore.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target),
        headers=list({"Host": url.netloc, **headers, **length}.items()),
        content=content,
        extensions={"trace": trace},
    )


@dataclass(eq=False, slots=True)
class Lane:
    """An open transport.

    Attributes:
        transport: Carries requests.
        proxy: The proxy that it uses, safe to show; None for a direct connection.
        used_at: When the last request ended, by the route's clock.
        users: The number of requests under way.
        is_sound: Whether all requests on it have succeeded.
    """

    transport: Transport
    proxy: str | None
    used_at: float
    users: int = 0
    is_sound: bool = True

    def is_usable(self, now: float) -> bool:
        """Whether a new request can be expected to succeed on it."""
        return self.is_sound and (self.users > 0 or abs(now - self.used_at) <= _IDLE_SECONDS)


class Route:
    """The connection to one server: opened for the first request, and reopened after a failure or a long idle time.

    Proxies (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY) and certificate authorities (SSL_CERT_FILE, SSL_CERT_DIR)
    come from the environment, the latter otherwise from the system; connections to this machine are always direct.
    Several requests can share it.

    Attributes:
        zone: Where the server is, as far as it is known: behind a proxy, all servers are taken for public ones.
    """

    def __init__(
        self, transport: Transport | None = None, *, kept: int = 1, now: Callable[[], float] = time.time
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            transport: Carries the requests instead of the network.
            kept: How many idle connections to keep.
            now: Seconds of a clock that continues while the machine sleeps. The wall clock does so everywhere, and
                setting it costs a new connection at most.
        """
        self._given = transport
        self._limits: dict[str, Any] = {
            "max_connections": None,
            "max_keepalive_connections": kept,
            "keepalive_expiry": _IDLE_SECONDS,
        }
        self._now = now
        self._lane: Lane | None = None
        self.zone = Zone.PUBLIC
        self._tls: ssl.SSLContext | None = None

    @asynccontextmanager
    async def lane(self, url: Url) -> AsyncIterator[Lane]:
        """A lane for one request to `url`; no later request uses it if this one fails.

        Raises:
            Unreachable: The environment sets a proxy or certificates that cannot be used.
        """
        lane = await self._usable_lane(url)
        lane.users += 1
        is_sound = False
        try:
            yield lane
            is_sound = True
        finally:
            lane.users -= 1
            lane.is_sound = lane.is_sound and is_sound
            lane.used_at = self._now()
            if lane is not self._lane and not lane.users:
                await lane.transport.aclose()

    async def aclose(self) -> None:
        """Close the connections; can be called twice."""
        lane, self._lane = self._lane, None
        if lane is not None:
            await lane.transport.aclose()

    async def _usable_lane(self, url: Url) -> Lane:
        lane = self._lane
        if lane is not None and (self._given is not None or lane.is_usable(self._now())):
            return lane
        self._lane = self._open(url)
        if lane is not None and not lane.users:
            await lane.transport.aclose()
        return self._lane

    def _open(self, url: Url) -> Lane:
        if self._given is not None:
            return Lane(self._given, None, self._now())
        port = url.port or (443 if url.scheme == "https" else 80)
        address = None if is_loopback(url.host) else find_proxy(url.scheme, url.host, port)
        proxy = None if address is None else _usable_proxy(address)
        if self._tls is None:
            # an empty context trusts no one; loading certificates takes 30 ms, which plain http does not need
            self._tls = _authorities() if url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # no time limits: httpcore's apply to each operation, and a byte a second stays below them; callers limit the
        # whole
        if proxy is None:
            return Lane(httpcore.AsyncConnectionPool(self._tls, **self._limits), None, self._now())
        return Lane(proxy.pool(self._tls, **self._limits), proxy.shown, self._now())


@dataclass(frozen=True, slots=True)
class _Proxy:
    """A proxy, whose `auth` is a user name and a password."""

    url: httpcore.URL
    auth: tuple[bytes, bytes] | None = field(repr=False)

    @property
    def shown(self) -> str:
        host = self.url.host.decode("ascii")
        host = f"[{host}]" if ":" in host else host
        return quoted(host if self.url.port is None else f"{host}:{self.url.port}")

    def pool(self, tls: ssl.SSLContext, **limits: Any) -> httpcore.AsyncConnectionPool:
        kind = httpcore.AsyncSOCKSProxy if self.url.scheme.startswith(b"socks") else httpcore.AsyncHTTPProxy
        return kind(self.url, self.auth, ssl_context=tls, **limits)


def _usable_proxy(address: str) -> _Proxy:
    """Parse a proxy's URL, which may contain a password: no error may quote or chain it."""
    proxy = _parse_proxy(address)
    if proxy is None:
        raise Unreachable(f"The proxy{_named(address)} set in the environment cannot be used.", CHECK_PROXIES)
    if proxy.url.scheme.startswith(b"socks") and find_spec("socksio") is None:
        what = f"The proxy{_named(address)} set in the environment uses SOCKS, which requires the package socksio."
        raise Unreachable(what, CHECK_PROXIES)
    return proxy


def _parse_proxy(address: str) -> _Proxy | None:
    try:
        parts = urlsplit(address)
        host, port = ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if parts.scheme not in _PROXY_SCHEMES or not address.isprintable():
        return None
    auth = None
    if parts.username or parts.password:
        auth = (unquote(parts.username or "").encode(), unquote(parts.password or "").encode())
    return _Proxy(httpcore.URL(scheme=parts.scheme, host=host, port=port, target="/"), auth)


def _named(proxy: str) -> str:
    """The host of a proxy's URL that may be malformed, after a space; "" unless it is certainly a host."""
    found = _PROXY_HOST.fullmatch(proxy)
    return f" {quoted(found[1])}" if found else ""


def _authorities() -> ssl.SSLContext:
    """The certificate authorities set in the environment; otherwise the system's, and those that come with certifi.

    The latter are for systems without any, such as slim containers.
    """
    name = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), "")
    if not name:
        # imported here: 10 ms that plain http does not need
        import certifi
        import truststore

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(certifi.where())
        return context
    try:
        if name == "SSL_CERT_FILE":
            return ssl.create_default_context(cafile=os.environ[name])
        return ssl.create_default_context(capath=os.environ[name])
    except OSError as error:
        reason = clean_line(error.strerror or "").rstrip(".") or "no certificates found"
    raise Unreachable(f"The certificates in {name} cannot be read: {reason}.", f"Check {name}.")


def find_proxy(scheme: str, host: str, port: int) -> str | None:
    """The URL of the proxy for a server, from the environment; None for a direct connection.

    Args:
        scheme: "http" or "https".
        host: A name or an IP address, without brackets.
        port: The port, which an entry of NO_PROXY may include.
    """
    known = _proxies()
    url = known.get(scheme) or known.get("all")
    if not url or any(_covers(entry.strip().lower(), host.lower(), port) for entry in known.get("no", "").split(",")):
        return None
    return url if "://" in url else f"http://{url}"


def _proxies() -> dict[str, str]:
    """The proxies set in the environment, by scheme."""
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return {}
    # imported here: 15 ms that only proxies need
    from urllib.request import getproxies_environment

    return getproxies_environment()


def _covers(entry: str, host: str, port: int) -> bool:
    """Whether an entry of NO_PROXY matches this host: `*`, a domain with its subdomains, an address, a network."""
    if entry == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        pass
    name, colon, digits = entry.rpartition(":")
    if colon and digits.isdecimal():
        return int(digits) == port and _covers(name, host, port)
    domain = entry.removeprefix("*").removeprefix(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))
