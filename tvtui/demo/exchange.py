"""The API's side of one connection: what is asked of it, and the answer."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, NamedTuple
from urllib.parse import unquote

from tvtui.demo import replies
from tvtui.demo.connection import Connection
from tvtui.demo.replies import Reply, encoded
from tvtui.demo.timeline import Json

if TYPE_CHECKING:
    import socket
    from socketserver import BaseServer

    from tvtui.demo.server import DemoServer

_PROJECTS = ["api", "v1", "ops", "projects"]
_NOTHING_THERE = replies.not_found()


class Request(NamedTuple):
    """What the server has been asked.

    Attributes:
        number: From 1, over all requests.
        method: `GET` and the like.
        path: With the query, as it came.
        headers: By lower-case name, without the key.
        is_authorized: Whether it carried the right key.
        connection: Which connection it came on, from 1.
        at: Seconds of the script of the run that it is about.
        fault: What went wrong with the answer, in words; None if nothing did.
    """

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    is_authorized: bool
    connection: int
    at: float
    fault: str | None


class HttpExchange(Connection):
    """The requests of one connection; to a fault, an `Exchange`."""

    USUAL_HEADERS: ClassVar[Mapping[str, str]] = {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-store",
    }

    def __init__(
        self,
        demo: DemoServer,
        connections: Iterator[int],
        request: socket.socket,
        client_address: tuple[str, int],
        server: BaseServer,
    ) -> None:
        self._demo = demo
        self._is_authorized = False
        self._body = b""
        self._steps: list[str] = []
        super().__init__(demo, connections, request, client_address, server)

    def take(self) -> None:
        """Answer a request, rightly or wrongly."""
        headers = self.read_headers()
        self._is_authorized = headers.pop("authorization", "") == f"Bearer {self._demo.api_key}"
        self._body = self.read_body()
        # A name may hold a slash, percent-encoded: split first.
        self._steps = [unquote(step).lower() for step in self.path.partition("?")[0].split("/")[1:]]
        fault = self._demo.received(
            self.command,
            self.path,
            headers,
            is_authorized=self._is_authorized,
            connection=self._number,
            run_id=self._run_id,
        )
        if fault is None:
            self.answer()
        else:
            fault.play(self)

    def answer(self) -> None:
        """Answer as the API does, compressed where that is asked for."""
        status, body, headers = self.reply()
        if status == 200:
            headers = {**headers, "Vary": "Accept-Encoding"}
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                packer = zlib.compressobj(1, zlib.DEFLATED, 31)
                body = packer.compress(body) + packer.flush()
                headers = {**headers, "Content-Encoding": "gzip"}
        self.send(self.head(status, {"Content-Length": str(len(body)), **headers}) + body)

    def reply(self, *, whole: bool = False) -> Reply:
        """What the right answer is."""
        if not self._is_authorized:
            return replies.unauthorized()
        match self.command, self._inside_project():
            case "GET", None if self._steps == _PROJECTS:
                return Reply(200, encoded([{"id": self._demo.project, "name": "Acme Shop"}]))
            case "POST", ["features", feature, "run"]:
                return self._dispatched(feature)
            case "GET", ["runs", _, *rest] if self._run_id is not None:
                return self._about_run(self._run_id, rest)
        return _NOTHING_THERE

    def digest(self, ago: float = 0.0) -> Json:
        """The digest now, or as it was some seconds of the script ago, of the run that is asked for; else the first."""
        return self._demo.digest(ago, self._run_id)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a request that is no HTTP in the API's shape, not in HTML."""
        self.hang_up()
        body = replies.problem("invalid_request", message or f"This is no request: {code}.")
        self.send(self.head(code, {"Content-Length": str(len(body))}) + body)

    def _inside_project(self) -> list[str] | None:
        """The steps of the path below the project; None for those that lead elsewhere."""
        top = [*_PROJECTS, self._demo.project]
        return self._steps[len(top) :] if self._steps[: len(top)] == top else None

    @property
    def _run_id(self) -> int | None:
        """The run that the path is about; None when it is about none that is known."""
        match self._inside_project():
            case ["runs", number, *_] if number.isascii() and number.isdecimal() and len(number) < 10:
                return int(number) if int(number) in self._demo.run_ids else None
        return None

    def _about_run(self, run_id: int, rest: list[str]) -> Reply:
        match rest:
            case []:
                return Reply(200, encoded(self._demo.digest(run_id=run_id)))
            case ["artifacts"]:
                return Reply(200, encoded(self._demo.artifacts(run_id)))
            case ["diagnosis"]:
                told = self._demo.diagnosis(run_id)
                # An older server answers what it does not know with nothing, as its framework does.
                return Reply(404, b"") if told is None else Reply(200, encoded(told))
        return _NOTHING_THERE

    def _dispatched(self, feature: str) -> Reply:
        """Begin a run, if the request is one for that."""
        try:
            wanted = json.loads(self._body) if self._body.strip() else {}
        except (ValueError, RecursionError):
            return replies.refused(400, "invalid_request", "The body is not valid JSON.")
        if not isinstance(wanted, dict):
            return replies.refused(400, "invalid_request", "The body must be a JSON object.")
        changes = {name: wanted[name] for name in ("config", "siteUrl") if wanted.get(name) is not None}
        if odd := [name for name, value in changes.items() if not isinstance(value, str)]:
            return replies.refused(400, "invalid_request", f"The field {odd[0]} must be a string.")
        return self._demo.dispatch(feature, changes)
