"""Runs as JUnit XML: valid for the strictest schema, and read back."""

from __future__ import annotations

from pathlib import Path

import junitparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.support.builders import a_case, a_digest, a_run, run_at
from tests.support.ci import commands
from tests.support.reports import a_past, a_report, document
from tvtui.demo.scenarios import SCENARIOS
from tvtui.reporters.junit import JunitReporter
from tvtui.reporters.run_report import RunReport, SavedFile
from tvtui.testvibe.models import Run

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parent / "schemas" / "junit-10.xsd"))


def junit(*reports: RunReport) -> etree._Element:
    """The document, which is valid and has true counts."""
    root = etree.fromstring(document(JunitReporter(), *reports).encode())
    SCHEMA.assertValid(root)
    for suite in (*root.iter("testsuite"), root):
        cases = list(suite.iter("testcase"))
        found = [len(cases), *(sum(case.find(tag) is not None for case in cases) for tag in ("failure", "error"))]
        assert [suite.get(name) for name in ("tests", "failures", "errors")] == [str(number) for number in found]
        if suite is not root:
            assert suite.get("skipped") == str(sum(case.find("skipped") is not None for case in cases))
            names = [case.get("name") for case in cases]
            assert len(set(names)) == len(names)
    return root


def cases(*reports: RunReport) -> list[etree._Element]:
    return list(junit(*reports).iter("testcase"))


def test_the_run_of_the_documentation() -> None:
    assert document(JunitReporter()).split("\n") == [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<testsuites name="TestVibe" tests="3" failures="1" errors="0" time="35.000">',
        (
            '  <testsuite name="Login Functionality" tests="3" failures="1" errors="0" skipped="0" time="35.000"'
            ' timestamp="2026-06-10T16:02:19" hostname="Default">'
        ),
        "    <properties>",
        '      <property name="testvibe.run" value="214" />',
        '      <property name="testvibe.status" value="failed" />',
        '      <property name="testvibe.feature" value="Login Functionality" />',
        '      <property name="testvibe.config" value="Default" />',
        '      <property name="testvibe.siteUrl" value="https://shop.acme.example" />',
        "    </properties>",
        '    <testcase classname="Login Functionality" name="Valid user signs in" time="4.210" />',
        '    <testcase classname="Login Functionality" name="Invalid password is rejected" time="3.804" />',
        '    <testcase classname="Login Functionality" name="Locked-out user sees an error" time="9.120">',
        (
            '      <failure type="expect.toBeVisible" message="expect(locator).toBeVisible() failed">'
            "expect(locator).toBeVisible() failed</failure>"
        ),
        "    </testcase>",
        "  </testsuite>",
        "</testsuites>",
    ]


def test_junitparser_reads_it_back() -> None:
    xml = junitparser.JUnitXml.fromstring(document(JunitReporter()).encode())
    (suite,) = xml
    assert (suite.name, suite.tests, suite.failures, suite.time) == ("Login Functionality", 3, 1, 35.0)
    last = list(suite)[-1]
    assert (last.classname, last.name, last.time) == ("Login Functionality", "Locked-out user sees an error", 9.12)
    (failure,) = last.result
    assert isinstance(failure, junitparser.Failure)
    assert (failure.type, failure.text) == ("expect.toBeVisible", "expect(locator).toBeVisible() failed")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_of_the_demo_is_valid(scenario: str) -> None:
    for seconds in (15, 1000):
        run = run_at(scenario, seconds)
        found = cases(a_report(run))
        if run.has_ended and run.state.value != "passed":
            assert any(case.find(tag) is not None for case in found for tag in ("failure", "error"))


@pytest.mark.parametrize(
    ("status", "tag", "message"),
    [
        ("passed", None, None),
        ("failed", "failure", "boom"),
        ("unexpected", "failure", "boom"),
        ("timedOut", "error", "boom"),
        ("interrupted", "error", "boom"),
        ("crashed", "error", "boom"),
        ("flaky", "flakyFailure", "boom"),
        ("skipped", "skipped", "skipped"),
        ("fixme", "skipped", "fixme"),
        ("exploded", "skipped", "exploded"),
    ],
)
def test_each_status_becomes_what_readers_know(status: str, tag: str | None, message: str | None) -> None:
    case = cases(a_report(a_run(status="passed", tests=[a_case("t", status=status, error="boom\nat x")])))[0]
    assert [child.tag for child in case] == ([] if tag is None else [tag])
    if tag is not None:
        assert case[0].get("message") == message


def test_a_flaky_test_without_an_error_passed_and_is_named_by_a_property() -> None:
    root = junit(a_report(a_run(status="passed", tests=[a_case("t", status="flaky")])))
    assert len(next(root.iter("testcase"))) == 0
    assert root.xpath("//property[@name='testvibe.flaky']/@value") == ["t"]


def test_tests_of_the_same_name_are_numbered() -> None:
    tests = [a_case("x"), a_case("x (2)"), a_case("x"), a_case("x")]
    names = [case.get("name") for case in cases(a_report(a_run(status="passed", tests=tests)))]
    assert names == ["x", "x (2)", "x (3)", "x (4)"]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Error: expect(locator).toHaveText(expected) failed", "expect.toHaveText"),
        ("expect.soft(page).not.toHaveURL(expected)", "expect.toHaveURL"),
        ("expect(received).resolves.toBe(expected)", "expect.toBe"),
        ("TimeoutError: locator.click: Timeout 1200ms exceeded.", "TimeoutError"),
        ("Error: page.goto: net::ERR", "failed"),
        ("boom", "failed"),
    ],
)
def test_the_type_of_a_failure_groups_it(message: str, kind: str) -> None:
    case = cases(a_report(a_run(tests=[a_case("t", status="failed", error=message)])))[0]
    assert case[0].get("type") == kind


