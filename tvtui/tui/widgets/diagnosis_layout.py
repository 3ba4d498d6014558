"""The layout of a diagnosis, from the failure of the selected test to undocumented fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content, Span
from textual.style import Style

from tvtui.testvibe.diagnosis import Diagnosis, Failure
from tvtui.testvibe.diagnosis_texts import Kind, Passage
from tvtui.testvibe.models import Case, Outcome
from tvtui.text.format import duration
from tvtui.tui.widgets.ansi import styled_lines
from tvtui.tui.widgets.syntax import gherkin_lines, source_lines, with_failures_marked
from tvtui.view.diagnosis import Section, is_repeated, sections_of
from tvtui.view.labels import SYMBOLS, word_beside_symbol

MOST_ERRORS = 30
"""How many failures are shown beside the selected one; the others are only counted."""

_BOLD = Style(bold=True)
_TAB = 4


class Stop(NamedTuple):
    """A line to jump to: a heading, or a failed scenario or test; and the section in which it is."""

    line: int
    section: int


class Page(NamedTuple):
    """The lines of a diagnosis, the sections that are shown, and where to jump to."""

    lines: tuple[Content, ...] = ()
    sections: tuple[Section, ...] = ()
    stops: tuple[Stop, ...] = ()


class _Drawn(NamedTuple):
    heading: Content
    lines: Sequence[Content]
    stops: Sequence[int] = ()


class DiagnosisLayout:
    """Lays out one diagnosis for any selected test; what takes long is done once."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        self.diagnosis = diagnosis
        self._names = [failure.case.name for failure in diagnosis.failures]
        self._drawn: dict[int, _Drawn] = {id(passage): _plain(passage) for passage in diagnosis.passages}

    async def colour(self) -> None:
        """Colour the sources, in slices that do not hold up the keys."""
        for passage in self.diagnosis.passages:
            match passage.kind:
                case Kind.SPEC:
                    lines = await source_lines(passage.text.expandtabs(_TAB), passage.name.partition(" · ")[0])
                    lines, stops = with_failures_marked(lines, self._names)
                    self._drawn[id(passage)] = _text(passage, lines, stops)
                case Kind.GHERKIN:
                    lines, stops = gherkin_lines(passage.text.expandtabs(_TAB), self._names)
                    self._drawn[id(passage)] = _text(passage, lines, stops)

    def laid_out(self, case: Case | None, failure: Failure | None, missing: str = "") -> Page:
        """Lay out the diagnosis for the selected test and its failure, with a note if that is missing."""
        sections = sections_of(self.diagnosis, case, failure)
        others = [section for section in sections if section.failure and not section.is_selected]
        hidden = {id(section) for section in others[MOST_ERRORS:]}
        shown = [section for section in sections if id(section) not in hidden]
        lines = [_note(missing)] if missing else []
        stops = []
        for number, section in enumerate(shown):
            heading, body, inner = self._section(section, case)
            if number or lines:
                lines.append(Content(""))
            stops += [Stop(len(lines) + line, number) for line in (0, *(stop + 1 for stop in inner))]
            lines += [heading, *body]
            if hidden and section is others[MOST_ERRORS - 1]:
                count = f"… {len(hidden):,} more failures; select a test to see its failure"
                lines += [Content(""), _note(count)]
        if self.diagnosis.left_out:
            lines += [Content(""), _note(f"… {self.diagnosis.left_out:,} more texts not shown")]
        if not lines:
            lines = [_note("The diagnosis is empty.")]
        return Page(tuple(lines), tuple(shown), tuple(stops))

    def _section(self, section: Section, case: Case | None) -> _Drawn:
        if section.failure is not None:
            return self._failure(section, section.failure, case)
        assert section.passage is not None
        if section.is_selected:
            lines, _ = gherkin_lines(section.passage.text.expandtabs(_TAB), self._names)
            return _Drawn(_heading(section.title), lines)
        return self._drawn[id(section.passage)]

    def _failure(self, section: Section, failure: Failure, case: Case | None) -> _Drawn:
        if not section.is_selected:
            drawn = self._drawn[id(failure)] = self._drawn.get(id(failure)) or _failure(failure)
            return drawn
        drawn = _failure(failure, "Same as in Error." if is_repeated(failure, case) else "")
        return drawn._replace(heading=Content.assemble(drawn.heading, (" · selected test", "cyan")))


def _failure(failure: Failure, instead: str = "") -> _Drawn:
    """Why a test failed; with `instead`, that note in place of the error."""
    case = failure.case
    details = [word_beside_symbol(case)]
    details.append("" if case.duration_ms is None else duration(case.duration_ms / 1000))
    heading = Content.assemble(
        (f"{SYMBOLS[case.outcome]} ", "red" if case.outcome is Outcome.FAILED else "yellow"),
        (case.name, _BOLD),
        ("".join(f" · {part}" for part in details if part), "grey"),
    )
    error = "" if instead else case.error
    lines = styled_lines(error) if error else [_note(instead or "The service sent no error.")]
    if failure.omitted:
        lines.append(_note(f"… {failure.omitted:,} more characters"))
    for passage in failure.passages:
        lines += [Content(passage.name, [Span(0, len(passage.name), "blue")]), *styled_lines(passage.text)]
    return _Drawn(heading, lines)


def _plain(passage: Passage) -> _Drawn:
    text = passage.text if passage.kind is Kind.LOG else passage.text.expandtabs(_TAB)
    return _text(passage, styled_lines(text))


def _text(passage: Passage, lines: Sequence[Content], stops: Sequence[int] = ()) -> _Drawn:
    title = passage.kind.heading or passage.name
    is_named = title.casefold() == passage.name.casefold()
    heading = _heading(title, "" if is_named or not passage.kind.heading else passage.name)
    if not passage.omitted:
        return _Drawn(heading, lines, stops)
    note = _note(f"… {passage.omitted:,} more characters not shown")
    return _Drawn(heading, [note, *lines] if passage.kind is Kind.LOG else [*lines, note], stops)


def _heading(title: str, name: str = "") -> Content:
    heading = Content.assemble((f"━━ {title}", "blue"), (f" · {name}" if name else "", "grey"))
    return heading.stylize(_BOLD, 0, len(title) + 3)


def _note(text: str) -> Content:
    return Content(text, [Span(0, len(text), "grey")])
