"""What GitHub Actions shows of a step: annotations that foreign text cannot forge, and outputs."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import a_case, a_run
from tests.support.ci import commands
from tests.support.reports import a_past, a_report, document
from tvtui.reporters.github import AnnotationsReporter, OutputsReporter
from tvtui.reporters.run_report import RunReport


def errors(*reports: RunReport) -> list[tuple[str, str]]:
    """Title and text of each annotation, as GitHub's runner reads them."""
    text = document(AnnotationsReporter(), *reports)
    found = []
    for line in text.splitlines():
        parsed = re.fullmatch(r"::error title=([^,:]*)::(.*)", line)
        assert parsed, line
        # it is the only command in the line, for each of its readers
        assert commands(f"text {parsed[1]} {parsed[2]}") == []
        found.append((unescaped(parsed[1]), unescaped(parsed[2])))
    return found


def unescaped(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def test_a_failed_test_is_an_error_with_its_name() -> None:
    assert errors(a_report()) == [("Locked-out user sees an error · run 214", "expect(locator).toBeVisible() failed")]


def test_a_run_that_passed_has_none() -> None:
    assert document(AnnotationsReporter(), a_report(a_run(status="passed"))) == ""


def test_there_are_ten_at_most() -> None:
    tests = [a_case(f"t {number}", status="failed", error="boom") for number in range(23)]
    found = errors(a_report(a_run(tests=tests)))
    assert len(found) == 10
    assert found[-1] == ("TestVibe", "and 14 more failures, see the summary")
    assert len(errors(a_report(a_run(tests=tests[:9])))) == 9


def test_new_failures_come_first() -> None:
    tests = [a_case(name, status="failed", error="boom") for name in ("old", "new")]
    found = errors(a_report(a_run(tests=tests), past=a_past(old="f", new="p")))
    assert [title for title, _ in found] == ["new (new) · run 214", "old · run 214"]


def test_a_run_of_which_nothing_is_known_is_one() -> None:
    assert errors(RunReport(214, fault="The key: rejected, 100 %.")) == [
        ("(the run itself) · run 214", "The key: rejected, 100 %.")
    ]


@given(st.text(), st.text())
def test_no_text_can_end_or_begin_a_command(name: str, error: str) -> None:
    hostile = f"{name}::,file=x::\n::stop-commands::t ##[error]{error}"
    tests = [a_case(hostile, status="failed", error=hostile)]
    ((title, _),) = errors(a_report(a_run(tests=tests)))
    assert title.endswith(" · run 214")


def test_outputs_have_nothing_of_the_server_but_numbers() -> None:
    run = a_run(feature_name="x\nresult=passed")
    assert document(OutputsReporter(), a_report(run)).split("\n") == [
        "run=214",
        "result=failed",
        "failed=1",
        "total=3",
        "new=",
    ]


def test_outputs_of_several_runs_are_sums_and_the_worst_result() -> None:
    passed = a_report(a_run(run_id=215, status="passed"))
    failed = a_report(past=a_past(**{"Locked-out_user_sees_an_error": "p"}))
    assert document(OutputsReporter(), passed, failed).split("\n") == [
        "run=215 214",
        "result=failed",
        "failed=1",
        "total=6",
        "new=1",
    ]
    assert "result=unknown" in document(OutputsReporter(), passed, RunReport(216, fault="Gave up."))
