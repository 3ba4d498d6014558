"""A comparison as lines and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.support.builders import a_case, a_run
from tvtui.reporters.comparison import both_results, json_lines, pair_as_text, spoken_lines, text_lines
from tvtui.view.comparison import compare

BEFORE = a_run(
    run_id=213,
    tests=[
        a_case("breaks", duration_ms=1000),
        a_case("mended", status="failed"),
        a_case("stays", status="failed"),
        a_case("differs", status="failed", error="no button"),
        a_case("slows", duration_ms=1000),
        a_case("gone"),
    ],
)
AFTER = a_run(
    tests=[
        a_case("breaks", status="failed", error="\x1b[31mError: boom\x1b[39m\nat a.ts:3"),
        a_case("mended"),
        a_case("stays", status="failed"),
        a_case("differs", status="failed", error="no link"),
        a_case("slows", duration_ms=3500.5),
        a_case("new", status="skipped"),
    ],
)
OF = " · Login Functionality · Default · shop.acme.example"
COMPARISON = compare(BEFORE, AFTER)


def test_sentences_for_screen_readers_have_no_symbols() -> None:
    of = OF.replace(" · ", ", ")
    assert list(spoken_lines(COMPARISON)) == [
        "worse: 1 new failure, 1 fixed, 2 still failing",
        f"earlier: run 213 failed, 3 passed, 3 failed in 35.0 s{of}",
        f"later: run 214 failed, 2 passed, 3 failed, 1 skipped in 35.0 s{of}",
        "new failure: breaks; Error: boom",
        "fixed: mended",
        "still failing, with another error: differs; now: no link; was: no button",
        "still failing: 1 test with the same error",
        "gone: gone; passed",
        "new test: new; skipped",
        "slower: slows; 1 second before, 3.5 seconds now",
    ]
    other = compare(AFTER, replace(AFTER, config="Mobile"))
    assert next(spoken_lines(other)).startswith("not worse: no new failures")
    assert "warning: Different configurations: Default, then Mobile" in spoken_lines(other)


def test_lines_begin_with_the_verdict_and_both_runs() -> None:
    assert list(text_lines(COMPARISON)) == [
        "✗ 1 new failure, 1 fixed, 2 still failing",
        f"✗ run 213 failed · 3 passed, 3 failed in 35.0 s{OF}",
        f"✗ run 214 failed · 2 passed, 3 failed, 1 skipped in 35.0 s{OF}",
        "",
        "New failures · 1",
        "  ✗ breaks",
        "      Error: boom",
        "",
        "Fixed · 1",
        "  ✓ mended",
        "",
        "Still failing, with another error · 1",
        "  ✗ differs",
        "      now: no link",
        "      was: no button",
        "",
        "Still failing · 1",
        "",
        "Gone · 1",
        "  ✓ gone",
        "",
        "New tests · 1",
        "  – new  skipped",
        "",
        "Slower · 1",
        "  ✓ slows  1.00 s → 3.50 s (+2.50 s)",
    ]


def test_doubts_are_among_the_lines() -> None:
    lines = list(text_lines(compare(BEFORE, a_run(status="running", config="Mobile", tests=[a_case("breaks")]))))
    assert lines[0] == "● no new failures so far"
    assert lines[3:5] == ["⚠ Different configurations: Default, then Mobile", "⚠ Run 214 has not ended (1 test so far)"]


def test_json_has_the_verdict_then_each_test_in_each_section() -> None:
    first, *others = map(json.loads, json_lines(COMPARISON))

    assert {name: first[name] for name in ("type", "version", "worse", "verdict", "slowerSeconds", "warnings")} == {
        "type": "comparison",
        "version": 1,
        "worse": True,
        "verdict": "1 new failure, 1 fixed, 2 still failing",
        "slowerSeconds": 0.0,
        "warnings": [],
    }
    assert (first["before"]["runId"], first["after"]["runId"], first["after"]["ended"]) == (213, 214, True)
    assert first["counts"] == {
        **dict.fromkeys(("newFailure", "fixed", "errorChanged", "stillFailing", "gone", "newTest", "slower"), 1),
        "notRun": 0,
    }
    assert [(each["change"], each["name"]) for each in others] == [
        ("newFailure", "breaks"),
        ("fixed", "mended"),
        ("errorChanged", "differs"),
        ("stillFailing", "stays"),
        ("gone", "gone"),
        ("newTest", "new"),
        ("slower", "slows"),
    ]
    assert others[0]["before"] == {"status": "passed", "outcome": "passed", "durationMs": 1000, "error": None}
    assert others[0]["after"]["error"] == "Error: boom\nat a.ts:3"
    assert others[4]["after"] is None


def test_a_test_in_both_runs_has_both_errors() -> None:
    (pair,) = COMPARISON.new_failures
    text = pair_as_text(COMPARISON, pair)

    assert text.split("\n\n") == [
        "breaks",
        "Run 214: ✗ failed after 4.21 s",
        "Error: boom\nat a.ts:3",
        "Run 213: ✓ passed after 1.00 s\n",
    ]
    assert "\x1b[31m" in both_results(COMPARISON, pair)
    assert "Run 214: not in the run" in pair_as_text(COMPARISON, COMPARISON.gone[0])


def test_a_failure_without_a_known_error_says_so() -> None:
    silent = compare(BEFORE, a_run(tests=[a_case("breaks", status="failed", error=None)]))
    assert "No error is known." in pair_as_text(silent, silent.new_failures[0])
