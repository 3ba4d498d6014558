"""Recordings on the screen: the end of runs, and replays with their keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.app import APP_SETTINGS, Viewer, shows
from tests.support.builders import a_case, a_run, an_artifact
from tests.support.clock import FakeClock
from tests.support.recordings import SUITE, a_recording, steps_of
from tests.support.server import FakeServer
from tvtui.artifacts.downloads.manifest import Origin
from tvtui.artifacts.downloads.run_folder import RunFolder
from tvtui.artifacts.downloads.safe_names import Place
from tvtui.journal.recorded_server import RecordedServer
from tvtui.journal.recording import Recording
from tvtui.journal.replay import RecordedRuns
from tvtui.testvibe.errors import NotFound
from tvtui.tui.app import TvtuiApp
from tvtui.watch.request import WatchRequest

TESTS = [
    a_case("Valid user signs in"),
    a_case("Locked-out user sees an error", status="failed"),
    a_case("Cart is empty", status="failed"),
]
STEPS = steps_of(TESTS)
RECORDING = a_recording(*STEPS)
OTHER = a_recording((9.0, a_run(run_id=215, status="passed")))


def _watch_command(run_id: int) -> str:
    return f"tvtui watch {run_id}"


def _not_found(run_id: int) -> Recording:
    raise NotFound(f"No recording of run {run_id} on this machine.")


@asynccontextmanager
async def showing(
    *recordings: Recording,
    speed: float | None = None,
    size: tuple[int, int] = (120, 36),
    output: Path | None = None,
    board: bool = False,
) -> AsyncIterator[Viewer]:
    """The app with recordings; a speed replays them."""
    clock = FakeClock()
    recorded = RecordedRuns(
        recordings, watch_command=_watch_command, find=_not_found, is_replay=speed is not None, speed=speed
    )
    request = WatchRequest(
        settings=replace(APP_SETTINGS, output=output, theme="tvtui"),
        run_ids=[each.run.run_id for each in recordings],
        command=lambda ids: ["tvtui", "open", *map(str, ids)],
        begins_with_board=board,
        recordings=recorded,
    )
    app = TvtuiApp(RecordedServer(_watch_command), request, clock=clock)
    async with app.run_test(size=size, notifications=True) as pilot:
        viewer = Viewer(pilot, clock, FakeServer(clock))
        # the keys of a replay belong to what is around the focused pane
        await viewer.until(lambda: app.shown.snapshot and (board or app.screen.focused))
        yield viewer


class TestOpened:
    """The end of a run."""

    async def test_it_is_shown_with_its_age(self) -> None:
        async with showing(RECORDING) as viewer:
            first = viewer.text.splitlines()[0]
            assert "FAILED" in first
            assert first.endswith("RECORDED · ended just now")
            assert "Locked-out user sees an error" in viewer.text
            await viewer.wait(300)
            await viewer.sees("RECORDED · ended 5 min ago")
            assert not viewer.app.runs.is_polling

    async def test_one_that_was_left_says_when(self) -> None:
        async with showing(a_recording(*STEPS[:2])) as viewer:
            assert "RECORDED · as of 2026-06-10 16:02 UTC" in viewer.text
            assert "running 2 s" in viewer.text
            await viewer.wait(60)
            assert "running 2 s" in viewer.text

    async def test_several_have_tabs_and_tiles(self) -> None:
        async with showing(RECORDING, OTHER) as viewer:
            assert "#215" in viewer.text
            await viewer.press("B")
            await viewer.sees("RECORDED · ended")
            await viewer.press("2")
            await viewer.sees("run 215")

    @pytest.mark.parametrize(
        ("key", "reason"),
        [
            ("r", "This is a recording; to ask the server, use: tvtui watch 214"),
            ("R", "This is a recording; to run it again, first use: tvtui watch 214"),
            ("p", "This is the recorded end of the run; there is nothing to pause."),
        ],
    )
    async def test_what_needs_the_server_says_what_to_do(self, key: str, reason: str) -> None:
        async with showing(RECORDING) as viewer:
            await viewer.press(key)
            assert viewer.toasts == reason

    async def test_a_diagnosis_needs_the_server_and_offers_no_retry(self) -> None:
        async with showing(RECORDING) as viewer:
            await viewer.press("i")
            await viewer.sees("This is a recording.")
            assert "To ask the server, use: tvtui watch 214" in viewer.text
            assert "retry" not in viewer.text

    async def test_a_copy_names_the_command_that_watches_the_run(self) -> None:
        async with showing(RECORDING) as viewer:
            await viewer.press("y")
            await viewer.until(lambda: viewer.app.clipboard)
            assert "tvtui watch 214" in viewer.app.clipboard

    async def test_keys_of_a_replay_do_not_exist(self) -> None:
        async with showing(RECORDING) as viewer:
            await viewer.press("space", "full_stop", "comma", "right_curly_bracket")
            assert viewer.toasts == ""
            assert "play/pause" not in viewer.text

    async def test_another_recorded_run_can_be_added(self) -> None:
        async with showing(RECORDING, OTHER) as viewer:
            await viewer.press("x")
            await viewer.press("plus", *"999", "enter")
            await viewer.sees("No recording of run 999 on this machine.")
            await viewer.press(*["backspace"] * 3, *"214", "enter")
            await viewer.sees("run 214")


class TestArtifacts:
    """Files that were downloaded before."""

    async def test_one_that_is_not_there_says_how_to_get_it(self, tmp_path: Path) -> None:
        async with showing(RECORDING, output=tmp_path / "none") as viewer:
            await viewer.press("d")
            await viewer.until(lambda: viewer.toasts)
            assert viewer.toasts.endswith(
                "This is a recording, and the file was not downloaded before. To download it, use: tvtui artifacts 214"
            )
            assert not (tmp_path / "none").exists()

    async def test_one_that_is_there_is_opened(self, tmp_path: Path) -> None:
        log = an_artifact("logs/console.log", kind="log", size=9)
        recording = a_recording((100.0, a_run(artifacts=[log])))
        folder = RunFolder(tmp_path / "run-214", Origin(SUITE.server, SUITE.project.upper(), 214))
        folder.create()
        save(folder, "logs/console.log", b"what it\n\n")
        async with showing(recording, output=tmp_path) as viewer:
            await viewer.press("a", "enter")
            await viewer.sees("what it")


class TestReplay:
    """A run that is played."""

    async def test_the_summary_bar_says_where_it_is(self) -> None:
        async with showing(RECORDING, speed=10.0) as viewer:
            assert viewer.text.splitlines()[0].endswith("REPLAY ×10 · 00:02 / 01:40")
            assert "QUEUED" in viewer.text
            await viewer.wait(1)
            await viewer.sees("REPLAY ×10 · 00:12 / 01:40")
            await viewer.wait(60)
            await viewer.sees("REPLAY ended · 01:40 / 01:40")
            assert "FAILED" in viewer.text

    async def test_space_and_p_pause_and_play(self) -> None:
        async with showing(RECORDING, speed=1.0) as viewer:
            await viewer.press("space")
            await viewer.sees("REPLAY paused · 00:02 / 01:40")
            await viewer.press("p")
            await viewer.sees("REPLAY ×1 · 00:02 / 01:40")
            await viewer.press("p")
            await viewer.sees("REPLAY paused")
            await viewer.press("space")
            await viewer.wait(3)
            await viewer.sees("REPLAY ×1 · 00:05")

    async def test_space_pauses_where_it_scrolls_otherwise_but_is_typed_in_a_filter(self) -> None:
        async with showing(RECORDING, speed=1.0) as viewer:
            await viewer.wait(30)
            await viewer.press("enter", "space")
            await viewer.sees("REPLAY paused")
            await viewer.press("space", "slash", *"a", "space", *"b")
            await viewer.sees("REPLAY ×1")
            assert "a b" in viewer.text
            await viewer.press("escape", "escape", "slash", *"in", "space", *"user")
            assert viewer.screen.asked.words == "in user"
            await viewer.sees("REPLAY ×1")

    async def test_changes_are_stepped_through(self) -> None:
        async with showing(RECORDING, speed=1.0) as viewer:
            for moment in ("00:10", "00:20", "00:30", "01:40"):
                await viewer.press("full_stop")
                await viewer.sees(f"· {moment} / 01:40")
            assert "ended" in viewer.text
            await viewer.press("full_stop")
            assert viewer.toasts == "This is the end of the recording."
            await viewer.press("comma")
            await viewer.sees("REPLAY paused · 00:30")
            assert "Cart is empty" not in viewer.text

    async def test_failures_are_gone_to_and_selected(self) -> None:
        async with showing(RECORDING, speed=1.0) as viewer:
            await viewer.press("right_curly_bracket")
            await viewer.sees("· 00:30 / 01:40")
            await viewer.press("right_curly_bracket")
            await viewer.sees("· 01:40 / 01:40")
            assert viewer.screen.selected == ("Cart is empty", 0)
            await viewer.press("right_curly_bracket")
            assert viewer.toasts == "No test fails after this moment."
            await viewer.press("left_curly_bracket")
            await viewer.sees("· 00:30 / 01:40")
            assert viewer.screen.selected == ("Locked-out user sees an error", 0)

    async def test_a_minute_is_skipped(self) -> None:
        async with showing(RECORDING, speed=1.0) as viewer:
            await viewer.press("right_square_bracket")
            await viewer.sees("REPLAY ×1 · 01:02 / 01:40")
            await viewer.press("left_square_bracket")
            await viewer.sees("REPLAY ×1 · 00:02 / 01:40")
            await viewer.press("left_square_bracket")
            assert viewer.toasts == "This is the beginning of the recording."

    async def test_an_outage_is_shown_with_the_data_of_then(self) -> None:
        async with showing(RECORDING, speed=1.0) as viewer:
            await viewer.press("full_stop", "full_stop")
            await viewer.sees("Cannot reach the server. Check your network.")
            assert "REPLAY paused · 00:20 / 01:40" in viewer.text
            assert "Valid user signs in" in viewer.text
            await viewer.press("full_stop")
            await viewer.until(lambda: "Cannot reach" not in viewer.text)

    async def test_a_selected_test_that_has_not_ended_yet_is_not_in_the_run(self) -> None:
        async with showing(RECORDING, speed=1.0) as viewer:
            await viewer.press("right_curly_bracket", "comma", "comma")
            await viewer.sees("The selected test is not in the run now.")

    async def test_keys_that_lead_nowhere_are_dimmed(self) -> None:
        async with showing(RECORDING, speed=1.0) as viewer:
            enabled = {each.binding.id: each.enabled for each in viewer.app.screen.active_bindings.values()}
            assert not enabled["replay.change_before"]
            assert enabled["replay.change_after"]
            assert not enabled["replay.failure_before"]
            await viewer.wait(100)
            await viewer.sees("REPLAY ended")
            enabled = {each.binding.id: each.enabled for each in viewer.app.screen.active_bindings.values()}
            assert enabled["replay.change_before"]
            assert not enabled["replay.change_after"]
            assert not enabled["replay.failure_after"]

    async def test_the_help_begins_with_its_keys(self) -> None:
        async with showing(RECORDING, speed=1.0) as viewer:
            await viewer.press("question_mark")
            await viewer.sees("In a replay")
            assert "pause where the next test fails" in viewer.text

    async def test_brackets_belong_to_the_diagnosis_only_where_there_is_one(self) -> None:
        async with showing(RECORDING, speed=1.0) as viewer:
            await viewer.wait(100)
            await viewer.press("i")
            await viewer.sees("This is a recording.")
            await viewer.press("left_square_bracket")
            await viewer.sees("REPLAY ×1 · 00:40 / 01:40")

    @pytest.mark.parametrize(("size", "text"), [((80, 24), "REPLAY ×1 · 00:02 / 01:40"), ((40, 12), "REPLAY 00:02")])
    async def test_it_is_said_at_every_size(self, size: tuple[int, int], text: str) -> None:
        async with showing(RECORDING, speed=1.0, size=size) as viewer:
            assert text in viewer.text.splitlines()[0]

    async def test_the_board_plays_too(self) -> None:
        async with showing(RECORDING, speed=10.0, board=True) as viewer:
            await viewer.until(lambda: shows(viewer.text, "REPLAY ×10 · 00:02 / 01:40"))
            await viewer.wait(10)
            await viewer.until(lambda: shows(viewer.text, "REPLAY ended · 01:40 / 01:40"))

    async def test_a_closed_replay_goes_on_where_it_was(self) -> None:
        async with showing(OTHER, RECORDING, speed=1.0) as viewer:
            await viewer.press("2")
            await viewer.press("full_stop", "x")
            await viewer.sees("Closed run 214")
            await viewer.press("u")
            await viewer.sees("00:10 / 01:40")


def save(folder: RunFolder, path: str, content: bytes) -> None:
    """Save an artifact as a download does."""
    spot = folder.reserve((path, 0), Place(tuple(path.split("/"))), len(content), "", ())
    spot.path.write_bytes(content)
    folder.record(spot, (path, 0), len(content), "", spot.path.stat())
    folder.release(spot)
