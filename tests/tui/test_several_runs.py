"""Several runs on one screen: tabs, keys, and runs that are started again."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.app import watching
from tests.support.builders import a_case, a_run
from tests.support.watch import never_return
from tvtui.testvibe.errors import Conflict, Uncertain
from tvtui.testvibe.fields import raw_of
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
        assert line.rstrip().endswith("1 of 3  ✓ 5  ✗ 2")


async def test_number_keys_show_them_and_each_keeps_its_selection() -> None:
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


async def test_n_after_the_last_failure_continues_with_the_next_run_that_has_one() -> None:
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


async def test_n_goes_to_a_failure_that_came_while_its_run_was_hidden() -> None:
    fine = a_case("A voucher is accepted")
    others = {215: [going(tests=[fine]), going(tests=[fine, VOUCHER, BROKEN])]}
    async with watching(LOGIN, others=others) as viewer:
        await viewer.press("2", "down", "up")
        await viewer.until(lambda: viewer.screen.row is not None and viewer.screen.row.case == fine)
        await viewer.press("1")
        await viewer.wait(3)
        await viewer.sees("#215 Checkout ✗2")
        await viewer.press("n")
        await viewer.sees("Checkout · run 215")
        await viewer.until(lambda: viewer.screen.place == "failure 1 of 2")


async def test_new_failures_of_a_hidden_run_are_counted_until_it_is_shown() -> None:
    others = {215: [going(), going(tests=[VOUCHER]), going(tests=[VOUCHER, BROKEN])]}
    async with watching(LOGIN, others=others) as viewer:
        await viewer.sees("● #215")
        await viewer.wait(3)
        await viewer.sees("#215 Checkout ✗1 •1 unread")
        await viewer.wait(2)
        await viewer.sees("#215 Checkout ✗2 •2 unread")
        await viewer.press("2")
        await viewer.sees("Checkout · run 215")
        assert "new" not in viewer.text.splitlines()[0]
        await viewer.press("1")
        await viewer.sees("run 214")
        assert "new" not in viewer.text.splitlines()[0]


async def test_a_tab_shows_a_bad_connection() -> None:
    async with watching(LOGIN, others={215: [Uncertain("It failed.")]}) as viewer:
        await viewer.sees("2 … #215 ⚠")


async def test_a_tab_shows_that_its_server_stays_silent() -> None:
    async with watching(LOGIN, others={215: [going(run_id=215)]}) as viewer:
        viewer.server.others[215] = [never_return]
        await viewer.wait(7.9)
        assert "⚠" not in viewer.text
        await viewer.wait(0.1)
        await viewer.until(lambda: "⚠" in viewer.text.splitlines()[0])


async def test_a_click_on_a_tab_shows_its_run() -> None:
    async with watching(LOGIN, others=SEVERAL) as viewer:
        await viewer.sees("#215 Checkout")
        at = viewer.text.splitlines()[0].index("#215")
        await viewer.pilot.click(RunTabs, offset=(at, 0))
        await viewer.sees("Checkout · run 215")


@pytest.mark.parametrize("width", [20, 40, 58, 80])
async def test_narrow_screens_show_the_shown_tab_and_the_total(width: int) -> None:
    others = {number: [checkout(run_id=number)] for number in range(215, 223)}
    async with watching(LOGIN, others=others, size=(width, 20)) as viewer:
        await viewer.press("5")
        await viewer.until(lambda: "#218" in viewer.text.splitlines()[0])
        line = viewer.text.splitlines()[0]
        assert len(line) <= width
        assert ("5 of 9" if width == 80 else "5/9") in line


async def test_a_run_can_be_added_and_closed() -> None:
    async with watching(LOGIN) as viewer:
        viewer.server.others = {215: [checkout()]}
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
        assert viewer.server.asked == asked + 1, "only the artifacts of run 214 are still looked for"


@pytest.mark.parametrize("size", [(120, 36), (40, 12)])
async def test_a_link_to_another_server_is_an_error_in_the_prompt(size: tuple[int, int]) -> None:
    async with watching(LOGIN, size=size) as viewer:
        viewer.server.others = {215: [checkout()]}
        await viewer.press("plus", *"https://other.example/runs/215", "enter")
        await viewer.sees("The link points to other.example")
        assert len(viewer.app.runs) == 1


@pytest.mark.parametrize(
    "run",
    ["215", "https://testvibe.acme.example/runs/215", "https://TestVibe.acme.example/runs/215?tab=tests#log"],
)
async def test_other_links_are_added(run: str) -> None:
    async with watching(LOGIN) as viewer:
        viewer.server.others = {215: [checkout()]}
        await viewer.press("plus", *"https://other.example/runs/x", "enter")
        await viewer.press("ctrl+u", *run, "enter")
        await viewer.sees("Checkout · run 215")
        assert viewer.toasts == ""


async def test_the_only_run_cannot_be_closed_and_the_key_says_so() -> None:
    async with watching(LOGIN, keymap={"app.quit": "f9"}) as viewer:
        await viewer.press("x")
        assert viewer.toasts == "Run 214 is the only one. Press f9 to quit."
        assert len(viewer.app.runs) == 1


async def test_a_number_key_without_a_run_says_so() -> None:
    async with watching(LOGIN) as viewer:
        await viewer.press("2")
        assert viewer.toasts == "No tab 2: only run 214 is open."
    async with watching(LOGIN, others=SEVERAL) as viewer:
        await viewer.press("4")
        assert viewer.toasts == "No tab 4: 3 runs are open."
        assert viewer.app.shown.run_id == 214


async def test_the_prompt_can_be_cancelled() -> None:
    async with watching(LOGIN) as viewer:
        await viewer.press("plus")
        await viewer.sees("Add a run to watch")
        await viewer.press("escape")
        await viewer.until(lambda: "Add a run to watch" not in viewer.text)
        assert len(viewer.app.runs) == 1


async def test_the_requests_of_several_runs_are_spread_over_the_interval() -> None:
    async with watching(going(run_id=214), others={215: [going()], 216: [going(run_id=216)]}) as viewer:
        await viewer.until(lambda: viewer.server.asked == 3)
        counts = []
        for _ in range(6):
            await viewer.wait(0.7)
            counts.append(viewer.server.asked)
        assert counts == [3, 3, 4, 5, 6, 7]


class TestRunAgain:
    """`R`."""

    async def test_asks_once_then_shows_the_new_run_and_keeps_the_old_one(self) -> None:
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
    async def test_no_starts_nothing(self, key: str) -> None:
        async with watching(LOGIN) as viewer:
            await viewer.press("R")
            await viewer.sees("again on Default")
            await viewer.press(key)
            await viewer.until(lambda: "again on Default" not in viewer.text)
            assert viewer.server.dispatched == []

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (Conflict("acme.example returned 409. The server says: [b]not generated[/b]."), "[b]not generated[/b]"),
            (Uncertain("It did not respond within 10 s."), "may or may not have started"),
        ],
    )
    async def test_errors_are_shown_and_nothing_is_retried(self, error: Exception, words: str) -> None:
        async with watching(LOGIN, size=(160, 36)) as viewer:
            viewer.server.dispatch = error
            await viewer.press("R", "y")
            await viewer.until(lambda: any(words in str(toast.render()) for toast in viewer.screen.query("Toast")))
            await viewer.wait(120)
            assert len(viewer.server.dispatched) == 1
            assert len(viewer.app.runs) == 1

    async def test_a_feature_without_a_number_is_started_by_name(self) -> None:
        async with watching(a_run(feature_id=None, config=None, site_url=None)) as viewer:
            viewer.server.others = {215: [a_run(run_id=215)]}
            await viewer.press("R")
            await viewer.sees("Run Login Functionality again?")
            await viewer.press("y")
            await viewer.until(lambda: viewer.server.dispatched == [("Login Functionality", None, None)])

    async def test_what_the_server_sent_is_sent_back_and_not_what_is_shown(self) -> None:
        site = "https://shop.acme.example/?v=2&sig=SECRET"
        async with watching(a_run(feature_id=None, feature_name="Log\tin", site_url=site)) as viewer:
            await viewer.press("R")
            await viewer.sees("Run Log in again on Default at shop.acme.example/?…?")
            assert "SECRET" not in viewer.text
            await viewer.press("y")
            await viewer.until(lambda: viewer.server.dispatched)
            sent = [raw_of(text) for text in viewer.server.dispatched[0] if isinstance(text, str)]
            assert sent == ["Log\tin", "Default", site]
            await viewer.sees("#215")
            assert "SECRET" not in viewer.text

    async def test_a_run_of_an_unknown_feature_cannot_be_started_again(self) -> None:
        async with watching(a_run(feature_id=None, feature_name=None)) as viewer:
            await viewer.press("R")
            assert len(viewer.app.screen_stack) == 1

    async def test_no_other_question_interrupts_it(self) -> None:
        async with watching(LOGIN) as viewer:
            viewer.server.others = {215: [a_run(run_id=215, status="running")], 216: [search()]}
            viewer.server.dispatch_gate = asyncio.Event()
            await viewer.press("R", "y")
            await viewer.until(lambda: viewer.server.dispatched)
            await viewer.press("R")
            await viewer.until(lambda: "is already starting." in viewer.toasts)
            await viewer.press("plus", *"216")
            viewer.server.dispatch_gate.set()
            await viewer.until(lambda: "Run 215 has started in a new tab." in viewer.toasts)
            await viewer.press("enter")
            await viewer.sees("Search · run 216")
            assert [each.run_id for each in viewer.app.runs] == [214, 215, 216]
            assert len(viewer.server.dispatched) == 1
            assert viewer.app.starting == ""

    async def test_quitting_meanwhile_leaves_it_unknown(self) -> None:
        async with watching(LOGIN) as viewer:
            viewer.server.dispatch_gate = asyncio.Event()
            await viewer.press("R", "y")
            await viewer.until(lambda: viewer.server.dispatched)
            app = viewer.app
            await viewer.press("q")
        assert app.starting == "A run of Login Functionality"

    async def test_an_unknown_result_is_not_called_a_failure(self) -> None:
        async with watching(LOGIN) as viewer:
            viewer.server.dispatch = Uncertain("It did not respond.")
            await viewer.press("R", "y")
            await viewer.sees("The run may have started")
            assert "has not started" not in viewer.text


async def test_a_run_that_was_started_again_is_judged_by_its_last_attempt() -> None:
    async with watching(LOGIN) as viewer:
        viewer.server.others = {215: [a_run(run_id=215, status="passed")]}
        await viewer.press("R", "y")
        await viewer.sees("PASSED")
        assert [each.run_id for each in viewer.app.runs.results] == [215]


async def test_the_screen_of_a_closed_run_is_removed() -> None:
    async with watching(LOGIN, others={216: [search()]}) as viewer:
        screen = viewer.screen
        await viewer.press("x")
        await viewer.sees("Search · run 216")
        await viewer.until(lambda: not screen.is_attached)
        assert [each.run_id for each in viewer.app.runs.closed] == [214]
        await viewer.press("plus", *"214", "enter")
        await viewer.sees("Login Functionality · run 214")
        assert viewer.screen is not screen


async def test_the_screen_of_a_hidden_run_is_not_updated_until_it_is_shown() -> None:
    async with watching(going(run_id=214), others={215: [going(), going(tests=[VOUCHER])]}) as viewer:
        await viewer.press("2")
        hidden, before = viewer.screen, viewer.screen.snapshot
        await viewer.press("1")
        await viewer.wait(6)
        await viewer.sees("#215 Checkout ✗1")
        assert hidden.snapshot is before
        await viewer.press("2")
        await viewer.until(lambda: hidden.snapshot is hidden.watched.snapshot)
