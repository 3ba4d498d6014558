"""What the watch of a run saw last, and what follows from it when everything is over: words and an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tvtui.exit_code import ExitCode, exit_code, worst
from tvtui.stderr import complain

if TYPE_CHECKING:
    from tvtui.settings.settings import Settings
    from tvtui.testvibe.errors import ClientError, Refused
    from tvtui.watch.events import Problem, Snapshot

__all__ = ["Seen", "conclude", "gave_up", "patience", "refused", "so_far"]


@dataclass(slots=True)
class Seen:
    """What a watch saw last; a problem is forgotten when an answer comes."""

    snapshot: Snapshot | None = None
    problem: Problem | None = None


def so_far(seen: Iterable[Seen]) -> ExitCode:
    """How a watch ends whose output nobody can read any more."""
    return worst(exit_code(each.snapshot, None) for each in seen)


def conclude(settings: Settings, seen: Iterable[Seen]) -> ExitCode:
    """Say what stood between, if anything did, and how the process should end."""
    runs = list(seen)
    # where the same stood between several runs it is said once
    complain(*dict.fromkeys(obstacle for each in runs if (obstacle := _obstacle(settings, each))))
    return worst(exit_code(each.snapshot, each.problem) for each in runs)


def _obstacle(settings: Settings, seen: Seen) -> str:
    code = exit_code(seen.snapshot, seen.problem)
    if seen.problem is None or code in {ExitCode.PASSED, ExitCode.FAILED}:
        return ""
    return gave_up(settings, seen.problem.error) if code is ExitCode.LOST else str(seen.problem.error)


def patience(settings: Settings) -> float:
    """Seconds in which a first good answer must come where nobody sits who could do something about it."""
    from tvtui.watch.deadline import FIRST_ANSWER_SECONDS

    return settings.timeout or FIRST_ANSWER_SECONDS


def gave_up(settings: Settings, error: ClientError) -> str:
    """What is said when patience has run out."""
    return f"Gave up after {patience(settings):g} s without a good answer. {error}"


def refused(settings: Settings, error: Refused) -> str:
    """What is said when the key was refused: where it came from too, as its owner may have several."""
    return f"{error} The key came from {settings.key_source}." if settings.key_source else str(error)
