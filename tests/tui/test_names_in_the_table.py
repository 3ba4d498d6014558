"""Names in the table are distinct: what is left out of them, what gives way to them, and what the title says."""

from __future__ import annotations

import pytest

from tests.support.app import Viewer, watching
from tests.support.builders import a_case, a_run
from tvtui.testvibe.models import Case, Run

LOGIN = "chromium › auth/login.spec.ts › Login › "
SESSION = "remember me keeps the session for {} days after the browser has been closed"
TESTS = (
    a_case(f"{LOGIN}locked out", status="failed", duration_ms=9120),
    a_case(f"{LOGIN}{SESSION.format(30)}", status="failed"),
    a_case(f"{LOGIN}{SESSION.format(31)}"),
    a_case(f"{LOGIN}form"),
    a_case(f"{LOGIN}form"),
    a_case(f"{LOGIN}link in the mail opens the form twice and is refused the second time", status="blocked"),
)
CHECKOUT = a_case("chromium › shop/checkout.spec.ts › Checkout › pays by card")


def a_suite(*tests: Case) -> Run:
    return a_run(tests=list(tests), artifacts=[])


def line(viewer: Viewer, text: str) -> str:
    """The first line of the screen with this text, without frames and panes beside it."""
    return next(line for line in viewer.text.splitlines() if text in line).strip("│╭╮─").split("││")[0].split("╮╭")[0]


@pytest.mark.parametrize("size", [(200, 50), (120, 36), (80, 24), (60, 20)])
async def test_what_all_names_share_is_said_once_in_the_title(size: tuple[int, int]) -> None:
    async with watching(a_suite(*TESTS), size=size) as viewer:
        assert line(viewer, "Tests ·").startswith(f" Tests · {LOGIN}… ")
        assert line(viewer, "✗ locked out").startswith("▌✗ locked out  ")
        assert viewer.text.count(LOGIN) == 2, "the title, and the whole name in the detail"
        assert viewer.style_of("Tests · ") != viewer.style_of("chromium")


async def test_the_title_follows_what_is_filtered_and_not_what_is_scrolled() -> None:
    async with watching(a_suite(*TESTS, *[CHECKOUT] * 40), size=(120, 36)) as viewer:
        assert line(viewer, "Tests ·").startswith(" Tests · chromium › … ")
        await viewer.press("G")
        assert line(viewer, "Tests ·").startswith(" Tests · chromium › … ")
        await viewer.press("slash", *"login", "enter")
        assert line(viewer, "Tests ·").startswith(" Tests · 6 of 46 · chromium › aut…n.spec.ts › Login › … ─")
        assert viewer.style_of("login") != viewer.style_of("chromium")
        await viewer.press("slash", *" locked", "enter")
        assert line(viewer, "Tests ·").startswith(" Tests · 1 of 46 ─")
        assert "✗ chromium › auth/l" in line(viewer, "locked out"), "nothing is shared with others"


async def test_a_title_with_no_room_for_the_prefix_cuts_it_in_the_middle() -> None:
    async with watching(a_suite(*TESTS), size=(60, 20)) as viewer:
        await viewer.press("s", "f")
        assert line(viewer, "Tests ·").startswith(" Tests · by duration · failed only · 2 of 6 · chromium… ")
        await viewer.pilot.resize_terminal(80, 24)
        await viewer.pilot.pause()
        title = " Tests · by duration · failed only · 2 of 6 · chromium ›…ec.ts › Login › … "
        assert line(viewer, "Tests ·").startswith(title)


@pytest.mark.parametrize("theme", ["tvtui-light", "ansi-dark"])
async def test_the_prefix_has_the_colors_of_the_theme(theme: str) -> None:
    async with watching(a_suite(*TESTS), size=(80, 24)) as viewer:
        before = viewer.style_of("chromium")
        viewer.app.theme = theme
        await viewer.pilot.pause()
        after = viewer.style_of("chromium")
        assert after != before
        assert after != viewer.style_of("Tests · ")
    async with watching(a_suite(*TESTS), size=(80, 24), theme=theme) as viewer:
        assert viewer.style_of("chromium") == after


async def test_without_a_title_names_keep_their_prefix_where_there_is_room() -> None:
    async with watching(a_suite(*TESTS), size=(59, 20)) as viewer:
        assert "Tests ·" not in viewer.text
        assert line(viewer, "✗ …locked out").startswith("▌✗ …locked out ")
        assert line(viewer, "30 days")


@pytest.mark.parametrize("size", [(200, 50), (120, 36), (80, 24), (60, 20), (40, 12)])
async def test_long_names_are_cut_elsewhere_than_where_they_differ(size: tuple[int, int]) -> None:
    async with watching(a_suite(*TESTS), size=size) as viewer:
        assert "30 days" in line(viewer, "✗ …rem" if size[0] < 60 else "✗ rem")
        assert "31 days" in line(viewer, "✓ …rem" if size[0] < 60 else "✓ rem")


async def test_equal_names_are_numbered_in_the_order_of_the_run() -> None:
    async with watching(a_suite(*TESTS), size=(80, 24)) as viewer:
        await viewer.press("slash", *"form !link", "enter")
        assert "✓ …form  " not in viewer.text
        rows = [row for row in viewer.text.splitlines() if row.startswith("│") and "✓ " in row]
        assert [row.split("  ")[0] for row in rows] == [f"│▌✓ {LOGIN}form", f"│ ✓ {LOGIN}form (2)"]


async def test_names_that_only_look_equal_are_numbered_too() -> None:
    async with watching(a_suite(a_case("twice\u202e"), a_case("twice"), a_case("twice\x07"))) as viewer:
        assert [line(viewer, f"✓ twice{end}  ") for end in ("", " (2)", " (3)")]
        assert line(viewer, "Tests").startswith(" Tests ─")


async def test_the_bar_gives_way_to_a_name_before_the_duration_does() -> None:
    async with watching(a_suite(*TESTS), size=(80, 24)) as viewer:
        assert "━━" in line(viewer, "✗ locked out")
        assert line(viewer, "30 days").rstrip().endswith("after the browser has been closed         4.21 s")
        await viewer.pilot.resize_terminal(34, 16)
        await viewer.pilot.pause()
        assert line(viewer, "30 days").split("4.21 s")[0].startswith(" ✗ …rem")
        await viewer.pilot.resize_terminal(30, 16)
        await viewer.pilot.pause()
        assert "4.21 s" not in line(viewer, "30 days"), "the name would have fewer than 20 cells"


async def test_a_status_gives_way_to_a_name_on_narrow_screens() -> None:
    async with watching(a_suite(*TESTS), size=(80, 24)) as viewer:
        assert line(viewer, "? link").rstrip().endswith("blocked  4.21 s")
        await viewer.pilot.resize_terminal(40, 12)
        await viewer.pilot.pause()
        assert line(viewer, "? …").rstrip().endswith("4.21 s")
        assert "blocked" not in line(viewer, "? …")
