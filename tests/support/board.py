"""What is on a board, in letters of any size."""

from __future__ import annotations

from tvtui.tui.widgets import big_letters
from tvtui.tui.widgets.big_letters import Size

SIZES = [(120, 36), (200, 50), (80, 24), (40, 12), (20, 5)]


def shows(screen: str, text: str) -> bool:
    """Whether a text is on the screen in letters of any size."""
    lines = screen.splitlines()
    for size in Size:
        drawn = big_letters.draw(text, size, has_tails=False)
        for top in range(len(lines) - len(drawn) + 1):
            at = lines[top].find(drawn[0].rstrip())
            if at >= 0 and all(lines[top + y][at:].startswith(row.rstrip()) for y, row in enumerate(drawn)):
                return True
    return False
