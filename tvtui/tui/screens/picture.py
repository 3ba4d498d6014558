"""The picture screen: downloaded screenshots in the terminal, comparisons side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from tvtui.artifacts.pictures import DECODER, Page, Picture, decode, pages
from tvtui.terminal.detect import PictureSupport
from tvtui.testvibe.models import Artifact
from tvtui.text.format import size
from tvtui.tui.bindings import HELP
from tvtui.tui.screens.closing import ClosesOnce
from tvtui.tui.widgets.key_bar import KeyBar
from tvtui.tui.widgets.picture_view import PictureView
from tvtui.tui.widgets.styled_line import fit_path

_WIDE = 100
"""Columns from which the pictures of a comparison are side by side."""

_KEPT = 6
"""Decoded pictures that are kept, at most 11 MB each: two comparisons."""


class PictureScreen(ClosesOnce[None]):
    """Shows one picture or comparison of a list at a time."""

    DEFAULT_CSS = """
    PictureScreen {
        layout: vertical;
        background: $background;
        #title { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        #pictures { height: 1fr; }
        PictureView.-side {
            border: round $border-blurred;
            border-title-color: $foreground-muted;
            border-title-style: none;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "step(-1)", "previous", key_display="←", id="picture.previous", tooltip="Previous picture"),
        Binding("right,l", "step(1)", "next", key_display="→", id="picture.next", tooltip="Next picture"),
        Binding("tab,space", "step(1)", "next", show=False, id="picture.on", tooltip="Next picture"),
        Binding("shift+tab", "step(-1)", "previous", show=False, id="picture.back", tooltip="Previous picture"),
        Binding("o", "open", "open elsewhere", id="picture.open", tooltip="Open in another program"),
        HELP,
        Binding("escape,q,enter", "close", "back", key_display="esc", id="picture.leave", tooltip="Back to the run"),
    ]

    def __init__(
        self,
        artifacts: Sequence[Artifact],
        start: int,
        *,
        get: Callable[[Artifact], Awaitable[Path | str]],
        open_elsewhere: Callable[[Artifact], None],
        support: PictureSupport,
    ) -> None:
        """Make the screen.

        Args:
            artifacts: The screenshots.
            start: The index of the one to show first.
            get: Downloads one unless it is already there; returns the file, or a sentence that says why there is none.
            open_elsewhere: Opens a picture in another program.
            support: How pictures are drawn.
        """
        super().__init__()
        self._artifacts = artifacts
        self._get = get
        self._open_elsewhere = open_elsewhere
        self._support = support
        self._side_by_side = pages([artifact.path for artifact in artifacts])
        self._at = start
        self._page: Page = ()
        self._kept: dict[int, Picture | str] = {}
        # held, not queried: a picture can arrive while the screen closes and its widgets are gone from it
        self._title = Static(id="title")

    def compose(self) -> ComposeResult:
        """A title, up to three pictures, the key bar."""
        yield self._title
        with Horizontal(id="pictures"):
            for place in range(3):
                yield PictureView(self._support, place)
        yield KeyBar()

    def on_resize(self, event: Resize) -> None:
        """Show a comparison side by side if there is room for it."""
        self._show(is_wide=event.size.width >= _WIDE)

    def on_screen_resume(self) -> None:
        """Draw again what another screen has covered."""
        for view in self.query(PictureView):
            view.refresh()

    def action_step(self, step: int) -> None:
        """Go to the next or previous picture, wrapping around."""
        is_wide = self.size.width >= _WIDE
        all_pages = self._pages(is_wide=is_wide)
        here = self._place(all_pages)
        self._at = all_pages[(here + step) % len(all_pages)][0][1]
        self._show(is_wide=is_wide)

    def action_open(self) -> None:
        """Open the picture in another program; of a comparison, the actual one."""
        parts = dict(self._page)
        self._open_elsewhere(self._artifacts[parts.get("actual", self._at)])

    def action_close(self) -> None:
        """Close the screen."""
        self.dismiss()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim the keys that go to another picture if there is only one."""
        if action == "step":
            return True if len(self._pages(is_wide=self.size.width >= _WIDE)) > 1 else None
        return True

    def _pages(self, *, is_wide: bool) -> tuple[Page, ...]:
        return self._side_by_side if is_wide else tuple((part,) for page in self._side_by_side for part in page)

    def _place(self, all_pages: tuple[Page, ...]) -> int:
        return next(place for place, page in enumerate(all_pages) if any(index == self._at for _, index in page))

    def _show(self, *, is_wide: bool) -> None:
        all_pages = self._pages(is_wide=is_wide)
        page = all_pages[self._place(all_pages)]
        if page != self._page:
            self._page = page
            self._fill(page)
        self._show_title()
        self.refresh_bindings()

    @work(exclusive=True)
    async def _fill(self, page: Page) -> None:
        views = list(self.query(PictureView))
        for place, view in enumerate(views):
            view.display = place < len(page)
            view.set_class(len(page) > 1, "-side")
            if place < len(page):
                view.border_title = Content(page[place][0])
                view.shown = self._kept.get(page[place][1], "Loading the picture …")
        for (part, index), view in zip(page, views, strict=False):
            picture = self._kept.get(index)
            if not isinstance(picture, Picture):
                picture = await self._read(self._artifacts[index])
                while len(self._kept) >= _KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[index] = picture
            view.shown = picture
            if isinstance(picture, Picture):
                view.border_title = Content(f"{part} · {_figures(picture)}")
        self._show_title()

    async def _read(self, artifact: Artifact) -> Picture | str:
        path = await self._get(artifact)
        if isinstance(path, str):
            return path
        _, background = self.background_colors
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(DECODER, decode, path, (background.r, background.g, background.b))

    def _show_title(self) -> None:
        """Show the title: the name, then what is known about the picture."""
        all_pages = self._pages(is_wide=self.size.width >= _WIDE)
        here = self._place(all_pages)
        known = []
        if len(self._page) == 1:
            ((part, index),) = self._page
            picture = self._kept.get(index)
            known = [part, _figures(picture) if isinstance(picture, Picture) else ""]
        if len(all_pages) > 1:
            known.append(f"{here + 1} of {len(all_pages)}")
        behind = "".join(f" · {fact}" for fact in known if fact)
        path = self._artifacts[self._at].path
        name = fit_path(
            path.rpartition("-")[0] if len(self._page) > 1 else path, max(8, self.size.width - 2 - len(behind))
        )
        self._title.update(Content.assemble((name, "bold"), (behind, "$foreground-muted")))


def _figures(picture: Picture) -> str:
    return f"{picture.width}×{picture.height} · {size(picture.size)}"
