"""What is recorded of a run's texts: without secrets, or no texts at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tvtui.journal.pieces import in_pieces
from tvtui.journal.recording import Change
from tvtui.journal.suite import Suite, suite_of
from tvtui.testvibe.models import Case, Run
from tvtui.text.redact import masked_block, redact

_PIECE = 50
"""Tests that are searched in one go."""


class Masker:
    """Masks secrets in text, and counts them.

    Attributes:
        count: How many secrets have been masked.
    """

    def __init__(self) -> None:
        self.count = 0
        # many tests fail with the same error
        self._known: dict[str, tuple[str, int]] = {}

    def text(self, text: str) -> str:
        """The text without secrets."""
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = masked_block(text)
        self.count += known[1]
        return known[0]

    def optional(self, text: str | None) -> str | None:
        """As `text`, of what there may be."""
        return None if text is None else self.text(text)

    def link(self, text: str) -> str:
        """An address without its query and credentials."""
        address, *rest = re.split(r"[?#]", text, maxsplit=1)
        masked = redact(address)
        self.count += bool(rest) + (masked != address)
        return f"{masked}?…" if rest else masked


def recordable(run: Run, masker: Masker, *, keeps_texts: bool) -> Run:
    """The run without secrets, and without errors and log unless it `keeps_texts`.

    Its names are searched as well: they can hold anything, too. It takes 70 ms for 10,000 tests, in pieces.
    """
    feature = run.feature_id
    return replace(
        run,
        status=masker.text(run.status),
        feature_id=masker.text(feature) if isinstance(feature, str) else feature,
        feature_name=masker.optional(run.feature_name),
        config=masker.optional(run.config),
        site_url=None if run.site_url is None else masker.link(run.site_url),
        tests=tuple(_cases(run.tests, masker, keeps_texts=keeps_texts)),
        artifacts=tuple(
            replace(each, kind=masker.text(each.kind), path=masker.text(each.path)) for each in run.artifacts
        ),
        log=masker.optional(run.log) if keeps_texts else None,
    )


def recordable_suite(run: Run, server: str, project: str) -> tuple[Suite | None, str]:
    """The suite of a run and its site, as they are recorded; None if it is not known what it is a run of."""
    recorded = recordable(replace(run, tests=(), artifacts=(), log=None), Masker(), keeps_texts=False)
    return suite_of(recorded, server, project), recorded.site_url or ""


def _cases(cases: Sequence[Case], masker: Masker, *, keeps_texts: bool) -> Iterator[Case]:
    for piece in in_pieces(cases, _PIECE):
        for case in piece:
            name, status = masker.text(case.name), masker.text(case.status)
            error = masker.optional(case.error) if keeps_texts else None
            is_same = name is case.name and status is case.status and error is case.error
            yield case if is_same else Case(name, status, case.duration_ms, error)


def recordable_changes(changes: Sequence[Change], masker: Masker, *, keeps_texts: bool) -> Sequence[Change]:
    """The changes without secrets, and without what problems said unless they `keeps_texts`."""
    recorded: list[Change] = []
    for change in changes:
        problem = change.problem
        if problem is not None:
            problem = (masker.text(problem[0]), masker.text(problem[1])) if keeps_texts else ("", "")
        status, words = masker.optional(change.status), {each.status for each in change.tests}
        masked = {word: masker.text(word) for word in words}
        tests = change.tests
        if any(masked[word] is not word for word in words):
            tests = tuple(each._replace(status=masked[each.status]) for each in tests)
        is_same = tests is change.tests and status is change.status and problem == change.problem
        recorded.append(change if is_same else replace(change, status=status, tests=tests, problem=problem))
    return recorded
