"""What earlier runs say, in the app: marks, counts, the line of the detail, the filter, the board and notifications."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.support.app import watching
from tests.support.builders import a_case, a_run
from tests.support.past import FakeMemory, past_of
from tvtui.settings.values import NotifyStyle
from tvtui.terminal.detect import TerminalKind
from tvtui.terminal.notifier import Notifier
from tvtui.watch.past import Past

TESTS = [
    a_case("signs in", duration_ms=1000.0),
    a_case("still broken", status="failed"),
    a_case("breaks today", status="failed"),
    a_case("repaired", duration_ms=1000.0),
]
RUN = a_run(tests=TESTS)
PAST = past_of(
    {"signs in": ("pppp",), "still broken": ("ffpp",), "breaks today": ("pfpp",), "repaired": ("fppp",)},
    durations_ms=(1000,) * 4,
)


def mark_of(text: str, name: str) -> str:
    """What the table shows beside the name of a test."""
    symbols = "[✓✗]"
    found = re.search(rf"[│▌ ]{symbols} {name} (.*)", text)
    assert found is not None, text
    return found[1]


@pytest.mark.parametrize("size", [(200, 50), (120, 36), (80, 24), (60, 20), (40, 10)])
async def test_tests_are_marked_at_every_size(size: tuple[int, int]) -> None:
    async with watching(RUN, size=size, memory=FakeMemory(PAST)) as viewer:
        await viewer.until(lambda: viewer.screen.history is not None)

        assert "new" in mark_of(viewer.text, "breaks today")
        assert "#212" in mark_of(viewer.text, "still broken")
        await viewer.press("G")
        assert "fixed" in mark_of(viewer.text, "repaired")


async def test_a_name_that_has_to_be_cut_is_worth_more_than_long_words_beside_it() -> None:
    names = ("signs in with a password manager that fills in one field only", "signs in with a passkey")
    past = past_of(dict.fromkeys(names, ("ff",)))
    run = a_run(tests=[a_case(name, status="failed") for name in names])
    async with watching(run, size=(60, 20), memory=FakeMemory(past)) as viewer:
        await viewer.until(lambda: viewer.screen.history is not None)

        assert "passkey          since #212 or earlier " in viewer.text
        assert "…ills in one field only ≤ #212 " in viewer.text


async def test_new_failures_come_first_and_are_selected() -> None:
    async with watching(RUN, memory=FakeMemory(PAST)) as viewer:
        names = [str(row.case.name) for row in viewer.screen.shown.table.rows]

        assert names == ["breaks today", "still broken", "signs in", "repaired"]
        assert viewer.screen.selected == ("breaks today", 0)
        assert "✗ 2 failed · 1 new" in viewer.text
        assert "✓ 2 passed · 1 fixed" in viewer.text


@pytest.mark.parametrize(
    ("status", "line"),
    [
        ("running", "✓ 12 · 1 fixed  ✗ 7 · 6 new  ~ 1  – 1  21 so far   running 41 s"),
        ("failed", "✓ 12 · 1 fixed  ✗ 7 · 6 new  ~ 1  – 1  21 tests   ran 35 s"),
    ],
)
async def test_counts_of_changes_do_not_displace_the_time(status: str, line: str) -> None:
    tests = [
        *(a_case(f"t{place}") for place in range(10)),
        *(a_case(f"f{place}", status="failed") for place in range(5)),
    ]
    tests += [*TESTS, a_case("may pass", status="flaky"), a_case("later", status="skipped")]
    async with watching(a_run(status=status, tests=tests), size=(80, 24), memory=FakeMemory(PAST)) as viewer:
        await viewer.until(lambda: viewer.screen.history is not None)

        assert viewer.text.splitlines()[1].startswith(f" {line}")


async def test_the_detail_has_a_line_about_the_test() -> None:
    async with watching(RUN, size=(160, 40), memory=FakeMemory(PAST)) as viewer:
        assert "✓✓✗✓▸✗  new failure · usually 1.00 s · 4 runs watched here" in viewer.text

        await viewer.press("n")
        assert "✓✓✗✗▸✗  failing since #212 · usually 1.00 s · 4 runs watched here" in viewer.text

        await viewer.press("down")
        assert "✓✓✓✓▸✓  usually 1.00 s · 4 runs watched here" in viewer.text


async def test_a_group_counts_its_new_failures_and_has_no_line_of_its_own() -> None:
    async with watching(RUN, size=(160, 40), memory=FakeMemory(PAST)) as viewer:
        await viewer.press("v")
        assert re.search(r"▾ 2 × expect\(locator\)\.toBeVisible\(\) fail.* 1 new ", viewer.text)
        assert "new failure · usually" in viewer.text
        await viewer.press("up")
        await viewer.sees("✗ 2 failures")
        assert "usually" not in viewer.text

    async with watching(RUN, memory=FakeMemory(None)) as viewer:
        await viewer.press("v")
        assert "▾ 2 × expect" in viewer.text
        assert " new" not in viewer.text


async def test_without_earlier_runs_there_is_no_line_and_no_mark() -> None:
    async with watching(RUN, memory=FakeMemory(None)) as viewer:
        assert "▸" not in viewer.text
        assert "new" not in mark_of(viewer.text, "breaks today")
        assert "✓ 2 passed  ✗ 2 failed  4 tests" in viewer.text


async def test_a_past_that_comes_late_moves_no_row() -> None:
    gate = asyncio.Event()
    async with watching(RUN, memory=FakeMemory(PAST, gate)) as viewer:
        await viewer.until(lambda: viewer.screen.shown.table.rows)
        before = [row.id for row in viewer.screen.shown.table.rows]
        assert "new" not in mark_of(viewer.text, "breaks today")
        gate.set()
        await viewer.until(lambda: viewer.screen.history is not None)

        assert "new" in mark_of(viewer.text, "breaks today")
        assert [row.id for row in viewer.screen.shown.table.rows] == before

        await viewer.press(*"ssss")
        assert viewer.screen.shown.table.rows[0].id == ("breaks today", 0)


async def test_what_moves_rows_anyway_brings_new_failures_first_though_the_past_came_late() -> None:
    gate = asyncio.Event()
    running = a_run(status="running", tests=TESTS[:2])
    failing = a_run(status="running", tests=TESTS[:3])
    async with watching(running, failing, memory=FakeMemory(PAST, gate)) as viewer:
        await viewer.until(lambda: viewer.screen.shown.table.rows)
        gate.set()
        await viewer.until(lambda: viewer.screen.history is not None)
        await viewer.next_answer()

        assert [str(row.case.name) for row in viewer.screen.shown.table.rows[:2]] == ["breaks today", "still broken"]

    gate = asyncio.Event()
    async with watching(RUN, memory=FakeMemory(PAST, gate)) as viewer:
        await viewer.until(lambda: viewer.screen.shown.table.rows)
        gate.set()
        await viewer.until(lambda: viewer.screen.history is not None)
        await viewer.press("s", "s", "s", "s")

        assert [str(row.case.name) for row in viewer.screen.shown.table.rows[:2]] == ["breaks today", "still broken"]


async def test_the_filter_finds_what_is_new() -> None:
    async with watching(RUN, memory=FakeMemory(PAST)) as viewer:
        await viewer.press("slash", *"is:new")
        assert [str(row.case.name) for row in viewer.screen.shown.table.rows] == ["breaks today"]

        await viewer.press("ctrl+u", *"is:slow")
        await viewer.sees("No test is 'slow'")


async def test_the_board_shows_new_failures_first() -> None:
    async with watching(RUN, memory=FakeMemory(PAST), board=True, size=(60, 14)) as viewer:
        await viewer.sees("new: breaks today")

    async with watching(RUN, memory=FakeMemory(None), board=True, size=(60, 14)) as viewer:
        await viewer.sees("still broken")


async def test_notifications_speak_of_new_failures_first() -> None:
    written: list[str] = []
    notifier = Notifier(TerminalKind(), NotifyStyle.OSC9)
    running = a_run(status="running", tests=TESTS[:1])
    async with watching(running, RUN, memory=FakeMemory(PAST), notifier=notifier) as viewer:
        notifier.enter(written.append)
        await viewer.next_answer()

        await viewer.until(lambda: any("1 new · 2 of 4 failed" in text for text in written))


@pytest.mark.parametrize("past", [PAST, None])
async def test_the_memory_is_asked_at_the_beginning_and_at_the_end_and_records_the_run(past: Past | None) -> None:
    memory = FakeMemory(past)
    running = a_run(status="running", tests=TESTS[:1])
    async with watching(running, RUN, memory=memory) as viewer:
        await viewer.next_answer()

        assert memory.recalled == [214, 214]
        assert memory.recorded == [214]


async def test_the_list_of_keys_says_why_nothing_is_remembered() -> None:
    memory = FakeMemory(None)
    memory.trouble = "Runs cannot be recorded: no space left on device."
    async with watching(RUN, memory=memory) as viewer:
        assert memory.trouble not in viewer.text
        await viewer.press("question_mark")
        await viewer.sees(f"⚠ {memory.trouble}")
