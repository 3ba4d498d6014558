"""The command that a user wants to be run when a run has ended: started once, kept off the screen, its failure told."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from typing import IO

from tvtui.models import Run
from tvtui.settings_files import LIKE_A_KEY
from tvtui.text import clean_line, mask

_NOT_PASSED_ON = "TESTVIBE_API_KEY"
_LONGEST_VALUE = 1000
_LONGEST_QUOTE = 200
_TAIL = 4096
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
    ) -> None:
        """Prepare; nothing is run before a run has ended.

        Args:
            command: What the user typed; None: nothing is ever run.
            environ: The environment of the command, which gets all of it but the API key.
            tell: Called with each failure's sentence, in the event loop.
            os_name: As `os.name`.
        """
        self.failures: list[str] = []
        self.tell = tell
        self._command = command
        self._environ = environ
        self._os_name = os_name
        self._started: set[int] = set()
        self._running: set[asyncio.Future[str]] = set()

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
            process, output = _start(self._command, self._about(run))
        except OSError as error:
            self._note(f"The command of --on-finish could not be started: {error.strerror}.")
            return
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[str] = loop.create_future()
        self._running.add(ended)
        ended.add_done_callback(self._end)
        threading.Thread(
            target=_await, args=(process, output, loop, ended), name="tvtui-on-finish", daemon=True
        ).start()

    async def wait(self) -> None:
        """Wait until it has ended; as long as that takes."""
        if self._running:
            await asyncio.wait(set(self._running))

    def _end(self, ended: asyncio.Future[str]) -> None:
        self._running.discard(ended)
        if ended.result():
            self._note(ended.result())

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
            **{name: value for name, value in self._environ.items() if name.upper() != _NOT_PASSED_ON},
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
        return cleaned.translate(_HARMFUL_TO_CMD) if self._os_name == "nt" else cleaned


def _start(command: str, environ: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """Start it; what it writes goes to a file, as nobody would read a pipe when the watch is left before its end."""
    # brings along 4 ms of archives and chance, which a watch without a command need not pay for
    import tempfile

    with ExitStack() as on_error:
        output = on_error.enter_context(tempfile.TemporaryFile())
        process = subprocess.Popen(  # noqa: S602 - the user typed it, as into a shell; what is foreign is in variables
            command,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environ,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        on_error.pop_all()
        return process, output


def _await(
    process: subprocess.Popen[bytes], output: IO[bytes], loop: asyncio.AbstractEventLoop, ended: asyncio.Future[str]
) -> None:
    """Wait in a thread, which holds nobody up at the end of the program, and hand over what failed, or ""."""
    with output:
        sentence = _failure(process.wait(), output)
    # the loop may be gone
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(ended.set_result, sentence)


def _failure(status: int, output: IO[bytes]) -> str:
    if status == 0:
        return ""
    how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
    said = _last_line(output)
    return f"The command of --on-finish {how}{f': {said}' if said else '.'}"


def _last_line(output: IO[bytes]) -> str:
    """The last line that says something: that is where programs tell why they failed."""
    output.seek(0, os.SEEK_END)
    output.seek(max(0, output.tell() - _TAIL))
    lines = [clean_line(line).strip() for line in output.read().decode("utf-8", "replace").splitlines()]
    said = next((line for line in reversed(lines) if line), "")
    said = LIKE_A_KEY.sub(lambda key: mask(key[0]), said)
    return said if len(said) <= _LONGEST_QUOTE else f"{said[: _LONGEST_QUOTE - 1]}…"
