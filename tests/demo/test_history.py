"""The runs of the demo from earlier days."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tvtui.demo.history import RUNS, Earlier, earlier_runs
from tvtui.demo.scenarios import SCENARIOS
from tvtui.testvibe.models import Run

NOW = datetime(2026, 6, 10, 16, 2, 11, tzinfo=UTC)


def earlier(scenario: str, *, speed: float = 1, apart: int = 1) -> list[Earlier]:
    return list(earlier_runs(SCENARIOS[scenario], 214, now=NOW, speed=speed, apart=apart))


def last_run(run: Earlier) -> Run:
    return Run.read(json.loads(json.dumps(run.digests[-1][1])))


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_every_scenario_has_runs_that_can_be_read(scenario: str) -> None:
    for run in earlier(scenario):
        for seconds, digest in run.digests:
            read = Run.read(json.loads(json.dumps(digest)))
            assert read.run_id == run.run_id < 214
            assert seconds >= 0
            assert not read.unreadable or scenario == "hostile"
        read = last_run(run)
        assert read.has_ended
        assert read.finished_utc is not None
        assert read.finished_utc < NOW
        assert len(read.tests) > 0


def test_the_runs_are_of_other_days_and_the_oldest_comes_first() -> None:
    runs = earlier("default", apart=3)

    assert [run.run_id for run in runs] == [214 - 3 * ago for ago in range(RUNS, 0, -1)]
    created = [last_run(run).created_utc for run in runs]
    assert None not in created
    assert all(later - sooner > timedelta(hours=23) for sooner, later in pairwise(created) if sooner and later)


def test_failures_are_new_known_and_unstable() -> None:
    failed = [str(test["name"]) for test in listed("default") if test["status"] == "failed"]
    statuses = {
        name: "".join(
            {str(case.name): case.status for case in last_run(run).tests}[name][0]
            for run in reversed(earlier("default"))
        )
        for name in failed[:4]
    }

    assert list(statuses.values()) == ["pppppppppppp", "ffffpppppppp", "ppfpppfppppp", "ffffffffffff"]


def listed(scenario: str) -> list[dict[str, object]]:
    tests = SCENARIOS[scenario].digest_at(10_000)["tests"]
    assert isinstance(tests, list)
    return tests


def test_a_test_is_repaired_one_is_new_and_one_was_faster() -> None:
    passed = [test for test in listed("default") if test["status"] == "passed"]
    before = {str(case.name): case for case in last_run(earlier("default")[-1]).tests}

    assert before[str(passed[1]["name"])].status == "failed"
    assert str(passed[3]["name"]) not in before
    now, then = float(str(passed[5]["durationMs"])), before[str(passed[5]["name"])].duration_ms
    assert then is not None
    assert now > 2 * then


@pytest.mark.parametrize("scenario", ["default", "matrix", "visual"])
def test_tests_end_when_they_do_today_so_that_the_time_left_is_right(scenario: str) -> None:
    today = SCENARIOS[scenario].digest_at
    end = today(10_000)
    begun, took = float(str(end["startedUtc"])), float(str(end["finishedUtc"])) - float(str(end["startedUtc"]))
    for run in earlier(scenario)[-3:]:
        start, stop = run.digests[0][0], run.digests[-1][0]
        for seconds, digest in run.digests:
            then, now = digest["tests"], today(begun + took * (seconds - start) / (stop - start))["tests"]
            assert isinstance(then, list)
            assert isinstance(now, list)
            # of which one is new
            assert len(now) - 1 <= len(then) <= len(now)


def test_a_faster_demo_has_faster_runs() -> None:
    slow, fast = (last_run(earlier("default", speed=speed)[-1]) for speed in (1, 10))

    assert slow.finished_utc is not None
    assert slow.started_utc is not None
    assert fast.finished_utc is not None
    assert fast.started_utc is not None
    assert (slow.finished_utc - slow.started_utc) > 5 * (fast.finished_utc - fast.started_utc)


def test_a_run_without_tests_has_no_past() -> None:
    assert earlier("notests") == []
    assert earlier("queued") == []
