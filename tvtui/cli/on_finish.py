"""The user's command for the end of a run: started once, kept off the screen, its failures reported."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from tvtui.testvibe.models import Run
from tvtui.text.clean import clean_line, encodable
from tvtui.text.redact import quoted
from tvtui.watch.watched_run import WatchedRun

if TYPE_CHECKING:
    from tvtui.artifacts.launch import End

NESTED = "TVTUI_NESTED"
"""Set for the command: a tvtui in it adds no summary of its own to that of the outer one."""

_LONGEST_VALUE = 1000
_UNSAFE_IN_CMD = str.maketrans(dict.fromkeys('"&|<>^%!()', " "))
"""Characters that cmd.exe would interpret, as it expands variables before it parses the command."""


class OnFinish:
    """A command that is run when a watched run ends.

    It is run by the shell (`sh -c`, on Windows `cmd /c`) in a separate session: it is not affected when the terminal
    closes or the watch is interrupted, and may take any time. All methods are called in one event loop.

    Attributes:
        failures: A sentence for each failure.
        report: Called with each failure as it happens.
    """

    def __init__(
        self,
        command: str | None,
        environ: Mapping[str, str],
        *,
        report: Callable[[str], None] | None = None,
        os_name: str = os.name,
        encoding: str = sys.getfilesystemencoding(),
    ) -> None:
        """Prepare; nothing is run before a run has ended.

        Args:
            command: The command as the user typed it; None: nothing is ever run.
            environ: The environment of the command, which gets all of it except the API key.
            report: As the attribute.
            os_name: As `os.name`.
            encoding: The encoding of the environment.
        """
        self.failures: list[str] = []
        self.report = report
        self._command = command
        self._environ = environ
        self._os_name = os_name
        self._encoding = encoding
        self._started: set[int] = set()
        self._running: set[asyncio.Future[End]] = set()

    @property
    def last_words(self) -> list[str]:
        """What to report when the watch is over: failures, or that the command is still running."""
        running = ["The --on-finish command is still running in the background."] if self._running else []
        return self.failures + running

    def attach(self, watched: WatchedRun) -> None:
        """Run the command when this run ends; also if it had ended before it was watched."""
        watched.subscribe(lambda: None if watched.run is None else self.check(watched.run))

    def check(self, run: Run) -> None:
        """Start the command if this run has ended, unless it was started for it before."""
        if self._command is None or not run.has_ended or run.run_id in self._started:
            return
        # imported here because few watches have a command
        from tvtui.artifacts.launch import Detached

        self._started.add(run.run_id)
        try:
            # text from the server reaches the shell in variables only
            ended = Detached.start(self._command, self._about(run)).end()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "invalid characters"
            self._fail(run.run_id, f"could not be started: {why}.")
            return
        self._running.add(ended)
        ended.add_done_callback(partial(self._end, run.run_id))

    async def wait(self) -> None:
        """Wait until all commands have ended, however long that takes."""
        if self._running:
            await asyncio.wait(set(self._running))

    def _end(self, run_id: int, ended: asyncio.Future[End]) -> None:
        self._running.discard(ended)
        status, output = ended.result()
        if status:
            how = f"was killed by signal {-status}" if status < 0 else f"exited with status {status}"
            # the last line with text is where programs say why they failed
            lines = [line for each in output.splitlines() if (line := clean_line(each).strip())]
            self._fail(run_id, f"{how}: {quoted(lines[-1])}" if lines else f"{how}.")

    def _fail(self, run_id: int, what: str) -> None:
        sentence = f"The --on-finish command for run {run_id} {what}"
        self.failures.append(sentence)
        if self.report is not None:
            self.report(sentence)

    def _about(self, run: Run) -> dict[str, str]:
        """The environment of the command; unknown values are empty."""
        counts = run.counts
        duration = ""
        if run.started_utc is not None and run.finished_utc is not None:
            duration = f"{max(0.0, (run.finished_utc - run.started_utc).total_seconds()):g}"
        from_server = {
            "TVTUI_STATUS": run.status,
            "TVTUI_FEATURE": run.feature_name,
            "TVTUI_CONFIG": run.config,
            "TVTUI_SITE": run.site_url,
        }
        return {
            **self._environ,
            NESTED: "1",
            "TVTUI_RUN": str(run.run_id),
            "TVTUI_RESULT": run.state.value,
            "TVTUI_TOTAL": str(counts.total),
            "TVTUI_PASSED": str(counts.passed),
            "TVTUI_FAILED": str(counts.failed),
            "TVTUI_FLAKY": str(counts.flaky),
            "TVTUI_SKIPPED": str(counts.skipped),
            "TVTUI_OTHER": str(counts.other),
            "TVTUI_DURATION_SECONDS": duration,
            **{name: self._safe(value or "") for name, value in from_server.items()},
        }

    def _safe(self, text: str) -> str:
        cleaned = clean_line(text)[:_LONGEST_VALUE]
        # the command could not be started with characters that the locale cannot encode
        encoded = encodable(cleaned, self._encoding)
        return encoded.translate(_UNSAFE_IN_CMD) if self._os_name == "nt" else encoded
