"""How the screen is divided between the panes; pure, as the first frame is drawn before Textual is imported."""

from __future__ import annotations

_WIDE = 160
"""The width from which the detail takes what the names leave."""
_CODE_CELLS = 124
"""The width of a detail in which code of 110 columns is not wrapped."""
_BESIDE_NAME = 24
"""Cells for what is around a name in the table: frame, symbol, bar, duration and scroll bar."""
_LEAST_ROWS, _MOST_USUAL_ROWS = 4, 12
"""The rows of the artifacts below many tests."""


def width_of_tests(width: int, name_cells: int = 0) -> int:
    """The width of the tests beside the detail: what the longest name needs, if both have enough then."""
    half = width // 2
    if width < _WIDE:
        return half
    least = max(width // 3, width - max(half, _CODE_CELLS))
    return min(half, max(least, name_cells + _BESIDE_NAME))


def height_of_tests(height: int) -> int:
    """The greatest height of the tests above the detail."""
    return -(-height // 3)


def height_of_artifacts(height: int) -> int:
    """The height of the artifacts below many tests."""
    return min(_MOST_USUAL_ROWS, max(_LEAST_ROWS, height * 3 // 10))
