"""Why there is no connection, in words: looks through the errors of all layers for the one that knows."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

from tvtui.text.clean import clean_line

_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}
CHECK_NETWORK = "Check your network or VPN."
CHECK_PROXIES = "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY."


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
