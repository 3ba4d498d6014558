"""Everything that can go wrong between a watcher and its server, one function each.

A fault is played in the place of the right answer to one request. Its waits are real seconds, whatever the run's speed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from tvtui.demo import replies
from tvtui.demo.replies import Reply
from tvtui.demo.timeline import Json

_CHUNK = 1 << 16
_HTML = {"Content-Type": "text/html; charset=utf-8"}


encoded = replies.encoded


class Exchange(Protocol):
    """What a fault can do with one request."""

    def digest(self, ago: float = 0.0) -> Json:
        """The run's digest now, or as it was some seconds of the script ago."""

    def reply(self, *, whole: bool = False) -> Reply:
        """What the right answer is, in one piece; `whole` without regard to a part that was asked for."""

    def answer(self) -> None:
        """Answer as if nothing were wrong."""

    def head(self, status: int, headers: Mapping[str, str]) -> bytes:
        """A status line and headers; the date and a content type of JSON are added unless given."""

    def send(self, data: bytes) -> None:
        """Put these bytes on the wire."""

    def pause(self, seconds: float) -> None:
        """Do nothing for so long; shorter when the server closes."""

    def wait_until_left(self) -> None:
        """Do nothing until the other side, or the server, has closed the connection."""

    def hang_up(self) -> None:
        """Close the connection in an orderly way, at whatever point the answer is."""

    def reset(self) -> None:
        """Reset the connection at once, as a crashed peer does."""


class Fault(NamedTuple):
    """One misbehaviour: what it is, in words, and how it is played."""

    what: str
    play: Callable[[Exchange], None]


FaultPlan = Callable[[int, float], Fault | None]
"""Which fault a request meets: asked with its number (from 1, all requests) and the seconds of the script."""


def slow(seconds: float = 3.0) -> Fault:
    """The right answer, late."""

    def play(exchange: Exchange) -> None:
        exchange.pause(seconds)
        exchange.answer()

    return Fault(f"answers after {seconds:g} s", play)


def hang() -> Fault:
    """No answer at all, on a connection that stays open."""
    return Fault("hangs", lambda exchange: exchange.wait_until_left())


def reset() -> Fault:
    """The connection is reset instead of an answer.

    This is as near to a refused connection as an open listening socket gets; see `DemoServer.down` for a real one.
    """
    return Fault("resets the connection", lambda exchange: exchange.reset())


def reset_midway() -> Fault:
    """The connection is reset after half of the body."""

    def play(exchange: Exchange) -> None:
        _send_half(exchange)
        exchange.reset()

    return Fault("resets in mid-body", play)


def cut_off() -> Fault:
    """The connection is closed in an orderly way after half of the body that was announced."""

    def play(exchange: Exchange) -> None:
        _send_half(exchange)
        exchange.hang_up()

    return Fault("hangs up in mid-body", play)


def trickle(pause: float = 1.0) -> Fault:
    """The right answer, one byte at a time."""

    def play(exchange: Exchange) -> None:
        status, body, headers = exchange.reply()
        exchange.send(exchange.head(status, {"Content-Length": str(len(body)), **headers}))
        for byte in body:
            exchange.pause(pause)
            exchange.send(bytes((byte,)))

    return Fault(f"trickles a byte every {pause:g} s", play)


