"""Updates write only the cells that differ, and the terminal shows what Textual would have made it show."""

from __future__ import annotations

from itertools import accumulate

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import ControlType, Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tvtui.tui.shown_cells import ShownCells

WIDTH = 60
CONSOLE = Console(color_system="truecolor", force_terminal=True)
STYLES = [
    Style(),
    Style(color="red"),
    Style(bold=True, bgcolor="#101418"),
    Style(color="#d7dce2", bgcolor="#101418"),
    Style(color="#ff0000", bgcolor="#101418"),
    Style(underline=True, color="#ff0000", bgcolor="#101418"),
    Style(meta={"offset": (1, 2)}),
]


def strip(*parts: tuple[str, Style], width: int = WIDTH) -> Strip:
    return Strip([Segment(text, style) for text, style in parts]).adjust_cell_length(width)


def whole(*lines: Strip) -> LayoutUpdate:
    """An update of the whole screen."""
    return LayoutUpdate([[line] for line in lines], Region(0, 0, WIDTH, len(lines)))


def partial(*parts: Strip, y: int = 0, span: tuple[int, int] = (0, WIDTH)) -> ChopsUpdate:
    """An update of one line, in these parts, which Textual would draw in this span."""
    ends = list(accumulate(part.cell_length for part in parts))
    chops: list[dict[int, Strip | None]] = [{} for _ in range(y)]
    return ChopsUpdate([*chops, dict(zip([0, *ends], parts, strict=False))], [(y, *span)], [[] for _ in chops] + [ends])


class Glass:
    """A terminal, and what is known of it."""

    def __init__(self) -> None:
        self.shown = ShownCells()
        self.screen = pyte.Screen(WIDTH, 3)
        self._stream = pyte.Stream(self.screen)

    def draw(self, update: ChopsUpdate | LayoutUpdate, screen: str = "run") -> str:
        """Draw an update of a screen, and return what was written."""
        written = self.shown.only_changes(update, screen).render_segments(CONSOLE)
        assert isinstance(written, str)
        self._stream.feed(written.replace("\n", ""))
        return written

    def has(self, text: str) -> bool:
        return self.screen.display[0].rstrip() == text


PLAIN, RED = STYLES[:2]


def test_only_cells_that_differ_are_written() -> None:
    glass = Glass()
    glass.draw(whole(strip(("updated 3 s ago", PLAIN), (" · next in 2 s", RED))))
    assert glass.draw(partial(strip(("updated 4 s ago", PLAIN), (" · next in 2 s", RED)))) == "\x1b[1;9H4"
    assert glass.has("updated 4 s ago · next in 2 s")
    assert glass.draw(partial(strip(("updated 4 s ago", PLAIN), (" · next in 2 s", RED)))) == ""
    recolored = glass.draw(partial(strip(("updated 4 s ago", RED), (" · next in 2 s", RED))))
    assert recolored == "\x1b[1;1H\x1b[31mupdated 4 s ago\x1b[0m"


def test_cells_far_apart_are_written_one_by_one_and_near_ones_together() -> None:
    glass = Glass()
    glass.draw(whole(strip(("1" + " " * 40 + "1", PLAIN))))
    assert glass.draw(partial(strip(("2" + " " * 40 + "2", PLAIN)))) == "\x1b[1;1H2\x1b[1;42H2"
    assert glass.draw(partial(strip(("2 2 2" + " " * 36 + "3", PLAIN)))) == "\x1b[1;3H2 2\x1b[1;42H3"


def test_what_is_known_of_a_line_ends_where_it_is_cut_elsewhere() -> None:
    glass = Glass()
    left, right = strip(("left", PLAIN), width=20), strip(("right", PLAIN), width=40)
    glass.draw(partial(left, right))
    assert "left" not in glass.draw(partial(left, right))
    assert "left" in glass.draw(partial(left.adjust_cell_length(30), right.crop(0, 30)))
    assert glass.has(f"left{' ' * 26}right")
    assert "right" in glass.draw(partial(left, right)), "what was known of its old place is no longer there"
    assert glass.has(f"left{' ' * 16}right")


def test_parts_beside_the_span_are_neither_written_nor_known() -> None:
    glass = Glass()
    glass.draw(whole(strip(("a" * WIDTH, PLAIN))))
    left, right = strip(("b" * 20, PLAIN), width=20), strip(("c" * 40, PLAIN), width=40)
    glass.draw(partial(left, right, span=(20, WIDTH)))
    assert glass.has("a" * 20 + "c" * 40)
    glass.draw(partial(left, right, span=(0, 20)))
    assert glass.has("b" * 20 + "c" * 40)


