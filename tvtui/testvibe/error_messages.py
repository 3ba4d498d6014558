"""Error answers and network errors, explained in sentences."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus

from tvtui.settings.settings import Settings
from tvtui.testvibe.errors import Busy, ClientError, Faulty, NotFound, Refused, Unreachable
from tvtui.testvibe.response import Reply, is_busy
from tvtui.text.clean import clean_line
from tvtui.text.format import elapsed
from tvtui.text.redact import quoted

LONGEST_WAIT = 300.0
"""Seconds; a server that asks for a longer wait is polled again after this time."""

WEB_PAGE = "a web page (HTML) instead of JSON: a proxy or login page may be in between."


def refusal(reply: Reply, settings: Settings, about: str) -> ClientError:
    """The error for a reply that is not a good answer; quotes the API's message, but nothing of a web page.

    Args:
        reply: A reply with any status other than 2xx.
        settings: The server and key of the request.
        about: What was requested, as in "There is no run 214 in project …".
    """
    error = _understand(reply, settings, about)
    if reply.message:
        what = f"{error.what} The server says: {quoted(reply.message).rstrip('.')}."
    # a rate limit is clear enough, in whichever form it comes
    elif reply.is_html and not isinstance(error, Busy):
        what = f"{error.what.rstrip('.')}, with {WEB_PAGE}"
    else:
        return error
    return type(error)(what, error.advice, retry_after=error.retry_after)


def _understand(reply: Reply, settings: Settings, about: str) -> ClientError:
    host, status, wait = shown_host(settings), reply.status, reply.retry_after
    if is_busy(status, reply.headers.get("retry-after")):
        return _busy(host, status, wait)
    if status in {401, 403}:
        what = f"{host} refused the key {settings.api_key} ({status})."
        # a file is read again automatically; the environment of a running process cannot be changed
        is_file = settings.key_source not in {"", "TESTVIBE_API_KEY"}
        advice = settings.key_source if is_file else "TESTVIBE_API_KEY and start again"
        return Refused(what, f"Set a valid key in {advice}.")
    if status in {404, 410} and reply.message is not None:
        what = f"There is no {about} in project {settings.project}."
        wrong = "its number or name," if about.startswith("feature ") else "the run ID"
        return NotFound(what, f"Check {wrong} and {settings.project_source}.")
    if status in {404, 410}:
        return NotFound(f"{host} answered {named_status(status)}.", f"{check_server(settings)}.")
    if status == 407:
        return proxy_refusal()
    return Faulty(f"{host} answered {named_status(status)}.", "" if status >= 500 else f"{check_server(settings)}.")


def proxy_refusal() -> Unreachable:
    """The error for status 407, from any server."""
    return Unreachable("The proxy requires a user name and password (407).", CHECK_PROXIES)


def _busy(host: str, status: int, wait: float | None) -> Busy:
    what = f"Rate-limited by {host} ({status}" if status == 429 else f"{host} is unavailable ({status}"
    if wait is None:
        return Busy(f"{what}).")
    return Busy(f"{what}, retry after {elapsed(wait)}).", retry_after=min(wait, LONGEST_WAIT))


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


_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}
CHECK_NETWORK = "Check your network or VPN."
CHECK_PROXIES = "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY."


def no_answer() -> Unreachable:
    """The error if nothing has arrived in time, and nothing more is known."""
    return Unreachable("The server has not answered.", "Check its URL, and your network or VPN.")


def explain(
    error: BaseException, server: str, proxy: str | None, *, has_answered: bool, check_server: str | None = None
) -> Unreachable:
    """Find the cause of a failed request.

    Args:
        error: As the HTTP library raised it; the causes that it wraps decide, its own text is not shown.
        server: The server, safe to show.
        proxy: The proxy that was used, safe to show.
        has_answered: Whether the head of an answer had arrived.
        check_server: The advice if the server may be wrong, without its final period; None if the user has not set it.
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return _explain_tls(cause, server, check_server)
    peer = f"the proxy {proxy}" if proxy else server
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            own = CHECK_NETWORK if check_server is None else f"{check_server}, or your network or VPN."
            advice = CHECK_PROXIES if proxy else own
            return Unreachable(f"Cannot find the host {proxy or server}.", advice)
        if isinstance(cause, ConnectionRefusedError):
            own = CHECK_NETWORK if check_server is None else f"{check_server}, and that the server is running."
            advice = CHECK_PROXIES if proxy else own
            return Unreachable(f"The connection was refused by {peer}.", advice)
        if isinstance(cause, TimeoutError):
            return Unreachable(f"The connection to {peer} timed out.", CHECK_NETWORK)
        if isinstance(cause, OSError) and cause.errno in _NO_WAY:
            return Unreachable(f"No route to {peer}: the network is unreachable.", CHECK_NETWORK)
    if any(isinstance(cause, ConnectionResetError | BrokenPipeError) for cause in causes):
        where = " in the middle of its answer" if has_answered else ""
        return Unreachable(f"The connection was reset by {peer}{where}.", CHECK_NETWORK)
    return Unreachable(f"The connection to {peer} failed.", CHECK_NETWORK)


def _explain_tls(error: ssl.SSLError, server: str, check_server: str | None) -> Unreachable:
    if not isinstance(error, ssl.SSLCertVerificationError):
        # errors of this kind that Python itself raises lack the attributes of OpenSSL's
        reason = clean_line(getattr(error, "reason", None) or "no reason given").replace("_", " ").lower()
        return Unreachable(
            f"No secure connection (TLS) to {server}: {reason}.",
            CHECK_NETWORK if check_server is None else f"{check_server}: that port may not use https.",
        )
    reason = clean_line(getattr(error, "verify_message", None) or "no reason given").rstrip(".")[:200]
    advice = "If your organisation has its own certificate authority, set SSL_CERT_FILE to its file."
    if "expired" in reason or "not yet valid" in reason:
        advice = "Check this machine's clock; if it is right, the server needs a new certificate."
    elif "mismatch" in reason:
        named = f"{check_server}: its host name must match the certificate."
        advice = CHECK_NETWORK if check_server is None else named
    return Unreachable(f"The certificate of {server} is not trusted (TLS): {reason}.", advice)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all its causes, each once, outermost first."""
    waiting = [error]
    known: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in known:
            continue
        known.add(id(cause))
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            waiting.extend(cause.exceptions)
        # contexts too, even those hidden by "from None": httpcore's pool hides a refused connection that way
        waiting.extend(inner for inner in (cause.__cause__, cause.__context__) if inner is not None)
