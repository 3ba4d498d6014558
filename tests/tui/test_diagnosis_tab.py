"""A user reads the diagnosis of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.app import Viewer, watching
from tests.support.builders import DIAGNOSIS, Diagnoses, a_case, a_run
from tvtui.testvibe.errors import NotFound, Refused, Unreachable, Unreadable
from tvtui.testvibe.models import Run

LOCKED = a_case("Locked out", status="failed", error="trimmed error")
RESET = a_case("Password reset", status="failed", error="another trimmed error")
PASSED = a_case("Signs in")
ENDED = a_run(tests=[LOCKED, RESET, PASSED])
GONE = NotFound("Run 214 was not found in project x.", "Check the number.")


def tabs(viewer: Viewer) -> str:
    return next((line for line in viewer.text.split("\n") if "Error  Log" in line), "")


async def test_the_tab_appears_when_the_run_has_ended_without_passing_and_is_loaded_when_opened() -> None:
    diagnoses = Diagnoses(DIAGNOSIS)
    running = a_run(status="running", tests=[LOCKED])
    async with watching(running, ENDED, diagnose=diagnoses) as viewer:
        assert "Diagnosis" not in viewer.text
        await viewer.press("i")
        assert viewer.screen.detail.tabs.active == "error-tab"
        await viewer.wait(2)
        await viewer.until(lambda: "Diagnosis" in tabs(viewer))
        assert diagnoses.requests == 0
        await viewer.press("i")
        await viewer.sees("the whole error")
        await viewer.press("i", "i")
        await viewer.sees("the whole error")
        assert diagnoses.requests == 1


async def test_there_is_no_tab_for_a_run_that_passed_or_a_server_without_diagnoses() -> None:
    async with watching(a_run(status="passed"), diagnose=Diagnoses(DIAGNOSIS)) as viewer:
        await viewer.press("i")
        assert "Diagnosis" not in viewer.text
        assert "diagnosis" not in viewer.text
    async with watching(ENDED) as viewer:
        await viewer.press("i")
        assert "iagnosis" not in viewer.text


async def test_the_diagnosis_goes_from_what_the_selected_test_needs_to_undocumented_fields() -> None:
    async with watching(ENDED, size=(120, 60), diagnose=Diagnoses(DIAGNOSIS)) as viewer:
        await viewer.press("i")
        await viewer.sees("nobody knows")
        order = [
            "Scenario  Error  Gherkin  login.spec.ts  …",
            "━━ Scenario",
            "Scenario: Locked out  ✗ failed",
            "✗ Login > Locked out · selected test",
            "the whole error",
            "━━ Gherkin",
            "Scenario: Signs in",
            "━━ Spec · tests/login.spec.ts",
            "test('Locked out', async ({ page }) => {  ✗ failed",
            "✗ Login > Password reset",
            "━━ Log · logTail",
            "last words",
            "━━ oddity",
            "https://store.example/r.html?…",
        ]
        places = [viewer.text.index(text) for text in order]
        assert places == sorted(places)
        assert "SECRET" not in viewer.text
        await viewer.press("n")
        await viewer.sees("✗ Login > Password reset · selected test")
        assert viewer.text.index("the whole reset") < viewer.text.index("the whole error")
        assert "━━ Scenario" not in viewer.text


async def test_an_error_that_is_no_fuller_is_not_repeated_and_can_still_be_copied() -> None:
    same = {
        "name": "Login > Locked out",
        "status": "failed",
        "error": "\x1b[31mtrimmed\x1b[39m error\n",
        "stack": "at a:1",
    }
    async with watching(ENDED, diagnose=Diagnoses({**DIAGNOSIS, "failures": [same]})) as viewer:
        await viewer.press("i")
        await viewer.sees("Same as in Error.")
        assert "trimmed error" not in viewer.text
        assert "at a:1" in viewer.text
        await viewer.press("right_square_bracket", "y")
        assert (
            viewer.app.clipboard
            == "Login > Locked out: failed\n\ntrimmed error\n\nLogin > Locked out: stack\n\nat a:1\n"
        )


async def test_a_failure_that_cannot_be_matched_by_name_is_explained() -> None:
    twice = [{**failure, "name": f"{suite} > Locked out"} for suite in "ab" for failure in DIAGNOSIS["failures"][1:]]
    async with watching(ENDED, diagnose=Diagnoses({**DIAGNOSIS, "failures": twice})) as viewer:
        await viewer.press("i")
        await viewer.sees("No failure could be matched to the selected test.")
        assert "selected test ·" not in viewer.text
        await viewer.press("end", "tab", "tab", "end")
        await viewer.until(lambda: "No failure could be" not in viewer.text)


async def test_other_tabs_can_be_read_while_the_diagnosis_is_loading() -> None:
    diagnoses = Diagnoses(DIAGNOSIS)
    diagnoses.released.clear()
    async with watching(ENDED, diagnose=diagnoses) as viewer:
        await viewer.press("i")
        await viewer.sees("Loading the diagnosis …")
        await viewer.press("l", "i")
        await viewer.sees("Loading the diagnosis")
        diagnoses.released.set()
        await viewer.sees("the whole error")
        assert diagnoses.requests == 1


async def test_the_tab_vanishes_for_a_server_without_diagnoses_which_is_not_asked_again() -> None:
    diagnoses = Diagnoses(GONE)
    async with watching(ENDED, diagnose=diagnoses) as viewer:
        await viewer.press("i")
        await viewer.until(lambda: diagnoses.requests and "Diagnosis" not in tabs(viewer))
        await viewer.sees("trimmed error")
        assert viewer.app.focused is viewer.screen.detail.error_view
        await viewer.wait(30)
        await viewer.press("r", "i", "l", "i")
        await viewer.until(lambda: viewer.server.asked > 2)
        assert "iagnosis" not in viewer.text
        assert diagnoses.requests == 1


async def test_a_missing_run_is_not_taken_for_a_server_without_diagnoses() -> None:
    async with watching(ENDED, GONE, diagnose=Diagnoses(GONE)) as viewer:
        await viewer.press("i")
        await viewer.sees("Run 214 was not found")
        assert "Diagnosis" in tabs(viewer)


@pytest.mark.parametrize(
    "error",
    [
        Refused("The key was refused.", "Set another one."),
        Unreachable("The server did not respond within 10 s."),
        Unreadable("The server returned a web page."),
    ],
)
async def test_a_failed_request_is_explained_and_retried_when_the_tab_is_opened_again(error: Exception) -> None:
    diagnoses = Diagnoses(error, error, DIAGNOSIS)
    async with watching(ENDED, diagnose=diagnoses) as viewer:
        await viewer.press("i")
        await viewer.sees(str(error).split(".")[0])
        assert "Press r or reopen this tab to retry." in viewer.text
        assert "trimmed error" not in viewer.text
        await viewer.press("l")
        await viewer.press("i")
        await viewer.until(lambda: diagnoses.requests == 2)
        await viewer.press("r")
        await viewer.sees("the whole error")
        assert diagnoses.requests == 3
        assert "✗ FAILED" in viewer.text


async def test_a_run_that_is_watched_again_gets_a_new_diagnosis_when_the_tab_is_opened() -> None:
    diagnoses = Diagnoses(DIAGNOSIS, {**DIAGNOSIS, "failures": [{"name": "Locked out", "error": "other by now"}]})
    async with watching(ENDED, diagnose=diagnoses) as viewer:
        await viewer.press("i")
        await viewer.sees("the whole error")
        await viewer.wait(30)
        await viewer.press("l", "r")
        await viewer.wait(1)
        assert diagnoses.requests == 1
        await viewer.press("i")
        await viewer.sees("other by now")
        assert diagnoses.requests == 2


async def test_the_tab_vanishes_when_the_run_continues_after_all() -> None:
    async with watching(ENDED, diagnose=Diagnoses(DIAGNOSIS)) as viewer:
        await viewer.press("i")
        await viewer.sees("the whole error")
        snapshot = viewer.screen.watched.snapshot
        assert snapshot is not None
        viewer.screen.watched.apply(replace(snapshot, run=a_run(status="running", tests=[LOCKED])))
        await viewer.until(lambda: "Diagnosis" not in tabs(viewer))


async def test_the_diagnosis_can_be_searched_and_stepped_through_by_section() -> None:
    async with watching(ENDED, size=(120, 24), diagnose=Diagnoses(DIAGNOSIS)) as viewer:
        await viewer.press("i")
        await viewer.sees("the whole error")
        assert "[ previous  ] next section" in viewer.text
        await viewer.press("right_square_bracket")
        await viewer.until(lambda: "━━ Scenario" not in viewer.text)
        assert "the whole error" in viewer.text
        await viewer.press("right_square_bracket")
        await viewer.until(lambda: "the whole error" not in viewer.text)
        await viewer.press("right_square_bracket")
        await viewer.sees("Scenario: Locked out  ✗ failed")
        assert "Scenario: Signs in" not in viewer.text
        await viewer.press("left_square_bracket")
        await viewer.sees("Scenario: Signs in")
        await viewer.press("slash", *"scenario", "enter", "n")
        await viewer.sees("4 of 4")
        await viewer.press("escape", "n")
        await viewer.sees("failure 2 of 2")


def current(viewer: Viewer) -> str:
    pane = viewer.screen.detail.diagnosis_pane
    return pane.titles[pane.current]


async def test_every_section_can_be_gone_to_although_the_text_ends_below_it() -> None:
    async with watching(ENDED, size=(120, 30), diagnose=Diagnoses(DIAGNOSIS)) as viewer:
        await viewer.press("i")
        await viewer.sees("the whole error")
        seen = [current(viewer)]
        for _ in range(12):
            await viewer.press("right_square_bracket")
            seen.append(current(viewer))
        sections = [
            "Scenario",
            "Error",
            "Gherkin",
            "login.spec.ts",
            "Password reset",
            "Log",
            "oddity",
            "report",
        ]
        assert list(dict.fromkeys(seen)) == sections
        await viewer.press("y")
        assert viewer.app.clipboard == "https://store.example/r.html?…\n"
        await viewer.press("left_square_bracket", "y")
        assert viewer.app.clipboard == "nobody knows\n"
        assert ": section oddity" in viewer.toasts


async def test_keys_in_one_go_step_through_the_sections_one_by_one() -> None:
    async with watching(ENDED, size=(120, 24), diagnose=Diagnoses(DIAGNOSIS)) as viewer:
        await viewer.press("i")
        await viewer.sees("the whole error")
        await viewer.burst("right_square_bracket", "right_square_bracket", "y")
        await viewer.until(lambda: viewer.app.clipboard.startswith("@auth\nFeature: Login\n"))


async def test_a_click_on_a_section_goes_to_it_and_scrolling_marks_the_one_at_the_top() -> None:
    async with watching(ENDED, size=(120, 20), diagnose=Diagnoses(DIAGNOSIS)) as viewer:
        await viewer.press("i")
        await viewer.sees("the whole error")
        bar = viewer.screen.detail.diagnosis_pane.section_bar
        await viewer.pilot.click(bar, offset=("Scenario  Error  G".index("G"), 0))
        await viewer.until(lambda: current(viewer) == "Gherkin" and "the whole error" not in viewer.text)
        await viewer.press("up", "up")
        await viewer.until(lambda: current(viewer) == "Error")
        await viewer.press("home")
        await viewer.until(lambda: current(viewer) == "Scenario")


async def test_y_copies_the_section_at_the_top_and_capital_y_everything() -> None:
    async with watching(ENDED, size=(120, 24), diagnose=Diagnoses(DIAGNOSIS)) as viewer:
        await viewer.press("i")
        await viewer.sees("the whole error")
        await viewer.press("y")
        assert viewer.app.clipboard == 'Scenario: Locked out\n  Given a user "who is locked out"\n'
        assert ": Scenario of Locked out" in viewer.toasts
        await viewer.press("right_square_bracket", "y")
        assert viewer.app.clipboard == "Login > Locked out: failed\n\nthe whole error\nof the lock\n"
        await viewer.press("Y")
        copied = viewer.app.clipboard
        scenario = "### Scenario\n\n```gherkin\nScenario: Locked out\n"
        order = [scenario, "the whole error", "```gherkin\n@auth", "the whole reset", "last words"]
        places = [copied.index(text) for text in order]
        assert places == sorted(places)
        assert "\x1b" not in copied
        assert "SECRET" not in copied
        await viewer.press("i", "y")
        assert "trimmed error" in viewer.app.clipboard


async def test_hostile_text_is_neither_executed_nor_taken_for_markup() -> None:
    evil = "[/] [red]x[/red] \x1b]0;t\x07\x1b[2J\u202e"
    hostile = {
        "failures": [{"name": evil, "status": evil, "error": evil, evil: evil}],
        "gherkin": f"Feature: {evil}\n  Scenario: {evil}\n    Given {evil}",
        "specs": {"a.ts": f"{evil}\n`{evil}\n"},
        evil: evil,
        "logTail": evil,
    }
    async with watching(ENDED, size=(100, 70), diagnose=Diagnoses(hostile)) as viewer:
        await viewer.press("i", "z")
        await viewer.sees("━━ Log")
        assert viewer.text.count("[/] [red]x[/red]") > 8
        assert not any(char in viewer.text for char in "\x1b\x07\u202e")


async def test_of_many_failures_some_are_shown_and_the_others_counted() -> None:
    failures = [{"name": f"S > t{number}", "status": "failed", "error": "no"} for number in range(500)]
    many: Run = a_run(tests=[a_case("t499", status="failed"), LOCKED])
    async with watching(many, diagnose=Diagnoses({"failures": failures})) as viewer:
        await viewer.press("i")
        await viewer.sees("✗ S > t499 · selected test")
        await viewer.press("end")
        await viewer.sees("… 469 more failures; select a test to see its failure")


async def test_an_empty_diagnosis_is_called_so() -> None:
    async with watching(ENDED, diagnose=Diagnoses({})) as viewer:
        await viewer.press("i")
        await viewer.sees("The diagnosis is empty")


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 20), (40, 12), (20, 5)], ids=str)
async def test_the_diagnosis_is_legible_at_every_size(size: tuple[int, int]) -> None:
    async with watching(ENDED, size=size, diagnose=Diagnoses(DIAGNOSIS)) as viewer:
        await viewer.press("i")
        await viewer.sees("━━ Scenario")
        await viewer.press("w", "end")
        await viewer.sees("https://store")
        lines = viewer.text.split("\n")
        assert all(len(line) <= size[0] for line in lines)
        await viewer.pilot.resize_terminal(120, 36)
        await viewer.pilot.resize_terminal(*size)
        await viewer.press("i", "escape")
        assert viewer.app.is_running


async def test_a_flaky_test_has_its_scenario_and_a_skipped_one_only_what_the_run_has() -> None:
    flaky, skipped = a_case("Locked out", status="flaky"), a_case("Signs in", status="skipped")
    async with watching(a_run(tests=[flaky, skipped, RESET]), size=(120, 60), diagnose=Diagnoses(DIAGNOSIS)) as viewer:
        viewer.screen.select(("Locked out", 0))
        await viewer.press("i")
        await viewer.sees("✗ Login > Locked out · selected test")
        assert "━━ Scenario" in viewer.text
        viewer.screen.select(("Signs in", 0))
        await viewer.until(lambda: "selected test" not in viewer.text)
        assert "━━ Scenario" not in viewer.text
