"""The last state of all runs as one JSON document."""

from __future__ import annotations

import json
from typing import Any

from tests.support.builders import OFFLINE, a_case, a_problem, a_run
from tests.support.reports import a_past, a_report, document
from tvtui.reporters.json_file import JsonFileReporter
from tvtui.reporters.run_report import RunReport


def runs(*reports: RunReport) -> list[dict[str, Any]]:
    found = json.loads(document(JsonFileReporter(), *reports))
    assert (found["type"], found["version"]) == ("report", 2)
    listed: list[dict[str, Any]] = found["runs"]
    return listed


def test_a_run_has_the_fields_of_the_digest_and_its_result() -> None:
    (run,) = runs(a_report())
    assert (run["runId"], run["result"], run["status"], run["final"]) == (214, "failed", "failed", True)
    assert (run["featureName"], run["finishedUtc"]) == ("Login Functionality", "2026-06-10T16:02:54Z")
    assert next(test["name"] for test in run["tests"]) == "Valid user signs in"
    assert run["problem"] is None


def test_it_is_a_list_also_of_one_run_or_of_none_that_is_known() -> None:
    unknown = RunReport(215, problem=a_problem(), fault="Gave up.")
    first, second = runs(a_report(a_run(status="passed")), unknown)
    assert first["result"] == "passed"
    assert second == {
        "runId": 215,
        "result": "unknown",
        "fault": "Gave up.",
        "final": False,
        "time": None,
        "problem": {"kind": "unreachable", "what": OFFLINE.what, "advice": OFFLINE.advice, "failures": 1},
    }


def test_a_test_has_its_history_where_there_is_one() -> None:
    (run,) = runs(a_report(past=a_past(**{"Locked-out_user_sees_an_error": "fp"})))
    histories = [test["history"] for test in run["tests"]]
    assert histories[0] is None
    assert (histories[2]["standing"], histories[2]["since"]) == ("known", 213)
    assert "history" not in runs(a_report())[0]["tests"][0]


def test_credentials_are_not_written() -> None:
    tests = [a_case("t", status="failed", error="password=hunter2")]
    text = document(
        JsonFileReporter(), a_report(a_run(tests=tests, log="token=hunter2", site_url="https://u:p9@x.example"))
    )
    assert "hunter2" not in text
    assert "p9" not in text
