"""The keys of a replay: they exist only where a recording is played."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.reactive import var
from textual.widgets import Input

from tvtui.testvibe.identity import CaseId
from tvtui.tui.widgets.playback_words import playback_obstacle
from tvtui.watch.events import Snapshot
from tvtui.watch.playback import Player

_MINUTE = 60.0


class ReplayKeys(Container):
    """Holds the panes of a run whose recording is played, and moves in the recording by keys.

    A pane that has the same keys, such as the diagnosis with its sections, takes them first, but for the pause.
    """

    DEFAULT_CSS = """
    ReplayKeys { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            *("space", "replay_toggle", "play/pause"),
            # also where it scrolls or opens otherwise
            priority=True,
            id="replay.pause",
            tooltip="Pause or play on; at the end, play again",
        ),
        Binding(
            *("comma", "replay_change_before", "change before"),
            key_display=",",
            show=False,
            id="replay.change_before",
            tooltip="Pause at the change before",
        ),
        Binding(
            *("full_stop", "replay_change_after", "next change"),
            key_display=".",
            id="replay.change_after",
            tooltip="Pause at the next change",
        ),
        Binding(
            *("left_square_bracket", "replay_minute_back", "minute back"),
            key_display="[",
            show=False,
            id="replay.minute_back",
            tooltip="Go back a minute",
        ),
        Binding(
            *("right_square_bracket", "replay_minute_on", "+1 min"),
            key_display="]",
            id="replay.minute_on",
            tooltip="Go on a minute",
        ),
        Binding(
            *("left_curly_bracket", "replay_failure_before", "failure before"),
            key_display="{",
            show=False,
            id="replay.failure_before",
            tooltip="Pause where a test failed before",
        ),
        Binding(
            *("right_curly_bracket", "replay_failure_after", "fails next"),
            key_display="}",
            id="replay.failure_after",
            tooltip="Pause where the next test fails",
        ),
    ]

    snapshot: var[Snapshot | None] = var(None)
    """The run at the moment that is shown."""

    def __init__(self, player: Player, select: Callable[[CaseId], None]) -> None:
        """Move in what `player` plays; `select` selects a test."""
        super().__init__()
        self._player = player
        self._select = select
        self._limits: tuple[bool, ...] = ()

    def watch_snapshot(self) -> None:
        """Dim the keys that lead nowhere."""
        limits = tuple(bool(self._obstacle(each.action)) for each in self.BINDINGS if isinstance(each, Binding))
        if limits != self._limits:
            self._limits = limits
            self.screen.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim the keys that lead nowhere; a space that is typed pauses nothing."""
        del parameters
        if action == "replay_toggle" and isinstance(self.app.focused, Input):
            return False
        return not self._obstacle(action) or None

    def _obstacle(self, action: str) -> str:
        playback = None if self.snapshot is None else self.snapshot.playback
        return "" if playback is None else playback_obstacle(action, playback)

    def action_replay_toggle(self) -> None:
        """Pause or resume; at the end, play again from the beginning."""
        self._player.toggle()

    def action_replay_change_before(self) -> None:
        """Pause at the change before."""
        self._player.step_change(-1)

    def action_replay_change_after(self) -> None:
        """Pause at the next change."""
        self._player.step_change(1)

    def action_replay_minute_back(self) -> None:
        """Go back a minute."""
        self._player.skip(-_MINUTE)

    def action_replay_minute_on(self) -> None:
        """Go on a minute."""
        self._player.skip(_MINUTE)

    def action_replay_failure_before(self) -> None:
        """Pause where a test failed before, and select it."""
        self._go_to_failure(-1)

    def action_replay_failure_after(self) -> None:
        """Pause where the next test fails, and select it."""
        self._go_to_failure(1)

    def _go_to_failure(self, step: int) -> None:
        if (case_id := self._player.step_failure(step)) is not None:
            self._select(case_id)
