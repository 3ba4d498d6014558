"""A program in a real pseudo-terminal: wait for text on its screen, press keys, check what it leaves behind."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

import pyte

from tvtui.terminal.output import Output

KEYS = {"down": "\x1b[B", "up": "\x1b[A", "enter": "\r", "escape": "\x1b", "tab": "\t"}
GHOSTTY = {"TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": "1.2.3"}
"""The environment of a terminal that supports notifications and progress."""
_DROPPED = {
    *("COLUMNS", "LINES", "NO_COLOR", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"),
    # these identify the terminal in which the tests are run
    *("TERM_PROGRAM", "TERM_PROGRAM_VERSION", "LC_TERMINAL", "LC_TERMINAL_VERSION", "TMUX", "STY", "VTE_VERSION"),
    *("WT_SESSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID", "GHOSTTY_RESOURCES_DIR", "WEZTERM_EXECUTABLE"),
    *("ITERM_SESSION_ID", "ConEmuANSI"),
}
_ANSWERS = {b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[?2048$p": b"\x1b[?2048;2$y"}
"""The modes that a terminal says it knows: synchronized output, and reports of its size."""
_MODES = re.compile(rb"\x1b\[\?([\d;]+)([hl])")


_STACKS = {"pushed": r"\x1b\[>\d*u", "popped": r"\x1b\[<u", "saved": r"\x1b\[22;0t", "restored": r"\x1b\[23;0t"}
_STATES = {"progress": r"\x1b\]9;4;(\d)", "pointer": r"\x1b\]22;([a-z]*)"}


def terminal_environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program in a plain terminal with all colors; `env` is added."""
    full = {key: value for key, value in os.environ.items() if key not in _DROPPED}
    return full | {"TERM": "xterm-256color", "COLORTERM": "truecolor", **env}


