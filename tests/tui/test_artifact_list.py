"""The list of artifacts, alone in an app of its own."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.widgets import OptionList

from tests.support.builders import an_artifact
from tvtui.artifacts.catalog import ArtifactRow
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.testvibe.identity import ArtifactId
from tvtui.testvibe.models import Artifact
from tvtui.tui.widgets.artifact_list import ArtifactList

TRACE = an_artifact(kind="trace", path="trace/locked-out-user.zip", size=482_133)
VIDEO = an_artifact(kind="video", path="videos/locked-out-user.webm", size=None)


def a_row(artifact: Artifact = TRACE, *, is_own: bool = False, transfer: Transfer | None = None) -> ArtifactRow:
    return ArtifactRow((artifact.path, 0), artifact, is_own, transfer)


class Host(App[None]):
    """Nothing but the list; what it wants selected is selected, as a screen does it."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[ArtifactId] = []

    def compose(self) -> ComposeResult:
        yield ArtifactList()

    def on_artifact_list_highlighted(self, message: ArtifactList.Highlighted) -> None:
        self.query_one(ArtifactList).selected = message.artifact_id

    def on_artifact_list_chosen(self, message: ArtifactList.Chosen) -> None:
        self.chosen.append(message.artifact_id)

    @property
    def text(self) -> str:
        return "\n".join(strip.text.rstrip() for strip in self.screen._compositor.render_strips())


async def test_an_artifact_is_chosen_by_enter() -> None:
    app = Host()
    async with app.run_test() as pilot:
        app.query_one(ArtifactList).rows = (a_row(TRACE), a_row(VIDEO))
        app.query_one(ArtifactList).selected = (TRACE.path, 0)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.chosen == [(VIDEO.path, 0)]


async def test_an_explanation_cannot_be_chosen() -> None:
    app = Host()
    async with app.run_test() as pilot:
        artifacts = app.query_one(ArtifactList)
        artifacts.explanation = ("None yet", "[b]wait[/b]")
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.chosen == []
        assert "[b]wait[/b]" in app.text
        artifacts.rows = (a_row(),)
        artifacts.rows = ()
        await pilot.pause()
        assert artifacts.highlighted is None


async def test_the_cursor_stays_on_its_artifact_when_the_order_changes() -> None:
    app = Host()
    async with app.run_test() as pilot:
        artifacts = app.query_one(ArtifactList)
        artifacts.rows = (a_row(TRACE), a_row(VIDEO))
        artifacts.selected = (TRACE.path, 0)
        artifacts.rows = (a_row(VIDEO, is_own=True), a_row(TRACE))
        await pilot.pause()
        assert artifacts.highlighted == 1
        assert artifacts.selected == (TRACE.path, 0)


async def test_another_order_lays_nothing_out_and_shows_the_selected_artifact() -> None:
    rows = tuple(a_row(an_artifact(f"{number}.zip")) for number in range(30))
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        artifacts = app.query_one(ArtifactList)
        artifacts.rows, artifacts.selected = rows, rows[0].id
        await pilot.pause()
        artifacts.scroll_to(y=15, animate=False, force=True)
        await pilot.pause()
        layouts: list[object] = []
        app.screen.screen_layout_refresh_signal.subscribe(app.screen, layouts.append, immediate=True)
        artifacts.rows, artifacts.selected = (rows[3], *rows[:3], *rows[4:]), rows[3].id
        await pilot.pause()
        assert [line.split()[1] for line in app.text.splitlines()[:3]] == ["3.zip", "0.zip", "1.zip"]
        assert layouts == []
        artifacts.rows = artifacts.rows[:2]
        await pilot.pause()
        assert layouts != []


async def test_only_artifacts_that_probably_belong_to_the_test_are_marked() -> None:
    app = Host()
    async with app.run_test(size=(80, 10)) as pilot:
        app.query_one(ArtifactList).rows = (a_row(TRACE, is_own=True), a_row(VIDEO))
        await pilot.pause()
        first, second = app.text.splitlines()[:2]
        assert first.startswith(" ≈ trace")
        assert second.startswith("   video")
        app.query_one(ArtifactList).rows = (a_row(TRACE), a_row(VIDEO))
        await pilot.pause()
        assert app.text.startswith(" trace")


@pytest.mark.parametrize(
    ("transfer", "shown"),
    [
        (Transfer(Stage.WAITING), "waiting"),
        (Transfer(Stage.DOWNLOADING, 241_066, 482_133, 100_000.0), "━━━━      49 % · 97 KiB/s · 2 s"),
        (Transfer(Stage.DOWNLOADING, 2048, None, 0.0), "2 KiB"),
        (Transfer(Stage.DONE, 482_133, 482_133), "✓ saved  470 KiB"),
        (Transfer(Stage.FAILED, note="The link has expired."), "✗ failed  470 KiB"),
        (Transfer(Stage.CANCELLED, 1000, 482_133), "canceled  470 KiB"),
    ],
)
async def test_each_line_shows_the_state_of_its_download(transfer: Transfer, shown: str) -> None:
    app = Host()
    async with app.run_test(size=(100, 10)) as pilot:
        app.query_one(ArtifactList).rows = (a_row(),)
        await pilot.pause()
        app.query_one(ArtifactList).rows = (a_row(transfer=transfer),)
        await pilot.pause()
        assert app.text.splitlines()[0].endswith(shown)


async def test_wide_kinds_do_not_push_the_size_away() -> None:
    app = Host()
    async with app.run_test(size=(80, 10)) as pilot:
        wide = an_artifact(kind="\u30b9\u30af\u30ea\u30fc\u30f3\u30b7\u30e7\u30c3\u30c8", path="a.png", size=482_133)
        app.query_one(ArtifactList).rows = (a_row(wide),)
        await pilot.pause()
        assert "470 KiB" in app.text


async def test_the_artifact_that_was_visible_is_chosen_although_the_list_has_changed() -> None:
    app = Host()
    async with app.run_test() as pilot:
        artifacts = app.query_one(ArtifactList)
        artifacts.rows = (a_row(TRACE), a_row(VIDEO))
        artifacts.selected = (VIDEO.path, 0)
        await pilot.pause()
        chosen = OptionList.OptionSelected(artifacts, artifacts.get_option_at_index(1), 1)
        artifacts.set_reactive(ArtifactList.rows, (a_row(TRACE),))
        artifacts.choose(chosen)
        await pilot.pause()
        assert app.chosen == [(VIDEO.path, 0)]