def answers(what: str, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Fault:
    """Any other answer that is well-formed HTTP."""

    def play(exchange: Exchange) -> None:
        head = exchange.head(status, {"Content-Length": str(len(body)), **(headers or {})})
        exchange.send(head + body)

    return Fault(what, play)


def answered(what: str, reply: Reply) -> Fault:
    """The same of an answer that is ready."""
    return answers(what, reply.status, reply.body, reply.headers)


def refusal(status: int, error: str, message: str, headers: Mapping[str, str] | None = None) -> Fault:
    """An error in the shape that the API documents."""
    return answered(f"answers {status} {error}", replies.refused(status, error, message, headers or {}))


def unauthorized() -> Fault:
    """The key is refused, in the API's words."""
    return answered("answers 401 unauthorized", replies.unauthorized())


def not_found() -> Fault:
    """There is no such run, in the API's words."""
    return answered("answers 404 not_found", replies.not_found())


def busy(retry_after: int | str = 3, status: int = 429) -> Fault:
    """Asks to come back later: after so many seconds, or at an HTTP date."""
    return answers(
        f"answers {status}, retry after {retry_after}",
        status,
        _page(status),
        {**_HTML, "Retry-After": str(retry_after)},
    )


def html(status: int = 200) -> Fault:
    """The page of a proxy or of a login in between."""
    return answers(f"answers {status} in HTML", status, _page(status), _HTML)


def empty(status: int = 200) -> Fault:
    """A body without a byte."""
    return answers(f"answers {status} with nothing", status, b"")


def redirect(location: str, status: int = 302) -> Fault:
    """Sends the watcher somewhere else; `location` is a URL or a path."""
    return answers(f"redirects with {status}", status, b"", {"Location": location})


def malformed() -> Fault:
    """JSON's content type on something that is none."""
    return answers("answers malformed JSON", 200, b"{'runId': 214, status: passed,}")


def nested(depth: int = 100_000) -> Fault:
    """JSON so deep that a recursive parser gives up."""
    return answers(f"answers JSON {depth} levels deep", 200, b"[" * depth + b"]" * depth)


def truncated() -> Fault:
    """Half of what was asked for in a whole HTTP answer."""

    def play(exchange: Exchange) -> None:
        status, body, headers = exchange.reply()
        half = body[: len(body) // 2]
        exchange.send(exchange.head(status, {"Content-Length": str(len(half)), **headers}) + half)

    return Fault("answers truncated JSON", play)


def edited(what: str, edit: Callable[[Json], object], headers: Mapping[str, str] | None = None) -> Fault:
    """The digest, changed: `edit` gets it (it may change its top level in place) and returns what is sent."""

    def play(exchange: Exchange) -> None:
        body = encoded(edit(exchange.digest()))
        exchange.send(exchange.head(200, {"Content-Length": str(len(body)), **(headers or {})}) + body)

    return Fault(what, play)


def wrong_types() -> Fault:
    """A digest whose structure is another one: a word for the tests, a number for the status."""
    return edited("answers wrong types", lambda digest: {**digest, "status": 7, "tests": "none", "summary": []})


def another_run() -> Fault:
    """A well-formed digest of a run that nobody asked for."""
    return edited("answers another run", lambda digest: {**digest, "runId": 215, "featureName": "Another run"})


def older(seconds: float = 10.0) -> Fault:
    """The digest of some seconds of the script ago, as a cache between answers it."""

    def play(exchange: Exchange) -> None:
        body = encoded(exchange.digest(ago=seconds))
        exchange.send(exchange.head(200, {"Content-Length": str(len(body))}) + body)

    return Fault(f"answers what was {seconds:g} s ago", play)


def oversized(size: int = 50 << 20) -> Fault:
    """The right answer, followed by so much white space that the body has `size` bytes."""

    def play(exchange: Exchange) -> None:
        status, body, headers = exchange.reply()
        missing = max(0, size - len(body))
        exchange.send(exchange.head(status, {"Content-Length": str(len(body) + missing), **headers}) + body)
        for start in range(0, missing, _CHUNK):
            exchange.send(b" " * min(_CHUNK, missing - start))

    return Fault(f"answers {size} bytes", play)


def gzip_bomb(size: int = 64 << 20) -> Fault:
    """Some kilobytes that unpack to `size` bytes."""

    def play(exchange: Exchange) -> None:
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        spaces = b" " * _CHUNK
        packed = b"".join(packer.compress(spaces) for _ in range(size // _CHUNK)) + packer.flush()
        exchange.send(exchange.head(200, {"Content-Length": str(len(packed)), "Content-Encoding": "gzip"}) + packed)

    return Fault(f"unpacks to {size} bytes", play)


def _send_half(exchange: Exchange) -> None:
    status, body, headers = exchange.reply()
    exchange.send(exchange.head(status, {"Content-Length": str(len(body)), **headers}) + body[: len(body) // 2])


def _page(status: int) -> bytes:
    title = "Sign in" if status == 200 else f"Error {status}"
    return f"<!doctype html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n".encode()


FAULTS: Mapping[str, Fault] = {
    "slow": slow(),
    "hang": hang(),
    "reset": reset(),
    "reset-midway": reset_midway(),
    "cut-off": cut_off(),
    "trickle": trickle(),
    "401": unauthorized(),
    "403": html(403),
    "404": not_found(),
    "429": busy(),
    "500": refusal(500, "internal_error", "Something went wrong."),
    "502": html(502),
    "503": html(503),
    "503-retry-after": busy(2, status=503),
    "504": empty(504),
    "html": html(),
    "empty": empty(),
    "redirect": redirect("https://elsewhere.example/login"),
    "malformed": malformed(),
    "nested": nested(),
    "truncated": truncated(),
    "wrong-types": wrong_types(),
    "another-run": another_run(),
    "older": older(),
    "oversized": oversized(),
    "gzip-bomb": gzip_bomb(),
}
"""One of each by name, for whoever wants to draw them at random."""
