"""Keys in one go: they take effect in the order in which they came, on every screen, and never end the app."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from textual._xterm_parser import XTermParser
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.events import Event, Resize
from textual.geometry import Size
from textual.widgets import Input

from tests.support.app import Viewer, watching
from tests.support.builders import a_case, a_run, an_artifact
from tvtui.testvibe.identity import CaseId
from tvtui.tui.screens.board import BoardScreen
from tvtui.tui.screens.closing import ClosesOnce, Palette
from tvtui.tui.screens.dialogs import Question, RunPrompt
from tvtui.tui.screens.help import HelpScreen
from tvtui.tui.screens.run import RunScreen
from tvtui.tui.widgets.artifact_list import ArtifactList
from tvtui.tui.widgets.case_table import CaseTable

RUN = a_run(
    tests=[a_case(f"test {number}", status="failed" if number % 7 == 0 else "passed") for number in range(60)],
    artifacts=[an_artifact("one.log"), an_artifact("two.log"), an_artifact("three.log")],
    log="\n".join(f"line {number}" for number in range(100)),
)
OTHERS = {run_id: [a_run(run_id=run_id)] for run_id in (215, 216)}


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random keys also download, and save screenshots."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


async def type_at_once(viewer: Viewer, data: str) -> None:
    """Type what a terminal sends in one piece, and wait for its effect."""
    send(viewer, data)
    await viewer.pilot.pause()


def send(viewer: Viewer, data: str) -> None:
    """Send it through Textual's own parser; an escape ends a piece, or it is alt."""
    for piece in filter(None, re.split(r"(?<=\x1b)(?!\[)", data)):
        parser = XTermParser()
        for event in [*parser.feed(piece), *parser.feed("")]:
            if isinstance(event, Event):
                viewer.app.post_message(event)


def field_of(viewer: Viewer) -> str:
    focused = viewer.app.screen.focused
    assert isinstance(focused, Input), focused
    return focused.value


class TestOrder:
    """Input takes effect in the order in which it came."""

    @pytest.mark.parametrize(
        ("typed", "expected"),
        [
            ("/xq", "xq"),
            ("/Ry", "Ry"),
            ("/Dashboard", "Dashboard"),
            ("/abc\x7fd\x7f\x7fe", "ae"),
            ("/abc\x1b[D\x1b[DX", "aXbc"),
            ("/one\rj/two", "two"),
            ("/one\x1b/two", "two"),
            ("l/line\x7f\x7f", "li"),
            ("?/quit", "quit"),
            ("?/quit\x1b?/z", "z"),
            ("+215", "215"),
            ("+x\r\x7f21", "21"),
            ("Rn+21", "21"),
            ("BB/q", "q"),
            ("a/log", "log"),
            ("zz/q", "q"),
            ("2/q\x1b1/xx", "xx"),
            ("+215\r/q", "q"),
            ("\x10quit", "quit"),
            ("/a\x1b[200~b q\x1b[201~c", "ab qc"),
        ],
        ids=repr,
    )
    async def test_what_follows_a_key_goes_where_the_key_leads(self, typed: str, expected: str) -> None:
        async with watching(RUN, others=OTHERS, size=(60, 20)) as viewer:
            await type_at_once(viewer, typed)
            await viewer.until(lambda: isinstance(viewer.app.screen.focused, Input))
            await viewer.until(lambda: field_of(viewer) == expected)
            assert viewer.app.is_running
            assert viewer.server.dispatched == []

    async def test_fifty_steps_are_fifty_steps(self) -> None:
        async with watching(RUN) as viewer:
            await type_at_once(viewer, "g" + "j" * 50)
            assert viewer.screen.table.cursor is not None
            assert viewer.screen.asked.selected == viewer.screen.shown.table.rows[50].id
            await viewer.sees(f"test {viewer.screen.shown.table.rows[50].case.name.split()[1]}")

    @pytest.mark.parametrize("size", [(120, 36), (80, 24)])
    async def test_keys_act_on_the_pane_that_a_key_before_them_focused(self, size: tuple[int, int]) -> None:
        async with watching(RUN, size=size) as viewer:
            await type_at_once(viewer, "ajj")
            focused = viewer.app.screen.focused
            assert isinstance(focused, ArtifactList)
            assert viewer.screen.artifact == viewer.screen.artifact_rows[2].id

    async def test_a_key_after_the_zoom_of_a_small_screen_moves_in_the_tests(self) -> None:
        async with watching(RUN, size=(40, 12)) as viewer:
            await type_at_once(viewer, "g\rzj")
            assert isinstance(viewer.screen.focused, CaseTable)
            assert viewer.screen.asked.selected == viewer.screen.shown.table.rows[1].id

    async def test_a_click_waits_for_the_key_before_it(self) -> None:
        async with watching(RUN) as viewer:
            x, y, _, _ = viewer.screen.table.region
            press = f"\x1b[<0;{x + 3};{y + 5}M\x1b[<0;{x + 3};{y + 5}m"
            await type_at_once(viewer, f"?q{press}/q")
            assert isinstance(viewer.app.screen, RunScreen)
            assert field_of(viewer) == "q"

    async def test_keys_are_passed_on_while_a_worker_waits(self) -> None:
        started = asyncio.Event()

        async def wait_for_ever() -> None:
            started.set()
            await asyncio.Event().wait()

        async with watching(RUN) as viewer:
            viewer.app.run_worker(wait_for_ever())
            await type_at_once(viewer, "/xy")
            assert started.is_set()
            assert field_of(viewer) == "xy"

    @pytest.mark.parametrize(
        ("typed", "ran"),
        [("ab\r", "ab 1"), ("ab\x1b[B\r", "ab 2"), ("ab\x1b[B\x1b[A\r", "ab 1"), ("a\rj", "a 1"), ("!\r", None)],
        ids=repr,
    )
    async def test_the_palette_chooses_from_the_hits_of_what_has_been_typed(self, typed: str, ran: str | None) -> None:
        searched = asyncio.Event()
        chosen: list[str] = []

        class Slow(Provider):
            async def search(self, query: str) -> Hits:
                await searched.wait()
                for number, score in ((1, 1.0), (2, 0.5)) if query.isalpha() else ():
                    title = f"{query} {number}"
                    yield Hit(score, title, partial(chosen.append, title))

            async def discover(self) -> AsyncIterator[DiscoveryHit]:
                yield DiscoveryHit("old", partial(chosen.append, "old"))

        async with watching(RUN) as viewer:
            viewer.app.push_screen(Palette(providers=[Slow]))
            await viewer.sees("old")
            send(viewer, typed)
            for _ in range(500):
                await asyncio.sleep(0)
            assert chosen == []
            searched.set()
            await viewer.pilot.pause()
            assert chosen == ([ran] if ran else [])
            assert isinstance(viewer.app.screen.focused, CaseTable if ran else Input)

    async def test_enter_in_the_palette_runs_nothing_if_nothing_matches(self) -> None:
        async with watching(RUN) as viewer:
            await type_at_once(viewer, "\x10quit=\r")
            await viewer.until(lambda: not viewer.app.type_ahead.is_busy)
            assert field_of(viewer) == "quit="
            assert viewer.app.is_running
            await type_at_once(viewer, "\x7f\r")
            await viewer.until(lambda: not viewer.app.is_running)

    async def test_quitting_ends_the_app_whatever_is_typed_behind_it(self) -> None:
        async with watching(RUN) as viewer:
            await type_at_once(viewer, "?\x11Ry/x")
            await viewer.until(lambda: not viewer.app.is_running)
            assert viewer.server.dispatched == []


