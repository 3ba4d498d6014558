"""The list of artifacts, alone in an app of its own."""

from __future__ import annotations

from textual.app import App, ComposeResult

from tests.builders import an_artifact
from tvtui.models import Artifact
from tvtui.widgets.artifact_list import ArtifactList, total_size

TRACE = an_artifact(kind="trace", path="trace/locked-out-user.zip", size=482_133)
VIDEO = an_artifact(kind="video", path="videos/locked-out-user.webm", size=None)


class Host(App[None]):
    """Nothing but the list."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[Artifact] = []

    def compose(self) -> ComposeResult:
        yield ArtifactList()

    def on_artifact_list_chosen(self, message: ArtifactList.Chosen) -> None:
        self.chosen.append(message.artifact)


async def test_an_artifact_is_chosen_by_enter() -> None:
    app = Host()
    async with app.run_test() as pilot:
        artifacts = app.query_one(ArtifactList)
        artifacts.artifacts = (TRACE, VIDEO)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.chosen == [VIDEO]


async def test_an_explanation_cannot_be_chosen() -> None:
    app = Host()
    async with app.run_test() as pilot:
        artifacts = app.query_one(ArtifactList)
        artifacts.explanation = "None yet"
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.chosen == []
        assert artifacts.selected is None
        artifacts.artifacts = (TRACE,)
        artifacts.artifacts = ()
        await pilot.pause()
        assert artifacts.selected is None


async def test_wide_kinds_do_not_push_the_size_away() -> None:
    app = Host()
    async with app.run_test(size=(80, 10)) as pilot:
        wide = an_artifact(kind="\u30b9\u30af\u30ea\u30fc\u30f3\u30b7\u30e7\u30c3\u30c8", path="a.png", size=482_133)
        app.query_one(ArtifactList).artifacts = (wide,)
        await pilot.pause()
        assert "470 KiB" in app.screen._compositor.render_strips()[0].text


def test_the_total_tells_when_it_is_not_all() -> None:
    assert total_size((TRACE,)) == "1 · 470 KiB"
    assert total_size((TRACE, VIDEO)) == "2 · ≥ 470 KiB"
    assert total_size(()) == ""
