"""Why a key has no effect now: of keys for the runs, and how long a reason is shown; removing other messages."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import App

from tvtui.tui.runs import WatchedRuns

_SECONDS = 3.0


def runs_obstacle(action: str, runs: WatchedRuns, quit_key: str) -> str:
    """Why an action on the runs, such as "show_run(4)", cannot be done; "" if it is another action."""
    ids = [each.run_id for each in runs]
    match action.rstrip(")").split("("):
        case ["close_run"]:
            return f"Run {ids[0]} is the only one. Press {quit_key} to quit."
        case ["step_run", _]:
            return f"Run {ids[0]} is the only one."
        case ["reopen_run"]:
            return "No run has been closed."
        case ["show_run", number]:
            opened = f"only run {ids[0]} is open" if len(ids) == 1 else f"{len(ids)} runs are open"
            return f"No tab {number}: {opened}."
    return ""


class Reasons:
    """Shows reasons; a key that is held down explains itself once."""

    def __init__(self, notify: Callable[[str, float], object], now: Callable[[], float]) -> None:
        """Show reasons by `notify`, which takes a sentence and for how many seconds to show it."""
        self._notify = notify
        self._now = now
        self._shown: dict[str, float] = {}

    def show(self, reason: str) -> None:
        """Show a reason, unless it is still shown."""
        if (now := self._now()) >= self._shown.get(reason, now - _SECONDS) + _SECONDS:
            self._shown = {reason: now}
            self._notify(reason, _SECONDS)


def withdraw(app: App[None], beginning: str) -> None:
    """Remove the messages with this beginning."""
    # Textual can publicly remove all messages only
    for notification in [each for each in app._notifications if each.message.startswith(beginning)]:  # noqa: SLF001 - see above
        app._unnotify(notification)  # noqa: SLF001 - see above