@pytest.mark.parametrize("opened_by", ["l/", "i/", "/", "a/", "?/"])
async def test_typing_replaces_the_words_of_the_last_search_and_arrows_keep_them(opened_by: str) -> None:
    async with watching(RUN) as viewer:
        await type_at_once(viewer, f"{opened_by}li\r/ne")
        assert field_of(viewer) == "ne"
        await type_at_once(viewer, "\r/\x1b[C1")
        assert field_of(viewer) == "ne1"


class TestClosing:
    """A screen closes once, whatever arrives afterwards."""

    @pytest.mark.parametrize("opened_by", ["R", "+", "?", "B", "\x10", "\x10theme\r"])
    async def test_a_screen_that_is_dismissed_twice_closes_once(self, opened_by: str) -> None:
        async with watching(RUN, others=OTHERS) as viewer:
            await type_at_once(viewer, opened_by)
            opened = viewer.app.screen
            assert isinstance(opened, ClosesOnce)
            await viewer.press("f9")
            for _ in range(3):
                opened.dismiss()
            await viewer.pilot.pause()
            assert viewer.app.screen_stack == [viewer.screen]

    async def test_a_covered_screen_stays_and_closes_when_it_is_uncovered(self) -> None:
        async with watching(RUN, board=True) as viewer:
            board = viewer.app.screen
            await viewer.press("question_mark")
            assert isinstance(board, BoardScreen)
            board.dismiss()
            await viewer.pilot.pause()
            assert isinstance(viewer.app.screen, HelpScreen)
            await type_at_once(viewer, "qB")
            assert viewer.app.screen_stack == [viewer.screen]

    @pytest.mark.parametrize("opened_by", ["R", "+"])
    async def test_an_answer_after_the_end_of_the_app_is_ignored(self, opened_by: str) -> None:
        async with watching(RUN, others=OTHERS) as viewer:
            await type_at_once(viewer, opened_by)
            dialog = viewer.app.screen
            assert isinstance(dialog, Question | RunPrompt)
            viewer.app.exit()
            await viewer.until(lambda: not viewer.app.is_running)
            dialog.dismiss()

    async def test_a_dialog_survives_another_size_and_theme_while_it_closes(self) -> None:
        async with watching(RUN, others=OTHERS) as viewer:
            for keys in ("Rn", "+\x1b", "?q", "BB", "\x10\x1b"):
                await type_at_once(viewer, keys[0])
                viewer.app.theme = "tvtui-light"
                viewer.app.post_message(Resize(Size(60, 20), Size(60, 20)))
                await type_at_once(viewer, keys[1])
                viewer.app.theme = "tvtui"
                await viewer.pilot.resize_terminal(120, 36)
                await viewer.until(lambda: viewer.app.screen_stack == [viewer.screen])


