"""Network errors, explained in sentences."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

from tvtui.testvibe.connection import httpx
from tvtui.testvibe.error_messages import CHECK_NETWORK, CHECK_PROXIES, through_proxy
from tvtui.testvibe.errors import ClientError, Unreachable
from tvtui.text.clean import clean_line
from tvtui.text.redact import quoted

_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}

_NO_FILES = {errno.EMFILE, errno.ENFILE}


def explain(
    error: BaseException,
    host: str,
    proxy: str | None,
    *,
    has_answered: bool,
    broke_off: ClientError,
    check_server: str | None = None,
) -> ClientError:
    """Find the cause of a failed request.

    Args:
        error: As the HTTP library raised it; the causes that it wraps decide. Its own text is not shown, except for
            what a proxy answered.
        host: The host of the request, safe to show.
        proxy: The proxy that was used, safe to show.
        has_answered: Whether the head of an answer had arrived.
        broke_off: The error for a connection that was closed in the middle of the answer.
        check_server: The advice if the host may be wrong, without its final period; None if the user has not set it.
    """
    if isinstance(error, httpx.ProxyError):
        return Unreachable(f"The proxy {proxy} did not connect to {host}: {quoted(str(error))}.", CHECK_PROXIES)
    if isinstance(error, httpx.RemoteProtocolError):
        if has_answered:
            return broke_off
        peer = f"The proxy {proxy}" if proxy else host
        what = f"{peer} closed the connection without a response, or is not an HTTP server."
        return Unreachable(what, _advice(proxy, check_server, "."))
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return _explain_tls(cause, f"{host}{through_proxy(proxy)}", check_server)
    peer = f"the proxy {proxy}" if proxy else host
    if any(isinstance(cause, OSError) and cause.errno in _NO_FILES for cause in causes):
        advice = "Watch fewer runs, or raise the limit (ulimit -n)."
        return Unreachable(f"There are too many open files to connect to {peer}.", advice)
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            advice = _advice(proxy, check_server, ", or your network or VPN.")
            return Unreachable(f"Cannot find {peer if proxy else f'the host {host}'}.", advice)
        if isinstance(cause, ConnectionRefusedError):
            advice = _advice(proxy, check_server, ", and that the server is running.")
            return Unreachable(f"The connection was refused by {peer}.", advice)
        if isinstance(cause, TimeoutError):
            return Unreachable(f"The connection to {peer} timed out.", CHECK_NETWORK)
        if isinstance(cause, OSError) and cause.errno in _NO_WAY:
            return Unreachable(f"No route to {peer}: the network is unreachable.", CHECK_NETWORK)
    if any(isinstance(cause, ConnectionResetError | BrokenPipeError) for cause in causes):
        where = " while sending its response" if has_answered else ""
        return Unreachable(f"The connection was reset by {peer}{where}.", CHECK_NETWORK)
    return Unreachable(f"The connection to {peer} failed.", CHECK_NETWORK)


def _advice(proxy: str | None, check_server: str | None, more: str) -> str:
    if proxy:
        return CHECK_PROXIES
    return CHECK_NETWORK if check_server is None else f"{check_server}{more}"


def _explain_tls(error: ssl.SSLError, host: str, check_server: str | None) -> Unreachable:
    if not isinstance(error, ssl.SSLCertVerificationError):
        # errors of this kind that Python itself raises lack the attributes of OpenSSL's
        reason = clean_line(getattr(error, "reason", None) or "unknown reason").replace("_", " ").lower()
        advice = _advice(None, check_server, ": that port may not use https.")
        return Unreachable(f"No secure connection (TLS) to {host}: {reason}.", advice)
    reason = clean_line(getattr(error, "verify_message", None) or "unknown reason").rstrip(".")[:200]
    advice = "If your organization uses its own certificate authority, set SSL_CERT_FILE to its file."
    if "expired" in reason or "not yet valid" in reason:
        advice = "Check this machine's clock; if it is right, the server needs a new certificate."
    elif "mismatch" in reason:
        advice = _advice(None, check_server, ": its host name must match the certificate.")
    return Unreachable(f"The certificate of {host} is not trusted (TLS): {reason}.", advice)


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
