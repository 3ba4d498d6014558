"""Overwritten lines: a real terminal displays the cleaned text exactly like the original."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tvtui.text.clean import clean_block

PIECES = ["a", "bc", " ", "defghi", "\r", "\r\r", "\t", "é\u0301", "\x1b[K", "\x1b[0K", "\x1b[1K", "\x1b[2K"]
COLOURS = [
    *("\x1b[31m", "\x1b[1;94m", "\x1b[48;5;8m", "\x1b[38;2;1;2;3m", "\x1b[101m", "\x1b[3;4;7;9m"),
    *("\x1b[39m", "\x1b[49m", "\x1b[22m", "\x1b[23;24m", "\x1b[27;29m", "\x1b[0m", "\x1b[m"),
]
# Each line contains a carriage return, because erasing sequences only count in such lines.
LINES = st.lists(st.lists(st.sampled_from(PIECES + COLOURS), max_size=12).map(lambda line: f"x\r{''.join(line)}."))


def screen_of(text: str) -> list[list[tuple[object, ...]]]:
    """The cells of each row on the screen, with their colours unless they are blank."""
    screen = pyte.Screen(200, 80)
    pyte.Stream(screen).feed(text.replace("\n", "\r\n"))
    rows = ([screen.buffer[row][column] for column in range(200)] for row in range(80))
    return [[tuple(cell) if cell.data != " " else (" ",) for cell in row] for row in rows]


@settings(derandomize=True, database=None, deadline=None, max_examples=60)
@given(LINES.filter(lambda lines: len(lines) < 80))
@example(["red\x1b[31m\rb\x1b[39m.", "x\r\x1b[1mbold.", "x\rstill bold."])
@example(["downloading 10 %\r\x1b[32mdone\x1b[K\x1b[39m."])
def test_the_rendered_text_looks_the_same_in_a_terminal(lines: list[str]) -> None:
    text = "\n".join(lines)
    cleaned = clean_block(text)
    assert "\r" not in cleaned
    assert screen_of(cleaned) == screen_of(text)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("10 %\r 50 %\r100 %", "100 %"),
        ("downloading\rdone", "doneloading"),
        ("downloading\r\x1b[Kdone", "done"),
        ("done\r\n", "done\n"),
        ("done\r\r\n", "done\n"),
        ("done\r", "done"),
        ("\rdone", "done"),
        ("a\tb\r", "a\tb"),
        ("a\tb\rc", "c       b"),
        ("abcdefghij\r\tx", "abcdefghxj"),
        ("ab\r\t\tx", "ab" + " " * 14 + "x"),
        ("abc\r\x1b[2K", ""),
        ("abc\r\x1b[1K", " bc"),
        ("\r\x1b[Kx", "x"),
        ("no return\x1b[K here", "no return here"),
        ("no return\x1b[K\nhere\rt", "no return\ntere"),
        ("漢字\ra", "a 字"),
        ("漢字\rab", "ab字"),
        ("漢字\rabc", "abc "),
        ("漢字\r\x1b[31ma", "\x1b[31ma\x1b[m 字\x1b[31m"),
        ("abc\r漢\x1b[1K", ""),
        ("abcd\r漢\x1b[1K", "   d"),
        ("漢b\ra\x1b[1K", "  b"),
        ("漢b\ra\x1b[K", "a"),
        ("a漢c\r\x1b[mb\x1b[1K", "   c"),
        ("1234567漢x\r\ty", "1234567 yx"),
        ("1234567漢x\r\t\x1b[K", "1234567 "),
        ("👩\u200d👩\rx", "x 👩"),
        ("e\u0301\r\u0301", "e\u0301"),
        ("漢\u0301x\r\x1b[m", "漢\u0301x"),
    ],
)
def test_later_text_overwrites_earlier_text(line: str, shown: str) -> None:
    assert clean_block(line) == shown


def test_text_keeps_the_colour_it_was_written_in() -> None:
    assert clean_block("\x1b[31mred text\x1b[39m\rsee") == "see\x1b[31m text\x1b[m"
    assert clean_block("\x1b[31mred\nabc\rx\nred") == "\x1b[31mred\nxbc\nred"
    assert clean_block("\x1b[31mred\n\x1b[1mab\x1b[22m\rx") == "\x1b[31mred\nx\x1b[1mb\x1b[m\x1b[31m"
    assert clean_block("x\r\x1b[2mdim\x1b[22m.") == "\x1b[2mdim\x1b[m."
    assert clean_block("x\r\x1b[1;31mab\x1b[22mc\x1b[0m") == "\x1b[1m\x1b[31mab\x1b[m\x1b[31mc\x1b[m"
    assert clean_block("x\ry\x1b[1m\nbold") == "y\x1b[1m\nbold"


def test_the_sizes_of_cells_and_tabs_are_limited() -> None:
    accents = "\u0301" * 1000
    assert len(clean_block(f"x\re{accents}")) == 32
    assert len(clean_block(f"x\r漢{accents}")) == 32
    assert len(clean_block(f"e{accents}\r")) == 1001
    assert len(clean_block("x\r" + "\t" * 10_000 + "y")) < 15_000
