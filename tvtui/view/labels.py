"""Symbols and words for states and outcomes; pure."""

from __future__ import annotations

from collections.abc import Mapping

from tvtui.testvibe.models import Counts, Outcome, Run, RunState

SYMBOLS: Mapping[str, str] = {
    RunState.QUEUED: "◌",
    RunState.RUNNING: "●",
    RunState.PASSED: "✓",
    RunState.FAILED: "✗",
    RunState.OTHER: "?",
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
    """How many tests passed, failed and did neither, in this order."""
    return ((Outcome.PASSED, counts.passed), (Outcome.FAILED, counts.failed), (Outcome.OTHER, counts.other))


def site_name(run: Run) -> str:
    """The tested site without `https://`; "" if unknown."""
    return (run.site_url or "").removeprefix("https://").rstrip("/")


def headline(run: Run) -> str:
    """The run in one line: feature, number, configuration, site, as far as they are known."""
    known = (run.feature_name, f"run {run.run_id}", run.config, run.site_url)
    return " · ".join(part for part in known if part)
