"""A TestVibe that knows one run and checks the key: what it serves, when, and how to stop it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from threading import Lock
from types import TracebackType
from typing import Self

from tvtui.demo.exchange import HttpExchange, Request
from tvtui.demo.faults import Fault, FaultPlan
from tvtui.demo.listener import HOST, Listener
from tvtui.demo.scenarios import SCENARIOS, Scenario
from tvtui.demo.timeline import RUN_ID, Json, stamped

PROJECT = "6c1d2f0e-5b7a-4a58-9d3e-0f4b8a7c2e19"
"""The public id of the one project."""

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class DemoServer:
    """Serves a scenario on a free port of 127.0.0.1 from now until `close()`.

    The run is created when the server is: second 0 of its script. All times that the server tells (in digests and in
    `Date`) come from one clock, so they agree with each other whatever happens to this machine's.

    Attributes:
        scenario: What is served.
        project: The project's public id.
        run_id: The run.
        api_key: The only key that is accepted: made for this server, of no use anywhere else.
        requests: What has been asked so far.
    """

    def __init__(
        self,
        scenario: str | Scenario = "default",
        speed: float = 1.0,
        *,
        faults: FaultPlan | None = None,
        clock: Callable[[], float] = time.monotonic,
        started: datetime | None = None,
    ) -> None:
        """Begin to serve.

        Args:
            scenario: The name of one of `SCENARIOS`, or one of one's own.
            speed: Seconds of the script that pass in one second, 0.1 to 1,000. Times in the digest are scaled with it
                (see `timeline.stamped`), faults' waits are not.
            faults: Asked for each request, in place of the scenario's own faults.
            clock: Seconds, never going back.
            started: What the server takes for the time now; aware.

        Raises:
            ValueError: There is no such scenario, or `speed` is out of range.
            OSError: No port could be had.
        """
        if isinstance(scenario, str) and scenario not in SCENARIOS:
            raise ValueError(f"There is no scenario {scenario!r}: choose one of {', '.join(SCENARIOS)}.")
        if not 0.1 <= speed <= 1_000:
            raise ValueError(f"A speed of {speed:g} is out of range: choose one from 0.1 to 1000.")
        self.scenario = SCENARIOS[scenario] if isinstance(scenario, str) else scenario
        self.project = PROJECT
        self.run_id = RUN_ID
        self.api_key = _new_key()
        self.requests: list[Request] = []
        self._speed = speed
        self._faults = faults or self.scenario.fault_at
        self._clock = clock
        self._zero = clock()
        self._started = started or datetime.now(UTC)
        self._lock = Lock()
        self._connections = count(1)
        self._listener = self._listen()
        self._listener.open()

    @property
    def url(self) -> str:
        """The server as a setting: without a path, and without a slash at the end."""
        return f"http://{HOST}:{self._listener.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make tvtui watch this server."""
        return {
            "TESTVIBE_SERVER": self.url,
            "TESTVIBE_API_KEY": self.api_key,
            "TESTVIBE_PROJECT": self.project,
        }

    @property
    def seconds(self) -> float:
        """Where in the script the run is."""
        return (self._clock() - self._zero) * self._speed

    def digest(self, ago: float = 0.0) -> Json:
        """What a good answer holds now, or held some seconds of the script ago."""
        seconds = max(0.0, self.seconds - ago)
        return stamped(self.scenario.digest_at(seconds), started=self._started, speed=self._speed)

    def now(self) -> datetime:
        """The server's own time, in UTC."""
        return self._started + timedelta(seconds=self._clock() - self._zero)

    def close(self) -> None:
        """Stop at once, whatever clients are waiting for; doing it twice does no harm."""
        self._listener.close()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Refuse connections meanwhile, as a server does that is being restarted; those that are open are ended.

        The port stays the same, and is kept from others.
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
        self, method: str, path: str, headers: Mapping[str, str], *, is_authorized: bool, connection: int
    ) -> Fault | None:
        """Take down a request, and tell which fault it meets. For the exchange."""
        at = self.seconds
        with self._lock:
            number = len(self.requests) + 1
            fault = self._faults(number, at)
            what = fault.what if fault else None
            self.requests.append(Request(number, method, path, headers, is_authorized, connection, at, what))
        return fault

    def pause(self, seconds: float) -> None:
        """Wait; shorter when the server closes. For the exchange."""
        self._listener.closing.wait(seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _listen(self, port: int = 0) -> Listener:
        return Listener(partial(HttpExchange, self, self._connections), port)


def _new_key() -> str:
    """A key of the documented shape, fresh from the system's randomness."""
    number = int.from_bytes(os.urandom(64))
    return "tvb_" + "".join(_BASE62[number // 62**place % 62] for place in range(43))
