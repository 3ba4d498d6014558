"""Exit codes and how a watch's outcome becomes one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from tvtui.cli.stderr import complain

if TYPE_CHECKING:
    from tvtui.settings.settings import Settings
    from tvtui.testvibe.errors import ClientError, Refused
    from tvtui.watch.events import Problem, Snapshot


class ExitCode(IntEnum):
    """The exit codes, the same in the app and without a terminal."""

    PASSED = 0
    """The run passed; also: what was asked for (help, a list) was shown."""
    FAILED = 1
    """The run failed, or ended in any way but passed."""
    USAGE = 2
    """The command line or the configuration is wrong."""
    REFUSED = 3
    """The key was refused (401, 403)."""
    NOT_FOUND = 4
    """There is no such run or project (404)."""
    LOST = 5
    """Contact was lost for good: see `--timeout`, or no first answer came without a terminal."""
    LEFT = 6
    """The watch was left before the run ended; also: nobody reads the output any more."""
    NOT_STARTED = 7
    """A run was asked for and has not started, or nobody knows whether it has."""
    CRASHED = 70
    """A bug in tvtui; BSD's EX_SOFTWARE, so that it is never taken for a failed run."""
    INTERRUPTED = 130
    """Interrupted (SIGINT); any other signal n that ends the watch gives 128 + n."""


_WORST_FIRST = (
    ExitCode.FAILED,
    ExitCode.REFUSED,
    ExitCode.NOT_FOUND,
    ExitCode.LOST,
    ExitCode.LEFT,
    ExitCode.PASSED,
)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The one exit code of several runs: a failure that is certain is worse than a result that is unknown."""
    return min(codes, key=_WORST_FIRST.index)


def exit_code(snapshot: Snapshot | None, problem: Problem | None) -> ExitCode:
    """Tell from what a watch saw last how the process should end.

    Args:
        snapshot: The last good answer, if there was one.
        problem: What stood between since then, None if contact was good to the end.
    """
    from tvtui.testvibe.errors import NotFound, Refused
    from tvtui.testvibe.models import RunState

    if snapshot is not None and snapshot.run.has_ended:
        return ExitCode.PASSED if snapshot.run.state is RunState.PASSED else ExitCode.FAILED
    if problem is None or (snapshot is not None and not problem.is_final):
        return ExitCode.LEFT
    if isinstance(problem.error, Refused):
        return ExitCode.REFUSED
    if isinstance(problem.error, NotFound):
        return ExitCode.NOT_FOUND
    return ExitCode.LOST if problem.is_final else ExitCode.LEFT


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
