"""Cutting text to a number of terminal cells, never without a sign; and bars of so many cells."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size


def fit(text: str, width: int) -> str:
    """`text` in at most `width` cells; where it had to be cut it ends in `…`."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def fit_path(path: str, width: int) -> str:
    """`path` in at most `width` cells; the `…` stands in the middle: file names differ at their ends."""
    if cell_len(path) <= width:
        return path
    if width < 12:
        return fit(path, width)
    tail_cells = width * 3 // 5
    tail = ""
    for char in reversed(path):
        if cell_len(char + tail) > tail_cells:
            break
        tail = char + tail
    return set_cell_size(path, width - 1 - cell_len(tail)) + "…" + tail


def share_bar(part: float, whole: float | None, cells: int) -> str:
    """How much of the whole there is, in half cells, padded to `cells`; blank where nobody knows the whole."""
    halves = round(min(1.0, part / whole) * cells * 2) if whole else 0
    return ("━" * (halves // 2) + "╸" * (halves % 2)).ljust(cells)
