"""The requests to a TestVibe server: a run, links to its artifacts, its diagnosis, and starting a run."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import quote

from tvtui.settings.settings import Settings
from tvtui.testvibe.connection import Route
from tvtui.testvibe.error_messages import WEB_PAGE, check_server, refusal, shown_host
from tvtui.testvibe.errors import ClientError, Conflict, NotFound, Uncertain, Unreachable, Unreadable
from tvtui.testvibe.fields import raw_of, whole
from tvtui.testvibe.links import ArtifactLink, read_links
from tvtui.testvibe.models import Reader, Run
from tvtui.testvibe.request import Exchange
from tvtui.testvibe.response import Reply
from tvtui.testvibe.zones import Zone
from tvtui.text.redact import quoted

if TYPE_CHECKING:
    import httpx

    from tvtui.testvibe.diagnosis import Diagnosis


_POLLS_AT_ONCE = 6
_LONG_DIGEST = 1 << 16
"""Bytes from which a digest is decoded in a thread: 700 tests, which take 3 ms."""


class Answer(NamedTuple):
    """A good answer.

    Attributes:
        run: The run.
        server_time: The server's time when the answer arrived; None if unknown.
        written: When the server wrote the answer, by the same clock; earlier if it comes from a cache.
    """

    run: Run
    server_time: datetime | None
    written: datetime | None = None


class Client:
    """One server, one key, and a connection kept open between requests, which may overlap.

    Every request raises `ClientError` if it fails.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        silence: float = 10.0,
        limit: float = 30.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Create a client; nothing is opened before the first request.

        Args:
            settings: Server, key and project.
            transport: Carries the requests instead of the network.
            silence: Seconds to wait for the first byte of a reply, from resolving the host, and then for each more.
            limit: Seconds that a whole request may take.
            now: Seconds of a clock that continues while the machine sleeps; decides when an idle connection is too old.
        """
        self._settings = settings
        self._limits = {"silence": silence, "limit": limit}
        self._route = Route(transport, kept=_POLLS_AT_ONCE, now=now)
        self._polls = asyncio.Semaphore(_POLLS_AT_ONCE)
        self._host = shown_host(settings)

    def __repr__(self) -> str:
        return f"Client(server={self._settings.server!r}, project={self._settings.project!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection; can be called twice."""
        await self._route.aclose()

    @property
    def zone(self) -> Zone:
        """Where the server is, as far as its last response says."""
        return self._route.zone

    async def get_run(self, run_id: int, reader: Reader | None = None) -> Answer:
        """Request the digest of a run; a reader that is used again for the same run shares what has not changed.

        Of many such requests only a few are under way at a time; the wait for a turn does not count as silence.
        """
        async with self._polls:
            reply = await self._get(f"runs/{run_id}", f"run {run_id}")
        read = (reader or Reader()).read
        try:
            # 50,000 tests would block the screen for 200 ms
            is_long = len(reply.body) >= _LONG_DIGEST
            run = await asyncio.to_thread(read, reply.body) if is_long else read(reply.body)
        except ValueError as error:
            raise self._unreadable(reply, error) from None
        if run.run_id != run_id:
            other = f"run {run.run_id}" if abs(run.run_id) < 10**18 else "another run"
            what = f"{self._host} returned {other} instead of run {run_id}."
            raise Unreadable(what, f"{check_server(self._settings)}.")
        return Answer(run, reply.server_time, reply.written)

    async def get_artifacts(self, run_id: int) -> tuple[ArtifactLink, ...]:
        """Request links to the artifacts of a run; they expire soon, so request them right before a download."""
        reply = await self._get(f"runs/{run_id}/artifacts", f"run {run_id}")
        try:
            return read_links(reply.body)
        except ValueError as error:
            raise self._unreadable(reply, error) from None

    async def diagnose(self, run_id: int) -> Diagnosis:
        """Request the diagnosis of a run that did not pass.

        Raises:
            NotFound: The run does not exist, or the server is an older one without diagnoses.
        """
        reply = await self._get(f"runs/{run_id}/diagnosis", f"run {run_id}")
        try:
            # in a thread, as cleaning long sources and logs would block the screen
            diagnosis = await asyncio.to_thread(_read_diagnosis, reply.body)
        except ValueError as error:
            raise self._unreadable(reply, error) from None
        if diagnosis.run_id not in {None, run_id}:
            raise Unreadable(f"{self._host} returned the diagnosis of another run.", f"{check_server(self._settings)}.")
        return diagnosis

    async def run_feature(self, feature: int | str, *, config: str | None = None, site_url: str | None = None) -> int:
        """Start a run; the request is never repeated, as a start cannot be undone.

        What a digest says is sent back as the server sent it, not as it is shown.

        Args:
            feature: The number or name of the feature.
            config: The configuration; None for the feature's default.
            site_url: The site to test; None for the configuration's default.

        Returns:
            The ID of the new run.

        Raises:
            NotFound: The feature does not exist, or its name cannot be used in a request.
            Conflict: The server cannot run it now, and says why.
            Uncertain: There was no readable answer: the run may or may not have started.
            ClientError: The run has not started.
        """
        wanted = {"config": config, "siteUrl": site_url}
        content = json.dumps({name: raw_of(value) for name, value in wanted.items() if value is not None}).encode()
        segment = _path_segment(feature)
        name = str(feature) if isinstance(feature, int) else f"“{quoted(feature)}”"
        exchange = Exchange(self._route, self._settings, **self._limits)
        try:
            reply = await exchange.send(self._address(f"features/{segment}/run"), content)
        except (Unreachable, Unreadable) as error:
            if not exchange.was_sent:
                raise
            raise Uncertain(error.what) from None
        if not reply.is_good:
            refused = refusal(reply, self._settings, f"feature {name}")
            if reply.status == 409:
                raise Conflict(refused.what)
            # a proxy that gave up waiting, a server that failed while starting the run, or one whose redirect points to
            # the new run
            if reply.status >= 500 or 300 <= reply.status < 400:
                raise Uncertain(refused.what)
            raise refused
        try:
            answer = json.loads(reply.body)
        except (ValueError, RecursionError):
            answer = None
        run_id = whole(answer.get("runId")) if isinstance(answer, dict) else None
        if run_id is not None and 0 < run_id < 10**18:
            return run_id
        raise Uncertain(f"{self._host} accepted the request ({reply.status}) but did not say which run it started.")

    def _address(self, path: str) -> str:
        return f"{self._settings.server}/api/v1/ops/projects/{quote(self._settings.project, safe='')}/{path}"

    async def _get(self, path: str, about: str) -> Reply:
        reply = await Exchange(self._route, self._settings, **self._limits).send(self._address(path))
        if not reply.is_good:
            raise refusal(reply, self._settings, about)
        return reply

    def _unreadable(self, reply: Reply, error: ValueError) -> ClientError:
        what = f"{self._host} returned {WEB_PAGE}" if reply.is_html else str(error)
        return Unreadable(what, f"{check_server(self._settings)}.")


def _path_segment(feature: int | str) -> str:
    """The number or the name of a feature, for an address.

    Raises:
        NotFound: There is no way to write it.
    """
    name = raw_of(str(feature) if isinstance(feature, int) else feature)
    if name.strip() in {".", ".."}:
        # no escaping keeps servers and proxies from resolving these as path segments
        raise NotFound("A feature named “.” or “..” cannot be started by its name.", "Use its number.")
    try:
        return quote(name, safe="")
    except UnicodeEncodeError:
        raise NotFound(
            "A feature whose name is not valid Unicode cannot be started by it.", "Use its number."
        ) from None


def _read_diagnosis(body: bytes) -> Diagnosis:
    # imported here because most watches do without it, and it takes pydantic along: 60 ms
    from tvtui.testvibe.diagnosis import read_diagnosis

    return read_diagnosis(body)
