"""Textual's compositor, which renders for an update only what can be seen of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from textual._compositor import Compositor
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

    def _render_chops(self, crop: Region, is_rendered_line: Callable[[int], bool]) -> Sequence[Mapping[int, Strip]]:
        """Textual's method: the strips between the cuts of each line, by column."""
        cuts = self.cuts
        chops: list[dict[int, Any]] = [dict.fromkeys(line[:-1]) for line in cuts]
        seen: dict[Widget, tuple[Region, Region, dict[int, set[int]]]] = {}
        for y in filter(is_rendered_line, crop.line_range):
            hidden = {x for x, end in pairwise(cuts[y]) if x < crop.right and end > crop.x}
            for widget, visible, region in self.layers_visible[y]:
                if shown := {x for x in hidden if visible.x <= x < visible.right}:
                    hidden -= shown
                    seen.setdefault(widget, (visible, region, {}))[2][y] = shown
                    if not hidden:
                        break
        for widget, (visible, region, lines) in seen.items():
            first, last = min(lines), max(lines)
            part = Region(visible.x - region.x, first - region.y, visible.width, last - first + 1)
            strips = widget.render_lines(part)
            for y, shown in lines.items():
                own = [cut for cut in cuts[y] if visible.x <= cut <= visible.right]
                divided = strips[y - first].divide([cut - visible.x for cut in own[1:]])
                chops[y].update((x, strip) for x, strip in zip(own, divided, strict=False) if x in shown)
        return chops
