"""The demo's server: a TestVibe with one or more scripted runs."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tvtui.demo import replies
from tvtui.demo.exchange import HttpExchange, Request
from tvtui.demo.faults import Fault, FaultPlan
from tvtui.demo.listener import HOST, Listener
from tvtui.demo.replies import Reply
from tvtui.demo.runs import DemoRun, begun_together, rows_of
from tvtui.demo.scenarios import Scenario
from tvtui.demo.timeline import RUN_ID, Json

if TYPE_CHECKING:
    from tvtui.demo.storage import Storage, StorageFaultPlan, StorageRequest

PROJECT = "6c1d2f0e-5b7a-4a58-9d3e-0f4b8a7c2e19"
"""The public ID of the only project."""

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class DemoServer:
    """Serves scenarios on a free port of 127.0.0.1 until `close()`, and their artifacts on another one.

    The port of the artifacts is opened, and its code imported, only when artifacts are first requested.

    The runs are created with the server, at second 0 of their scripts. All times (in digests, links and `Date`) come
    from one clock, so they agree with each other whatever happens to this machine's clock.

    Attributes:
        scenario: The scenario of the first run.
        project: The public ID of the project.
        run_id: The first run.
        api_key: The only accepted key, made for this server and of no use anywhere else.
        requests: All requests so far, without those to the storage.
        faults: Asked for each request, in place of the scenarios' own faults; None: those are played.
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
            ValueError: There is no such scenario, or `speed` is out of range.
            OSError: No port is available.
        """
        self._runs = begun_together({RUN_ID: scenario, **(runs or {})})
        if not 0.1 <= speed <= 1_000:
            raise ValueError(f"A speed of {speed:g} is out of range: choose one from 0.1 to 1000.")
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
        self._asked: Counter[int] = Counter()
        self._lock = Lock()
        self._connections = count(1)
        self._storage_faults = storage_faults
        self._link_seconds = link_seconds
        self._opened: Storage | None = None
        self._opening = Lock()
        self._listener = self._listen()
        self._listener.open()

    @property
    def url(self) -> str:
        """The URL of the server, without a path or a trailing slash."""
        return f"http://{HOST}:{self._listener.port}"

    @property
    def storage_url(self) -> str:
        """The URL of the storage, without a trailing slash."""
        return self._storage().url

    @property
    def storage_requests(self) -> list[StorageRequest]:
        """All requests to the storage so far."""
        return self._opened.requests if self._opened else []

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

    @property
    def seconds(self) -> float:
        """The seconds of the first run's script that have passed."""
        return self._runs[RUN_ID].seconds(self._passed, self._speed)

    def digest(self, ago: float = 0.0, run_id: int | None = None) -> Json:
        """The digest of a run, by default the first one, `ago` seconds of the script ago.

        Raises:
            KeyError: There is no such run.
        """
        run = self._runs[run_id or RUN_ID]
        return run.digest(run.seconds(self._passed, self._speed) - ago, started=self._started, speed=self._speed)

    def artifacts(self, run_id: int | None = None) -> list[Json]:
        """The current manifest of a run, with fresh links.

        Raises:
            KeyError: There is no such run.
        """
        run_id = run_id or RUN_ID
        storage = self._storage()
        rows = rows_of(self.digest(run_id=run_id))
        return [{**row, "url": storage.link(run_id, place, row)} for place, row in enumerate(rows)]

    def stored(self, path: str, run_id: int | None = None) -> bytes:
        """All bytes of the artifact with this path in a run's current manifest.

        Raises:
            KeyError: There is no such run, or no such artifact in it.
        """
        from tvtui.demo.evidence import blob_of

        rows = {row.get("path"): row for row in self._rows(run_id or RUN_ID)}
        blob = blob_of(rows[path])
        return blob.read(0, blob.size)

    def diagnosis(self, run_id: int | None = None) -> Json | None:
        """The current diagnosis of a run; None if the scenario's server does not support diagnoses.

        Raises:
            KeyError: There is no such run.
        """
        from tvtui.demo.diagnosis import diagnosis
        from tvtui.demo.feature import made_up, written

        scenario = self._runs[run_id or RUN_ID].scenario
        if not scenario.has_diagnosis:
            return None
        digest = self.digest(run_id=run_id)
        feature = written(scenario.feature) if scenario.feature else made_up(digest)
        return diagnosis(digest, feature, self.artifacts(run_id))

    def dispatch(self, named: str, changes: Mapping[str, object]) -> Reply:
        """Start a run of a feature with the scenario of its last run, or answer why it cannot be started.

        Args:
            named: The number or the name of the feature, in any case.
            changes: Fields of the digest to change, such as `config`.
        """
        begun = self._passed
        with self._lock:
            earlier = next((run for run in reversed(self._runs.values()) if run.is_of(named)), None)
            if earlier is None:
                return replies.not_found(replies.NO_SUCH_FEATURE)
            if not earlier.scenario.is_generated:
                return replies.refused(409, "conflict", replies.NOT_GENERATED)
            run = DemoRun(max(self._runs) + 1, earlier.scenario, begun, {**earlier.changes, **changes})
            # a new dict, as another thread may be iterating over the old one
            self._runs = {**self._runs, run.run_id: run}
        feature_id = run.scenario.digest_at(0.0).get("featureId")
        return Reply(202, replies.encoded({"runId": run.run_id, "featureId": feature_id}))

    def now(self) -> datetime:
        """The server's own time, in UTC."""
        return self._started + timedelta(seconds=self._passed)

    def close(self) -> None:
        """Stop at once, whatever clients are waiting for; can be called twice."""
        self._listener.close()
        if self._opened:
            self._opened.close()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Refuse connections within the context, as a restarting server does; open ones are ended.

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
        """Record a request and return its fault; for `HttpExchange`."""
        run = self._runs[run_id or RUN_ID]
        at = run.seconds(self._passed, self._speed)
        with self._lock:
            number = len(self.requests) + 1
            self._asked[run.run_id] += 1
            if self.faults is not None:
                fault = self.faults(number, at)
            else:
                fault = run.scenario.fault_at(self._asked[run.run_id], at)
            what = fault.what if fault else None
            self.requests.append(Request(number, method, path, headers, is_authorized, connection, at, what))
        return fault

    def pause(self, seconds: float) -> None:
        """Wait; shorter if the server is closed. For `HttpExchange`."""
        self._listener.closing.wait(seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _passed(self) -> float:
        return self._clock() - self._zero

    def _storage(self) -> Storage:
        from tvtui.demo.storage import Storage

        with self._opening:
            if self._opened is None:
                self._opened = Storage(
                    self._rows, now=self.now, faults=self._storage_fault, link_seconds=self._link_seconds
                )
            if self._listener.closing.is_set():
                self._opened.close()
            return self._opened

    def _rows(self, run_id: int) -> list[Json]:
        return [*rows_of(self.digest(run_id=run_id))] if run_id in self._runs else []

    def _storage_fault(self, number: int, run_id: int | None, path: str) -> Fault | None:
        if self._storage_faults is not None:
            return self._storage_faults(number, path)
        return self._runs[run_id or RUN_ID].scenario.storage_fault_at(number, path)

    def _listen(self, port: int = 0) -> Listener:
        return Listener(partial(HttpExchange, self, self._connections), port)


def _new_key() -> str:
    """A random key of the documented format."""
    number = int.from_bytes(os.urandom(64))
    return "tvb_" + "".join(_BASE62[number // 62**place % 62] for place in range(43))
