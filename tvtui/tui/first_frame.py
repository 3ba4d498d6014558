"""The first frame: what the app will draw before the first answer, drawn before Textual is imported; pure.

The app replaces each of its cells by the same one. Titles and keys come with the app.
"""

from __future__ import annotations

from collections.abc import Iterator
from colorsys import rgb_to_hls
from typing import NamedTuple

from tvtui.tui.frame_colors import FrameColors
from tvtui.tui.pane_sizes import height_of_artifacts, height_of_tests, width_of_tests

_PILL = " … "
_USUAL_NAME_CELLS = 30
_MEDIUM, _WIDE = 60, 110
"""Columns from which there are frames, and from which the detail is beside the tests."""
_TALL = 16
"""Rows from which there are frames."""
_RESET = "\x1b[0m"


class Place(NamedTuple):
    """A rectangle of cells, counted from 0."""

    x: int
    y: int
    width: int
    height: int


def pane_places(width: int, height: int, *, has_tabs: bool) -> list[Place]:
    """The panes on a screen of this size before anything is known of a run: first the tests, which have the focus."""
    if width < _MEDIUM or height < _TALL:
        return []
    top = 2 + has_tabs
    # the keys are below
    rows = height - top - 1
    if width < _WIDE:
        tests = height_of_tests(rows)
        return [Place(0, top, width, tests), Place(0, top + tests, width, rows - tests)]
    left, artifacts = width_of_tests(width), height_of_artifacts(rows)
    return [
        Place(0, top, left, rows - artifacts),
        Place(0, top + rows - artifacts, left, artifacts),
        Place(left, top, width - left, rows),
    ]


def first_frame(
    size: tuple[int, int],
    colors: FrameColors | None,
    subject: str,
    status: tuple[str, ...],
    *,
    has_true_color: bool = True,
    has_background: bool = True,
    has_tabs: bool = False,
    has_panes: bool = True,
) -> str:
    """The sequences that draw the frame on an empty screen.

    Args:
        size: Columns and rows of the terminal.
        colors: The theme's colors; None: the terminal's own.
        subject: What is watched.
        status: What is being done, in ever shorter words.
        has_true_color: Whether the terminal shows every color; otherwise it has 256.
        has_background: Whether the background is the theme's rather than the terminal's.
        has_tabs: Whether a line for the tabs of several runs is above.
        has_panes: Whether the panes follow below the summary.
    """
    width, height = size
    pens = _Pens(colors, has_true_color=has_true_color, has_background=has_background)
    parts = [_RESET]
    if pens.has_background:
        parts += [f"{_at(0, y)}{pens.text}{' ' * width}" for y in range(height)]
    parts += _summary(width, int(has_tabs), pens, subject, status)
    places = pane_places(width, height, has_tabs=has_tabs) if has_panes else []
    for index, place in enumerate(places):
        parts += [pens.border if index == 0 else pens.blurred, *_box(place)]
    return "".join([*parts, _RESET])


def _summary(width: int, y: int, pens: _Pens, subject: str, status: tuple[str, ...]) -> Iterator[str]:
    # one cell of padding at each side
    room = width - 2
    right = next((each for each in status if len(_PILL) + _USUAL_NAME_CELLS + len(each) <= room), "")
    longest = room - len(right) - 1 - len(_PILL)
    if longest < 1:
        return
    left = f" {subject}"
    if len(left) > longest:
        left = left[: longest - 1].rstrip() + "…"
    yield f"{_at(1, y)}{pens.pill}{_PILL}{pens.text}{left}"
    if right:
        yield f"{_at(width - 1 - len(right), y)}{pens.muted}{right}"


def _box(place: Place) -> Iterator[str]:
    x, y, width, height = place
    yield f"{_at(x, y)}╭{'─' * (width - 2)}╮"
    for row in range(y + 1, y + height - 1):
        yield f"{_at(x, row)}│{_at(x + width - 1, row)}│"
    yield f"{_at(x, y + height - 1)}╰{'─' * (width - 2)}╯"


def _at(x: int, y: int) -> str:
    return f"\x1b[{y + 1};{x + 1}H"


_Rgb = tuple[int, int, int]


class _Pens:
    """The sequences that switch to each style."""

    def __init__(self, colors: FrameColors | None, *, has_true_color: bool, has_background: bool) -> None:
        self._has_true_color = has_true_color
        self.has_background = has_background and colors is not None
        if colors is None:
            self.text, self.pill, self.border = _RESET, f"{_RESET}\x1b[1m", _RESET
            self.muted = self.blurred = f"{_RESET}\x1b[2m"
            return
        background, foreground = _rgb(colors.background), _rgb(colors.foreground)
        behind = background if self.has_background else None
        self.border = self._pen(_rgb(colors.border), behind)
        self.blurred = self._pen(_rgb(colors.border_blurred), behind)
        if behind is None:
            self.text, self.pill, self.muted = _RESET, f"{_RESET}\x1b[1m", f"{_RESET}\x1b[2m"
            return
        self.text = self._pen(foreground, behind)
        self.pill = self._pen(foreground, _mixed(background, foreground, 20)) + "\x1b[1m"
        self.muted = self._pen(_mixed(background, foreground, colors.muted), behind)

    def _pen(self, color: _Rgb, behind: _Rgb | None) -> str:
        pen = f"{_RESET}\x1b[38;{self._code(color)}m"
        return pen if behind is None else f"{pen}\x1b[48;{self._code(behind)}m"

    def _code(self, color: _Rgb) -> str:
        return f"2;{';'.join(map(str, color))}" if self._has_true_color else f"5;{_eight_bit(color)}"


def _rgb(color: str) -> _Rgb:
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue


def _mixed(below: _Rgb, above: _Rgb, percent: int) -> _Rgb:
    """A color with this opacity above another one, rounded as Textual does."""
    red, green, blue = (int(low + (high - low) * percent / 100) for low, high in zip(below, above, strict=True))
    return red, green, blue


def _eight_bit(color: _Rgb) -> int:
    """The number of the color among 256 that Textual takes for this one."""
    _, lightness, saturation = rgb_to_hls(*(channel / 255 for channel in color))
    if saturation < 0.15:
        gray = round(lightness * 25)
        return {0: 16, 25: 231}.get(gray, 231 + gray)
    red, green, blue = (round(each / 95 if each < 95 else 1 + (each - 95) / 40) for each in color)
    return 16 + 36 * red + 6 * green + blue