KEYS = [
    *"nNf/liadyYswzrpRbB?+xu()12 []gGhjk",
    *"\r\t\x1b\x7f\x10\x03",
    "\x1b[A",
    "\x1b[B",
    "\x1b[C",
    "\x1b[D",
    "\x1b[Z",
]
"""Every key of the app but those that quit, leave the terminal or open another program, and some that it ignores."""


def random_bursts(seed: int) -> list[str]:
    """What an impatient user types: bursts of one to twelve keys."""
    chance = random.Random(seed)
    return ["".join(chance.choices(KEYS, k=chance.randint(1, 12))) for _ in range(20)]


@pytest.mark.parametrize("seed", range(3))
async def test_random_keys_in_bursts_never_end_the_app(seed: int) -> None:
    sizes = [(120, 36), (80, 24), (40, 12)]
    async with watching(RUN, others=OTHERS, size=sizes[seed % 3]) as viewer:
        for burst in random_bursts(seed):
            await type_at_once(viewer, burst)
            assert viewer.app.crash is None, (seed, burst)
            assert viewer.app.is_running, (seed, burst)
        await still_answers(viewer)


async def still_answers(viewer: Viewer) -> None:
    """Close whatever is open, and look at the keys."""
    app = viewer.app
    for _ in range(20):
        if app.screen is viewer.screen and isinstance(app.screen.focused, CaseTable):
            break
        await viewer.press("escape")
    await viewer.press("question_mark")
    await viewer.sees("All keys")


def changes_of_selection(viewer: Viewer) -> list[CaseId]:
    """The tests that are selected from now on."""
    selected: list[CaseId] = []

    def note(case_id: CaseId) -> None:
        selected.append(case_id)

    viewer.screen.watch(viewer.screen, "selected", note, init=False)
    return selected


async def test_a_key_that_is_held_down_moves_by_all_its_repeats_and_is_shown_once() -> None:
    async with watching(RUN) as viewer:
        rows = viewer.screen.shown.table.rows
        selected = changes_of_selection(viewer)
        await type_at_once(viewer, "j" * 40)
        assert viewer.screen.selected == rows[40].id
        assert len(selected) <= 3
        await type_at_once(viewer, "k" * 10 + "n")
        assert viewer.screen.selected == rows[0].id, "the failures come first"
        await type_at_once(viewer, "g" + "j" * 5 + "\r" + "j" * 3)
        assert viewer.screen.selected == rows[5].id
        assert viewer.app.focused is viewer.screen.detail.error_view


async def test_steps_between_failures_lead_as_far_and_are_shown_once() -> None:
    async with watching(RUN) as viewer:
        failed = [row.id for row in viewer.screen.shown.table.rows if row.case.outcome == "failed"]
        selected = changes_of_selection(viewer)
        await type_at_once(viewer, "n" * (len(failed) + 3))
        assert viewer.screen.selected == failed[3]
        assert "wrapped" not in viewer.screen.place
        assert len(selected) <= 3
        await type_at_once(viewer, "N" * 5 + "n" * 2)
        assert viewer.screen.selected == failed[0]
        assert "wrapped" in viewer.screen.place


async def test_steps_that_go_past_the_last_failure_go_on_in_the_other_run() -> None:
    async with watching(RUN, others={215: [replace(RUN, run_id=215)]}) as viewer:
        failed = [row.id for row in viewer.screen.shown.table.rows if row.case.outcome == "failed"]
        await type_at_once(viewer, "n" * (len(failed) + 2))
        assert isinstance(viewer.app.screen, RunScreen)
        assert viewer.app.screen.watched.run_id == 215
        assert viewer.app.screen.selected == failed[2]


async def test_other_keys_take_effect_one_by_one() -> None:
    async with watching(RUN) as viewer:
        failed = [row.id for row in viewer.screen.shown.table.rows if row.case.outcome == "failed"]
        selected = changes_of_selection(viewer)
        await type_at_once(viewer, "nNn")
        assert selected == [failed[1], failed[0], failed[1]]
