"""Servers for tests: fake ones in memory, and the demo's server with plain requests to it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from itertools import chain, repeat
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from tests.support.builders import ANSWERED, CREATED
from tests.support.clock import FakeClock
from tests.support.http import KEY
from tvtui.demo.evidence import blob_of
from tvtui.demo.faults import Fault
from tvtui.demo.scenarios import SCENARIOS, Scenario
from tvtui.demo.server import DemoServer
from tvtui.demo.timeline import Json
from tvtui.settings.api_key import ApiKey
from tvtui.settings.settings import Settings
from tvtui.testvibe.client import Answer, Client
from tvtui.testvibe.diagnosis import Diagnosis
from tvtui.testvibe.errors import ClientError, NotFound
from tvtui.testvibe.links import ArtifactLink
from tvtui.testvibe.models import Reader, Run
from tvtui.testvibe.storage import Storage
from tvtui.watch.clock import Clock

Reply = Run | Answer | Exception | Callable[[], Awaitable[Answer | None]]
"""What a request gets; a function is called, and if it returns None, the request gets the next reply."""


class FakeServer:
    """A server in memory: each request gets the next reply, and the last one is repeated.

    Attributes:
        answers: The replies to come.
        others: The replies for other runs than the first, by run ID.
        asked_at: When requests for runs came, in seconds since the server was made.
        most_under_way: The highest number of such requests under way at once.
        cancelled: How many were canceled.
    """

    def __init__(self, clock: Clock, *answers: Reply) -> None:
        self._clock = clock
        self._started, self._started_utc = clock.now(), clock.utc()
        self.answers = list(answers)
        self.others: dict[int, list[Reply]] = {}
        self.asked_at: list[float] = []
        self._under_way = 0
        self.most_under_way = 0
        self.cancelled = 0
        self.storage = Storage()
        self.links: tuple[ArtifactLink, ...] | Exception = ()
        self.links_gate: asyncio.Event | None = None
        self.diagnosing: Callable[[], Awaitable[Diagnosis]] | None = None
        self.dispatch: int | Exception = 215
        self.dispatch_gate: asyncio.Event | None = None
        self.dispatched: list[tuple[int | str, str | None, str | None]] = []

    @property
    def asked(self) -> int:
        """How many requests for runs came."""
        return len(self.asked_at)

    @property
    def time(self) -> datetime:
        """The clock of the server, which setting the local clock does not change."""
        return self._started_utc + timedelta(seconds=self._clock.now() - self._started)

    async def fetch(self, run_id: int = 214) -> Answer:
        self.asked_at.append(self._clock.now() - self._started)
        self._under_way += 1
        self.most_under_way = max(self.most_under_way, self._under_way)
        try:
            return await self._reply(self.others.get(run_id, self.answers))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self._under_way -= 1

    async def _reply(self, replies: list[Reply]) -> Answer:
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, Run):
            return Answer(reply, self.time)
        if isinstance(reply, Answer):
            return reply
        return await reply() or await self._reply(replies)

    def fetcher(self, run_id: int) -> Callable[[], Awaitable[Answer]]:
        return lambda: self.fetch(run_id)

    async def fetch_links(self, run_id: int) -> tuple[ArtifactLink, ...]:
        if self.links_gate is not None:
            await self.links_gate.wait()
        if isinstance(self.links, Exception):
            raise self.links
        return self.links

    async def diagnose(self, run_id: int) -> Diagnosis:
        if self.diagnosing is None:
            raise NotFound("There is none.")
        return await self.diagnosing()

    async def run_feature(self, feature: int | str, *, config: str | None, site_url: str | None) -> int:
        self.dispatched.append((feature, config, site_url))
        if self.dispatch_gate is not None:
            await self.dispatch_gate.wait()
        if isinstance(self.dispatch, Exception):
            raise self.dispatch
        return self.dispatch


WATCH_SETTINGS = Settings(
    "https://testvibe.acme.example",
    ApiKey(KEY),
    "01234567-89ab-cdef-0123-456789abcdef",
    key_source="TESTVIBE_API_KEY",
)


class FakeClient:
    """A client in memory, one of those of `clients`."""

    def __init__(self, clients: FakeClients, settings: Settings) -> None:
        self.settings = settings
        self.asked: list[int] = []
        self.is_closed = False
        self.loop = asyncio.get_running_loop()
        self._answers = clients.answers

    async def get_run(self, run_id: int, _reader: Reader | None = None) -> Answer:
        self.asked.append(run_id)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        await asyncio.sleep(0)
        if isinstance(answer, ClientError):
            raise answer
        return Answer(answer if isinstance(answer, Run) else answer(), ANSWERED)

    async def aclose(self) -> None:
        self.is_closed = True


class FakeClients:
    """The clients of one connection: whatever their settings, each request gets the next answer, the last one again."""

    def __init__(self, *answers: Run | ClientError | Callable[[], Run]) -> None:
        self.answers = [*answers]
        self.made: list[FakeClient] = []

    def __call__(self, settings: Settings) -> Client:
        self.made.append(FakeClient(self, settings))
        return cast("Client", self.made[-1])


def settings_for(server: DemoServer) -> Settings:
    """Settings with the address, key and project of the server."""
    return Settings(server.url, ApiKey(server.api_key), server.project, key_source="TESTVIBE_API_KEY")


def in_turn(*plan: Fault | None, always: Fault | None = None) -> Callable[[int, float], Fault | None]:
    """One fault per request, None for a good answer; all later requests meet `always`."""
    rest = chain(plan, repeat(always))
    return lambda _number, _seconds: next(rest)


@contextmanager
def serving(
    *plan: Fault | None,
    clock: FakeClock,
    age: float = 20.0,
    scenario: str | Scenario | None = None,
    always: Fault | None = None,
    api_key: str | None = None,
) -> Iterator[DemoServer]:
    """A demo server that shares the clock of the watch.

    Args:
        plan: The faults of the first requests, None for a good answer.
        clock: The clock of the watch.
        age: Seconds since the run was created.
        scenario: The run; None for the default one, which then stays as it is at that age.
        always: The fault of all later requests; None for good answers.
        api_key: The accepted key; None for a new one.
    """
    scenario = scenario or Scenario("frozen", "", lambda _seconds: SCENARIOS["default"].digest_at(age))
    # the server reads its clock once when it is created, and the run should have begun `age` seconds before
    zero, begun = iter((0.0,)), clock.now() - age
    with DemoServer(
        scenario,
        faults=in_turn(*plan, always=always),
        clock=lambda: next(zero, clock.now() - begun),
        started=CREATED,
    ) as server:
        server.api_key = api_key or server.api_key
        yield server


@contextmanager
def serving_fault(fault: Fault) -> Iterator[DemoServer]:
    """A server all of whose responses have this fault."""
    with DemoServer(faults=lambda _number, _seconds: fault, clock=FakeClock().now, started=CREATED) as server:
        yield server


@contextmanager
def connected(server: DemoServer) -> Iterator[HTTPConnection]:
    """A connection to the server, with the standard library."""
    with closing(HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]), timeout=10)) as connection:
        yield connection


def send_request(
    connection: HTTPConnection, server: DemoServer, path: str | None = None, **headers: str
) -> HTTPResponse:
    """Request a path, by default the first run, with the server's key."""
    path = path or f"/api/v1/ops/projects/{server.project}/runs/{server.run_id}"
    authorization = headers.pop("authorization", f"Bearer {server.api_key}")
    connection.request("GET", path, headers={"Authorization": authorization, **headers})
    return connection.getresponse()


