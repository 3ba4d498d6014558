"""The recorded runs as a list: their order, a filter, and what is shown of each; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from tvtui.journal.recording import Head
from tvtui.journal.suite import Suite
from tvtui.testvibe.models import Outcome, RunState
from tvtui.text.clean import clean_line
from tvtui.text.format import duration
from tvtui.view.labels import SYMBOLS

RunKey = tuple[Suite, int]
"""Identifies a recorded run: several servers and projects can have a run of the same number."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_MARKS = ("@failed", "@last")


def run_key(head: Head) -> RunKey:
    """The identity of a recorded run."""
    return head.suite, head.run_id


class RunRow(NamedTuple):
    """What a list shows of a run; all of it is safe to show.

    Attributes:
        head: What is recorded.
        state: Its state in a word: "left running" if it was left before it ended.
        feature: The name of its feature.
        config: Its configuration; "" if unknown.
        site: The tested site without `https://`; "" if unknown.
        server: The server's host.
        project: The project's public ID.
        is_live: Whether the server has just been asked, and it is still going on.
    """

    head: Head
    state: str
    feature: str
    config: str
    site: str
    server: str
    project: str
    is_live: bool = False

    @classmethod
    def of(cls, head: Head, *, is_live: bool = False) -> RunRow:
        """Clean the texts of a head, which come from a file."""
        suite = head.suite
        return cls(
            head,
            _state_word(head, is_live=is_live),
            clean_line(head.feature_name or f"feature {suite.feature}").strip(),
            clean_line(suite.config).strip(),
            clean_line(head.site).strip().removeprefix("https://").rstrip("/"),
            _host(suite.server),
            clean_line(suite.project).strip(),
            is_live,
        )

    @property
    def symbol(self) -> str:
        """The symbol of its state."""
        return SYMBOLS[self.head.state]

    @property
    def is_left(self) -> bool:
        """Whether its watch was quit before it ended, so that its result is unknown."""
        return not self.head.has_ended and not self.is_live

    @property
    def outcomes(self) -> Mapping[str, int]:
        """How many tests ended in each way; without those of which there are none."""
        _, passed, failed, flaky, skipped, other = self.head.counts
        numbers = {
            Outcome.PASSED: passed,
            Outcome.FAILED: failed,
            Outcome.FLAKY: flaky,
            Outcome.SKIPPED: skipped,
            Outcome.OTHER: other,
        }
        return {outcome.value: number for outcome, number in numbers.items() if number}

    @property
    def moment(self) -> datetime | None:
        """When it ended; if that is not known, when it was last seen."""
        return self.head.finished or self.head.seen

    @property
    def took(self) -> str:
        """How long it ran; "" if unknown."""
        return "" if self.head.seconds is None else duration(self.head.seconds)

    @property
    def text(self) -> str:
        """What the words of a filter are searched in."""
        return f"#{self.head.run_id} {self.feature} {self.config} {self.site} {self.server}".casefold()


def _state_word(head: Head, *, is_live: bool) -> str:
    word = clean_line(head.status).strip() if head.state is RunState.OTHER else head.state.value
    return word if head.has_ended or is_live else f"left {word}"


def _host(server: str) -> str:
    try:
        host = urlsplit(server).netloc
    except ValueError:
        host = ""
    # foreign letters may look like others
    return clean_line(host.rpartition("@")[2]) if host.isascii() else ""


class RunFilter(NamedTuple):
    """A filter of recorded runs.

    Attributes:
        words: All of them must be in the number, feature, configuration, site or server.
        without: None of them may be in there.
        statuses: One of them must begin the state, if there are any.
        failed: Whether only failed runs are wanted.
        last: Whether only the newest run of each suite is wanted.
        unknown: Words with an `@` that mean nothing.
    """

    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    failed: bool = False
    last: bool = False
    unknown: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> RunFilter:
        """Parse words as in the filter of tests: plain ones, `!word`, `s:failed`; also `@failed` and `@last`."""
        words: list[str] = []
        without: list[str] = []
        statuses: list[str] = []
        marks: list[str] = []
        for typed in text.split():
            word = typed.casefold()
            if word.startswith("@"):
                marks.append(word)
            elif word.startswith("!"):
                without.append(word[1:])
            elif word.startswith("s:"):
                statuses.append(typed[2:].lower())
            else:
                words.append(word)
        unknown = tuple(mark for mark in marks if mark not in _MARKS)
        with_, without_, in_ = (tuple(filter(None, each)) for each in (words, without, statuses))
        return cls(with_, without_, in_, "@failed" in marks, "@last" in marks, unknown)

    def matches(self, row: RunRow) -> bool:
        """Whether the filter lets a run through, apart from `last`."""
        if self.failed and row.head.state is not RunState.FAILED:
            return False
        if self.statuses and not row.state.removeprefix("left ").lower().startswith(self.statuses):
            return False
        text = row.text
        return all(word in text for word in self.words) and not any(word in text for word in self.without)


def arrange(rows: Iterable[RunRow], wanted: RunFilter | None = None) -> tuple[RunRow, ...]:
    """Filter and sort runs: those that were left or are going on come first, then the newest."""
    shown = sorted(rows, key=_newest_first, reverse=True)
    if wanted is not None:
        if wanted.last:
            # of the newest runs, those that match: "@last @failed" are the suites that fail now
            newest = {row.head.suite: row for row in reversed(shown)}
            shown = [row for row in shown if newest[row.head.suite] is row]
        shown = [row for row in shown if wanted.matches(row)]
    return tuple(sorted(shown, key=lambda row: row.head.has_ended))


def _newest_first(row: RunRow) -> tuple[datetime, int]:
    head = row.head
    return head.created or head.started or head.seen or _LONG_AGO, head.run_id


def predecessor(head: Head, heads: Sequence[Head]) -> Head | None:
    """The run of the same suite before this one that was watched to its end; None if there is none."""
    before = [each for each in heads if each.suite == head.suite and each.run_id < head.run_id and each.has_ended]
    return max(before, key=lambda each: each.run_id, default=None)


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago a moment was, roughly: "5 min ago", "3 h ago", "2 d ago", then its day; "" if unknown."""
    if moment is None:
        return ""
    seconds = (now - moment).total_seconds()
    if seconds < 60:
        return "just now"
    for unit, size, most in (("min", 60, 3600), ("h", 3600, 86_400), ("d", 86_400, 14 * 86_400)):
        if seconds < most:
            return f"{int(seconds // size)} {unit} ago"
    return f"{moment:%Y-%m-%d}"
