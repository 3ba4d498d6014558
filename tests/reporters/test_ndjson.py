"""A watch as newline-delimited JSON: the format that programs rely on."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.support.builders import OFFLINE, a_problem, ended, with_tests
from tests.support.watch import LOCKED_OUT, QUEUED, SIGN_IN, STARTED, Story
from tvtui.reporters.ndjson import SCHEMA_VERSION, NdjsonReporter
from tvtui.testvibe.errors import Refused


def json_story() -> Story:
    return Story(NdjsonReporter(214))


async def objects(story: Story) -> list[dict[str, object]]:
    found = [json.loads(line) for line in await story.report()]
    assert all(each["version"] == SCHEMA_VERSION and each["runId"] == 214 for each in found)
    return found


async def test_every_change_is_an_object_and_the_digest_comes_last() -> None:
    story = json_story().sees(QUEUED).sees(with_tests(STARTED, SIGN_IN)).fails(a_problem(wait=2.5))
    both = with_tests(STARTED, SIGN_IN, LOCKED_OUT)
    story.sees(both).sees(ended(both, "failed"), is_final=True)
    found = await objects(story)
    assert [each["type"] for each in found] == [
        *("state", "state", "test", "problem", "recovery", "test", "state", "digest")
    ]
    assert found[0] == {
        "type": "state",
        "version": 2,
        "time": "2026-06-10T16:02:11Z",
        "runId": 214,
        "state": "queued",
        "status": "running",
    }
    assert found[3] == {
        "type": "problem",
        "version": 2,
        "time": "2026-06-10T16:02:15Z",
        "runId": 214,
        "kind": "unreachable",
        "what": OFFLINE.what,
        "advice": OFFLINE.advice,
        "failures": 1,
        "nextTrySeconds": 2.5,
        "final": False,
    }
    assert found[4]["failures"] == 1
    assert found[5] == {
        "type": "test",
        "version": 2,
        "time": "2026-06-10T16:02:17Z",
        "runId": 214,
        "name": LOCKED_OUT.name,
        "status": "failed",
        "outcome": "failed",
        "durationMs": 9120,
        "error": "\nexpect(locator).toBeVisible() failed\n\nLocator: x",
    }


@pytest.mark.parametrize(("took", "written"), [(None, None), (0.5, 0.5), (9120.0, 9120)])
async def test_a_duration_is_a_whole_number_if_it_can_be_and_null_if_it_is_unknown(
    took: float | None, written: float | None
) -> None:
    case = replace(SIGN_IN, duration_ms=took)
    test = (await objects(json_story().sees(with_tests(STARTED, case))))[1]
    assert repr(test["durationMs"]) == repr(written)


async def test_tests_of_the_first_answer_are_objects_too() -> None:
    found = await objects(json_story().sees(with_tests(STARTED, SIGN_IN, LOCKED_OUT)))
    assert [each["type"] for each in found] == ["state", "test", "test", "digest"]


async def test_the_digest_has_the_field_names_of_the_api() -> None:
    run = replace(ended(with_tests(STARTED, LOCKED_OUT), "failed"), log="\x1b[31mred\x1b[39m")
    digest = (await objects(json_story().sees(run, is_final=True)))[-1]
    assert digest["final"] is True
    assert digest["featureName"] == "Login"
    assert digest["createdUtc"] == "2026-06-10T16:02:11Z"
    assert digest["startedUtc"] == "2026-06-10T16:02:19Z"
    assert digest["artifacts"] == []
    assert digest["log"] == "red"
    assert digest["tests"] == [
        {
            "name": LOCKED_OUT.name,
            "status": "failed",
            "durationMs": 9120,
            "error": "\nexpect(locator).toBeVisible() failed\n\nLocator: x",
        }
    ]


async def test_a_digest_that_may_still_change_is_not_final() -> None:
    found = await objects(json_story().sees(STARTED).fails(a_problem(is_final=True)))
    assert [each["type"] for each in found] == ["state", "problem", "digest"]
    assert found[1]["final"] is True
    assert found[1]["nextTrySeconds"] is None
    assert found[2]["final"] is False


async def test_without_any_answer_the_last_object_is_the_problem() -> None:
    (problem,) = await objects(json_story().fails(a_problem(Refused("The key was refused."), is_final=True)))
    assert (problem["type"], problem["kind"], problem["final"]) == ("problem", "refused", True)


async def test_it_is_ascii_whatever_it_contains() -> None:
    strange = replace(SIGN_IN, name="日本 \u2028 \ud800 \x1b[2J é")
    story = json_story().sees(with_tests(STARTED, strange))
    lines = await story.report()
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert json.loads(lines[1])["name"].startswith("日本")