def request_api(server: DemoServer, path: str | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one request on a connection of its own."""
    with connected(server) as connection:
        answer = send_request(connection, server, path, **headers)
        return answer.status, dict(answer.getheaders()), answer.read()


def get_digest(server: DemoServer) -> Json:
    """The digest of the first run."""
    status, _, body = request_api(server)
    assert status == 200
    answer: Json = json.loads(body)
    return answer


def send_raw(server: DemoServer, data: bytes) -> bytes:
    """Everything that the server answers to these bytes."""
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def thread_names(prefix: str) -> list[str]:
    """The names of the running threads with this prefix."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(prefix)]


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for a condition without an event loop, up to 10 seconds."""
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.001)


LOCKED_OUT_TRACE = "trace/locked-out-user-sees-an-error.zip"


class Response(NamedTuple):
    """A response of the storage."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The error code, as Azure names it."""
        return self.headers["x-ms-error-code"]


def get_manifest(server: DemoServer, run_id: int | None = None) -> list[Json]:
    """The artifacts with their links, as `get_run_artifacts` returns them."""
    status, _, body = request_api(
        server, f"/api/v1/ops/projects/{server.project}/runs/{run_id or server.run_id}/artifacts"
    )
    assert status == 200
    return cast("list[Json]", json.loads(body))


def get_link(server: DemoServer, path: str = LOCKED_OUT_TRACE) -> str:
    """A fresh link to one artifact of the first run."""
    return next(str(row["url"]) for row in get_manifest(server) if row["path"] == path)


def get_artifact(server: DemoServer, path: str = LOCKED_OUT_TRACE) -> bytes:
    """All bytes of one artifact of the first run, without a request."""
    blob = blob_of(next(row for row in server.artifacts() if row["path"] == path))
    return blob.read(0, blob.size)


def request_url(url: str, method: str = "GET", **headers: str) -> Response:
    """Send one request on a new connection."""
    parts = urlsplit(url)
    with closing(HTTPConnection(str(parts.hostname), int(parts.port or 0), timeout=10)) as connection:
        connection.request(method, f"{parts.path}?{parts.query}", headers=headers)
        answer = connection.getresponse()
        return Response(answer.status, dict(answer.getheaders()), answer.read())


def post_run(server: DemoServer, feature: str, body: bytes = b"", authorization: str | None = None) -> tuple[int, Any]:
    """Start a run of a feature: the status and the JSON of the response."""
    key = authorization or f"Bearer {server.api_key}"
    with connected(server) as connection:
        path = f"/api/v1/ops/projects/{server.project}/features/{feature}/run"
        connection.request("POST", path, body=body, headers={"Authorization": key})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
