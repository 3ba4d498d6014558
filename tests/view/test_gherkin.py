"""The parts of Gherkin lines, and finding the scenarios that failed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import FEATURE
from tvtui.view import gherkin
from tvtui.view.gherkin import Scenario


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
def test_each_part_of_a_line_has_its_role(line: str, expected: list[tuple[str, str]]) -> None:
    assert parts(line) == expected


def test_scenarios_are_found_in_any_language_and_not_inside_doc_strings() -> None:
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


def test_a_scenario_is_cut_out_with_its_tags_and_examples_and_without_its_indentation() -> None:
    text = """\
Feature: Shop
  Background:
    Given the shop is open

  @slow
  # why
  Scenario Outline: <user> pays
    When he pays
      | 12 |

    Examples:
      | user |
      | bob  |

  # another rule
  Rule: strangers stay out
    @last
    Scenario: Locked out
      Then no
      \"\"\"
      # a text
      \"\"\"
"""
    outline = "@slow\n# why\nScenario Outline: <user> pays\n  When he pays\n    | 12 |\n\n"
    examples = "  Examples:\n    | user |\n    | bob  |"
    assert gherkin.scenario_of(text, "Shop > bob pays") == outline + examples
    last = '@last\nScenario: Locked out\n  Then no\n  """\n  # a text\n  """'
    assert gherkin.scenario_of(text, "Shop > Locked out") == last
    assert gherkin.scenario_of(text, "Shop › Locked out") == last
    assert gherkin.scenario_of(text, "Shop > Another") == ""
    assert gherkin.scenario_of(text * 2, "Shop > Locked out") == ""


def test_ambiguous_names_find_no_scenario() -> None:
    twice = [Scenario(1, "Locked out"), Scenario(9, "Locked out"), Scenario(20, "<a>"), Scenario(30, "<a> <b> <c>")]

    assert gherkin.failing(twice, ["Locked out", "anything at all"]) == set()
    overlapping = [Scenario(1, "<a> sees items"), Scenario(2, "bob <sees> items")]
    assert gherkin.failing(overlapping, ["bob sees items"]) == set()


def test_steps_are_found_in_other_languages() -> None:
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
