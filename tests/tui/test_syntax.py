"""Colours of source code and Gherkin, and marks for failed tests and scenarios."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from time import perf_counter

from textual.content import Content

from tests.support.builders import FEATURE
from tvtui.tui.widgets.syntax import gherkin_lines, source_lines, with_failures_marked
from tvtui.view.gherkin import LONGEST_LINE


def test_many_blank_lines_are_fast() -> None:
    # Pygments' own lexer for Gherkin takes more than a minute for these
    lines, failing = gherkin_lines("  \n" * 9_000, ["a"])

    assert (len(lines), failing) == (9_001, [])


def test_the_failed_scenario_is_marked_in_words() -> None:
    lines, failing = gherkin_lines(FEATURE, ["Login > Locked out"])

    (number,) = failing
    assert lines[number].plain == "  Example: Locked out  ✗ failed"
    assert [line.plain for index, line in enumerate(lines) if index != number] == [
        line for index, line in enumerate(FEATURE.split("\n")) if index != number
    ]


SOURCE = """\
import { test } from '@playwright/test';
/* two
   lines */
test('locked out', async ({ page }) => {
  const seconds: number = 5_000; // why
  await page.goto(`/a
b`);
});
test.skip("other", f)
"""


def styles(lines: list[Content], word: str) -> set[object]:
    line = next(line for line in lines if word in line.plain)
    at = line.plain.index(word)
    return {span.style for span in line.spans if span.start <= at < span.end}


def coloured(text: str, path: str = "a.spec.ts", clock: Callable[[], float] = perf_counter) -> list[Content]:
    return asyncio.run(source_lines(text, path, clock))


def test_source_code_is_coloured_and_its_text_unchanged() -> None:
    lines = coloured(SOURCE)

    assert "\n".join(line.plain for line in lines) == SOURCE
    for word, style in {
        "import": "magenta",
        "'@play": "green",
        "two": "grey",
        "lines */": "grey",
        "number": "cyan",
        "5_000": "yellow",
        "// why": "grey",
        "b`": "green",
    }.items():
        assert styles(lines, word) == {style}, word
    assert styles(coloured("def f(): pass  # x", "a.py"), "# x") == {"grey"}


def test_colouring_stops_at_the_time_limit() -> None:
    seconds = count()
    lines = coloured("const a = 1;\n" * 50, clock=lambda: next(seconds) * 0.1)

    assert lines[0].spans
    assert not lines[-2].spans
    assert len(lines) == 51
    assert not coloured("const a = 1;" + " " * LONGEST_LINE)[0].spans


def test_the_failed_test_is_marked_if_its_name_occurs_once() -> None:
    lines, failing = with_failures_marked(coloured(SOURCE), ["Login › locked out", "other", "page"])

    assert failing == [3, 8]
    assert lines[3].plain == "test('locked out', async ({ page }) => {  ✗ failed"
    assert with_failures_marked(coloured(SOURCE * 2), ["locked out"])[1] == []
