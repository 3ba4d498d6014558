"""What is coloured in Gherkin and in sources, and which scenario is found to have failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from tvtui.tui.widgets.syntax import LONGEST_LINE, gherkin_lines, source_lines, with_failures_marked
from tvtui.view import gherkin
from tvtui.view.gherkin import Scenario

FEATURE = '''\
# language: en
@auth @smoke # why
Feature: Login
  A user "signs in" first.

  Background:
    Given the shop is open

  Rule: strangers stay out
  Scenario Outline: <user> sees <count> items
    When "bob" adds 12.5 of <count>
    Then he sees
      | a | b \\| c |
    """
    Scenario: only text
    """
    Examples:
      | user |
  Example: Locked out
  Szenario: Gesperrt
    Angenommen es ist so
'''


def parts(line: str) -> list[tuple[str, str]]:
    feature = gherkin.parse(FEATURE)
    number = next(number for number, text in enumerate(feature.lines) if line in text)
    return [(feature.lines[number][mark.start : mark.end], mark.role) for mark in feature.marks[number]]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# language", [("# language: en", "comment")]),
        ("@auth", [("@auth", "tag"), ("@smoke", "tag"), (" # why", "comment")]),
        ("Feature:", [("Feature:", "keyword"), (" Login", "heading")]),
        ("A user", []),
        ("Rule", [("Rule:", "keyword"), (" strangers stay out", "heading")]),
        ("When", [("When", "keyword"), ('"bob"', "string"), ("12.5", "number"), ("<count>", "placeholder")]),
        ("| a |", [("|", "bar"), ("|", "bar"), ("|", "bar")]),
        ("only text", [("    Scenario: only text", "string")]),
    ],
)
def test_each_line_is_known_for_what_it_is(line: str, expected: list[tuple[str, str]]) -> None:
    assert parts(line) == expected


def test_scenarios_are_found_in_any_language_and_not_inside_texts() -> None:
    assert [scenario.name for scenario in gherkin.parse(FEATURE).scenarios if scenario.name] == [
        "<user> sees <count> items",
        "Locked out",
        "Gesperrt",
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Login > Locked out"], ["Locked out"]),
        (["locked   OUT"], ["Locked out"]),
        (["Login > bob sees 12 items"], ["<user> sees <count> items"]),
        (["Login > <user> sees <count> items > Example #2"], ["<user> sees <count> items"]),
        (["Login > Locked out for ever", "Login", "Log > strangers stay out", "", " > "], []),
    ],
)
def test_a_failed_scenario_is_found_by_its_name(names: list[str], expected: list[str]) -> None:
    scenarios = gherkin.parse(FEATURE).scenarios
    failing = gherkin.failing(scenarios, names)

    assert [scenario.name for scenario in scenarios if scenario.line in failing] == expected


def test_nothing_is_guessed() -> None:
    twice = [Scenario(1, "Locked out"), Scenario(9, "Locked out"), Scenario(20, "<a>"), Scenario(30, "<a> <b> <c>")]

    assert gherkin.failing(twice, ["Locked out", "anything at all"]) == set()
    overlapping = [Scenario(1, "<a> sees items"), Scenario(2, "bob <sees> items")]
    assert gherkin.failing(overlapping, ["bob sees items"]) == set()


def test_steps_are_known_in_other_languages() -> None:
    feature = gherkin.parse("# language: de\nFunktionalität: A\n  Szenario: B\n    Angenommen es ist so")

    assert [[mark.role for mark in marks] for marks in feature.marks] == [
        ["comment"],
        ["keyword", "heading"],
        ["keyword", "heading"],
        ["keyword"],
    ]


@given(st.text("ab@|#\"<>: \t\nGiven'Feature*`", max_size=120))
def test_marks_lie_within_their_lines_in_order(text: str) -> None:
    feature = gherkin.parse(text)

    assert "\n".join(feature.lines) == text
    for line, marks in zip(feature.lines, feature.marks, strict=True):
        edges = [edge for mark in marks for edge in (mark.start, mark.end)]
        assert edges == sorted(edges)
        assert all(0 <= edge <= len(line) for edge in edges)


def test_blank_lines_take_no_time() -> None:
    # Pygments' lexer for Gherkin takes more than a minute for this
    lines, failing = gherkin_lines("  \n" * 9_000, ["a"])

    assert (len(lines), failing) == (9_001, [])


def test_the_failed_scenario_says_so_in_words() -> None:
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


def test_sources_are_coloured_and_stay_as_they_are() -> None:
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


def test_a_lexer_that_takes_too_long_is_left_alone() -> None:
    seconds = count()
    lines = coloured("const a = 1;\n" * 50, clock=lambda: next(seconds) * 0.1)

    assert lines[0].spans
    assert not lines[-2].spans
    assert len(lines) == 51
    assert not coloured("const a = 1;" + " " * LONGEST_LINE)[0].spans


def test_the_failed_test_is_marked_where_its_name_stands_once() -> None:
    lines, failing = with_failures_marked(coloured(SOURCE), ["Login > locked out", "other", "page"])

    assert failing == [3, 8]
    assert lines[3].plain == "test('locked out', async ({ page }) => {  ✗ failed"
    assert with_failures_marked(coloured(SOURCE * 2), ["locked out"])[1] == []
