"""What the run screen shows of a run, as a function of the run and of what the user asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import CREATED, a_case, a_run, an_artifact
from tvtui.artifacts.catalog import Catalog
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.models import Artifact, Outcome, Run
from tvtui.tui.screens.run_state import RunQuery, RunView, derive, obstacle, total_size
from tvtui.view.cases import Sort
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot, until_tick
from tvtui.watch.watched_run import WatchedRun

VALID = a_case("Valid user signs in")
WRONG = a_case("Invalid password is rejected", status="failed")
LOCKED = a_case("Locked-out user sees an error", status="failed")
SKIPPED = a_case("Password can be reset", status="skipped")
TESTS = [VALID, WRONG, SKIPPED, LOCKED]
TRACE, PICTURE = an_artifact("trace/locked-out-user.zip"), an_artifact("screenshots/checkout.png", kind="screenshot")
LOST = Unreachable("The server refused the connection.")
BY_HAND = RunQuery(is_selected_by_hand=True)


async def nothing(_controls: Controls) -> AsyncIterator[Snapshot | Problem]:
    return
    yield


class Screen:
    """A run, and the view of it that follows from each query."""

    def __init__(self, run: Run | None = None, *, problem: Problem | None = None) -> None:
        self.watched = WatchedRun(214, nothing)
        self.catalog = Catalog()
        self.view = RunView()
        self.keys: dict[str, str] = {}
        if run is not None:
            self.answers(run)
        if problem is not None:
            self.watched.apply(problem)

    def answers(self, run: Run) -> None:
        self.watched.apply(Snapshot(run, 1000.0, CREATED + timedelta(minutes=5), None, run.has_ended))

    def shows(self, query: RunQuery | None = None, *, now: float = 1000.0, **asked: Any) -> RunView:
        run = self.watched.run
        self.catalog.take(run.artifacts if run else (), self.watched.rows)
        query = (query or self.view.query)._replace(**asked)
        self.view = derive(
            self.watched, self.catalog, query, now=now, key=lambda name: self.keys.get(name, "esc"), before=self.view
        )
        return self.view


def a_problem() -> Problem:
    return Problem(LOST, since=1000.0, failures=1, next_at=1002.0)


def names(view: RunView) -> list[str]:
    return [row.case.name for row in view.table.rows]


def paths(view: RunView) -> list[str]:
    return [row.artifact.path for row in view.artifact_rows]


def test_without_an_answer_the_table_says_that_it_is_waiting() -> None:
    assert Screen().shows().message == ("Waiting for the first answer",)
    assert Screen(problem=a_problem()).shows().message == ("No data yet", "retrying automatically")


def test_the_first_failure_is_selected_until_the_user_selects() -> None:
    screen = Screen(a_run(tests=[VALID]))
    assert screen.shows().query.selected == (VALID.name, 0)
    screen.answers(a_run(tests=TESTS))
    assert screen.shows().query.selected == (WRONG.name, 0)
    screen.answers(a_run(tests=[LOCKED, *TESTS]))
    assert screen.shows().query.selected == (LOCKED.name, 0)
    assert screen.shows(is_selected_by_hand=True).query.selected == (LOCKED.name, 0)
    screen.answers(a_run(tests=[WRONG, LOCKED]))
    assert screen.shows().query.selected == (LOCKED.name, 0)


def test_a_user_who_has_not_selected_any_test_gets_the_first_one() -> None:
    assert Screen(a_run(tests=TESTS)).shows(BY_HAND).query.selected == (WRONG.name, 0)
    assert Screen(a_run(tests=[])).shows(BY_HAND).query.selected is None


def selected(view: RunView) -> str | None:
    return view.query.selected[0] if view.query.selected else None


def test_a_filter_selects_the_first_match_and_gives_the_selection_back() -> None:
    screen = Screen(a_run(tests=TESTS))
    screen.shows(BY_HAND._replace(selected=(LOCKED.name, 0)))
    view = screen.shows(words="valid")
    assert names(view) == [WRONG.name, VALID.name]
    assert (view.row, view.place) == (screen.watched.rows[1], "failure 1 of 1")
    assert selected(screen.shows(words="valid u")) == VALID.name
    assert selected(screen.shows(words="valid")) == VALID.name, "it still matches"
    assert selected(screen.shows(words="")) == LOCKED.name
    assert selected(screen.shows(only=Outcome.PASSED)) == VALID.name
    assert selected(screen.shows(only=None)) == LOCKED.name
    assert selected(screen.shows(words="locked")) == LOCKED.name


def test_a_filter_that_nothing_matches_selects_nothing() -> None:
    screen = Screen(a_run(tests=TESTS))
    screen.shows(BY_HAND._replace(selected=(LOCKED.name, 0)))
    view = screen.shows(words="nothing like it")
    assert (view.query.selected, view.row) == (None, None)
    assert obstacle("copy", view, has_evidence=False, others_failed=False) == "Nothing to copy: no test is selected."
    screen.answers(a_run(tests=[*TESTS, a_case("nothing like it")]))
    assert selected(screen.shows()) == "nothing like it"
    assert selected(screen.shows(words="")) == LOCKED.name


def test_a_test_that_was_chosen_under_a_filter_stays_selected_without_it() -> None:
    screen = Screen(a_run(tests=TESTS))
    screen.shows(BY_HAND._replace(selected=(LOCKED.name, 0)))
    screen.shows(words="valid")
    screen.shows(selected=(VALID.name, 0), returns_to=None)
    assert selected(screen.shows(words="")) == VALID.name


def test_answers_move_no_selection_of_the_user() -> None:
    screen = Screen(a_run(tests=TESTS))
    screen.shows(BY_HAND._replace(selected=(LOCKED.name, 0)))
    screen.shows(words="valid")
    screen.answers(a_run(tests=[a_case("Valid is broken", status="failed"), *TESTS]))
    assert selected(screen.shows()) == WRONG.name, "it is no longer the first match"
    screen.shows(words="s:failed")
    screen.answers(a_run(tests=[VALID, a_case(WRONG.name), SKIPPED, a_case(LOCKED.name)]))
    assert selected(screen.shows()) == LOCKED.name, "the filter did not hide it, the answer did"
    screen.shows(words="")
    screen.answers(a_run(tests=[VALID]))
    view = screen.shows()
    assert (view.query.selected, view.row) == ((LOCKED.name, 0), None)


def test_a_filter_before_the_first_choice_leaves_the_first_failure_to_be_found_again() -> None:
    screen = Screen(a_run(tests=TESTS))
    screen.shows()
    assert selected(screen.shows(words="user")) == LOCKED.name
    assert selected(screen.shows(words="reset")) == SKIPPED.name
    assert selected(screen.shows(words="")) == WRONG.name
    screen.answers(a_run(tests=[LOCKED, *TESTS]))
    assert selected(screen.shows()) == LOCKED.name


def test_sorting_by_duration_selects_the_slowest_and_sorting_on_gives_the_selection_back() -> None:
    slow = a_case("Reports are made", duration_ms=60_000)
    screen = Screen(a_run(tests=[*TESTS, slow]))
    screen.shows(BY_HAND._replace(selected=(LOCKED.name, 0)))
    assert selected(screen.shows(sort=Sort.DURATION)) == slow.name
    assert selected(screen.shows(sort=Sort.NAME)) == LOCKED.name
    screen = Screen(a_run(tests=[*TESTS, slow]))
    assert selected(screen.shows(sort=Sort.DURATION)) == slow.name
    assert selected(screen.shows(sort=Sort.NAME)) == WRONG.name


def test_a_wrapped_step_is_told_beside_the_place() -> None:
    screen = Screen(a_run(tests=TESTS))
    assert screen.shows(is_wrapped=True).place == "failure 1 of 2 · wrapped"
    assert screen.shows(is_wrapped=False).place == "failure 1 of 2"


def test_filter_outcome_and_order_are_named_in_the_title() -> None:
    screen = Screen(a_run(tests=TESTS))
    assert screen.shows().titles[0] == "Tests"
    view = screen.shows(words="user !valid", only=Outcome.FAILED, sort=Sort.RUN_ORDER)
    assert view.titles[0] == "Tests · in run order · failed only · 1 of 4"
    assert (names(view), view.table.words, view.table.found) == ([LOCKED.name], ("user",), "1 of 4")


def test_an_empty_table_names_the_key_that_shows_all_tests() -> None:
    screen = Screen(a_run(tests=TESTS))
    screen.keys["pane.back"] = "f8"
    assert screen.shows(words="nothing like it").message == ("No matching tests", "f8 shows all tests")
    assert screen.shows(words="").message == ()


def test_times_stand_still_while_contact_is_lost() -> None:
    screen = Screen(a_run(status="running", tests=[]))
    assert screen.shows(now=1010.0).message[0] == "Running for 5m 02s"
    screen.watched.apply(a_problem())
    assert screen.shows(now=1010.0).message[0] == "Running for 4m 52s"


def test_an_unchanged_table_is_the_same_object() -> None:
    screen = Screen(a_run(tests=TESTS))
    table = screen.shows().table
    screen.answers(replace(a_run(tests=TESTS), tests=screen.watched.run.tests if screen.watched.run else ()))
    assert screen.shows(now=1002.0, selected=(SKIPPED.name, 0), is_selected_by_hand=True).table is table
    assert screen.shows(only=Outcome.FAILED).table is not table


def test_the_artifacts_of_the_selected_test_come_first_and_are_selected_with_it() -> None:
    screen = Screen(a_run(tests=TESTS, artifacts=[PICTURE, TRACE]))
    view = screen.shows()
    assert (view.query.artifact, view.titles[1]) == ((PICTURE.path, 0), "Artifacts · 2 · 941 KiB")
    view = screen.shows(selected=(LOCKED.name, 0), is_selected_by_hand=True)
    assert paths(view) == [TRACE.path, PICTURE.path]
    assert view.query.artifact == (TRACE.path, 0)
    assert view.titles[1] == "Artifacts · 2 · 941 KiB · ≈ probably this test's"
    assert screen.shows(artifact=(PICTURE.path, 0)).query.artifact == (PICTURE.path, 0)
    assert screen.shows(selected=(SKIPPED.name, 0)).query.artifact == (PICTURE.path, 0)
    screen.answers(a_run(tests=TESTS, artifacts=[TRACE]))
    assert screen.shows().query.artifact == (TRACE.path, 0)


def test_the_filter_of_the_artifacts_counts_and_says_that_it_knows_no_status() -> None:
    screen = Screen(a_run(tests=TESTS, artifacts=[PICTURE, TRACE]))
    view = screen.shows(artifact_words="png")
    assert (paths(view), view.artifacts_found) == ([PICTURE.path], "1 of 2")
    view = screen.shows(artifact_words="s:failed")
    assert (paths(view), view.artifacts_found) == ([PICTURE.path, TRACE.path], "2 of 2 · s: is only for tests")
    assert screen.shows(artifact_words="").artifacts_found == ""


def test_a_note_on_the_selected_artifacts_download_is_shown_below_the_list() -> None:
    screen = Screen(a_run(tests=[VALID], artifacts=[TRACE, PICTURE]))
    screen.catalog.note((PICTURE.path, 0), Transfer(Stage.FAILED, note="The link has expired."))
    assert screen.shows().titles[2] == ""
    assert screen.shows(artifact=(PICTURE.path, 0)).titles[2] == "The link has expired."


def test_missing_artifacts_and_a_missing_trace_are_explained() -> None:
    screen = Screen(a_run(status="running"))
    assert screen.shows().artifacts_note == ("None yet",)
    screen.answers(a_run(status="passed", artifacts=[]))
    assert screen.shows().artifacts_note == ("None were uploaded",)
    screen.answers(a_run(tests=TESTS, artifacts=[PICTURE]))
    assert screen.shows().artifacts_note[0] == "No trace in this run. Possible reasons:"
    screen.answers(a_run(tests=TESTS, artifacts=[TRACE]))
    assert screen.shows().artifacts_note[0] == "No trace found for this test. Possible reasons:"
    assert screen.shows(BY_HAND._replace(selected=(LOCKED.name, 0))).artifacts_note == ()
    assert screen.shows(selected=(VALID.name, 0)).artifacts_note == ()
    screen.answers(a_run(tests=[a_case("Skipped", status="skipped")], artifacts=[TRACE]))
    assert screen.shows(selected=("Skipped", 0)).artifacts_note == (), "a skipped test has no trace to miss"


@pytest.mark.parametrize(
    ("run", "opens"),
    [
        (a_run(tests=[], log="boom"), True),
        (replace(a_run(tests=[], log="boom"), vanished=3), False),
        (a_run(tests=[], log=None), False),
        (a_run(status="running", log="boom"), False),
        (a_run(tests=TESTS, log="boom"), False),
    ],
)
def test_the_log_opens_unasked_when_there_is_nothing_else_to_read(run: Run, opens: bool) -> None:
    assert Screen(run).shows().opens_log is opens


@pytest.mark.parametrize(
    ("run", "may_be"), [(a_run(), True), (a_run(status="passed"), False), (a_run(status="running"), False)]
)
def test_a_run_that_has_ended_and_did_not_pass_may_be_diagnosed(run: Run, may_be: bool) -> None:
    assert Screen(run).shows().may_be_diagnosed is may_be


def test_times_tick_by_the_minute_when_the_run_is_over_and_by_the_second_otherwise() -> None:
    screen = Screen(a_run(finished_utc=CREATED + timedelta(minutes=4, seconds=50)))
    assert screen.shows().is_over
    assert until_tick(screen.watched.snapshot, 1000.25) == 49.75
    screen.watched.apply(a_problem())
    assert not screen.shows().is_over
    assert until_tick(None, 1000.25) == 0.75


EMPTY = a_run(status="running", feature_id=None, feature_name=None)


@pytest.mark.parametrize(
    ("action", "run", "why"),
    [
        ("step_failure", a_run(), ""),
        ("step_failure", a_run(status="passed"), "No failures."),
        ("step_failure", a_run(status="running", tests=[]), "No failures so far."),
        ("cycle_sort", a_run(), ""),
        ("cycle_sort", EMPTY, "No tests so far."),
        ("toggle_failed", None, "No tests so far."),
        ("download", a_run(), ""),
        ("download_all", a_run(), ""),
        ("download_all", EMPTY, "No artifacts so far."),
        ("open", None, "No artifacts so far."),
        ("run_again", a_run(feature_name=None), ""),
        ("run_again", a_run(feature_id=None), ""),
        ("run_again", EMPTY, "The server does not say which feature this is a run of."),
        ("run_again", None, "No response from the server yet."),
        ("edit", EMPTY, ""),
        ("edit", None, "No response from the server yet."),
        ("copy", a_run(), "Nothing to copy: no test is selected."),
        ("pause", a_run(), "The watch has ended; there is nothing to pause."),
        ("zoom", None, ""),
    ],
)
def test_an_action_that_can_do_nothing_says_why(action: str, run: Run | None, why: str) -> None:
    assert obstacle(action, Screen(run).shows(), has_evidence=False, others_failed=False) == why


def test_a_filter_that_hides_everything_is_named() -> None:
    view = Screen(a_run()).shows(words="nowhere", artifact_words="nowhere")
    assert "filter hides the failures" in obstacle("step_failure", view, has_evidence=True, others_failed=False)
    assert "filter hides the artifacts" in obstacle("open", view, has_evidence=True, others_failed=False)


def test_failures_of_other_runs_and_evidence_elsewhere_enable_an_action() -> None:
    view = Screen(a_run(status="passed")).shows()
    assert not obstacle("step_failure", view, has_evidence=False, others_failed=True)
    assert not obstacle("copy_markdown", view, has_evidence=True, others_failed=False)


@pytest.mark.parametrize(
    ("artifacts", "total"),
    [
        ((), ""),
        ((TRACE,), "1 · 470 KiB"),
        ((TRACE, an_artifact("videos/a.webm", size=None)), "2 · ≥ 470 KiB"),
    ],
)
def test_a_total_is_marked_when_sizes_are_missing(artifacts: tuple[Artifact, ...], total: str) -> None:
    assert total_size(artifacts) == total


def test_the_trace_of_the_selected_test_is_summed_up_with_the_key_that_opens_it() -> None:
    screen = Screen(a_run(tests=[LOCKED, WRONG], artifacts=[TRACE]))
    screen.keys = {"artifact.open": "f5"}
    own = (LOCKED.name, 0)
    screen.catalog.note((TRACE.path, 0), Transfer(Stage.DONE, path=Path("x.zip")))
    assert screen.shows(BY_HAND, selected=own).titles[-1] == ""
    screen.catalog.summaries[TRACE.path, 0] = "step 5 of 9: Click"
    assert screen.shows(BY_HAND, selected=own).titles[-1] == "f5: step 5 of 9: Click"
    assert screen.shows(BY_HAND, selected=(WRONG.name, 0)).titles[-1] == ""
    screen.catalog.note((TRACE.path, 0), Transfer(Stage.FAILED))
    assert screen.shows(BY_HAND, selected=own).titles[-1] == ""
