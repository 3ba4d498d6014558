"""Failed tests grouped by error, and the lines of a table that shows the groups; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tvtui.testvibe.identity import CaseId, Row, identify_cases
from tvtui.testvibe.models import Case, Outcome

if TYPE_CHECKING:
    from tvtui.view.signature import Signature


class Group(NamedTuple):
    """Failed tests with the same error.

    Attributes:
        id: Identifies the group among the lines of the table, like a test.
        title: What they have in common, in words of the error.
        rows: The tests, two or more.
        is_folded: Whether the table shows none of them.
    """

    id: CaseId
    title: str
    rows: tuple[Row, ...]
    is_folded: bool = False

    @property
    def heading(self) -> str:
        """How many tests failed, and with what."""
        return f"{len(self.rows):,} failures: {self.title}"


Line = Row | Group
"""A line of the table of tests."""


def group_id(key: str) -> CaseId:
    """The identity of a group: no test has a negative number."""
    return key, -1


def is_group(line: CaseId | None) -> bool:
    """Whether this identifies a group."""
    return line is not None and line[1] < 0


def group(
    rows: Sequence[Row], signatures: Mapping[str, Signature | None]
) -> tuple[tuple[Row, ...], dict[CaseId, Group]]:
    """The rows with the failures of each group together, and the groups; one failure alone is none.

    The largest group comes first, then the other failures, then all other tests; else the order stays as it is.

    Args:
        rows: The tests, in the order without groups.
        signatures: What is known of the errors, by their texts; a failure with another one belongs to no group yet.
    """
    alike: dict[str, list[Row]] = {}
    for row in rows:
        if row.outcome is Outcome.FAILED and (found := signatures.get(row.case.error or "")):
            alike.setdefault(found.key, []).append(row)
    groups: dict[CaseId, Group] = {}
    for key, members in sorted(alike.items(), key=lambda each: -len(each[1])):
        if len(members) > 1:
            known = [found for row in members if (found := signatures.get(row.case.error or ""))]
            groups[group_id(key)] = Group(group_id(key), _common_title(known), tuple(members))
    together = [row for each in groups.values() for row in each.rows]
    in_group = {row.id for row in together}
    others = [row for row in rows if row.id not in in_group]
    failed = (row for row in others if row.outcome is Outcome.FAILED)
    return (*together, *failed, *(row for row in others if row.outcome is not Outcome.FAILED)), groups


def _common_title(signatures: Iterable[Signature]) -> str:
    """The title of errors with the same key: what differs between them is left out."""
    # its patterns take 3 ms to compile, which the start does without
    from tvtui.view.signature import normalized, title_of

    first, *_ = every = list(dict.fromkeys(signatures))
    for form in (str, normalized):
        if len(titles := {form(each.title) for each in every}) == 1:
            return titles.pop()
    return title_of(*first.key.split("\n"))


def lines(rows: Sequence[Row], groups: Mapping[CaseId, Group], folded: Collection[CaseId]) -> tuple[Line, ...]:
    """The lines of the table: the groups, each with its tests below it unless it is folded, then the other tests."""
    found: list[Line] = []
    for each in groups.values():
        is_folded = each.id in folded
        found += [each._replace(is_folded=is_folded), *(() if is_folded else each.rows)]
    return (*found, *rows[sum(len(each.rows) for each in groups.values()) :])


def rows_of(shown: Iterable[Line]) -> Iterator[Row]:
    """The tests of some lines of the table, those in folded groups too."""
    for line in shown:
        if isinstance(line, Row):
            yield line
        elif line.is_folded:
            yield from line.rows


def common_errors(cases: Sequence[Case]) -> list[str]:
    """The errors that several of these failed tests have, most frequent first: "5 failures: locator … not found"."""
    if len(cases) < 2:
        return []
    from tvtui.view.signature import signature

    known = {case.error: signature(case.error) for case in cases if case.error}
    return [each.heading for each in group(identify_cases(cases), known)[1].values()]
