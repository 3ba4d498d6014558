"""Output to a terminal that may take nothing for a while, or never again."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TextIO

from tvtui.terminal.modes import TerminalModes

_MOST_WAITING = 30
"""Writes that wait for the terminal; a frame is up to three. Frames beyond that are skipped."""

_LONGEST_PAUSE = 0.1
"""Seconds until a terminal that took nothing is tried again."""

_TRIES = 20
"""How often an abandoned terminal is offered the end of its modes; each time, what it has not taken is dropped."""

_END_OF_STRING = "\x1b\\"
"""Ends a sequence of which only a part was written."""


class Output:
    """Writes in a thread, so that nothing else ever waits for the terminal; switches its modes off at the end.

    Attributes:
        caught_up: Called in the thread when everything was written after frames had to be skipped.
        gone: Called in the thread when the terminal can no longer be written.
    """

    def __init__(
        self,
        file: TextIO,
        *,
        caught_up: Callable[[], object] = lambda: None,
        gone: Callable[[], object] = lambda: None,
    ) -> None:
        """Start writing to `file`, a terminal."""
        self._file = file
        self.caught_up = caught_up
        self.gone = gone
        self._waiting: SimpleQueue[str | None] = SimpleQueue()
        self._modes = TerminalModes()
        self._sending = ""
        self._has_skipped = False
        self._is_abandoned = threading.Event()
        self._is_over = False
        # a signal handler in the same thread may need it, too
        self._abandoning = threading.RLock()
        # of its own: not to block would otherwise apply to the shell and its programs, too
        self._descriptor = _open_again(file)
        self._thread = threading.Thread(target=self._run, name="tvtui-output", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        """Write some time; never blocks."""
        if not self._is_abandoned.is_set():
            self._waiting.put(text)

    def takes_frame(self) -> bool:
        """Whether to write another frame; if not, `caught_up` is called once the terminal takes output again."""
        if self._waiting.qsize() < _MOST_WAITING:
            return True
        if not self._has_skipped:
            self._has_skipped = True
            # makes sure that the thread notices
            self._waiting.put("")
        return False

    def stop(self, seconds: float) -> None:
        """Write everything and switch off all modes that are on; give up, as `abandon` does, after some seconds."""
        self._waiting.put(None)
        self._thread.join(seconds)
        if self._thread.is_alive():
            self.abandon()
            return
        self._is_over = True
        if self._descriptor is not None:
            os.close(self._descriptor)

    def abandon(self) -> None:
        """Drop what was not written yet, and switch off all modes that may be on, as far as that does not block."""
        # a forced exit waits here until the orderly one has done it
        with self._abandoning:
            if not self._is_over:
                self._is_over = True
                self._is_abandoned.set()
                self._waiting.put(None)
                self._undo_at_once()

    def _undo_at_once(self) -> None:
        if sys.platform == "win32":
            return
        import termios

        number = self._file.fileno() if self._descriptor is None else self._descriptor
        with suppress(OSError, termios.error):
            # the thread may be in the middle of a write, which is then ended by the first of these
            termios.tcflush(number, termios.TCOFLUSH)
            self._thread.join(_LONGEST_PAUSE)
            data = self._encode(_END_OF_STRING + self._modes.undo(self._sending))
            os.set_blocking(number, False)
            try:
                for _ in range(_TRIES):
                    with suppress(BlockingIOError):
                        data = data[os.write(number, data) :]
                    if not data:
                        break
                    termios.tcflush(number, termios.TCOFLUSH)
                    time.sleep(_LONGEST_PAUSE / _TRIES)
            finally:
                os.set_blocking(number, self._descriptor is None)

    def _run(self) -> None:
        try:
            while not self._is_abandoned.is_set() and (text := self._next()) is not None:
                self._send(text)
                if self._has_skipped and self._waiting.empty():
                    self._has_skipped = False
                    self.caught_up()
            if not self._is_abandoned.is_set():
                self._send(self._modes.undo())
        except (OSError, ValueError):
            self.gone()

    def _next(self) -> str | None:
        """Wait for text; None: it is the end."""
        text = self._waiting.get()
        if text is None:
            return None
        with suppress(Empty):
            while following := self._waiting.get_nowait():
                text += following
            if following is None:
                self._waiting.put(None)
        return text

    def _send(self, text: str) -> None:
        self._sending = text
        if sys.platform == "win32":
            self._file.write(text)
            self._file.flush()
        else:
            self._send_bytes(self._encode(text))
        if not self._is_abandoned.is_set():
            self._modes.note(text)
            self._sending = ""

    def _send_bytes(self, data: bytes) -> None:
        number = self._file.fileno() if self._descriptor is None else self._descriptor
        pause = 0.001
        while data and not self._is_abandoned.is_set():
            try:
                data = data[os.write(number, data) :]
                pause = 0.001
            except BlockingIOError:
                self._is_abandoned.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def _encode(self, text: str) -> bytes:
        return text.encode(self._file.encoding, "backslashreplace")


def _open_again(terminal: TextIO) -> int | None:
    """A descriptor of this terminal that does not block; None if there can be none."""
    if sys.platform != "win32":
        with suppress(OSError, ValueError):
            return os.open(os.ttyname(terminal.fileno()), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    return None
