"""What the earlier runs say about tests, in words: marks, counts and a line of details; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tvtui.testvibe.identity import Row
from tvtui.testvibe.models import Outcome
from tvtui.text.format import duration, many
from tvtui.watch.history import CaseHistory, RunHistory, Standing
from tvtui.watch.past import LETTERS

WORDS = ("new", "known", "fixed", "unstable", "slow")
"""The words of the filter after `is:`."""

_OUTCOMES = {letter: outcome for outcome, letter in LETTERS.items()}


def is_word(history: CaseHistory, word: str) -> bool:
    """Whether a word of the filter, or its beginning, is true of a test."""
    true = {
        "new": history.is_new,
        "known": history.standing is Standing.KNOWN,
        "fixed": history.standing is Standing.FIXED,
        "unstable": history.is_unstable,
        "slow": history.is_slow,
    }
    return any(is_true and name.startswith(word) for name, is_true in true.items())


def marks(history: CaseHistory, outcome: Outcome) -> Iterator[str]:
    """What stands beside a test in a list, in ever shorter words; nothing for a test like all others.

    That a failure is new comes before that the test is unstable. "≤" says that it may have failed before that run, as
    no older one is known.
    """
    since = f"{'≤ ' if history.is_since_oldest else ''}#{history.since}"
    match history.standing:
        case Standing.NEW:
            words = ["new"]
        case Standing.NEW_TEST:
            words = ["new test", "new"]
        case Standing.KNOWN:
            words = [f"since {_since(history)}", f"since {since}", since]
        case Standing.FIXED:
            words = ["fixed"]
        case _:
            words = []
    if history.is_unstable and history.failures and outcome.may_be_failure:
        yield " · ".join([*words[:1], f"unstable {history.failures}/{len(history.outcomes)}"])
    yield from dict.fromkeys(words)


def changed_counts(history: RunHistory | None, outcome: Outcome) -> str:
    """How many results of an outcome differ from the last ones: "2 new" failures, "1 fixed" of those that passed."""
    if history is None:
        return ""
    if outcome is Outcome.FAILED and history.new:
        return f"{len(history.new):,} new"
    return f"{len(history.fixed):,} fixed" if outcome is Outcome.PASSED and history.fixed else ""


def in_words(history: CaseHistory) -> str:
    """What a result is, compared with earlier ones, in a few words without symbols; "" if nothing is to say."""
    standing = _standing(history)
    return f"{standing}, unstable" if standing and history.is_unstable else standing


def _standing(history: CaseHistory) -> str:
    match history.standing:
        case Standing.NEW:
            return "new failure"
        case Standing.NEW_TEST:
            return "new test, failing"
        case Standing.KNOWN:
            return f"failing since {_since(history)}"
        case Standing.FIXED:
            return f"fixed, was failing since {_since(history)}"
        case _:
            return ""


def _since(history: CaseHistory) -> str:
    return f"#{history.since}{' or earlier' if history.is_since_oldest else ''}"


class HistoryLine(NamedTuple):
    """One line about a test.

    Attributes:
        strip: The outcome of each of its earlier results, the oldest first.
        standing: What its result is, compared with the last one before; "" if nothing has changed.
        unstable: That it fails without a pattern; "" if it does not.
        usual: How long it usually takes; "" if unknown.
        source: Of which runs all this is said.
        short_source: The same in fewer words.
    """

    strip: tuple[Outcome, ...]
    standing: str
    unstable: str
    usual: str
    source: str
    short_source: str

    def texts(self) -> Iterator[str]:
        """The words beside the strip, in ever fewer of them."""
        for each in (
            (self.standing, self.unstable, self.usual, self.source),
            (self.standing, self.unstable, self.usual, self.short_source),
            (self.standing, self.unstable, self.short_source),
            (self.standing or self.unstable, self.short_source),
            (self.standing or self.unstable or self.usual,),
        ):
            yield " · ".join(filter(None, each))


def history_line(row: Row, run_history: RunHistory) -> HistoryLine:
    """What the earlier runs say about a test: its last outcomes, since when it fails, and how long it usually takes."""
    past, history = run_history.past, run_history.of(row)
    standing = _standing(history)
    if not standing and not history.outcomes:
        standing = "no earlier result"
    usual = ""
    if history.usual_ms is not None:
        usual = f"{'slow: ' if history.is_slow else ''}usually {duration(history.usual_ms / 1000)}"
    where = f" on {past.site.partition('://')[2] or past.site}" if past.site else ""
    strip = tuple(_OUTCOMES[letter] for letter in reversed(history.outcomes))
    return HistoryLine(
        strip,
        standing,
        _unstable(history) if history.is_unstable else "",
        usual,
        f"{many(past.known_runs, 'run')}{where} watched here",
        f"{many(past.known_runs, 'run')} here",
    )


def _unstable(history: CaseHistory) -> str:
    if not history.failures:
        # the server says so itself
        return "flaky"
    if history.lone_failures:
        return f"unstable: failed alone {many(history.lone_failures, 'time')} in {many(len(history.outcomes), 'run')}"
    return f"unstable: failed {many(history.failures, 'time')} in {many(len(history.outcomes), 'run')}"
