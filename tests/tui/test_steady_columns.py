"""Characters whose width terminals disagree on never move what is beside them."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tvtui.tui.steady_columns import steady

DISPUTED = ["✔️", "⚠️", "❤️", "1️⃣", "👨‍👩‍👧", "🏳️‍🌈", "🇩🇪", "👍🏽", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "क्‍ष", "e\u0301", "🫨"]


def column_of_border(frame: str) -> int:
    """Where a terminal that counts every variation selector as nothing shows the border, from 0."""
    screen = pyte.Screen(60, 5)
    # what an earlier frame has left
    screen.draw("#" * 60)
    pyte.Stream(screen).feed(frame)
    return next(x for x in range(60) if screen.buffer[0][x].data == "│")


@pytest.mark.parametrize("text", DISPUTED)
def test_a_border_stays_in_its_column(text: str) -> None:
    assert column_of_border(steady(f"\x1b[1;3H\x1b[1m{text}\x1b[0m a{text}b │")) == 2 + 2 * cell_len(text) + 4


def test_cells_that_the_terminal_takes_for_free_are_erased() -> None:
    screen = pyte.Screen(12, 1)
    screen.draw("#" * 12)
    pyte.Stream(screen).feed(steady("\x1b[1;1H✔️│"))
    assert "#" not in screen.display[0][:3]


@given(st.lists(st.sampled_from([*DISPUTED, "a", "漢", " ", "│", "\u200d", "\ufe0f", "b"]), max_size=12).map("".join))
def test_nothing_of_the_text_is_lost(text: str) -> None:
    frame = f"\x1b[1;1H{text}"
    drawn = steady(frame)
    kept = iter(drawn)
    assert all(character in kept for character in frame)


@pytest.mark.parametrize(
    "frame",
    [
        "\x1b[2;2H✓ passed │ ▀▄ ● 漢字 ✗ Ж é",
        "\x1b[1;1H\x1b[38;2;1;2;3m\U0010eeee\u0305\u0305\u0305\U0010eeee\u0305\u030d\u0305\x1b[0m│",
        "\x1b]0;✔️ title\x07\x1b_Gi=1;QUJD\x1b\\\x1bPq#0;2;0;0;0~\x1b\\",
    ],
)
def test_other_output_is_unchanged(frame: str) -> None:
    assert steady(frame) == frame


def test_sixels_in_the_middle_of_a_line_leave_its_column_alone() -> None:
    assert steady("\x1b[1;1Hab\x1b7\x1b[9;30H\x1bPq~\x1b\\\x1b8✔️│").endswith("\x1b[3G✔️\x1b[5G│")
