"""Finds the place of a test in the log of its run; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tvtui.testvibe.identity import title_path
from tvtui.testvibe.models import Case, Outcome
from tvtui.text.clean import plain

_SECTION = r"\d+\) (?P<title>.+)"
"""The first line of a failure as Playwright reports it: `1) [chromium] › login.spec.js:17:3 › Login › Signs in`."""
_NEXT = r"\d+\) .*›|\[\d+/\d+\] |\d+ (failed|flaky|interrupted|skipped|did not run|passed)\b"
"""What comes after such a section: another one, the progress, or the counts."""
_RULE = r"[ ─]+$"


def place_in_log(log: str, tests: Sequence[Case], position: int) -> int | None:
    """Find the line of a test in a log: the section of its failure, else the first mention of its name.

    Args:
        log: The log, with or without colours.
        tests: The tests of the run. Of failures with the same name, each one has a section of its own, in their order.
        position: The index of the test among them.

    Returns:
        The line, from 0; None if the test passed or the log does not mention it.
    """
    case = tests[position]
    name = _words(case.name)
    if case.outcome is Outcome.PASSED or not name:
        return None
    lines = [_words(line) for line in plain(log).split("\n")]
    section = _section_of(lines, tests, position, name)
    if section is not None:
        return section
    # a title among others, as in the list of results, says more than the same words in a sentence
    for pattern in (rf"› {re.escape(name)}(?= ›| \(|$)", rf"(?<!\w){re.escape(name)}(?!\w)"):
        for number, line in enumerate(lines):
            if re.search(pattern, line):
                return number
    return None


def section_in_log(log: str, tests: Sequence[Case], position: int) -> list[str]:
    """The section of a test's failure in a log, without colours and blank lines; empty if there is none.

    Args:
        log: As in `place_in_log`.
        tests: As in `place_in_log`.
        position: As in `place_in_log`.
    """
    name = _words(tests[position].name)
    if tests[position].outcome is Outcome.PASSED or not name:
        return []
    sent = [line.rstrip() for line in plain(log).split("\n")]
    lines = [_words(line) for line in sent]
    start = _section_of(lines, tests, position, name)
    if start is None:
        return []
    end = next((number for number in range(start + 1, len(lines)) if re.match(_NEXT, lines[number])), len(lines))
    return [line for line in sent[start:end] if line]


def _section_of(lines: Sequence[str], tests: Sequence[Case], position: int, name: str) -> int | None:
    sections = list(_sections(lines, name))
    before = sum(_fails_as(test, name) for test in tests[:position])
    return sections[min(before, len(sections) - 1)] if sections else None


def _sections(lines: Sequence[str], name: str) -> Iterator[int]:
    for number, line in enumerate(lines):
        # the title may be followed by the steps in which the test failed
        if (found := re.match(_SECTION, line)) and f" › {name} › " in f" › {found['title']} › ":
            yield number


def _fails_as(case: Case, name: str) -> bool:
    return case.outcome in {Outcome.FAILED, Outcome.FLAKY} and _words(case.name) == name


def _words(text: str) -> str:
    """A line without the rule that fills it up, with single blanks and Playwright's separator of titles."""
    return " › ".join(title_path(" ".join(re.sub(_RULE, "", text).split())))
