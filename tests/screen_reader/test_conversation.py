"""A conversation about runs: what is told by itself, and what keys ask for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.builders import a_case, a_run, an_artifact
from tests.support.clock import FakeClock
from tests.support.server import FakeServer
from tests.support.watch import conversing
from tvtui.artifacts.downloads.queue import Report
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.screen_reader.downloads import SpokenDownloads
from tvtui.testvibe.errors import NotFound, Unreachable
from tvtui.testvibe.identity import ArtifactId
from tvtui.testvibe.models import Run

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


async def test_it_says_what_it_watches_and_how_to_leave_and_stays_after_the_end() -> None:
    async with conversing(a_run(status="passed")) as listener:
        assert listener.heard() == [
            "Watching run 214. Press ? for the keys, q to leave.",
            "passed: Login Functionality, run 214, Default, https://shop.acme.example",
            "passed: 3 tests until now",
            "ended: all 3 tests passed; it ran 35 seconds",
            "q leaves",
        ]
        assert await listener.waits(3600) == []
        assert not listener.holding.done()
        assert await listener.types("q") == ["left: run 214 passed"]
        assert listener.holding.done()


async def test_failures_one_after_the_other_around_the_end() -> None:
    async with conversing(a_run(tests=TWO)) as listener:
        assert listener.heard()[-1] == "n tells the failures, q leaves"
        assert await listener.types("n") == [
            "failure 1 of 2: first, after 4.2 seconds",
            *(f"line {n}" for n in range(5)),
            "2 more lines: e tells all",
        ]
        assert (await listener.types("n"))[0] == "failure 2 of 2: second, after 4.2 seconds"
        assert (await listener.types("n"))[0].startswith("failure 1 of 2")
        assert (await listener.types("N"))[0].startswith("failure 2 of 2")
        assert await listener.types("e") == ["error: second", "expect(locator).toBeVisible() failed"]


async def test_backwards_begins_with_the_last_and_e_without_a_failure_with_the_first() -> None:
    async with conversing(a_run(tests=TWO)) as listener:
        listener.heard()
        assert (await listener.types("N"))[0].startswith("failure 2 of 2")
    async with conversing(a_run(tests=TWO)) as listener:
        listener.heard()
        assert (await listener.types("e"))[0] == "error: first"
        assert (await listener.types("n"))[0].startswith("failure 2 of 2")


async def test_the_failure_is_kept_while_more_come() -> None:
    after = GOING.model_copy(update={"tests": (a_case("zeroth", status="failed"), *TWO)})
    async with conversing(GOING.model_copy(update={"tests": tuple(TWO)}), after) as listener:
        await listener.types("n")
        assert await listener.waits(2) == ["failed: zeroth, after 4.2 seconds"]
        assert (await listener.types("n"))[0].startswith("failure 3 of 3: second")


async def test_without_failures_it_says_so() -> None:
    async with conversing(GOING) as listener:
        listener.heard()
        assert await listener.types("n", "e") == ["no failure so far"] * 2
    async with conversing(a_run(tests=[], log="Error: it never began")) as listener:
        assert listener.heard()[-2:] == ["ended: no tests reported; it ran 35 seconds", "q leaves"]
        assert await listener.types("n") == ["no failure; l tells the end of the log"]
        assert await listener.types("l") == ["log: 1 line", "Error: it never began"]


async def test_the_state_now_with_its_age() -> None:
    async with conversing(GOING, Unreachable("Cannot reach it.")) as listener:
        await listener.waits(1)
        assert await listener.types("s") == [
            "running: for 31 seconds; no tests reported",
            "fresh: the server answered 1 second ago",
        ]
        await listener.waits(1)
        *standing, problem = await listener.types("s")
        assert standing == [
            "running: for 32 seconds; no tests reported",
            "old: the last good answer came 2 seconds ago",
        ]
        assert problem.startswith("problem: Cannot reach it. Next try in ")


async def test_contact_lost_and_recovered_in_words() -> None:
    async with conversing(GOING, Unreachable("Cannot reach it."), GOING) as listener:
        listener.heard()
        assert (await listener.waits(2))[0].startswith("problem: Cannot reach it. Next try in ")
        (recovered,) = await listener.waits(3)
        assert recovered.startswith("contact again: after ")
        assert recovered.endswith(" and 1 failed request")


async def test_asking_now_is_answered_also_after_the_end() -> None:
    async with conversing(a_run(status="passed"), a_run(status="passed")) as listener:
        listener.heard()
        asked = listener.server.asked
        assert await listener.types("r") == [
            "asking: run 214",
            "passed: ended 6 seconds ago; all 3 tests passed; it ran 35 seconds",
        ]
        assert listener.server.asked == asked + 1
        await listener.waits(60)
        assert (await listener.types("r"))[1].startswith("passed: ended 1 minute 6 seconds ago")


async def test_giving_up_is_no_end_of_the_conversation() -> None:
    async with conversing(GOING, Unreachable("Cannot reach it."), give_up_after=5) as listener:
        await listener.waits(2)
        heard = await listener.waits(8)
        assert heard[-1] == "given up: Cannot reach it. r asks again."
        listener.server.answers = [GOING]
        lines = await listener.types("r")
        assert lines[0] == "asking: run 214"
        assert lines[1].startswith("contact again: after ")
        assert lines[2].startswith("running: for ")


async def test_a_run_that_is_not_known_yet() -> None:
    async with conversing(NotFound("There is no run 214.")) as listener:
        assert "problem: There is no run 214. Next try in 2 seconds." in listener.heard()
        assert (await listener.types("s"))[0] == "unknown: there was no answer yet"
        assert await listener.types("a", "l", "d") == [
            "artifacts: there was no answer yet",
            "log: there was no answer yet",
            "artifacts: there was no answer yet",
        ]
        assert await listener.types("q") == ["left: run 214 was not seen"]


async def test_artifacts_by_number_with_a_guess_whose_they_are() -> None:
    async with conversing(a_run(artifacts=[an_artifact("report.html", kind="report"), an_artifact()])) as listener:
        await listener.types("n")
        assert await listener.types("a") == [
            "artifacts: 2 files",
            "1: report, report.html, 470 kibibytes",
            "2: trace, trace/locked-out-user.zip, 470 kibibytes, seems to be of this failure",
        ]


async def test_downloads_of_the_failure_and_by_number_tell_what_comes_of_them(tmp_path: Path) -> None:
    async with conversing(
        a_run(artifacts=[an_artifact("report.html", kind="report"), an_artifact()]), folder=tmp_path
    ) as it:
        await it.types("n")
        assert await it.types("d") == [
            "downloading: trace, trace/locked-out-user.zip, 470 kibibytes",
            "not saved: trace/locked-out-user.zip. trace/locked-out-user.zip is no longer in the server's list.",
        ]
        assert await it.types("D") == ["download: type a number from 1 to 2, and enter; a names them"]
        assert await it.types("1") == []
        assert (await it.types("\n"))[0] == "downloading: report, report.html, 470 kibibytes"
        assert await it.types("D", "7", "\n") == [
            "download: type a number from 1 to 2, and enter; a names them",
            "download: there is no artifact 7; a names those that there are",
        ]
        assert (await it.types("D", "\n"))[1:] == ["download: none"]
        assert (await it.types("D", "1", "s"))[1] == "download: none"


async def test_a_key_that_is_held_down_makes_no_number_that_cannot_be_read() -> None:
    async with conversing(a_run(artifacts=[an_artifact()])) as listener:
        assert (await listener.types("D", *"9" * 5000, "\n"))[-1] == (
            "download: there is no artifact 999999…; a names those that there are"
        )
    async with conversing(a_run(artifacts=[an_artifact()]), by_line=True) as listener:
        listener.heard()
        assert await listener.types("D " + "9" * 5000, "1" * 5000, "d trace.zip") == [
            "download: there is no artifact 999999…; a names those that there are",
            "unknown: there is no run number 111111…, but 1 run",
            "download: there is no artifact trace.zip; a names those that there are",
        ]


async def test_by_line_the_first_letter_counts_and_a_number_may_follow() -> None:
    async with conversing(a_run(artifacts=[an_artifact()]), by_line=True) as listener:
        assert listener.heard()[0] == "Watching run 214. Type ? and enter for the commands, q and enter to leave."
        assert (await listener.types("next"))[0].startswith("failure 1 of 1")
        assert await listener.types("") == []
        assert (await listener.types("d 1"))[0].startswith("downloading: trace")
        assert (await listener.types("D", " 1 "))[1].startswith("downloading: trace")
        assert (await listener.types("D", ""))[1:] == ["download: none"]
        assert (await listener.types("?"))[0] == "keys: each is followed by enter"
        await listener.types("quit")
        assert listener.holding.done()


async def test_several_runs_are_named_and_numbers_pick_one() -> None:
    async with conversing(FAILED, others={215: [checkout()]}) as listener:
        await listener.waits(3)
        listener_heard = await listener.types("s")
        assert [line.partition(":")[0] for line in listener_heard] == ["failed, run 214", "failed, run 215"]
        assert await listener.types("2") == [
            "number 2: run 215",
            "failed, run 215: ended 9 seconds ago; 1 failed, 0 passed, of 1 test; it ran 35 seconds",
        ]
        assert await listener.types("n") == ["failure 1 of 1, run 215: A voucher counts once", "Error: counted twice"]
        assert (await listener.types("n"))[0].startswith("failure 1 of 1, run 214: Locked-out")
        assert (await listener.types("N"))[0].startswith("failure 1 of 1, run 215")
        assert await listener.types("l") == ["log: No log: the service sends one only for runs that did not pass."]
        assert await listener.types("3") == ["unknown: there is no run number 3, but 2 runs"]
        assert (await listener.types("?"))[-2:] == ["1: speak of run 214", "2: speak of run 215"]
        assert await listener.types("q") == ["left: run 214 failed, run 215 failed"]


async def test_the_end_of_several_is_told_when_the_last_one_has_ended() -> None:
    going = checkout(status="running", tests=[], started_utc="2026-06-10T16:02:30Z")
    async with conversing(FAILED, others={215: [going, checkout()]}) as listener:
        assert "q leaves" not in " ".join(listener.heard())
        assert "n tells the failures, q leaves" in await listener.waits(6)


@pytest.mark.parametrize("key", ["x", "é", "日"])
async def test_an_unknown_key_is_told(key: str) -> None:
    async with conversing(GOING) as listener:
        listener.heard()
        assert await listener.types(key) == [f"unknown: {key}; ? tells the keys"]


async def test_keys_that_are_no_letters_say_nothing() -> None:
    async with conversing(GOING) as listener:
        listener.heard()
        assert await listener.types(" ", "\n", "\x1b", "\x7f") == []


async def test_a_bug_ends_it_as_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvtui.screen_reader.conversation.key_lines", lambda *_, **__: 1 / 0)
    async with conversing(GOING) as listener:
        listener.keys.queue.put_nowait("?")
        with pytest.raises(ZeroDivisionError):
            await listener.holding


async def test_so_does_an_output_that_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed() -> None:
        raise BrokenPipeError

    async with conversing(GOING) as listener:
        monkeypatch.setattr(listener.out, "flush", closed)
        listener.keys.queue.put_nowait("s")
        with pytest.raises(BrokenPipeError):
            await listener.holding


class Stored:
    """Downloads that stand so."""

    def __init__(self, *transfers: Transfer) -> None:
        self.transfers = transfers

    async def get(self, wanted: Sequence[ArtifactId], tell: Report) -> None:
        for transfer in self.transfers:
            tell(wanted[0], transfer)


async def test_what_has_come_of_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    clock = FakeClock()
    downloads = SpokenDownloads(FakeServer(clock), lambda _run_id: tmp_path, clock, said.extend)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "trace.zip"
    downloads._of_run[214] = Stored(  # type: ignore[assignment]  # all that is asked
        Transfer(Stage.WAITING),
        Transfer(Stage.DOWNLOADING, received=1),
        Transfer(Stage.DONE, path=path, note="Its name was changed."),
        Transfer(Stage.DONE, path=Path("/elsewhere/trace.zip"), was_there=True),
        Transfer(Stage.FAILED, note="The disk is full."),
        Transfer(Stage.CANCELLED),
    )
    await downloads.get(FAILED, [0])
    assert said == [
        "downloading: trace, trace/locked-out-user.zip, 470 kibibytes",
        "saved: trace.zip",
        "Its name was changed.",
        "was there already: /elsewhere/trace.zip",
        "not saved: trace/locked-out-user.zip. The disk is full.",
        "cancelled: trace/locked-out-user.zip; the next download goes on there",
    ]
    assert downloads.under_way == 0
