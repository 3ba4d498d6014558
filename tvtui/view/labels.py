"""Symbols and words for states and outcomes; pure."""

from __future__ import annotations

from collections.abc import Mapping

from tvtui.testvibe.fields import folded
from tvtui.testvibe.models import Case, Counts, Outcome, Run, RunState

SYMBOLS: Mapping[str, str] = {
    RunState.QUEUED: "◌",
    RunState.RUNNING: "●",
    RunState.PASSED: "✓",
    RunState.FAILED: "✗",
    RunState.OTHER: "?",
    Outcome.FLAKY: "~",
    Outcome.SKIPPED: "–",
}
"""One cell each, different in shape; an `Outcome` of the same word finds the same symbol."""

WARNING = "⚠"

GUESS = "≈"
"""Marks an artifact that probably belongs to the selected test."""


def state_word(run: Run) -> str:
    """The run's state in one word: the server's own word if the state is not one of the known four."""
    return run.status if run.state is RunState.OTHER else run.state.value


def state_in_capitals(run: Run) -> str:
    """The run's state in capitals; if it is not ASCII, as it is, since the capitals of "paßed" are PASSED."""
    word = state_word(run)
    return word.upper() if word.isascii() else word


def outcome_counts(counts: Counts) -> tuple[tuple[Outcome, int], ...]:
    """How many tests passed, failed, and ended otherwise; of the other outcomes only those that there are."""
    numbers = (counts.passed, counts.failed, counts.flaky, counts.skipped, counts.other)
    every = zip(Outcome, numbers, strict=True)
    return tuple(each for each in every if each[1] or each[0] in {Outcome.PASSED, Outcome.FAILED})


def counted(counts: Counts) -> str:
    """The counts in words: "24 passed, 0 failed, 1 flaky, 2 skipped"."""
    return ", ".join(f"{count:,} {outcome}" for outcome, count in outcome_counts(counts))


def word_beside_symbol(case: Case) -> str:
    """The server's word for a test; "" if its symbol says the same."""
    return "" if folded(case.status) in {Outcome.PASSED, Outcome.FAILED} else case.status


def site_name(run: Run) -> str:
    """The tested site without `https://`; "" if unknown."""
    return (run.site_url or "").removeprefix("https://").rstrip("/")


def headline(run: Run) -> str:
    """The run in one line: feature, number, configuration, site, as far as they are known."""
    known = (run.feature_name, f"run {run.run_id}", run.config, run.site_url)
    return " · ".join(part for part in known if part)
