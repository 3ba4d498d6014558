"""The server of a recording: there is none, which is the answer to every request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NoReturn

from tvtui.testvibe.errors import Recorded

if TYPE_CHECKING:
    from tvtui.testvibe.client import Answer
    from tvtui.testvibe.diagnosis import Diagnosis
    from tvtui.testvibe.links import ArtifactLink
    from tvtui.testvibe.storage import Storage


class RecordedServer:
    """Fails every request with a sentence that says how to ask the real server."""

    def __init__(self, watch_command: Callable[[int], str]) -> None:
        """Name the command that watches a run itself."""
        self._watch_command = watch_command

    @property
    def storage(self) -> Storage:
        """Nothing can be downloaded."""
        raise Recorded("This is a recording; nothing can be downloaded.")

    async def fetch(self, run_id: int) -> Answer:
        """Fail."""
        self._refuse(run_id)

    def fetcher(self, run_id: int) -> Callable[[], Awaitable[Answer]]:
        """Return a function that fails."""
        return lambda: self.fetch(run_id)

    async def fetch_links(self, run_id: int) -> tuple[ArtifactLink, ...]:
        """Fail."""
        self._refuse(run_id)

    async def diagnose(self, run_id: int) -> Diagnosis:
        """Fail."""
        self._refuse(run_id)

    async def run_feature(self, feature: int | str, *, config: str | None, site_url: str | None) -> int:
        """Fail."""
        del feature, config, site_url
        raise Recorded("This is a recording; no run can be started from it.")

    async def aclose(self) -> None:
        """There is nothing to close."""

    def _refuse(self, run_id: int) -> NoReturn:
        raise Recorded("This is a recording.", f"To ask the server, use: {self._watch_command(run_id)}")
