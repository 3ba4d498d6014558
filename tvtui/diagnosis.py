"""A run's diagnosis as the API tells it: fuller errors, and whatever else it holds, cleaned, cut and sorted; pure.

The tail of its documentation is unknown, so what is not documented is recognised by what it looks like, and what is not
recognised is kept under its own key. Links are kept nowhere: they are signed, and open artifacts to whoever has one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from tvtui.diagnosis_kinds import Kind, is_link_key, is_path, kind_of
from tvtui.fields import Label, Moment, Whole, items
from tvtui.link_text import without_queries, without_signatures
from tvtui.models import TOLERANT, Case, Outcome, Summary, parse
from tvtui.text import clean_block, clean_line

LONGEST_TEXT = 50_000
"""Characters of one text; of a log the last ones are kept, of all else the first."""
MOST_TEXT = 200_000
"""Characters of all texts beside the errors."""
MOST_PASSAGES = 100

_DEEPEST = 4
_LONGEST_TOLD = 60
_NAMES = ("path", "file", "filePath", "fileName", "filename", "name", "title")
_TEXTS = ("text", "content", "contents", "source", "code", "body", "gherkin")


class Passage(BaseModel):
    """A text of a diagnosis.

    Attributes:
        kind: What it is.
        name: Its path or its key; one clean line.
        text: Lines with colour (SGR).
        omitted: How many characters were left out, at the end; of a log at the beginning.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    name: str
    text: str
    omitted: int = 0


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

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read in it."""
        return not self.failures and not self.passages


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
    passages, left_out = _limited(passage for key, value in told.items() for passage in _passages(key, value))
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
    passages, _ = _limited(passage for key, value in told.items() for passage in _passages(key, value))
    text, omitted = _cut(error, without_signatures) if error else (None, 0)
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
    return _joined(error) or _json(error)


def _limited(passages: Iterable[Passage]) -> tuple[tuple[Passage, ...], int]:
    kept: list[Passage] = []
    left_out = 0
    room = MOST_TEXT
    for passage in passages:
        if len(kept) == MOST_PASSAGES or room <= 0:
            left_out += 1
            continue
        room -= len(passage.text)
        kept.append(passage)
    order = list(Kind)
    return tuple(sorted(kept, key=lambda passage: order.index(passage.kind))), left_out


def _passages(key: str, value: Any, hint: str = "", depth: int = 0) -> Iterator[Passage]:
    """The texts that lie under a key, each under the keys that lead to it.

    Args:
        key: Its own, or the path of keys, parted by dots.
        value: JSON.
        hint: The keys that it lies under, which tell what a file's name alone does not.
        depth: How many of these there are.
    """
    if value is None or value in ("", [], {}) or is_link_key(key):
        return
    hint = f"{hint} {key}"
    text = value if isinstance(value, str) else _joined(value)
    if text is not None:
        yield _passage(key, text, hint)
    elif isinstance(value, list) and depth < _DEEPEST and all(_has_text(item) for item in value):
        for item in value:
            yield from _named(key, item, hint, depth)
    elif isinstance(value, dict) and depth < _DEEPEST and _has_text(value):
        yield from _named(key, value, hint, depth)
    elif isinstance(value, dict) and depth < _DEEPEST and _holds_text(value):
        for name, part in value.items():
            yield from _passages(name if is_path(name) else f"{key}.{name}", part, hint, depth + 1)
    else:
        yield _passage(key, _json(value), hint, is_text=False)


def _named(key: str, item: dict[str, Any], hint: str, depth: int) -> Iterator[Passage]:
    """A text that comes with a name; what little else is said of it goes into its title."""
    text_key = next(name for name in _TEXTS if isinstance(item.get(name), str))
    name_key = next((name for name in _NAMES if isinstance(item.get(name), str) and item[name].strip()), None)
    name = item[name_key] if name_key else key
    told = {
        key: value for key, value in item.items() if key not in {text_key, name_key} and value not in (None, "", [], {})
    }
    short = {
        key: value
        for key, value in told.items()
        if isinstance(value, str | int | float) and len(str(value)) <= _LONGEST_TOLD and not is_link_key(key)
    }
    title = " · ".join([name, *(f"{key} {value}" for key, value in short.items())])
    yield _passage(title, item[text_key], f"{hint} {text_key}", path=name)
    for other, value in told.items():
        if other not in short:
            yield from _passages(f"{key}.{other}", value, hint, depth + 1)


def _passage(title: str, text: str, hint: str, *, path: str | None = None, is_text: bool = True) -> Passage:
    kind = kind_of(hint, path or title, text) if is_text else Kind.OTHER
    shown, omitted = _cut(text, without_queries if kind is Kind.OTHER else without_signatures, at_end=kind is Kind.LOG)
    name = without_queries(clean_line(title[: 4 * _LONGEST_TOLD])).strip()
    return Passage(kind=kind, name=name or "(no name)", text=shown, omitted=omitted)


def _cut(text: str, without: Callable[[str], str], *, at_end: bool = False) -> tuple[str, int]:
    """The part of a text that is kept, cleaned and without links, and how many characters were left out."""
    omitted = max(0, len(text) - LONGEST_TEXT)
    kept = (text[-LONGEST_TEXT:] if at_end else text[:LONGEST_TEXT]) if omitted else text
    if omitted:
        # a line that was cut can hold half a link or half an escape sequence
        kept = kept.partition("\n")[2] or kept if at_end else kept.rpartition("\n")[0] or kept
        omitted = len(text) - len(kept)
    return without(clean_block(kept)).strip("\n"), omitted


def _joined(value: Any) -> str | None:
    if not isinstance(value, list) or not value or not all(isinstance(line, str) for line in value):
        return None
    return "\n".join(line.removesuffix("\n") for line in value)


def _has_text(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(value.get(name), str) and value[name] for name in _TEXTS)


def _holds_text(value: dict[str, Any]) -> bool:
    """Whether something in it is better read as text than as JSON."""
    return any(
        (isinstance(part, str) and "\n" in part)
        or _has_text(part)
        or (_joined(part) is not None)
        or (isinstance(part, list) and part and all(_has_text(item) for item in part))
        or (isinstance(part, dict) and any(isinstance(text, str) and "\n" in text for text in part.values()))
        for part in value.values()
    )


def _json(value: Any) -> str:
    try:
        return json.dumps(_without_links(value), indent=2, ensure_ascii=False)
    except (RecursionError, ValueError):
        return "(nested too deeply to be shown)"


def _without_links(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_links(part) for key, part in value.items() if not is_link_key(key)}
    if isinstance(value, list):
        return [_without_links(part) for part in value]
    return value
