"""A tile of the board: one run, as large as there is room for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.geometry import Region
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from tvtui.tui.widgets.board_content import TileContent
from tvtui.tui.widgets.board_layout import draw
from tvtui.tui.widgets.board_small import STRONG, Lines
from tvtui.tui.widgets.styled_line import changed_cells
from tvtui.view.runs import Place

_TONES = ("failed", "other", "stale", "failing", "running", "queued", "passed")


_TICKING_ROWS = 4
"""What changes in more rows than the largest letters of a time have is no time alone."""

_SPARE = 8
"""Columns that are drawn for nothing rather than that the time is put elsewhere: a second digit."""

_PATIENCE = 3
"""Ticks after which it is, all the same."""


class _Time(Widget, can_focus=False):
    """Lies over the cells of a tile that change when time goes on, and shows what the tile draws there.

    Textual writes a line from the left edge of a widget to the last cell that has changed; see `TickingCells`.
    """

    DEFAULT_CSS = "_Time { position: absolute; width: 0; height: 0; }"

    def __init__(self) -> None:
        super().__init__()
        self._box = Region()
        self._misses = 0

    def takes(self, box: Region) -> bool:
        """Whether it draws these cells, which have changed; it lies over those that change again and again."""
        whole = box.union(self._box) if self._box else box
        is_inside = self._box.contains_region(box)
        spare = max(whole.width - box.width, whole.width - (self._box or box).width)
        is_fitting = whole.height <= _TICKING_ROWS and spare <= _SPARE
        self._misses = 0 if is_fitting else self._misses + 1
        if is_fitting and not is_inside:
            self.lie_over(whole)
        elif self._misses >= _PATIENCE and box.height <= _TICKING_ROWS:
            self.lie_over(box)
        return self._box.contains_region(box)

    def lie_over(self, box: Region) -> None:
        """Lie elsewhere from now on."""
        if isinstance(self.parent, BoardTile) and self._box:
            # what it lay over until now was not drawn meanwhile
            self.parent.refresh(self._box)
        self._box, self._misses = box, 0
        self.styles.offset = box.offset
        self.styles.width, self.styles.height = box.size

    def render_line(self, y: int) -> Strip:
        """The same cells as in the tile."""
        assert isinstance(self.parent, BoardTile)
        box = self.region.translate(-self.parent.region.offset)
        return self.parent.render_line(box.y + y).crop(box.x, box.right)


class BoardTile(Widget):
    """Draws itself by lines, and of these only the cells that differ; its ground tells the state at a glance."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"board-tile--{name}"
        for name in (
            *("text", "muted", "live", "warning", "running", "passed", "failed", "other"),
            *(f"{tone}-strong" for tone in STRONG),
        )
    }
    DEFAULT_CSS = """
    BoardTile {
        position: absolute;
        background: $surface;
        color: $foreground;
        &.-failed { background: $error-muted; }
        &.-failed:dark { background: $error-darken-3 45%; }
        &.-other { background: $warning 16%; }
        &.-stale { background: $warning 16%; }
        &.-failing { background: $error 12%; }
        &.-failing:dark { background: $error-darken-3 25%; }
        &.-passed { background: $success 16%; }
        & > .board-tile--muted { color: $foreground-muted; }
        & > .board-tile--live { color: $text-success; }
        & > .board-tile--other { color: $text-warning; }
        & > .board-tile--text-strong { text-style: bold; }
        & > .board-tile--warning { color: $text-warning; }
        & > .board-tile--warning-strong { color: $text-warning; text-style: bold; }
        & > .board-tile--running { color: $text-primary; }
        & > .board-tile--running-strong { color: $text-primary; text-style: bold; }
        & > .board-tile--passed { color: $text-success; }
        & > .board-tile--passed-strong { color: $text-success; text-style: bold; }
        & > .board-tile--failed { color: $text-error; }
        & > .board-tile--failed-strong { color: $text-error; text-style: bold; }
        &.-failed:ansi, &.-other:ansi, &.-stale:ansi, &.-failing:ansi, &.-passed:ansi { background: ansi_default; }
    }
    """

    face: var[TileContent | None] = var(None)
    """What there is to tell; None: only how many more there are."""
    more: var[int] = var(0)
    """How many runs have no tile."""
    now: var[float] = var(0.0)
    """The clock that `Snapshot.seen` was read from, in seconds."""

    @dataclass
    class Picked(Message):
        """The user clicked the tile of this run."""

        run_id: int

    def __init__(self) -> None:
        super().__init__()
        self._lines: Lines = []
        self._place: Place | None = None

    def put(self, place: Place) -> None:
        """Stand there from now on."""
        if place == self._place:
            return
        self._place = place
        self.styles.offset = (place.x, place.y)
        self.styles.width, self.styles.height = place.width, place.height

    def compose(self) -> ComposeResult:
        """The time that ticks."""
        yield _Time()

    def _redraw(self) -> None:
        for cells in self._changes():
            self.refresh(cells)
            self.query_children(_Time).refresh()

    def watch_now(self) -> None:
        """Draw the times again."""
        changes = self._changes()
        if not changes:
            return
        box = Region.from_union(changes)
        time = self.query_one(_Time) if self.query_children(_Time) else None
        if time is None or not time.takes(box):
            for cells in changes:
                self.refresh(cells)
        if time is not None:
            time.refresh()

    def _changes(self) -> list[Region]:
        """Draw all lines anew, and tell which cells are others."""
        before = self._lines
        self._lines = self._draw()
        if len(before) != len(self._lines):
            return [Region(0, 0, *self.size)]
        spans = enumerate(map(changed_cells, before, self._lines))
        return [Region(span[0], y, span[1] - span[0], 1) for y, span in spans if span is not None]

    def _draw(self) -> Lines:
        width, height = self.size
        if not width or not height:
            return []
        if self.face is None:
            return [[(f"… {self.more} more", "muted")], *([] for _ in range(height - 1))]
        return draw(self.face, self.now, width, height)

    def watch_face(self, face: TileContent | None) -> None:
        """Take the ground of its state."""
        tone = "" if face is None else face.tone
        for each in _TONES:
            self.set_class(each == tone, f"-{each}")
        self._redraw()

    watch_more = _redraw

    def on_resize(self) -> None:
        """Draw for the new size."""
        for time in self.query_children(_Time):
            time.lie_over(Region())
        self._redraw()

    def render_line(self, y: int) -> Strip:
        """Draw one of the lines."""
        parts = self._lines[y] if y < len(self._lines) else []
        segments = [Segment(text, self.get_visual_style(f"board-tile--{name}").rich_style) for text, name in parts]
        # letters of one look in one piece: each piece would tell its colours again
        line = Strip(segments).simplify()
        return line.adjust_cell_length(self.size.width, self.get_visual_style().rich_style)

    def on_click(self) -> None:
        """A click asks for the run."""
        if self.face is not None:
            self.post_message(self.Picked(self.face.run_id))