def test_several_runs_are_suites_that_can_be_told_apart() -> None:
    runs = [a_run(), a_run(run_id=215), a_run(run_id=216, config="Mobile"), a_run(run_id=217, feature_name=None)]
    root = junit(*map(a_report, runs))
    assert [suite.get("name") for suite in root] == [
        "Login Functionality · Default · run 214",
        "Login Functionality · Default · run 215",
        "Login Functionality · Mobile",
        "run 217 · Default",
    ]
    assert all(case.get("classname") == suite.get("name") for suite in root for case in suite.iter("testcase"))


def test_a_run_that_failed_without_a_failed_test_is_an_error_with_the_end_of_its_log() -> None:
    run = a_run(tests=[a_case()], log="one\n\x1b[31mNo tests found.\x1b[39m\n\n")
    case = cases(a_report(run))[-1]
    assert case.get("name") == "(the run itself)"
    assert case[0].tag == "error"
    assert case[0].get("message") == "The run failed, and no failed test was reported."
    assert case[0].text == "End of the log:\none\nNo tests found."


@pytest.mark.parametrize("status", ["cancelled", "timedOut", "quarantined"])
def test_so_is_one_that_ended_in_another_way(status: str) -> None:
    case = cases(a_report(a_run(status=status, tests=[a_case()])))[-1]
    assert (case.get("name"), case[0].tag) == ("(the run itself)", "error")
    assert status in (case[0].get("message") or "")


def test_a_run_whose_tests_cannot_be_read_says_so() -> None:
    run = Run.read(a_digest(status="passed") | {"tests": "none"})
    (case,) = cases(a_report(run))
    assert (case[0].tag, case[0].get("message")) == ("error", "The run passed, but its tests could not be read.")


def test_a_duration_that_no_reader_could_take_is_left_out() -> None:
    times = [case.get("time") for case in cases(a_report(a_run(tests=[a_case(duration_ms=1e300), a_case()])))]
    assert times[0] is None
    assert times[1] is not None


def test_a_run_of_which_nothing_is_known_is_an_error_with_the_reason() -> None:
    (case,) = cases(RunReport(214, fault="The server rejected the API key."))
    assert (case.get("classname"), case.get("name")) == ("run 214", "(the run itself)")
    assert (case[0].tag, case[0].get("message")) == ("error", "The server rejected the API key.")
    assert len(cases(RunReport(None, fault="The run was not started."))) == 1
    assert len(cases(RunReport(214))) == 1


def test_a_run_that_passed_without_tests_is_not_an_empty_file() -> None:
    (case,) = cases(a_report(a_run(status="passed", tests=[])))
    assert (case.get("name"), len(case)) == ("(the run itself)", 0)


def test_files_that_were_downloaded_are_attachments_alone_on_their_lines() -> None:
    report = a_report()
    paths = ("tvtui-artifacts/run-214/a.zip", "tvtui-artifacts/run-214/b.png")
    files = {report.rows[2].id: tuple(SavedFile("trace", path) for path in paths)}
    case = cases(a_report(files=files))[-1]
    assert case.findtext("system-out") == "".join(["\n", *(f"[[ATTACHMENT|{path}]]\n" for path in paths)])


def test_the_number_of_new_failures_is_a_property() -> None:
    root = junit(a_report(past=a_past(**{"Locked-out_user_sees_an_error": "pp"})))
    assert root.xpath("//property[@name='testvibe.new']/@value") == ["1"]


def test_credentials_are_not_written() -> None:
    error = "Error: 401 for https://u:secret@x.example/ with password=hunter2 and tvb_" + "a" * 43
    run = a_run(tests=[a_case("t", status="failed", error=error)], site_url="https://u:secret@x.example/?token=hunter2")
    text = document(JunitReporter(), a_report(run))
    assert "secret" not in text
    assert "hunter2" not in text
    assert "a" * 20 not in text


HOSTILE = "]]> & <b> \"'\t\x00\x08\x1b[31m\x7f\x85\ufffe\ud800 ##[error]x ##vso[task]y 😀"


def test_nothing_breaks_the_document_or_is_a_command() -> None:
    error = f"{HOSTILE}\n::error::pwned\n  ::stop-commands::x\r\n##teamcity[x]"
    run = a_run(feature_name=HOSTILE, config=HOSTILE, tests=[a_case(HOSTILE, status="failed", error=error)])
    text = document(JunitReporter(), a_report(run))
    assert commands(text) == []
    (case,) = cases(a_report(run))
    assert "##[error]x ##vso[task]y 😀" in (case.get("name") or "")
    assert (case[0].text or "").split("\n")[1:] == ["::error::pwned", "  ::stop-commands::x", "##teamcity[x]"]


@given(st.text(), st.text(), st.text(), st.sampled_from(["failed", "flaky", "skipped", "timedOut", "x"]))
def test_any_text_is_valid_and_comes_back(name: str, error: str, feature: str, status: str) -> None:
    run = Run.read(
        {
            "runId": 214,
            "status": "failed",
            "featureName": feature,
            "config": feature,
            "tests": [{"name": name, "status": status, "error": error}, {"name": name, "status": "passed"}],
            "log": error,
        }
    )
    found = cases(a_report(run))
    assert found[0].get("name") == str(run.tests[0].name)
    assert commands(document(JunitReporter(), a_report(run))) == []
