"""Everything that can go wrong between a client and the demo's servers: the demo's own faults, and rarer ones."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import cast

from tests.support.clock import FakeClock
from tvtui.demo import faults as demo
from tvtui.demo.exchange import Exchange
from tvtui.demo.faults import (
    Fault,
    busy,
    cut_off,
    deleted,
    expired,
    html,
    not_found,
    refusal,
    reset,
    slow,
    throttled,
    truncated,
    unauthorized,
)
from tvtui.demo.replies import Reply, encoded, storage_error
from tvtui.demo.timeline import Json

__all__ = [
    "FAULTS",
    "STORAGE_FAULTS",
    "another_run",
    "answers",
    "broken",
    "busy",
    "changed",
    "cut_after",
    "cut_off",
    "deleted",
    "edited",
    "empty",
    "endless",
    "expired",
    "gzip_bomb",
    "hang",
    "html",
    "longer",
    "malformed",
    "nested",
    "no_ranges",
    "not_found",
    "older",
    "oversized",
    "redirect",
    "refusal",
    "reset",
    "reset_midway",
    "server_busy",
    "shorter",
    "slow",
    "stalled",
    "throttled",
    "timing_out",
    "trickle",
    "truncated",
    "unauthorized",
    "unsatisfiable",
    "wrong_range",
    "wrong_types",
]


_CHUNK = 1 << 16


def answers(what: str, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Fault:
    """Any other response that is well-formed HTTP."""
    return demo.answers(what, Reply(status, body, headers or {}))


def hang() -> Fault:
    """No response, on a connection that stays open."""
    return Fault("hangs", lambda exchange: exchange.wait_for_close())


def reset_midway() -> Fault:
    """The connection is reset after half of the body."""

    def play(exchange: Exchange) -> None:
        reply = exchange.reply()
        exchange.send_reply(reply, len(reply.body) // 2)
        exchange.reset()

    return Fault("resets in mid-body", play)


def trickle(pause: float = 1.0) -> Fault:
    """The correct response, one byte at a time."""

    def play(exchange: Exchange) -> None:
        reply = exchange.reply()
        exchange.send_reply(reply, 0)
        for byte in reply.body:
            exchange.pause(pause)
            exchange.send(bytes((byte,)))

    return Fault(f"trickles a byte every {pause:g} s", play)


def empty(status: int = 200) -> Fault:
    """An empty body."""
    return answers(f"answers {status} with nothing", status, b"")


def redirect(location: str, status: int = 302) -> Fault:
    """A redirect; `location` is a URL or a path."""
    return answers(f"redirects with {status}", status, b"", {"Location": location})


def malformed() -> Fault:
    """A body with the content type of JSON that is not JSON."""
    return answers("answers malformed JSON", 200, b"{'runId': 214, status: passed,}")


def nested(depth: int = 100_000) -> Fault:
    """JSON so deep that a recursive parser gives up."""
    return answers(f"answers JSON {depth} levels deep", 200, b"[" * depth + b"]" * depth)


def edited(what: str, edit: Callable[[Json], object], headers: Mapping[str, str] | None = None) -> Fault:
    """The digest, changed: `edit` receives it (and may modify its top level) and returns what is sent."""

    def play(exchange: Exchange) -> None:
        exchange.send_reply(Reply(200, encoded(edit(exchange.digest())), headers or {}))

    return Fault(what, play)


def wrong_types() -> Fault:
    """A digest of another structure: a word for the tests, a number for the status."""
    return edited("answers wrong types", lambda digest: {**digest, "status": 7, "tests": "none", "summary": []})


def another_run() -> Fault:
    """A well-formed digest of a run that was not requested."""
    return edited("answers another run", lambda digest: {**digest, "runId": 215, "featureName": "Another run"})


def older(seconds: float = 10.0) -> Fault:
    """The digest of some seconds of the script ago, as a cache in between would return it."""

    def play(exchange: Exchange) -> None:
        exchange.send_reply(Reply(200, encoded(exchange.digest(ago=seconds))))

    return Fault(f"answers what was {seconds:g} s ago", play)


def oversized(size: int = 50 << 20) -> Fault:
    """The correct response, padded with white space to a body of `size` bytes."""

    def play(exchange: Exchange) -> None:
        status, body, headers = exchange.reply()
        missing = max(0, size - len(body))
        exchange.send(exchange.head(status, {"Content-Length": str(len(body) + missing), **headers}) + body)
        for start in range(0, missing, _CHUNK):
            exchange.send(b" " * min(_CHUNK, missing - start))

    return Fault(f"answers {size} bytes", play)


def gzip_bomb(size: int = 64 << 20) -> Fault:
    """Some kilobytes that decompress to `size` bytes."""

    def play(exchange: Exchange) -> None:
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        spaces = b" " * _CHUNK
        packed = b"".join(packer.compress(spaces) for _ in range(size // _CHUNK)) + packer.flush()
        exchange.send_reply(Reply(200, packed, {"Content-Encoding": "gzip"}))

    return Fault(f"unpacks to {size} bytes", play)


def broken() -> Fault:
    """An internal error of the storage."""
    message = "The server encountered an internal error. Please retry the request."
    return demo.answers("answers 500", storage_error(500, "InternalError", message))


def server_busy() -> Fault:
    """A request by the storage to come back later."""
    message = "The server is currently unable to receive requests."
    return demo.answers("answers 503, busy", storage_error(503, "ServerBusy", message, {"Retry-After": "1"}))


def no_ranges() -> Fault:
    """The whole file, whatever range was requested."""

    def change(reply: Reply) -> Reply:
        return reply._replace(headers={name: text for name, text in reply.headers.items() if name != "Accept-Ranges"})

    return _changed("knows no ranges", change)


def changed() -> Fault:
    """The whole of a file that has been replaced: same length, new ETag, bytes in reverse order."""

    def change(reply: Reply) -> Reply:
        return reply._replace(body=reply.body[::-1], headers={**reply.headers, "ETag": '"0x8DCHANGED"'})

    return _changed("answers a changed file", change)


def wrong_range() -> Fault:
    """A range other than the requested one: always the first bytes, and labeled as such."""

    def change(reply: Reply) -> Reply:
        part = reply.body[: max(1, len(reply.body) // 2)]
        return Reply(206, part, {**reply.headers, "Content-Range": f"bytes 0-{len(part) - 1}/{len(reply.body)}"})

    return _changed("answers another part", change)


def unsatisfiable() -> Fault:
    """The claim that the requested range does not exist."""
    message = "The range specified is invalid for the current size of the resource."
    reply = storage_error(416, "InvalidRange", message, {"Content-Range": "bytes */0"})
    return demo.answers("answers 416", reply)


def shorter(by: int = 1) -> Fault:
    """A complete response without its last bytes: fewer than the manifest says."""
    return _changed(f"answers {by} bytes too few", lambda reply: reply._replace(status=200, body=reply.body[:-by]))


def longer(by: int = 1) -> Fault:
    """A complete response with extra bytes at its end: more than the manifest says."""
    return _changed(
        f"answers {by} bytes too many", lambda reply: reply._replace(status=200, body=reply.body + bytes(by))
    )


def endless(size: int = 1 << 40) -> Fault:
    """A response without a length that does not stop before `size` bytes."""

    def play(exchange: Exchange) -> None:
        exchange.hang_up()
        exchange.send(exchange.head(200, {"Connection": "close"}))
        for _ in range(size // _CHUNK):
            exchange.send(bytes(_CHUNK))

    return Fault("never ends", play)


def cut_after(size: int) -> Fault:
    """The connection is closed in an orderly way after `size` bytes of the body."""

    def play(exchange: Exchange) -> None:
        exchange.send_reply(exchange.reply(), size)
        exchange.hang_up()

    return Fault(f"hangs up after {size} bytes", play)


def stalled(after: int = 1_000) -> Fault:
    """Nothing more after some bytes, on a connection that stays open."""

    def play(exchange: Exchange) -> None:
        exchange.send_reply(exchange.reply(), after)
        exchange.wait_for_close()

    return Fault(f"stalls after {after} bytes", play)


def _changed(what: str, change: Callable[[Reply], Reply]) -> Fault:
    """The whole file, whatever range was requested, after a change."""
    return Fault(what, lambda exchange: exchange.send_reply(change(exchange.reply(whole=True))))


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
"""One of each for the API's server, by name."""

