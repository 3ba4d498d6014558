"""Two runs compared: what is newly failing, fixed, still failing, gone, new and slower; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import compress, zip_longest
from operator import not_
from typing import NamedTuple

from tvtui.testvibe.models import Case, Outcome, Run, RunState
from tvtui.text.format import duration, elapsed, many
from tvtui.text.redact import masked_block
from tvtui.view.labels import SYMBOLS, site_name, word_beside_symbol
from tvtui.view.messages import contradiction, first_error_line, missing
from tvtui.view.signature import signature
from tvtui.watch.past import canonical_rank

_SLOWEST = 5
"""How many of the tests that slowed down are listed."""

_SLOWER_MS, _SLOWER_FACTOR = 500.0, 1.2
"""What a test must take longer by, and by which factor, to be listed: most differences mean nothing."""

_PASSED = frozenset((Outcome.PASSED, Outcome.FLAKY))


class Change(StrEnum):
    """What has become of a test, in the order of importance; the value is its name in JSON."""

    NEW_FAILURE = "newFailure"
    FIXED = "fixed"
    ERROR_CHANGED = "errorChanged"
    STILL_FAILING = "stillFailing"
    NOT_RUN = "notRun"
    GONE = "gone"
    NEW_TEST = "newTest"
    SLOWER = "slower"


_TITLES = {
    Change.NEW_FAILURE: "New failures",
    Change.FIXED: "Fixed",
    Change.ERROR_CHANGED: "Still failing, with another error",
    Change.STILL_FAILING: "Still failing",
    Change.NOT_RUN: "Failed before, not run now",
    Change.GONE: "Gone",
    Change.NEW_TEST: "New tests",
    Change.SLOWER: "Slower",
}


class Pair(NamedTuple):
    """One test in both runs.

    Attributes:
        before: The test in the earlier run; None if that run does not have it.
        after: The test in the later run; None if that run does not have it.
    """

    before: Case | None
    after: Case | None

    @property
    def name(self) -> str:
        """The name of the test."""
        return str(self.shown.name)

    @property
    def shown(self) -> Case:
        """The test in the later run, or in the earlier one if only that has it."""
        case = self.after or self.before
        assert case is not None
        return case

    @property
    def slower_ms(self) -> float:
        """How much longer it took, if it passed both times and both durations are known; otherwise 0."""
        before, after = self.before, self.after
        if before is None or after is None or not {before.outcome, after.outcome} <= _PASSED:
            return 0.0
        return (after.duration_ms or 0.0) - before.duration_ms if before.duration_ms and after.duration_ms else 0.0


class Section(NamedTuple):
    """The tests that have changed in the same way.

    Attributes:
        change: What has become of them.
        pairs: The tests.
    """

    change: Change
    pairs: tuple[Pair, ...]

    @property
    def title(self) -> str:
        """What they are, and how many."""
        return f"{_TITLES[self.change]} · {len(self.pairs):,}"


@dataclass(frozen=True)
class Comparison:
    """What has changed from one run to another; all tests are in the order of the later run.

    Attributes:
        before: The earlier run.
        after: The later run.
        new_failures: The tests that fail and did not fail before: they passed, had no result, or are new tests.
        fixed: The tests that pass and failed before.
        changed: The tests that fail in both runs, with another error.
        unchanged: The other tests that fail in both runs.
        dropped: The tests that failed before and have no result now: skipped, or not in the run.
        gone: The tests that only the earlier run has, and that did not fail in it.
        new_tests: The tests that only the later run has, and that do not fail in it.
        slower: The tests that slowed down most, the slowest first.
    """

    before: Run
    after: Run
    new_failures: tuple[Pair, ...] = ()
    fixed: tuple[Pair, ...] = ()
    changed: tuple[Pair, ...] = ()
    unchanged: tuple[Pair, ...] = ()
    dropped: tuple[Pair, ...] = ()
    gone: tuple[Pair, ...] = ()
    new_tests: tuple[Pair, ...] = ()
    slower: tuple[Pair, ...] = ()

    @property
    def sections(self) -> tuple[Section, ...]:
        """The tests by what has become of them, without what has become of none."""
        every = (
            (Change.NEW_FAILURE, self.new_failures),
            (Change.FIXED, self.fixed),
            (Change.ERROR_CHANGED, self.changed),
            (Change.STILL_FAILING, self.unchanged),
            (Change.NOT_RUN, self.dropped),
            (Change.GONE, self.gone),
            (Change.NEW_TEST, self.new_tests),
            (Change.SLOWER, self.slower),
        )
        return tuple(Section(change, pairs) for change, pairs in every if pairs)

    @property
    def seconds(self) -> float | None:
        """How much longer the later run took; None if one of the durations is unknown."""
        before, after = self.before.seconds, self.after.seconds
        return None if before is None or after is None else after - before

    @property
    def failed_without_test(self) -> bool:
        """Whether the later run did not pass although no test says why, and the same is not true of the earlier one."""
        return _fails_without_test(self.after) and not _fails_without_test(self.before)

    @property
    def is_worse(self) -> bool:
        """Whether something fails that did not fail before."""
        return bool(self.new_failures) or self.failed_without_test

    @property
    def symbol(self) -> str:
        """The symbol of the result."""
        if self.is_worse:
            return SYMBOLS[RunState.FAILED]
        return SYMBOLS[RunState.PASSED if self.after.has_ended else RunState.RUNNING]

    @property
    def verdict(self) -> str:
        """The result in one line: "2 new failures, 1 fixed, 3 still failing; 40 s slower"."""
        still = len(self.changed) + len(self.unchanged)
        so_far = "" if self.after.has_ended else " so far"
        parts = [many(len(self.new_failures), "new failure") if self.new_failures else f"no new failures{so_far}"]
        if self.failed_without_test:
            parts = [*parts[: len(self.new_failures)], f"the run is {self.after.status} without a failed test"]
        parts += [f"{len(self.fixed):,} fixed"] if self.fixed else []
        parts += [f"{still:,} still failing"] if still else []
        parts += [f"{len(self.dropped):,} no longer run"] if self.dropped else []
        return f"{', '.join(parts)}{self._pace()}"

    def _pace(self) -> str:
        seconds = self.seconds
        if seconds is None or abs(seconds) < 1:
            return ""
        return f"; {elapsed(abs(seconds))} {'slower' if seconds > 0 else 'faster'}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes the comparison doubtful, a sentence each."""
        before, after = self.before, self.after
        found = [
            f"Different {name}: {old or 'none'}, then {new or 'none'}"
            for name, old, new in (
                ("features", _feature(before), _feature(after)),
                ("configurations", before.config or "", after.config or ""),
                ("sites", site_name(before), site_name(after)),
            )
            if old != new
        ]
        if before.created_utc and after.created_utc and before.created_utc > after.created_utc:
            found.append(f"Run {before.run_id} is the later one; name the earlier run first")
        for run in (before, after):
            if not run.has_ended:
                found.append(f"Run {run.run_id} has not ended ({many(len(run.tests), 'test')} so far)")
            found += [f"Run {run.run_id} {doubt}" for doubt in filter(None, [contradiction(run)])]
            found += [f"Run {run.run_id}: {gap}" for gap in missing(run)]
        return tuple(found)


