"""The API's side of one connection."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol
from urllib.parse import unquote

from tvtui.demo import replies
from tvtui.demo.connection import Connection, Host
from tvtui.demo.faults import Fault
from tvtui.demo.replies import Reply, encoded
from tvtui.demo.timeline import Json

if TYPE_CHECKING:
    import socket
    from socketserver import BaseServer

_PROJECTS = ["api", "v1", "ops", "projects"]
_NOT_FOUND = replies.not_found()


class Request(NamedTuple):
    """A request to the API.

    Attributes:
        number: Counted from 1 over all requests.
        method: `GET` and the like.
        path: The path with its query, as sent.
        headers: The headers by lower-case name, without the key.
        is_authorized: Whether it carried the right key.
        connection: The number of its connection, from 1.
        at: The seconds of the script of its run.
        fault: The description of the fault that replaced the answer, if any.
    """

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    is_authorized: bool
    connection: int
    at: float
    fault: str | None


class Api(Host, Protocol):
    """What a connection needs from the server of the API."""

    api_key: str
    project: str

    @property
    def run_ids(self) -> list[int]:
        """The known runs."""

    def received(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        is_authorized: bool,
        connection: int,
        run_id: int | None,
    ) -> Fault | None:
        """Record a request and return its fault."""

    def digest(self, ago: float = 0.0, run_id: int | None = None) -> Json:
        """The digest of a run, by default of the first one."""

    def artifacts(self, run_id: int | None = None) -> list[Json]:
        """The manifest of a run with fresh links."""

    def diagnosis(self, run_id: int | None = None) -> Json | None:
        """The diagnosis of a run; None if the server does not support diagnoses."""

    def dispatch(self, named: str, changes: Mapping[str, object]) -> Reply:
        """Start a run of a feature."""


class HttpExchange(Connection):
    """The requests of one connection to the API."""

    USUAL_HEADERS: ClassVar[Mapping[str, str]] = {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-store",
    }

    def __init__(
        self,
        api: Api,
        connections: Iterator[int],
        request: socket.socket,
        client_address: tuple[str, int],
        server: BaseServer,
    ) -> None:
        self._api = api
        self._is_authorized = False
        self._body = b""
        self._steps: list[str] = []
        super().__init__(api, connections, request, client_address, server)

    def handle_request(self) -> None:
        """Record the request and answer it, rightly or with a fault."""
        headers = self.read_headers()
        self._is_authorized = headers.pop("authorization", "") == f"Bearer {self._api.api_key}"
        self._body = self.read_body()
        # split first, as a name may contain an encoded slash
        self._steps = [unquote(step).lower() for step in self.path.partition("?")[0].split("/")[1:]]
        fault = self._api.received(
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
        """Answer as the API does, compressed if the client accepts that."""
        status, body, headers = self.reply()
        if status == 200:
            headers = {**headers, "Vary": "Accept-Encoding"}
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                packer = zlib.compressobj(1, zlib.DEFLATED, 31)
                body = packer.compress(body) + packer.flush()
                headers = {**headers, "Content-Encoding": "gzip"}
        self.send(self.head(status, {"Content-Length": str(len(body)), **headers}) + body)

    def reply(self, *, whole: bool = False) -> Reply:
        """The right answer."""
        if not self._is_authorized:
            return replies.unauthorized()
        match self.command, self._inside_project():
            case "GET", None if self._steps == _PROJECTS:
                return Reply(200, encoded([{"id": self._api.project, "name": "Acme Shop"}]))
            case "POST", ["features", feature, "run"]:
                return self._dispatched(feature)
            case "GET", ["runs", _, *rest] if self._run_id is not None:
                return self._about_run(self._run_id, rest)
        return _NOT_FOUND

    def digest(self, ago: float = 0.0) -> Json:
        """The digest of the requested run, or of the first one, `ago` seconds of the script ago."""
        return self._api.digest(ago, self._run_id)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer invalid HTTP with an error in the API's shape instead of HTML."""
        self.hang_up()
        body = replies.problem("invalid_request", message or f"Invalid request: {code}.")
        self.send(self.head(code, {"Content-Length": str(len(body))}) + body)

    def _inside_project(self) -> list[str] | None:
        """The path segments below the project; None for a path outside of it."""
        top = [*_PROJECTS, self._api.project]
        return self._steps[len(top) :] if self._steps[: len(top)] == top else None

    @property
    def _run_id(self) -> int | None:
        """The known run that the path is about, if any."""
        match self._inside_project():
            case ["runs", number, *_] if number.isascii() and number.isdecimal() and len(number) < 10:
                return int(number) if int(number) in self._api.run_ids else None
        return None

    def _about_run(self, run_id: int, rest: list[str]) -> Reply:
        match rest:
            case []:
                return Reply(200, encoded(self._api.digest(run_id=run_id)))
            case ["artifacts"]:
                return Reply(200, encoded(self._api.artifacts(run_id)))
            case ["diagnosis"]:
                diagnosis = self._api.diagnosis(run_id)
                # the framework of an older server answers an unknown path with an empty body
                return Reply(404, b"") if diagnosis is None else Reply(200, encoded(diagnosis))
        return _NOT_FOUND

    def _dispatched(self, feature: str) -> Reply:
        """Start a run if the body is valid."""
        try:
            wanted = json.loads(self._body) if self._body.strip() else {}
        except (ValueError, RecursionError):
            return replies.refused(400, "invalid_request", "The body is not valid JSON.")
        if not isinstance(wanted, dict):
            return replies.refused(400, "invalid_request", "The body must be a JSON object.")
        changes = {name: wanted[name] for name in ("config", "siteUrl") if wanted.get(name) is not None}
        if odd := [name for name, value in changes.items() if not isinstance(value, str)]:
            return replies.refused(400, "invalid_request", f"The field {odd[0]} must be a string.")
        return self._api.dispatch(feature, changes)
