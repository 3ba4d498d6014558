"""What the watch of a run saw last, and what follows from it when everything is over: words and an exit code."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tvtui.exit_code import ExitCode, exit_code, worst

if TYPE_CHECKING:
    from tvtui.settings import Settings
    from tvtui.watch import Problem, Snapshot


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
    return worst([_conclude_one(settings, each) for each in seen])


def _conclude_one(settings: Settings, seen: Seen) -> ExitCode:
    from tvtui.endings import FIRST_ANSWER_SECONDS

    code = exit_code(seen.snapshot, seen.problem)
    if seen.problem is None or code in {ExitCode.PASSED, ExitCode.FAILED}:
        return code
    sentence = str(seen.problem.error)
    if code is ExitCode.LOST:
        seconds = settings.timeout or FIRST_ANSWER_SECONDS
        sentence = f"Gave up after {seconds:g} s without a good answer. {sentence}"
    complain(sentence)
    return code


def complain(sentence: str) -> None:
    """Say something on stderr, if there is one."""
    from tvtui.text import clean_line

    if sys.stderr is None:
        return
    with suppress(OSError):
        # a sentence can quote a path, and a path can hold anything
        sys.stderr.write(f"tvtui: {clean_line(sentence)}\n")
        sys.stderr.flush()


def imports_are_done() -> None:
    """Collect garbage again, but never look at what is there by now."""
    gc.freeze()
    gc.enable()
