"""The texts in foreign JSON of an unknown shape: found, told apart, cleaned, cut, and without links; pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

from tvtui.evidence import log_from_its_start
from tvtui.passage_kinds import Kind, is_link_key, is_path, kind_of
from tvtui.text.clean import clean_block, clean_line, without_blank_start
from tvtui.text.redact import without_queries, without_signatures

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


def limited(passages: Iterable[Passage]) -> tuple[tuple[Passage, ...], int]:
    """As many as are sensible to show, in the order of `Kind`, and how many were left out."""
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


def passages_of(key: str, value: Any, hint: str = "", depth: int = 0) -> Iterator[Passage]:
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
    text = value if isinstance(value, str) else joined(value)
    if text is not None:
        yield _passage(key, text, hint)
    elif isinstance(value, list) and depth < _DEEPEST and all(_has_text(item) for item in value):
        for item in value:
            yield from _named(key, item, hint, depth)
    elif isinstance(value, dict) and depth < _DEEPEST and _has_text(value):
        yield from _named(key, value, hint, depth)
    elif isinstance(value, dict) and depth < _DEEPEST and _holds_text(value):
        for name, part in value.items():
            yield from passages_of(name if is_path(name) else f"{key}.{name}", part, hint, depth + 1)
    else:
        yield _passage(key, as_json(value), hint, is_text=False)


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
            yield from passages_of(f"{key}.{other}", value, hint, depth + 1)


def _passage(title: str, text: str, hint: str, *, path: str | None = None, is_text: bool = True) -> Passage:
    kind = kind_of(hint, path or title, text) if is_text else Kind.OTHER
    shown, omitted = cut(text, without_queries if kind is Kind.OTHER else without_signatures, at_end=kind is Kind.LOG)
    name = without_queries(clean_line(title[: 4 * _LONGEST_TOLD])).strip()
    return Passage(kind=kind, name=name or "(no name)", text=shown, omitted=omitted)


def cut(text: str, without: Callable[[str], str], *, at_end: bool = False) -> tuple[str, int]:
    """The part of a text that is kept, cleaned and without links, and how many characters were left out.

    Blank lines around it, and what the service's own cut left of an escape sequence, are not counted.
    """
    omitted = max(0, len(text) - LONGEST_TEXT)
    kept = (text[-LONGEST_TEXT:] if at_end else text[:LONGEST_TEXT]) if omitted else text
    if omitted:
        # a line that was cut can hold half a link or half an escape sequence
        kept = kept.partition("\n")[2] or kept if at_end else kept.rpartition("\n")[0] or kept
        omitted = len(text) - len(kept)
    cleaned = clean_block(kept)
    begun = log_from_its_start(cleaned) if at_end else without_blank_start(cleaned)
    return without(begun).rstrip("\n"), omitted


def joined(value: Any) -> str | None:
    """A list of lines as one text; None for anything else."""
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
        or (joined(part) is not None)
        or (isinstance(part, list) and part and all(_has_text(item) for item in part))
        or (isinstance(part, dict) and any(isinstance(text, str) and "\n" in text for text in part.values()))
        for part in value.values()
    )


def as_json(value: Any) -> str:
    """JSON for people, less what leads to artifacts."""
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
