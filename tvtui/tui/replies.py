"""Keeps what a terminal sends by itself from being taken for keys."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable

from textual import constants
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.message import Message

from tvtui.terminal.replies import REPLY, UNFINISHED, is_sequence

_PATIENCE = 2.0
"""Seconds to wait for the rest of an answer, on a slow connection, before it is dropped."""


class ReplyFilter(XTermParser):
    """Textual's parser without the answers to queries, which it would pass on as one key for each character.

    Answers come when no one waits for them: late, because an earlier program has asked, or because the terminal reports
    a change. An answer can be split anywhere, so the beginning of one is held back.
    """

    def __init__(self, debug: bool = False, *, typed: str = "", now: Callable[[], float] = time.monotonic) -> None:
        """Begin with what was typed before."""
        super().__init__(debug)
        self._now = now
        self._typed = typed
        self._held = ""
        self._held_at = 0.0

    def feed(self, data: str) -> Iterable[Message]:
        """The events in `data`; "" ends the input."""
        if not data:
            yield from super().feed("")
            return
        text = REPLY.sub("", self._typed + self._held + data)
        self._typed = ""
        unfinished = UNFINISHED.search(text)
        self._held, self._held_at = unfinished[0] if unfinished else "", self._now()
        if text := text.removesuffix(self._held):
            yield from super().feed(text)

    def tick(self) -> Iterable[Message]:
        """The events that are due because nothing followed, such as the escape key."""
        if self._typed:
            typed, self._typed = self._typed, ""
            yield from self.feed(typed)
        held, age = self._held, self._now() - self._held_at
        if held and age >= (_PATIENCE if is_sequence(held) else constants.ESCAPE_DELAY):
            self._held = ""
            if not is_sequence(held):
                yield from super().feed(held)
                # the time in which something could have followed is over
                self._timeout_time = 0.0
        yield from super().tick()


def without_replies(driver: type[Driver], typed: str, before_keys: Callable[[], object]) -> type[Driver]:
    """A driver class that ignores what only a terminal sends.

    Args:
        driver: A driver that makes its parser itself, by a name in its module; there is no other way in.
        typed: What was typed before; it comes first.
        before_keys: Called right before the driver takes over the terminal.
    """
    pending = [typed]

    def parser(debug: bool = False) -> XTermParser:
        # a driver that resumes makes another one
        return ReplyFilter(debug, typed=pending.pop() if pending else "")

    for each in driver.__mro__:
        names = vars(sys.modules[each.__module__])
        if "XTermParser" in names:
            names["XTermParser"] = parser

    def start(self: Driver) -> None:
        before_keys()
        driver.start_application_mode(self)

    return type(driver.__name__, (driver,), {"start_application_mode": start})
