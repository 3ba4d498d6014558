"""Artifacts in the app, over real sockets: one key from a failure to its trace, its screenshots, its log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from tests.support import faults
from tests.support.app import Viewer
from tests.support.clock import FakeClock
from tests.support.server import FakeServer, get_artifact, in_turn, settings_for
from tests.support.watch import a_request
from tvtui.artifacts.catalog import ArtifactRow, Catalog
from tvtui.artifacts.downloads.safe_names import MANIFEST
from tvtui.artifacts.transfer import Stage
from tvtui.demo.exchange import Exchange
from tvtui.demo.faults import Fault
from tvtui.demo.scenarios import SCENARIOS, Scenario
from tvtui.demo.server import DemoServer
from tvtui.demo.storage import StorageFaultPlan
from tvtui.testvibe.identity import CaseId
from tvtui.testvibe.server import ServerConnection
from tvtui.tui.app import TvtuiApp
from tvtui.tui.screens.trace import TraceScreen
from tvtui.tui.widgets.artifact_list import ArtifactList

TRACE = "trace/locked-out-user-sees-an-error.zip"
PICTURE = "screenshots/locked-out-user-sees-an-error.png"


def over(name: str = "default") -> Scenario:
    """A scenario whose run is over."""
    scenario = SCENARIOS[name]
    return scenario._replace(digest_at=lambda _seconds: scenario.digest_at(1_000))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, environ: pytest.MonkeyPatch) -> Path:
    """Where artifacts are saved, on a machine without a desktop and without programs but those of the test."""
    environ.chdir(tmp_path)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY", "TMUX"):
        environ.delenv(name, raising=False)
    environ.setenv("PATH", str(tmp_path / "bin"))
    environ.setenv("TVTUI_PICTURES", "blocks")
    return tmp_path / "tvtui-artifacts" / "run-214"


@asynccontextmanager
async def looking(
    server: DemoServer, size: tuple[int, int] = (120, 36), open_with: Mapping[str, str] | None = None
) -> AsyncIterator[Viewer]:
    """The app before a real server, which nothing but the keys of the test makes it ask for evidence."""
    clock = FakeClock()
    settings = replace(settings_for(server), open=open_with or {})
    source = ServerConnection(settings, prefetch=214)
    app = TvtuiApp(source, a_request(settings), clock=clock)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            onlooker = Viewer(pilot, clock, FakeServer(clock))
            await onlooker.until(lambda: onlooker.screen.artifact_rows)
            await onlooker.pilot.pause()
            yield onlooker
    finally:
        await source.aclose()


async def in_trace(onlooker: Viewer) -> None:
    """Wait until a trace is shown."""
    await onlooker.until(lambda: isinstance(onlooker.app.screen, TraceScreen))


def first(requests: int, fault: Fault) -> StorageFaultPlan:
    """What the first few requests for each artifact meet."""
    return lambda nth, _path: fault if nth <= requests else None


def saved_bytes(folder: Path) -> int:
    """Bytes of the files that are not complete."""
    return sum(path.stat().st_size for path in folder.rglob("*.part"))


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST]


def stages(onlooker: Viewer) -> Sequence[Stage]:
    return [transfer.stage for transfer in onlooker.screen.artifacts.catalog.transfers.values()]


async def test_d_downloads_the_trace_of_the_selected_failure(folder: Path) -> None:
    with DemoServer(over()) as server:
        async with looking(server) as onlooker:
            assert "≈ trace" in onlooker.text
            await onlooker.press("d")
            await onlooker.sees("✓ saved")
            await onlooker.sees("Saved:")
            assert (folder / TRACE).read_bytes() == get_artifact(server, TRACE)
            assert not any(request.is_keyed for request in server.storage_requests)
            await onlooker.press("tab", "y")
            assert onlooker.app.clipboard == str(folder / TRACE)


async def test_each_failure_brings_its_own_to_the_top() -> None:
    with DemoServer(over()) as server:
        async with looking(server) as onlooker:
            assert onlooker.screen.artifact == (TRACE, 0)
            await onlooker.press("n")
            assert onlooker.screen.artifact == ("trace/tax-is-8-of-the-item-total-rounded-half-up.zip", 0)
            await onlooker.press("end")
            assert "≈" not in onlooker.text


async def test_capital_d_downloads_what_the_list_shows(folder: Path) -> None:
    with DemoServer(over()) as server:
        async with looking(server) as onlooker:
            await onlooker.press("tab", "slash", *"png !tax", "enter", "D")
            await onlooker.sees("6 of 6 artifacts saved to")
            assert len(files_in(folder)) == 6
            assert all(name.endswith(".png") and "tax" not in name for name in files_in(folder))
            await onlooker.press("escape", "escape", "D")
            await onlooker.sees("18 of 18 artifacts saved to tvtui-artifacts/run-214")
            assert stages(onlooker).count(Stage.DONE) == 18


async def test_escape_cancels_a_download_and_d_resumes_it(folder: Path) -> None:
    with DemoServer(over(), storage_faults=first(1, faults.trickle(0.001))) as server:
        async with looking(server) as onlooker:
            await onlooker.press("d")
            await onlooker.sees("esc cancel")
            while not saved_bytes(folder):
                # what has been received is written from time to time
                await onlooker.wait(1)
            assert Stage.DOWNLOADING in stages(onlooker)
            await onlooker.press("escape")
            await onlooker.sees("canceled")
            assert "esc cancel" not in onlooker.text
            assert "Download canceled: 0 of 1 saved. Press d to resume." in onlooker.toasts
            saved = saved_bytes(folder)
            await onlooker.press("escape")
            await onlooker.until(lambda: not onlooker.toasts)
            await onlooker.press("d")
            await onlooker.sees("✓ saved")
            assert (folder / TRACE).read_bytes() == get_artifact(server, TRACE)
            assert server.storage_requests[-1].headers.get("range") == f"bytes={saved}-"


async def test_a_failed_download_is_explained_and_can_be_retried(folder: Path) -> None:
    with DemoServer(over(), storage_faults=first(2, faults.deleted())) as server:
        async with looking(server) as onlooker:
            await onlooker.press("d")
            await onlooker.sees("✗ failed")
            await onlooker.until(lambda: "404" in onlooker.text)
            assert "sig=" not in onlooker.text
            onlooker.app.clear_notifications()
            await onlooker.sees("✗ 1 failed")
            await onlooker.pilot.resize_terminal(80, 24)
            await onlooker.sees("1 download failed")
            await onlooker.press("d")
            await onlooker.until(lambda: "1 download failed" not in onlooker.text)
            await onlooker.pilot.resize_terminal(120, 36)
            await onlooker.sees("✓ saved")
            assert "1 failed" not in onlooker.text


async def test_a_failure_to_get_links_is_shown_once() -> None:
    with DemoServer(over(), faults=in_turn(None, *[faults.html(502)] * 50)) as server:
        async with looking(server) as onlooker:
            await onlooker.press("D")
            await onlooker.sees("502")
            assert "0 of 18 artifacts saved; 18 failed (press D to retry)" in onlooker.toasts
            assert onlooker.toasts.count("returned 502") == 2
            assert f"{TRACE}: " in onlooker.toasts
            assert set(stages(onlooker)) == {Stage.FAILED}


async def test_o_shows_a_screenshot_and_its_neighbours_in_the_terminal(folder: Path) -> None:
    with DemoServer(over("visual")) as server:
        async with looking(server) as onlooker:
            await onlooker.press("tab", "down", "o")
            await onlooker.sees("1 of 9")
            await onlooker.sees("expected · 360×220")
            await onlooker.sees("diff · 360×220")
            await onlooker.press("right")
            await onlooker.sees("card-colour-changed.png")
            await onlooker.press("o")
            await onlooker.until(lambda: onlooker.app.clipboard.endswith("card-colour-changed.png"))
            await onlooker.press("escape")
            await onlooker.sees("Tests")
            assert len(files_in(folder)) == 4


async def test_o_shows_the_comparison_of_the_selected_failure_and_o_in_the_list_what_is_selected() -> None:
    with DemoServer(over("visual")) as server:
        async with looking(server) as onlooker:
            await onlooker.press("o")
            await onlooker.sees("diff · 360×220")
            assert onlooker.toasts == ""
            await onlooker.press("escape")
            await onlooker.until(lambda: onlooker.app.screen is onlooker.screen)
            assert onlooker.screen.artifact == ("screenshots/card-colour-changed-card-colour-diff.png", 0)
            await onlooker.press("a", "home", "o")
            await in_trace(onlooker)
            await onlooker.sees("card colour changed · visual.spec.js:5")


async def test_on_a_narrow_screen_a_comparison_begins_with_the_difference() -> None:
    with DemoServer(over("visual")) as server:
        async with looking(server, size=(80, 24)) as onlooker:
            await onlooker.press("o")
            await onlooker.sees("diff · 360×220")


async def test_o_on_a_failure_without_artifacts_says_that_it_opens_the_selected_one() -> None:
    scenario = over()
    digest = scenario.digest_at(0)
    log = [{"kind": "log", "path": "logs/browser-console.log", "size": 10}]
    scenario = scenario._replace(digest_at=lambda _seconds: {**digest, "artifacts": log})
    with DemoServer(scenario) as server:
        async with looking(server) as onlooker:
            await onlooker.press("o")
            await onlooker.until(
                lambda: 'No artifact matches "Locked-out user sees an error". Opening logs/' in onlooker.toasts
            )


async def test_o_shows_a_log_file_in_the_log_tab_and_l_shows_the_runs_log_again() -> None:
    with DemoServer(over()) as server:
        async with looking(server) as onlooker:
            await onlooker.press("tab", "slash", *"console", "enter", "o")
            await onlooker.sees("browser-console.log (press l for the run's log)")
            await onlooker.press("l")
            await onlooker.until(lambda: "browser-console.log (press" not in onlooker.text)
            await onlooker.press("l")
            await onlooker.sees("Error: ")


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 20)])
async def test_without_a_desktop_one_message_says_so_and_that_the_path_is_copied(
    folder: Path, size: tuple[int, int]
) -> None:
    with DemoServer(over()) as server:
        async with looking(server, size) as onlooker:
            await onlooker.press("o")
            await in_trace(onlooker)
            assert f"Opening {TRACE}" in onlooker.toasts
            await onlooker.press("o")
            await onlooker.sees("Sent to the terminal's clipboard: its path")
            assert "No desktop available." in onlooker.text
            assert "The file is" in onlooker.text
            assert onlooker.app.clipboard == str(folder / TRACE)


async def test_the_users_own_program_is_started_with_the_file(folder: Path, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    program = tmp_path / "viewer"
    program.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n')
    program.chmod(0o755)
    with DemoServer(over()) as server:
        async with looking(server, open_with={"trace": f"{program} {{file}}"}) as onlooker:
            await onlooker.press("o")
            await onlooker.sees("Opened with viewer")
            await onlooker.until(opened.exists)
            assert opened.read_text() == str(folder / TRACE)


@pytest.mark.parametrize("size", [(120, 36), (100, 30), (80, 24), (58, 20), (30, 10)])
async def test_a_goes_to_the_artifacts_at_every_size_and_back(size: tuple[int, int]) -> None:
    with DemoServer(over()) as server:
        async with looking(server, size=size) as onlooker:
            await onlooker.press("a")
            await onlooker.until(lambda: isinstance(onlooker.app.focused, ArtifactList))
            await onlooker.press("end", "y")
            assert onlooker.app.clipboard in {artifact["path"] for artifact in server.artifacts()}
            await onlooker.press("a")
            await onlooker.until(lambda: onlooker.app.focused is onlooker.screen.table)


async def test_on_medium_screens_the_tab_of_the_artifacts_does_the_same(folder: Path) -> None:
    with DemoServer(over()) as server:
        async with looking(server, size=(80, 24)) as onlooker:
            await onlooker.press("d")
            await onlooker.until((folder / TRACE).exists)


async def test_the_focus_stays_on_the_artifacts_when_the_size_changes() -> None:
    with DemoServer(over()) as server:
        async with looking(server, size=(80, 24)) as onlooker:
            await onlooker.press("a")
            for size in [(120, 36), (80, 24), (50, 20), (120, 36), (58, 20), (80, 24)]:
                await onlooker.pilot.resize_terminal(*size)
                await onlooker.until(lambda: isinstance(onlooker.app.focused, ArtifactList))
                assert onlooker.app.focused is not None
                assert onlooker.app.focused.is_on_screen, size


@contextmanager
def held() -> Iterator[tuple[StorageFaultPlan, Event]]:
    """Storage that answers each first request when the test says so."""
    go = Event()

    def play(exchange: Exchange) -> None:
        go.wait(10)
        exchange.answer()

    try:
        yield first(1, Fault("waits", play)), go
    finally:
        go.set()


async def test_a_late_download_neither_interrupts_typing_nor_opens_over_another_screen() -> None:
    with held() as (plan, go), DemoServer(over("visual"), storage_faults=plan) as server:
        async with looking(server) as onlooker:
            await onlooker.press("tab", "down", "o", "shift+tab", "slash", "c")
            go.set()
            await onlooker.until(lambda: "Select it and press o to open it." in onlooker.toasts)
            await onlooker.press("a", "r", "d")
            assert onlooker.screen.asked.words == "card"
            assert onlooker.app.screen is onlooker.screen


async def test_o_waits_for_a_download_that_is_under_way(folder: Path) -> None:
    with held() as (plan, go), DemoServer(over(), storage_faults=plan) as server:
        async with looking(server) as onlooker:
            await onlooker.press("d")
            await onlooker.until(lambda: server.storage_requests)
            await onlooker.press("o")
            go.set()
            await in_trace(onlooker)
            assert (folder / TRACE).exists()
            assert len(server.storage_requests) == 1


async def test_a_command_is_copied_and_no_more_is_said_than_is_known(
    folder: Path, tmp_path: Path, environ: pytest.MonkeyPatch
) -> None:
    environ.setenv("DISPLAY", ":9")
    npx = tmp_path / "bin" / "npx"
    npx.parent.mkdir()
    npx.write_text("#!/bin/sh\nexit 1\n")
    npx.chmod(0o755)
    with DemoServer(over()) as server:
        async with looking(server) as onlooker:
            await onlooker.press("o")
            await in_trace(onlooker)
            await onlooker.press("o")
            await onlooker.sees("Sent to the terminal's clipboard: the command")
            assert onlooker.app.clipboard == f"npx playwright show-trace {folder / TRACE}"


async def test_o_explains_a_download_that_failed() -> None:
    with DemoServer(over(), storage_faults=first(9, faults.deleted())) as server:
        async with looking(server) as onlooker:
            await onlooker.press("o")
            await onlooker.sees("✗ failed")
            await onlooker.until(lambda: "404" in onlooker.text)


class CountingCatalog(Catalog):
    """Counts how often the artifacts are listed."""

    listed = 0

    def rows(self, case_id: CaseId | None, wanted: str = "") -> tuple[ArtifactRow, ...]:
        self.listed += 1
        return super().rows(case_id, wanted)


async def test_many_downloads_are_drawn_together() -> None:
    with DemoServer(over("many-artifacts"), faults=in_turn(None, *[faults.html(502)] * 50)) as server:
        async with looking(server) as onlooker:
            onlooker.screen.artifacts.catalog = catalog = CountingCatalog()
            onlooker.screen.update()
            await onlooker.press("D")
            await onlooker.until(lambda: stages(onlooker).count(Stage.FAILED) == 200)
            assert catalog.listed < 120


async def test_changed_names_are_counted_and_explained_for_the_selected_artifact() -> None:
    scenario = over()
    digest = scenario.digest_at(0)
    evil = [{"kind": "trace", "path": f"../up-{number}.zip", "size": 100 + number} for number in range(3)]
    scenario = scenario._replace(digest_at=lambda _seconds: {**digest, "artifacts": evil})
    with DemoServer(scenario) as server:
        async with looking(server, size=(160, 40)) as onlooker:
            await onlooker.press("D")
            await onlooker.until(lambda: "3 of 3 artifacts saved to" in onlooker.toasts)
            assert "3 renamed" in onlooker.toasts
            assert "Saved as" in str(onlooker.screen.artifact_list.border_subtitle)


async def test_a_failure_without_a_trace_shows_the_documented_reasons() -> None:
    scenario = over()
    digest = scenario.digest_at(0)
    artifacts = digest["artifacts"]
    assert isinstance(artifacts, list)
    others = [row for row in artifacts if "locked-out" not in row["path"]]
    scenario = scenario._replace(digest_at=lambda _seconds: {**digest, "artifacts": others, "finishedUtc": -100})
    with DemoServer(scenario) as server:
        async with looking(server) as onlooker:
            await onlooker.until(lambda: onlooker.screen.snapshot and onlooker.screen.snapshot.is_final)
            await onlooker.until(lambda: "No trace found" in " ".join(onlooker.screen.artifacts_note))
            assert any("expired" in line for line in onlooker.screen.artifacts_note)
            await onlooker.press("n")
            assert onlooker.screen.artifacts_note == ()
