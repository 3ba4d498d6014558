"""Connections to a server: proxies, certificates, reuse."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from types import ModuleType
from typing import cast
from urllib.request import getproxies_environment

from tvtui.settings.values import is_loopback
from tvtui.testvibe.error_messages import CHECK_PROXIES
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.zones import Zone
from tvtui.text.clean import clean_line
from tvtui.text.redact import quoted

# httpx imports its command line if it can, and with it rich and pygments: 50 of 125 ms of CPU time at each start
_COMMAND_LINE = "httpx._main"
_is_blocked = sys.modules.setdefault(_COMMAND_LINE, cast(ModuleType, None)) is None
try:
    import httpx
finally:
    if _is_blocked:
        del sys.modules[_COMMAND_LINE]

__all__ = ["Lane", "Route", "httpx"]

_IDLE_SECONDS = 60.0
# whatever a password may contain, it is before the last @
_PROXY_HOST = r"(?i)[a-z0-9+.-]+://(?:[^/?#]*@)?([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]*)?/?"


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

    transport: httpx.AsyncBaseTransport
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
        self, transport: httpx.AsyncBaseTransport | None = None, *, kept: int = 1, now: Callable[[], float] = time.time
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            transport: Carries the requests instead of the network.
            kept: How many idle connections to keep.
            now: Seconds of a clock that continues while the machine sleeps. The wall clock does so everywhere, and
                setting it costs a new connection at most.
        """
        self._given = transport
        self._kept = kept
        self._now = now
        self._lane: Lane | None = None
        self.zone = Zone.PUBLIC
        self._tls: ssl.SSLContext | None = None

    @asynccontextmanager
    async def lane(self, url: httpx.URL) -> AsyncIterator[Lane]:
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

    async def _usable_lane(self, url: httpx.URL) -> Lane:
        lane = self._lane
        if lane is not None and (self._given is not None or lane.is_usable(self._now())):
            return lane
        self._lane = self._open(url)
        if lane is not None and not lane.users:
            await lane.transport.aclose()
        return self._lane

    def _open(self, url: httpx.URL) -> Lane:
        if self._given is not None:
            return Lane(self._given, None, self._now())
        port = url.port or (443 if url.scheme == "https" else 80)
        address = None if is_loopback(url.host) else find_proxy(url.scheme, url.host, port)
        proxy = None if address is None else _usable_proxy(address)
        if self._tls is None:
            # an empty context trusts no one; loading certificates takes 30 ms, which plain http does not need
            self._tls = _authorities() if url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # no time limits: httpx's apply to each operation, and a byte a second stays below them; callers limit the whole
        transport = httpx.AsyncHTTPTransport(
            verify=self._tls,
            trust_env=False,
            proxy=proxy,
            limits=httpx.Limits(max_keepalive_connections=self._kept, keepalive_expiry=_IDLE_SECONDS),
        )
        return Lane(transport, None if proxy is None else quoted(proxy.url.netloc.decode("ascii")), self._now())


def _usable_proxy(address: str) -> httpx.Proxy:
    """Parse a proxy's URL, which may contain a password: no error may quote or chain it."""
    try:
        proxy = httpx.Proxy(address)
    except (httpx.InvalidURL, ValueError):
        proxy = None
    if proxy is None or not proxy.url.host:
        raise Unreachable(f"The proxy{_named(address)} set in the environment cannot be used.", CHECK_PROXIES)
    if proxy.url.scheme.startswith("socks") and find_spec("socksio") is None:
        what = f"The proxy{_named(address)} set in the environment uses SOCKS, which requires httpx[socks]."
        raise Unreachable(what, CHECK_PROXIES)
    return proxy


def _named(proxy: str) -> str:
    """The host of a proxy's URL that may be malformed, after a space; "" unless it is certainly a host."""
    found = re.fullmatch(_PROXY_HOST, proxy)
    return f" {quoted(found[1])}" if found else ""


def _authorities() -> ssl.SSLContext:
    """The certificate authorities set in the environment; otherwise the system's, and those that come with httpx.

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
        return httpx.create_ssl_context()
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
    known = getproxies_environment()
    url = known.get(scheme) or known.get("all")
    if not url or any(_covers(entry.strip().lower(), host.lower(), port) for entry in known.get("no", "").split(",")):
        return None
    return url if "://" in url else f"http://{url}"


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


def parse_url(text: str, base: httpx.URL | None = None) -> httpx.URL | None:
    """Parse an http or https URL; None if it is invalid, has no host, another scheme or an impossible port."""
    try:
        url = httpx.URL(text) if base is None else base.join(text)
        # a URL can be valid and its host not
        is_usable = url.scheme in {"http", "https"} and bool(url.host) and (url.port or 0) <= 65_535
    except (httpx.InvalidURL, ValueError):
        return None
    return url if is_usable else None


def origin(url: httpx.URL) -> str:
    """Scheme, host and port of a URL, safe to show."""
    return quoted(f"{url.scheme}://{url.netloc.decode('ascii')}")
