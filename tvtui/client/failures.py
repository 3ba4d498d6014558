"""What went wrong on the way to a server or a storage, as an error in sentences."""

from __future__ import annotations

from tvtui.client.errors import ClientError, Unreachable
from tvtui.client.network_faults import CHECK_NETWORK, CHECK_PROXIES, explain
from tvtui.client.route import httpx
from tvtui.text.redact import quoted


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
