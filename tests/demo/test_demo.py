"""The demo's scenarios as pure functions, and its command line."""

from __future__ import annotations

import json
import re
import runpy
import socket
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest

from tvtui.demo import hostile, recordings, replies
from tvtui.demo.__main__ import main
from tvtui.demo.scenarios import SCENARIOS, Scenario
from tvtui.demo.timeline import Json, Recording, Script, Timeline, stamped

STARTED = datetime(2026, 6, 10, 16, 2, 11, tzinfo=UTC)
MOMENTS = [0, 0.5, 1, 2, 3, 4.9, 7, 8, 10, 13, 17, 20, 25, 28, 29.99, 30, 33, 34, 60, 10_000]


def digest(name: str, seconds: float) -> Json:
    return SCENARIOS[name].digest_at(seconds)


def rows(digest: Json, key: str = "tests") -> list[Json]:
    return cast("list[Json]", digest[key] or [])


def a_test(name: str, duration_ms: object = 1_000, status: str = "passed") -> Json:
    return {"name": name, "status": status, "durationMs": duration_ms, "error": None}


def a_script(tests: list[Json], timeline: Timeline, artifacts: int = 0) -> Script:
    files: list[Json] = [{"kind": "trace", "path": f"trace/{number}.zip", "size": 1} for number in range(artifacts)]
    return Script(Recording("failed", 1, "Cart", "Default", "https://shop.acme.example", tests, files, "log"), timeline)


def names_at(script: Script, seconds: float) -> list[object]:
    return [test["name"] for test in rows(script.digest_at(seconds))]


def test_the_default_run_is_queued_then_silent_then_growing_then_failed() -> None:
    queued, silent, growing, ended = (digest("default", seconds) for seconds in (2.9, 6.9, 15, 30))

    assert (queued["status"], queued["startedUtc"], queued["tests"], queued["summary"]) == ("running", None, None, None)
    assert (silent["status"], silent["startedUtc"], silent["tests"], silent["summary"]) == ("running", 3, [], None)
    assert growing["status"] == "running"
    assert growing["log"] is None
    assert 0 < len(rows(growing)) < 21
    assert (ended["status"], ended["finishedUtc"], len(rows(ended))) == ("failed", 30, 21)
    assert ended["summary"] == {"total": 21, "passed": 12, "failed": 7, "other": 2}
    assert "\x1b[31m  7 failed" in str(ended["log"])


def test_the_default_run_fails_in_every_promised_way() -> None:
    tests = rows(digest("default", 30))
    errors = "\n".join(str(test["error"]) for test in tests if test["status"] == "failed")

    for kind in ("toBeVisible", "toHaveText", "TimeoutError", "strict mode violation", "net::ERR_", "Page crashed"):
        assert kind in errors
    assert {test["status"] for test in tests} == {"passed", "failed", "skipped", "flaky"}


def test_tests_of_the_default_run_arrive_one_by_one() -> None:
    counts = [len(rows(digest("default", tenth / 10))) for tenth in range(301)]

    skipped_takes_no_time = 4
    assert set(counts) == {*range(22)} - {skipped_takes_no_time}
    assert counts == sorted(counts)


def test_two_artifacts_of_the_default_run_are_late() -> None:
    during, at_end, settled = (rows(digest("default", seconds), "artifacts") for seconds in (29, 33.9, 34))

    assert not during
    assert at_end == settled[:-2]
    assert {artifact["kind"] for artifact in settled} == {"screenshot", "trace", "video", "log", "report"}
    assert all(isinstance(artifact["size"], int) for artifact in settled)


def test_tests_share_the_time_in_proportion_to_their_durations() -> None:
    script = a_script([a_test("slow", 3_000), a_test("quick", 1_000)], Timeline(queued=0, silent=0, results=4))

    assert names_at(script, 2.9) == []
    assert names_at(script, 3) == ["slow"]
    assert names_at(script, 4) == ["slow", "quick"]


@pytest.mark.parametrize("odd", [None, "1000", -5, 0])
def test_tests_without_durations_are_spread_evenly(odd: object) -> None:
    script = a_script([a_test("a", odd), a_test("b", odd)], Timeline(queued=0, silent=0, results=4))

    assert [len(names_at(script, seconds)) for seconds in (1.9, 2, 3.9, 4)] == [0, 1, 1, 2]


def test_a_run_that_is_ahead_was_created_before_its_server() -> None:
    shown = a_script([a_test("a")], Timeline(queued=1, silent=1, results=1, tail=1, ahead=10)).digest_at(0)

    assert (shown["createdUtc"], shown["startedUtc"], shown["finishedUtc"]) == (-10, -9, -6)


def test_times_are_scaled_with_the_speed_and_durations_are_not() -> None:
    ended = digest("default", 30)
    written = stamped(ended, started=STARTED, speed=20)

    assert written["createdUtc"] == "2026-06-10T16:02:11Z"
    assert written["finishedUtc"] == "2026-06-10T16:02:12Z"
    assert written["tests"] == ended["tests"]
    assert stamped(ended, started=STARTED, speed=1)["finishedUtc"] == "2026-06-10T16:02:41Z"


def test_a_time_that_is_none_or_a_word_is_not_changed() -> None:
    odd: Json = {"createdUtc": "yesterday", "startedUtc": None}

    assert stamped(odd, started=STARTED, speed=1) == odd


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_every_scenario_only_ever_grows_and_travels_as_json(scenario: Scenario) -> None:
    digests = [scenario.digest_at(seconds) for seconds in MOMENTS]

    assert all(json.loads(replies.encoded(stamped(one, started=STARTED, speed=1)))["runId"] == 214 for one in digests)
    for before, after in pairwise(digests):
        for key in ("tests", "artifacts"):
            assert rows(after, key)[: len(rows(before, key))] == rows(before, key)
        assert before["status"] in {"running", after["status"]}


