"""Foreign text in the app is shown as it is and never acted on."""

from __future__ import annotations

from functools import partial

from tests.support.app import Viewer, watching
from tests.support.builders import NOT_SHOWN, a_case, a_run, an_artifact
from tvtui.demo.hostile import GOOD, TEXTS
from tvtui.testvibe.errors import ClientError, Faulty
from tvtui.testvibe.models import Run


def a_run_of(text: str) -> Run:
    return a_run(
        status="failed",
        feature_name=text,
        config=text,
        site_url=text,
        tests=[a_case(name=text, status="failed", error=text), a_case(name=f"x {text} y", status=text)],
        artifacts=[an_artifact(kind=text, path=text)],
        log=text,
    )


def has_seen(viewer: Viewer, run: Run) -> bool:
    return viewer.app.shown.snapshot is not None and viewer.app.shown.snapshot.run is run


def has_failed_by(viewer: Viewer, error: ClientError) -> bool:
    return viewer.app.shown.problem is not None and viewer.app.shown.problem.error is error


def assert_harmless(viewer: Viewer, what: str) -> None:
    assert not NOT_SHOWN & set(viewer.text.replace("\n", "")), what
    assert "OWNED" not in viewer.text or what == "bidi left open", what


async def test_hostile_text_around_the_tests_is_shown_and_does_nothing() -> None:
    runs = [a_run_of(text) for text in TEXTS.values()]
    async with watching(*runs, size=(120, 40)) as viewer:
        await viewer.press("l")
        for what, run in zip(TEXTS, runs, strict=True):
            viewer.screen.action_refresh()
            await viewer.until(partial(has_seen, viewer, run))
            assert_harmless(viewer, what)
        assert viewer.app.is_running


async def test_hostile_names_and_errors_are_shown_copied_and_do_nothing() -> None:
    texts = {what: text for what, text in TEXTS.items() if what != "bidi left open"}
    tests = [a_case(name=f"{what} {text}", status="failed", error=text) for what, text in texts.items()]
    async with watching(a_run(tests=tests), size=(120, 40)) as viewer:
        for what in texts:
            assert_harmless(viewer, what)
            await viewer.press("y")
            assert what in viewer.app.clipboard
            assert "\x1b" not in viewer.app.clipboard, what
            await viewer.press("n")
        assert viewer.app.is_running


async def test_hostile_error_messages_of_the_api_do_nothing() -> None:
    problems = [Faulty(f"The server says: {a_run_of(text).feature_name}") for text in TEXTS.values()]
    async with watching(*problems) as viewer:
        for problem in problems:
            await viewer.until(partial(has_failed_by, viewer, problem))
            await viewer.sees("⚠ The server says:")
            assert not NOT_SHOWN & set(viewer.text.replace("\n", ""))
            viewer.screen.action_refresh()


async def test_good_text_is_shown_as_it_is() -> None:
    texts = [text for text in GOOD.values() if "\n" not in text and len(text) < 50]
    runs = [a_run(tests=[a_case(name=text, status="failed", error=f"E: {text}")], log=None) for text in texts]
    async with watching(*runs) as viewer:
        for text, run in zip(texts, runs, strict=True):
            await viewer.until(partial(has_seen, viewer, run))
            await viewer.press("n")
            await viewer.sees(f"E: {text}")
            await viewer.press("r")
    assert texts


async def test_brackets_in_a_name_are_shown_in_the_table_the_title_and_the_palette() -> None:
    async with watching(a_run(tests=[a_case(name="test_x[param-1]", status="failed", error="x[/]")])) as viewer:
        assert viewer.text.count("test_x[param-1]") == 2
        assert "x[/]" in viewer.text
        await viewer.press("ctrl+p", *"param")
        await viewer.sees("go to this test")
        assert "test_x[param-1]" in viewer.text


async def test_a_name_of_two_thousand_characters_without_a_space() -> None:
    name = "n" * 2000
    async with watching(a_run(tests=[a_case(name=name, status="failed", error="e")]), size=(80, 30)) as viewer:
        assert "nnn…" in viewer.text
        await viewer.press("z")
        assert viewer.app.is_running
