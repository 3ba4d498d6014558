"""Contrast in all of our themes, and outcomes that stay distinct with every kind of colour vision in one of them.

The tests measure what is drawn: they show each state of the app and take the colours from the screen.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import combinations, product

import pytest
from rich.style import Style
from textual.widget import Widget
from textual.widgets import Label

from tests.support.app import LOST, Viewer, watching
from tests.support.builders import CREATED, DIAGNOSIS, Diagnoses, a_run, run_at
from tests.support.clock import FakeClock
from tests.support.images import SIGHTS, Rgb, contrast, distance, lab_distance, seen_with
from tvtui.settings.values import OWN_THEMES, THEME_NAMES
from tvtui.testvibe.models import Run
from tvtui.tui.widgets.ansi import PALETTE
from tvtui.tui.widgets.case_table import CaseTable
from tvtui.tui.widgets.key_bar import KeyBar
from tvtui.tui.widgets.run_tabs import RunTabs
from tvtui.tui.widgets.summary_bar import SummaryBar

READABLE = 4.5
"""WCAG 2.2, success criterion 1.4.3 (AA), for text of ordinary size."""

VISIBLE = 3.0
"""WCAG 2.2, success criterion 1.4.11 (AA), for bars and borders that say something."""

APART = 20.0
"""CIEDE2000. A sign in a terminal is about a third of a degree wide, and at that size half of all people need colours
to be up to 15 apart (M. Stone, D. A. Szafir, V. Setlur, "An Engineering Model for Color Difference as a Function of
Size", Color and Imaging Conference 2014); a third more than that is enough for everyday looking."""

OUTCOMES = ("passed", "failed", "flaky", "other")
"""Those with a colour of their own: what was skipped is as quiet as an explanation."""

RGB_THEMES = [name for name in OWN_THEMES if not name.startswith("ansi")]
ANSI_THEMES = [name for name in OWN_THEMES if name.startswith("ansi")]
LINES = frozenset("─│╭╮╰╯━╸╺▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▐░▒▓▔▕·…›⣿ ")
"""Symbols that are not text; those with a meaning are measured separately."""

STATES = {
    "failed": [],
    "detail": ["enter", "l"],
    "artifacts": ["tab"],
    "filtered": ["slash", "u", "s"],
    "without hits": ["slash", "%"],
    "searched": ["l", "tab", "slash", "t", "e", "enter"],
    "help": ["question_mark"],
    "copied": ["y"],
    "several": ["enter"],
    "diagnosis": ["i"],
    "diagnosis searched": ["i", "tab", "tab", "slash", "t", "e", "enter"],
}


@asynccontextmanager
async def shown(*keys: str, stale: bool = False, several: bool = False) -> AsyncIterator[Viewer]:
    """The app with the demo's run after its end, or (stale) in the middle, after the connection was lost."""
    seconds = 20 if stale else 600
    clock = FakeClock(CREATED + timedelta(seconds=seconds))
    others: dict[int, list[Run | Exception]] = {215: [a_run(run_id=215, status="passed")], 216: [LOST]}
    others[217] = [a_run(run_id=217, status="running")]
    others[218] = [a_run(run_id=218, status="cancelled")]
    async with watching(
        run_at("default", seconds),
        *([LOST] if stale else []),
        clock=clock,
        others=others if several else None,
        diagnose=Diagnoses(DIAGNOSIS),
    ) as viewer:
        await viewer.press(*keys)
        if "i" in keys[:1]:
            await viewer.sees("━━ Gherkin")
        if stale:
            await viewer.wait(34)
            await viewer.sees("stale")
        yield viewer


async def paint(viewer: Viewer, theme: str) -> None:
    """Switch to a theme."""
    viewer.app.theme = theme
    await viewer.pilot.pause()
    await viewer.until(lambda: not viewer.screen._layout_required)


def drawn(viewer: Viewer) -> Iterator[tuple[str, Style]]:
    """Every text on the screen that is not blank, with its style."""
    for strip in viewer.app.screen._compositor.render_strips():
        for segment in strip:
            if segment.style is not None and segment.text.strip():
                yield segment.text, segment.style


def colours(style: Style) -> tuple[Rgb, Rgb]:
    """The colours of the text and of its background."""
    front, ground = (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)
    assert front is not None
    assert front.triplet is not None
    assert ground is not None
    assert ground.triplet is not None
    return front.triplet, ground.triplet


def is_terminals(style: Style) -> bool:
    """Whether both colours are the terminal's own."""
    return all(colour is None or colour.triplet is None for colour in (style.color, style.bgcolor))


def not_the_terminals(viewer: Viewer) -> list[tuple[str, str]]:
    """The texts in colours of our own, and those in the default colour on a background that may not suit it."""
    notices = " ".join(str(notice.message) for notice in viewer.app._notifications)
    return [
        (viewer.app.theme, text)
        for text, style in drawn(viewer)
        if not is_terminals(style)
        or (
            set(text) - LINES
            and (style.color is None or style.color.is_default)
            and style.bgcolor is not None
            and not style.bgcolor.is_default
            # Textual draws notices on the black or the white that goes with the theme
            and text.strip() not in notices
        )
    ]


def too_faint(viewer: Viewer) -> list[tuple[str, str, float]]:
    """The texts on the screen with too little contrast."""
    return [
        (viewer.app.theme, text, round(amount, 2))
        for text, style in drawn(viewer)
        if set(text) - LINES and (amount := contrast(*colours(style))) < READABLE
    ]


@pytest.mark.parametrize("keys", STATES.values(), ids=STATES)
async def test_text_has_enough_contrast_in_every_state(keys: list[str], request: pytest.FixtureRequest) -> None:
    async with shown(*keys, several="several" in request.node.name) as viewer:
        for theme in OWN_THEMES:
            await paint(viewer, theme)
            assert (too_faint if theme in RGB_THEMES else not_the_terminals)(viewer) == []


async def test_stale_data_and_dimmed_log_lines_have_enough_contrast() -> None:
    """Playwright dims half of its messages; the theme decides how far."""
    async with shown(stale=True) as viewer:
        for theme in RGB_THEMES:
            await paint(viewer, theme)
            assert too_faint(viewer) == []
        for theme in ANSI_THEMES:
            await paint(viewer, theme)
            assert not_the_terminals(viewer) == []
            assert [style.dim for text, style in drawn(viewer) if "Invalid password is" in text] == [True]


class TestStyles:
    """Styles that none of these states shows."""

    async def test_every_style_has_enough_contrast_on_every_background(self) -> None:
        rows = [(), ("case-table--cursor",), ("case-table--hover",)]
        tones = CaseTable.COMPONENT_CLASSES - {"case-table--bar"}
        async with shown("l") as viewer:
            screen = viewer.screen
            log, bar, keys = screen.detail.log_view, screen.query_one(SummaryBar), screen.query_one(KeyBar)
            for theme, is_focused in product(RGB_THEMES, (True, False)):
                await paint(viewer, theme)
                (screen.table if is_focused else log).focus()
                await viewer.pilot.pause()
                for tone, row in product(tones, rows):
                    assert readable(screen.table, tone, *row), (theme, tone, row)
                for name, ground in product(PALETTE, [(), ("text-view--match",)]):
                    assert readable(log, f"text-view--{name}", *ground), (theme, name, ground)
                assert readable(log, "text-view--current-match"), theme
                for widget in (bar, keys):
                    for name in type(widget).COMPONENT_CLASSES:
                        assert readable(widget, name), (theme, name)

    async def test_a_question_over_the_dimmed_screen_has_enough_contrast(self) -> None:
        async with shown("R") as viewer:
            labels = viewer.app.screen.query(Label)
            assert len(labels) == 2
            for theme, label in product(RGB_THEMES, labels):
                await paint(viewer, theme)
                assert readable(label), (theme, label)

    async def test_the_tabs_of_several_runs_have_enough_contrast(self) -> None:
        async with shown(several=True) as viewer:
            tabs = viewer.screen.query_one(RunTabs)
            for theme, name in product(RGB_THEMES, sorted(RunTabs.COMPONENT_CLASSES)):
                await paint(viewer, theme)
                assert readable(tabs, name), (theme, name)

    async def test_bars_borders_and_marks_are_visible(self) -> None:
        async with shown() as viewer:
            screen = viewer.screen
            table, bar = screen.table, screen.query_one(SummaryBar)
            for theme in RGB_THEMES:
                await paint(viewer, theme)
                for row in [(), ("case-table--cursor",)]:
                    assert ratio(table, "case-table--bar", *row) >= VISIBLE
                for name in OUTCOMES:
                    assert ratio(bar, f"summary-bar--{name}") >= VISIBLE
                assert contrast(table.styles.scrollbar_color.rgb, table.styles.scrollbar_background.rgb) >= VISIBLE
                for pane, inner in [(table, table), (screen.detail, screen.detail.error_view)]:
                    inner.focus()
                    await viewer.pilot.pause()
                    assert contrast(pane.styles.border_top[1].rgb, screen.styles.background.rgb) >= VISIBLE


def ratio(widget: Widget, *names: str) -> float:
    return contrast(*colours(widget.get_visual_style(*names).rich_style))


def readable(widget: Widget, *names: str) -> bool:
    return ratio(widget, *names) >= READABLE


async def outcomes() -> dict[str, dict[str, Rgb]]:
    """The colours of the outcomes in each theme."""
    tones = {}
    async with shown() as viewer:
        bar = viewer.screen.query_one(SummaryBar)
        for theme in RGB_THEMES:
            await paint(viewer, theme)
            tones[theme] = {
                name: colours(bar.get_visual_style(f"summary-bar--{name}").rich_style)[0] for name in OUTCOMES
            }
    return tones


def nearest(tones: dict[str, Rgb], sight: str) -> float:
    """The distance of the two colours that are closest to each other."""
    seen = [seen_with(sight, tone) for tone in tones.values()]
    return min(distance(one, other) for one, other in combinations(seen, 2))


async def test_outcomes_are_distinct_for_every_vision_in_the_safe_theme_and_for_normal_vision_in_all() -> None:
    tones = await outcomes()

    assert {sight: nearest(tones["tvtui-safe"], sight) >= APART for sight in SIGHTS} == dict.fromkeys(SIGHTS, True)
    for name, of_theme in tones.items():
        assert min(distance(one, other) for one, other in combinations(of_theme.values(), 2)) >= APART, name
    # too little with red-green blindness, which is why there is another theme, and states have a symbol and a word
    reached = {sight: round(nearest(tones["tvtui"], sight)) for sight in SIGHTS}
    assert reached == {"protanopia": 8, "deuteranopia": 2, "tritanopia": 10}


async def test_outcomes_have_different_colours_in_the_terminal_palette() -> None:
    async with shown() as viewer:
        bar = viewer.screen.query_one(SummaryBar)
        for theme in ANSI_THEMES:
            await paint(viewer, theme)
            styles = [bar.get_visual_style(f"summary-bar--{name}") for name in OUTCOMES]
            numbers = [style.rich_style.color.number for style in styles if style.rich_style.color is not None]
            # modulo 8, because bright red is too similar to red
            assert len({number % 8 for number in numbers if number is not None}) == len(OUTCOMES)


@pytest.mark.parametrize("theme", ["tvtui-safe", "ansi-light"])
async def test_the_app_starts_in_a_theme(theme: str) -> None:
    async with watching(run_at("default", 20), theme=theme) as viewer:
        assert viewer.app.theme == theme
        assert all(map(is_terminals, dict(drawn(viewer)).values())) == (theme in ANSI_THEMES)


async def test_the_palette_offers_all_themes() -> None:
    async with shown() as viewer:
        assert "Theme" in [command.title for command in viewer.app.get_system_commands(viewer.app.screen)]
        assert set(THEME_NAMES) <= set(viewer.app.available_themes)


def test_the_formulas_match_their_sources() -> None:
    """Values from WCAG and from Sharma's test data; and white looks white to everyone."""
    assert round(contrast((0, 0, 0), (255, 255, 255)), 2) == 21
    assert round(contrast((119, 119, 119), (255, 255, 255)), 2) == 4.48
    for one, other, expected in (
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.4900, -0.0010), (50, -2.4900, 0.0011), 7.2195),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ):
        assert round(lab_distance(one, other), 4) == expected
    for sight in SIGHTS:
        assert [round(part) for part in seen_with(sight, (255, 255, 255))] == [255, 255, 255]