def test_every_scenario_has_a_description_that_fits_a_terminal() -> None:
    for name, scenario in SCENARIOS.items():
        assert scenario.name == name
        assert re.fullmatch(r"[a-z-]+", name)
        assert 0 < len(scenario.description) <= 80
        assert "\n" not in scenario.description


def test_how_the_other_runs_end() -> None:
    ends = {name: digest(name, 10_000) for name in SCENARIOS}

    assert (ends["passed"]["status"], ends["passed"]["log"]) == ("passed", None)
    assert (ends["notests"]["status"], ends["notests"]["tests"], ends["notests"]["summary"]) == ("failed", [], None)
    assert "SyntaxError" in str(ends["notests"]["log"])
    assert (ends["queued"]["status"], ends["queued"]["startedUtc"]) == ("running", None)
    assert [len(rows(ends[name])) for name in ("large", "huge")] == [1_000, 10_000]
    assert ends["matrix"]["summary"] == {"total": 400, "passed": 389, "failed": 11, "other": 0}
    assert "toHaveScreenshot" in str(ends["visual"]["tests"])


def test_large_runs_end_in_every_way_a_test_can() -> None:
    statuses = {test["status"] for test in rows(digest("large", 60))}

    assert statuses == {"passed", "failed", "skipped", "flaky", "timedOut"}


def test_the_matrix_is_the_real_one() -> None:
    failures = [test for test in rows(digest("matrix", 60)) if test["status"] == "failed"]

    assert failures[0]["name"] == "price of SKU-0005 in USD × 6"
    assert str(failures[0]["error"]).startswith("Error: rounding of SKU 5\n\n\x1b[2mexpect(\x1b[22m\x1b[31mreceived")
    assert "price of SKU-0375 in GBP × 7" in str(digest("matrix", 60)["log"])


def test_long_texts_are_cut_as_the_service_does_even_inside_an_escape() -> None:
    shown = digest("long", 60)
    error, log = str(rows(shown)[-1]["error"]), str(shown["log"])

    assert (len(error), len(log)) == (recordings.ERROR_LIMIT, recordings.LOG_LIMIT)
    assert error.endswith("\x1b[")
    assert re.match(r"\[\d+m", log)
    assert max(map(len, log.splitlines())) > 300
    assert len(str(rows(shown)[-1]["name"])) > 300


def test_hostile_text_is_in_every_field() -> None:
    shown = digest("hostile", 60)
    names = [test.get("name") for test in rows(shown)]

    assert {*hostile.TEXTS.values(), *hostile.GOOD.values()} <= {*names}
    for field in ("featureName", "config", "siteUrl"):
        assert "\x1b" in str(shown[field])
    assert any("\x1b" in str(artifact["path"]) for artifact in rows(shown, "artifacts"))
    assert isinstance(shown["log"], list)
    assert digest("hostile", 2)["log"] is None


def test_the_flaky_network_recovers_after_many_faults() -> None:
    met = [fault and fault.what for number in range(1, 60) if (fault := SCENARIOS["flaky-network"].fault_at(number, 0))]

    assert met == [
        "resets the connection",
        "answers 503 in HTML",
        "answers 200 in HTML",
        "answers after 1.5 s",
        "answers 429, retry after 3",
        "answers truncated JSON",
    ]


def test_the_stale_scenario_loses_its_server_in_the_middle_of_the_run() -> None:
    stale = SCENARIOS["stale"]

    assert stale.fault_at(1, 5.9) is None
    assert all(stale.fault_at(9, seconds) for seconds in (6, 7, 10_000))
    assert 0 < len(rows(stale.digest_at(0))) < len(rows(stale.digest_at(6))) < 21
    assert stale.digest_at(6)["status"] == "running"


def test_recordings_name_only_example_hosts_and_stay_small() -> None:
    folder = Path(recordings.__file__).with_name("runs")
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}

    assert sum(len(text.encode()) for text in texts.values()) < 150_000
    for text in texts.values():
        hosts = re.findall(r"https?://([^/\"' ?]+)", text)
        assert all(host.endswith("acme.example") for host in hosts)


def test_the_list_has_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [*SCENARIOS]


def test_the_command_prints_the_environment_and_serves_until_interrupted(capsys: pytest.CaptureFixture[str]) -> None:
    served = []

    def interrupted(_seconds: float) -> None:
        out = capsys.readouterr().out
        served.append(out)
        port = int(re.findall(r"SERVER=http://127\.0\.0\.1:(\d+)", out)[0])
        socket.create_connection(("127.0.0.1", port)).close()
        raise KeyboardInterrupt

    assert main(["passed", "--speed", "2"], wait=interrupted) == 0
    assert re.search(r"^export TESTVIBE_API_KEY=tvb_[0-9A-Za-z]{43}$", served[0], re.MULTILINE)
    assert "export TESTVIBE_PROJECT=" in served[0]
    assert "tvtui watch 214" in served[0]


def test_the_command_serves_several_runs_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    assert main(["default", "passed", "visual"], wait=interrupted) == 0
    assert capsys.readouterr().out.endswith("tvtui watch 214 215 216\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"), [(["nope"], "Unknown scenario 'nope'"), (["--speed", "0"], "out of range")]
)
def test_wrong_usage_is_reported_in_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)

    assert left.value.code == 2
    assert sentence in capsys.readouterr().err


def test_the_package_can_be_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["demo", "--list"])
    monkeypatch.delitem(sys.modules, "tvtui.demo.__main__")

    with pytest.raises(SystemExit) as left:
        runpy.run_module("tvtui.demo", run_name="__main__")

    assert left.value.code == 0
