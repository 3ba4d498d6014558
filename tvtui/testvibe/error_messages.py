"""Error replies, explained in sentences; and the advice that several errors give."""

from __future__ import annotations

from http import HTTPStatus

from tvtui.settings.settings import DEMO, Settings
from tvtui.testvibe.errors import Busy, ClientError, Faulty, NotFound, Refused, Unreachable
from tvtui.testvibe.response import Reply
from tvtui.text.format import elapsed
from tvtui.text.redact import quoted

LONGEST_WAIT = 300.0
"""Seconds; a server that asks for a longer wait is polled again after this time."""

WEB_PAGE = "a web page (HTML) instead of JSON: a proxy or login page may be in the way."


def refusal(reply: Reply, settings: Settings, about: str) -> ClientError:
    """The error for a reply that is not a good answer; quotes the API's message, but nothing of a web page.

    Args:
        reply: A reply with any status other than 2xx.
        settings: The server and key of the request.
        about: What was requested, as in "run 214" or "feature “Login”".
    """
    host, status, wait = shown_host(settings), reply.status, reply.retry_after
    says = f" The server says: {quoted(reply.message).rstrip('.')}." if reply.message else ""
    if reply.is_busy:
        # clear enough, even as a web page
        what = f"Rate-limited by {host} ({status}" if status == 429 else f"{host} is unavailable ({status}"
        if not wait:
            return Busy(f"{what}).{says}")
        return Busy(f"{what}, retry after {elapsed(wait)}).{says}", retry_after=min(wait, LONGEST_WAIT))
    end = f", with {WEB_PAGE}" if reply.is_html and not says else f".{says}"
    if status in {401, 403}:
        what = f"{host} rejected the API key {settings.api_key} ({status}){end}"
        if settings.server_source == DEMO:
            return Refused(what, "This is part of the demo.")
        # a file is read again automatically; the environment of a running process cannot be changed
        is_file = settings.key_source not in {"", "TESTVIBE_API_KEY"}
        if is_file:
            return Refused(what, f"Set a valid key in {settings.key_source}.")
        advice = "Set a valid key in TESTVIBE_API_KEY and restart."
        return Refused(what, advice, meanwhile="To use another key, quit and set TESTVIBE_API_KEY.")
    # a web page comes from a proxy, which does not know what exists
    subject = "" if reply.is_html and reply.message is None else f"{about[0].upper()}{about[1:]}"
    if status in {404, 410} and reply.message is not None:
        wrong = "its number or name," if about.startswith("feature ") else "the run ID"
        what = f"{subject} was not found in project {settings.project}{end}"
        return NotFound(what, f"Check {wrong} and {settings.project_source}.", subject=subject, status=status)
    if status in {404, 410}:
        what = f"{host} returned {named_status(status)}{end}"
        return NotFound(what, f"{check_server(settings)}.", subject=subject, status=status)
    if status == 407:
        return proxy_refusal(reply.proxy)
    return Faulty(f"{host} returned {named_status(status)}{end}", "" if status >= 500 else f"{check_server(settings)}.")


def proxy_refusal(proxy: str | None) -> Unreachable:
    """The error for status 407, from the proxy of any server; `proxy` is safe to show, None if it is unknown."""
    named = f"The proxy {proxy}" if proxy else "The proxy"
    return Unreachable(f"{named} requires a user name and password (407).", CHECK_PROXIES)


def shown_host(settings: Settings) -> str:
    """The server as shown in a sentence: host and port."""
    return quoted(settings.server.partition("://")[2].partition("/")[0])


def check_server(settings: Settings) -> str:
    """The advice if the server's URL may be wrong: where it is set; without the final period."""
    return f"Check {settings.server_source}"


def named_status(status: int) -> str:
    """A status with its standard phrase, if it has one: "404 Not Found"."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


CHECK_NETWORK = "Check your network or VPN."
CHECK_PROXIES = "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY."


def through_proxy(proxy: str | None) -> str:
    """The proxy after a server's name, within a sentence; "" without one."""
    return f" through the proxy {proxy}" if proxy else ""


def no_answer() -> Unreachable:
    """The error if nothing has arrived in time, and nothing more is known."""
    return Unreachable("No response from the server.", "Check its URL and your network or VPN.")
