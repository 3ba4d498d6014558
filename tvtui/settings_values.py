"""What single settings may be: run ids, addresses of servers, ids of projects, seconds."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from tvtui.terminal_kind import Way
from tvtui.text.clean import clean_line
from tvtui.text.redact import LIKE_A_KEY, mask

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""A project's public id."""

_RUN_ID = re.compile(r"(?:#|https?://\S+/runs/)?([0-9]{1,18})/?", re.IGNORECASE)
_HOST = re.compile(r"[0-9a-z._-]+", re.IGNORECASE)


def parse_run_id(text: str) -> int:
    """The id in `214`, `#214` or a link that ends in `/runs/214`.

    Raises:
        ValueError: It is none of these; the message is a sentence for the user.
    """
    match = _RUN_ID.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{_shown(text)} is no run id: give 214, '#214' or a link that ends in /runs/214.")
    return int(match[1])


def is_loopback(host: str) -> bool:
    """Whether `host` (no brackets) is this machine by its name alone: localhost, 127.0.0.0/8 or ::1."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def parse_server(value: object, *, insecure_http: bool = False) -> str:
    """Check a server's address and write it one way: lower case, no needless port, no slash at its end.

    Raises:
        ValueError: What is wrong with it, without a user name, password or query that it may hold.
    """
    text = parse_text(value)
    if set(text) & set("@?#"):
        raise ValueError("must be https://HOST[:PORT][/PREFIX] and nothing else: no user name, password, ? or #")
    malformed = f"{_shown(text)} is no address of a server: write https://HOST[:PORT][/PREFIX]"
    try:
        parts = urlsplit(text)
        port = parts.port
        host = _host(parts)
    except ValueError:
        raise ValueError(malformed) from None
    if parts.scheme not in {"http", "https"} or port == 0 or not text.isprintable() or set(text) & set(' \\"<>^`{|}'):
        raise ValueError(malformed)
    if parts.scheme == "http" and not insecure_http and not is_loopback(host.strip("[]")):
        raise ValueError(
            f"{_shown(text)} is plain http and the key would travel in the clear: "
            "write https://, or give --insecure-http if you must"
        )
    needed = port not in {None, 443 if parts.scheme == "https" else 80}
    return f"{parts.scheme}://{host}{f':{port}' if needed else ''}{parts.path.rstrip('/')}"


def parse_site(text: str) -> str:
    """Check the address of a site that is to be tested, which goes to the server as it was typed.

    Raises:
        ValueError: It is none that a browser finds in the web.
    """
    try:
        parts = urlsplit(text)
        is_site = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_site = False
    if not is_site or not text.isprintable() or " " in text:
        raise ValueError(f"must be http://HOST… or https://HOST…, not {_shown(text)}")
    return text


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if "[" in parts.netloc and "%" not in host:
        return f"[{ipaddress.IPv6Address(host).compressed}]"
    # encoded only to see whether it can be: an empty or overlong label cannot
    if _HOST.fullmatch(host.encode("idna").decode("ascii")):
        return host
    raise ValueError(host)


def parse_project(value: object) -> str:
    """A project's id.

    Raises:
        ValueError: It is no GUID.
    """
    text = parse_text(value)
    if not GUID.fullmatch(text):
        raise ValueError(f"{_shown(text)} is no project id: it looks like 01234567-89ab-cdef-0123-456789abcdef")
    return text


def parse_seconds(value: object, low: float, high: float) -> float:
    """A number of seconds from `low` to `high`.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        # a number that was typed has become one with a fraction
        told = f"{value:g}" if isinstance(value, float) else value
        raise ValueError(f"must be a number of seconds from {low:g} to {high:g}, not {_shown(told)}")
    return float(value)


def parse_way(value: object) -> Way:
    """Check a way to tell of news.

    Raises:
        ValueError: There is no such way; the message names all there are.
    """
    try:
        return Way(parse_text(value))
    except ValueError:
        words = ", ".join(Way)
        raise ValueError(f"must be one of {words}, in quotes, not {_shown(value)}") from None


def parse_text(value: object) -> str:
    """A text, less the white space around it.

    Raises:
        ValueError: It is a number, a table or the like.
    """
    if isinstance(value, str):
        return value.strip()
    raise ValueError("must be text in quotes")


def _shown(value: object) -> str:
    """A value as a sentence may quote it: one clean line, short, and no key in it."""
    text = LIKE_A_KEY.sub(lambda key: mask(key[0]), clean_line(str(value)))
    return f"'{text}'" if len(text) <= 60 else f"'{text[:59]}…'"
