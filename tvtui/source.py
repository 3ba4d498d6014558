"""Where answers come from: one client, its first request under way at once, its key renewed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tvtui.journal.started_runs import Announcements
    from tvtui.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """What is watched, and how.

    Attributes:
        settings: Server, key, project, pace.
        run_ids: The runs; at least one.
        again: The words of the command that shows such runs again.
        renew: Reads the settings anew after the key was refused; None where they cannot change.
        begins_with_board: Whether the screen shows the board first.
        announce: Told of every run that is started while watching; None: nobody is.
        announcements: The runs to go on with when these have ended; None: the watch ends with its runs.
    """

    settings: Settings
    run_ids: Sequence[int]
    again: Callable[[Sequence[int]], Sequence[str]]
    renew: Callable[[], Settings] | None = None
    begins_with_board: bool = False
    announce: Callable[[int], None] | None = None
    announcements: Announcements | None = None