STORAGE_FAULTS: Mapping[str, Fault] = {
    "expired": expired(),
    "deleted": deleted(),
    "broken": broken(),
    "server-busy": server_busy(),
    "no-ranges": no_ranges(),
    "changed": changed(),
    "wrong-range": wrong_range(),
    "unsatisfiable": unsatisfiable(),
    "shorter": shorter(),
    "longer": longer(),
    "endless": endless(),
    "cut-after": cut_after(1_000),
    "throttled": throttled(),
    "stalled": stalled(),
    "cut-off": cut_off(),
    "reset": reset(),
    "reset-midway": reset_midway(),
    "hang": hang(),
    "slow": slow(),
    "html": html(),
    "html-403": html(403),
    "empty": empty(),
    "redirect": redirect("https://elsewhere.example/artifact"),
}
"""One of each for the storage, by name."""


def timing_out(fault: Fault, clock: FakeClock) -> Fault:
    """The same fault; when it first makes the client wait, the time limit of the client expires."""
    return Fault(fault.what, lambda exchange: fault.play(cast("Exchange", _TimingOut(exchange, clock))))


class _TimingOut:
    """A request whose time limit expires when the client first has to wait."""

    def __init__(self, exchange: Exchange, clock: FakeClock) -> None:
        self._exchange = exchange
        self._clock = clock
        self._has_expired = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._exchange, name)

    def pause(self, seconds: float) -> None:
        self._expire()
        self._exchange.pause(seconds)

    def wait_for_close(self) -> None:
        self._expire()
        self._exchange.wait_for_close()

    def _expire(self) -> None:
        if not self._has_expired:
            self._has_expired = True
            self._clock.expire_time_limits()
