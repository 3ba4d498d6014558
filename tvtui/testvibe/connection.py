"""Connections to a server: proxies, certificates, reuse, and errors of the network as sentences."""

from __future__ import annotations

import ipaddress
import os
import ssl
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from types import ModuleType
from typing import cast
from urllib.request import getproxies_environment

from tvtui.settings.values import is_loopback
from tvtui.testvibe.error_messages import CHECK_NETWORK, CHECK_PROXIES, explain
from tvtui.testvibe.errors import ClientError, Unreachable
from tvtui.text.clean import clean_line
from tvtui.text.redact import quoted


@contextmanager
def without(module: str) -> Iterator[None]:
    """Let `module` be missing meanwhile: for parts that a library tries to import and does without."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = cast(ModuleType, None)
    try:
        yield
    finally:
        del sys.modules[module]


# httpx's own command line brings progress bars, tables and a highlighter along: 35 ms of every start
with without("httpx._main"):
    import httpx

__all__ = ["Lane", "Route", "httpx"]

_IDLE_SECONDS = 60.0


class Lane:
    """A transport that is open.

    Attributes:
        transport: Carries requests.
        proxy: The proxy that it goes through, as it may be shown; None if the way is direct.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, proxy: str | None) -> None:
        self.transport = transport
        self.proxy = proxy
        self.users = 0
        self.is_sound = True
        self.used_at = time.time()

    @property
    def is_trusted(self) -> bool:
        """Whether it can still be expected to carry a request.

        The wall clock tells for how long it has lain idle, as it goes on while the machine sleeps; where it is set
        back or forth that costs a connection and no more.
        """
        return self.is_sound and (self.users > 0 or abs(time.time() - self.used_at) <= _IDLE_SECONDS)


class Route:
    """The way to one server: opened when it is first wanted, and anew after a failure or a long rest.

    Proxies (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY) and certificate authorities (SSL_CERT_FILE, SSL_CERT_DIR)
    come from the environment; to this machine itself the way is always direct. Several requests can share it.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None, *, kept: int = 1) -> None:
        """Know the way; nothing is opened yet.

        Args:
            transport: Carries the requests in the place of the network.
            kept: How many idle connections are kept.
        """
        self._given = transport
        self._kept = kept
        self._lane: Lane | None = None
        self._tls: ssl.SSLContext | None = None

    @asynccontextmanager
    async def lane(self, url: httpx.URL) -> AsyncIterator[Lane]:
        """A lane for one request to `url`; it is not used again for later ones if this one fails.

        Raises:
            Unreachable: The environment names a proxy or certificates that cannot be used.
        """
        lane = await self._usable(url)
        lane.users += 1
        is_sound = False
        try:
            yield lane
            is_sound = True
        finally:
            lane.users -= 1
            lane.is_sound = lane.is_sound and is_sound
            lane.used_at = time.time()
            if lane is not self._lane and not lane.users:
                await lane.transport.aclose()

    async def aclose(self) -> None:
        """Close the connections; doing it twice does no harm."""
        lane, self._lane = self._lane, None
        if lane is not None:
            await lane.transport.aclose()

    async def _usable(self, url: httpx.URL) -> Lane:
        lane = self._lane
        if lane is not None and (lane.is_trusted or self._given is not None):
            return lane
        self._lane = self._open(url)
        if lane is not None and not lane.users:
            await lane.transport.aclose()
        return self._lane

    def _open(self, url: httpx.URL) -> Lane:
        if self._given is not None:
            return Lane(self._given, None)
        port = url.port or (443 if url.scheme == "https" else 80)
        address = None if is_loopback(url.host) else find_proxy(url.scheme, url.host, port)
        proxy = None if address is None else _usable_proxy(address)
        if self._tls is None:
            # an empty context trusts nobody; to fill it takes 30 ms, which plain http can do without
            self._tls = _authorities() if url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # httpx's own time limits are per operation, and a byte a second stays below each of them: ours alone count
        transport = httpx.AsyncHTTPTransport(
            verify=self._tls,
            trust_env=False,
            proxy=proxy,
            limits=httpx.Limits(max_keepalive_connections=self._kept, keepalive_expiry=_IDLE_SECONDS),
        )
        return Lane(transport, None if proxy is None else quoted(proxy.url.netloc.decode("ascii")))


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


def find_proxy(scheme: str, host: str, port: int) -> str | None:
    """The URL of the proxy to a server, as the environment says it; None if the way is direct.

    Args:
        scheme: "http" or "https".
        host: A name or an IP address, without brackets.
        port: The port, which an exception in NO_PROXY may name.
    """
    known = getproxies_environment()
    url = known.get(scheme) or known.get("all")
    if not url or any(_covers(entry.strip().lower(), host.lower(), port) for entry in known.get("no", "").split(",")):
        return None
    return url if "://" in url else f"http://{url}"


def _covers(entry: str, host: str, port: int) -> bool:
    """Whether an entry of NO_PROXY means this host: `*`, a domain and all below it, an address, a network."""
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


def failure(
    error: Exception,
    host: str,
    proxy: str | None,
    *,
    has_answered: bool,
    broke_off: ClientError,
    check_server: str | None = None,
) -> ClientError:
    """The error that one of the HTTP library's means.

    Args:
        error: As the library raised it; but for what a proxy said, none of its words are told.
        host: Whom we asked, as it may be shown.
        proxy: The proxy that was to lead there, as it may be shown.
        has_answered: Whether the head of an answer had come.
        broke_off: What it is if the connection was closed in the middle of the answer.
        check_server: What to advise where the host's address may be wrong, without its end; None where it is no
            setting of the user's.
    """
    match error:
        case httpx.ProxyError():
            return Unreachable(f"The proxy {proxy} gave no way to {host}: {quoted(str(error))}.", CHECK_PROXIES)
        case httpx.RemoteProtocolError() if has_answered:
            return broke_off
        case httpx.RemoteProtocolError():
            advice = CHECK_NETWORK if check_server is None else f"{check_server}."
            what = f"{proxy or host} closed the connection without an answer, or speaks no HTTP."
            return Unreachable(what, CHECK_PROXIES if proxy else advice)
    return Unreachable(*explain(error, host, proxy, has_answered=has_answered, check_server=check_server))
