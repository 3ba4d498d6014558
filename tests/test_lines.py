"""A watch read as lines, by people and by programs."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import a_case, a_run
from tests.fakes import FakeClock
from tvtui.client import Faulty, Refused, Unreachable
from tvtui.lines import SCHEMA_VERSION, Form, JsonLines, PlainLines, encodable, follow, summary
from tvtui.models import Run
from tvtui.watch import Problem, Snapshot

START = datetime(2026, 6, 10, 16, 2, 11, tzinfo=UTC)
AGAIN = ["tvtui", "watch", "214"]
DOWN = Unreachable("Cannot reach testvibe.acme.example.", "Check your network.")

NAMED = {"feature_name": "Login", "config": "Default", "site_url": "https://shop.acme.example"}
QUEUED = a_run(status="running", created_utc=START, started_utc=None, finished_utc=None, tests=(), **NAMED)
RUNNING = QUEUED.model_copy(update={"started_utc": START + timedelta(seconds=8)})
SIGN_IN = a_case(name="Valid user signs in", status="passed", duration_ms=4210.0, error=None)
LOCKED_OUT = a_case(
    name="Locked-out user sees an error",
    status="failed",
    duration_ms=9120.0,
    error="\n\x1b[31mexpect(locator).toBeVisible() failed\x1b[39m\n\nLocator: x",
)
SKIPPED = a_case(name="Password is reset", status="skipped", duration_ms=None, error=None)


def with_tests(run: Run, *tests: object) -> Run:
    return run.model_copy(update={"tests": tests, "summary": None})


def ended(run: Run, status: str) -> Run:
    return run.model_copy(update={"status": status, "finished_utc": START + timedelta(seconds=43)})


class Story:
    """Events one after the other, two seconds apart unless said otherwise, and what is written of them."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.clock = FakeClock(START)
        self.out = io.StringIO()
        self.events: list[tuple[float, Snapshot | Problem]] = []
        self._at = self.clock.now() - 2.0

    def sees(self, run: Run, *, after: float = 2.0, is_final: bool = False) -> Story:
        self._at += after
        time = START + timedelta(seconds=self._at - self.clock.now())
        snapshot = Snapshot(run, seen=self._at, server_time=time, next_at=self._at + 2, is_final=is_final)
        self.events.append((self._at, snapshot))
        return self

    def fails(self, problem: Problem, *, after: float = 2.0) -> Story:
        self._at += after
        self.events.append((self._at, replace(problem, next_at=self._at + problem.next_at)))
        return self

    async def _happen(self) -> AsyncIterator[Snapshot | Problem]:
        for at, event in self.events:
            await self.clock.advance(at - self.clock.now())
            yield event

    async def told(self) -> list[str]:
        await follow(self._happen(), self.out, self.form, clock=self.clock)
        return self.out.getvalue().splitlines()


def plain_story() -> Story:
    return Story(PlainLines(AGAIN))


def json_story() -> Story:
    return Story(JsonLines(214))


def trouble(error: Exception = DOWN, *, failures: int = 1, wait: float = 2.0, is_final: bool = False) -> Problem:
    assert isinstance(error, Unreachable | Refused | Faulty)
    return Problem(error, since=1002.0, failures=failures, next_at=wait, is_final=is_final)


async def test_a_run_from_the_queue_to_its_end() -> None:
    story = plain_story().sees(QUEUED).sees(QUEUED).sees(RUNNING).sees(with_tests(RUNNING, SIGN_IN))
    both = with_tests(RUNNING, SIGN_IN, LOCKED_OUT)
    story.sees(both).sees(ended(both, "failed")).sees(ended(both, "failed"), is_final=True)
    assert await story.told() == [
        "16:02:11 ◌ queued    Login · run 214 · Default · https://shop.acme.example",
        "16:02:15 ● running   Login · run 214 · Default · https://shop.acme.example",
        "16:02:17 ✓ passed    Valid user signs in  4.21 s",
        "16:02:19 ✗ failed    Locked-out user sees an error  9.12 s",
        "16:02:21 ✗ failed    Login · run 214 · Default · https://shop.acme.example",
        "",
        "✗ FAILED  Login · run 214 · Default · https://shop.acme.example",
        "1 passed, 1 failed, 0 other, 2 in all; ran 35.0 s",
        "✗ Locked-out user sees an error",
        "    expect(locator).toBeVisible() failed",
        "tvtui watch 214",
    ]


