"""Refusals of a server and faults of the network, explained in sentences."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus
from typing import NamedTuple

from tvtui.settings.settings import Settings
from tvtui.testvibe.errors import Busy, ClientError, Faulty, NotFound, Refused, Unreachable
from tvtui.testvibe.response import Reply, is_busy
from tvtui.text.clean import clean_line
from tvtui.text.format import elapsed
from tvtui.text.redact import quoted

LONGEST_WAIT = 300.0
"""Seconds; whoever asks for more is asked again all the same."""

WEB_PAGE = "a web page (HTML) instead of JSON: a proxy or a login page may stand in between."


def refusal(reply: Reply, settings: Settings, about: str) -> ClientError:
    """The error that a reply means which brings no answer; its message is told, a web page's title is not.

    Args:
        reply: Any but a good one.
        settings: Whom we asked.
        about: What we asked for, as in "There is no run 214 in project …".
    """
    error = _understand(reply, settings, about)
    if reply.message:
        what = f"{error.what} It says: {quoted(reply.message).rstrip('.')}."
    # who is busy may say so in any form
    elif reply.is_html and not isinstance(error, Busy):
        what = f"{error.what.rstrip('.')}, with {WEB_PAGE}"
    else:
        return error
    return type(error)(what, error.advice, retry_after=error.retry_after)


def _understand(reply: Reply, settings: Settings, about: str) -> ClientError:
    host, status, wait = shown_host(settings), reply.status, reply.retry_after
    if is_busy(status, reply.headers.get("retry-after")):
        return _busy(f"{host} is busy ({status})", wait)
    if status in {401, 403}:
        what = f"{host} refused the key {settings.api_key} ({status})."
        # a file is read again by itself, and the environment of a process cannot be changed
        is_file = settings.key_source not in {"", "TESTVIBE_API_KEY"}
        advice = settings.key_source if is_file else "TESTVIBE_API_KEY and start again"
        return Refused(what, f"Set a valid one in {advice}.")
    if status in {404, 410} and reply.message is not None:
        what = f"There is no {about} in project {settings.project}."
        wrong = "its number or name," if about.startswith("feature ") else "the number"
        return NotFound(what, f"Check {wrong} and {settings.project_source}.")
    if status in {404, 410}:
        return NotFound(f"{host} answered {named_status(status)}.", f"{check_server(settings)}.")
    if status == 407:
        return proxy_refusal()
    return Faulty(f"{host} answered {named_status(status)}.", "" if status >= 500 else f"{check_server(settings)}.")


def proxy_refusal() -> Unreachable:
    """What 407 means, whoever was asked."""
    return Unreachable("The proxy asks for a name and a password (407).", CHECK_PROXIES)


def _busy(what: str, wait: float | None) -> Busy:
    if wait is None:
        return Busy(f"{what}.")
    asks = f"{what} and asks to be left alone for {elapsed(wait)}"
    if wait <= LONGEST_WAIT:
        return Busy(f"{asks}.", retry_after=wait)
    return Busy(f"{asks}: it is asked again after {elapsed(LONGEST_WAIT)}.", retry_after=LONGEST_WAIT)


def shown_host(settings: Settings) -> str:
    """The server as a sentence names it: host and port."""
    return quoted(settings.server.partition("://")[2].partition("/")[0])


def check_server(settings: Settings) -> str:
    """Advice where the server's address may be wrong, by the place it was found in; without its end."""
    return f"Check {settings.server_source}"


def named_status(status: int) -> str:
    """A status with its words, as far as it has any: "404 Not Found"."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}
CHECK_NETWORK = "Check your network or VPN."
CHECK_PROXIES = "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY."


def no_answer() -> Unreachable:
    """The error where nothing arrived in time, and nothing else is known."""
    return Unreachable("The server has not answered.", "Check its URL, and your network or VPN.")


class Fault(NamedTuple):
    """What happened, and what to do next; whole sentences."""

    what: str
    advice: str


def explain(
    error: BaseException,
    server: str,
    proxy: str | None,
    *,
    has_answered: bool,
    check_server: str | None = None,
) -> Fault:
    """Tell what stands behind a failed request.

    Args:
        error: As the HTTP library raised it; what it wraps is looked at, its own words are not shown.
        server: The server as it may be shown.
        proxy: The proxy that was to lead there, as it may be shown.
        has_answered: Whether the head of an answer had come.
        check_server: What to advise where the server's address may be wrong, without its end; None where it is no
            setting of the user's.
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
            return Fault(f"Cannot find the host {proxy or server}.", advice)
        if isinstance(cause, ConnectionRefusedError):
            own = CHECK_NETWORK if check_server is None else f"{check_server}, and whether the server runs."
            advice = CHECK_PROXIES if proxy else own
            return Fault(f"The connection was refused by {peer}.", advice)
        if isinstance(cause, TimeoutError):
            return Fault(f"The connection to {peer} timed out.", CHECK_NETWORK)
        if isinstance(cause, OSError) and cause.errno in _NO_WAY:
            return Fault(f"There is no way to {peer}: the network cannot be reached.", CHECK_NETWORK)
    if any(isinstance(cause, ConnectionResetError | BrokenPipeError) for cause in causes):
        where = " in the middle of its answer" if has_answered else ""
        return Fault(f"The connection was reset by {peer}{where}.", CHECK_NETWORK)
    return Fault(f"The connection to {peer} failed.", CHECK_NETWORK)


def _explain_tls(error: ssl.SSLError, server: str, check_server: str | None) -> Fault:
    if not isinstance(error, ssl.SSLCertVerificationError):
        # errors of this kind that Python itself raises lack what OpenSSL's have
        reason = clean_line(getattr(error, "reason", None) or "no reason given").replace("_", " ").lower()
        return Fault(
            f"No secure connection (TLS) to {server}: {reason}.",
            CHECK_NETWORK if check_server is None else f"{check_server}: perhaps that port speaks no https.",
        )
    reason = clean_line(getattr(error, "verify_message", None) or "no reason given").rstrip(".")[:200]
    advice = "If your organisation has its own certificate authority, set SSL_CERT_FILE to its file."
    if "expired" in reason or "not yet valid" in reason:
        advice = "Check the clock of this machine; else the server needs a new certificate."
    elif "mismatch" in reason:
        named = f"{check_server}: it must be the name that is in the certificate."
        advice = CHECK_NETWORK if check_server is None else named
    return Fault(f"The certificate of {server} is not trusted (TLS): {reason}.", advice)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything behind it, each once, outermost first."""
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
        # also where it is hidden ("from None"): httpcore's pool hides the refused connection so
        waiting.extend(inner for inner in (cause.__cause__, cause.__context__) if inner is not None)
