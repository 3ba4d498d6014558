"""The run of a recording at any moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import CREATED, a_case, a_run, an_artifact
from tests.support.recordings import Seen, a_recording, demo_recording, recorded_by_a_watch
from tvtui.journal.recording import CaseChange, Change, Recording, decode, encode
from tvtui.journal.timeline import Outage, Timeline
from tvtui.testvibe.models import Case, Run

ENDED = a_run()
DOWN = ("Cannot reach the server.", "Check your network.")


@st.composite
def watches(draw: st.DrawFn) -> list[tuple[float, Seen]]:
    """What a watch saw of a run: tests end in any order, requests fail, the end comes with log and artifacts."""
    words = draw(st.lists(st.sampled_from(["passed", "failed", "flaky", "skipped", "odd"]), max_size=6))
    cases = [a_case(f"test {number}", status=word) for number, word in enumerate(words)]
    artifacts = [an_artifact(f"trace/{number}.zip") for number in range(draw(st.integers(0, 3)))]
    status = draw(st.sampled_from(["passed", "failed", "cancelled", "odd"]))
    polls = draw(st.integers(1, 8))
    gaps = draw(st.lists(st.sampled_from([0.5, 2.0, 61.0]), min_size=polls, max_size=polls))
    starts = draw(st.integers(0, polls - 1))
    ends = draw(st.integers(0, polls - 1))
    first = [draw(st.integers(0, polls - 1)) for _ in cases]
    rest = [place + draw(st.integers(0, 2)) for place in first]
    seen: list[tuple[float, Seen]] = []
    at = 0.0
    for poll in range(polls):
        at += gaps[poll]
        if seen and poll < polls - 1 and draw(st.booleans()):
            seen.append((at, DOWN))
            continue
        is_over = poll >= ends or poll == polls - 1
        listed = [_at(case, poll, rest[place]) for place, case in enumerate(cases) if is_over or poll >= first[place]]
        is_started = is_over or poll >= starts
        run = a_run(
            status=status if is_over else "running",
            started_utc=CREATED + timedelta(seconds=1) if is_started else None,
            finished_utc=CREATED + timedelta(seconds=sum(gaps[: max(1, ends)])) if is_over else None,
            tests=cases if is_over else listed,
            artifacts=artifacts if is_over else [],
            log="a log" if is_over else None,
        )
        seen.append((at, run))
    return seen


def _at(case: Case, poll: int, ends: int) -> Case:
    return case if poll >= ends else Case(case.name, "running")


@pytest.mark.parametrize("record", [a_recording, recorded_by_a_watch])
@settings(deadline=None)
@given(seen=watches(), data=st.data())
def test_the_run_at_each_moment_is_the_one_that_was_seen(
    record: Callable[..., Recording], seen: list[tuple[float, Seen]], data: st.DataObject
) -> None:
    recording = decode(encode(record(*seen)))
    timeline = Timeline(recording)
    known: list[tuple[float, Run, bool]] = []
    for at, what in seen:
        is_down = not isinstance(what, Run)
        known.append((at, known[-1][1] if not isinstance(what, Run) else what, is_down))
    # in any order, as users go back and on
    for at, run, is_down in data.draw(st.permutations(known)):
        shown = timeline.run_at(at)
        assert shown == run
        assert (timeline.outage_at(at) is not None) is is_down
        assert Timeline(recording).run_at(at + 0.1) == shown


def test_the_end_is_the_last_digest_itself() -> None:
    recording = demo_recording()

    assert Timeline(recording).run_at(1e6) is recording.run
    assert Timeline(replace(recording, changes=())).run_at(0) is recording.run


def test_nothing_is_made_anew_while_nothing_changes() -> None:
    timeline = Timeline(demo_recording())

    assert timeline.run_at(12.0) is timeline.run_at(12.9)
    queued, started = timeline.run_at(0), timeline.run_at(4)
    assert queued is not started
    assert queued.tests is not timeline.run_at(12).tests


def test_moments_and_failures_can_be_stepped_through() -> None:
    timeline = Timeline(demo_recording())

    assert (timeline.begins, timeline.ends) == (timeline.moments[0], timeline.moments[-1])
    assert timeline.moment_before(timeline.begins) is None
    assert timeline.moment_after(timeline.ends) is None
    assert timeline.moment_after(timeline.begins) == timeline.moments[1]
    assert timeline.moment_before(timeline.moments[1]) == timeline.begins
    names = []
    at = timeline.begins
    while (failure := timeline.failure_after(at)) is not None:
        at = failure.at
        names.append(timeline.last.tests[failure.place].name)
    assert names[0] == "Locked-out user sees an error"
    first = timeline.failure_after(timeline.begins)
    assert first is not None
    assert timeline.failure_before(first.at) is None
    assert timeline.failure_before(first.at + 0.1) == first


def test_two_failures_at_once_are_one_step() -> None:
    tests = [a_case(name, status="failed") for name in ("one", "two", "three")]
    runs = [a_run(status="running", tests=tests[:count]) for count in (0, 2)]
    timeline = Timeline(a_recording((1, runs[0]), (2, runs[1]), (3, a_run(tests=tests))))

    assert timeline.failure_before(3.5) == (3.0, 2)
    assert timeline.failure_before(3.0) == (2.0, 0)


def test_an_outage_lasts_until_the_next_answer() -> None:
    running = a_run(status="running")
    other = ("HTTP 503.", "")
    timeline = Timeline(a_recording((1, running), (4, DOWN), (6, other), (9, running), (12, ENDED)))

    assert [timeline.outage_at(at) for at in (3, 5, 6, 9)] == [None, Outage(4, *DOWN), Outage(4, *other), None]
    assert timeline.run_at(6) == running


@pytest.mark.parametrize("status", ["quarantined", "odd"])
def test_a_run_with_an_unknown_word_ends_when_its_time_has_come(status: str) -> None:
    ended = a_run(status=status, finished_utc=CREATED + timedelta(seconds=30))
    going_on = replace(ended, finished_utc=None)
    timeline = Timeline(a_recording((2, going_on), (20, going_on), (29.5, ended), (31, replace(ended, artifacts=()))))

    assert [timeline.run_at(at).has_ended for at in (2, 20, 29.5)] == [False, False, True]


def test_a_foreign_recording_does_no_harm() -> None:
    recording = a_recording((1, a_run(status="running")), (2, ENDED))
    odd = (
        Change(float("nan"), status="failed"),
        Change(-1.0, status="failed"),
        Change(1e300, status="failed"),
        Change(0.5, status="\x1b[2Jrunning", counts=(-1, None, 2, 10**30)),
        Change(0.7, tests=(CaseChange(-1, "failed", 1.0), CaseChange(99, "failed", 1.0)), artifacts=-5),
        Change(0.6, tests=(CaseChange(0, "\x1b]0;x\x07failed", -3.0),), problem=("\x1b[2J", "\x07")),
    )
    timeline = Timeline(replace(recording, changes=(*odd, *recording.changes)))

    run = timeline.run_at(0.7)
    assert timeline.moments == (0.5, 0.7, 1.0, 2.0)
    assert "\x1b" not in f"{run.status}{run.tests[0].status}"
    assert (run.tests[0].duration_ms, run.artifacts) == (None, ())
    assert timeline.outage_at(0.7) == Outage(0.7, "A request failed.", "")


_texts = st.text(max_size=5)
_changes = st.builds(
    Change,
    st.floats(),
    status=st.none() | st.sampled_from(["running", "passed", "failed"]) | _texts,
    started=st.none() | st.datetimes(timezones=st.just(UTC)),
    counts=st.none() | st.tuples(*[st.none() | st.integers()] * 4),
    tests=st.lists(st.builds(CaseChange, st.integers(-1, 4), _texts, st.none() | st.floats()), max_size=3).map(tuple),
    artifacts=st.none() | st.integers(),
    has_log=st.booleans(),
    problem=st.none() | st.tuples(_texts, _texts),
)


@settings(deadline=None)
@given(
    st.lists(_changes, max_size=6), st.sampled_from([ENDED, a_run(status="running"), a_run(status="odd")]), st.data()
)
def test_whatever_a_recording_says_can_be_played(changes: list[Change], last: Run, data: st.DataObject) -> None:
    timeline = Timeline(replace(a_recording((1, last)), run=last, changes=tuple(changes)))

    for at in data.draw(st.permutations([0.0, *timeline.moments, 1e9])):
        run = timeline.run_at(at)
        assert run.counts.total >= 0
        assert timeline.run_at(1e9) is last
        timeline.server_time(at if at < 1e9 else timeline.ends)
        assert [timeline.outage_at(at), timeline.is_total_known_at(at)]
        for step in (timeline.failure_before(at), timeline.failure_after(at)):
            assert step is None or timeline.begins <= step.at <= timeline.ends


def test_a_run_of_unknown_creation_ends_when_it_was_last_seen() -> None:
    recording = a_recording((1, a_run(status="running")), (40, ENDED))
    started = replace(recording, run=replace(recording.run, created_utc=None))
    unknown = replace(recording, run=replace(recording.run, created_utc=None, started_utc=None))

    assert Timeline(started).server_time(40) == CREATED + timedelta(seconds=8 + 40)
    assert Timeline(unknown).server_time(40) == recording.head.seen
