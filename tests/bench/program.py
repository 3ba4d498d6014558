"""A program in a pseudo-terminal. Its output is kept but not drawn: drawing takes longer than many a program."""

from __future__ import annotations

import os
import platform
import re
import resource
import select
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.support.terminal import in_terminal, terminal_environment

SIZE = (120, 36)
QUIET = 0.06
"""Seconds without output after which a repaint is complete."""

_ANSWERS = {b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[c": b"\x1b[?62;22c"}
"""What terminals answer: synchronized output is known, and the attributes, which end the questions of tvtui."""

_ESCAPE = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-OQ-WYZ\\`-~])|[\x00-\x1a\x1c-\x1f]+"
)


class Unmeasured(Exception):
    """A program did not do what was to be measured."""


class Step(NamedTuple):
    """What a key led to.

    Attributes:
        ms: From the key to the last byte of the repaint, in milliseconds; 0.0 without one.
        size: The bytes of the repaint.
    """

    ms: float
    size: int


def plain(output: bytes) -> bytes:
    """The text of a terminal's output, without escape sequences and without one that is not complete yet."""
    return _ESCAPE.sub(b"", output).partition(b"\x1b")[0]


class Program:
    """One run of one program; as a context manager, it is killed at the end."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        """Start `command` in a folder, with `env` added to the environment."""
        full = terminal_environment(env)
        self.command = command
        self.output = bytearray()
        self._usage: resource.struct_rusage | None = None
        self._last = self.started = time.perf_counter()
        self.pid, self._fd = in_terminal(command, full, SIZE, folder)

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        if self._usage is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._fd)

    def fileno(self) -> int:
        """Its terminal, for `select`."""
        return self._fd

    def read(self, seconds: float) -> bool:
        """Read what is written next, waiting at most `seconds`; False if there is nothing, or the program has ended."""
        if not select.select([self._fd], [], [], max(0.0, seconds))[0]:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # on Linux, the other side has closed
            return False
        self._last = time.perf_counter()
        self.output += data
        for query, answer in _ANSWERS.items():
            if query in data:
                os.write(self._fd, answer)
        return bool(data)

    def wait_for(self, pattern: str, seconds: float = 30.0) -> float:
        """Read until the program has written text that matches; the milliseconds since its start.

        Raises:
            Unmeasured: It did not write it in time.
        """
        found = re.compile(pattern.encode())
        deadline = time.perf_counter() + seconds
        while not found.search(plain(bytes(self.output))):
            if not self.read(deadline - time.perf_counter()):
                end = plain(bytes(self.output))[-200:].decode(errors="replace")
                raise Unmeasured(f"{' '.join(self.command[:4])}: no {pattern!r} in {seconds:g} s: …{end!r}")
        return 1000 * (self._last - self.started)

    def settle(self, seconds: float = 0.5) -> None:
        """Read for so long."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)

    def press(self, *keys: str) -> None:
        """Send keys as a terminal does."""
        os.write(self._fd, "".join(keys).encode())

    def step(self, *keys: str, quiet: float = QUIET) -> Step:
        """Press keys and read until the repaint is complete."""
        self.drain()
        pressed = time.perf_counter()
        self.press(*keys)
        return self.repaint(pressed, quiet)

    def drain(self) -> None:
        """Read what has been written."""
        while self.read(0):
            pass

    def repaint(self, since: float, quiet: float = QUIET) -> Step:
        """Read a repaint until it is complete: nothing follows for `quiet` seconds; `since` is when it was caused."""
        before = len(self.output)
        while self.read(quiet if len(self.output) > before else 1.0):
            pass
        size = len(self.output) - before
        return Step(1000 * (self._last - since) if size else 0.0, size)

    def quit(self, keys: str) -> float:
        """Press keys that end the program; the milliseconds until its process is gone."""
        pressed = time.perf_counter()
        self.press(keys)
        while self.read(10.0):
            pass
        if time.perf_counter() - self._last > 9:
            raise Unmeasured(f"{' '.join(self.command[:4])} did not end")
        _, _, self._usage = os.wait4(self.pid, 0)
        return 1000 * (time.perf_counter() - pressed)

    def cpu(self) -> float:
        """The CPU time of all its threads until now, in milliseconds."""
        if platform.system() == "Linux":
            # its own clock, as clock_getcpuclockid(3) has it; psutil counts ticks of 10 ms
            return 1000 * time.clock_gettime(~self.pid << 3 | 2)
        times = psutil.Process(self.pid).cpu_times()
        return 1000 * float(times.user + times.system)

    def memory(self) -> float:
        """Its resident memory in MB."""
        return float(psutil.Process(self.pid).memory_info().rss) / 1e6

    def wake_ups(self) -> int:
        """How often it has woken up, on Linux only its main thread."""
        return int(psutil.Process(self.pid).num_ctx_switches().voluntary)
