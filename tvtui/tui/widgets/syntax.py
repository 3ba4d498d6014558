"""Source code and Gherkin in colour: lines whose spans are names of the palette of foreign text."""

from __future__ import annotations

import re
import time
from asyncio import sleep
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from textual.content import Content, Span
from textual.style import Style

from tvtui.testvibe.identity import title_path
from tvtui.testvibe.models import Outcome
from tvtui.view import gherkin
from tvtui.view.labels import SYMBOLS

if TYPE_CHECKING:
    from pygments.lexer import Lexer


_SLICE = 0.004
"""Seconds of work until the event loop gets a turn."""
_TIME_LIMIT = 1.0
"""Seconds of work after which the rest is not coloured: some texts take a lexer quadratic time."""

_BOLD = Style(bold=True)
_ROLES: dict[str, str | Style] = {
    "keyword": "magenta",
    "heading": _BOLD,
    "tag": "cyan",
    "comment": "grey",
    "string": "green",
    "number": "yellow",
    "placeholder": "yellow",
    "bar": "grey",
}
_TEST = re.compile(r"""\s*(?:test|it)(?:\.\w+)?\(\s*(['"`])(?P<name>.*?)\1\s*[,)]""")
_SCRIPTS = {"js": "javascript", "jsx": "javascript", "mjs": "javascript", "cjs": "javascript", "py": "python"}


def gherkin_lines(text: str, names: Collection[str]) -> tuple[list[Content], list[int]]:
    """Colour Gherkin without tabs, and mark the scenarios whose tests, given by name, have failed.

    Returns:
        The lines, and the numbers of those that begin a failed scenario.
    """
    feature = gherkin.parse(text)
    failing = gherkin.failing(feature.scenarios, names)
    lines = []
    for number, (line, marks) in enumerate(zip(feature.lines, feature.marks, strict=True)):
        content = Content(line, [Span(mark.start, mark.end, _ROLES[mark.role]) for mark in marks])
        lines.append(_failed(content) if number in failing else content)
    return lines, sorted(failing)


async def source_lines(text: str, path: str, clock: Callable[[], float] = time.perf_counter) -> list[Content]:
    """Colour source code, in slices.

    Args:
        text: The source code, without tabs.
        path: The name of its file, for the language; TypeScript if that is unknown.
        clock: Measures the seconds of work.
    """
    lines = text.split("\n")
    spans: list[list[Span]] = [[] for _ in lines]
    if max(map(len, lines)) <= gherkin.LONGEST_LINE:
        await _colour(text, spans, _lexer(path), clock)
    return [Content(line, marks) for line, marks in zip(lines, spans, strict=True)]


def with_failures_marked(lines: list[Content], names: Collection[str]) -> tuple[list[Content], list[int]]:
    """Mark the failed tests, given by name with or without their suites, if the name occurs exactly once.

    Returns:
        The lines, and the numbers of those that begin a failed test.
    """
    wanted = {title_path(name)[-1] for name in names}
    begun: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        found = _TEST.match(line.plain) if len(line) <= gherkin.LONGEST_LINE else None
        if found and found["name"] in wanted:
            begun.setdefault(found["name"], []).append(number)
    failing = sorted(numbers[0] for numbers in begun.values() if len(numbers) == 1)
    marked = list(lines)
    for number in failing:
        marked[number] = _failed(lines[number])
    return marked, failing


def _failed(line: Content) -> Content:
    # over the other colours, so that it stands out
    return Content.assemble(line, f"  {SYMBOLS[Outcome.FAILED]} failed").stylize("red").stylize(_BOLD)


async def _colour(text: str, spans: list[list[Span]], lexer: Lexer, clock: Callable[[], float]) -> None:
    from pygments.token import Token

    styles: dict[object, str] = {
        Token.Comment: "grey",
        Token.Keyword: "magenta",
        Token.Keyword.Type: "cyan",
        Token.Literal.String: "green",
        Token.Literal.Number: "yellow",
        Token.Name.Decorator: "yellow",
    }
    line = at = 0
    worked, since = 0.0, clock()
    for _, token, value in lexer.get_tokens_unprocessed(text):
        style = next((styles[kind] for kind in reversed(token.split()) if kind in styles), None)
        for number, piece in enumerate(value.split("\n")):
            if number:
                line, at = line + 1, 0
            if style and piece:
                spans[line].append(Span(at, at + len(piece), style))
            at += len(piece)
        if (now := clock()) - since >= _SLICE:
            worked += now - since
            if worked >= _TIME_LIMIT:
                return
            await sleep(0)
            since = clock()


def _lexer(path: str) -> Lexer:
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(_SCRIPTS.get(path.rpartition(".")[2].casefold(), "typescript"))
