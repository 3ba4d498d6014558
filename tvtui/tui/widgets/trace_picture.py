"""The picture of a moment of a trace, with what the step acted on drawn on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.content import Content
from textual.reactive import var

from tvtui.artifacts.pictures import DECODER, Picture, decode
from tvtui.terminal.detect import PictureSupport
from tvtui.trace import Fault, PictureRef
from tvtui.tui.widgets.picture_view import PictureView
from tvtui.tui.widgets.styled_line import set_border_title

if TYPE_CHECKING:
    from PIL.Image import Image

Rgb = tuple[int, int, int]

_LARGEST = 16 << 20
"""Bytes of a picture's file that are read."""


class TracePicture(PictureView, can_focus=True):
    """Reads, decodes and draws pictures in threads; the keys go through the film."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            *("left,h", "screen.film(-1)", "previous picture"),
            key_display="←",
            id="trace.film_back",
            tooltip="Picture before",
        ),
        Binding(
            *("right", "screen.film(1)", "next picture"),
            key_display="→",
            id="trace.film_on",
            tooltip="Picture after",
        ),
    ]

    picture: var[PictureRef | Fault | None] = var(None)
    """The picture, or why there is none."""
    heading: var[str] = var("")
    """The title of the pane."""

    def __init__(
        self, support: PictureSupport, read: Callable[[str, int], bytes | Fault], *, id: str, classes: str
    ) -> None:
        """Make the pane; `read` reads a file of the trace of at most so many bytes, in a thread."""
        super().__init__(support, 0, classes=classes)
        self.id = id
        self._read = read

    def watch_heading(self, heading: str) -> None:
        """Show another title."""
        set_border_title(self, Content(heading))

    def watch_picture(self, picture: PictureRef | Fault | None) -> None:
        """Show another picture once it has been read; until then the one before stays."""
        if isinstance(picture, PictureRef):
            self._load(picture)
        else:
            self.shown = "" if picture is None else picture.text

    @work(exclusive=True, group="load")
    async def _load(self, ref: PictureRef) -> None:
        _, background = self.background_colors
        # the colour of a terminal's own palette has a name that Pillow does not know
        colour = Color.parse(self.app.theme_variables["error"]).rgb
        work = asyncio.get_running_loop().run_in_executor(
            DECODER, _decoded, self._read, ref, (background.r, background.g, background.b), colour
        )
        shown = await work
        if self.picture is ref:
            self.shown = shown


def _decoded(read: Callable[[str, int], bytes | Fault], ref: PictureRef, background: Rgb, colour: Rgb) -> Picture | str:
    content = read(ref.entry, _LARGEST)
    picture = decode(content, background) if isinstance(content, bytes) else content.text
    if isinstance(picture, Picture):
        _mark(picture.image, ref, colour)
    return picture


def _mark(image: Image, ref: PictureRef, colour: Rgb) -> None:
    """Draw a box around what the step acted on, and a cross where it clicked; given in pixels of the viewport."""
    if not ref.width or (ref.box is None and ref.point is None):
        return
    from PIL import ImageDraw

    def at(x: float, y: float) -> tuple[float, float]:
        scale = image.width / ref.width
        # what lies outside is drawn at the edge
        return min(max(0.0, x * scale), image.width - 1), min(max(0.0, y * scale), image.height - 1)

    pen = ImageDraw.Draw(image)
    line = max(2, round(image.width / 240))
    if (box := ref.box) is not None and box.width >= 0 and box.height >= 0:
        pen.rectangle((*at(box.x, box.y), *at(box.x + box.width, box.y + box.height)), outline=colour, width=line)
    if (point := ref.point) is not None:
        (x, y), arm = at(point.x, point.y), 4 * line
        pen.line((x - arm, y, x + arm, y), fill=colour, width=line)
        pen.line((x, y - arm, x, y + arm), fill=colour, width=line)
