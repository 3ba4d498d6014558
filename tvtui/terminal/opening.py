"""The terminal from the start of a watch to the app's own first frame, while the app is being imported."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any, TextIO

from tvtui.terminal.output import Output
from tvtui.terminal.query import Answers, Inquiry
from tvtui.terminal.sequences import ALTERNATE_SCREEN, HIDE_CURSOR

_ANSWER_SECONDS = 0.02
"""How long the first frame waits for the color of the background: a terminal on this machine answers within 5 ms."""

_LONGEST_FAREWELL = 1.0
"""Seconds that a terminal has to take what is still to be written when it is given back."""

_CLEAR = "\x1b[0m\x1b[2J"
"""Also at the start: GNU screen has no alternate screen by default."""


class Opening:
    """A terminal that shows a first frame until the app takes over, or until it is closed.

    Nothing is shown where the terminal's echo cannot be switched off: in the background, on Windows, in a file.
    """

    def __init__(self, inquiry: Inquiry, file: TextIO, draw: Callable[[tuple[int, int], Answers], str]) -> None:
        """Prepare.

        Args:
            inquiry: What the terminal has been asked.
            file: The output of the terminal.
            draw: Returns the frame for columns and rows, and for what the terminal has answered until then.
        """
        self._inquiry = inquiry
        self._file = file
        self._draw = draw
        self._output: Output | None = None
        self._answers: Answers | None = None
        self._drawing: threading.Thread | None = None
        self._handlers: dict[int, tuple[Any, Any]] = {}
        self.before_keys = inquiry.close

    def show(self, gone: Callable[[], object]) -> None:
        """Show the frame; only in the main thread. `gone` is called when the terminal can no longer be written."""
        if not self._inquiry.is_open:
            return
        self._output = Output(self._file, gone=gone)
        self._output.write(f"{ALTERNATE_SCREEN}{HIDE_CURSOR}")
        self._handle("SIGWINCH", self._redraw)
        self._handle("SIGTSTP", self._suspend)
        # in a thread, as the imports go on in the meantime
        self._drawing = threading.Thread(target=self._draw_first, args=(self._output,), name="tvtui-opening")
        self._drawing.start()

    def _draw_first(self, output: Output) -> None:
        answers = self._inquiry.collect(_ANSWER_SECONDS)
        self._answers = answers
        self._draw_on(output, answers)

    def _draw_on(self, output: Output, answers: Answers) -> None:
        try:
            width, height = os.get_terminal_size(self._file.fileno())
        except OSError:
            # the terminal is gone, which ends the process
            return
        output.write(f"{_CLEAR}{self._draw((width or 80, height or 24), answers)}")

    def _redraw(self) -> None:
        if self._output is not None and self._answers is not None:
            self._draw_on(self._output, self._answers)

    def collect(self) -> Answers:
        """All that the terminal has answered; waits for the rest, see `Inquiry`."""
        self._finish_drawing()
        return self._inquiry.collect()

    def _finish_drawing(self) -> None:
        drawing, self._drawing = self._drawing, None
        if drawing is not None:
            drawing.join()

    def _suspend(self) -> None:
        """Give the terminal back and stop; the app will start without a frame before its own."""
        self.close()
        os.kill(os.getpid(), signal.SIGTSTP)

    def _handle(self, name: str, handler: Callable[[], None]) -> None:
        number = getattr(signal, name)

        def handle(_number: int, _frame: object) -> None:
            handler()

        self._handlers[number] = handle, signal.signal(number, handle)

    def take_output(self) -> Output | None:
        """Leave the terminal to the app: what has been written to, or None if nothing is shown."""
        self._finish_drawing()
        output, self._output = self._output, None
        for number, (ours, before) in self._handlers.items():
            # the app may have its own by now
            if signal.getsignal(number) is ours:
                signal.signal(number, before)
        self._handlers.clear()
        return output

    def close(self) -> None:
        """Leave the terminal as it was, unless the app has taken over."""
        if (output := self.take_output()) is not None:
            output.stop(_LONGEST_FAREWELL)
        self._inquiry.close()

    def abandon(self) -> None:
        """Do the same as far as that does not block; can be called in any thread."""
        if (output := self._output) is not None:
            output.abandon()
