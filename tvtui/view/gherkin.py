"""Gherkin, line by line: what to colour, and which scenarios failed; pure.

Lines are enough for colours and take linear time for any text; Pygments' own lexer needs more than a minute for 27 KB
of blank lines. Its keywords, in some sixty languages, are used nevertheless.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from textwrap import dedent
from typing import NamedTuple

from tvtui.testvibe.identity import title_path

LONGEST_LINE = 4000
"""Characters; longer lines are not coloured."""

_TAG = re.compile(r"@[^\s@#]+")
_BAR = re.compile(r"(?<!\\)\|")
_IN_STEP = re.compile(r'(?P<string>"[^"]*")|(?P<placeholder><[^<>]+>)|(?P<number>(?<![\w.])\d+(?:[.,]\d+)*(?!\w))')
_PLACEHOLDER = re.compile(r"<[^<>]+>")
# keywords that are newer than Pygments' list
_NEWER = re.compile(r"^(\s*)(Rule|Regel|Règle|Regla|Example|Beispiel|Exemple|Ejemplo|Scenario Template)(:)(.*)$")
_RULES = frozenset({"Rule", "Regel", "Règle", "Regla"})
_ENGLISH_STEP = re.compile(r"^(\s*)(Given |When |Then |And |But |\* )")
_ENGLISH = re.compile(r"^[ \t]*(?:Feature|Rule)[ \t]*:", re.MULTILINE)
_DOC_STRINGS = ('"""', "```")


class Mark(NamedTuple):
    """A part of a line and its role: keyword, heading, tag, comment, string, number, placeholder or bar."""

    start: int
    end: int
    role: str


class Scenario(NamedTuple):
    """The line, from 0, in which a scenario begins, and its name."""

    line: int
    name: str


class Feature(NamedTuple):
    """A parsed Gherkin text.

    Attributes:
        lines: The lines as sent.
        marks: The marks of each line.
        scenarios: The scenarios in order, without backgrounds.
    """

    lines: list[str]
    marks: list[list[Mark]]
    scenarios: list[Scenario]


# 50 KB take 40 ms, and a diagnosis looks for the scenario of each test that is selected
@lru_cache(maxsize=8)
def parse(text: str) -> Feature:
    """Find the role of each part of each line."""
    lines = text.split("\n")
    feature = Feature(lines, [], [])
    doc_string = ""
    # in other languages, many short English words begin a step
    step = _ENGLISH_STEP if _ENGLISH.search(text) else _keywords()[3]
    for number, line in enumerate(lines):
        stripped = line.strip()
        if doc_string or stripped.startswith(_DOC_STRINGS):
            feature.marks.append([Mark(0, len(line), "string")])
            if not doc_string:
                doc_string = stripped[:3]
            elif stripped.startswith(doc_string):
                doc_string = ""
            continue
        feature.marks.append(_marks(line, stripped, step) if len(line) <= LONGEST_LINE else [])
        if feature.marks[-1] and feature.marks[-1][0].role == "scenario":
            keyword = feature.marks[-1][0]
            feature.marks[-1][0] = keyword._replace(role="keyword")
            feature.scenarios.append(Scenario(number, line[keyword.end :].strip()))
    return feature


def _marks(line: str, stripped: str, step_keyword: re.Pattern[str]) -> list[Mark]:
    match stripped[:1]:
        case "":
            return []
        case "#":
            return [Mark(0, len(line), "comment")]
        case "@":
            comment = line.find(" #")
            end = len(line) if comment < 0 else comment
            tags = [Mark(*tag.span(), "tag") for tag in _TAG.finditer(line, 0, end)]
            return tags if comment < 0 else [*tags, Mark(comment, len(line), "comment")]
        case "|":
            return [Mark(*bar.span(), "bar") for bar in _BAR.finditer(line)]
    if ":" in line:
        features, elements, examples, _ = _keywords()
        for pattern, role in (
            (elements, "scenario"),
            (_NEWER, "scenario"),
            (features, "keyword"),
            (examples, "keyword"),
        ):
            if pattern.match(line):
                return _heading(line, role)
    step = step_keyword.match(line)
    if step is None:
        return []
    inside = [
        Mark(*found.span(), found.lastgroup or "") for found in _IN_STEP.finditer(line, step.end()) if found.lastgroup
    ]
    return [Mark(step.start(2), len(line[: step.end()].rstrip()), "keyword"), *inside]


def _heading(line: str, role: str) -> list[Mark]:
    start, colon = len(line) - len(line.lstrip()), line.index(":")
    is_rule = line[start:colon].strip() in _RULES
    return [Mark(start, colon + 1, "keyword" if is_rule else role), Mark(colon + 1, len(line), "heading")]


@cache
def _keywords() -> tuple[re.Pattern[str], ...]:
    from pygments.lexers.testing import GherkinLexer

    sources = (
        GherkinLexer.feature_keywords,
        GherkinLexer.feature_element_keywords,
        GherkinLexer.examples_keywords,
        GherkinLexer.step_keywords,
    )
    # a feature's keyword is assumed to begin its line
    return tuple(re.compile(source if source.startswith(r"^(\s*)") else rf"^(\s*){source[1:]}") for source in sources)


def scenario_of(text: str, name: str) -> str:
    """The scenario of a failed test, with its tags and without its indentation; "" unless exactly one is found."""
    lines, marks, scenarios = parse(text)
    start = end = next(iter(failing(scenarios, [name])), -1)
    if start < 0:
        return ""
    begun = {scenario.line for scenario in scenarios}
    for end in range(start + 1, len(lines) + 1):
        if end == len(lines) or end in begun or _begins_rule(lines[end], marks[end]):
            break
    # tags and comments above the next scenario are that one's
    while _is_above(lines[end - 1]) or not lines[end - 1].strip():
        end -= 1
    while start and _is_above(lines[start - 1]):
        start -= 1
    return dedent("\n".join(lines[start:end]))


def _begins_rule(line: str, marks: Sequence[Mark]) -> bool:
    return len(marks) == 2 and marks[1].role == "heading" and line.partition(":")[0].strip() in _RULES


def _is_above(line: str) -> bool:
    return line.lstrip().startswith(("@", "#"))


def failing(scenarios: Sequence[Scenario], names: Iterable[str]) -> set[int]:
    """The lines in which failed scenarios begin, found by the names of failed tests, without guessing.

    A name can begin with its suite and end with an example ("Login > Locked out > Example #1"), and a scenario outline
    has its placeholders filled in. A name that two scenarios share identifies neither.
    """
    exact: dict[str, list[int]] = {}
    outlines: list[tuple[re.Pattern[str], int]] = []
    for scenario in scenarios:
        exact.setdefault(_folded(scenario.name), []).append(scenario.line)
        if (pattern := _outline(scenario.name)) is not None:
            outlines.append((pattern, scenario.line))
    found: set[int] = set()
    for name in names:
        parts = [_folded(part) for part in [name, *reversed(title_path(name))] if part.strip()]
        lines = next((exact[part] for part in parts if part in exact), None)
        if lines is None:
            lines = sorted({line for pattern, line in outlines for part in parts[1:] if pattern.fullmatch(part)})
        if len(lines) == 1:
            found.update(lines)
    return found


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _outline(name: str) -> re.Pattern[str] | None:
    fixed = [_folded(part) for part in _PLACEHOLDER.split(name)]
    # placeholders alone would match every name, and many placeholders would take too long to match
    if not 2 <= len(fixed) <= 6 or sum(map(len, fixed)) < 4:
        return None
    return re.compile(r" ?.{1,200}? ?".join(map(re.escape, fixed)))