def compare(before: Run, after: Run) -> Comparison:
    """Compare two runs; tests are neither gone from a run that has not ended, nor new after one."""
    pairs = _pairs(before.tests, after.tests)
    still = [pair for pair in pairs if _failed(pair.before) and _failed(pair.after)]
    is_other = [_has_other_error(pair) for pair in still]
    slower = [pair for pair in pairs if _is_slower(pair)]
    return Comparison(
        before,
        after,
        new_failures=tuple(pair for pair in pairs if _failed(pair.after) and not _failed(pair.before)),
        fixed=tuple(pair for pair in pairs if _failed(pair.before) and _passed(pair.after)),
        changed=tuple(compress(still, is_other)),
        unchanged=tuple(compress(still, map(not_, is_other))),
        dropped=tuple(
            pair
            for pair in pairs
            if _failed(pair.before)
            and (after.has_ended if pair.after is None else not _failed(pair.after) and not _passed(pair.after))
        ),
        # failures are listed with the others
        gone=tuple(pair for pair in pairs if pair.after is None and after.has_ended and not _failed(pair.before)),
        new_tests=tuple(pair for pair in pairs if pair.before is None and before.has_ended and not _failed(pair.after)),
        slower=tuple(sorted(slower, key=lambda pair: -pair.slower_ms)[:_SLOWEST]),
    )


