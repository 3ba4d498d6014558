"""What a server says in the place of an answer, in sentences that no foreign text can break and no key is in."""

from __future__ import annotations

from http import HTTPStatus

from tvtui.client.errors import Busy, ClientError, Faulty, NotFound, Refused, Unreachable
from tvtui.client.network_faults import CHECK_PROXIES
from tvtui.client.reply import Reply, is_busy
from tvtui.settings.settings import Settings
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
