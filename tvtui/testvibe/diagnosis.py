"""A run's diagnosis as returned by the API: complete errors and other texts, cleaned, limited and sorted; pure.

The end of its documentation is not known. Undocumented texts are recognized by their form, and the rest is kept under
its own key. Links are dropped, as they are signed and would give access to artifacts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError
from pydantic.alias_generators import to_camel

from tvtui.testvibe.decoding import parse
from tvtui.testvibe.diagnosis_texts import Passage, cut, limited, passages_of
from tvtui.testvibe.fields import items, label, moment, raw_of, whole
from tvtui.testvibe.identity import title_path
from tvtui.testvibe.models import Case, Summary
from tvtui.testvibe.undocumented import error_as_text
from tvtui.text.redact import without_queries, without_signatures


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a test did not pass.

    Attributes:
        case: The test, named with its suite ("Login > locked out user"), with the complete error.
        omitted: The number of omitted characters of the error.
        passages: Other texts of the service about this test.
    """

    case: Case
    omitted: int = 0
    passages: tuple[Passage, ...] = ()


def _label(value: object) -> str | None:
    return label(without_queries(value)) if isinstance(value, str) else None


def _summary(value: object) -> Summary | None:
    return Summary.read(value) if isinstance(value, dict) else None


_Whole = Annotated[int | None, PlainValidator(whole)]
_Label = Annotated[str | None, PlainValidator(_label)]


class Diagnosis(BaseModel):
    """Why a run did not pass, as far as known; every field may be missing, and an invalid one counts as missing.

    Read on demand, so by pydantic; the digest, which every start needs, is read without it (see `models`).

    Attributes:
        failures: The tests that did not pass, in the service's order.
        passages: Gherkin, specs, log and unknown fields, in the order of `Kind`.
        left_out: The number of further texts, beyond a sensible limit.
    """

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, validate_by_alias=True, validate_by_name=True, hide_input_in_errors=True
    )

    run_id: _Whole = None
    status: _Label = None
    verdict: _Label = None
    feature_id: _Whole = None
    feature_name: _Label = None
    config: _Label = None
    site_url: _Label = None
    finished_utc: Annotated[datetime | None, PlainValidator(moment)] = None
    summary: Annotated[Summary | None, PlainValidator(_summary)] = None
    failures: tuple[Failure, ...] = ()
    passages: tuple[Passage, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Undiagnosed:
    """Why there is no diagnosis to show.

    Attributes:
        what: What happened, in one sentence.
        advice: What to do next, in one sentence; "" if there is nothing to do.
        is_offered: Whether the server has diagnoses, as far as is known.
        may_be_retried: Whether another request could have a better answer.
    """

    what: str = ""
    advice: str = ""
    is_offered: bool = True
    may_be_retried: bool = True


def read_diagnosis(body: bytes) -> Diagnosis:
    """Decode the answer of `diagnose_run`.

    Raises:
        ValueError: The body is not a JSON object; the message is one sentence without any part of the body.
    """
    raw = parse(body)
    if not isinstance(raw, dict):
        raise ValueError("The response is not a run's diagnosis: it is not an object.")
    failures, rest = _failures(raw.get("failures"))
    known = {name: raw[name] for name in _DOCUMENTED if name in raw}
    others = {key: value for key, value in raw.items() if key not in known} | {"failures": rest}
    passages, left_out = limited(passage for key, value in others.items() for passage in passages_of(key, value))
    try:
        return Diagnosis.model_validate(known | {"failures": failures, "passages": passages, "left_out": left_out})
    except ValidationError:
        raise ValueError("The response is not a run's diagnosis.") from None


_DOCUMENTED = ("runId", "status", "verdict", "featureId", "featureName", "config", "siteUrl", "finishedUtc", "summary")


def find_failure(failures: Sequence[Failure], case: Case, tests: Iterable[Case]) -> Failure | None:
    """The failure of a test, found by its name with or without the suite; None if it is not certain.

    Args:
        failures: The failures of the diagnosis.
        case: A test of the run.
        tests: All tests of the run; a name that two failed tests share is ambiguous.
    """
    if not case.outcome.may_be_failure:
        return None
    if sum(1 for test in tests if test.name == case.name and test.outcome.may_be_failure) > 1:
        return None
    exact = [failure for failure in failures if failure.case.name == case.name]
    path = title_path(raw_of(case.name))
    found = exact or [failure for failure in failures if title_path(raw_of(failure.case.name))[-len(path) :] == path]
    return found[0] if len(found) == 1 else None


def _failures(value: Any) -> tuple[list[Failure], Any]:
    """The documented rows, and what else is in their place."""
    failures = items(value)
    if not isinstance(failures, list):
        return [], failures
    rest = [failure for failure in failures if not isinstance(failure, dict)]
    return [_failure(failure) for failure in failures if isinstance(failure, dict)], rest


def _failure(raw: dict[str, Any]) -> Failure:
    error = error_as_text(raw.get("error"))
    others = {key: value for key, value in raw.items() if key not in {"name", "status", "durationMs", "error"}}
    passages, _ = limited(passage for key, value in others.items() for passage in passages_of(key, value))
    text, omitted = cut(error, without_signatures) if error else (None, 0)
    return Failure(Case.read(raw | {"error": text}), omitted, passages)
