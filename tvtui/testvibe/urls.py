"""URLs of requests: parsed strictly, with the host in ASCII; pure."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from tvtui.text.redact import quoted

_LONGEST = 65_536
_HOST = re.compile(r"[a-z0-9_-][a-z0-9._-]{0,254}")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# RFC 3986: reserved and unreserved characters; those that are encoded already stay so
_SAFE = "%/:?@!$&'()*+,;=~[]"


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute http or https URL.

    Attributes:
        scheme: In lower case.
        host: A name or an address, in ASCII and lower case; no brackets.
        port: None for the default port of the scheme.
        target: The path with the query, percent-encoded.
    """

    scheme: str
    host: str
    port: int | None
    target: str = "/"

    @property
    def netloc(self) -> str:
        """The host, in brackets if it is an IPv6 address, and the port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port, safe to show."""
        return quoted(f"{self.scheme}://{self.netloc}")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.target}"


def parse_url(text: str, base: Url | None = None) -> Url | None:
    """Parse an http or https URL; None if it is invalid, has no host, another scheme or an impossible port.

    Args:
        text: The URL; user name, password and fragment are dropped.
        base: The URL that `text` may be relative to.
    """
    if not text.isprintable() or len(text) > _LONGEST:
        return None
    try:
        parts = urlsplit(text if base is None else urljoin(str(base), text))
        host, port = ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or port == 0:
        return None
    query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    target = f"{quote(parts.path, safe=_SAFE) or '/'}{query}"
    return Url(parts.scheme, host, None if port == _DEFAULT_PORTS[parts.scheme] else port, target)


def ascii_host(host: str) -> str:
    """A host as it is looked up: in ASCII and lower case.

    Raises:
        ValueError: It is no host.
    """
    if ":" in host and "%" not in host:
        return ipaddress.IPv6Address(host).compressed
    if not host.isascii() or "xn--" in host:
        # imported here, as hardly any server needs it; it agrees with browsers, which Python's own codec does not
        import idna

        host = idna.encode(host.lower()).decode("ascii")
    if not _HOST.fullmatch(host.lower()):
        raise ValueError(host)
    return host.lower()