def test_a_part_that_is_drawn_up_to_some_column_is_known_as_a_whole_and_written_as_such() -> None:
    glass = Glass()
    glass.draw(whole(strip(("a" * WIDTH, PLAIN))))
    new = strip(("b" * WIDTH, PLAIN))
    glass.draw(partial(new, span=(0, 10)), "board")
    glass.draw(whole(new), "board")
    assert glass.has("b" * WIDTH)


def test_another_screen_and_another_size_are_written_whole() -> None:
    glass = Glass()
    line = strip(("the line", PLAIN))
    glass.draw(whole(line))
    assert glass.draw(whole(line)) == ""
    assert "the line" in glass.draw(whole(line), "board")
    assert "the line" in glass.draw(whole(line), "run")
    assert "the line" in glass.draw(whole(line, line), "run")


def test_a_style_is_written_once_and_only_as_far_as_it_differs() -> None:
    ground, other = Style(color="#ff0000", bgcolor="#000000"), Style(color="#00ff00", bgcolor="#000000")
    bold, link = ground + Style(bold=True), ground + Style(link="https://shop.example")
    glass = Glass()
    glass.draw(whole(strip(("." * 8 + " " * 52, ground))))
    rest = [("cd", other), ("ef", bold), ("gh" + " " * 52, ground)]
    assert glass.draw(partial(strip(("ab", ground), *rest))) == (
        "\x1b[1;1H\x1b[38;2;255;0;0;48;2;0;0;0mab\x1b[38;2;0;255;0mcd"
        "\x1b[0;1;38;2;255;0;0;48;2;0;0;0mef\x1b[0;38;2;255;0;0;48;2;0;0;0mgh\x1b[0m"
    )
    linked = glass.draw(partial(strip(("ab", link), *rest)))
    assert linked.startswith("\x1b[1;1H\x1b]8;")
    assert linked.endswith("mab\x1b[0m\x1b]8;;\x1b\\")


def test_what_was_not_written_is_not_known() -> None:
    glass = Glass()
    line = strip(("the line", PLAIN))
    glass.draw(whole(line))
    glass.shown.only_changes(partial(strip(("dropped", PLAIN))), "run")
    assert glass.draw(partial(line)) == "", "an update counts when it is rendered, not before"
    glass.shown.forget()
    assert "the line" in glass.draw(partial(line))


def test_what_a_picture_covers_is_written_again() -> None:
    picture = Segment("\x1bPsixels\x1b\\", None, [(ControlType.CURSOR_FORWARD, 0)])
    glass = Glass()
    blank = strip(("", PLAIN))
    glass.draw(whole(blank, blank))
    assert "sixels" in glass.draw(partial(Strip([*blank, picture], WIDTH), y=1))
    assert len(glass.draw(whole(blank, blank))) > 2 * WIDTH, "the blanks of all lines erase it"


def test_characters_of_disputed_width_are_written_with_all_beside_them() -> None:
    glass = Glass()
    glass.draw(whole(strip(("a ✔\ufe0f and the rest", PLAIN))))
    assert "and the rest" in glass.draw(partial(strip(("b ✔\ufe0f and the rest", PLAIN))))
    assert "and the rest" in glass.draw(partial(strip(("b    and the rest", PLAIN))))
    assert "and the rest" in glass.draw(partial(strip(("b \U0001fae8  and the rest", PLAIN))))
    assert "and the rest" in glass.draw(partial(strip(("c \U0001fae8  and the rest", PLAIN))))


def test_a_mark_on_the_last_cell_of_the_part_before_is_removed_with_it() -> None:
    glass = Glass()
    glass.draw(partial(strip(("the end", PLAIN), width=7), strip(("\u0301 and the rest", PLAIN), width=53)))
    glass.draw(partial(strip(("the end", PLAIN), width=7), strip((" and the rest", PLAIN), width=53)))
    assert glass.has("the end and the rest")


def test_other_things_are_displayed_as_they_are() -> None:
    assert ShownCells().only_changes(None, None) is None
    assert ShownCells().only_changes("text", None) == "text"


texts = st.text("ab 日·é\u0301─", max_size=16)
lines = st.lists(st.tuples(texts, st.sampled_from(STYLES)), max_size=5).map(lambda parts: strip(*parts))


@given(st.lists(st.tuples(lines, st.integers(0, WIDTH)), min_size=1, max_size=6))
def test_the_terminal_shows_what_was_drawn_last(drawn: list[tuple[Strip, int]]) -> None:
    glass, plain = Glass(), pyte.Screen(WIDTH, 3)
    stream = pyte.Stream(plain)
    for line, cut in drawn:
        halves = line.divide([cut, WIDTH]) if 0 < cut < WIDTH else [line]
        glass.draw(partial(*halves))
        for x, half in zip((0, cut), halves, strict=False):
            stream.feed(f"\x1b[1;{x + 1}H{half.render(CONSOLE)}")
        assert glass.screen.buffer[0] == plain.buffer[0]
