"""Failures and diagnoses for the clipboard."""

from __future__ import annotations

from typing import Any

from tests.support.builders import a_case, a_run
from tvtui.reporters import markdown
from tvtui.testvibe.diagnosis import Diagnosis, Failure
from tvtui.testvibe.identity import identify_cases
from tvtui.testvibe.models import Case
from tvtui.view.diagnosis import sections_of
from tvtui.view.grouping import Group, group_id

COMMAND = "tvtui watch 214 --server 'https://testvibe.acme.example/`x`' --project p"


def a_failure(**changes: Any) -> Case:
    return a_case(
        **{
            "name": "Locked-out user sees an error",
            "status": "failed",
            "duration_ms": 9120.0,
            "error": "\x1b[31mexpected\x1b[39m to be visible",
            **changes,
        }
    )


def test_a_failure_is_copied_with_its_run_its_error_its_log_and_the_command() -> None:
    case = a_failure()
    run = a_run(run_id=214, feature_name="Login", config="Default", status="failed", tests=[case], log="the log")

    text = markdown.as_text(run, case, COMMAND, ["line 1", "line 2"])

    assert "Login · run 214 · Default" in text
    assert "Locked-out user sees an error: failed after 9.12 s" in text
    assert "expected to be visible" in text
    assert "\x1b" not in text
    assert text.endswith(f"\n\nFrom the log:\nline 1\nline 2\n\n{COMMAND}\n")


def test_what_is_unknown_is_omitted() -> None:
    case = a_failure(error=None, duration_ms=None)

    text = markdown.as_text(a_run(run_id=7, feature_name=None, config=None, site_url=None, log=None), case, COMMAND)

    assert text == f"run 7 · failed\n\nLocked-out user sees an error: failed\n\n{COMMAND}\n"


def test_in_markdown_a_text_cannot_break_out_of_its_fence_or_forge_a_heading() -> None:
    case = a_failure(name="*bold* [x](y)", error="```\nnot outside\n````")

    text = markdown.as_markdown(a_run(run_id=214), case, COMMAND, ["the log"])

    assert text.startswith("### \\*bold\\* \\[x\\](y): failed after 9.12 s\n")
    assert "\n`````\n```\nnot outside\n````\n`````\n" in text
    assert "\nFrom the log:\n\n```\nthe log\n```\n" in text


def a_group(count: int) -> Group:
    rows = identify_cases([a_failure(name=f"*user* {number}") for number in range(count)])
    return Group(group_id("expected"), "expected to be `visible`", rows)


def test_a_group_is_copied_with_its_title_its_tests_and_one_error() -> None:
    run = a_run(run_id=214, feature_name="Login", config=None, site_url=None, status="failed")

    text = markdown.group_as_text(run, a_group(2), COMMAND)

    assert text == (
        "Login · run 214 · failed\n\n2 failures: expected to be `visible`\n\n✗ *user* 0\n✗ *user* 1\n\n"
        f"expected to be visible\n\n{COMMAND}\n"
    )


def test_a_group_in_markdown_is_a_list_and_a_fence() -> None:
    text = markdown.group_as_markdown(a_run(), a_group(2), COMMAND)

    assert text.startswith("### 2 failures: expected to be \\`visible\\`\n")
    assert "\n\n- ✗ \\*user\\* 0\n- ✗ \\*user\\* 1\n\n```\nexpected to be visible\n```\n" in text


def test_of_a_very_large_group_not_all_names_are_copied() -> None:
    text = markdown.group_as_text(a_run(), a_group(1_300), COMMAND)

    assert "1,300 failures" in text
    assert "✗ *user* 199\n… 1,100 more\n" in text


def test_a_diagnosis_says_how_much_the_server_has_omitted() -> None:
    failure = Failure(a_case("Locked out", status="failed", error="the error", duration_ms=None), omitted=1200)
    other = Failure(a_case("Other", status="failed", error=None, duration_ms=None))
    sections = sections_of(Diagnosis(failures=(other, failure)), failure.case, failure)

    assert markdown.diagnosis_as_text(a_run(), sections, COMMAND).split("\n\n")[1:-1] == [
        "== Locked out: failed ==",
        "the error\n… 1,200 more characters",
        "== Other: failed ==",
    ]
    assert markdown.diagnosis_as_markdown(a_run(), sections, COMMAND).split("\n\n")[1:-1] == [
        "### Locked out: failed",
        "```\nthe error\n… 1,200 more characters\n```",
        "### Other: failed",
    ]


def test_every_copy_ends_with_the_command_that_the_watch_was_started_with() -> None:
    run = a_run()

    assert markdown.as_text(run, a_failure(), COMMAND).endswith(f"\n\n{COMMAND}\n")
    assert markdown.as_markdown(run, a_failure(), COMMAND).endswith(f"\n\n```sh\n{COMMAND}\n```\n")
    assert markdown.diagnosis_as_text(run, [], COMMAND).endswith(f"\n\n{COMMAND}\n")
    assert markdown.diagnosis_as_markdown(run, [], COMMAND).endswith(f"\n\n```sh\n{COMMAND}\n```\n")


def test_what_earlier_runs_say_is_beside_the_result() -> None:
    run, case = a_run(), a_case("Locked-out user", status="failed", duration_ms=2360)

    text = markdown.as_text(run, case, "tvtui watch 214", history="failing since #203")
    page = markdown.as_markdown(run, case, "tvtui watch 214", history="failing since #203")

    assert "Locked-out user: failed after 2.36 s (failing since #203)" in text
    assert page.startswith("### Locked-out user: failed after 2.36 s (failing since run 203)")
