"""The palette: whatever can be done now is found by what it does, with its key, and is done when it is chosen."""

from __future__ import annotations

from textual.style import Style

from tests.support.app import Viewer, watching
from tests.support.builders import a_case, a_run, an_artifact
from tvtui.tui.keymap import check
from tvtui.tui.palette import ActionsByName
from tvtui.tui.screens.board import BoardScreen
from tvtui.tui.screens.help import HelpScreen

HOSTILE = a_case("[red]download[/] [/", status="failed", error="Error: no")
FAILED = a_run(
    tests=[a_case("one", status="failed", error="Error: no"), HOSTILE], artifacts=[an_artifact()], log="a log"
)


async def ask(viewer: Viewer, words: str, *, expected: str) -> None:
    await viewer.press("ctrl+p", *words)
    await viewer.sees(expected)


async def best(viewer: Viewer, words: str) -> str:
    """What fits the words best."""
    hits = [hit async for hit in ActionsByName(viewer.app.screen, Style()).search(words)]
    (first, *_) = sorted(hits, key=lambda hit: -hit.score)
    return str(first.prompt)


async def test_every_action_that_can_be_done_is_found_by_what_it_does_and_shows_its_key() -> None:
    async with watching(FAILED, others={215: [a_run(run_id=215)]}) as viewer:
        for words, told in [
            ("downl", "Download the selected artifact  d"),
            ("diagnosis", "Show the diagnosis of a run that did not pass, or the error again  i"),
            ("next", "Next failure; in a searched log, next hit  n"),
            ("run 2", "Show run 2  2"),
            ("watch another", "Watch another run  +"),
            ("board", "The board, to be read from across the room, or back  B"),
            ("keys", "Keys  ?"),
            ("quit", "Quit  q"),
            ("zoom", "Give the screen to this pane, or back to all  z"),
        ]:
            assert await best(viewer, words) == told


async def test_textuals_own_that_make_sense_stay() -> None:
    async with watching(FAILED) as viewer:
        titles = [command.title for command in viewer.app.get_system_commands(viewer.app.screen)]
        assert titles == ["Theme", "Screenshot"]


async def test_what_is_chosen_is_done() -> None:
    async with watching(FAILED, others={215: [a_run(run_id=215, feature_name="Checkout")]}) as viewer:
        await ask(viewer, "show the log", expected="Show the log, or the error again  l")
        await viewer.press("enter")
        await viewer.until(lambda: viewer.screen.detail.tabs.active == "log-tab")
        await ask(viewer, "show run 2", expected="Show run 2  2")
        await viewer.press("enter")
        await viewer.sees("Checkout · run 215")
        await ask(viewer, "keys", expected="Keys  ?")
        await viewer.press("enter")
        await viewer.until(lambda: isinstance(viewer.app.screen, HelpScreen))


async def test_keys_of_the_users_own_are_shown() -> None:
    keymap = check({"artifact.download": "ctrl+d, [", "app.help": "f1"}).keymap
    async with watching(FAILED, keymap=keymap) as viewer:
        await ask(viewer, "downl", expected="Download the selected artifact  ctrl+d [")
        await viewer.press("escape")
        assert await best(viewer, "keys") == "Keys  f1"


async def test_what_can_do_nothing_now_is_not_offered() -> None:
    async with watching(a_run(status="passed", artifacts=[])) as viewer:
        provider = ActionsByName(viewer.app.screen, Style())
        told = "\n".join([str(hit.text) async for hit in provider.discover()])
        assert "Ask the server now" in told
        for word in ("Download the", "Next failure", "diagnosis of a run", "no more", "Select the test", "Palette"):
            assert word not in told


async def test_without_a_word_what_can_be_done_comes_first() -> None:
    async with watching(FAILED, size=(120, 60)) as viewer:
        await ask(viewer, "", expected="Next failure; in a searched log, next hit  n")
        offered = [line.strip() for line in viewer.text.splitlines()]
        first, last = offered.index("Open the test's error and log  enter"), offered.index("Watch another run  +")
        assert offered[first + 1].startswith("Next failure")
        assert "one" not in offered[: last + 1]


async def test_names_of_tests_are_no_markup_beside_it() -> None:
    async with watching(FAILED) as viewer:
        await ask(viewer, "download", expected="[red]download[/] [/")
        assert "Download the selected artifact  d" in viewer.text


async def test_on_the_board_it_offers_the_boards_keys() -> None:
    async with watching(FAILED, board=True) as viewer:
        await ask(viewer, "show", expected="Show the run again  escape")
        assert "Show failed tests" not in viewer.text
        await viewer.press("enter")
        await viewer.until(lambda: not isinstance(viewer.app.screen, BoardScreen) and "Tests" in viewer.text)


async def test_ctrl_c_with_nothing_to_copy_says_how_to_leave_and_says_it_once() -> None:
    async with watching(FAILED, keymap=check({"app.quit": "Q"}).keymap) as viewer:
        await viewer.press("ctrl+c", "ctrl+c")
        await viewer.sees("Press Q to leave.")
        assert "want to quit" not in viewer.text
        assert viewer.text.count("to leave.") == 1
        viewer.app.clear_notifications()
        await viewer.wait(4)
        await viewer.press("slash", "ctrl+c")
        await viewer.sees("Press ctrl+q to leave.")
