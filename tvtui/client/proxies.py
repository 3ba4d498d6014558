"""Which HTTP proxy stands before a server: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; pure but for these."""

from __future__ import annotations

import ipaddress
from urllib.request import getproxies_environment


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
