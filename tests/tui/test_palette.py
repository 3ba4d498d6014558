"""The palette: every available action is found by its description, with its key, and runs when it is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.style import Style

from tests.support.app import Viewer, watching
from tests.support.builders import a_case, a_run, an_artifact
from tvtui.tui.keymap import check
from tvtui.tui.palette import ActionsByName
from tvtui.tui.screens.board import BoardScreen
from tvtui.tui.screens.help import HelpScreen
from tvtui.tui.screenshot import save_screenshot

HOSTILE = a_case("[red]download[/] [/", status="failed", error="Error: no")
FAILED = a_run(
    tests=[a_case("one", status="failed", error="Error: no"), HOSTILE], artifacts=[an_artifact()], log="a log"
)


async def ask(viewer: Viewer, words: str, *, expected: str) -> None:
    await viewer.press("ctrl+p", *words)
    await viewer.sees(expected)


async def best(viewer: Viewer, words: str) -> str:
    """The best match for the words."""
    hits = [hit async for hit in ActionsByName(viewer.app.screen, Style()).search(words)]
    (first, *_) = sorted(hits, key=lambda hit: -hit.score)
    return str(first.prompt)


async def test_available_actions_are_found_by_description_and_show_their_keys() -> None:
    async with watching(FAILED, others={215: [a_run(run_id=215)]}) as viewer:
        for words, text in [
            ("downl", "Download the selected artifact  d"),
            ("diagnosis", "Switch between diagnosis and error  i"),
            ("next", "Next failure; in a searched text, next match  n"),
            ("run 2", "Show run 2  2"),
            ("add a run", "Add a run to watch  +"),
            ("board", "Show or hide the board  B"),
            ("keys", "Keys  ?"),
            ("quit", "Quit  q"),
            ("zoom", "Zoom this pane  z"),
        ]:
            assert await best(viewer, words) == text


async def test_useful_commands_of_textual_stay() -> None:
    async with watching(FAILED) as viewer:
        titles = [command.title for command in viewer.app.get_system_commands(viewer.app.screen)]
        assert titles == ["Theme", "Screenshot"]


async def test_a_chosen_action_runs() -> None:
    async with watching(FAILED, others={215: [a_run(run_id=215, feature_name="Checkout")]}) as viewer:
        await ask(viewer, "failure) and error", expected="Switch between log (at the failure) and error  l")
        await viewer.press("enter")
        await viewer.until(lambda: viewer.screen.detail.tabs.active == "log-tab")
        await ask(viewer, "show run 2", expected="Show run 2  2")
        await viewer.press("enter")
        await viewer.sees("Checkout · run 215")
        await ask(viewer, "keys", expected="Keys  ?")
        await viewer.press("enter")
        await viewer.until(lambda: isinstance(viewer.app.screen, HelpScreen))


async def test_remapped_keys_are_shown() -> None:
    keymap = check({"artifact.download": "ctrl+n, [", "app.help": "f1"}).keymap
    async with watching(FAILED, keymap=keymap) as viewer:
        await ask(viewer, "downl", expected="Download the selected artifact  ctrl+n [")
        await viewer.press("escape")
        assert await best(viewer, "keys") == "Keys  f1"


async def test_unavailable_actions_are_not_offered() -> None:
    async with watching(a_run(status="passed", artifacts=[])) as viewer:
        provider = ActionsByName(viewer.app.screen, Style())
        text = "\n".join([str(hit.text) async for hit in provider.discover()])
        assert "Refresh now" in text
        for word in ("Download the", "Next failure", "between diagnosis", "Close this", "Select the test", "Palette"):
            assert word not in text


async def test_actions_come_first_while_nothing_is_typed() -> None:
    async with watching(FAILED, size=(120, 60)) as viewer:
        await ask(viewer, "", expected="Next failure; in a searched text, next match  n")
        offered = [line.strip() for line in viewer.text.splitlines()]
        first = offered.index("Open the test, or fold or unfold the group  enter space")
        last = offered.index("Add a run to watch  +")
        assert offered[first + 1].startswith("Next failure")
        assert "one" not in offered[: last + 1]


async def test_names_of_tests_are_not_parsed_as_markup() -> None:
    async with watching(FAILED) as viewer:
        await ask(viewer, "download", expected="[red]download[/] [/")
        assert "Download the selected artifact  d" in viewer.text


async def test_the_palette_over_the_board_offers_its_actions() -> None:
    async with watching(FAILED, board=True) as viewer:
        await ask(viewer, "back to", expected="Back to the run  escape")
        assert "Failed only" not in viewer.text
        await viewer.press("enter")
        await viewer.until(lambda: not isinstance(viewer.app.screen, BoardScreen) and "Tests" in viewer.text)


async def test_ctrl_c_says_once_how_to_quit() -> None:
    async with watching(FAILED, keymap=check({"app.quit": "Q"}).keymap) as viewer:
        await viewer.press("ctrl+c", "ctrl+c")
        await viewer.sees("Press Q or ctrl+c again to quit.")
        assert "want to quit" not in viewer.text
        assert viewer.text.count("to quit.") == 1
        viewer.app.clear_notifications()
        await viewer.wait(4)
        await viewer.press("slash", "ctrl+c")
        await viewer.sees("Press ctrl+q or ctrl+c again to quit.")


async def test_ctrl_c_says_how_to_quit_in_a_dialog_too() -> None:
    async with watching(FAILED) as viewer:
        await viewer.press("R", "ctrl+c")
        await viewer.sees("Press ctrl+q or ctrl+c again to quit.")


async def test_the_screenshot_says_where_it_was_saved_or_why_not(tmp_path: Path, environ: pytest.MonkeyPatch) -> None:
    environ.setenv("HOME", str(tmp_path / "nowhere"))
    environ.delenv("XDG_DOWNLOAD_DIR", raising=False)
    folder = tmp_path / "[red]work"
    folder.mkdir()
    environ.chdir(folder)
    async with watching(FAILED) as viewer:
        await ask(viewer, "screensh", expected="Save a picture of the screen")
        await viewer.press("enter")
        await viewer.until(lambda: f"Screenshot saved to {folder}" in viewer.toasts)
        (file,) = folder.glob("tvtui-run-214-*.svg")
        text = file.read_text(encoding="utf-8")
        assert "Artifacts" in text
        assert "screensh" not in text
        file.unlink()
        folder.rmdir()
        await ask(viewer, "screensh", expected="Save a picture of the screen")
        await viewer.press("enter")
        await viewer.until(lambda: "No screenshot was saved: the working folder no longer exists." in viewer.toasts)
    environ.chdir(tmp_path)
    text, is_saved = save_screenshot("svg", "nowhere/run")
    assert (text, is_saved) == (f"No screenshot was saved to {tmp_path}: No such file or directory.", False)
