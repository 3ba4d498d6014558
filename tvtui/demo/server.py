"""The demo's server: a TestVibe with one or more scripted runs."""

from __future__ import annotations

import json
import os
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from threading import Lock
from types import TracebackType
from typing import ClassVar, NamedTuple, Self
from urllib.parse import unquote

from tvtui.demo import replies
from tvtui.demo.diagnosis import diagnosis
from tvtui.demo.exchange import Exchange
from tvtui.demo.faults import Fault, FaultPlan
from tvtui.demo.listener import HOST, Listener
from tvtui.demo.replies import Reply, encoded
from tvtui.demo.runs import DemoRun, rows_of
from tvtui.demo.scenarios import SCENARIOS, Scenario
from tvtui.demo.storage import Storage, StorageFaultPlan, StorageRequest
from tvtui.demo.timeline import RUN_ID, Json

PROJECT = "6c1d2f0e-5b7a-4a58-9d3e-0f4b8a7c2e19"
"""The public ID of the only project."""

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PROJECTS = ["api", "v1", "ops", "projects"]


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
        fault: The description of the fault that replaced the response, if any.
    """

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    is_authorized: bool
    connection: int
    at: float
    fault: str | None


class DemoServer:
    """Serves scenarios on a free port of 127.0.0.1 until `close()`, and their artifacts on another one.

    The runs are created with the server, at second 0 of their scripts. All times (in digests, links and `Date`) come
    from one clock, so they stay consistent even if this machine's clock is changed.

    Attributes:
        scenario: The scenario of the first run.
        project: The public ID of the project.
        run_id: The first run.
        api_key: The only accepted key, new for each server.
        requests: All requests so far, without those to the storage.
        faults: The faults that replace those of the scenarios, if any.
    """

    def __init__(
        self,
        scenario: str | Scenario = "default",
        speed: float = 1.0,
        *,
        runs: Mapping[int, str | Scenario] | None = None,
        faults: FaultPlan | None = None,
        storage_faults: StorageFaultPlan | None = None,
        link_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        started: datetime | None = None,
    ) -> None:
        """Start to serve.

        Args:
            scenario: The scenario of run 214: a name in `SCENARIOS`, or another scenario.
            speed: Seconds of the script per real second, 0.1 to 1,000. Times in digests are scaled accordingly (see
                `timeline.stamped`); the waits of faults and the lifetime of links are not.
            runs: The scenarios of further runs by their IDs; may replace that of run 214.
            faults: Replaces the faults of the scenarios.
            storage_faults: Replaces the faults of the scenarios' storage.
            link_seconds: The lifetime of a link to an artifact.
            clock: Returns seconds that never go back.
            started: The server's time at its start, aware; by default the real time.

        Raises:
            ValueError: The scenario does not exist, or `speed` is out of range.
            OSError: No port is available.
        """
        scenarios = {RUN_ID: scenario, **(runs or {})}
        self._runs = {run_id: DemoRun(run_id, _scenario(one)) for run_id, one in scenarios.items()}
        if not 0.1 <= speed <= 1_000:
            raise ValueError(f"Speed {speed:g} is out of range. Use 0.1 to 1000.")
        self.run_id = RUN_ID
        self.scenario = self._runs[RUN_ID].scenario
        self.project = PROJECT
        self.api_key = _new_key()
        self.requests: list[Request] = []
        self._speed = speed
        self.faults = faults
        self._clock = clock
        self._zero = clock()
        self._started = started or datetime.now(UTC)
        self._request_counts: Counter[int] = Counter()
        self._lock = Lock()
        self._connections = count(1)
        self._storage_faults = storage_faults
        self._listener = self._listen()
        self._storage = Storage(self._rows, now=self.now, faults=self._storage_fault, link_seconds=link_seconds)
        self._listener.open()

    @property
    def url(self) -> str:
        """The URL of the server, without a path or a trailing slash."""
        return f"http://{HOST}:{self._listener.port}"

    @property
    def storage_url(self) -> str:
        """The URL of the storage, without a trailing slash."""
        return self._storage.url

    @property
    def storage_requests(self) -> list[StorageRequest]:
        """All requests to the storage so far."""
        return self._storage.requests

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which tvtui watches this server."""
        return {
            "TESTVIBE_SERVER": self.url,
            "TESTVIBE_API_KEY": self.api_key,
            "TESTVIBE_PROJECT": self.project,
        }

    @property
    def run_ids(self) -> list[int]:
        """All runs, in the order in which they were started."""
        return [*self._runs]

    def digest(self, ago: float = 0.0, run_id: int = RUN_ID) -> Json:
        """The digest of a run, by default the first one, `ago` seconds of the script ago.

        Raises:
            KeyError: The run does not exist.
        """
        run = self._runs[run_id]
        return run.digest(run.seconds(self._passed, self._speed) - ago, started=self._started, speed=self._speed)

    def artifacts(self, run_id: int = RUN_ID) -> list[Json]:
        """The current manifest of a run, with fresh links.

        Raises:
            KeyError: The run does not exist.
        """
        rows = rows_of(self.digest(run_id=run_id))
        return [{**row, "url": self._storage.link(run_id, place, row)} for place, row in enumerate(rows)]

    def diagnosis(self, run_id: int = RUN_ID) -> Json | None:
        """The current diagnosis of a run; None if the scenario's server does not support diagnoses.

        Raises:
            KeyError: The run does not exist.
        """
        scenario = self._runs[run_id].scenario
        if not scenario.has_diagnosis:
            return None
        return diagnosis(self.digest(run_id=run_id), scenario.feature, self.artifacts(run_id))

    def dispatch(self, named: str, changes: Mapping[str, object]) -> Reply:
        """Start a run of a feature with the scenario of its last run, or respond why it cannot be started.

        Args:
            named: The number or the name of the feature, in any case.
            changes: Fields of the digest to change, such as `config`.
        """
        offset = self._passed
        with self._lock:
            earlier = next((run for run in reversed(self._runs.values()) if run.has_feature(named)), None)
            if earlier is None:
                return replies.not_found("No such feature in this project.")
            if not earlier.scenario.is_generated:
                message = "The feature is not generated yet: only generated features can be run."
                return replies.api_error(409, "conflict", message)
            run = DemoRun(max(self._runs) + 1, earlier.scenario, offset, {**earlier.changes, **changes})
            # a new dict, as another thread may be iterating over the old one
            self._runs = {**self._runs, run.run_id: run}
        feature_id = run.scenario.digest_at(0.0).get("featureId")
        return Reply(202, encoded({"runId": run.run_id, "featureId": feature_id}))

    def now(self) -> datetime:
        """The server's own time, in UTC."""
        return self._started + timedelta(seconds=self._passed)

    def close(self) -> None:
        """Stop at once, even if clients are waiting; can be called twice."""
        self._listener.close()
        self._storage.close()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Refuse connections within the context, as a restarting server does; open ones are closed.

        The port stays the same and reserved. The storage stays up.
        """
        port = self._listener.port
        self._listener.close()
        self._listener = self._listen(port)
        try:
            yield
        finally:
            if not self._listener.closing.is_set():
                self._listener.open()

    def record(self, exchange: _ApiExchange, headers: Mapping[str, str]) -> Fault | None:
        """Record a request and return its fault."""
        run = self._runs[exchange.run_id or RUN_ID]
        at = run.seconds(self._passed, self._speed)
        with self._lock:
            number = len(self.requests) + 1
            self._request_counts[run.run_id] += 1
            if self.faults is not None:
                fault = self.faults(number, at)
            else:
                fault = run.scenario.fault_at(self._request_counts[run.run_id], at)
            self.requests.append(
                Request(
                    number,
                    exchange.command,
                    exchange.path,
                    headers,
                    exchange.is_authorized,
                    exchange.number,
                    at,
                    fault and fault.what,
                )
            )
        return fault

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _passed(self) -> float:
        return self._clock() - self._zero

    def _rows(self, run_id: int) -> list[Json]:
        return [*rows_of(self.digest(run_id=run_id))] if run_id in self._runs else []

    def _storage_fault(self, number: int, run_id: int | None, path: str) -> Fault | None:
        if self._storage_faults is not None:
            return self._storage_faults(number, path)
        return self._runs[run_id or RUN_ID].scenario.storage_fault_at(number, path)

    def _listen(self, port: int = 0) -> Listener:
        return Listener(partial(_ApiExchange, self, self._connections), port)


class _ApiExchange(Exchange):
    """The requests of one connection to the API."""

    USUAL_HEADERS: ClassVar[Mapping[str, str]] = {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-store",
    }
    is_authorized = False
    _host: DemoServer
    _body = b""
    _steps: Sequence[str] = ()

    def handle_request(self) -> None:
        """Record the request and answer it, correctly or with a fault."""
        headers = self.read_headers()
        self.is_authorized = headers.pop("authorization", "") == f"Bearer {self._host.api_key}"
        self._body = self.read_body()
        # split first, as a name may contain an encoded slash
        self._steps = [unquote(step).lower() for step in self.path.partition("?")[0].split("/")[1:]]
        fault = self._host.record(self, headers)
        if fault is None:
            self.answer()
        else:
            fault.play(self)

    @property
    def run_id(self) -> int | None:
        """The known run that the path is about, if any."""
        match self._inside_project():
            case ["runs", number, *_] if number.isascii() and number.isdecimal() and len(number) < 10:
                return int(number) if int(number) in self._host.run_ids else None
        return None

    def answer(self) -> None:
        """Answer as the API does, compressed if the client accepts that."""
        reply = self.reply()
        if reply.status == 200:
            headers = {**reply.headers, "Vary": "Accept-Encoding"}
            body = reply.body
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                body = zlib.compress(body, 1, 31)
                headers["Content-Encoding"] = "gzip"
            reply = Reply(200, body, headers)
        self.send_reply(reply)

    def reply(self, *, whole: bool = False) -> Reply:
        """The correct response."""
        if not self.is_authorized:
            return replies.unauthorized()
        match self.command, self._inside_project():
            case "GET", None if self._steps == _PROJECTS:
                return Reply(200, encoded([{"id": self._host.project, "name": "Acme Shop"}]))
            case "POST", ["features", feature, "run"]:
                return self._dispatched(feature)
            case "GET", ["runs", _, *rest] if self.run_id is not None:
                return self._about_run(self.run_id, rest)
        return replies.not_found()

    def digest(self, ago: float = 0.0) -> Json:
        """The digest of the requested run, or of the first one, `ago` seconds of the script ago."""
        return self._host.digest(ago, self.run_id or RUN_ID)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer invalid HTTP with an error in the API's shape instead of HTML."""
        self.hang_up()
        self.send_reply(replies.api_error(code, "invalid_request", message or f"Invalid request: {code}."))

    def _inside_project(self) -> Sequence[str] | None:
        """The path segments below the project; None for a path outside of it."""
        top = [*_PROJECTS, self._host.project]
        return self._steps[len(top) :] if self._steps[: len(top)] == top else None

    def _about_run(self, run_id: int, rest: Sequence[str]) -> Reply:
        match rest:
            case []:
                return Reply(200, encoded(self._host.digest(run_id=run_id)))
            case ["artifacts"]:
                return Reply(200, encoded(self._host.artifacts(run_id)))
            case ["diagnosis"]:
                found = self._host.diagnosis(run_id)
                # the framework of an older server responds to an unknown path with an empty body
                return Reply(404, b"") if found is None else Reply(200, encoded(found))
        return replies.not_found()

    def _dispatched(self, feature: str) -> Reply:
        """Start a run if the body is valid."""
        try:
            wanted = json.loads(self._body) if self._body.strip() else {}
        except (ValueError, RecursionError):
            return replies.api_error(400, "invalid_request", "The body is not valid JSON.")
        if not isinstance(wanted, dict):
            return replies.api_error(400, "invalid_request", "The body must be a JSON object.")
        changes = {name: wanted[name] for name in ("config", "siteUrl") if wanted.get(name) is not None}
        if odd := [name for name, value in changes.items() if not isinstance(value, str)]:
            return replies.api_error(400, "invalid_request", f"The field {odd[0]} must be a string.")
        return self._host.dispatch(feature, changes)


def _scenario(one: str | Scenario) -> Scenario:
    if isinstance(one, Scenario):
        return one
    if one not in SCENARIOS:
        raise ValueError(f"Unknown scenario {one!r}. Available: {', '.join(SCENARIOS)}.")
    return SCENARIOS[one]


def _new_key() -> str:
    """A random key of the documented format."""
    number = int.from_bytes(os.urandom(64))
    return "tvb_" + "".join(_BASE62[number // 62**place % 62] for place in range(43))
