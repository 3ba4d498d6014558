"""The screen-reader mode: what it reports on its own, and how it responds to keys."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.builders import a_case, a_run, an_artifact
from tests.support.ci import commands
from tests.support.clock import settle
from tests.support.past import a_past
from tests.support.watch import conversing, never_return
from tvtui import demo
from tvtui.artifacts.downloads.queue import Report
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.cli.exit_codes import ExitCode, exit_code
from tvtui.demo.hostile import TEXTS
from tvtui.screen_reader.downloads import SpokenDownloads
from tvtui.screen_reader.phrases import artifact_lines, error_lines, failure_lines, key_lines, log_lines
from tvtui.screen_reader.traces import trace_lines
from tvtui.testvibe.errors import ClientError, NotFound, Refused, Unreachable
from tvtui.testvibe.identity import ArtifactId
from tvtui.testvibe.models import Run
from tvtui.text.output import OutputError

VOUCHER = a_case("A voucher counts once", status="failed", error="Error: counted twice", duration_ms=None)
FAILED = a_run()
GOING = a_run(status="running", started_utc="2026-06-10T16:02:30Z")
TWO = [
    a_case("first", status="failed", error="\n".join(f"line {n}" for n in range(7))),
    a_case("second", status="failed"),
]


def checkout(**fields: object) -> Run:
    return a_run(
        **{"run_id": 215, "feature_name": "Checkout", "tests": [VOUCHER], "artifacts": [], "log": None, **fields}
    )


async def test_it_names_the_run_and_the_keys_and_stays_open_after_the_end() -> None:
    async with conversing(a_run(status="passed")) as listener:
        assert listener.new_lines() == [
            "Watching run 214. Press ? for help, q to quit.",
            "passed: Login Functionality, run 214, Default, https://shop.acme.example",
            "passed: 3 tests so far",
            "ended: all 3 tests passed; ran for 35 seconds",
            "press q to quit",
        ]
        assert await listener.waits(3600) == []
        assert not listener.running.done()
        assert await listener.types("q") == ["quit: run 214 passed"]
        assert listener.running.done()


async def test_nothing_that_a_server_sends_is_a_command_to_a_ci_system() -> None:
    texts = [text for what, text in TEXTS.items() if what.startswith("CI")]
    tests = [a_case(text, status="failed", error="\n".join(texts)) for text in texts]
    artifacts = [an_artifact(text, kind=text) for text in texts]
    run = a_run(tests=tests, artifacts=artifacts, log="\n".join(texts), feature_name=texts[0], site_url=texts[1])
    async with conversing(run) as listener:
        await listener.types(*"nelLas")
        assert "## [add-mask]" in listener.out.getvalue()
        assert commands(listener.out.getvalue()) == []


async def test_failures_are_stepped_through_and_wrap_around() -> None:
    async with conversing(a_run(tests=TWO)) as listener:
        assert listener.new_lines()[-1] == "press n for failures, q to quit"
        assert await listener.types("n") == [
            "failure 1 of 2: first, after 4.2 seconds",
            *(f"line {n}" for n in range(5)),
            "2 more lines: press e for all",
        ]
        assert (await listener.types("n"))[0] == "failure 2 of 2: second, after 4.2 seconds"
        assert (await listener.types("n"))[0].startswith("failure 1 of 2")
        assert (await listener.types("N"))[0].startswith("failure 2 of 2")
        assert await listener.types("e") == ["error: second", "expect(locator).toBeVisible() failed"]


async def test_new_failures_come_first_and_each_says_what_earlier_runs_say() -> None:
    async with conversing(a_run(tests=TWO)) as listener:
        listener.new_lines()
        listener.runs[0].past = a_past(first="fp", second="pp")
        assert (await listener.types("n"))[0] == "failure 1 of 2: second, after 4.2 seconds; new failure"
        assert (await listener.types("n"))[0] == "failure 2 of 2: first, after 4.2 seconds; failing since run 213"


async def test_stepping_back_starts_with_the_last_failure_and_e_with_the_first() -> None:
    async with conversing(a_run(tests=TWO)) as listener:
        listener.new_lines()
        assert (await listener.types("N"))[0].startswith("failure 2 of 2")
    async with conversing(a_run(tests=TWO)) as listener:
        listener.new_lines()
        assert (await listener.types("e"))[0] == "error: first"
        assert (await listener.types("n"))[0].startswith("failure 2 of 2")


async def test_the_selected_failure_is_kept_while_more_arrive() -> None:
    after = replace(GOING, tests=(a_case("zeroth", status="failed"), *TWO))
    async with conversing(replace(GOING, tests=tuple(TWO)), after) as listener:
        await listener.types("n")
        assert await listener.waits(2) == ["failed: zeroth, after 4.2 seconds"]
        assert (await listener.types("n"))[0].startswith("failure 3 of 3: second")


async def test_without_failures_it_says_so() -> None:
    async with conversing(GOING) as listener:
        listener.new_lines()
        assert await listener.types("n", "e") == ["no failures so far"] * 2
    async with conversing(a_run(tests=[], log="Error: it never began")) as listener:
        assert listener.new_lines()[-2:] == [
            "ended: no tests reported; ran for 35 seconds; failed, but no failed test was reported",
            "press q to quit",
        ]
        assert await listener.types("n") == ["no failures; press l for the end of the log"]
        assert await listener.types("l") == ["log: 1 line", "Error: it never began"]


async def test_a_server_that_stays_silent_is_not_called_live() -> None:
    async with conversing(GOING) as listener:
        listener.server.answers = [never_return]
        await listener.waits(3)
        # a refresh is followed by the status once there is an answer, which a late one is not
        assert await listener.types("r") == ["refreshing: run 214"]
        assert await listener.waits(5) == []
        assert (await listener.types("s"))[1:] == ["stale: last updated 8 seconds ago"]


async def test_the_current_state_has_its_age() -> None:
    async with conversing(GOING, Unreachable("Cannot reach it.")) as listener:
        await listener.waits(1)
        assert await listener.types("s") == [
            "running: for 31 seconds; no tests reported",
            "live: updated 1 second ago",
        ]
        await listener.waits(1)
        *standing, problem = await listener.types("s")
        assert standing == [
            "running: for 32 seconds; no tests reported",
            "stale: last updated 2 seconds ago",
        ]
        assert problem.startswith("problem: Cannot reach it. Next try in ")


async def test_a_lost_and_a_recovered_connection_are_reported() -> None:
    async with conversing(GOING, Unreachable("Cannot reach it."), GOING) as listener:
        listener.new_lines()
        assert (await listener.waits(2))[0].startswith("problem: Cannot reach it. Next try in ")
        (recovered,) = await listener.waits(3)
        assert recovered.startswith("recovered: after ")
        assert recovered.endswith(" and 1 failed request")


async def test_a_refresh_is_answered_even_after_the_end() -> None:
    async with conversing(a_run(status="passed"), a_run(status="passed")) as listener:
        listener.new_lines()
        asked = listener.server.asked
        assert await listener.types("r") == [
            "refreshing: run 214",
            "passed: ended 6 seconds ago; all 3 tests passed; ran for 35 seconds",
        ]
        assert listener.server.asked == asked + 1
        await listener.waits(60)
        assert (await listener.types("r"))[1].startswith("passed: ended 1 minute 6 seconds ago")


async def test_giving_up_does_not_end_the_conversation() -> None:
    async with conversing(GOING, Unreachable("Cannot reach it."), give_up_after=5) as listener:
        await listener.waits(2)
        lines = await listener.waits(8)
        assert lines[-1] == "gave up: Cannot reach it. Press r to retry."
        listener.server.answers = [GOING]
        lines = await listener.types("r")
        assert lines[0] == "refreshing: run 214"
        assert lines[1].startswith("recovered: after ")
        assert lines[2].startswith("running: for ")


async def test_it_ends_when_the_time_is_up() -> None:
    async with conversing(GOING, max_time=30) as listener:
        await listener.waits(29.9)
        assert not listener.running.done()
        assert (await listener.waits(0.1))[-1] == "quit: run 214 running"
        assert listener.running.done()
        assert [exit_code(watched) for watched in listener.runs] == [ExitCode.LOST]


@pytest.mark.parametrize(
    ("error", "code"), [(Refused("The key was rejected."), ExitCode.REFUSED), (NotFound("Gone."), ExitCode.NOT_FOUND)]
)
async def test_quitting_while_only_the_user_could_go_on(error: ClientError, code: ExitCode) -> None:
    async with conversing(GOING, error) as listener:
        await listener.waits(300)
        assert not listener.running.done()
        await listener.types("q")
        assert listener.running.done()
        assert [exit_code(watched) for watched in listener.runs] == [code]


async def test_a_run_without_any_answer() -> None:
    async with conversing(NotFound("Run 214 was not found.")) as listener:
        assert "problem: Run 214 was not found. Next try in 2 seconds." in listener.new_lines()
        assert (await listener.types("s"))[0] == "unknown: no response from the server yet"
        assert await listener.types("a", "l", "d") == [
            "artifacts: no response from the server yet",
            "log: no response from the server yet",
            "artifacts: no response from the server yet",
        ]
        assert await listener.types("q") == ["quit: run 214 unknown"]


async def test_artifacts_are_numbered_and_marked_if_they_probably_belong_to_the_failure() -> None:
    async with conversing(a_run(artifacts=[an_artifact("report.html", kind="report"), an_artifact()])) as listener:
        await listener.types("n")
        assert await listener.types("a") == [
            "artifacts: 2 files",
            "1: report, report.html, 470 kilobytes",
            "2: trace, trace/locked-out-user.zip, 470 kilobytes, probably belongs to this failure",
        ]


async def test_downloads_for_the_failure_and_by_number(tmp_path: Path) -> None:
    async with conversing(
        a_run(artifacts=[an_artifact("report.html", kind="report"), an_artifact()]), folder=tmp_path
    ) as it:
        await it.types("n")
        assert await it.types("d") == [
            "downloading: trace, trace/locked-out-user.zip, 470 kilobytes",
            "not saved: trace/locked-out-user.zip. trace/locked-out-user.zip is no longer in the server's list.",
        ]
        assert await it.types("D") == ["download: type a number from 1 to 2, then Enter; press a for the list"]
        assert await it.types("1") == []
        assert (await it.types("\n"))[0] == "downloading: report, report.html, 470 kilobytes"
        assert await it.types("D", "7", "\n") == [
            "download: type a number from 1 to 2, then Enter; press a for the list",
            "download: no artifact 7; press a for the list",
        ]
        assert (await it.types("D", "\n"))[1:] == ["download: canceled"]
        assert (await it.types("D", "1", "s"))[1] == "download: canceled"


async def test_a_digit_key_that_is_held_down_does_not_break_anything() -> None:
    async with conversing(a_run(artifacts=[an_artifact()])) as listener:
        assert (await listener.types("D", *"9" * 5000, "\n"))[-1] == (
            "download: no artifact 999999…; press a for the list"
        )
    async with conversing(a_run(artifacts=[an_artifact()]), by_line=True) as listener:
        listener.new_lines()
        assert await listener.types("D " + "9" * 5000, "1" * 5000, "d trace.zip") == [
            "download: no artifact 999999…; press a for the list",
            "unknown: no run number 111111…; watching 1 run",
            "download: no artifact trace.zip; press a for the list",
        ]


async def test_the_digits_of_an_unknown_run_are_one_number() -> None:
    unknown = ["unknown: no run number 9; watching 1 run"]
    async with conversing(a_run(artifacts=[])) as listener:
        assert (await listener.types("D", "9", "9", "9"))[-1:] == unknown
        assert await listener.types("9") == []
        assert (await listener.types("\n", "9")) == unknown
        await listener.waits(2)
        assert await listener.types("9") == unknown


async def test_in_line_mode_the_first_letter_counts_and_a_number_may_follow() -> None:
    async with conversing(a_run(artifacts=[an_artifact()]), by_line=True) as listener:
        assert listener.new_lines()[0] == "Watching run 214. Type ? and Enter for help, q and Enter to quit."
        assert (await listener.types("next"))[0].startswith("failure 1 of 1")
        assert await listener.types("") == []
        assert (await listener.types("d 1"))[0].startswith("downloading: trace")
        assert (await listener.types("D", " 1 "))[1].startswith("downloading: trace")
        assert (await listener.types("D", ""))[1:] == ["download: canceled"]
        assert (await listener.types("?"))[0] == "commands: press Enter after each"
        await listener.types("quit")
        assert listener.running.done()


async def test_several_runs_are_named_and_selected_by_number() -> None:
    async with conversing(FAILED, others={215: [checkout()]}) as listener:
        await listener.waits(3)
        status = await listener.types("s")
        assert [line.partition(":")[0] for line in status] == ["failed, run 214", "failed, run 215"]
        assert await listener.types("2") == [
            "selected: run 215",
            "failed, run 215: ended 9 seconds ago; 1 failed, 0 passed, 1 test in total; ran for 35 seconds",
        ]
        assert await listener.types("n") == ["failure 1 of 1, run 215: A voucher counts once", "Error: counted twice"]
        assert (await listener.types("n"))[0].startswith("failure 1 of 1, run 214: Locked-out")
        assert (await listener.types("N"))[0].startswith("failure 1 of 1, run 215")
        assert await listener.types("l") == ["log: No log. The service sends one only for runs that did not pass."]
        assert await listener.types("3") == ["unknown: no run number 3; watching 2 runs"]
        assert (await listener.types("?"))[-2:] == ["1: select run 214", "2: select run 215"]
        assert await listener.types("q") == ["quit: run 214 failed, run 215 failed"]


async def test_the_end_of_several_runs_is_reported_when_the_last_one_has_ended() -> None:
    going = checkout(status="running", tests=[], started_utc="2026-06-10T16:02:30Z")
    async with conversing(FAILED, others={215: [going, checkout()]}) as listener:
        assert "press q to quit" not in " ".join(listener.new_lines())
        assert "press n for failures, q to quit" in await listener.waits(6)


@pytest.mark.parametrize("key", ["x", "é", "日"])
async def test_an_unknown_key_is_reported(key: str) -> None:
    async with conversing(GOING) as listener:
        listener.new_lines()
        assert await listener.types(key) == [f"unknown key: {key}; press ? for help"]


async def test_unprintable_keys_are_ignored() -> None:
    async with conversing(GOING) as listener:
        listener.new_lines()
        assert await listener.types(" ", "\n", "\x1b", "\x7f") == []


async def test_stepping_starts_in_the_selected_run() -> None:
    others = {run_id: [a_run(run_id=run_id, tests=TWO)] for run_id in (215, 216)}
    async with conversing(a_run(tests=TWO), others=others) as listener:
        await listener.waits(3)
        assert (await listener.types("N"))[0].startswith("failure 2 of 2, run 214: second")
        await listener.types("2")
        assert (await listener.types("n"))[0].startswith("failure 1 of 2, run 215: first")
        await listener.types("2")
        assert (await listener.types("N"))[0].startswith("failure 2 of 2, run 215: second")


async def test_a_refresh_reports_a_new_problem_once_and_an_old_one_again() -> None:
    async with conversing(GOING, Unreachable("Cannot reach it.")) as listener:
        listener.new_lines()
        asked, problem = await listener.types("r")
        assert asked == "refreshing: run 214"
        assert problem.startswith("problem: Cannot reach it. Next try in ")
        assert [line.partition(":")[0] for line in await listener.types("r")] == [
            "refreshing",
            "running",
            "stale",
            "problem",
        ]


async def test_a_number_of_six_digits_is_reported_in_full() -> None:
    async with conversing(a_run(artifacts=[an_artifact()]), by_line=True) as listener:
        listener.new_lines()
        assert await listener.types("D 999999") == ["download: no artifact 999999; press a for the list"]


async def test_the_help_names_the_keys_and_several_runs() -> None:
    async with conversing(FAILED) as listener:
        listener.new_lines()
        lines = await listener.types("?")
        assert lines[:3] == [
            "keys: no Enter needed",
            "n: next failure, with the first lines of its error",
            "capital N: previous failure",
        ]
        assert lines[-1] == "q: quit"
        assert "capital D: download one artifact, after you type its number in the list of artifacts" in lines
        assert await listener.types("h") == lines
    commands = {"q": "quit"}
    assert key_lines(commands, [214, 215], by_line=False)[1:] == ["q: quit", "1: select run 214", "2: select run 215"]


def test_texts_that_just_fit_are_not_cut() -> None:
    five, many = (a_case("t", status="failed", error="x\n" * count) for count in (5, 500))
    assert failure_lines(FAILED, five, "failure 1 of 1")[1:] == ["x"] * 5
    assert error_lines(FAILED, many)[1:] == ["x"] * 500
    ten, most = (a_run(log="x\n" * count) for count in (10, 500))
    assert log_lines(ten, 10)[0] == "log: 10 lines"
    assert log_lines(most, 10)[0] == "log: last 10 of 500 lines; press capital L for all"
    files = [an_artifact(f"{n}.zip") for n in range(51)]
    assert artifact_lines(a_run(artifacts=files[:50]), (), is_final=True)[-1].startswith("50: ")
    assert artifact_lines(a_run(artifacts=files), (), is_final=True)[-1] == "omitted: 1 more file"


class BrokenOutput(io.StringIO):
    """An output that raises an error once there is one to raise."""

    error: Exception | None = None

    def flush(self) -> None:
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize("error", [ZeroDivisionError(), OutputError()], ids=["bug", "closed output"])
async def test_an_error_while_a_key_is_answered_ends_it_unwrapped(error: Exception) -> None:
    out = BrokenOutput()
    async with conversing(GOING, out=out) as listener:
        out.error = error
        listener.keys.queue.put_nowait("?")
        with pytest.raises(type(error)):
            await listener.running


class FakeDownloader:
    """Reports these states of the first artifact, whatever is requested, and waits for the gate after the first one."""

    def __init__(self, *transfers: Transfer) -> None:
        self.transfers = transfers
        self.gate = asyncio.Event()

    async def get(self, wanted: Sequence[ArtifactId], report: Report) -> None:
        for transfer in self.transfers:
            report(wanted[0], transfer)
            await self.gate.wait()


async def test_the_result_of_each_download_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    downloader = FakeDownloader(
        Transfer(Stage.WAITING),
        Transfer(Stage.DOWNLOADING, received=1),
        Transfer(Stage.DONE, path=tmp_path / "trace.zip", note="Its name was changed."),
        Transfer(Stage.DONE, path=Path("/elsewhere/trace.zip"), was_there=True),
        Transfer(Stage.FAILED, note="The disk is full."),
        Transfer(Stage.CANCELLED),
    )
    downloader.gate.set()
    monkeypatch.chdir(tmp_path)
    await SpokenDownloads(lambda _run_id: downloader, said.extend).get(FAILED, [0])
    assert said == [
        "downloading: trace, trace/locked-out-user.zip, 470 kilobytes",
        "saved: trace.zip",
        "Its name was changed.",
        "already downloaded: /elsewhere/trace.zip",
        "not saved: trace/locked-out-user.zip. The disk is full.",
        "canceled: trace/locked-out-user.zip; the next download resumes it",
    ]


async def test_an_artifact_that_is_requested_twice_is_counted_once_and_only_until_it_is_done(tmp_path: Path) -> None:
    downloader = FakeDownloader(Transfer(Stage.WAITING), Transfer(Stage.DONE, path=tmp_path / "trace.zip"))
    downloads = SpokenDownloads(lambda _run_id: downloader, lambda _lines: None)
    tasks = [asyncio.ensure_future(downloads.get(FAILED, [0])) for _ in range(2)]
    await settle()
    assert downloads.under_way == 1
    downloader.gate.set()
    await asyncio.gather(*tasks)
    assert downloads.under_way == 0


SAMPLES = Path(__file__).parents[1] / "trace" / "samples"


async def test_a_key_says_what_the_trace_of_a_failure_says() -> None:
    path = SAMPLES / "1.65.1-order-opens-after-sign-in.zip"
    downloads = FakeDownloader(Transfer(Stage.DONE, path=path))
    downloads.gate.set()
    async with conversing(FAILED, downloads=downloads) as listener:
        await listener.types("t")
        async with asyncio.timeout(10):
            while "just before it" not in listener.out.getvalue():
                await asyncio.sleep(0.005)
                await settle()
        said = listener.out.getvalue()
        assert "saved: " in said
        assert said.endswith(
            "failing step: Click, getByRole('link', { name: 'Order 1042' }), after 0.8 seconds\n"
            "place: account.spec.js:22:56\n"
            "error: TimeoutError: locator.click: Timeout 800ms exceeded.\n"
            "log of the step: 1 line\n"
            "waiting for getByRole('link', { name: 'Order 1042' })\n"
            "just before it: page error: TypeError: Cannot read properties of undefined (reading 'length')\n"
        )


async def test_a_failure_without_a_trace_says_so() -> None:
    async with conversing(a_run(tests=TWO, artifacts=[])) as listener:
        listener.new_lines()
        assert await listener.types("t") == ["trace: none found for first; press a for the list of artifacts"]
    async with conversing(a_run(tests=[])) as listener:
        listener.new_lines()
        assert (await listener.types("t"))[0].startswith("no failures")


def test_what_traces_say() -> None:
    def said(name: str) -> list[str]:
        return trace_lines(SAMPLES / f"{name}.zip")

    assert said("1.65.1-articles-are-sorted-by-price") == [
        "failed outside of any step",
        "place: checkout.spec.js:39:13",
        "error: Error: not sorted by price: 3.4 stands behind 12.9",
    ]
    assert said("1.65.1-cookie-banner-does-not-stand-in-the-way") == ["trace: nothing failed in 18 steps"]
    repeated = said("1.60.0-voucher-lowers-the-total")
    assert repeated[repeated.index("log of the step: 4 lines") + 3].startswith("6 × locator resolved to <strong")
    long = trace_lines(Path(demo.__file__).parent / "artifacts" / "trace" / "card-colour-changed.zip")
    assert "log of the step: last 10 of 21 lines" in long
    assert said("missing")[0].startswith("trace: ")
