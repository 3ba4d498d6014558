"""Many runs on one screen: going through them, finding one, and undoing that one was closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from tests.support.app import Viewer, watching
from tests.support.builders import a_case, a_run
from tvtui.cli.exit_codes import worst_exit_code
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.models import Run
from tvtui.tui.widgets.run_tabs import RunTabs

FINE, BROKEN = a_case("Fine"), a_case("Broken", status="failed", error="Error: broken")


def run(run_id: int, *tests: object, **fields: object) -> Run:
    known = {"feature_name": f"Feature {run_id}", "status": "passed", "tests": tests or (FINE,)}
    return a_run(run_id=run_id, **{**known, **fields})


def many(count: int) -> Mapping[int, Sequence[Run]]:
    return {run_id: [run(run_id)] for run_id in range(215, 214 + count)}


def tabs(viewer: Viewer) -> str:
    return viewer.text.splitlines()[0]


async def test_keys_go_to_the_next_and_previous_run_and_wrap_around() -> None:
    async with watching(run(214), others=many(3)) as viewer:
        shown = []
        for key in (")", ")", ")", "(", "("):
            await viewer.press({")": "right_parenthesis", "(": "left_parenthesis"}[key])
            shown.append(viewer.app.shown.run_id)
        assert shown == [215, 216, 214, 216, 215]
        await viewer.sees("Feature 215 · run 215")


async def test_with_one_run_they_say_so() -> None:
    async with watching(run(214)) as viewer:
        await viewer.press("right_parenthesis")
        assert viewer.toasts == "Run 214 is the only one."


async def test_tabs_scroll_to_the_shown_run_and_the_total_is_always_in_view() -> None:
    # one app for all widths: mounting twelve screens takes most of the time
    async with watching(run(214), others=many(12), size=(120, 20)) as viewer:
        await viewer.wait(2)
        for width, place in ((120, "{} of 12  ✓ 12"), (80, "{} of 12  ✓ 12"), (60, "{}/12"), (30, "{}/12")):
            await viewer.pilot.resize_terminal(width, 20)
            for number in range(1, 13):
                await viewer.sees(f"run {213 + number}")
                line = tabs(viewer)
                assert f"#{213 + number}" in line
                assert place.format(number) in line
                assert len(line) <= width
                assert ("‹" in line) is ("#214" not in line)
                assert ("›" in line) is ("#225" not in line)
                await viewer.press("right_parenthesis")


@pytest.mark.parametrize("size", [(20, 5), (40, 9)])
async def test_the_total_is_in_view_on_the_smallest_screens_too(size: tuple[int, int]) -> None:
    async with watching(run(214, BROKEN, status="failed"), others=many(3), size=size) as viewer:
        await viewer.wait(2)
        assert "1/3 ✗1" in tabs(viewer)
        await viewer.press("enter")
        await viewer.sees("Error: broken")
        assert "1/3 ✗1" in tabs(viewer)


async def test_signs_count_the_runs_behind_them_and_a_click_goes_there() -> None:
    async with watching(run(214), others=many(12), size=(60, 20)) as viewer:
        await viewer.sees("1/12")
        before = tabs(viewer)
        hidden = 12 - before.count("#")
        assert f" {hidden} ›" in before
        await viewer.pilot.click(RunTabs, offset=(before.index("›"), 0))
        await viewer.sees(f"run {214 + before.count('#')}")
        await viewer.until(lambda: "‹" in tabs(viewer))


async def test_tabs_do_not_move_while_the_shown_one_is_in_view() -> None:
    async with watching(run(214), others=many(12), size=(80, 20)) as viewer:
        await viewer.press("left_parenthesis")
        await viewer.sees("run 225")
        first = tabs(viewer).split()[1]
        await viewer.press("left_parenthesis")
        await viewer.sees("run 224")
        assert tabs(viewer).split()[1] == first


async def test_a_failure_in_a_run_out_of_view_colors_its_sign() -> None:
    others = {**many(12), 225: [run(225, status="running"), run(225, BROKEN, status="running")]}
    async with watching(run(214), others=others, size=(80, 20)) as viewer:
        await viewer.sees("›")
        calm = viewer.style_of("›")
        await viewer.wait(6)
        await viewer.until(lambda: viewer.style_of("›") != calm)
        assert "✗ 1" in tabs(viewer)


async def test_tabs_can_be_drawn_before_there_are_any() -> None:
    async with watching(run(214)) as viewer:
        line = viewer.screen.query_one(RunTabs)
        line.tabs = ()
        line.styles.display = "block"
        await viewer.pilot.pause()
        assert line.size.height == 1
        assert line.render_line(0).text.strip() == ""


async def test_the_palette_finds_a_run() -> None:
    async with watching(run(214), others=many(12)) as viewer:
        await viewer.wait(2)
        await viewer.press("ctrl+p", *"feature 221")
        await viewer.sees("Run 221 · Feature 221")
        await viewer.press("enter")
        await viewer.sees("Feature 221 · run 221")


class TestReopening:
    """`u`."""

    async def test_a_run_that_goes_on_comes_back_in_its_place_and_is_polled_again(self) -> None:
        going = {215: [run(215, FINE, status="running"), run(215, FINE, BROKEN, status="failed")]}
        async with watching(run(214), others={**going, 216: [run(216)]}) as viewer:
            await viewer.wait(1)
            await viewer.press("2", "x")
            await viewer.until(lambda: "Closed run 215 (running). Press u to undo." in viewer.toasts.splitlines())
            assert "#215" not in viewer.text
            await viewer.press("u")
            await viewer.sees("run 215")
            assert [each.run_id for each in viewer.app.runs] == [214, 215, 216]
            await viewer.wait(4)
            await viewer.sees("#215 Feature 215 ✗1")
            assert worst_exit_code(viewer.app.runs.results) == 1

    async def test_a_run_that_cannot_be_reached_any_more_is_still_known(self) -> None:
        async with watching(run(214), others={215: [run(215, BROKEN, status="failed")]}) as viewer:
            await viewer.wait(2)
            await viewer.press("2", "x")
            viewer.server.others[215] = [Unreachable("The server refused the connection.")]
            await viewer.press("u")
            await viewer.sees("Feature 215 · run 215")
            assert "new" not in tabs(viewer)
            assert viewer.app.runs.closed == []

    async def test_runs_come_back_in_reverse_order_and_once(self) -> None:
        async with watching(run(214), others=many(3), keymap={"runs.reopen": "f9"}) as viewer:
            await viewer.press("3", "x")
            await viewer.press("x")
            assert "Press f9 to undo." in viewer.toasts
            await viewer.press("f9", "f9")
            assert [each.run_id for each in viewer.app.runs] == [214, 215, 216]
            assert viewer.app.shown.run_id == 216
            await viewer.press("f9")
            assert "No run has been closed." in viewer.toasts.splitlines()

    async def test_closing_and_undoing_in_one_burst(self) -> None:
        async with watching(run(214, status="running"), others=many(2)) as viewer:
            await viewer.burst(*"xuxu")
            await viewer.sees("run 214")
            asked = viewer.server.asked
            await viewer.wait(2)
            assert [each.run_id for each in viewer.app.runs] == [214, 215]
            assert viewer.server.asked > asked

    async def test_a_run_that_was_added_again_meanwhile_is_not_reopened_twice(self) -> None:
        async with watching(run(214), others=many(2)) as viewer:
            await viewer.press("2", "x", "plus", *"215", "enter")
            await viewer.sees("Feature 215 · run 215")
            await viewer.press("u")
            assert [each.run_id for each in viewer.app.runs] == [214, 215]
