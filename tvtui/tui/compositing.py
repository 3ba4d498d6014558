"""Textual's compositor, which renders for an update only what can be seen of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from textual._compositor import ChopsUpdate, Compositor  # what draws a screen has no public name
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget


def render_sparsely(screen: Screen[Any]) -> None:
    """Draw a screen with the compositor below; called before the screen is mounted."""
    screen._compositor = _SparseCompositor()  # noqa: SLF001 - there is no public way to choose one


class _SparseCompositor(Compositor):
    """Renders the widgets that are in front, and of these the lines that are drawn.

    Textual's own renders everything in the rectangle around all changes, and containers behind their contents as well:
    22 widgets for two rows of the table, which is a third of the time of a key.
    """

    def render_partial_update(self) -> ChopsUpdate | None:
        """Textual's method: what has changed."""
        regions, self._dirty_regions = self._dirty_regions, set()
        spans = list(self._regions_to_spans(regions))
        return ChopsUpdate(self._chops(spans), spans, [line[1:] for line in self.cuts]) if spans else None

    def _render_chops(self, crop: Region, is_rendered_line: Callable[[int], bool]) -> Sequence[Mapping[int, Strip]]:
        """Textual's method: the strips between the cuts of each line, by column."""
        return self._chops((y, crop.x, crop.right) for y in filter(is_rendered_line, crop.line_range))

    def _chops(self, spans: Iterable[tuple[int, int, int]]) -> Sequence[Mapping[int, Strip]]:
        """The same, but only of spans of lines, given by line, first column and end."""
        cuts = self.cuts
        chops: list[dict[int, Any]] = [dict.fromkeys(line[:-1]) for line in cuts]
        seen: dict[Widget, tuple[Region, Region, dict[int, set[int]]]] = {}
        for y, first, end in spans:
            hidden = {x for x, right in pairwise(cuts[y]) if x < end and right > first}
            for widget, visible, region in self.layers_visible[y]:
                if shown := {x for x in hidden if visible.x <= x < visible.right}:
                    hidden -= shown
                    seen.setdefault(widget, (visible, region, {}))[2].setdefault(y, set()).update(shown)
                    if not hidden:
                        break
        for widget, (visible, region, lines) in seen.items():
            top, bottom = min(lines), max(lines)
            part = Region(visible.x - region.x, top - region.y, visible.width, bottom - top + 1)
            strips = widget.render_lines(part)
            for y, shown in lines.items():
                own = [cut for cut in cuts[y] if visible.x <= cut <= visible.right]
                strip = strips[y - top]
                divided = strip.divide([cut - visible.x for cut in own[1:]]) if len(own) > 2 else (strip,)
                chops[y].update((x, strip) for x, strip in zip(own, divided, strict=False) if x in shown)
        return chops
