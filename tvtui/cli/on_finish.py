"""The command that a user wants to be run when a run has ended: started once, kept off the screen, its failure told."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial

from tvtui.artifacts.launch import Detached, End
from tvtui.testvibe.models import Run
from tvtui.text.clean import clean_line, encodable
from tvtui.text.redact import quoted

_LONGEST_VALUE = 1000
_HARMFUL_TO_CMD = str.maketrans(dict.fromkeys('"&|<>^%!()', " "))
"""What cmd.exe would act on, since it puts a variable's text into the command before it reads the command."""


class OnFinish:
    """A command for the end of each run that is watched.

    It goes through the shell (`sh -c`, on Windows `cmd /c`), in a session of its own: a terminal that closes and an
    interrupt of the watch do not reach it, and it can take as long as it wants. To be used in one event loop.

    Attributes:
        failures: A sentence for each time that it failed.
    """

    def __init__(
        self,
        command: str | None,
        environ: Mapping[str, str],
        *,
        tell: Callable[[str], None] | None = None,
        os_name: str = os.name,
        encoding: str | None = None,
    ) -> None:
        """Prepare; nothing is run before a run has ended.

        Args:
            command: What the user typed; None: nothing is ever run.
            environ: The environment of the command, which gets all of it but the API key.
            tell: Called with each failure's sentence, in the event loop.
            os_name: As `os.name`.
            encoding: Of the environment; None: that of the file system.
        """
        self.failures: list[str] = []
        self.tell = tell
        self._command = command
        self._environ = environ
        self._os_name = os_name
        self._encoding = encoding or sys.getfilesystemencoding()
        self._started: set[int] = set()
        self._running: set[asyncio.Future[End]] = set()

    @property
    def last_words(self) -> list[str]:
        """What to say of it when the watch is over: how it failed, or that it has not ended."""
        running = ["The command of --on-finish has not ended yet; it goes on by itself."] if self._running else []
        return self.failures + running

    def see(self, run: Run) -> None:
        """Start the command if this run has ended and that is new; a run that had ended before counts as well."""
        if self._command is None or not run.has_ended or run.run_id in self._started:
            return
        self._started.add(run.run_id)
        try:
            # what is foreign goes to the shell in variables only
            ended = Detached.start(self._command, self._about(run)).end()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it cannot be handed over"
            self._note(f"{_named(run.run_id)} could not be started: {why}.")
            return
        self._running.add(ended)
        ended.add_done_callback(partial(self._end, run.run_id))

    async def wait(self) -> None:
        """Wait until it has ended; as long as that takes."""
        if self._running:
            await asyncio.wait(set(self._running))

    def _end(self, run_id: int, ended: asyncio.Future[End]) -> None:
        self._running.discard(ended)
        status, words = ended.result()
        if status:
            self._note(f"{_named(run_id)} {_failure(status, words)}")

    def _note(self, sentence: str) -> None:
        self.failures.append(sentence)
        if self.tell is not None:
            self.tell(sentence)

    def _about(self, run: Run) -> dict[str, str]:
        """The environment of the command; what is not known is empty."""
        total, passed, failed, other = run.counts
        seconds = (
            None
            if run.started_utc is None or run.finished_utc is None
            else max(0.0, (run.finished_utc - run.started_utc).total_seconds())
        )
        foreign = {
            "TVTUI_STATUS": run.status,
            "TVTUI_FEATURE": run.feature_name,
            "TVTUI_CONFIG": run.config,
            "TVTUI_SITE": run.site_url,
        }
        return {
            **self._environ,
            "TVTUI_RUN": str(run.run_id),
            "TVTUI_RESULT": run.state.value,
            "TVTUI_TOTAL": str(total),
            "TVTUI_PASSED": str(passed),
            "TVTUI_FAILED": str(failed),
            "TVTUI_OTHER": str(other),
            "TVTUI_DURATION_SECONDS": "" if seconds is None else f"{seconds:g}",
            **{name: self._safe(value or "") for name, value in foreign.items()},
        }

    def _safe(self, text: str) -> str:
        cleaned = clean_line(text)[:_LONGEST_VALUE]
        # what the locale cannot hold would keep the command from being started
        encoded = encodable(cleaned, self._encoding)
        return encoded.translate(_HARMFUL_TO_CMD) if self._os_name == "nt" else encoded


def _named(run_id: int) -> str:
    return f"The command of --on-finish for run {run_id}"


def _failure(status: int, words: str) -> str:
    how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
    said = _last_line(words)
    return f"{how}{f': {said}' if said else '.'}"


def _last_line(words: str) -> str:
    """The last line that says something: that is where programs tell why they failed."""
    lines = [clean_line(line).strip() for line in words.splitlines()]
    said = next((line for line in reversed(lines) if line), "")
    return quoted(said)
