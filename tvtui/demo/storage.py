"""The host on which the artifacts lie: another one than the API's, which knows signed links and no key."""

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
"""Which fault a request meets: asked with how many-th it is for its artifact (from 1), and with the artifact's path.

So a plan does not depend on the order in which several downloads get on.
"""

_TAME = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
_SIGNATURE = re.compile(r"(?<=[?&]sig=)[^&]*")


class StorageRequest(NamedTuple):
    """What the storage has been asked.

    Attributes:
        number: From 1, over all requests.
        method: `GET` and the like.
        path: With the query, as it came, but for the signature.
        headers: By lower-case name, without an `Authorization`.
        is_keyed: Whether there was an `Authorization`, which nobody should send here.
        connection: Which connection it came on, from 1.
        run_id: The run to whose artifact the path leads; None when it leads to none.
        artifact: The path of that artifact in its manifest; None likewise.
        fault: What went wrong with the answer, in words; None if nothing did.
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
    """Serves artifacts on a free port of 127.0.0.1 from now until `close()`.

    Attributes:
        requests: What has been asked so far.
    """

    def __init__(
        self,
        rows: Callable[[int], list[Json]],
        *,
        now: Callable[[], datetime],
        faults: Callable[[int, int | None, str], Fault | None],
        link_seconds: float,
    ) -> None:
        """Begin to serve.

        Args:
            rows: The manifest of a run as it is now; empty for an unknown one.
            now: The time, aware.
            faults: A `StorageFaultPlan` that is told the run as well.
            link_seconds: How long a link is good for, in real seconds.

        Raises:
            OSError: No port could be had.
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
        """The host, without a slash at the end."""
        return f"http://{HOST}:{self._listener.port}"

    def link(self, run_id: int, place: int, row: Json) -> str:
        """A fresh link to the artifact at this place of a run's manifest, from 0."""
        path = str(row.get("path"))
        # What could be read as steps up, or not be written in a URL, is in no link.
        tail = (
            path if _TAME.fullmatch(path) and not {".", ".."} & {*path.split("/")} and len(path) < 300 else "artifact"
        )
        return self.url + self._signer.signed(f"/artifacts/{run_id}/{place}/{tail}", self.now() + self._link_life)

    def blob_at(self, path: str) -> Blob | None:
        """What lies at this path of a URL."""
        _, _, row = self._located(path)
        return None if row is None else blob_of(row)

    def refusal(self, path: str, query: str) -> str | None:
        """Why this is not given out, in the words of the storage; None if it is."""
        refusal = self._signer.refusal(path, query, self.now())
        return refusal and refusal.detail

    def received(
        self, method: str, target: str, headers: Mapping[str, str], *, is_keyed: bool, connection: int
    ) -> Fault | None:
        """Take down a request, and tell which fault it meets. For the exchange."""
        path = target.partition("?")[0]
        run_id, artifact, _ = self._located(path)
        told = _SIGNATURE.sub("…", target)
        with self._lock:
            self._asked[path] += 1
            fault = self._faults(self._asked[path], run_id, artifact or "")
            what = fault.what if fault else None
            number = len(self.requests) + 1
            self.requests.append(
                StorageRequest(number, method, told, headers, is_keyed, connection, run_id, artifact, what)
            )
        return fault

    def pause(self, seconds: float) -> None:
        """Wait; shorter when the storage closes. For the exchange."""
        self._listener.closing.wait(seconds)

    def close(self) -> None:
        """Stop at once, whatever clients are waiting for; doing it twice does no harm."""
        self._listener.close()

    def _located(self, path: str) -> tuple[int | None, str | None, Json | None]:
        """The run, the artifact's path and its row, to which a path of a URL leads."""
        found = re.match(r"/artifacts/([0-9]{1,9})/([0-9]{1,6})/", path)
        if not found:
            return None, None, None
        run_id, place = int(found[1]), int(found[2])
        rows = self._rows(run_id)
        if place >= len(rows):
            return None, None, None
        return run_id, str(rows[place].get("path")), rows[place]
