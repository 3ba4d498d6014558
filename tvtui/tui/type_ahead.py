"""Type-ahead: input takes effect in the order in which it came, however fast it comes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from textual.app import App
from textual.events import Event, InputEvent, Key, MouseDown, MouseUp, Paste
from textual.message_pump import MessagePump

from tvtui.tui.screens.closing import Palette
from tvtui.tui.screens.run import RunScreen

_QUIET_TURNS = 4
"""Turns without a message after which an input event has taken effect; what workers do takes one or two more."""

_MOST_TURNS = 500
"""Turns after which the next event is passed on in any case, so that no stream of messages stops the keyboard."""

_MOVES = ("move(", "page(", "scroll_by(", "scroll_page(")
"""The actions of a pane that only move a cursor or a text in it, so that the same key again goes to the same place."""

_STEP = "step_failure("
"""One that does so unless there are other runs, to whose failures it may lead."""

_SEARCH_SECONDS = 0.005
"""How often to look whether the search of the palette is over."""


class TypeAhead:
    """Lets the app handle one input event at a time.

    Textual sends a key to whatever has the focus when the key arrives. But what a key does takes longer: its message
    goes up from widget to widget, and a screen that it opens has to be mounted. Keys that follow at once would act on
    the screen below, or overtake each other. Here they wait until the event before them has taken effect.
    """

    def __init__(self, app: App[None]) -> None:
        """Order the input events of `app`, which asks `admits` about each, and has `run` in a worker."""
        self._app = app
        self._waiting: deque[Event] = deque()
        self._due: list[Event] = []
        self._is_busy = False
        self._admitted = asyncio.Event()

    @property
    def is_busy(self) -> bool:
        """Whether an event has not taken full effect yet."""
        return self._is_busy and self._app.is_running

    def admits(self, event: Event) -> bool:
        """Whether the app may handle an event now; otherwise the event is kept, and comes again when it is its turn."""
        if not isinstance(event, InputEvent | Paste):
            return True
        if event.is_forwarded or not self._app.is_running:
            # a key that has gone up from widget to widget; while the app ends, it has no screen left to act on
            return self._app.is_running
        if event not in self._due and (self._is_busy or self._is_held(event)):
            self._waiting.append(event)
            if not self._is_busy:
                self._start()
            return False
        # the mouse moves and scrolls many times a second, and neither changes what a key does
        if self._is_busy or isinstance(event, Key | Paste | MouseDown | MouseUp):
            self._start()
        return True

    def _start(self) -> None:
        self._is_busy = True
        self._admitted.set()

    def _is_held(self, event: Event) -> bool:
        screen = self._app.screen if self._app.is_running else None
        if isinstance(screen, RunScreen):
            return not screen.is_mounted or not screen.detail.is_complete
        return isinstance(screen, Palette) and screen.holds(event)

    async def run(self) -> None:
        """Pass on what waits, until the app ends."""
        while True:
            await self._admitted.wait()
            self._admitted.clear()
            await self._settle()
            self._is_busy = bool(self._waiting)
            if self._waiting:
                event = self._waiting.popleft()
                # polled, as a worker that is waited for ends together with the one that waits
                while self._is_held(event):  # noqa: ASYNC110 - see above
                    await asyncio.sleep(_SEARCH_SECONDS)
                self._due = [event, *self._repeats(event)]
                for due in self._due:
                    self._app.post_message(due)

    def _repeats(self, event: Event) -> list[Event]:
        """Take what waits behind a key and is the same, if the key only moves."""
        repeats: list[Event] = []
        if isinstance(event, Key) and self._moves(event.key):
            while self._waiting and isinstance(next_ := self._waiting[0], Key) and next_.key == event.key:
                repeats.append(self._waiting.popleft())
        return repeats

    def _moves(self, key: str) -> bool:
        screen = self._app.screen
        action = active.binding.action if (active := screen.active_bindings.get(key)) is not None else ""
        is_step = action.startswith(_STEP) and isinstance(screen, RunScreen) and not screen.tabs
        return is_step or action.startswith(_MOVES)

    async def _settle(self) -> None:
        quiet = 0
        for _ in range(_MOST_TURNS):
            await asyncio.sleep(0)
            if not self._app.is_running:
                return
            screen = self._app.screen
            # most messages are on their way from the focus up, which is found sooner than by walking the screen
            near = screen.focused.ancestors_with_self if screen.focused is not None else [screen]
            if _are_waiting((self._app, *near)) or _are_waiting(screen.walk_children(with_self=True)):
                quiet = 0
                continue
            # its queue is empty too while the app is at an action that waits for a screen to be mounted
            turn = asyncio.Event()
            self._app.call_next(turn.set)
            await turn.wait()
            quiet += 1
            if quiet == _QUIET_TURNS:
                return


def _are_waiting(pumps: Iterable[MessagePump]) -> bool:
    """Whether any has messages that it has not processed."""
    return any(pump.message_queue_size for pump in pumps)
