"""What can go wrong with artifacts in particular, one function each.

All of `faults` can be played by the storage as well: a part that is cut off, a reset, a redirect, a page of HTML.
"""

from __future__ import annotations

from collections.abc import Mapping

from tvtui.demo import faults
from tvtui.demo.faults import Exchange, Fault, answered
from tvtui.demo.replies import not_authenticated, storage_error

_TICK = 0.05


def expired() -> Fault:
    """The link is no longer good, whatever it says."""
    return answered("answers 403, link expired", not_authenticated("Signature not valid in the specified time frame"))


def deleted() -> Fault:
    """The artifact is gone."""
    return answered("answers 404, deleted", storage_error(404, "BlobNotFound", "The specified blob does not exist."))


def broken() -> Fault:
    """The storage itself fails."""
    message = "The server encountered an internal error. Please retry the request."
    return answered("answers 500", storage_error(500, "InternalError", message))


def server_busy() -> Fault:
    """The storage asks to come back later."""
    reply = storage_error(
        503, "ServerBusy", "The server is currently unable to receive requests.", {"Retry-After": "1"}
    )
    return answered("answers 503, busy", reply)


def no_ranges() -> Fault:
    """The whole file, whatever part of it was asked for."""

    def play(exchange: Exchange) -> None:
        status, body, headers = exchange.reply(whole=True)
        headers = {name: value for name, value in headers.items() if name != "Accept-Ranges"}
        exchange.send(exchange.head(status, {"Content-Length": str(len(body)), **headers}) + body)

    return Fault("knows no ranges", play)


def changed() -> Fault:
    """The whole of a file that has become another one since: same length, new ETag, bytes in reverse order."""

    def play(exchange: Exchange) -> None:
        status, body, headers = exchange.reply(whole=True)
        headers = {**headers, "ETag": '"0x8DCHANGED"'}
        exchange.send(exchange.head(status, {"Content-Length": str(len(body)), **headers}) + body[::-1])

    return Fault("answers a changed file", play)


def wrong_range() -> Fault:
    """A part, but not the one that was asked for: always the first bytes, and it says so."""

    def play(exchange: Exchange) -> None:
        _, body, headers = exchange.reply(whole=True)
        part = body[: max(1, len(body) // 2)]
        headers = {**headers, "Content-Range": f"bytes 0-{len(part) - 1}/{len(body)}"}
        exchange.send(exchange.head(206, {"Content-Length": str(len(part)), **headers}) + part)

    return Fault("answers another part", play)


def unsatisfiable() -> Fault:
    """The part that was asked for is said not to exist."""
    message = "The range specified is invalid for the current size of the resource."
    return answered("answers 416", storage_error(416, "InvalidRange", message, {"Content-Range": "bytes */0"}))


def shorter(by: int = 1) -> Fault:
    """A whole answer that lacks the last bytes: fewer than the manifest says."""
    return _resized(f"answers {by} bytes too few", -by)


def longer(by: int = 1) -> Fault:
    """A whole answer with bytes too many at its end: more than the manifest says."""
    return _resized(f"answers {by} bytes too many", by)


def endless(size: int = 1 << 40) -> Fault:
    """An answer without a length that does not stop before `size` bytes."""

    def play(exchange: Exchange) -> None:
        exchange.hang_up()
        exchange.send(exchange.head(200, {"Connection": "close"}))
        for _ in range(size >> 16):
            exchange.send(bytes(1 << 16))

    return Fault("never ends", play)


def cut_after(size: int) -> Fault:
    """The connection is closed in an orderly way after so many bytes of the body that was announced."""

    def play(exchange: Exchange) -> None:
        status, body, headers = exchange.reply()
        exchange.send(exchange.head(status, {"Content-Length": str(len(body)), **headers}) + body[:size])
        exchange.hang_up()

    return Fault(f"hangs up after {size} bytes", play)


def throttled(bytes_per_second: float = 20_000) -> Fault:
    """The right answer, so many bytes a second."""
    piece = max(1, round(bytes_per_second * _TICK))

    def play(exchange: Exchange) -> None:
        status, body, headers = exchange.reply()
        exchange.send(exchange.head(status, {"Content-Length": str(len(body)), **headers}))
        for start in range(0, len(body), piece):
            part = body[start : start + piece]
            exchange.pause(len(part) / bytes_per_second)
            exchange.send(part)

    return Fault(f"sends {bytes_per_second:g} bytes a second", play)


def stalled(after: int = 1_000) -> Fault:
    """No more after so many bytes, on a connection that stays open."""

    def play(exchange: Exchange) -> None:
        status, body, headers = exchange.reply()
        exchange.send(exchange.head(status, {"Content-Length": str(len(body)), **headers}) + body[:after])
        exchange.wait_until_left()

    return Fault(f"stalls after {after} bytes", play)


def _resized(what: str, by: int) -> Fault:
    def play(exchange: Exchange) -> None:
        _, body, headers = exchange.reply(whole=True)
        body = body + bytes(by) if by > 0 else body[:by]
        exchange.send(exchange.head(200, {"Content-Length": str(len(body)), **headers}) + body)

    return Fault(what, play)


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
    "cut-off": faults.cut_off(),
    "reset": faults.reset(),
    "reset-midway": faults.reset_midway(),
    "hang": faults.hang(),
    "slow": faults.slow(),
    "html": faults.html(),
    "html-403": faults.html(403),
    "empty": faults.empty(),
    "redirect": faults.redirect("https://elsewhere.example/artifact"),
}
"""One of each by name, for whoever wants to draw them at random."""
