"""What the earlier runs say about tests, in words: marks, counts and a line of details; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tvtui.testvibe.identity import Row
from tvtui.testvibe.models import Outcome
from tvtui.text.format import duration, many
from tvtui.view.labels import SYMBOLS
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
    match history.standing:
        case Standing.NEW | Standing.NEW_TEST as standing:
            word, short = str(standing), "new"
        case Standing.KNOWN:
            word, short = f"since {'≤ ' if history.is_since_oldest else ''}#{history.since}", f"#{history.since}"
        case Standing.FIXED:
            word = short = "fixed"
        case _:
            word = short = ""
    unstable = f"unstable {history.failures}/{len(history.outcomes)}"
    if history.is_unstable and outcome.may_be_failure:
        yield f"{word} · {unstable}" if word else unstable
    if word:
        yield word
        if short != word:
            yield short


def changed_counts(history: RunHistory | None, outcome: Outcome) -> str:
    """How many results of an outcome differ from the last ones: "2 new" failures, "1 fixed" of those that passed."""
    if history is None:
        return ""
    if outcome is Outcome.FAILED and history.new:
        return f"{len(history.new):,} new"
    return f"{len(history.fixed):,} fixed" if outcome is Outcome.PASSED and history.fixed else ""


def in_words(history: CaseHistory) -> str:
    """What a result is, compared with the last one before, in a few words without symbols; "" if nothing is to say."""
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
        words: The rest, the most important first.
    """

    strip: tuple[Outcome, ...]
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """The line as a text."""
        return " · ".join(filter(None, ("".join(SYMBOLS[each] for each in self.strip), *self.words)))


def history_line(row: Row, run_history: RunHistory) -> HistoryLine:
    """What the earlier runs say about a test: its last outcomes, since when it fails, and how long it usually takes."""
    past, history = run_history.past, run_history.of(row)
    words = [in_words(history)]
    if not history.outcomes and not words[0]:
        words = ["not in any earlier run"] if past.runs else []
    if history.is_unstable:
        words.append(_unstable(history))
    if history.usual_ms is not None:
        slow = "slower than usual: " if history.is_slow else ""
        took = "" if row.case.duration_ms is None else f"{duration(row.case.duration_ms / 1000)}, "
        words.append(f"{slow}{took if history.is_slow else ''}usually {duration(history.usual_ms / 1000)}")
    where = f" on {past.site.partition('://')[2] or past.site}" if past.site else ""
    words.append(f"{many(past.known_runs, 'run')}{where} watched here")
    strip = tuple(_OUTCOMES[letter] for letter in reversed(history.outcomes))
    return HistoryLine(strip, tuple(filter(None, words)))


def _unstable(history: CaseHistory) -> str:
    if history.lone_failures:
        return f"unstable: failed alone {many(history.lone_failures, 'time')} in {many(len(history.outcomes), 'run')}"
    return f"unstable: failed {many(history.failures, 'time')} in {many(len(history.outcomes), 'run')}"
