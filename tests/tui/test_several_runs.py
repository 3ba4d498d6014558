"""Several runs on one screen: tabs, keys, and a run that is started once more."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.support.app import watching
from tests.support.builders import a_case, a_run
from tvtui.cli.screen import judged
from tvtui.testvibe.errors import Conflict, Uncertain
from tvtui.testvibe.models import Run
from tvtui.tui.widgets.run_tabs import RunTabs

BROKEN = a_case("Locked-out user sees an error", status="failed", error="Error: locked out")
VOUCHER = a_case("A voucher counts once", status="failed", error="Error: counted twice")


def checkout(**fields: object) -> Run:
    return a_run(**{"run_id": 215, "feature_name": "Checkout", "feature_id": 13, **fields})


def search(run_id: int = 216) -> Run:
    return a_run(run_id=run_id, feature_name="Search", status="passed")


def going(**fields: object) -> Run:
    return checkout(status="running", **fields)


LOGIN = a_run()
SEVERAL = {215: [checkout(tests=[VOUCHER])], 216: [search()]}


async def test_one_run_has_no_tabs() -> None:
    async with watching(LOGIN) as viewer:
        assert not viewer.screen.query_one(RunTabs).display


async def test_each_run_has_a_tab_with_its_state_and_counts_and_the_total() -> None:
    async with watching(LOGIN, others=SEVERAL) as viewer:
        await viewer.sees("3 ✓ #216 Search 3/3")
        line = viewer.text.splitlines()[0]
        assert "1 ✗ #214 Login Functionality ✗1" in line
        assert "2 ✗ #215 Checkout ✗1" in line
        assert line.rstrip().endswith("3 runs  ✓ 5  ✗ 2")


async def test_their_keys_show_them_and_each_keeps_its_place() -> None:
    async with watching(LOGIN, others=SEVERAL) as viewer:
        await viewer.press("down", "down")
        await viewer.press("2")
        await viewer.sees("Checkout · run 215")
        await viewer.sees("counted twice")
        await viewer.press("3")
        await viewer.sees("Search · run 216")
        await viewer.press("4")
        await viewer.press("1")
        await viewer.sees("Login Functionality · run 214")
        assert viewer.screen.row is not None
        assert viewer.screen.row.case.name == "Invalid password is rejected"


async def test_n_past_the_last_failure_goes_on_with_the_next_run_that_has_one() -> None:
    async with watching(LOGIN, others={216: [search()], 215: [checkout(tests=[VOUCHER, BROKEN])]}) as viewer:
        await viewer.sees("#215 Checkout ✗2")
        await viewer.press("n")
        await viewer.sees("Checkout · run 215")
        assert viewer.screen.place == "failure 1 of 2"
        await viewer.press("n", "n")
        await viewer.sees("Login Functionality · run 214")
        await viewer.press("N")
        await viewer.sees("Checkout · run 215")
        await viewer.until(lambda: viewer.screen.place == "failure 2 of 2")


async def test_failures_that_came_unseen_are_told_until_somebody_looks() -> None:
    others = {215: [going(), going(tests=[VOUCHER]), going(tests=[VOUCHER, BROKEN])]}
    async with watching(LOGIN, others=others) as viewer:
        await viewer.sees("● #215")
        await viewer.wait(3)
        await viewer.sees("#215 Checkout ✗1 •1 new")
        await viewer.wait(2)
        await viewer.sees("#215 Checkout ✗2 •2 new")
        await viewer.press("2")
        await viewer.sees("Checkout · run 215")
        assert "new" not in viewer.text.splitlines()[0]
        await viewer.press("1")
        await viewer.sees("run 214")
        assert "new" not in viewer.text.splitlines()[0]


async def test_a_bad_connection_is_told_in_the_tab() -> None:
    async with watching(LOGIN, others={215: [Uncertain("It failed.")]}) as viewer:
        await viewer.sees("2 … #215 ⚠")


async def test_a_click_on_a_tab_shows_its_run() -> None:
    async with watching(LOGIN, others=SEVERAL) as viewer:
        await viewer.sees("#215 Checkout")
        at = viewer.text.splitlines()[0].index("#215")
        await viewer.pilot.click(RunTabs, offset=(at, 0))
        await viewer.sees("Checkout · run 215")


@pytest.mark.parametrize("width", [20, 40, 58, 80])
async def test_narrow_screens_show_the_tabs_that_fit_and_a_sign_for_the_rest(width: int) -> None:
    others = {number: [checkout(run_id=number)] for number in range(215, 223)}
    async with watching(LOGIN, others=others, size=(width, 20)) as viewer:
        await viewer.press("5")
        await viewer.until(lambda: "#218" in viewer.text.splitlines()[0])
        line = viewer.text.splitlines()[0]
        assert len(line) <= width
        assert line.count("…") >= (1 if width < 80 else 0)


async def test_a_run_can_be_added_and_closed() -> None:
    async with watching(LOGIN) as viewer:
        viewer.server.others = {215: [checkout()]}
        await viewer.press("x")
        await viewer.press("plus")
        await viewer.sees("Add a run to watch")
        await viewer.press(*"two", "enter")
        await viewer.sees("'two' is not a run ID")
        await viewer.press("backspace", "backspace", "backspace", *"215", "enter")
        await viewer.sees("Checkout · run 215")
        await viewer.press("x")
        await viewer.sees("Login Functionality · run 214")
        await viewer.until(lambda: not viewer.screen.query_one(RunTabs).display)
        asked = viewer.server.asked
        await viewer.wait(60)
        assert [each.run_id for each in viewer.app.runs] == [214]
        assert viewer.server.asked == asked + 3, "only the artifacts of run 214 are still looked for"


async def test_the_prompt_can_be_left() -> None:
    async with watching(LOGIN) as viewer:
        await viewer.press("plus")
        await viewer.sees("Add a run to watch")
        await viewer.press("escape")
        await viewer.until(lambda: "Add a run to watch" not in viewer.text)
        assert len(viewer.app.runs) == 1


async def test_requests_of_several_runs_are_spread_over_the_interval() -> None:
    async with watching(going(run_id=214), others={215: [going()], 216: [going(run_id=216)]}) as viewer:
        await viewer.until(lambda: viewer.server.asked == 3)
        counts = []
        for _ in range(6):
            await viewer.wait(0.7)
            counts.append(viewer.server.asked)
        assert counts == [3, 3, 4, 5, 6, 7]


class TestRunAgain:
    """`R`."""

    async def test_asks_once_then_watches_the_new_run_with_the_old_one_a_key_away(self) -> None:
        async with watching(LOGIN) as viewer:
            viewer.server.others = {215: [a_run(run_id=215, status="running")]}
            await viewer.press("R")
            await viewer.sees("Run Login Functionality again on Default at shop.acme.example?")
            assert viewer.server.dispatched == []
            await viewer.press("y")
            await viewer.sees("RUNNING")
            assert viewer.server.dispatched == [(12, "Default", "https://shop.acme.example")]
            assert "run 215" in viewer.text
            await viewer.press("1")
            await viewer.sees("FAILED")

    @pytest.mark.parametrize("key", ["n", "escape"])
    async def test_no_is_no(self, key: str) -> None:
        async with watching(LOGIN) as viewer:
            await viewer.press("R")
            await viewer.sees("again on Default")
            await viewer.press(key)
            await viewer.until(lambda: "again on Default" not in viewer.text)
            assert viewer.server.dispatched == []

    @pytest.mark.parametrize(
        ("error", "told"),
        [
            (Conflict("acme.example returned 409. The server says: [b]not generated[/b]."), "[b]not generated[/b]"),
            (Uncertain("It did not respond within 10 s."), "may or may not have started"),
        ],
    )
    async def test_what_goes_wrong_is_said_and_nothing_is_tried_again(self, error: Exception, told: str) -> None:
        async with watching(LOGIN, size=(160, 36)) as viewer:
            viewer.server.dispatch = error
            await viewer.press("R", "y")
            await viewer.until(lambda: "".join(told.split()) in re.sub(r"[\s▌│─╯]", "", viewer.text))
            await viewer.wait(120)
            assert len(viewer.server.dispatched) == 1
            assert len(viewer.app.runs) == 1

    async def test_without_a_number_the_features_name_will_do(self) -> None:
        async with watching(a_run(feature_id=None, config=None, site_url=None)) as viewer:
            viewer.server.others = {215: [a_run(run_id=215)]}
            await viewer.press("R")
            await viewer.sees("Run Login Functionality again?")
            await viewer.press("enter")
            await viewer.until(lambda: viewer.server.dispatched == [("Login Functionality", None, None)])

    async def test_a_run_of_nothing_known_cannot_be_started_again(self) -> None:
        async with watching(a_run(feature_id=None, feature_name=None)) as viewer:
            await viewer.press("R")
            assert len(viewer.app.screen_stack) == 1

    async def test_nothing_that_is_asked_meanwhile_ends_it(self) -> None:
        async with watching(LOGIN) as viewer:
            viewer.server.others = {215: [a_run(run_id=215, status="running")], 216: [search()]}
            viewer.server.dispatch_gate = asyncio.Event()
            await viewer.press("R", "y")
            await viewer.until(lambda: viewer.server.dispatched)
            await viewer.press("R")
            await viewer.until(lambda: "is being started: wait for the answer." in viewer.toasts)
            await viewer.press("plus", *"216")
            viewer.server.dispatch_gate.set()
            await viewer.until(lambda: "Run 215 has started, and has a tab." in viewer.toasts)
            await viewer.press("enter")
            await viewer.sees("Search · run 216")
            assert [each.run_id for each in viewer.app.runs] == [214, 215, 216]
            assert len(viewer.server.dispatched) == 1
            assert viewer.app.starting == ""

    async def test_who_leaves_meanwhile_is_told_that_nobody_knows(self) -> None:
        async with watching(LOGIN) as viewer:
            viewer.server.dispatch_gate = asyncio.Event()
            await viewer.press("R", "y")
            await viewer.until(lambda: viewer.server.dispatched)
            app = viewer.app
            await viewer.press("q")
        assert app.starting == "A run of Login Functionality"

    async def test_an_unknown_outcome_is_not_called_a_failure(self) -> None:
        async with watching(LOGIN) as viewer:
            viewer.server.dispatch = Uncertain("It did not respond.")
            await viewer.press("R", "y")
            await viewer.sees("Nobody knows whether it has started")
            assert "Not started" not in viewer.text


async def test_a_run_that_was_started_again_is_judged_by_its_last_try() -> None:
    async with watching(LOGIN) as viewer:
        viewer.server.others = {215: [a_run(run_id=215, status="passed")]}
        await viewer.press("R", "y")
        await viewer.sees("PASSED")
        assert list(judged(viewer.app.runs)) == [215]


async def test_a_run_that_is_closed_leaves_nothing_behind_but_its_result() -> None:
    async with watching(LOGIN, others={216: [search()]}) as viewer:
        screen = viewer.screen
        await viewer.press("x")
        await viewer.sees("Search · run 216")
        await viewer.until(lambda: not screen.is_attached)
        assert [each.run_id for each in viewer.app.closed] == [214]
        assert len(viewer.app._screen_stacks) == 1


async def test_a_run_that_is_not_visible_is_not_drawn() -> None:
    async with watching(going(run_id=214), others={215: [going(), going(tests=[VOUCHER])]}) as viewer:
        await viewer.press("2")
        hidden = viewer.screen
        await viewer.press("1")
        assert viewer.screen is not hidden
        drawn: list[str] = []
        viewer.app.watch(hidden, "snapshot", lambda: drawn.append("drawn"), init=False)
        await viewer.wait(6)
        await viewer.sees("#215 Checkout ✗1")
        assert drawn == []
