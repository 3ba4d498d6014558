"""Starts other programs, detached from the terminal, and reports how they end."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from tvtui.artifacts.opening import StartFile, StartProgram
from tvtui.settings.api_key import without_key
from tvtui.text.clean import clean_line

_FAULT = re.compile(r"(?:npm )?[\w.]*error\b:? *(.*)", re.IGNORECASE)
_NOISE = re.compile("[\u2500-\u257f]+")
"""Box drawing characters, which Playwright puts around its advice."""


async def launch(plan: StartProgram | StartFile, environ: Mapping[str, str] | None = None) -> str:
    """Start a program in a session of its own, and wait a moment to see whether it fails.

    It has no access to the terminal or the API key, and continues to run after tvtui quits.

    Args:
        plan: The program.
        environ: Its environment, from which the key is removed; None: our own.

    Returns:
        "" if it has started or has already succeeded; otherwise a sentence that says what went wrong.
    """
    if isinstance(plan, StartFile):
        return await asyncio.to_thread(_hand_to_windows, plan.path)
    environ = os.environ if environ is None else environ
    name = clean_line(Path(plan.argv[0]).name)
    try:
        started = await asyncio.to_thread(Detached.start, plan.argv, environ, with_stdout=False)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its arguments are invalid"
        return f"{name} did not start: {clean_line(reason)}. {plan.otherwise}".strip()
    done, _ = await asyncio.wait({started.end()}, timeout=plan.patience)
    code, output = done.pop().result() if done else End(0, "")
    if not code:
        return ""
    reason = _reason(output)
    ended = f"{name} exited with code {code}" if code > 0 else f"{name} was killed by signal {-code}"
    sentence = f"{ended}: {reason.rstrip('.')}." if reason else f"{ended}."
    return f"{sentence} {plan.otherwise}".strip()


def _hand_to_windows(path: Path) -> str:
    if sys.platform == "win32":
        try:
            os.startfile(path)  # noqa: S606 - its extension is not that of a program
        except OSError as error:
            return f"Windows could not open it: {clean_line(error.strerror or 'unknown reason')}."
    return ""


def _reason(output: str) -> str:
    """The line that says why it failed: the first one that starts with "error", otherwise the last one."""
    lines = [clean_line(_NOISE.sub(" ", line)).strip() for line in output.splitlines()]
    lines = [line for line in lines if line]
    for index, line in enumerate(lines):
        if fault := _FAULT.match(line):
            return (fault[1] or " ".join(lines[index + 1 : index + 2]) or line)[:200]
    return lines[-1][:200] if lines else ""


_TAIL = 16_384
"""Bytes at the end of a program's output that are kept."""


class End(NamedTuple):
    """How a program ended.

    Attributes:
        status: The exit status; negative: the signal that killed it.
        output: The end of its output, not cleaned; the first line may be incomplete.
    """

    status: int
    output: str


@dataclass(frozen=True, slots=True)
class Detached:
    """A program in a session of its own, which continues after tvtui quits and after the terminal closes."""

    _process: subprocess.Popen[bytes]
    _output: IO[bytes]

    @classmethod
    def start(cls, command: str | Sequence[str], environ: Mapping[str, str], *, with_stdout: bool = True) -> Detached:
        """Start a program without access to the terminal, to stdin or to the API key.

        Its output is captured in an unnamed temporary file: a pipe would break when tvtui quits, and kill the program
        with its next output.

        Args:
            command: A program and its arguments, or a command for the shell.
            environ: Its environment, from which the API key is removed.
            with_stdout: Whether to capture stdout in addition to stderr.

        Raises:
            OSError: It cannot be started.
            ValueError: Its arguments are invalid.
        """
        # the import takes 4 ms, and most watches start no program
        import tempfile

        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        with ExitStack() as on_error:
            output = on_error.enter_context(tempfile.TemporaryFile())
            process = subprocess.Popen(  # noqa: S603 - the user's own command or a known opener
                command,
                shell=isinstance(command, str),
                stdin=subprocess.DEVNULL,
                stdout=output if with_stdout else subprocess.DEVNULL,
                stderr=output,
                env=without_key(environ),
                start_new_session=True,
                creationflags=flags,
            )
            on_error.pop_all()
        return cls(process, output)

    def end(self) -> asyncio.Future[End]:
        """A future for its end; to be called once.

        A daemon thread waits for the program: so there is no zombie process, and it does not delay our own exit.
        """
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[End] = loop.create_future()
        name = f"wait for {self._process.pid}"
        threading.Thread(target=self._await, args=(loop, ended), name=name, daemon=True).start()
        return ended

    def _await(self, loop: asyncio.AbstractEventLoop, ended: asyncio.Future[End]) -> None:
        with self._output as output:
            status = self._process.wait()
            output.seek(0, os.SEEK_END)
            output.seek(max(0, output.tell() - _TAIL))
            end = End(status, output.read().decode("utf-8", "replace"))
        # the loop is closed if tvtui quits first
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, ended, end)


def _settle(ended: asyncio.Future[End], end: End) -> None:
    if not ended.done():
        ended.set_result(end)
