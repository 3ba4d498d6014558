"""Which step failed: not always the last one with an error, as hooks and fixtures fail afterwards, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tvtui.text.clean import plain
from tvtui.trace.records import Place, StepError

_MOST_ERRORS = 100
_MOST_COMPARED = 200
_LONGEST_COMPARED = 4096
"""Limits on comparing messages: a hostile trace has any number of errors and failed steps, and of any length."""


class Failed(NamedTuple):
    """A step with an error.

    Attributes:
        id: The step.
        error: Its error.
        place: Where the test called it.
        children: Those of its children that failed, by start.
        is_in_hook: Whether it is a hook or a fixture, or inside of one.
    """

    id: str
    error: StepError
    place: Place | None
    children: tuple[str, ...] = ()
    is_in_hook: bool = False


class Verdict(NamedTuple):
    """What failed.

    Attributes:
        failing: The step or the error that ended the test: the ID of a step, the index of an error, or None.
        owners: For each error of the test, the step that it belongs to, or None.
        failures: Everything that failed: IDs of steps and indices of errors, in the order of the trace.
    """

    failing: str | int | None = None
    owners: tuple[str | None, ...] = ()
    failures: tuple[str | int, ...] = ()


def first_line(text: str) -> str:
    """The first line of an error that says something, without colours."""
    return next((line for line in plain(text[:_LONGEST_COMPARED]).split("\n") if line.strip()), "")


def judge(failed: Mapping[str, Failed], errors: Sequence[StepError], *, passes_without_errors: bool) -> Verdict:
    """Find what failed.

    Args:
        failed: The steps with an error by ID, by start.
        errors: The errors of the test, in the order of the file; `place` is the top of their stack.
        passes_without_errors: Whether a test that failed has errors in the trace: a test runner's does from format 7.
    """
    leaves = [each for each in failed.values() if not each.children]
    if not errors:
        if passes_without_errors or not leaves:
            return Verdict()
        return Verdict(_last_outside_hooks(leaves), (), tuple(each.id for each in leaves))
    candidates = (_Candidates(leaves), _Candidates([each for each in failed.values() if each.children]))
    owners = tuple(_owner(error, candidates, failed) for error in errors[:_MOST_ERRORS])
    owners += (None,) * (len(errors) - len(owners))
    failing: str | int = 0 if owners[0] is None else owners[0]
    if errors[0].place is None and leaves:
        # a timeout: earlier errors were caught, later ones in hooks came after it
        failing = _last_outside_hooks(leaves)
    first = (failing, *(index if owner is None else owner for index, owner in enumerate(owners) if index))
    return Verdict(failing, owners, tuple(dict.fromkeys(first)))


def _last_outside_hooks(leaves: Sequence[Failed]) -> str:
    return next((each.id for each in reversed(leaves) if not each.is_in_hook), leaves[0].id)


class _Candidates:
    """Failed steps among which the owner of an error is looked for."""

    def __init__(self, steps: Sequence[Failed]) -> None:
        self._by_place = {_spot(each.place): each for each in steps if each.place is not None}
        self._by_line = [(first_line(each.error.text), each) for each in steps[:_MOST_COMPARED]]

    def find(self, error: StepError) -> Failed | None:
        """The last one at the place of the error, else the first with the same message."""
        found = self._by_place.get(_spot(error.place)) if error.place is not None else None
        message, line = plain(error.text[:_LONGEST_COMPARED]), first_line(error.text)
        same = (each for own, each in self._by_line if own and line and (own in message or line in own))
        return found or next(same, None)


def _owner(error: StepError, candidates: Iterable[_Candidates], failed: Mapping[str, Failed]) -> str | None:
    found = next(filter(None, (each.find(error) for each in candidates)), None)
    # the error of a hook that timed out names the hook; the step that waited is below it
    while found is not None and found.children:
        found = failed[found.children[-1]]
    return found.id if found else None


def _spot(place: Place) -> tuple[str, int, int]:
    return place.file, place.line, place.column