async def test_the_end_is_told_after_the_tests_that_led_to_it() -> None:
    story = plain_story().sees(RUNNING).sees(ended(with_tests(RUNNING, SIGN_IN), "passed"))
    words = [line.split()[2] for line in (await story.told())[:3]]
    assert words == ["running", "passed", "passed"]
    assert "run 214" in story.out.getvalue().splitlines()[2]


async def test_ten_thousand_tests_at_once_share_a_line_but_for_the_failures() -> None:
    many = [SIGN_IN.model_copy(update={"name": f"test {number}"}) for number in range(9_998)]
    lines = await plain_story().sees(with_tests(RUNNING, *many[:5000], LOCKED_OUT, *many[5000:], SKIPPED)).told()
    assert lines[:4] == [
        "16:02:11 ● running   Login · run 214 · Default · https://shop.acme.example",
        "16:02:11 ✗ failed    Locked-out user sees an error  9.12 s",
        "16:02:11 ? skipped   Password is reset",
        "16:02:11 ✓ passed    9,998 tests until now",
    ]
    assert len(lines) < 12


async def test_one_passed_test_is_one_test() -> None:
    lines = await plain_story().sees(with_tests(RUNNING, SIGN_IN)).told()
    assert lines[1] == "16:02:11 ✓ passed    1 test until now"


async def test_trouble_is_one_line_when_it_begins_and_one_when_it_changes_its_kind() -> None:
    story = plain_story().sees(RUNNING).fails(trouble()).fails(trouble(failures=2, wait=3.4), after=3)
    story.fails(trouble(Faulty("The server failed (503)."), failures=3), after=4).fails(trouble(failures=4), after=1)
    story.sees(RUNNING, after=2).fails(trouble(), after=60)
    lines = await story.told()
    assert lines[1:6] == [
        "16:02:13 ! problem   Cannot reach testvibe.acme.example. Check your network. Next try in 2 s.",
        "16:02:20 ! problem   The server failed (503). Next try in 2 s.",
        "16:02:21 ! problem   Cannot reach testvibe.acme.example. Check your network. Next try in 2 s.",
        "16:02:23 ↻ recovered after 10 s and 4 failed requests",
        "16:03:23 ! problem   Cannot reach testvibe.acme.example. Check your network. Next try in 2 s.",
    ]


async def test_a_wait_is_never_told_shorter_than_it_is() -> None:
    lines = await plain_story().fails(trouble(wait=3.2)).told()
    assert lines == ["16:02:11 ! problem   Cannot reach testvibe.acme.example. Check your network. Next try in 4 s."]


async def test_one_failed_request_is_one_request() -> None:
    lines = await plain_story().sees(RUNNING).fails(trouble()).sees(RUNNING).told()
    assert lines[2] == "16:02:15 ↻ recovered after 2 s and 1 failed request"


async def test_the_trouble_that_ends_the_watch_is_not_for_this_stream() -> None:
    assert await plain_story().fails(trouble(Refused("The key was refused."), is_final=True)).told() == []


async def test_what_is_left_unfinished_says_as_of_when() -> None:
    lines = await plain_story().sees(RUNNING).fails(trouble(is_final=True)).told()
    assert lines[2:] == [
        "● RUNNING  Login · run 214 · Default · https://shop.acme.example  (as of 16:02:11 UTC)",
        "no tests reported",
        "tvtui watch 214",
    ]


