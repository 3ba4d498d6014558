"""A watch as lines, and its summary."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from tests.support.builders import CREATED, a_case, a_problem, a_run, ended, with_tests
from tests.support.past import a_past
from tests.support.watch import LOCKED_OUT, NAMED, QUEUED, SIGN_IN, SKIPPED, STARTED, Story
from tvtui.reporters.lines import LinesReporter, summary
from tvtui.reporters.reporter import EndReporter, Output, follow
from tvtui.testvibe.errors import Faulty, Refused
from tvtui.text.clean import encodable
from tvtui.text.output import OutputError, print_lines
from tvtui.watch.events import Problem, Snapshot

AGAIN = ["tvtui", "watch", "214"]


def plain_story() -> Story:
    return Story(LinesReporter(AGAIN))


async def test_a_run_from_the_queue_to_its_end() -> None:
    story = plain_story().sees(QUEUED).sees(QUEUED).sees(STARTED).sees(with_tests(STARTED, SIGN_IN))
    both = with_tests(STARTED, SIGN_IN, LOCKED_OUT)
    story.sees(both).sees(ended(both, "failed")).sees(ended(both, "failed"), is_final=True)
    assert await story.report() == [
        "16:02:11 ◌ queued    Login · run 214 · Default · https://shop.acme.example",
        "16:02:15 ● running   Login · run 214 · Default · https://shop.acme.example",
        "16:02:17 ✓ passed    Valid user signs in  4.21 s",
        "16:02:19 ✗ failed    Locked-out user sees an error  9.12 s",
        "16:02:21 ✗ failed    Login · run 214 · Default · https://shop.acme.example",
        "",
        "✗ FAILED  Login · run 214 · Default · https://shop.acme.example",
        "1 passed, 1 failed, 2 total in 35.0 s",
        "✗ Locked-out user sees an error",
        "    expect(locator).toBeVisible() failed",
        "Watch again: tvtui watch 214",
    ]


async def test_the_end_is_reported_after_the_tests_that_led_to_it() -> None:
    story = plain_story().sees(STARTED).sees(ended(with_tests(STARTED, SIGN_IN), "passed"))
    words = [line.split()[2] for line in (await story.report())[:3]]
    assert words == ["running", "passed", "passed"]
    assert "run 214" in story.out.getvalue().splitlines()[2]


async def test_tests_that_passed_before_the_watch_are_reported_before_the_end() -> None:
    lines = await plain_story().sees(ended(with_tests(STARTED, SIGN_IN, LOCKED_OUT), "failed"), is_final=True).report()
    assert [line.split(maxsplit=3)[2:] for line in lines[:3]] == [
        ["failed", "Locked-out user sees an error  9.12 s"],
        ["passed", "1 test so far"],
        ["failed", "Login · run 214 · Default · https://shop.acme.example"],
    ]


async def test_very_long_names_and_errors_are_cut_only_in_the_summary() -> None:
    endless = replace(LOCKED_OUT, name="n" * 2000, error="e" * 1500)
    lines = await plain_story().sees(ended(with_tests(STARTED, endless), "failed"), is_final=True).report()
    assert lines[0].endswith("n  9.12 s")
    assert len(lines[0]) > 2000
    assert lines[-3:-1] == [f"✗ {'n' * 297}…", f"    {'e' * 295}…"]


def test_a_name_that_just_fits_is_not_cut() -> None:
    case = replace(LOCKED_OUT, name="n" * 298, error=None)
    assert summary(with_tests(STARTED, case), None, seen=CREATED)[-1] == f"✗ {'n' * 298}"


async def test_ten_thousand_tests_at_once_share_a_line_except_for_failures() -> None:
    many = [replace(SIGN_IN, name=f"test {number}") for number in range(9_998)]
    lines = await plain_story().sees(with_tests(STARTED, *many[:5000], LOCKED_OUT, *many[5000:], SKIPPED)).report()
    assert lines[:4] == [
        "16:02:11 ● running   Login · run 214 · Default · https://shop.acme.example",
        "16:02:11 ✗ failed    Locked-out user sees an error  9.12 s",
        "16:02:11 – skipped   Password is reset",
        "16:02:11 ✓ passed    9,998 tests so far",
    ]
    assert len(lines) < 12


async def test_one_passed_test_is_singular() -> None:
    lines = await plain_story().sees(with_tests(STARTED, SIGN_IN)).report()
    assert lines[1] == "16:02:11 ✓ passed    1 test so far"


async def test_a_problem_is_one_line_when_it_begins_and_one_when_its_kind_changes() -> None:
    story = plain_story().sees(STARTED).fails(a_problem()).fails(a_problem(failures=2, wait=3.4), after=3)
    story.fails(a_problem(Faulty("The server failed (503)."), failures=3), after=4).fails(
        a_problem(failures=4), after=1
    )
    story.sees(STARTED, after=2).fails(a_problem(), after=60)
    lines = await story.report()
    assert lines[1:6] == [
        "16:02:13 ! problem   Cannot reach testvibe.acme.example. Check your network. Next try in 2 s.",
        "16:02:20 ! problem   The server failed (503). Next try in 2 s.",
        "16:02:21 ! problem   Cannot reach testvibe.acme.example. Check your network. Next try in 2 s.",
        "16:02:23 ↻ recovered after 10 s and 4 failed requests",
        "16:03:23 ! problem   Cannot reach testvibe.acme.example. Check your network. Next try in 2 s.",
    ]


async def test_a_wait_is_rounded_up() -> None:
    lines = await plain_story().fails(a_problem(wait=3.2)).report()
    assert lines == ["16:02:11 ! problem   Cannot reach testvibe.acme.example. Check your network. Next try in 4 s."]


async def test_one_failed_request_is_singular() -> None:
    lines = await plain_story().sees(STARTED).fails(a_problem()).sees(STARTED).report()
    assert lines[2] == "16:02:15 ↻ recovered after 2 s and 1 failed request"


async def test_the_old_snapshot_that_ends_the_watch_of_a_lost_server_is_not_a_recovery() -> None:
    run = ended(with_tests(STARTED, LOCKED_OUT), "failed")
    story = plain_story().sees(run).fails(a_problem())
    at, last = story.events[0]
    assert isinstance(last, Snapshot)
    story.events.append((at + 30, replace(last, next_at=None, is_final=True)))

    assert "recovered" not in "".join(await story.report())


async def test_the_problem_that_ends_the_watch_is_left_to_stderr() -> None:
    assert await plain_story().fails(a_problem(Refused("The key was refused."), is_final=True)).report() == []


async def test_the_summary_of_an_unfinished_run_says_as_of_when() -> None:
    lines = await plain_story().sees(STARTED).fails(a_problem(is_final=True)).report()
    assert lines[2:] == [
        "● RUNNING  Login · run 214 · Default · https://shop.acme.example  (as of 16:02:11 UTC)",
        "no tests reported",
        "Watch again: tvtui watch 214",
    ]


async def test_an_unknown_state_is_reported_in_the_servers_own_word() -> None:
    lines = await plain_story().sees(ended(STARTED, "cancelled")).report()
    assert lines[0].startswith("16:02:11 ? cancelled ")
    assert lines[2].startswith("? CANCELLED ")


def test_the_summary_of_a_failed_run_without_tests_shows_the_end_of_its_log() -> None:
    log = "\n".join([*(f"line {number}" for number in range(9)), "\x1b[31mError: no tests found\x1b[39m", "", ""])
    run = replace(ended(STARTED, "failed"), log=log)
    assert summary(run, None, again=AGAIN, seen=CREATED)[2:] == [
        "⚠ failed, but no failed test was reported",
        "    End of the log:",
        *(f"    line {number}" for number in range(5, 9)),
        "    Error: no tests found",
        "Watch again: tvtui watch 214",
    ]
    without = replace(run, log=None)
    assert summary(without, None, again=AGAIN, seen=CREATED)[3:] == ["Watch again: tvtui watch 214"]


@pytest.mark.parametrize("status", ["cancelled", "running", "passed"])
def test_the_summary_of_a_run_that_did_not_fail_does_not_mention_failed_tests(status: str) -> None:
    run = replace(ended(STARTED, status), log="the log")
    assert summary(run, None, again=AGAIN, seen=CREATED)[2:] == ["Watch again: tvtui watch 214"]


def test_the_summary_omits_what_is_unknown() -> None:
    bare = a_run(status="passed", feature_name=None, config=None, site_url=None, started_utc=None, tests=())
    assert summary(bare, None, again=AGAIN, seen=CREATED)[0] == "✓ PASSED  run 214"
    backwards = ended(with_tests(STARTED, replace(LOCKED_OUT, error=None)), "failed")
    backwards = replace(backwards, finished_utc=CREATED - timedelta(days=1))
    assert summary(backwards, None, again=AGAIN, seen=CREATED)[1:] == [
        "0 passed, 1 failed, 1 total",
        "✗ Locked-out user sees an error",
        "Watch again: tvtui watch 214",
    ]


def test_the_summary_reports_what_is_doubtful_about_the_answer() -> None:
    tests = (SIGN_IN, LOCKED_OUT, 5)
    run = a_run(status="passed", tests=tests, summary={"total": 7, "passed": 7, "failed": 0, "other": 0})
    assert run.counts_disagree
    assert summary(run, None, again=AGAIN, seen=CREATED)[2:5] == [
        "⚠ passed, but 1 test failed",
        "⚠ 1 row could not be read",
        "⚠ the server's summary does not match its tests",
    ]


def test_the_summary_counts_the_errors_that_several_tests_have_in_common() -> None:
    errors = {"one": "waited 5 s", "two": "no row", "three": "waited 7 s", "four": "boom", "five": "no row"}
    run = with_tests(STARTED, *(a_case(name, status="failed", error=error) for name, error in errors.items()))
    common = ["2 failures: waited …", "2 failures: no row"]
    assert summary(run, None, seen=CREATED)[2:6] == [*common, "✗ one", "    waited 5 s"]
    assert summary(run, None, seen=CREATED, most=1)[2:] == [common[0], "✗ one", "    waited 5 s", "and 4 more"]
    assert len(summary(run, None, seen=CREATED, most=0)) == 2


def test_the_command_that_watches_it_again_can_be_pasted() -> None:
    again = ["tvtui", "watch", "214", "--server", "https://h/a b;rm"]
    assert (
        summary(QUEUED, None, again=again, seen=CREATED)[-1]
        == "Watch again: tvtui watch 214 --server 'https://h/a b;rm'"
    )


class TestEncoding:
    """Every line can be written, whatever the encoding."""

    def test_text_that_can_be_encoded_is_unchanged(self) -> None:
        assert encodable("✓ é 日本", "utf-8") == "✓ é 日本"
        assert encodable("✓", None) == "✓"

    @pytest.mark.parametrize(
        ("text", "encoding", "shown"),
        [
            ("✓ ✗ ● ◌ ↻ ⚠ a · b — c…", "ascii", "+ x * o ~ ! a - b - c..."),
            ("✓ é", "latin-1", "+ é"),
            ("✗ 日本", "ascii", "x ??"),
            ("\ud800", "utf-8", "?"),
        ],
    )
    def test_the_rest_is_replaced(self, text: str, encoding: str, shown: str) -> None:
        assert encodable(text, encoding) == shown

    async def test_a_whole_watch_in_ascii(self) -> None:
        raw = io.BytesIO()
        story = plain_story().sees(with_tests(STARTED, LOCKED_OUT))
        out = io.TextIOWrapper(raw, "ascii")
        await follow(
            story.watched, story.happen(), [Output(story.reporter, partial(print_lines, out))], clock=story.clock
        )
        assert raw.getvalue().startswith(b"16:02:11 * running   Login - run 214")


async def test_every_event_is_flushed_before_the_next_one_is_awaited() -> None:
    written: list[bytes] = []
    raw = io.BytesIO()
    story = plain_story().sees(QUEUED).sees(STARTED)
    out = io.TextIOWrapper(raw, "utf-8")

    async def events() -> AsyncIterator[Snapshot | Problem]:
        async for event in story.happen():
            yield event
            written.append(raw.getvalue())

    await follow(story.watched, events(), [Output(story.reporter, partial(print_lines, out))], clock=story.clock)
    assert [text.count(b"\n") for text in written] == [1, 2]


async def test_an_output_that_cannot_be_written_to_raises_to_the_caller() -> None:
    class Closed(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError(32, "Broken pipe")

    story = plain_story().sees(QUEUED)
    story.out = Closed()
    with pytest.raises(OutputError):
        await story.report()


async def test_what_is_new_is_said_beside_each_test_and_comes_first_in_the_summary() -> None:
    known, new = a_case("known", status="failed"), a_case("new", status="failed")
    story = Story(LinesReporter(AGAIN))
    story.watched.past = a_past(known="ffp", new="ppp", repaired="fpp")
    run = a_run(tests=[known, new, a_case("repaired")], **NAMED)
    lines = await story.sees(STARTED).sees(run, is_final=True).report()

    assert [line.split("  ")[-1] for line in lines[1:4]] == [
        "(failing since #212)",
        "(new failure)",
        "(fixed, was failing since #213)",
    ]
    summary_of_it = lines[lines.index("") + 1 :]
    assert summary_of_it[1] == "1 passed, 2 failed, 3 total in 35.0 s, 1 new, 1 fixed"
    assert [line for line in summary_of_it if line.startswith("✗ ")][1:] == [
        "✗ new  (new failure)",
        "✗ known  (failing since #212)",
    ]


async def test_a_recorded_problem_has_neither_a_next_try_nor_a_number_of_requests() -> None:
    lines = await plain_story().sees(STARTED).fails(a_problem(failures=0)).sees(STARTED, after=4.0).report()

    assert [line.split(maxsplit=1)[1] for line in lines[1:3]] == [
        "! problem   Cannot reach testvibe.acme.example. Check your network.",
        "↻ recovered after 4 s",
    ]


async def test_of_a_recording_the_end_alone_is_reported() -> None:
    story = Story(EndReporter(LinesReporter(()), is_first=True)).sees(STARTED).fails(a_problem())
    both = with_tests(STARTED, SIGN_IN, LOCKED_OUT)

    lines = await story.sees(ended(both, "failed"), is_final=True).report()
    assert [line.split()[2] for line in lines[:3]] == ["problem", "recovered", "Login"]
