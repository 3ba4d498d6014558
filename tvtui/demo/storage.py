"""The storage of the artifacts: a host of its own that accepts signed links instead of keys."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from threading import Lock
from typing import NamedTuple

from tvtui.demo.evidence import Blob, blob_of
from tvtui.demo.faults import Fault
from tvtui.demo.links import Signer
from tvtui.demo.listener import HOST, Listener
from tvtui.demo.storage_exchange import StorageExchange
from tvtui.demo.timeline import Json

StorageFaultPlan = Callable[[int, str], Fault | None]
"""The fault of a request, if any, by its number (from 1, counting requests for its artifact) and the artifact's path.

The number is per artifact so that a plan does not depend on the order in which downloads progress.
"""

_TAME = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
_SIGNATURE = re.compile(r"(?<=[?&]sig=)[^&]*")


class StorageRequest(NamedTuple):
    """A request to the storage.

    Attributes:
        number: Counted from 1 over all requests.
        method: `GET` and the like.
        path: The path with its query, as sent, without the signature.
        headers: The headers by lower-case name, without `Authorization`.
        is_keyed: Whether it had an `Authorization`, which should never be sent here.
        connection: The number of its connection, from 1.
        run_id: The run of the artifact at this path; None if there is none.
        artifact: The path of that artifact in its manifest, or None.
        fault: The description of the fault that replaced the answer, if any.
    """

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    is_keyed: bool
    connection: int
    run_id: int | None
    artifact: str | None
    fault: str | None


class Storage:
    """Serves artifacts on a free port of 127.0.0.1 until `close()`.

    Attributes:
        requests: All requests so far.
    """

    def __init__(
        self,
        rows: Callable[[int], list[Json]],
        *,
        now: Callable[[], datetime],
        faults: Callable[[int, int | None, str], Fault | None],
        link_seconds: float,
    ) -> None:
        """Start to serve.

        Args:
            rows: The manifest of a run as it is now; empty for an unknown one.
            now: Returns the time, aware.
            faults: Like a `StorageFaultPlan`, with the run as the second argument.
            link_seconds: The lifetime of a link in real seconds.

        Raises:
            OSError: No port is available.
        """
        self.requests: list[StorageRequest] = []
        self.now = now
        self._rows = rows
        self._faults = faults
        self._link_life = timedelta(seconds=link_seconds)
        self._signer = Signer()
        self._asked: Counter[str] = Counter()
        self._lock = Lock()
        self._listener = Listener(partial(StorageExchange, self, count(1)))
        self._listener.open()

    @property
    def url(self) -> str:
        """The URL of the host, without a trailing slash."""
        return f"http://{HOST}:{self._listener.port}"

    def link(self, run_id: int, place: int, row: Json) -> str:
        """A fresh link to the artifact at this position, from 0, of a run's manifest."""
        path = str(row.get("path"))
        # a link never contains parent folders or characters that a URL cannot contain
        tail = (
            path if _TAME.fullmatch(path) and not {".", ".."} & {*path.split("/")} and len(path) < 300 else "artifact"
        )
        return self.url + self._signer.signed(f"/artifacts/{run_id}/{place}/{tail}", self.now() + self._link_life)

    def blob_at(self, path: str) -> Blob | None:
        """The artifact at this path of a URL."""
        _, _, row = self._located(path)
        return None if row is None else blob_of(row)

    def refusal(self, path: str, query: str) -> str | None:
        """Why the link is refused, in the words of the storage; None if it is not."""
        refusal = self._signer.refusal(path, query, self.now())
        return refusal and refusal.detail

    def received(
        self, method: str, target: str, headers: Mapping[str, str], *, is_keyed: bool, connection: int
    ) -> Fault | None:
        """Record a request and return its fault; for `StorageExchange`."""
        path = target.partition("?")[0]
        run_id, artifact, _ = self._located(path)
        shown = _SIGNATURE.sub("…", target)
        with self._lock:
            self._asked[path] += 1
            fault = self._faults(self._asked[path], run_id, artifact or "")
            what = fault.what if fault else None
            number = len(self.requests) + 1
            self.requests.append(
                StorageRequest(number, method, shown, headers, is_keyed, connection, run_id, artifact, what)
            )
        return fault

    def pause(self, seconds: float) -> None:
        """Wait; shorter if the storage is closed. For `StorageExchange`."""
        self._listener.closing.wait(seconds)

    def close(self) -> None:
        """Stop at once, whatever clients are waiting for; can be called twice."""
        self._listener.close()

    def _located(self, path: str) -> tuple[int | None, str | None, Json | None]:
        """The run, the artifact's path and its row at a path of a URL."""
        found = re.match(r"/artifacts/([0-9]{1,9})/([0-9]{1,6})/", path)
        if not found:
            return None, None, None
        run_id, place = int(found[1]), int(found[2])
        rows = self._rows(run_id)
        if place >= len(rows):
            return None, None, None
        return run_id, str(rows[place].get("path")), rows[place]
