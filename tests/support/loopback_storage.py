"""Plain HTTP to the demo's storage, by signed links and the standard library alone."""

from __future__ import annotations

import json
from contextlib import closing
from http.client import HTTPConnection
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from tests.support.loopback import ask, connected
from tvtui.demo.server import DemoServer
from tvtui.demo.timeline import Json

LOCKED_OUT = "trace/locked-out-user-sees-an-error.zip"


class Got(NamedTuple):
    """An answer of the storage."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """Azure's word for what is wrong."""
        return self.headers["x-ms-error-code"]


def manifest(server: DemoServer, run_id: int | None = None) -> list[Json]:
    """The rows with their links, as `get_run_artifacts` answers them."""
    status, _, body = ask(server, f"/api/v1/ops/projects/{server.project}/runs/{run_id or server.run_id}/artifacts")
    assert status == 200
    return cast("list[Json]", json.loads(body))


def link_to(server: DemoServer, path: str = LOCKED_OUT) -> str:
    """A fresh link to one artifact of the first run."""
    return next(str(row["url"]) for row in manifest(server) if row["path"] == path)


def get(url: str, method: str = "GET", **headers: str) -> Got:
    """One request on a connection of its own."""
    parts = urlsplit(url)
    with closing(HTTPConnection(str(parts.hostname), int(parts.port or 0), timeout=10)) as connection:
        connection.request(method, f"{parts.path}?{parts.query}", headers=headers)
        answer = connection.getresponse()
        return Got(answer.status, dict(answer.getheaders()), answer.read())


def post(server: DemoServer, feature: str, body: bytes = b"", authorization: str | None = None) -> tuple[int, Any]:
    """Ask for a run of a feature."""
    key = authorization or f"Bearer {server.api_key}"
    with connected(server) as connection:
        path = f"/api/v1/ops/projects/{server.project}/features/{feature}/run"
        connection.request("POST", path, body=body, headers={"Authorization": key})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
