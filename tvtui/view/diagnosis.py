"""The sections of a diagnosis in the order of need: those of the selected test first; pure."""

from __future__ import annotations

from dataclasses import dataclass

from tvtui.testvibe.diagnosis import Diagnosis, Failure
from tvtui.testvibe.diagnosis_texts import Kind, Passage
from tvtui.testvibe.identity import title_path
from tvtui.testvibe.models import Case
from tvtui.text.clean import plain
from tvtui.view.gherkin import scenario_of


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a diagnosis: either why a test failed, or another text.

    Attributes:
        title: Its name in a list of sections, in a few words.
        failure: Why a test failed.
        passage: Another text.
        is_selected: Whether it is about the selected test: its scenario, or why it failed.
    """

    title: str
    failure: Failure | None = None
    passage: Passage | None = None
    is_selected: bool = False


def sections_of(diagnosis: Diagnosis, case: Case | None, failure: Failure | None) -> list[Section]:
    """All sections of a diagnosis: what the selected test needs, the sources, the other failures, and the rest.

    Args:
        diagnosis: The diagnosis.
        case: The selected test.
        failure: Its failure; None if it has none, or if it is not certain which.
    """
    selected = [Section("Error", failure=failure, is_selected=True)] if failure else []
    others = [
        Section(title_path(other.case.name)[-1], failure=other) for other in diagnosis.failures if other is not failure
    ]
    texts = [Section(_title(passage), passage=passage) for passage in diagnosis.passages]
    count = sum(passage.kind in {Kind.GHERKIN, Kind.SPEC} for passage in diagnosis.passages)
    # these are the first kinds
    sources, rest = texts[:count], texts[count:]
    # without a failure of the selected test, those of all tests matter most
    middle = [*sources, *others] if failure else [*others, *sources]
    return [*_scenario(diagnosis, case, failure), *selected, *middle, *rest]


def is_repeated(failure: Failure, case: Case | None) -> bool:
    """Whether the error of a failure says no more than that of its test, which is shown elsewhere."""
    if case is None or not case.error or not failure.case.error or failure.omitted:
        return False
    said, known = ("".join(plain(error).split()) for error in (failure.case.error, case.error))
    return said in known


def _scenario(diagnosis: Diagnosis, case: Case | None, failure: Failure | None) -> list[Section]:
    """The scenario of the selected test, if that may have failed and exactly one is found."""
    if case is None or not case.outcome.may_be_failure:
        return []
    name = failure.case.name if failure else case.name
    features = [passage for passage in diagnosis.passages if passage.kind is Kind.GHERKIN]
    found = [(feature.name, text) for feature in features if (text := scenario_of(feature.text, name))]
    if len(found) != 1:
        return []
    feature, text = found[0]
    passage = Passage(kind=Kind.GHERKIN, name=feature, text=text)
    return [Section("Scenario", passage=passage, is_selected=True)]


def _title(passage: Passage) -> str:
    if passage.kind is Kind.SPEC:
        return passage.name.partition(" · ")[0].rpartition("/")[2]
    return passage.kind.heading or passage.name