async def test_a_state_nobody_knows_is_told_in_its_own_word() -> None:
    lines = await plain_story().sees(ended(RUNNING, "cancelled")).told()
    assert lines[0].startswith("16:02:11 ? cancelled ")
    assert lines[2].startswith("? CANCELLED ")


def test_the_summary_of_a_run_without_tests_shows_the_end_of_its_log() -> None:
    log = "\n".join([*(f"line {number}" for number in range(9)), "\x1b[31mError: no tests found\x1b[39m", "", ""])
    run = ended(RUNNING, "failed").model_copy(update={"log": log})
    assert summary(run, again=AGAIN, seen=START)[2:] == [
        "    No failed test was reported. The log ends:",
        *(f"    line {number}" for number in range(5, 9)),
        "    Error: no tests found",
        "tvtui watch 214",
    ]
    without = run.model_copy(update={"log": None})
    assert summary(without, again=AGAIN, seen=START)[2:] == ["tvtui watch 214"]


def test_the_summary_leaves_out_what_is_not_known() -> None:
    bare = a_run(status="passed", feature_name=None, config=None, site_url=None, started_utc=None, tests=())
    assert summary(bare, again=AGAIN, seen=START)[0] == "✓ PASSED  run 214"
    backwards = ended(with_tests(RUNNING, LOCKED_OUT.model_copy(update={"error": None})), "failed")
    backwards = backwards.model_copy(update={"finished_utc": START - timedelta(days=1)})
    assert summary(backwards, again=AGAIN, seen=START)[1:] == [
        "0 passed, 1 failed, 0 other, 1 in all",
        "✗ Locked-out user sees an error",
        "tvtui watch 214",
    ]


def test_the_summary_says_so_when_the_server_contradicts_itself() -> None:
    run = a_run(status="failed", tests=(SIGN_IN,), summary={"total": 7, "passed": 7, "failed": 0, "other": 0})
    assert run.counts_disagree
    assert "disagrees" in summary(run, again=AGAIN, seen=START)[1]


def test_the_command_to_see_it_again_can_be_pasted() -> None:
    again = ["tvtui", "watch", "214", "--server", "https://h/a b;rm"]
    assert summary(QUEUED, again=again, seen=START)[-1] == "tvtui watch 214 --server 'https://h/a b;rm'"


class TestEncoding:
    """Whatever the locale, a line comes out."""

    def test_what_can_be_encoded_is_left_alone(self) -> None:
        assert encodable("✓ é 日本", "utf-8") == "✓ é 日本"
        assert encodable("✓", None) == "✓"

    @pytest.mark.parametrize(
        ("text", "encoding", "shown"),
        [
            ("✓ ✗ ● ◌ ↻ a · b — c…", "ascii", "+ x * o ~ a - b - c..."),
            ("✓ é", "latin-1", "+ é"),
            ("✗ 日本", "ascii", "x ??"),
            ("\ud800", "utf-8", "?"),
        ],
    )
    def test_the_rest_is_replaced(self, text: str, encoding: str, shown: str) -> None:
        assert encodable(text, encoding) == shown

    async def test_a_whole_watch_in_ascii(self) -> None:
        raw = io.BytesIO()
        story = plain_story().sees(with_tests(RUNNING, LOCKED_OUT))
        story.out = io.TextIOWrapper(raw, "ascii")  # type: ignore[assignment]
        await follow(story._happen(), story.out, story.form, clock=story.clock)
        assert raw.getvalue().startswith(b"16:02:11 * running   Login - run 214")


