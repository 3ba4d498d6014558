"""A run's diagnosis as the API tells it: fuller errors, and whatever else it holds, cleaned, cut and sorted; pure.

The tail of its documentation is unknown, so what is not documented is recognised by what it looks like, and what is not
recognised is kept under its own key. Links are kept nowhere: they are signed, and open artifacts to whoever has one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ValidationError

from tvtui.testvibe.diagnosis_texts import Passage, as_json, cut, joined, limited, passages_of
from tvtui.testvibe.fields import Label, Moment, Whole, items
from tvtui.testvibe.models import TOLERANT, Case, Outcome, Summary, parse
from tvtui.text.redact import without_queries, without_signatures


class Failure(Case):
    """A test that did not pass, its name led by its suite's ("Login > locked out user"), its error not trimmed.

    Attributes:
        omitted: How many characters of the error were left out.
        passages: What else the service says about it.
    """

    omitted: int = 0
    passages: tuple[Passage, ...] = ()


class Diagnosis(BaseModel):
    """All that is known of why a run did not pass; every field may be missing.

    Attributes:
        failures: The tests that did not pass, in the service's order.
        passages: Gherkin, specs, log and unknown fields, in the order of `Kind`.
        left_out: How many further texts there were, beyond what is sensible to show.
    """

    model_config = TOLERANT

    run_id: Whole = None
    status: Label = None
    verdict: Label = None
    feature_id: Whole = None
    feature_name: Label = None
    config: Label = None
    site_url: Label = None
    finished_utc: Moment = None
    summary: Annotated[Summary | None, BeforeValidator(lambda value: value if isinstance(value, dict) else None)] = None
    failures: tuple[Failure, ...] = ()
    passages: tuple[Passage, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Undiagnosed:
    """There is no diagnosis to show.

    Attributes:
        what: A sentence: what happened.
        advice: A sentence: what to do next; "" if there is nothing.
        is_offered: Whether it is worth asking again; False where the server knows no diagnoses.
    """

    what: str = ""
    advice: str = ""
    is_offered: bool = True


def read_diagnosis(body: bytes) -> Diagnosis:
    """Read what `diagnose_run` answers.

    Raises:
        ValueError: It is no JSON object; the message is one sentence and holds nothing of the body.
    """
    raw = parse(body)
    if not isinstance(raw, dict):
        raise ValueError("The answer is not a run's diagnosis: it is not an object.")
    known = {name: without_queries(value) if isinstance(value := raw.get(name), str) else value for name in _DOCUMENTED}
    failures = _failures(raw.get("failures"))
    told = {key: value for key, value in raw.items() if key not in known and (key != "failures" or failures is None)}
    passages, left_out = limited(passage for key, value in told.items() for passage in passages_of(key, value))
    try:
        return Diagnosis.model_validate(
            known
            | {
                "failures": failures or [],
                "passages": passages,
                "left_out": left_out,
            }
        )
    except ValidationError:
        raise ValueError("The answer is not a run's diagnosis.") from None


_DOCUMENTED = (
    "runId",
    "status",
    "verdict",
    "featureId",
    "featureName",
    "config",
    "siteUrl",
    "finishedUtc",
    "summary",
)


def find_failure(failures: Sequence[Failure], case: Case, tests: Iterable[Case]) -> Failure | None:
    """What a diagnosis says about a test, found by its name with or without its suite; None rather than a guess.

    Args:
        failures: The diagnosis's.
        case: A test of the run.
        tests: All of the run's tests: a name that two of them failed by tells nothing.
    """
    if case.outcome is Outcome.PASSED:
        return None
    if sum(1 for test in tests if test.name == case.name and test.outcome is not Outcome.PASSED) > 1:
        return None
    matches: Callable[[Failure], bool]
    for matches in (
        lambda failure: failure.name == case.name,
        lambda failure: failure.name.endswith(f" > {case.name}"),
    ):
        found = [failure for failure in failures if matches(failure)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _failures(value: Any) -> list[Failure] | None:
    """The documented list; None if there is something else in its place."""
    told = items(value)
    if not isinstance(told, list) or not all(isinstance(failure, dict) for failure in told):
        return None
    return [_failure(failure) for failure in told]


def _failure(raw: dict[str, Any]) -> Failure:
    error = _error(raw)
    told = {key: value for key, value in raw.items() if key not in {"name", "status", "durationMs", "error"}}
    passages, _ = limited(passage for key, value in told.items() for passage in passages_of(key, value))
    text, omitted = cut(error, without_signatures) if error else (None, 0)
    return Failure.model_validate(
        {name: raw[name] for name in ("name", "status", "durationMs") if name in raw}
        | {"error": text, "omitted": omitted, "passages": passages}
    )


def _error(raw: dict[str, Any]) -> str | None:
    error = raw.get("error")
    if isinstance(error, dict):
        error = next((error[key] for key in ("stack", "message") if isinstance(error.get(key), str)), error)
    if error is None or isinstance(error, str):
        return error
    return joined(error) or as_json(error)
