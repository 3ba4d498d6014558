"""Starting another program detached from the terminal, and reporting how it ended."""

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
"""Box drawing, which Playwright puts around its advice."""


async def launch(plan: StartProgram | StartFile, environ: Mapping[str, str] | None = None) -> str:
    """Start a program in a session of its own, and see whether it fails at once.

    It has neither our terminal nor the API key, and goes on when tvtui leaves.

    Args:
        plan: What to start.
        environ: The environment it is given, less the key; our own if None.

    Returns:
        "" when it has started, or has already ended well; else a sentence that tells what went wrong.
    """
    if isinstance(plan, StartFile):
        return await asyncio.to_thread(_hand_to_windows, plan.path)
    environ = os.environ if environ is None else environ
    name = clean_line(Path(plan.argv[0]).name)
    try:
        started = await asyncio.to_thread(Detached.start, plan.argv, environ, hears_stdout=False)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its arguments cannot be handed over"
        return _sentences(f"{name} did not start: {clean_line(reason)}.", plan.otherwise)
    done, _ = await asyncio.wait({started.end()}, timeout=plan.patience)
    code, words = done.pop().result() if done else End(0, "")
    if not code:
        return ""
    reason = _reason(words)
    ended = f"{name} ended with code {code}" if code > 0 else f"{name} was ended by signal {-code}"
    return _sentences(f"{ended}: {reason.rstrip('.')}." if reason else f"{ended}.", plan.otherwise)


def _hand_to_windows(path: Path) -> str:
    if sys.platform == "win32":
        try:
            os.startfile(path)  # noqa: S606 - its extension is one of those that hold no program
        except OSError as error:
            return f"Windows did not open it: {clean_line(error.strerror or 'no reason given')}."
    return ""


def _reason(words: str) -> str:
    """The line that tells why: the first that calls itself an error, else the last one."""
    lines = [clean_line(_NOISE.sub(" ", line)).strip() for line in words.splitlines()]
    lines = [line for line in lines if line]
    for index, line in enumerate(lines):
        if fault := _FAULT.match(line):
            return (fault[1] or " ".join(lines[index + 1 : index + 2]) or line)[:200]
    return lines[-1][:200] if lines else ""


def _sentences(*parts: str) -> str:
    return " ".join(filter(None, parts))


_HEARD = 16_384
"""Bytes at the end of its output that are looked at."""


class End(NamedTuple):
    """How it ended.

    Attributes:
        status: The exit status; negative: the signal that ended it.
        words: The end of its output, unclean; the first line may lack its beginning.
    """

    status: int
    words: str


@dataclass(frozen=True, slots=True)
class Detached:
    """One that has been started, in a session of its own: it goes on when we leave, and when the terminal closes."""

    _process: subprocess.Popen[bytes]
    _output: IO[bytes]

    @classmethod
    def start(cls, command: str | Sequence[str], environ: Mapping[str, str], *, hears_stdout: bool = True) -> Detached:
        """Start it; it has neither our terminal nor the API key, and reads nothing.

        What it says goes to an unnamed temporary file: a pipe would break when we leave, and end it with its next word.

        Args:
            command: A program and its arguments; or one text, that goes through the shell.
            environ: The environment, of which it gets all but the API key.
            hears_stdout: Whether its stdout counts as well as its stderr.

        Raises:
            OSError: It cannot be started.
            ValueError: Its arguments cannot be handed over.
        """
        # brings along 4 ms of archives and chance, which a watch that starts nothing need not pay for
        import tempfile

        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        with ExitStack() as on_error:
            output = on_error.enter_context(tempfile.TemporaryFile())
            process = subprocess.Popen(  # noqa: S603 - the user's own words or a known opener; nothing foreign is read
                command,
                shell=isinstance(command, str),
                stdin=subprocess.DEVNULL,
                stdout=output if hears_stdout else subprocess.DEVNULL,
                stderr=output,
                env=without_key(environ),
                start_new_session=True,
                creationflags=flags,
            )
            on_error.pop_all()
        return cls(process, output)

    def end(self) -> asyncio.Future[End]:
        """Its end, whenever that comes; to be called once.

        A thread waits for it, so that it leaves no zombie, and holds nobody up at the end of our own program.
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
            output.seek(max(0, output.tell() - _HEARD))
            end = End(status, output.read().decode("utf-8", "replace"))
        # the loop is gone when it outlives us
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, ended, end)


def _settle(ended: asyncio.Future[End], end: End) -> None:
    if not ended.done():
        ended.set_result(end)
