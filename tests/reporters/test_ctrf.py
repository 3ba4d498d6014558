"""Runs as CTRF: valid against its schema, with what earlier runs say in the fields that it has for that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import a_case, a_run, run_at
from tests.support.ci import commands
from tests.support.reports import a_past, a_report, document
from tvtui.demo.scenarios import SCENARIOS
from tvtui.reporters.ctrf import CtrfReporter
from tvtui.reporters.run_report import RunReport, SavedFile
from tvtui.testvibe.models import Run

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "ctrf.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)


def ctrf(*reports: RunReport) -> dict[str, Any]:
    """The document, which is valid and has true counts."""
    found: dict[str, Any] = json.loads(document(CtrfReporter(), *reports))
    VALIDATOR.validate(found)
    summary, statuses = found["results"]["summary"], [test["status"] for test in found["results"]["tests"]]
    assert summary["tests"] == len(statuses)
    assert all(summary[word] == statuses.count(word) for word in ("passed", "failed", "skipped", "pending", "other"))
    assert summary["start"] <= summary["stop"]
    return found


def listed(*reports: RunReport) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ctrf(*reports)["results"]["tests"]
    return found


def test_the_run_of_the_documentation() -> None:
    found = ctrf(a_report())
    assert (found["reportFormat"], found["specVersion"], found["runId"]) == ("CTRF", "1.0.0", "214")
    assert found["generatedBy"].startswith("tvtui ")
    assert found["results"]["tool"] == {"name": "TestVibe"}
    assert found["results"]["summary"] == {
        "tests": 3,
        "passed": 2,
        "failed": 1,
        "skipped": 0,
        "pending": 0,
        "other": 0,
        "flaky": 0,
        "suites": 1,
        "start": 1781107339000,
        "stop": 1781107374000,
    }
    last = found["results"]["tests"][-1]
    assert last.pop("testId")
    assert last == {
        "name": "Locked-out user sees an error",
        "status": "failed",
        "rawStatus": "failed",
        "duration": 9120,
        "suite": ["Login Functionality"],
        "message": "expect(locator).toBeVisible() failed",
        "trace": "expect(locator).toBeVisible() failed",
    }
    assert found["results"]["environment"] == {
        "reportName": "Login Functionality",
        "testEnvironment": "Default",
        "extra": {
            "testvibe.tvtui": {
                "runs": [
                    {
                        "runId": 214,
                        "result": "failed",
                        "status": "failed",
                        "feature": "Login Functionality",
                        "config": "Default",
                        "siteUrl": "https://shop.acme.example",
                    }
                ]
            }
        },
    }
    assert "insights" not in found


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name not in {"huge", "large"}])
def test_every_scenario_of_the_demo_is_valid(scenario: str) -> None:
    for seconds in (15, 1000):
        ctrf(a_report(run_at(scenario, seconds)))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("passed", "passed"),
        ("failed", "failed"),
        ("timedOut", "failed"),
        ("flaky", "passed"),
        ("fixme", "skipped"),
        ("exploded", "other"),
    ],
)
def test_each_status_is_one_of_five_words_beside_the_original(status: str, expected: str) -> None:
    (test,) = listed(a_report(a_run(status="passed", tests=[a_case("t", status=status, duration_ms=None)])))
    assert (test["status"], test["rawStatus"], test["duration"]) == (expected, status, 0)
    assert test.get("flaky", False) is (status == "flaky")


def test_a_test_has_the_same_id_in_each_run() -> None:
    first, other = (listed(a_report(a_run(run_id=run_id))) for run_id in (214, 215))
    assert [test["testId"] for test in first] == [test["testId"] for test in other]
    mobile = listed(a_report(a_run(config="Mobile")))
    assert {test["testId"] for test in first}.isdisjoint(test["testId"] for test in mobile)


def test_several_runs_are_suites_and_have_no_single_number() -> None:
    found = ctrf(a_report(), a_report(a_run(run_id=215, config="Mobile", status="passed")))
    assert "runId" not in found
    suites = {tuple(test["suite"]) for test in found["results"]["tests"]}
    assert suites == {("Login Functionality · Default",), ("Login Functionality · Mobile",)}
    assert found["results"]["summary"]["suites"] == 2


def test_a_run_of_which_nothing_is_known_failed() -> None:
    (test,) = listed(RunReport(214, fault="The server rejected the API key."))
    assert (test["name"], test["status"], test["rawStatus"]) == ("(the run itself)", "failed", "unknown")
    assert test["message"] == "The server rejected the API key."
    ctrf(RunReport(None, fault="The run was not started."))
    # they are not two results of the same test
    first, second = listed(RunReport(214, fault="x"), RunReport(215, fault="x"))
    assert first["testId"] != second["testId"]


def test_what_earlier_runs_say() -> None:
    past = a_past(**{"Locked-out_user_sees_an_error": "ppf", "Valid_user_signs_in": "ffp"})
    found = ctrf(a_report(past=past))
    tests = {test["name"]: test for test in found["results"]["tests"]}
    new = tests["Locked-out user sees an error"]["insights"]
    assert new["executedInRuns"] == 4
    assert new["failRate"] == {"current": 0.5, "baseline": 0.3333, "change": 0.1667}
    assert new["extra"]["testvibe.tvtui"] == {
        "standing": "new",
        "since": None,
        "sinceOldestKnown": False,
        "outcomes": "ppf",
        "unstable": False,
        "usualMs": 4100,
        "slow": False,
    }
    fixed = tests["Valid user signs in"]["insights"]["extra"]["testvibe.tvtui"]
    assert (fixed["standing"], fixed["since"]) == ("fixed", 212)
    assert "insights" not in tests["Invalid password is rejected"]
    assert found["insights"]["runsAnalyzed"] == 4
    assert found["insights"]["extra"]["testvibe.tvtui"] == {"new": 1, "known": 0, "fixed": 1, "gone": []}
    # the report of the run before has the ID that is named here
    before = ctrf(a_report(a_run(run_id=213)))
    assert (found["baseline"]["reportId"], found["baseline"]["buildNumber"]) == (before["reportId"], 213)


def test_files_that_were_downloaded_are_attachments() -> None:
    report = a_report()
    files = {report.rows[2].id: (SavedFile("trace", "a/t.zip"), SavedFile("screenshot", "a/x.png"))}
    assert listed(a_report(files=files))[2]["attachments"] == [
        {"name": "trace", "contentType": "application/zip", "path": "a/t.zip"},
        {"name": "screenshot", "contentType": "image/png", "path": "a/x.png"},
    ]


@given(st.text(), st.text(), st.text(), st.sampled_from(["failed", "flaky", "skipped", "timedOut", "x"]))
def test_any_text_is_valid(name: str, error: str, feature: str, status: str) -> None:
    run = Run.read(
        {
            "runId": 214,
            "status": "failed",
            "featureName": feature,
            "config": feature,
            "tests": [{"name": name, "status": status, "error": error}, {"name": name}],
            "log": error,
        }
    )
    ctrf(a_report(run))


def test_nothing_in_it_is_a_command() -> None:
    error = "::error::pwned\n##[error]x ##vso[task]y"
    run = a_run(feature_name="##[error]f", tests=[a_case("##[add-mask]n", status="failed", error=error)])
    assert commands(document(CtrfReporter(), a_report(run))) == []
