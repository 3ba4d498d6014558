"""The time left in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import a_run
from tvtui.testvibe.models import Run, RunState
from tvtui.view.time_left import (
    short_time_left,
    spoken_time_left,
    spoken_usual_duration,
    time_left,
    usual_duration,
)
from tvtui.watch.events import Snapshot
from tvtui.watch.outlook import Outlook
from tvtui.watch.past import Past, PastRun
from tvtui.watch.time_left import Forecast

RUNNING = a_run(status="running")
QUEUED = a_run(status="running", started_utc=None)


def seen(run: Run, age: float, earliest: float, latest: float, usual: float = 180.0) -> Snapshot:
    """An answer at an age of the run's state, of which this is expected."""
    began = run.created_utc if run.state is RunState.QUEUED else run.started_utc
    assert began is not None
    outlook = Outlook(run.state, earliest, latest, usual)
    return Snapshot(run, 1000.0, began + timedelta(seconds=age), None, is_final=False, outlook=outlook)


@pytest.mark.parametrize(
    ("low", "high", "shown", "spoken", "short"),
    [
        (0, 4, "up to 5 s left", "at most 5 seconds left", "<1m left"),
        (19, 37, "15 – 40 s left", "about 15 to 40 seconds left", "<1m left"),
        (35, 60, "35 s – 1 min left", "about 35 seconds to 1 minute left", "<1m left"),
        (50, 100, "45 s – 1m 45s left", "about 45 seconds to 1 minute 45 seconds left", "<2m left"),
        (0, 110, "up to 2 min left", "at most 2 minutes left", "<2m left"),
        (120, 180, "2 – 3 min left", "about 2 to 3 minutes left", "2–3m left"),
        (130, 190, "2 min – 3m 15s left", "about 2 minutes to 3 minutes 15 seconds left", "2–4m left"),
        (180, 180, "3 min left", "about 3 minutes left", "3m left"),
        (299, 301, "4 – 6 min left", "about 4 to 6 minutes left", "4–6m left"),
        (2400, 3000, "40 – 50 min left", "about 40 to 50 minutes left", "40–50m left"),
        (3000, 4000, "50 min – 1h 07m left", "about 50 minutes to 1 hour 7 minutes left", "50m–1h 07m left"),
        (100, 7000, "1 min – 1h 57m left", "about 1 minute to 1 hour 57 minutes left", "1m–1h 57m left"),
        (0, 7200, "up to 2h 00m left", "at most 2 hours left", "<2h 00m left"),
    ],
)
def test_a_range_is_rounded_outward(low: float, high: float, shown: str, spoken: str, short: str) -> None:
    snapshot = seen(RUNNING, 60, 60 + low, 60 + high)
    assert time_left(snapshot, 1000.0) == shown
    assert spoken_time_left(snapshot, 1000.0) == spoken
    assert short_time_left(snapshot, 1000.0) == short


def test_a_queue_ends_when_the_run_starts() -> None:
    snapshot = seen(QUEUED, 4, 9, 24)
    assert time_left(snapshot, 1000.0) == "starts in 5 – 20 s"
    assert spoken_time_left(snapshot, 1000.0) == "starts in about 5 to 20 seconds"
    assert short_time_left(snapshot, 1000.0) == ""
    soon = seen(QUEUED, 4, 4, 7)
    assert (time_left(soon, 1000.0), spoken_time_left(soon, 1000.0)) == ("starts within 5 s", "starts within 5 seconds")


def test_the_range_counts_down_between_two_answers() -> None:
    snapshot = seen(RUNNING, 60, 180, 240)
    assert [time_left(snapshot, 1000.0 + later) for later in (0, 59, 61, 121, 179)] == [
        "2 – 3 min left",
        "1 min – 2m 15s left",
        "45 s – 2 min left",
        "up to 1 min left",
        "up to 5 s left",
    ]


def test_past_its_latest_end_a_run_takes_longer_than_usual() -> None:
    snapshot = seen(RUNNING, 60, 180, 240)
    assert time_left(snapshot, 1181.0) == "longer than usual (3 min)"
    assert spoken_time_left(snapshot, 1181.0) == "longer than usual, which is 3 minutes"
    assert short_time_left(snapshot, 1181.0) == ""
    assert time_left(seen(QUEUED, 60, 5, 20, usual=8), 1000.0) == "longer than usual (8 s)"


def test_each_answer_after_the_latest_end_says_so_at_once() -> None:
    forecast, runs = Forecast(), tuple(PastRun(213 - place, 100.0, 5.0, 3) for place in range(5))
    for age in (140.0, 142.0, 144.5):
        snapshot = seen(RUNNING, age, 0, 0)
        forecast.update(snapshot, Past(runs))
        assert time_left(replace(snapshot, outlook=forecast.outlook), 1000.0) == "longer than usual (1m 45s)"


def test_a_run_that_is_late_but_not_older_than_usual_is_not_called_slow() -> None:
    assert time_left(seen(RUNNING, 100, 60, 90), 1000.0) == ""
    assert spoken_time_left(seen(RUNNING, 100, 60, 90), 1000.0) == ""


def test_a_run_that_took_long_is_compared_with_the_usual_duration() -> None:
    slow = seen(a_run(), 35, 10, 20, usual=14)
    assert (usual_duration(slow), spoken_usual_duration(slow)) == ("14 s", "14 seconds")
    assert time_left(slow, 1000.0) == ""
    assert usual_duration(seen(a_run(), 35, 10, 35)) == ""
    assert usual_duration(seen(a_run(), 35, 10, 34.2, usual=34)) == "", "not by what the times can be wrong"
    assert slow.outlook is not None
    unsure = replace(slow, outlook=slow.outlook._replace(is_known_well=False))
    assert (usual_duration(unsure), spoken_usual_duration(unsure)) == ("", "")


def test_nothing_is_said_without_a_past_or_about_another_state() -> None:
    of_queue = replace(seen(QUEUED, 4, 9, 24), run=RUNNING)
    for snapshot in (replace(of_queue, outlook=None), of_queue):
        said = [words(snapshot, 1000.0) for words in (time_left, spoken_time_left, short_time_left)]
        assert said == ["", "", ""]
        assert usual_duration(replace(snapshot, run=a_run())) == ""
