"""Lines of styled parts: measuring, fitting with an ellipsis, justifying, comparing; and bars."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

Part = tuple[str, str]
"""Text and the name of its component class, without the widget's prefix."""

_LEAST_TO_KEEP_BOTH_ENDS = 12
_MOST_CHARS = 16


def set_border_title(widget: Widget, title: Content) -> None:
    """Show another title, and draw only its line: Textual would draw the whole widget, 10 KB for each step."""
    widget._border_title = title  # noqa: SLF001 - the public name always draws everything
    corner = widget.content_offset
    widget.refresh(Region(-corner.x, -corner.y, widget.outer_size.width, 1))


def page_of(height: int, pages: float) -> int:
    """The lines to go for a number of pages, or for a part of one; a page is the height less one line."""
    lines = max(1, round(abs(pages) * max(1, height - 1)))
    return lines if pages > 0 else -lines


def cells_of(parts: Sequence[Part]) -> int:
    """The width of the parts, in cells."""
    return sum(cell_len(text) for text, _ in parts)


def cut(parts: Sequence[Part], width: int) -> list[Part]:
    """The parts that fit, the last one cut with an ellipsis."""
    shown: list[Part] = []
    for text, name in parts:
        room = width - cells_of(shown)
        if cell_len(text) >= room:
            return [*shown, (fit(f"{text.rstrip()} …", room), name)]
        shown.append((text, name))
    return shown


def justified(left: Sequence[Part], right: Sequence[Part], width: int) -> list[Part]:
    """One line with parts at the left and parts at the right."""
    gap = max(0, width - cells_of(left) - cells_of(right))
    return [part for part in (*left, (" " * gap, "text"), *right) if part[0]]


def changed_lines(old: Sequence[Sequence[Part]], new: Sequence[Sequence[Part]]) -> list[Region]:
    """The lines that differ between two equally long lists of lines."""
    pairs = zip(old, new, strict=True)
    return [Region(0, y, max(map(cells_of, pair)), 1) for y, pair in enumerate(pairs) if pair[0] != pair[1]]


def fit(text: str, width: int) -> str:
    """`text` in at most `width` cells, ending in `…` if it is cut."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def fit_path(path: str, width: int) -> str:
    """`path` in at most `width` cells, cut with `…` in the middle, because file names differ at their ends."""
    return path if cell_len(path) <= width else _joined(*_ends(path, width), width)


def fit_name(name: str, width: int, differs: int) -> str:
    """`name` in at most `width` cells, cut in the middle, or elsewhere if that hides where it differs from others.

    Args:
        name: The text.
        width: The most cells that it may take.
        differs: The index from which on it is unlike other names.
    """
    if cell_len(name) <= width:
        return name
    head, tail = _ends(name, width)
    if not len(head) <= differs < len(name) - len(tail):
        return _joined(head, tail, width)
    head = set_cell_size(name[: _MOST_CHARS * width], width // 4).rstrip()
    word = max(name.rfind(" ", 0, differs) + 1, len(head))
    start = word if differs - word < width // 3 else differs
    return _joined(head, name[start : start + _MOST_CHARS * width], width) if start > len(head) else fit(name, width)


def _ends(text: str, width: int) -> tuple[str, str]:
    """What to keep of a text that is too long; only its beginning if there is little space."""
    if width < _LEAST_TO_KEEP_BOTH_ENDS:
        return set_cell_size(text, max(0, width - 1)).rstrip(), ""
    # a name of 20,000 characters takes 15 ms to split; no cell needs more than a few
    first, last = text[: _MOST_CHARS * width], text[-_MOST_CHARS * width :]
    before = set_cell_size(last, cell_len(last) - width * 3 // 5)
    # a character that is cut in half is a space in `before`; it goes to the tail
    tail = last[len(before) - (not last.startswith(before)) :].lstrip()
    return set_cell_size(first, width - 1 - cell_len(tail)).rstrip(), tail


def _joined(head: str, tail: str, width: int) -> str:
    return fit(f"{head}…{tail}", width)


def share_bar(part: float, whole: float | None, cells: int) -> str:
    """A bar for a share of the whole, padded to `cells`; at least half a cell, unless there is nothing to show."""
    halves = max(1, round(min(1.0, part / whole) * cells * 2)) if part and whole else 0
    return ("━" * (halves // 2) + "╸" * (halves % 2)).ljust(cells)
