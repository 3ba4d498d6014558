"""Why an action can do nothing in a recording; pure."""

from __future__ import annotations

from tvtui.watch.playback import Playback, Position


def playback_obstacle(action: str, playback: Playback) -> str:
    """Why an action can do nothing in a recording, as a sentence; "" if it can, or if that has other reasons."""
    match action:
        case "refresh":
            return f"This is a recording; to ask the server, use: {playback.watch_command}"
        case "run_again":
            return f"This is a recording; to run it again, first use: {playback.watch_command}"
        case "pause" if playback.position is None:
            return "This is the recorded end of the run; there is nothing to pause."
    return "" if playback.position is None else _limit(action, playback.position)


def _limit(action: str, position: Position) -> str:
    """Why a step leads nowhere from here."""
    match action:
        case "replay_change_before" | "replay_minute_back" if position.seconds <= position.begins:
            return "This is the beginning of the recording."
        case "replay_change_after" | "replay_minute_on" if position.seconds >= position.ends:
            return "This is the end of the recording."
        case "replay_failure_before" if not position.is_after_failure:
            return "No test failed before this moment."
        case "replay_failure_after" if not position.is_before_failure:
            return "No test fails after this moment."
    return ""
