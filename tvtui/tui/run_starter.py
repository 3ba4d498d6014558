"""RunStarter: starts the feature of a run again, with a request that is sent only once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from tvtui.testvibe.errors import ClientError, Uncertain
from tvtui.testvibe.models import Run
from tvtui.testvibe.server import Server
from tvtui.view.messages import run_again_question


class Notify(Protocol):
    """Shows a message on the screen, such as `App.notify`."""

    def __call__(
        self,
        message: str,
        *,
        title: str = ...,
        severity: Literal["information", "warning", "error"] = ...,
        timeout: float | None = ...,
        markup: bool = ...,
    ) -> object:
        """Show it."""


class RunStarter:
    """Starts features again, one at a time.

    Attributes:
        starting: The run that the server was asked to start but has not yet responded about, in words; otherwise "".
    """

    def __init__(
        self,
        server: Server,
        *,
        ask: Callable[[str], Awaitable[bool | None]],
        notify: Notify,
        started: Callable[[int, int], Awaitable[None]],
    ) -> None:
        """Prepare; nothing is requested before `start`.

        Args:
            server: The server.
            ask: Asks the user a question.
            notify: Shows a message.
            started: Called with the new run and the one that it repeats.
        """
        self.starting = ""
        self._server = server
        self._ask = ask
        self._notify = notify
        self._started = started

    async def confirm(self, run: Run) -> bool:
        """Whether the user wants to start the feature of a run again, and no other one is starting."""
        if self.starting:
            self._notify(f"{self.starting} is already starting.", timeout=5, markup=False)
            return False
        return bool(await self._ask(run_again_question(run)))

    async def start(self, run: Run) -> None:
        """Ask the server once; errors are shown. Must not be canceled, as the request cannot be taken back."""
        feature = run.feature_id if run.feature_id is not None else run.feature_name or ""
        self.starting = f"A run of {run.feature_name or f'feature {feature}'}"
        try:
            run_id = await self._server.run_feature(feature, config=run.config, site_url=run.site_url)
        except ClientError as error:
            self.starting = ""
            is_unknown = isinstance(error, Uncertain)
            title = "The run may have started" if is_unknown else "The run has not started"
            timeout = 600 if is_unknown else 20
            self._notify(str(error), title=title, severity="error", timeout=timeout, markup=False)
            return
        self.starting = ""
        await self._started(run_id, run.run_id)
