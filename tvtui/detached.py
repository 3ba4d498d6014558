"""A program that is started apart from the terminal and from our own life, and heard out when it ends."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import IO, NamedTuple

from tvtui.settings.api_key import without_key

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
