"""The demo's server: several runs, starting a run of a feature, and diagnoses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.client import IncompleteRead
from typing import Any

import pytest

from tests.support import faults
from tests.support.builders import CREATED
from tests.support.clock import FakeClock
from tests.support.server import get_digest, get_manifest, post_run, request_api, request_url
from tvtui.demo.diagnosis import written
from tvtui.demo.recordings import recorded
from tvtui.demo.scenarios import SCENARIOS, Scenario
from tvtui.demo.server import DemoServer


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[DemoServer]:
    """A server whose run ended long ago."""
    with DemoServer(clock=clock.now, started=CREATED) as server:
        clock.skip(60)
        yield server


def about(server: DemoServer, run_id: int, what: str = "") -> Any:
    status, _, body = request_api(server, f"/api/v1/ops/projects/{server.project}/runs/{run_id}{what}")
    assert status == 200
    return json.loads(body)


def diagnosis(server: DemoServer) -> Any:
    return about(server, 214, "/diagnosis")


@pytest.mark.parametrize(
    "feature", ["12", "Login%20and%20checkout", "LOGIN%20AND%20CHECKOUT", "login%20and%20checkout"]
)
def test_a_feature_is_run_again_by_number_or_by_name(server: DemoServer, clock: FakeClock, feature: str) -> None:
    assert post_run(server, feature) == (202, {"runId": 215, "featureId": 12})

    begun = about(server, 215)
    clock.skip(30)
    ended = about(server, 215)

    assert (begun["runId"], begun["status"], begun["createdUtc"]) == (215, "running", "2026-06-10T16:03:11Z")
    assert begun["startedUtc"] is None
    assert (ended["status"], ended["finishedUtc"], len(ended["tests"])) == ("failed", "2026-06-10T16:03:41Z", 21)
    assert about(server, 214)["finishedUtc"] == "2026-06-10T16:02:41Z"
    assert server.run_ids == [214, 215]


def test_a_new_run_has_the_requested_configuration_and_site(server: DemoServer) -> None:
    wanted = {"config": "Mobile", "siteUrl": "https://staging.acme.example", "unknown": [1]}
    post_run(server, "12", json.dumps(wanted).encode())
    post_run(server, "12", b'{"config": null}')
    again = [about(server, run_id) for run_id in (215, 216)]

    assert [(run["config"], run["siteUrl"]) for run in again] == [("Mobile", "https://staging.acme.example")] * 2
    assert "unknown" not in again[0]
    assert about(server, 214)["config"] == "Default"


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"Default"', b'{"config": 7}', b'{"siteUrl": []}', b"\xff", b"[" * 100_000]
)
def test_a_malformed_request_starts_nothing(server: DemoServer, body: bytes) -> None:
    status, problem = post_run(server, "12", body)

    assert (status, problem["error"]) == (400, "invalid_request")
    assert server.run_ids == [214]


@pytest.mark.parametrize("feature", ["13", "Login", "", "12%2F", "%3Cscript%3E", "None"])
def test_an_unknown_feature_is_not_found(server: DemoServer, feature: str) -> None:
    status, problem = post_run(server, feature)

    assert (status, problem) == (404, {"error": "not_found", "message": "No such feature in this project."})


def test_a_feature_that_is_not_generated_is_a_conflict() -> None:
    with DemoServer("not-generated") as server:
        status, problem = post_run(server, "12")
        assert (status, problem["error"]) == (409, "conflict")
        assert "not generated" in problem["message"]
        assert server.run_ids == [214]


def test_without_the_key_nothing_is_started(server: DemoServer) -> None:
    assert post_run(server, "12", authorization="Bearer tvb_wrong")[0] == 401
    assert server.run_ids == [214]


def test_a_name_with_a_slash_is_one_name() -> None:
    scenario = Scenario("mine", "", lambda _seconds: {"runId": 214, "featureId": 7, "featureName": "Pay / refund"})
    with DemoServer(scenario) as server:
        assert post_run(server, "pay%20%2F%20REFUND") == (202, {"runId": 215, "featureId": 7})


def test_several_runs_start_together_each_with_its_scenario(clock: FakeClock) -> None:
    with DemoServer(runs={215: "passed", 300: "matrix"}, clock=clock.now, started=CREATED) as server:
        clock.skip(60)
        runs = [about(server, run_id) for run_id in (214, 215, 300)]
        evidence = get_manifest(server, 300)
        assert request_url(str(evidence[0]["url"])).status == 200
        assert post_run(server, "price%20matrix") == (202, {"runId": 301, "featureId": 28})
        assert server.storage_requests[0].run_id == 300
        assert request_api(server, f"/api/v1/ops/projects/{server.project}/runs/216")[0] == 404

    assert [(run["runId"], run["status"], run["featureName"]) for run in runs] == [
        (214, "failed", "Login and checkout"),
        (215, "passed", "Smoke"),
        (300, "failed", "Price matrix"),
    ]


def test_each_run_has_the_faults_of_its_own_scenario() -> None:
    with DemoServer("flaky-network", runs={215: "gone"}) as server:
        path = f"/api/v1/ops/projects/{server.project}/runs/"
        assert [request_api(server, f"{path}215")[0] for _ in range(4)] == [404] * 4
        assert [request_api(server, f"{path}214")[0] for _ in range(2)] == [200] * 2
        with pytest.raises(ConnectionError):
            request_api(server, f"{path}214")
    with DemoServer(runs={215: "gone"}, faults=lambda _number, _seconds: None) as server:
        assert about(server, 215)["runId"] == 215


def test_run_214_can_be_given_among_the_others_and_scenarios_must_exist() -> None:
    with DemoServer(runs={214: "passed"}) as server:
        assert server.scenario is SCENARIOS["passed"]
    with pytest.raises(ValueError, match="Unknown scenario 'nope'"):
        DemoServer(runs={215: "nope"})


def test_the_diagnosis_has_more_than_the_digest(server: DemoServer) -> None:
    answer, digest = diagnosis(server), get_digest(server)
    failures = {failure["name"]: failure for failure in answer["failures"]}
    errors = {test["name"]: test["error"] for test in digest["tests"]}  # type: ignore[attr-defined]  # JSON
    lines = failures["Checkout > Totals > lists every line of the cart in order"]

    assert (answer["runId"], answer["status"], answer["verdict"]) == (214, "failed", "failed")
    assert answer["summary"] == {"total": 21, "passed": 12, "failed": 7}
    assert len(failures) == 7
    assert failures["Login Functionality > Locked-out user sees an error"]["durationMs"] == 2357
    assert len(lines["error"]) > len(errors["lists every line of the cart in order"]) == 1_500
    assert answer["logTail"] == digest["log"]
    assert [row["path"] for row in answer["artifacts"]] == [row["path"] for row in get_manifest(server)]
    assert request_url(answer["artifacts"][0]["url"]).status == 200
    assert {spec["path"] for spec in answer["specs"]} == {
        f"tests/{name}.spec.js" for name in ("checkout", "login", "products")
    }


def test_every_test_of_the_default_run_is_a_scenario_and_in_a_spec(server: DemoServer) -> None:
    answer = diagnosis(server)
    sources = "\n".join(spec["source"] for spec in answer["specs"])
    names = [str(test["name"]) for test in get_digest(server)["tests"]]  # type: ignore[attr-defined]  # JSON

    outline = "thank-you line greets a customer with"
    for name in names:
        if name.startswith(outline):
            assert f"Scenario Outline: {outline} <kind>" in answer["gherkin"]
            assert f"{outline} ${{kind}}" in sources
        else:
            assert f"Scenario: {name}\n" in answer["gherkin"]
            assert f"'{name}'" in sources


@pytest.mark.parametrize("name", ["login-and-checkout", "visual", "trace"])
def test_errors_quote_the_lines_of_the_specs(name: str) -> None:
    specs = {str(spec["path"]): str(spec["source"]).splitlines() for spec in written(name).specs}
    quoted = 0
    for test in recorded(name).tests:
        error = re.sub(r"\x1b\[\d+m", "", str(test["error"]))
        place = re.search(r"/srv/e2e/w/(tests/.*\.js):(\d+)", error)
        if place:
            line = specs[place[1]][int(place[2]) - 1]
            assert re.search(rf"> +{place[2]} \| {re.escape(line)}", error)
            quoted += 1
    assert quoted


def test_the_diagnosis_of_a_running_run_has_the_failures_so_far(server: DemoServer, clock: FakeClock) -> None:
    clock.skip(14 - clock.passed)
    answer = diagnosis(server)

    assert (answer["verdict"], answer["finishedUtc"], answer["logTail"]) == ("running", None, None)
    assert 0 < len(answer["failures"]) < 7


def test_an_older_server_answers_diagnoses_with_an_empty_404() -> None:
    with DemoServer("older-server") as server:
        assert get_digest(server)["status"] == "failed"
        status, _, body = request_api(server, f"/api/v1/ops/projects/{server.project}/runs/214/diagnosis")
        assert (status, body) == (404, b"")


@pytest.mark.parametrize("scenario", sorted({*SCENARIOS} - {"gone", "refused", "stale", "huge"}))
def test_every_scenario_has_artifacts_and_a_diagnosis(scenario: str, clock: FakeClock) -> None:
    with DemoServer(scenario, clock=clock.now, faults=lambda _number, _seconds: None) as server:
        clock.skip(60)
        digest = get_digest(server)
        rows = [{name: row[name] for name in row if name != "url"} for row in get_manifest(server)]
        assert rows == (digest["artifacts"] or [])
        if scenario != "older-server":
            assert diagnosis(server)["gherkin"].startswith(("Feature: ", "# Specs"))


def test_the_diagnosis_has_hostile_text_too(clock: FakeClock) -> None:
    with DemoServer("hostile", clock=clock.now, faults=lambda _number, _seconds: None) as server:
        clock.skip(60)
        answer = diagnosis(server)

    assert "\x1b[2J" in answer["extras"]
    assert "Scenario: [red]not red" in answer["gherkin"]
    assert any("OWNED" in str(failure["name"]) for failure in answer["failures"])


def test_faults_apply_to_diagnoses_and_manifests_as_well(clock: FakeClock) -> None:
    plan = [faults.cut_off(), faults.truncated(), faults.slow(0)]
    with DemoServer(faults=lambda number, _seconds: plan[number - 1], clock=clock.now) as server:
        clock.skip(60)
        path = f"/api/v1/ops/projects/{server.project}/runs/214/artifacts"
        with pytest.raises(IncompleteRead):
            request_api(server, path)
        half = request_api(server, path)[2]
        assert half.startswith(b'[{"kind"')
        with pytest.raises(ValueError, match="char"):
            json.loads(half)
        assert len(get_manifest(server)) == 18
