"""The layout of a diagnosis, from the failure of the selected test to undocumented fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content, Span
from textual.style import Style

from tvtui.testvibe.diagnosis import Diagnosis, Failure
from tvtui.testvibe.diagnosis_texts import Kind, Passage
from tvtui.testvibe.models import Outcome
from tvtui.text.format import duration
from tvtui.tui.widgets.ansi import styled_lines
from tvtui.tui.widgets.syntax import gherkin_lines, source_lines, with_failures_marked
from tvtui.view.labels import SYMBOLS, word_beside_symbol

MOST_ERRORS = 30
"""How many failures are shown beside the selected one; the others are only counted."""

_BOLD = Style(bold=True)
_TAB = 4


class Page(NamedTuple):
    """Lines, and the numbers of those to jump to: headings, and failed scenarios."""

    lines: tuple[Content, ...]
    stops: tuple[int, ...]


class _Section(NamedTuple):
    heading: Content
    lines: Sequence[Content]
    stops: Sequence[int] = ()


class DiagnosisLayout:
    """Lays out one diagnosis for any selected test; what takes long is done once."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        self.diagnosis = diagnosis
        self._names = [failure.case.name for failure in diagnosis.failures]
        self._sections = [_plain_section(passage) for passage in diagnosis.passages]
        self._failures: dict[int, _Section] = {}

    async def colour(self) -> None:
        """Colour the sources, in slices that do not hold up the keys."""
        for number, passage in enumerate(self.diagnosis.passages):
            match passage.kind:
                case Kind.SPEC:
                    lines = await source_lines(passage.text.expandtabs(_TAB), passage.name.partition(" · ")[0])
                    lines, stops = with_failures_marked(lines, self._names)
                    self._sections[number] = _section(passage, lines, stops)
                case Kind.GHERKIN:
                    lines, stops = gherkin_lines(passage.text.expandtabs(_TAB), self._names)
                    self._sections[number] = _section(passage, lines, stops)

    def laid_out(self, selected: Failure | None, missing: str = "") -> Page:
        """Lay out the diagnosis: the failure of the selected test first, or a note that it is missing."""
        diagnosis = self.diagnosis
        others = [failure for failure in diagnosis.failures if failure is not selected]
        sections = [self._failure(selected, is_selected=True)] if selected else []
        sections += [self._failure(failure) for failure in others[:MOST_ERRORS]]
        sections += self._sections
        lines = [Content(missing, [Span(0, len(missing), "grey")])] if missing else []
        stops = []
        for number, (heading, body, inner) in enumerate(sections):
            if number or lines:
                lines.append(Content(""))
            stops += [len(lines), *(len(lines) + 1 + stop for stop in inner)]
            lines += [heading, *body]
            if number == (1 if selected else 0) + min(len(others), MOST_ERRORS) - 1 and len(others) > MOST_ERRORS:
                lines += [
                    Content(""),
                    _note(f"… {len(others) - MOST_ERRORS:,} more failures; select a test to see its failure"),
                ]
        if diagnosis.left_out:
            lines += [Content(""), _note(f"… {diagnosis.left_out:,} more texts not shown")]
        if not lines:
            lines = [_note("The diagnosis is empty.")]
        return Page(tuple(lines), tuple(stops))

    def _failure(self, failure: Failure, *, is_selected: bool = False) -> _Section:
        section = self._failures.get(id(failure)) or _failure_section(failure)
        self._failures[id(failure)] = section
        if not is_selected:
            return section
        return section._replace(heading=Content.assemble(section.heading, (" · selected test", "cyan")))


def _failure_section(failure: Failure) -> _Section:
    case = failure.case
    details = [word_beside_symbol(case)]
    details.append("" if case.duration_ms is None else duration(case.duration_ms / 1000))
    heading = Content.assemble(
        (f"{SYMBOLS[case.outcome]} ", "red" if case.outcome is Outcome.FAILED else "yellow"),
        (case.name, _BOLD),
        ("".join(f" · {part}" for part in details if part), "grey"),
    )
    lines = styled_lines(case.error) if case.error else [_note("The service sent no error.")]
    if failure.omitted:
        lines.append(_note(f"… {failure.omitted:,} more characters"))
    for passage in failure.passages:
        lines += [Content(passage.name, [Span(0, len(passage.name), "blue")]), *styled_lines(passage.text)]
    return _Section(heading, lines)


def _plain_section(passage: Passage) -> _Section:
    text = passage.text if passage.kind is Kind.LOG else passage.text.expandtabs(_TAB)
    return _section(passage, styled_lines(text))


def _section(passage: Passage, lines: Sequence[Content], stops: Sequence[int] = ()) -> _Section:
    title = passage.kind.heading or passage.name
    named = "" if title.casefold() == passage.name.casefold() else f" · {passage.name}"
    heading = Content.assemble((f"━━ {title}", "blue"), (named if passage.kind.heading else "", "grey"))
    heading = heading.stylize(_BOLD, 0, len(title) + 3)
    if not passage.omitted:
        return _Section(heading, lines, stops)
    note = _note(f"… {passage.omitted:,} more characters not shown")
    if passage.kind is Kind.LOG:
        return _Section(heading, [note, *lines], stops)
    return _Section(heading, [*lines, note], stops)


def _note(text: str) -> Content:
    return Content(text, [Span(0, len(text), "grey")])
