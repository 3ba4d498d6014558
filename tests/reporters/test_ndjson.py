"""A watch read by programs: every line is one object that they can rely on."""

from __future__ import annotations

import json

from tests.support.builders import OFFLINE, a_problem, ended, with_tests
from tests.support.watch import LOCKED_OUT, QUEUED, SIGN_IN, STARTED, Story
from tvtui.reporters.ndjson import SCHEMA_VERSION, NdjsonReporter
from tvtui.testvibe.errors import Refused


def json_story() -> Story:
    return Story(NdjsonReporter(214))


async def objects(story: Story) -> list[dict[str, object]]:
    told = [json.loads(line) for line in await story.told()]
    assert all(each["version"] == SCHEMA_VERSION and each["runId"] == 214 for each in told)
    return told


async def test_every_change_is_an_object_and_the_digest_comes_last() -> None:
    story = json_story().sees(QUEUED).sees(with_tests(STARTED, SIGN_IN)).fails(a_problem(wait=2.5))
    both = with_tests(STARTED, SIGN_IN, LOCKED_OUT)
    story.sees(both).sees(ended(both, "failed"), is_final=True)
    told = await objects(story)
    assert [each["type"] for each in told] == [
        *("state", "state", "test", "problem", "recovery", "test", "state", "digest")
    ]
    assert told[0] == {
        "type": "state",
        "version": 1,
        "time": "2026-06-10T16:02:11Z",
        "runId": 214,
        "state": "queued",
        "status": "running",
    }
    assert told[3] == {
        "type": "problem",
        "version": 1,
        "time": "2026-06-10T16:02:15Z",
        "runId": 214,
        "kind": "unreachable",
        "what": OFFLINE.what,
        "advice": OFFLINE.advice,
        "failures": 1,
        "nextTrySeconds": 2.5,
        "final": False,
    }
    assert told[4]["failures"] == 1
    assert told[5] == {
        "type": "test",
        "version": 1,
        "time": "2026-06-10T16:02:17Z",
        "runId": 214,
        "name": LOCKED_OUT.name,
        "status": "failed",
        "outcome": "failed",
        "durationMs": 9120,
        "error": "\nexpect(locator).toBeVisible() failed\n\nLocator: x",
    }


async def test_tests_that_were_there_before_are_objects_too() -> None:
    told = await objects(json_story().sees(with_tests(STARTED, SIGN_IN, LOCKED_OUT)))
    assert [each["type"] for each in told] == ["state", "test", "test", "digest"]


async def test_the_digest_speaks_as_the_api_does() -> None:
    run = ended(with_tests(STARTED, LOCKED_OUT), "failed").model_copy(update={"log": "\x1b[31mred\x1b[39m"})
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


async def test_a_digest_that_is_not_the_last_word_says_so() -> None:
    told = await objects(json_story().sees(STARTED).fails(a_problem(is_final=True)))
    assert [each["type"] for each in told] == ["state", "problem", "digest"]
    assert told[1]["final"] is True
    assert told[1]["nextTrySeconds"] is None
    assert told[2]["final"] is False


async def test_without_any_answer_the_last_object_is_the_problem() -> None:
    (problem,) = await objects(json_story().fails(a_problem(Refused("The key was refused."), is_final=True)))
    assert (problem["type"], problem["kind"], problem["final"]) == ("problem", "refused", True)


async def test_it_is_ascii_whatever_is_in_it() -> None:
    strange = SIGN_IN.model_copy(update={"name": "日本 \u2028 \ud800 \x1b[2J é"})
    story = json_story().sees(with_tests(STARTED, strange))
    lines = await story.told()
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert json.loads(lines[1])["name"].startswith("日本")
