"""Several runs on one screen: runs that are closed, hidden or out of contact."""

from __future__ import annotations

import pytest

from tests.support.app import watching
from tests.support.builders import a_case, a_run
from tvtui.testvibe.errors import ClientError, Unreachable
from tvtui.testvibe.models import Run

DOWN = Unreachable("The server refused the connection.", "Check that it runs.")
ONE, OTHER = a_case("One", status="failed"), a_case("Other", status="failed")


def run(run_id: int, *tests: object, status: str = "running") -> Run:
    return a_run(run_id=run_id, status=status, **({"tests": tests} if tests else {}))


@pytest.mark.parametrize(
    ("first", "message"),
    [
        (run(214, ONE, OTHER, status="failed"), "Closed run 214 (2 failed). Its result still counts."),
        (run(214, a_case("Fine"), status="passed"), "Closed run 214 (passed). Its result still counts."),
        (run(214, a_case("Fine"), status="Passed"), "Closed run 214 (passed). Its result still counts."),
        (run(214, ONE), "Closed run 214 (1 failed)."),
        (DOWN, "Closed run 214."),
    ],
)
async def test_closing_a_run_is_confirmed(first: Run | ClientError, message: str) -> None:
    async with watching(first, others={215: [run(215)]}) as viewer:
        await viewer.press("x")
        await viewer.until(lambda: f"{message} Press u to undo." in viewer.toasts.splitlines())


async def test_the_offer_to_undo_goes_when_it_is_taken() -> None:
    async with watching(run(214, ONE), others={215: [run(215)], 216: [run(216)]}) as viewer:
        await viewer.press("x")
        await viewer.sees("Closed run 214 (1 failed). Press u to undo.")
        await viewer.press("x")
        await viewer.until(lambda: len(viewer.toasts.splitlines()) == 2)
        await viewer.press("u")
        await viewer.until(lambda: viewer.toasts == "Closed run 214 (1 failed). Press u to undo.")
        await viewer.press("u")
        await viewer.until(lambda: "Press u to undo." not in viewer.text)
        assert len(viewer.app.runs) == 3


@pytest.mark.parametrize("failed_first", [True, False])
async def test_the_app_stays_open_while_a_finished_run_can_be_read(failed_first: bool) -> None:
    ended, lost = [run(0, a_case("Fine"), status="passed")], [run(0), DOWN]
    first, second = (lost, ended) if failed_first else (ended, lost)
    for finished_late in (False, True):
        late = [run(0)] * 15 if finished_late else []
        one, two = ([*first], [*late, *second]) if failed_first else ([*late, *first], [*second])
        async with watching(*one, others={215: two}, give_up_after=10) as viewer:
            for _ in range(35):
                await viewer.wait(2)
            assert not any(each.is_polling for each in viewer.app.runs)
            assert viewer.app.is_running


async def test_it_quits_when_contact_with_every_run_is_lost() -> None:
    async with watching(run(214), DOWN, others={215: [run(215), run(215), DOWN]}, give_up_after=10) as viewer:
        for _ in range(20):
            await viewer.wait(2)
        await viewer.until(lambda: not viewer.app.is_running)


async def test_another_failure_in_place_of_a_retried_one_is_new() -> None:
    retried = [run(215, ONE), run(215, ONE), run(215, a_case("One"), OTHER)]
    async with watching(run(214), others={215: retried}) as viewer:
        other = viewer.app.runs[1]
        other.mark_read()
        assert other.unread == 0
        await viewer.until(lambda: other.snapshot)
        other.mark_read()
        await viewer.wait(8)
        assert other.snapshot is not None
        assert other.snapshot.run.counts.failed == 1
        assert other.unread == 1


async def test_failures_behind_the_board_stay_unread() -> None:
    async with watching(run(214), run(214, ONE), others={215: [run(215)]}, board=True) as viewer:
        shown = viewer.app.shown
        await viewer.wait(10)
        assert shown.unread == 1
        await viewer.press("B")
        assert shown.unread == 0


@pytest.mark.parametrize("times", [1, 3])
async def test_refreshing_again_and_again_watches_a_run_once(times: int) -> None:
    async with watching(run(214, ONE, status="failed")) as viewer:
        await viewer.wait(120)
        assert not viewer.app.runs.is_polling
        viewer.server.answers = [run(214, ONE)]
        asked = viewer.server.asked
        await viewer.burst(*["r"] * times)
        await viewer.wait(20)
        # every 2 s from the first key on, and once for each other key
        assert viewer.server.asked == asked + 11 + times - 1
        assert viewer.server.most_under_way == 1


@pytest.mark.parametrize("keys", ["rrx", "rx"])
async def test_a_run_that_was_refreshed_and_closed_is_no_longer_polled(keys: str) -> None:
    async with watching(run(214, ONE, status="failed"), others={215: [run(215, status="passed")]}) as viewer:
        await viewer.wait(120)
        assert not viewer.app.runs.is_polling
        viewer.server.answers = [run(214, ONE)]
        await viewer.burst(*keys)
        await viewer.until(lambda: [each.run_id for each in viewer.app.runs] == [215])
        asked = viewer.server.asked
        await viewer.wait(20)
        assert viewer.server.asked == asked
        assert not viewer.app.runs.is_polling