class TestJson:
    """Every line is one object that a program can rely on."""

    async def objects(self, story: Story) -> list[dict[str, object]]:
        objects = [json.loads(line) for line in await story.told()]
        assert all(each["version"] == SCHEMA_VERSION and each["runId"] == 214 for each in objects)
        return objects

    async def test_every_change_is_an_object_and_the_digest_comes_last(self) -> None:
        story = json_story().sees(QUEUED).sees(with_tests(RUNNING, SIGN_IN)).fails(trouble(wait=2.5))
        both = with_tests(RUNNING, SIGN_IN, LOCKED_OUT)
        story.sees(both).sees(ended(both, "failed"), is_final=True)
        objects = await self.objects(story)
        assert [each["type"] for each in objects] == [
            *("state", "state", "test", "problem", "recovery", "test", "state", "digest")
        ]
        assert objects[0] == {
            **{"type": "state", "version": 1, "time": "2026-06-10T16:02:11Z", "runId": 214},
            **{"state": "queued", "status": "running"},
        }
        assert objects[3] == {
            **{"type": "problem", "version": 1, "time": "2026-06-10T16:02:15Z", "runId": 214},
            **{"kind": "unreachable", "what": DOWN.what, "advice": DOWN.advice},
            **{"failures": 1, "nextTrySeconds": 2.5, "final": False},
        }
        assert objects[4]["failures"] == 1
        assert objects[5] == {
            **{"type": "test", "version": 1, "time": "2026-06-10T16:02:17Z", "runId": 214},
            **{"name": LOCKED_OUT.name, "status": "failed", "outcome": "failed", "durationMs": 9120.0},
            "error": "\nexpect(locator).toBeVisible() failed\n\nLocator: x",
        }

    async def test_tests_that_were_there_before_are_objects_too(self) -> None:
        objects = await self.objects(json_story().sees(with_tests(RUNNING, SIGN_IN, LOCKED_OUT)))
        assert [each["type"] for each in objects] == ["state", "test", "test", "digest"]

    async def test_the_digest_speaks_as_the_api_does(self) -> None:
        run = ended(with_tests(RUNNING, LOCKED_OUT), "failed").model_copy(update={"log": "\x1b[31mred\x1b[39m"})
        digest = (await self.objects(json_story().sees(run, is_final=True)))[-1]
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
                "durationMs": 9120.0,
                "error": "\nexpect(locator).toBeVisible() failed\n\nLocator: x",
            }
        ]

    async def test_a_digest_that_is_not_the_last_word_says_so(self) -> None:
        objects = await self.objects(json_story().sees(RUNNING).fails(trouble(is_final=True)))
        assert [each["type"] for each in objects] == ["state", "problem", "digest"]
        assert objects[1]["final"] is True
        assert objects[1]["nextTrySeconds"] is None
        assert objects[2]["final"] is False

    async def test_without_any_answer_the_last_object_is_the_problem(self) -> None:
        (problem,) = await self.objects(json_story().fails(trouble(Refused("The key was refused."), is_final=True)))
        assert (problem["type"], problem["kind"], problem["final"]) == ("problem", "refused", True)

    async def test_it_is_ascii_whatever_is_in_it(self) -> None:
        strange = SIGN_IN.model_copy(update={"name": "日本 \u2028 \ud800 \x1b[2J é"})
        story = json_story().sees(with_tests(RUNNING, strange))
        lines = await story.told()
        assert all(line.isascii() and line.isprintable() for line in lines)
        assert json.loads(lines[1])["name"].startswith("日本")


async def test_every_event_is_flushed_before_the_next_is_awaited() -> None:
    written: list[bytes] = []
    raw = io.BytesIO()
    story = plain_story().sees(QUEUED).sees(RUNNING)
    out = io.TextIOWrapper(raw, "utf-8")

    async def events() -> AsyncIterator[Snapshot | Problem]:
        async for event in story._happen():
            yield event
            written.append(raw.getvalue())

    await follow(events(), out, story.form, clock=story.clock)
    assert [text.count(b"\n") for text in written] == [1, 2]


async def test_an_output_that_cannot_be_written_to_is_the_callers_matter() -> None:
    class Closed(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    story = plain_story().sees(QUEUED)
    story.out = Closed()
    with pytest.raises(BrokenPipeError):
        await story.told()