def note_on(pair: Pair, change: Change) -> str:
    """What a list says beside the name of a test that is in the section of this change; "" if nothing."""
    before, after = pair
    match change:
        case Change.NEW_FAILURE if before is None:
            return "new test"
        case Change.NEW_FAILURE if before is not None and not _passed(before):
            return f"{before.status} before"
        case Change.NOT_RUN if after is not None:
            return str(after.status)
        case Change.NOT_RUN:
            return "not in the run"
        case Change.GONE | Change.NEW_TEST:
            return word_beside_symbol(pair.shown)
        case Change.SLOWER if before is not None and after is not None:
            took = [duration((case.duration_ms or 0.0) / 1000) for case in (before, after)]
            return f"{' → '.join(took)} (+{duration(pair.slower_ms / 1000)})"
        case _:
            return ""


def error_lines(pair: Pair, change: Change) -> tuple[str, ...]:
    """What a list shows of the errors below a test: the first line of the new one, and of the one before."""
    cases = [case for case in pair if case is not None]
    lines = [first_error_line(case) for case in cases]
    if change is Change.ERROR_CHANGED:
        if len(set(lines)) == 1:
            # they differ further down: in what was looked for, or where
            lines = [found.title if (found := signature(case.error or "")) else "" for case in cases]
        before, after = lines
        return f"now: {after}", f"was: {before}"
    return (lines[-1],) if change is Change.NEW_FAILURE and lines[-1] else ()


def _pairs(before: Sequence[Case], after: Sequence[Case]) -> list[Pair]:
    """Each test of both runs once: those of the later run in its order, then those that are gone.

    Tests of equal names can swap places from one run to the next, so their results are compared as a multiset.
    """
    old: dict[str, list[Case]] = defaultdict(list)
    new: dict[str, list[Case]] = defaultdict(list)
    for cases, by_name in ((before, old), (after, new)):
        for case in cases:
            # one of the runs may be recorded, which is without secrets
            by_name[masked_block(str(case.name))[0]].append(case)
    there: list[Pair] = []
    gone: list[Pair] = []
    for name in dict.fromkeys((*new, *old)):
        for pair in _matched(old.get(name, []), new.get(name, [])):
            (there if pair.after is not None else gone).append(pair)
    return [*there, *gone]


def _matched(old: list[Case], new: list[Case]) -> Iterator[Pair]:
    """Match tests of equal names: failures with the same error, then the worst outcome with the worst."""
    if len(old) <= 1 and len(new) <= 1:
        yield Pair(old[0] if old else None, new[0] if new else None)
        return
    old_by_key, new_by_key = _by_key(old), _by_key(new)
    for key, cases in old_by_key.items():
        others = new_by_key.get(key, [])
        both = min(len(cases), len(others)) if key else 0
        yield from map(Pair, cases[:both], others[:both])
        del cases[:both], others[:both]
    rest = [[case for cases in by_key.values() for case in cases] for by_key in (old_by_key, new_by_key)]
    for one, other in zip_longest(*rest):
        yield Pair(one, other)


def _by_key(cases: Iterable[Case]) -> dict[str, list[Case]]:
    """Tests of equal names by what makes their errors the same, "" for those that did not fail; the worst first."""
    keyed = [(canonical_rank(case.outcome), f"✗{_error_key(case)}" if _failed(case) else "", case) for case in cases]
    found: dict[str, list[Case]] = {}
    for _, key, case in sorted(keyed, key=lambda each: (*each[:2], each[2].duration_ms or 0.0)):
        found.setdefault(key, []).append(case)
    return found


def _failed(case: Case | None) -> bool:
    return case is not None and case.outcome is Outcome.FAILED


def _passed(case: Case | None) -> bool:
    return case is not None and case.outcome in _PASSED


def _has_other_error(pair: Pair) -> bool:
    """Whether the errors differ in more than what differs each time; an error that is not known is not another one."""
    before, after = pair
    assert before is not None
    assert after is not None
    return bool(before.error and after.error) and _error_key(before) != _error_key(after)


def _is_slower(pair: Pair) -> bool:
    if pair.slower_ms < _SLOWER_MS or pair.before is None or pair.after is None:
        return False
    return (pair.after.duration_ms or 0.0) >= _SLOWER_FACTOR * (pair.before.duration_ms or 0.0)


def _fails_without_test(run: Run) -> bool:
    return run.has_ended and run.state is not RunState.PASSED and run.listed.failed == 0


def _feature(run: Run) -> str:
    return run.feature_name or ("" if run.feature_id is None else f"feature {run.feature_id}")


def _error_key(case: Case) -> str:
    """What makes the error the same as another one; "" without an error."""
    found = signature(masked_block(case.error or "")[0])
    return "" if found is None else found.key
