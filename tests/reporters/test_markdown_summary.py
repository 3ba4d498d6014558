"""Runs as a page of Markdown: failures first, foreign text in code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import a_case, a_run, run_at, with_tests
from tests.support.ci import commands
from tests.support.reports import a_past, a_report, document
from tvtui.demo.scenarios import SCENARIOS
from tvtui.reporters.markdown_summary import BUDGET, MarkdownReporter
from tvtui.reporters.run_report import RunReport, SavedFile
from tvtui.text.markdown import cell, code


def page(*reports: RunReport, budget: int = BUDGET) -> str:
    return document(MarkdownReporter(budget), *reports)


def test_the_run_of_the_documentation() -> None:
    assert page().split("\n") == [
        "## ❌ 1 of 3 tests failed",
        "",
        "`Login Functionality` · run 214 · `Default` · `https://shop.acme.example`<br>1 failed, 2 passed, ran 35.0 s",
        "",
        "| failed test | time | error |",
        "| --- | ---: | --- |",
        "| `Locked-out user sees an error` | 9.12\xa0s | `expect(locator).toBeVisible() failed` |",
        "",
        "<details><summary><code>Locked-out user sees an error</code></summary>",
        "",
        "```",
        "expect(locator).toBeVisible() failed",
        "```",
        "",
        "</details>",
        "",
        "More: `tvtui watch 214`",
    ]


def test_a_run_that_passed_is_short() -> None:
    assert page(a_report(a_run(status="passed"))).split("\n") == [
        "## ✅ 3 tests passed",
        "",
        "`Login Functionality` · run 214 · `Default` · `https://shop.acme.example`<br>3 passed, ran 35.0 s",
    ]


def test_new_failures_come_first_and_old_ones_say_since_when() -> None:
    tests = [a_case(name, status="failed", error="boom") for name in ("old", "older", "new", "unseen")]
    past = a_past(old="fp", older="fff", new="pfpfp", fine="f")
    text = page(a_report(a_run(tests=[*tests, a_case("fine")]), past=past))
    assert text.startswith("## ❌ 4 of 5 tests failed, 2 new\n")
    rows = [line.split(" | ")[:2] for line in text.split("\n") if line.startswith("| `")]
    assert rows == [
        ["| `new`", "**new**, unstable"],
        ["| `unseen`", "**new test**"],
        ["| `old`", "run 213"],
        ["| `older`", "run 211 or earlier"],
    ]
    assert "\n\nFixed: `fine`\n" in text


def test_a_failure_outside_of_the_tests_shows_the_end_of_the_log() -> None:
    text = page(a_report(a_run(tests=[], log="one\n```\nNo tests found.")))
    assert text.startswith("## ❌ The run failed\n")
    assert text.count("no failed test") == 1
    assert (
        "\n````\nThe run failed, and no failed test was reported.\n\nEnd of the log:\none\n```\nNo tests found.\n````"
        in text
    )


@pytest.mark.parametrize(
    ("report", "heading"),
    [
        (a_report(a_run(status="passed", tests=[])), "## ✅ The run passed"),
        (a_report(a_run(status="cancelled", tests=[a_case()])), "## ❌ The run ended without a result"),
        (a_report(a_run(status="running"), fault="Gave up."), "## ❔ The result is not known"),
        (RunReport(214, fault="The key was rejected."), "## ❔ The result is not known"),
        (
            a_report(with_tests(a_run(status="running"), a_case("t", status="failed")), fault="x"),
            "## ❌ 1 of 1 test failed",
        ),
        (a_report(a_run(status="passed", tests=[a_case("t", status="failed")])), "## ⚠️ 1 of 1 test failed"),
        (a_report(a_run(status="passed"), fault="A failure with --fail-on-flaky."), "## ❌ The run failed"),
    ],
)
def test_the_heading_is_the_verdict(report: RunReport, heading: str) -> None:
    text = page(report)
    assert text.split("\n")[0] == heading
    if report.fault:
        assert f"```\n{report.fault}" in text


def test_a_run_that_was_not_started_has_no_facts() -> None:
    page = document(MarkdownReporter(), RunReport(None, fault="The run was not started: the server is busy."))
    assert page.split("\n") == [
        "## ❔ The result is not known",
        "",
        "```",
        "The run was not started: the server is busy.",
        "```",
    ]


def test_several_runs_begin_with_a_table_worst_first() -> None:
    passed, failed = a_report(a_run(status="passed", run_id=215, config="Mobile")), a_report()
    lines = page(passed, failed).split("\n")
    assert lines[:6] == [
        "## ❌ 1 of 2 runs did not pass",
        "",
        "| | run | feature | failed | passed | time |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
        "| ❌ | 214 | `Login Functionality` · `Default` | 1 | 2 | 35.0\xa0s |",
        "| ✅ | 215 | `Login Functionality` · `Mobile` |  | 3 | 35.0\xa0s |",
    ]
    assert [line for line in lines if line.startswith("###")] == ["### ❌ Run 214: 1 of 3 tests failed"]
    assert "<details><summary><code>Locked-out user sees an error</code> · run 214</summary>" in lines


def test_what_does_not_fit_is_left_out_and_counted() -> None:
    tests = [a_case(f"t {number}", status="failed", error="x" * 1000) for number in range(120)]
    report = a_report(a_run(tests=tests))
    for budget in (BUDGET, 50_000, 20_000, 1_000, 0):
        text = page(report, budget=budget)
        assert len(text.encode()) <= max(budget, 500)
        assert text.count("<details>") == text.count("</details>")
        assert ("left out" in text) is (budget < BUDGET)
    assert "and 20 more failed tests" in page(report)


def test_files_are_listed_with_the_error() -> None:
    report = a_report()
    text = page(a_report(files={report.rows[2].id: (SavedFile("trace", "a/t.zip"),)}))
    assert "```\n\n- `a/t.zip`\n\n</details>" in text


def test_the_slowest_tests_say_what_is_usual() -> None:
    tests = [a_case(f"t{number}", duration_ms=1000 * number) for number in range(9)]
    text = page(a_report(a_run(status="passed", tests=tests), past=a_past(t8="pp", t7="pp")))
    assert "| `t8` | 8.00\xa0s (usually 4.10 s) |\n| `t7` | 7.00\xa0s" in text
    assert text.count("usually") == 2


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name != "huge"])
def test_every_scenario_of_the_demo_has_a_page(scenario: str) -> None:
    run = run_at(scenario, 1000)
    assert page(a_report(run)).startswith("## ")


HOSTILE = (
    "@user #1 [x](http://evil.example) <img src=x> **b** a|b\\|c `tick` ``two`` https://evil.example & &lt; ~~s~~ $m$"
)


def test_foreign_text_is_only_in_code() -> None:
    run = a_run(
        feature_name=HOSTILE,
        config=HOSTILE,
        site_url="https://x.example/@user",
        tests=[a_case(HOSTILE, status="failed", error=f"{HOSTILE}\n```\n</details>"), a_case(HOSTILE, status="flaky")],
        log=HOSTILE,
    )
    text = page(a_report(run), a_report(run))
    assert outside_of_code(text).strip()
    for sign in ("@", "#1", "evil", "<img", "**b", "&lt", "~~", "$"):
        assert sign not in outside_of_code(text), sign


def test_a_page_that_is_printed_has_no_command_in_it() -> None:
    error = "boom\n::error::pwned\n  ::stop-commands::x\n##[add-mask]passed ##vso[task.complete]"
    run = a_run(feature_name="##[error]f", tests=[a_case("::error::n", status="failed", error=error)], log=error)
    assert commands(page(a_report(run), a_report(a_run(tests=[], log=error)))) == []
    # also after what was added to it is counted
    many = a_run(tests=[a_case(str(number), status="failed", error="##[" * 1000) for number in range(40)])
    assert len("\n".join(MarkdownReporter(50_000).on_finish([a_report(many)])).encode()) < 50_000


def outside_of_code(text: str) -> str:
    """What is neither in a fence, nor in a code span, nor in `<code>`."""
    found: list[str] = []
    fence = ""
    for line in text.split("\n"):
        if fence or line.startswith("```"):
            fence = "" if line == fence else fence or line
            continue
        # HTML is not searched for other marks, up to the next blank line
        before, _, code_on = line.partition("<code>") if line.startswith("<details>") else (line, "", "")
        found.append(code_on.partition("</code>")[2])
        rest = before
        while "`" in rest:
            before, _, rest = rest.partition("`")
            found.append(before)
            mark = "`" * (1 + len(rest) - len(rest.lstrip("`")))
            rest = rest.lstrip("`")
            end = next(
                at
                for at in range(len(rest))
                if rest.startswith(mark, at) and rest[at - 1 : at] != "`" and rest[at + len(mark) :][:1] != "`"
            )
            rest = rest[end + len(mark) :]
        found.append(rest)
    assert not fence
    return "\n".join(found)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_a_code_span_ends_where_it_should(text: str) -> None:
    assert outside_of_code(code(text)).strip() == ""
    assert "|" not in cell(text).replace("\\|", "")
