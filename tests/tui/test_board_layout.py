"""What a tile of the board shows at every size, in which letters, which failure is shown, and which run is worse."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from rich.cells import cell_len

from tests.support.app import SIZES, shows
from tests.support.builders import a_case, a_run
from tvtui.testvibe.errors import ClientError, Faulty, NotFound, Refused, Unreachable
from tvtui.testvibe.identity import Row, identify_cases
from tvtui.testvibe.models import RunState
from tvtui.tui.widgets import big_letters
from tvtui.tui.widgets.big_letters import Size
from tvtui.tui.widgets.board_content import TileContent, look_of
from tvtui.tui.widgets.board_layout import draw, draw_alike
from tvtui.view.runs import NARROWEST, Rotation, places, worst_first
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.outlook import Outlook
from tvtui.watch.watched_run import WatchedRun

NOW = 1000.0
TIME = datetime(2026, 6, 10, 16, 3, 0, tzinfo=UTC)
LOST = Problem(Unreachable("The server refused the connection.", "Check that it runs."), NOW - 30, 4, NOW + 5)


def snapshot(**fields: object) -> Snapshot:
    run = a_run(**fields)
    return Snapshot(run, NOW - 2, TIME - timedelta(seconds=2), None if run.has_ended else NOW, run.has_ended)


def a_tile(*, problem: Problem | None = None, **fields: object) -> TileContent:
    seen = snapshot(**fields)
    failed = [case for case in seen.run.tests if case.status == "failed"]
    tile = TileContent(214, seen, problem)
    return tile._replace(failure=failed[0], number=1, failures=len(failed)) if failed else tile


def text_of(tile: TileContent, width: int, height: int, now: float = NOW) -> str:
    return "\n".join("".join(text for text, _ in line).rstrip() for line in draw(tile, now, width, height))


def shows_apart(screen: str, mark: str, number: str) -> bool:
    """Whether a mark is on the screen in large letters, with a gap and a number behind it."""
    lines = screen.splitlines()
    for size, gap in product(list(Size)[:-1], range(1, 11)):
        pair = [big_letters.draw(each, size, has_tails=False) for each in (mark, number)]
        rows = [f"{one}{' ' * gap}{other}".rstrip() for one, other in zip(*pair, strict=True)]
        for top, at in product(range(len(lines)), range(max(map(len, lines)))):
            if all(line[at:].startswith(row) for line, row in zip(lines[top : top + len(rows)], rows, strict=False)):
                return True
    return False


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_failed_run_is_shown_completely_at_every_size(width: int, height: int) -> None:
    screen = text_of(a_tile(), width, height)
    assert shows(screen, "✗ FAILED")
    assert shows(screen, "✗1") or shows_apart(screen, "✗", "1")
    assert shows(screen, "ended just now")
    assert shows(screen, "Locked-out user") or width == 20
    assert shows(screen, "expect(locator)")
    assert len(screen.splitlines()) <= height


def test_everything_important_is_in_large_letters() -> None:
    screen = text_of(a_tile(), 120, 36)
    for text in ("FAILED", "Login Functionality", "Locked-out user sees an", "expect(locator)", "ended just now"):
        assert text not in screen
        assert shows(screen, text), text


def test_small_tiles_show_state_counts_failure_and_freshness_as_text() -> None:
    assert text_of(a_tile(problem=LOST, status="running", tests=[a_case("A voucher", status="failed")]), 20, 5) == (
        "⚠ STALE ✗1 41 s\nwas running 2 s ago\n✗ A voucher\nexpect(locator).toB…\n#214 Login Function…"
    )
    assert text_of(a_tile(), 20, 1) == "#214 ✗ FAILED ✓2 ✗1"


@pytest.mark.parametrize(
    "tile",
    [
        a_tile(),
        a_tile(problem=LOST, status="running"),
        a_tile(status="running", started_utc=None),
        a_tile(status="[/] \u202equarantined", finished_utc=None),
        TileContent(214),
        TileContent(214, problem=LOST),
        a_tile(tests=[a_case("日本" * 300 + "[b]x[/b]" + "é\u0301\u200d", status="failed", error="x" * 1500)]),
        a_tile(feature_name="Ж" * 400, summary={"total": 10**9, "passed": 10**8, "failed": 5, "other": 10**7}),
    ],
)
def test_lines_fit_the_tile_at_every_size_with_any_text(tile: TileContent) -> None:
    for width, height in product((1, 7, 20, 39, 59, 120, 200), (1, 2, 5, 11, 36)):
        lines = draw(tile, NOW, width, height)
        assert len(lines) == height
        assert all(sum(cell_len(text) for text, _ in line) <= width for line in lines), (width, height)


def test_a_tile_looks_different_exactly_when_a_line_of_it_changes() -> None:
    expected = Outlook(RunState.RUNNING, 41.5, 200.0, 150.0)
    for started, problem, outlook in product((None, "2026-06-10T16:02:19Z"), (None, LOST), (None, expected)):
        tile = a_tile(problem=problem, status="running", tests=[a_case("x", status="failed")], started_utc=started)
        assert tile.snapshot is not None
        seen = replace(tile.snapshot, outlook=outlook)
        tile = tile._replace(snapshot=seen)
        for later, passed in product((0.0, 1.0, 5.0), (0.0, 0.4, 1.0, 60.0)):
            now = NOW + passed
            confirmed = replace(seen, seen=seen.seen + later, server_time=seen.server_time + timedelta(seconds=later))
            other = tile._replace(snapshot=confirmed)
            is_same = text_of(other, 120, 36, now) == text_of(tile, 120, 36)
            assert (look_of(other, now) == look_of(tile, NOW)) is is_same


def test_the_time_left_is_shown_only_if_it_makes_no_letter_smaller() -> None:
    seen = snapshot(status="running")
    tile = TileContent(214, replace(seen, outlook=Outlook(RunState.RUNNING, 161.0, 219.0, 150.0)))
    assert shows(text_of(tile, 120, 36), "live · 2 – 3 min left")
    assert shows(text_of(tile, 70, 24), "2 – 3 min left")
    assert "live · 2 – 3 min left" in text_of(tile, 44, 8)
    assert "live · 2 – 3 min left" in text_of(tile, 24, 5)
    assert "2 – 3 min left" in text_of(tile, 15, 6)
    assert "live     41 s" in text_of(tile, 13, 8)
    for width, height in product(range(1, 60), (3, 5, 8, 12)):
        assert ("left" in text_of(tile, width, height)) or "min" not in text_of(tile, width, height)


def test_the_next_failure_does_not_move_anything_else() -> None:
    short = a_tile(tests=[a_case("A", status="failed", error="B"), a_case("C", status="failed")])
    long = short._replace(failure=a_case("word " * 60, status="failed", error="error " * 60))
    for width, height in SIZES:
        before, after = (text_of(tile, width, height).splitlines() for tile in (short, long))
        same = next(y for y, (one, other) in enumerate(zip(before, after, strict=False)) if one != other)
        assert before[:same] == after[:same]
        assert same >= 1
        assert before[-1] == after[-1]


@pytest.mark.parametrize("size", list(product((38, 59, 99), (11, 17, 35, 49))))
def test_tiles_side_by_side_line_up_whatever_they_show(size: tuple[int, int]) -> None:
    summary = {"total": 2000, "passed": 1200, "failed": 700, "other": 100}
    tiles = [
        a_tile(feature_name="Cart", finished_utc=TIME),
        a_tile(feature_name="Login and checkout", status="running", summary=summary),
        a_tile(feature_name="Cart", status="passed"),
    ]
    drawn = draw_alike(tiles, NOW, *size)
    heads = []
    for lines in drawn:
        heads.append([bool("".join(text for text, _ in line).strip()) for line in lines[:5]])
        assert len(lines) == size[1]
    assert heads[0] == heads[1] == heads[2]


def test_freshness_in_words() -> None:
    going = a_tile(status="running")
    assert going.snapshot is not None
    assert "live" in text_of(going, 60, 12)
    assert "paused, 2 s old" in text_of(going._replace(is_paused=True), 60, 12)
    stale = text_of(going._replace(problem=LOST), 60, 12, NOW + 60)
    assert "was running 1m 02s ago" in stale
    assert shows(stale, "⚠ STALE")
    assert "The server refused the connection. Check that it runs." in stale
    ended = a_tile(finished_utc=TIME)
    ages = {59: "just now", 60: "1 min ago", 12 * 60: "12 min ago", 3900: "1 h 05 min ago", 3 * 86_400: "3 days ago"}
    for seconds, expected in ages.items():
        assert f"ended {expected}" in text_of(ended, 60, 12, NOW + seconds)


@pytest.mark.parametrize(
    ("error", "brief"), [(Refused, "key rejected"), (NotFound, "run not found"), (Faulty, "no answer yet")]
)
@pytest.mark.parametrize(("width", "height"), [(120, 36), (80, 12), (40, 4), (20, 9)])
def test_an_error_is_shown_completely_with_its_short_name(
    error: type[ClientError], brief: str, width: int, height: int
) -> None:
    advice = "It says why, in a sentence that is far too long for one line. " * (4 if width > 40 else 1) + "Do so."
    problem = Problem(error("Refused.", advice), NOW, 1, NOW + 5)
    screen = text_of(TileContent(214, problem=problem), width, height)
    assert shows(screen, "⚠ NO DATA")
    assert shows(screen, brief)
    assert f"Refused. {advice}" in " ".join(screen.split()) or (width, height) == (40, 4)
    assert "Refused." in screen


def test_an_error_beside_a_failure_is_shown_completely_if_there_is_room() -> None:
    error = Unreachable("Refused.", "word " * 40 + "Do so.")
    lost = Problem(error, NOW - 30, 4, NOW + 5)
    assert "Do so." in text_of(a_tile(problem=lost, status="running"), 80, 24)


@pytest.mark.parametrize(("width", "height"), [(26, 7), (24, 5), (20, 5), (26, 12)])
def test_a_narrow_tile_shows_every_count(width: int, height: int) -> None:
    screen = text_of(a_tile(summary={"total": 180, "passed": 100, "failed": 60, "other": 20}), width, height)
    for count in ("✓100", "✗60", "?20"):
        assert count in screen.replace(" ", ""), screen
    assert "…" not in screen.splitlines()[0]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 12), (40, 6), (26, 7), (20, 5)])
def test_a_leading_error_prefix_is_removed_if_the_line_is_too_long(width: int, height: int) -> None:
    error = "Error: " + "expect(locator).toHaveCountOfSomething(42)" * 3
    screen = text_of(a_tile(tests=[a_case("A", status="failed", error=error)]), width, height)
    assert not shows(screen, "Error:")
    assert shows(screen, "expect(loc")
    short = text_of(a_tile(tests=[a_case("A", status="failed", error="Error: no")]), width, height)
    assert shows(short, "Error: no")


def test_a_mark_in_large_letters_never_touches_its_number() -> None:
    tile = a_tile(summary={"total": 27, "passed": 13, "failed": 7, "other": 7})
    for width, height in product(range(20, 130, 3), (7, 12, 17, 35)):
        screen = text_of(tile, width, height).splitlines()
        for size in list(Size)[:-1]:
            glued = big_letters.draw("✗7", size, has_tails=False)
            assert not all(any(row in line for line in screen) for row in glued), (width, height, size)


@pytest.mark.parametrize("size", [(59, 35), (99, 49)])
def test_names_are_large_with_two_runs_side_by_side(size: tuple[int, int]) -> None:
    screen = text_of(a_tile(feature_name="Login and checkout"), *size)
    assert shows(screen, "✗ FAILED")
    assert shows(screen, "Login and")
    assert shows(screen, "Locked-out")
    assert "Login and checkout" not in screen


def test_an_error_that_does_not_fit_in_large_letters_is_complete_in_small_ones() -> None:
    error = "Error: expect(locator).toBeVisible() failed"
    screen = text_of(a_tile(tests=[a_case("Locked-out user", status="failed", error=error)]), 59, 26)
    assert shows(screen, "Locked-out")
    assert "expect(locator).toBeVisible() failed" in screen


def test_the_bar_of_a_finished_run_is_full() -> None:
    for width, (passed, failed) in product(range(60, 70), [(12, 7), (1, 2), (99, 1)]):
        summary = {"total": passed + failed, "passed": passed, "failed": failed, "other": 0}
        bar = next(line for line in text_of(a_tile(summary=summary), width, 35).splitlines() if "▒" in line)
        assert bar.count("█") + bar.count("▒") == width - 4


def test_a_final_result_stays_after_the_connection_is_lost() -> None:
    assert a_tile(problem=LOST).tone == "failed"
    assert a_tile(problem=LOST, status="running").tone == "stale"
    assert a_tile(status="running", tests=[a_case(status="failed")]).tone == "failing"


class TestLetters:
    """Large letters."""

    def test_characters_without_a_large_letter_are_shown_as_they_are(self) -> None:
        assert "漢" in big_letters.draw("a漢", Size.LARGE)[1]
        assert all(cell_len(line) == 10 for line in big_letters.draw("a漢", Size.LARGE))
        assert not big_letters.can_be_drawn("漢字かな")

    def test_the_width_of_a_text_is_that_of_its_letters(self) -> None:
        for size in Size:
            for character in "amwMWgÄłЖ8✗●":
                drawn = {len(line) for line in big_letters.draw(character * 3, size)}
                assert drawn == {size.width(character * 3) + (0 if size is Size.TEXT else size.gap)}

    def test_long_text_is_broken_after_punctuation_and_cut_with_an_ellipsis(self) -> None:
        text = "Error: expect(locator).toBeVisible() failed"
        assert big_letters.wrapped(text, Size.MEDIUM, 114, 2) == ["Error: expect(locator).", "toBeVisible() failed"]
        assert big_letters.wrapped(text, Size.MEDIUM, 114, 1) is None
        assert big_letters.cut(text, Size.MEDIUM, 114, 1) == ["Error: expect(locator).…"]
        assert big_letters.cut("x" * 10_000, Size.MEDIUM, 20, 2) == ["xxxxx", "xxxx…"]


class TestRanking:
    """The order of runs by severity, and the places of their tiles."""

    def test_the_worst_run_is_first_and_equal_ones_keep_their_order(self) -> None:
        order = [
            (1, snapshot(status="passed"), None),
            (2, snapshot(status="running", started_utc=None), None),
            (3, snapshot(status="running"), None),
            (4, snapshot(status="running", tests=[a_case(status="failed")]), None),
            (5, snapshot(status="running"), LOST),
            (6, snapshot(), LOST),
            (7, None, LOST),
            (8, snapshot(), None),
            (9, None, None),
            (10, snapshot(status="cancelled"), None),
        ]
        runs = []
        for run_id, seen, problem in order:
            run = WatchedRun(run_id, lambda _: pytest.fail("nothing is requested"))
            run.snapshot, run.problem = seen, problem
            runs.append(run)
        assert [each.run_id for each in worst_first(runs)] == [6, 8, 10, 5, 7, 4, 3, 2, 9, 1]

    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("tiles", range(1, 10))
    def test_tiles_fill_the_screen_and_do_not_overlap(self, tiles: int, size: tuple[int, int]) -> None:
        found = places(tiles, *size)
        assert len(found) == tiles or size == (20, 5)
        taken = [(x, y) for p in found for x in range(p.x, p.x + p.width) for y in range(p.y, p.y + p.height)]
        assert len(taken) == len(set(taken))
        assert all(0 <= x < size[0] and 0 <= y < size[1] for x, y in taken)
        assert all(each.width >= NARROWEST and each.height >= 1 for each in found)
        # the worst has the best place
        assert found[0].x == found[0].y == 0
        assert found[0].width == max(each.width for each in found) or found[0].width + 1 >= found[-1].width
        assert len(taken) >= size[0] * size[1] * 0.8


class TestRotation:
    """Which failure is shown."""

    def test_failures_take_turns_and_a_new_one_is_shown_long_enough(self) -> None:
        tests = failing("abc")
        rotation = Rotation()
        assert [rotation.place(tests[:1], now) for now in (5.0, 8.0, 16.0)] == [0, 0, 0]
        assert [rotation.place(tests, now) for now in (17.0, 23.9, 24.0, 31.0, 32.0, 40.0)] == [0, 0, 1, 1, 2, 0]
        late = Rotation()
        assert [late.place(tests, now) for now in (7.0, 8.0, 16.0)] == [0, 0, 1]

    def test_the_shown_failure_stays_while_others_come_and_go(self) -> None:
        rotation = Rotation()
        assert [rotation.place(failing("ab"), now) for now in (0.0, 8.0)] == [0, 1]
        assert rotation.place(failing("cab"), 9.0) == 2
        assert rotation.place(failing("c"), 10.0) == 0


def failing(names: str) -> tuple[Row, ...]:
    return identify_cases(a_case(name, status="failed") for name in names)


def test_a_run_that_ended_neither_passed_nor_failed_is_neutral() -> None:
    tile = a_tile(status="cancelled")
    assert shows(text_of(tile, 120, 36), "? CANCELLED")
    assert tile.tone == "other"
