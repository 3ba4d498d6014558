"""Which step failed: not always the last one with an error, as hooks and fixtures fail afterwards, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tvtui.text.clean import plain
from tvtui.trace.records import Place, StepError

_MOST_ERRORS = 100
_MOST_COMPARED = 1000
"""Each error is compared with so many steps: a hostile trace has any number of both."""


@dataclass(frozen=True, slots=True)
class Failed:
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


@dataclass(frozen=True, slots=True)
class Verdict:
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
    return next((line for line in plain(text).split("\n") if line.strip()), "")


def judge(failed: Mapping[str, Failed], errors: Sequence[StepError], *, passes_without_errors: bool) -> Verdict:
    """Find what failed.

    Args:
        failed: The steps with an error by ID, by start.
        errors: The errors of the test, in the order of the file; `place` is the top of their stack.
        passes_without_errors: Whether a test that failed has errors in the trace: a test runner's does from format 7.
    """
    leaves = [each for each in failed.values() if not each.children]
    inner = [each for each in failed.values() if each.children]
    owners = tuple(_owner(error, leaves, inner, failed) for error in errors[:_MOST_ERRORS])
    owners += (None,) * (len(errors) - len(owners))
    if not errors:
        if passes_without_errors or not leaves:
            return Verdict()
        return Verdict(_last_outside_hooks(leaves), (), tuple(each.id for each in leaves))
    failing: str | int = 0 if owners[0] is None else owners[0]
    if errors[0].place is None and leaves:
        # a timeout: earlier errors were caught, later ones in hooks came after it
        failing = _last_outside_hooks(leaves)
    first = (failing, *(index if owner is None else owner for index, owner in enumerate(owners) if index))
    return Verdict(failing, owners, tuple(dict.fromkeys(first)))


def _last_outside_hooks(leaves: Sequence[Failed]) -> str:
    return next((each.id for each in reversed(leaves) if not each.is_in_hook), leaves[0].id)


def _owner(
    error: StepError, leaves: Sequence[Failed], inner: Sequence[Failed], failed: Mapping[str, Failed]
) -> str | None:
    if (leaf := _matching(error, leaves)) is not None:
        return leaf.id
    found = _matching(error, inner)
    # the error of a hook that timed out names the hook; the step that waited is below it
    while found is not None and found.children:
        found = failed[found.children[-1]]
    return found.id if found else None


def _matching(error: StepError, steps: Sequence[Failed]) -> Failed | None:
    if error.place is not None:
        where = _spot(error.place)
        for each in reversed(steps):
            if each.place is not None and _spot(each.place) == where:
                return each
    message, line = plain(error.text), first_line(error.text)
    for each in steps[:_MOST_COMPARED]:
        own = first_line(each.error.text)
        if own and line and (own in message or line in own):
            return each
    return None


def _spot(place: Place) -> tuple[str, int, int]:
    return place.file, place.line, place.column