def in_terminal(
    command: Sequence[str], env: Mapping[str, str], size: tuple[int, int], folder: Path | None = None
) -> tuple[int, int]:
    """Start a command in a pseudo-terminal; its process and the file of the terminal."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        if folder is not None:
            os.chdir(folder)
        os.execvpe(command[0], list(command), env)
    return pid, fd


class Terminal:
    """One run of one program. A context manager: at the end, the program is killed if it is still running.

    `raw` has every byte that the program wrote. It answers no queries, as a plain terminal does, unless it `answers`.
    """

    def __init__(
        self,
        command: Sequence[str],
        size: tuple[int, int] = (120, 36),
        env: Mapping[str, str] | None = None,
        *,
        answers: bool = False,
    ) -> None:
        """Start `command` on a screen of `size` columns and rows, with `env` added to the environment of the tests."""
        full = terminal_environment(env or {})
        self.raw = bytearray()
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self._status: int | None = None
        self._answers = _ANSWERS if answers else {}
        self.started = time.perf_counter()
        self.pid, self._fd = in_terminal(command, full, size)
        self.resize(size)
        self._settings = termios.tcgetattr(self._fd)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._fd)

    @property
    def text(self) -> str:
        """The text on the screen, line by line."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    @property
    def farewell(self) -> str:
        """The text written after leaving the alternate screen, without escape sequences."""
        text = bytes(self.raw).rpartition(b"\x1b[?1049l")[2].decode()
        return re.sub(r"\x1b\[[<>=?]?[0-9;]*[a-zA-Z]", "", text).replace("\r\n", "\n").strip()

    @property
    def modes_left_on(self) -> set[int]:
        """Private modes (alternate screen, mouse, paste …) that were switched on and left on; 25 is a hidden cursor."""
        on: set[int] = set()
        for numbers, switch in _MODES.findall(bytes(self.raw)):
            for number in map(int, numbers.split(b";")):
                if (switch == b"h") != (number in {7, 25}):
                    on.add(number)
                else:
                    on.discard(number)
        return on

    @property
    def left_on(self) -> list[str]:
        """What else was not undone: keyboard modes, the title, progress, the shape of the pointer."""
        raw = self.raw.decode()
        count = {name: len(re.findall(pattern, raw)) for name, pattern in _STACKS.items()}
        left = [
            f"{on} of {off}" for on, off in (("pushed", "popped"), ("saved", "restored")) if count[on] != count[off]
        ]
        last = {name: re.findall(pattern, raw)[-1:] for name, pattern in _STATES.items()}
        states = [(name, state) for name, found in last.items() for state in found]
        return left + [f"{name}: {state}" for name, state in states if state not in {"0", "", "default"}]

    @property
    def is_cooked(self) -> bool:
        """Whether line editing and echo are as they were."""
        return termios.tcgetattr(self._fd)[:4] == self._settings[:4]

    def resize(self, size: tuple[int, int]) -> None:
        """Resize the terminal to these columns and rows."""
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.screen.resize(size[1], size[0])

    def hang_up(self) -> None:
        """Close the terminal under the program, as when its window is closed."""
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, self._fd)
        os.close(nothing)

    def press(self, *keys: str) -> None:
        """Press keys: one character each, or a name of `KEYS`."""
        os.write(self._fd, "".join(KEYS.get(key, key) for key in keys).encode())

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        os.kill(self.pid, number)

    def wait_for(self, pattern: str, seconds: float = 20.0) -> float:
        """Read until the screen shows `pattern`; seconds since the start.

        Raises:
            AssertionError: It did not appear in time; includes the screen.
        """
        found = re.compile(pattern, re.MULTILINE)
        deadline = time.perf_counter() + seconds
        while not found.search(self.text):
            left = deadline - time.perf_counter()
            is_coming = left > 0 and self.read(left)
            assert is_coming, f"no {pattern!r} on the screen:\n{self.text}"
        return time.perf_counter() - self.started

    def wait_for_bytes(self, pattern: bytes, seconds: float = 20.0) -> None:
        """Read until the program has written `pattern`.

        Raises:
            AssertionError: It was not written in time; includes the last bytes.
        """
        deadline = time.perf_counter() + seconds
        while not re.search(pattern, self.raw):
            left = deadline - time.perf_counter()
            is_coming = left > 0 and self.read(left)
            assert is_coming, f"no {pattern!r} was written: …{bytes(self.raw[-300:])!r}"

    def read(self, seconds: float) -> bool:
        """Apply what the program writes next, waiting at most `seconds`; False if it wrote nothing or has ended."""
        if not select.select([self._fd], [], [], max(0.0, seconds))[0]:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # on Linux, the other side has closed
            return False
        self.raw += data
        for query, answer in self._answers.items():
            # asked once for each start, never split in practice
            for _ in range(data.count(query)):
                os.write(self._fd, answer)
        self._stream.feed(data)
        return bool(data)

    def wait_until_full(self, seconds: float = 60.0) -> None:
        """Wait until no more is written because nothing is read."""
        deadline = time.perf_counter() + seconds
        waiting = quiet = 0
        while quiet < 10:
            before, waiting = waiting, struct.unpack("i", fcntl.ioctl(self._fd, termios.FIONREAD, b"\0" * 4))[0]
            quiet = quiet + 1 if before == waiting > 0 else 0
            assert time.perf_counter() < deadline, "more and more is written"
            time.sleep(0.05)

    def wait_for_end(self, seconds: float = 60.0) -> None:
        """Wait until the program has ended, without reading what it writes."""
        deadline = time.perf_counter() + seconds
        while self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = status
            assert time.perf_counter() < deadline, f"still running:\n{self.text}"
            time.sleep(0.01)

    def finish(self, seconds: float = 10.0) -> int:
        """Read to the end and return the exit status, negative for the signal that ended it.

        Raises:
            AssertionError: The program is still running after `seconds`.
        """
        deadline = time.perf_counter() + seconds
        while self._status is None:
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = status
            assert pid or time.perf_counter() < deadline, f"still running:\n{self.text}"
        while self.read(0.05):
            pass
        return os.waitstatus_to_exitcode(self._status)


class Pty:
    """A pseudo-terminal and our output to it."""

    def __init__(self) -> None:
        self._reader, writer = pty.openpty()
        self.file: TextIO = os.fdopen(writer, "w", encoding="utf-8")
        self.caught_up = threading.Event()
        self.gone = threading.Event()
        self.output = Output(self.file, caught_up=self.caught_up.set, gone=self.gone.set)

    def read_until(self, end: str) -> str:
        """Read what was written to the terminal, up to `end`."""
        text = ""
        while not text.endswith(end):
            assert select.select([self._reader], [], [], 20)[0], f"not written: {end!r}, but {text[-200:]!r}"
            text += os.read(self._reader, 65536).decode()
        return text

    def hang_up(self) -> None:
        """Close the side of the user."""
        os.close(self._reader)
        self._reader = -1

    def close(self) -> None:
        """Close both sides."""
        self.output.abandon()
        self.file.close()
        if self._reader >= 0:
            self.hang_up()
