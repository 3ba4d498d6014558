"""The faults that can occur between a client and the demo's two servers, one function each.

A fault replaces the correct response to one request. Its waits are real seconds, whatever the speed of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tvtui.demo import replies
from tvtui.demo.replies import Reply

if TYPE_CHECKING:
    from tvtui.demo.exchange import Exchange

_TICK = 0.05
_HTML = {"Content-Type": "text/html; charset=utf-8"}


class Fault(NamedTuple):
    """One misbehavior: a description, and the function that plays it."""

    what: str
    play: Callable[[Exchange], None]


FaultPlan = Callable[[int, float], Fault | None]
"""The fault of a request, if any, by its number (from 1, counting all requests) and the seconds of the script."""


def slow(seconds: float = 3.0) -> Fault:
    """The correct response, late."""

    def play(exchange: Exchange) -> None:
        exchange.pause(seconds)
        exchange.answer()

    return Fault(f"answers after {seconds:g} s", play)


def reset() -> Fault:
    """The connection is reset instead of a response.

    This is as close to a refused connection as an open port gets; see `DemoServer.down` for a real one.
    """
    return Fault("resets the connection", lambda exchange: exchange.reset())


def cut_off() -> Fault:
    """The connection is closed in an orderly way after half of the body."""

    def play(exchange: Exchange) -> None:
        reply = exchange.reply()
        exchange.send_reply(reply, len(reply.body) // 2)
        exchange.hang_up()

    return Fault("hangs up in mid-body", play)


def answers(what: str, reply: Reply) -> Fault:
    """A fixed response that is well-formed HTTP."""
    return Fault(what, lambda exchange: exchange.send_reply(reply))


def refusal(status: int, error: str, message: str) -> Fault:
    """An error in the documented shape of the API."""
    return answers(f"answers {status} {error}", replies.api_error(status, error, message))


def unauthorized() -> Fault:
    """The API key is rejected, in the API's words."""
    return answers("answers 401 unauthorized", replies.unauthorized())


def not_found() -> Fault:
    """The run does not exist, in the API's words."""
    return answers("answers 404 not_found", replies.not_found())


def busy(retry_after: int | str = 3, status: int = 429) -> Fault:
    """A request to come back later: after some seconds, or at an HTTP date."""
    reply = Reply(status, _page(status), {**_HTML, "Retry-After": str(retry_after)})
    return answers(f"answers {status}, retry after {retry_after}", reply)


def html(status: int = 200) -> Fault:
    """The web page of a proxy or a login form."""
    return answers(f"answers {status} in HTML", Reply(status, _page(status), _HTML))


def truncated() -> Fault:
    """Half of the body in a complete HTTP response."""

    def play(exchange: Exchange) -> None:
        reply = exchange.reply()
        exchange.send_reply(reply._replace(body=reply.body[: len(reply.body) // 2]))

    return Fault("answers truncated JSON", play)


def expired() -> Fault:
    """An artifact's link is rejected as expired, even if it has not expired."""
    detail = "Signature not valid in the specified time frame"
    return answers("answers 403, link expired", replies.not_authenticated(detail))


def deleted() -> Fault:
    """An artifact that has been deleted."""
    return answers("answers 404, deleted", replies.blob_not_found())


def throttled(bytes_per_second: float = 20_000) -> Fault:
    """The correct response at a limited speed."""
    piece = max(1, round(bytes_per_second * _TICK))

    def play(exchange: Exchange) -> None:
        reply = exchange.reply()
        exchange.send_reply(reply, 0)
        for start in range(0, len(reply.body), piece):
            part = reply.body[start : start + piece]
            exchange.pause(len(part) / bytes_per_second)
            exchange.send(part)

    return Fault(f"sends {bytes_per_second:g} bytes a second", play)


def _page(status: int) -> bytes:
    title = "Sign in" if status == 200 else f"Error {status}"
    return f"<!doctype html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n".encode()
