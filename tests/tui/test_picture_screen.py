"""Screenshots in the terminal, one at a time, and comparisons side by side."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL.PngImagePlugin import PngImageFile
from textual.app import App
from textual.pilot import Pilot

from tests.support.builders import an_artifact
from tests.support.images import PictureApp, write_pictures
from tvtui.terminal.detect import PictureProtocol, PictureSupport
from tvtui.testvibe.models import Artifact
from tvtui.tui.screens.picture import PictureScreen
from tvtui.tui.widgets.picture_view import PictureView


class Onlooker:
    """A user in front of the picture screen."""

    def __init__(self, app: PictureApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def lines(self) -> list[str]:
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip if not segment.control).rstrip() for strip in strips]

    @property
    def views(self) -> list[PictureView]:
        return [view for view in self.app.screen.query(PictureView) if view.display]

    def colors(self) -> list[str | None]:
        """The colour of each picture that is drawn, at its middle; None where there is none."""
        return [_middle(view) for view in self.views]

    async def until(self, is_so: Callable[[], object]) -> None:
        for _ in range(500):
            if is_so():
                return
            await self.pilot.pause(0.01)
        raise AssertionError("it did not come to be:\n" + "\n".join(self.lines))

    async def sees(self, text: str) -> None:
        await self.until(lambda: text in "\n".join(self.lines))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)


def _middle(view: PictureView) -> str | None:
    if view.art is None:
        return None
    strip = view.art.strips[view.art.cells.height // 2]
    segment = next(iter(strip))
    assert segment.style is not None
    return segment.style.color.name if segment.style.color else None


@asynccontextmanager
async def showing(
    folder: Path, size: tuple[int, int] = (120, 36), start: int = 0, protocol: PictureProtocol = PictureProtocol.BLOCKS
) -> AsyncIterator[Onlooker]:
    app = PictureApp(folder, start, protocol)
    async with app.run_test(size=size) as pilot:
        onlooker = Onlooker(app, pilot)
        await onlooker.until(lambda: isinstance(app.screen, PictureScreen))
        yield onlooker


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pictures(tmp_path)
    return tmp_path


async def test_a_picture_fills_the_screen_below_its_name_and_above_the_keys(folder: Path) -> None:
    async with showing(folder) as user:
        await user.until(lambda: user.colors() == ["#102030"])
        await user.sees("login.png · 320×180 · ")
        assert user.lines[0].endswith("1 of 3")
        art = user.views[0].art
        assert art is not None
        assert art.cells == (120, 34)
        assert [len(line) for line in user.lines[1:35]] == [120] * 34
        assert "← previous  → next  o open elsewhere  ? help  esc back" in user.lines[35]


async def test_a_comparison_is_shown_side_by_side(folder: Path) -> None:
    async with showing(folder, start=2) as user:
        await user.until(lambda: user.colors() == ["#ff0000", "#00ff00", "#0000ff"])
        await user.sees("─ diff · 90×60")
        assert user.lines[0].strip().startswith("card · 2 of 3")
        top = user.lines[1]
        assert top.index("expected") < top.index("actual") < top.index("diff")


async def test_a_comparison_without_room_is_shown_one_picture_at_a_time(folder: Path) -> None:
    async with showing(folder, (80, 24), start=1) as user:
        for key, color, text in [
            ("", "#ff0000", "card-expected.png · expected · 90×60"),
            ("right", "#00ff00", "card-actual.png · actual · 90×60"),
            ("tab", "#0000ff", "card-diff.png · diff · 90×60"),
            ("left", "#00ff00", "3 of 5"),
        ]:
            if key:
                await user.press(key)
            await user.sees(text)
            await user.until(lambda: user.colors() not in ([None], []))
            assert user.colors() == [color]


async def test_stepping_wraps_around_and_each_picture_is_downloaded_once(folder: Path) -> None:
    async with showing(folder) as user:
        await user.sees("320×180")
        await user.press("left")
        await user.sees("The picture is damaged or incomplete.")
        await user.press("right")
        await user.sees("login.png · 320×180")
        assert user.app.got == ["login.png", "broken.png"]


async def test_six_pictures_are_kept_and_older_ones_are_read_again(folder: Path) -> None:
    names = [f"{letter}.png" for letter in "abcdefgh"]
    for name in names:
        (folder / name).write_bytes((folder / "login.png").read_bytes())
    app = PictureApp(folder, paths=names)
    async with app.run_test(size=(120, 36)) as pilot:
        user = Onlooker(app, pilot)
        for number, name in enumerate(names, start=1):
            await user.sees(f"{name} · 320×180")
            if number < len(names):
                await user.press("right")
        for name in (*reversed(names[2:-1]), "b.png"):
            await user.press("left")
            await user.sees(f"{name} · 320×180")
        assert app.got == [*names, "b.png"]


async def test_pictures_are_decoded_one_at_a_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_work: list[str] = []
    most = 0
    load = PngImageFile.load

    def slowly(self: PngImageFile) -> object:
        nonlocal most
        at_work.append(threading.current_thread().name)
        most = max(most, len(at_work))
        loaded = load(self)
        time.sleep(0.05)
        at_work.pop()
        return loaded

    monkeypatch.setattr(PngImageFile, "load", slowly)
    async with showing(folder, (80, 24)) as user:
        for _ in range(4):
            await user.press("right")
        await user.sees("5 of 5")
        await user.sees("The picture is damaged or incomplete.")
    assert most == 1


async def test_a_failed_download_is_explained_and_retried(folder: Path) -> None:
    (folder / "login.png").rename(folder / "elsewhere.png")
    async with showing(folder) as user:
        await user.sees("The download failed: the disk is full.")
        (folder / "elsewhere.png").rename(folder / "login.png")
        await user.press("right", "left")
        await user.until(lambda: user.colors() == ["#102030"])


async def test_o_opens_the_picture_and_of_a_comparison_the_actual_one(folder: Path) -> None:
    async with showing(folder) as user:
        await user.press("o", "right", "o")
        assert user.app.opened == ["login.png", "card-actual.png"]


@pytest.mark.parametrize("key", ["escape", "q", "enter"])
async def test_three_keys_close_the_screen(folder: Path, key: str) -> None:
    async with showing(folder) as user:
        await user.press(key)
        await user.until(lambda: not isinstance(user.app.screen, PictureScreen))


async def test_a_picture_that_arrives_while_the_screen_closes_is_ignored(folder: Path) -> None:
    async def get(_artifact: Artifact) -> str:
        for _ in iter(lambda: bool(screen.query("#title")), False):
            await asyncio.sleep(0)
        return "It came too late."

    artifacts = [an_artifact("a.png", kind="screenshot")]
    screen = PictureScreen(
        artifacts, 0, get=get, open_elsewhere=lambda _: None, support=PictureSupport(PictureProtocol.BLOCKS)
    )
    app: App[None] = App()
    async with app.run_test() as pilot:
        app.push_screen(screen)
        await pilot.pause()
        screen.action_close()
        await pilot.pause()
        assert app.screen is not screen


async def test_a_resize_redraws_the_same_picture(folder: Path) -> None:
    async with showing(folder, start=2) as user:
        await user.until(lambda: len(user.views) == 3 and None not in user.colors())
        await user.pilot.resize_terminal(60, 20)
        await user.until(lambda: user.colors() == ["#00ff00"] and len(user.lines[0]) <= 60)
        await user.sees("3 of 5")
        await user.pilot.resize_terminal(130, 30)
        await user.until(lambda: user.colors() == ["#ff0000", "#00ff00", "#0000ff"])


@pytest.mark.parametrize("size", [(20, 5), (21, 6), (100, 3), (30, 2)])
async def test_tiny_sizes_work(folder: Path, size: tuple[int, int]) -> None:
    async with showing(folder, size, start=1) as user:
        await user.until(lambda: user.app.got)
        await user.press("right", "left", "left")
        await user.until(lambda: "login.png" in user.app.got and "log" in "".join(user.lines))


@pytest.mark.parametrize("protocol", [PictureProtocol.KITTY, PictureProtocol.SIXEL])
async def test_pictures_are_not_drawn_over_the_palette(folder: Path, protocol: PictureProtocol) -> None:
    async with showing(folder, protocol=protocol) as user:
        await user.until(lambda: _sent(user))
        await user.press("ctrl+p")
        await user.until(lambda: not _sent(user))
        await user.press("escape")
        await user.until(lambda: _sent(user))


def _sent(user: Onlooker) -> bool:
    view = next(iter(user.app.screen_stack[1].query(PictureView)))
    strips = [view.render_line(y) for y in range(view.size.height)]
    return any(segment.control for strip in strips for segment in strip)
