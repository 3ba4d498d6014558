"""What can be asked of a TestVibe server: a run, its artifacts' links, its diagnosis, and a new run."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from tvtui.settings.settings import Settings
from tvtui.testvibe.connection import Route
from tvtui.testvibe.error_messages import WEB_PAGE, check_server, refusal, shown_host
from tvtui.testvibe.errors import ClientError, Conflict, NotFound, Uncertain, Unreachable, Unreadable
from tvtui.testvibe.models import Reader, Run
from tvtui.testvibe.request import Exchange
from tvtui.testvibe.response import Reply
from tvtui.text.redact import quoted

if TYPE_CHECKING:
    import httpx

    from tvtui.testvibe.diagnosis import Diagnosis
    from tvtui.testvibe.links import ArtifactLink


@dataclass(frozen=True)
class Answer:
    """A good answer.

    Attributes:
        run: The run.
        server_time: What the server's clock showed when the answer came; None if it does not say.
        written: When the server wrote the answer, by the same clock: earlier, if it comes from a cache.
    """

    run: Run
    server_time: datetime | None
    written: datetime | None = None


class Client:
    """One server, one key, and a connection that is kept between the requests; these may overlap."""

    def __init__(
        self, settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None, limit: float = 10.0
    ) -> None:
        """Make a client; nothing is opened before the first request.

        Args:
            settings: Server, key and project.
            transport: Carries the requests in the place of the network.
            limit: Seconds that a request may take in all, from the search for the host to the last byte.
        """
        self._settings = settings
        self._limit = limit
        self._route = Route(transport)
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
        """Close the connection; doing it twice does no harm."""
        await self._route.aclose()

    async def get_run(self, run_id: int, reader: Reader | None = None) -> Answer:
        """Request the digest of a run.

        Args:
            run_id: The run.
            reader: Decodes the answer; a reader that is used again for the same run shares what has not changed.

        Raises:
            ClientError: There is no good answer.
        """
        reply = await self._get(f"runs/{run_id}", f"run {run_id}")
        try:
            run = (reader or Reader()).read(reply.body)
        except ValueError as error:
            raise self._unreadable(reply, error) from None
        if run.run_id != run_id:
            other = f"run {run.run_id}" if abs(run.run_id) < 10**18 else "another run"
            what = f"{self._host} answered with {other} instead of run {run_id}."
            raise Unreadable(what, f"{check_server(self._settings)}.")
        return Answer(run, reply.server_time, reply.written)

    async def get_artifacts(self, run_id: int) -> tuple[ArtifactLink, ...]:
        """Ask for links to what a run has left behind; they expire soon, so ask right before a download.

        Raises:
            ClientError: There is no good answer.
        """
        # imported here, as its models take 5 ms to make, and most watches download nothing
        from tvtui.testvibe.links import read_links

        reply = await self._get(f"runs/{run_id}/artifacts", f"run {run_id}")
        try:
            return read_links(reply.body)
        except ValueError as error:
            raise self._unreadable(reply, error) from None

    async def diagnose(self, run_id: int) -> Diagnosis:
        """Ask why a run did not pass.

        Raises:
            NotFound: There is no such run; or an older server, that knows no diagnoses, answers like this.
            ClientError: There is no good answer.
        """
        from tvtui.testvibe.diagnosis import read_diagnosis

        reply = await self._get(f"runs/{run_id}/diagnosis", f"run {run_id}")
        try:
            # sources and logs can be long, and cleaning them must not hold up the screen
            diagnosis = await asyncio.to_thread(read_diagnosis, reply.body)
        except ValueError as error:
            raise self._unreadable(reply, error) from None
        if diagnosis.run_id not in {None, run_id}:
            raise Unreadable(f"{self._host} answered with another run's diagnosis.", f"{check_server(self._settings)}.")
        return diagnosis

    async def run_feature(self, feature: int | str, *, config: str | None = None, site_url: str | None = None) -> int:
        """Start a run, asking once and never again; there is no undoing it.

        Args:
            feature: Its number or its name.
            config: The configuration; the feature's own if None.
            site_url: The site that is tested; the configuration's own if None.

        Returns:
            The number of the new run.

        Raises:
            NotFound: There is no such feature, or none that can be asked for by that name.
            Conflict: The server will not run it now, and says why.
            Uncertain: No answer came, or none that can be read: the run may or may not have started.
            ClientError: The run has not started.
        """
        if str(feature).strip() in {".", ".."}:
            # no escape keeps these from being taken for folders on the way
            raise NotFound("A feature that is called “.” or “..” cannot be asked for by its name.", "Give its number.")
        wanted = {"config": config, "siteUrl": site_url}
        content = json.dumps({name: value for name, value in wanted.items() if value is not None}).encode()
        name = str(feature) if isinstance(feature, int) else f"“{quoted(feature)}”"
        exchange = Exchange(self._route, self._settings, limit=self._limit)
        try:
            reply = await exchange.post(self._address(f"features/{quote(str(feature), safe='')}/run"), content)
        except (Unreachable, Unreadable) as error:
            if not exchange.was_sent:
                raise
            raise Uncertain(error.what) from None
        if not reply.is_good:
            refused = refusal(reply, self._settings, f"feature {name}")
            if reply.status == 409:
                raise Conflict(refused.what)
            # a proxy that gave up waiting, or a server that broke while it worked on it, or one that says with its
            # redirect where to see what it has done
            if reply.status >= 500 or 300 <= reply.status < 400:
                raise Uncertain(refused.what)
            raise refused
        return self._dispatched(reply)

    def _dispatched(self, reply: Reply) -> int:
        try:
            told = json.loads(reply.body)
        except (ValueError, RecursionError):
            told = None
        run_id = told.get("runId") if isinstance(told, dict) else None
        if isinstance(run_id, int) and not isinstance(run_id, bool) and 0 < run_id < 10**18:
            return run_id
        raise Uncertain(f"{self._host} answered {reply.status}, but not which run it has started.")

    def _address(self, path: str) -> str:
        return f"{self._settings.server}/api/v1/ops/projects/{quote(self._settings.project, safe='')}/{path}"

    async def _get(self, path: str, about: str) -> Reply:
        reply = await Exchange(self._route, self._settings, limit=self._limit).get(self._address(path))
        if not reply.is_good:
            raise refusal(reply, self._settings, about)
        return reply

    def _unreadable(self, reply: Reply, error: ValueError) -> ClientError:
        what = f"{self._host} answered with {WEB_PAGE}" if reply.is_html else str(error)
        return Unreadable(what, f"{check_server(self._settings)}.")
