"""Lines made of parts, each a text and the name of its look: measured, cut with a sign, and compared; pure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from tvtui.widgets.cells import fit

Part = tuple[str, str]
"""Text, and the component class (without the widget's prefix) it is drawn in."""


def cells_of(parts: Sequence[Part]) -> int:
    """How many terminal cells they take."""
    return sum(cell_len(text) for text, _ in parts)


def cut(parts: Sequence[Part], width: int) -> list[Part]:
    """The parts that fit, the last of them cut with a sign."""
    shown: list[Part] = []
    for text, name in parts:
        room = width - cells_of(shown)
        if cell_len(text) >= room:
            return [*shown, (fit(f"{text.rstrip()} …", room), name)]
        shown.append((text, name))
    return shown


def justified(left: Sequence[Part], right: Sequence[Part], width: int) -> list[Part]:
    """Some at the left, some at the right."""
    gap = max(0, width - cells_of(left) - cells_of(right))
    return [part for part in (*left, (" " * gap, "text"), *right) if part[0]]


def changed_cells(old: Sequence[Part], new: Sequence[Part]) -> tuple[int, int] | None:
    """The first cell that differs and the one behind the last, None if nothing does."""
    if old == new:
        return None
    start = 0
    for before, after in zip(old, new, strict=False):
        if before != after:
            break
        start += cell_len(after[0])
    end = longest = max(cells_of(old), cells_of(new))
    if cells_of(old) != cells_of(new):
        return start, longest
    for before, after in zip(reversed(old), reversed(new), strict=False):
        if before != after or end - cell_len(after[0]) < start:
            break
        end -= cell_len(after[0])
    return start, end
