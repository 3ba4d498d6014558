"""The table of tests, alone in an app of its own: what it draws again, and where its cursor goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from tests.support.builders import a_case
from tvtui.testvibe.identity import CaseId, Row, identify_cases
from tvtui.testvibe.models import Case
from tvtui.tui.widgets.case_table import CaseTable
from tvtui.view.grouping import Group, Line, group_id


class CountingTable(CaseTable):
    """A table that notes which lines it draws."""

    DEFAULT_CSS = "CountingTable { height: 10; }"

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[int] = []

    def render_line(self, y: int) -> Strip:
        self.drawn.append(y)
        return super().render_line(y)


class Host(App[None]):
    """Nothing but the table; what the cursor reaches is selected, as a screen does it."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[CaseId] = []
        self.folded: list[tuple[CaseId, bool]] = []
        self.moves = 0

    def compose(self) -> ComposeResult:
        yield CountingTable()

    def on_case_table_highlighted(self) -> None:
        self.moves += 1
        table = self.query_one(CountingTable)
        table.selected = table.cursor

    def on_case_table_chosen(self, message: CaseTable.Chosen) -> None:
        self.chosen.append(message.case_id)

    def on_case_table_folded(self, message: CaseTable.Folded) -> None:
        self.folded.append((message.group_id, message.is_folded))


@dataclass
class Shown:
    """A table on a screen."""

    pilot: Pilot[None]
    table: CountingTable
    host: Host

    async def drawn(self, rows: tuple[Line, ...] | None = None) -> list[int]:
        """The lines that are drawn for other rows, or for what has just happened."""
        if rows is not None:
            self.table.drawn.clear()
            self.table.rows = rows
        await self.pilot.pause()
        lines = sorted(set(self.table.drawn))
        self.table.drawn.clear()
        return lines

    async def press(self, *keys: str) -> CaseId | None:
        """The selected test after some keys."""
        await self.pilot.press(*keys)
        await self.pilot.pause()
        return self.table.selected


@asynccontextmanager
async def showing(rows: tuple[Line, ...]) -> AsyncIterator[Shown]:
    host = Host()
    async with host.run_test(size=(80, 12)) as pilot:
        table = host.query_one(CountingTable)
        table.rows = rows
        table.focus()
        await pilot.pause()
        table.drawn.clear()
        yield Shown(pilot, table, host)


def some_rows(**changed: Case) -> tuple[Row, ...]:
    """Five tests, "a" to "e", of which some are others."""
    return identify_cases([changed.get(name, a_case(name)) for name in "abcde"])


async def test_an_unchanged_answer_draws_nothing() -> None:
    async with showing(some_rows()) as shown:
        assert await shown.drawn(some_rows()) == []


async def test_a_changed_test_draws_its_own_line_only() -> None:
    async with showing(some_rows()) as shown:
        assert await shown.drawn(some_rows(c=a_case("c", duration_ms=2000))) == [2]
        assert await shown.drawn(some_rows(c=a_case("c", status="failed", duration_ms=2000))) == [2]


async def test_another_slowest_test_draws_the_bars_of_all() -> None:
    async with showing(some_rows()) as shown:
        assert await shown.drawn(some_rows(c=a_case("c", duration_ms=9000))) == list(range(10))


async def test_a_new_test_draws_all_lines() -> None:
    async with showing(some_rows()) as shown:
        more = identify_cases([a_case("new"), *(row.case for row in some_rows())])
        assert await shown.drawn(more) == list(range(10))


async def test_moving_the_cursor_draws_two_lines() -> None:
    async with showing(some_rows()) as shown:
        await shown.press("down")
        await shown.drawn()
        assert await shown.press("down") == ("b", 0)
        assert await shown.drawn() == [0, 1]


async def test_the_mouse_lights_up_one_line_at_a_time() -> None:
    async with showing(some_rows()) as shown:
        await shown.pilot.hover(CountingTable, offset=(5, 1))
        assert await shown.drawn() == [1]
        await shown.pilot.hover(CountingTable, offset=(9, 1))
        assert await shown.drawn() == []
        await shown.pilot.hover(CountingTable, offset=(9, 3))
        assert await shown.drawn() == [1, 3]
        await shown.pilot.hover(CountingTable, offset=(9, 8))
        assert await shown.drawn() == [3]


async def test_a_lit_line_goes_dark_when_the_mouse_leaves() -> None:
    async with showing(some_rows()) as shown:
        await shown.pilot.hover(CountingTable, offset=(5, 1))
        await shown.drawn()
        await shown.pilot.hover(offset=(5, 11))
        assert await shown.drawn() == [1]


async def test_a_test_that_is_filtered_away_cannot_be_opened() -> None:
    async with showing(some_rows()) as shown:
        await shown.press("down", "down", "enter")
        assert shown.host.chosen == [("b", 0)]
        shown.table.rows = some_rows()[2:]
        await shown.press("enter")
        assert shown.host.chosen == [("b", 0)]


async def test_the_cursor_goes_on_from_where_its_test_was_last_seen() -> None:
    rows = some_rows()
    async with showing(rows) as shown:
        assert await shown.press("down", "down") == ("b", 0)
        shown.table.rows = (rows[0], rows[2], rows[3], rows[1], rows[4])
        await shown.pilot.pause()
        shown.table.rows = (rows[0], rows[2], rows[3], rows[4])
        assert await shown.press("down") == ("e", 0)


async def test_moves_that_come_at_once_are_reported_once() -> None:
    rows = identify_cases([a_case(f"test {number}") for number in range(30)])
    async with showing(rows) as shown:
        for _ in range(20):
            shown.table.action_move(1)
        await shown.pilot.pause()
        assert shown.table.selected == rows[19].id
        assert shown.host.moves == 1


def grouped_rows(*, title: str = "boom", is_folded: bool = False) -> tuple[Line, ...]:
    """The five tests, of which the first two are in a group."""
    a, b, *rest = some_rows()
    group = Group(group_id("boom"), title, (a, b), is_folded)
    return (group, *(() if is_folded else (a, b)), *rest)


async def test_a_group_with_another_title_draws_its_own_line_only() -> None:
    async with showing(grouped_rows()) as shown:
        assert await shown.drawn(grouped_rows()) == []
        assert await shown.drawn(grouped_rows(title="bang")) == [0]


async def test_folding_keeps_the_length_of_the_bars() -> None:
    async with showing(grouped_rows()) as shown:
        line = shown.table.render_line(4).text
        shown.table.rows = grouped_rows(is_folded=True)
        assert shown.table.render_line(2).text == line


async def test_the_first_test_of_a_group_is_shown_below_the_group() -> None:
    many = identify_cases([a_case(f"test {number}") for number in range(30)])
    async with showing((*many[:20], Group(group_id("boom"), "boom", many[20:22]), *many[20:])) as shown:
        await shown.press("end")
        shown.table.selected = many[20].id
        await shown.pilot.pause()
        assert "▾ 2 × boom" in shown.table.render_line(0).text
        assert "▌  ✓ test 20" in shown.table.render_line(1).text


async def test_a_group_is_folded_by_its_own_message_and_never_opened() -> None:
    async with showing(grouped_rows()) as shown:
        assert await shown.press("down") == group_id("boom")
        await shown.press("enter", "left")
        assert shown.host.folded == [(group_id("boom"), True)] * 2
        assert await shown.press("right") == ("a", 0)
        assert shown.host.chosen == []
