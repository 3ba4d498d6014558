"""Texts of undocumented shape inside a diagnosis: found, classified, cleaned and limited; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tvtui.testvibe.fields import log_from_its_start
from tvtui.testvibe.undocumented import SOURCES, as_json, is_link_key, is_path, joined
from tvtui.text.clean import clean_block, clean_line, without_blank_start
from tvtui.text.redact import without_queries, without_signatures

LONGEST_TEXT = 50_000
"""The limit for one text, in characters; of a log the last ones are kept, of other texts the first."""
MOST_TEXT = 200_000
"""The limit for all texts other than errors, in characters."""
MOST_PASSAGES = 100

_DEEPEST = 4
_LONGEST_IN_TITLE = 60
_NAMES = ("path", "file", "filePath", "fileName", "filename", "name", "title")
_TEXTS = ("text", "content", "contents", "source", "code", "body", "gherkin")


@dataclass(frozen=True, slots=True)
class Passage:
    """A text of a diagnosis.

    Attributes:
        kind: The kind of text.
        name: Its path or key, as one clean line.
        text: Lines with colour (SGR).
        omitted: The number of omitted characters, at the end; for a log at the beginning.
    """

    kind: Kind
    name: str
    text: str
    omitted: int = 0


def limited(passages: Iterable[Passage]) -> tuple[tuple[Passage, ...], int]:
    """The passages within sensible limits, in the order of `Kind`, and the number of those left out."""
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
    """Find the texts under a key, each named by the keys that lead to it.

    Args:
        key: The key, or the path of keys, separated by dots.
        value: The JSON value.
        hint: The keys above it, which can indicate its kind.
        depth: The number of keys above it.
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
    """A text with a name; short values beside it become part of its title."""
    text_key = next(name for name in _TEXTS if isinstance(item.get(name), str))
    name_key = next((name for name in _NAMES if isinstance(item.get(name), str) and item[name].strip()), None)
    name = item[name_key] if name_key else key
    others = {
        key: value for key, value in item.items() if key not in {text_key, name_key} and value not in (None, "", [], {})
    }
    short = {
        key: value
        for key, value in others.items()
        if isinstance(value, str | int | float) and len(str(value)) <= _LONGEST_IN_TITLE and not is_link_key(key)
    }
    title = " · ".join([name, *(f"{key} {value}" for key, value in short.items())])
    yield _passage(title, item[text_key], f"{hint} {text_key}", path=name)
    for other, value in others.items():
        if other not in short:
            yield from passages_of(f"{key}.{other}", value, hint, depth + 1)


def _passage(title: str, text: str, hint: str, *, path: str | None = None, is_text: bool = True) -> Passage:
    kind = _kind_of(hint, path or title, text) if is_text else Kind.OTHER
    shown, omitted = cut(text, without_queries if kind is Kind.OTHER else without_signatures, at_end=kind is Kind.LOG)
    name = without_queries(clean_line(title[: 4 * _LONGEST_IN_TITLE])).strip()
    return Passage(kind=kind, name=name or "(no name)", text=shown, omitted=omitted)


def cut(text: str, without: Callable[[str], str], *, at_end: bool = False) -> tuple[str, int]:
    """The kept part of a text, cleaned and without links, and the number of omitted characters.

    Blank lines around it, and the rest of an escape sequence that the service has cut, are not counted.
    """
    omitted = max(0, len(text) - LONGEST_TEXT)
    kept = (text[-LONGEST_TEXT:] if at_end else text[:LONGEST_TEXT]) if omitted else text
    if omitted:
        # a line that was cut can contain half a link or half an escape sequence
        kept = kept.partition("\n")[2] or kept if at_end else kept.rpartition("\n")[0] or kept
        omitted = len(text) - len(kept)
    cleaned = clean_block(log_from_its_start(kept) if at_end else kept)
    return without(without_blank_start(cleaned)).rstrip("\n"), omitted


def _has_text(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(value.get(name), str) and value[name] for name in _TEXTS)


def _holds_text(value: dict[str, Any]) -> bool:
    """Whether some value in it is easier to read as text than as JSON."""
    return any(
        (isinstance(part, str) and "\n" in part)
        or _has_text(part)
        or (joined(part) is not None)
        or (isinstance(part, list) and part and all(_has_text(item) for item in part))
        or (isinstance(part, dict) and any(isinstance(text, str) and "\n" in text for text in part.values()))
        for part in value.values()
    )


class Kind(StrEnum):
    """The kind of a text, in reading order."""

    GHERKIN = "gherkin"
    SPEC = "spec"
    LOG = "log"
    OTHER = "other"

    @property
    def heading(self) -> str:
        """The heading for texts of this kind; "" where the text's own name serves."""
        return "" if self is Kind.OTHER else self.value.capitalize()


_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_SOURCE = re.compile(SOURCES + "$", re.IGNORECASE)
# a feature can start with blank lines and comments
_BEGINNING = r"\ufeff?(?:[ \t]*+(?:#(?![ \t]*language[ \t]*:)[^\n]*+)?\n)*+[ \t]*+"
_FEATURE = re.compile(
    _BEGINNING + r"(?:@[^\s(]+[^\n(;]*\n|#[ \t]*language[ \t]*:|(?:Feature|Rule|Background|Scenario)[^\n:]{0,20}:)"
)
_LOG_TAILS = {"log", "logs", "tail", "text", "lines", "output", "end", "excerpt"}
_LOGS = {"log", "logs", "logtail", "loglines", "runlog", "stdout", "stderr"}


def _kind_of(keys: str, name: str, text: str) -> Kind:
    """Classify a text by the keys above it (in any spelling), its file name or key, and its content."""
    words = [word.casefold() for word in _WORD.findall(keys.rpartition(" ")[2] or keys)]
    folded = keys.casefold()
    is_one_line = "\n" not in text.strip("\n")
    if _FEATURE.match(text) or (name.casefold().endswith(".feature") and not is_one_line):
        return Kind.GHERKIN
    if _LOGS.intersection(words) and words[-1] in _LOG_TAILS | _LOGS:
        return Kind.LOG
    if is_one_line:
        return Kind.OTHER
    if _SOURCE.search(name) or any(word in folded for word in ("spec", "source", "testcode", "test_code")):
        return Kind.SPEC
    return Kind.GHERKIN if "gherkin" in folded or "feature" in folded else Kind.OTHER
