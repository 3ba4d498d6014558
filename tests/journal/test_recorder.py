"""What a watch writes into the journal, and when."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import CREATED, OFFLINE, a_case, a_run, an_artifact
from tests.support.journal import PROJECT, SERVER, a_finished_run
from tvtui.journal.changes import MOST_CASES, MOST_CHANGES, Changes
from tvtui.journal.recorder import Recorder
from tvtui.journal.recording import CaseChange, Change, Head, Recording, TooLarge, decode, encode
from tvtui.testvibe.identity import identify_cases
from tvtui.testvibe.models import Case, Run
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.past import Past, PastCase, PastRun
from tvtui.watch.watched_run import WatchedRun

LOGIN, LOCKED, RESET = a_case("Login"), a_case("Locked out", status="failed"), a_case("Reset", duration_ms=900)
QUEUED = a_run(status="running", started_utc=None)
RUNNING = a_run(status="running")


def seen(run: Run, seconds: float, *, is_final: bool = False) -> Snapshot:
    return Snapshot(run, 1000 + seconds, CREATED + timedelta(seconds=seconds), None, is_final)


class Watch:
    """A watched run and what is recorded of it; jobs are done when the test says so."""

    def __init__(self, *, keeps_texts: bool = True, past: Past | None = None) -> None:
        self.heads: list[Head] = []
        self.recordings: list[Recording] = []
        self.job: Callable[[], None] | None = None
        self.watched = WatchedRun(214, self._never)
        self.watched.past = past
        self.recorder = Recorder(
            SERVER,
            PROJECT,
            keeps_texts=keeps_texts,
            put=self._put,
            write=self.recordings.append,
            write_head=self.heads.append,
        )

    async def _never(self, _controls: Controls) -> AsyncIterator[Snapshot | Problem]:
        for event in tuple[Snapshot]():
            yield event

    def _put(self, job: Callable[[], None]) -> None:
        self.job = job

    def sees(self, *events: Snapshot | Problem) -> Watch:
        for event in events:
            self.watched.apply(event)
            self.recorder.update(self.watched)
        return self

    def writes(self) -> Watch:
        job, self.job = self.job, None
        if job is not None:
            job()
        return self

    def closes(self) -> Watch:
        self.recorder.close()
        return self.writes()

    @property
    def recording(self) -> Recording:
        # as it is read again
        return decode(encode(self.recordings[-1]))

    @property
    def changes(self) -> Sequence[Change]:
        return self.recording.changes


def running(*tests: Case) -> Run:
    return a_run(status="running", tests=tests)


def test_a_run_is_listed_as_soon_as_it_is_seen() -> None:
    watch = Watch().sees(seen(RUNNING, 9)).writes()
    (head,) = watch.heads
    assert (head.run_id, head.has_ended, head.status, head.feature_name) == (
        214,
        False,
        "running",
        "Login Functionality",
    )
    assert watch.sees(seen(running(LOGIN), 11)).job is None, "once is enough"


def test_a_run_whose_feature_is_unknown_is_not_recorded() -> None:
    unknown = replace(RUNNING, feature_id=None, feature_name=None)
    watch = Watch().sees(seen(unknown, 9)).closes()
    assert (watch.heads, watch.recordings) == ([], [])
    assert watch.sees(seen(RUNNING, 11)).writes().heads[0].run_id == 214, "it was known later"


def test_a_run_is_recorded_once_though_its_feature_loses_its_number() -> None:
    watch = Watch().sees(seen(RUNNING, 9)).writes()
    watch.sees(seen(replace(a_run(), feature_id=None), 43)).writes()
    assert watch.recordings[0].head.suite == watch.heads[0].suite


def test_everything_is_recorded_at_the_end() -> None:
    final = a_run(tests=[LOGIN, LOCKED, RESET], artifacts=[an_artifact()])
    watch = Watch().sees(
        seen(QUEUED, 1),
        seen(RUNNING, 8),
        seen(running(LOGIN), 12),
        seen(running(LOGIN, LOCKED), 20),
        seen(final, 43),
    )
    assert watch.writes().recording.run == final
    summary = (3, 2, 1, 0)
    assert watch.changes == (
        Change(1.0, status="running"),
        Change(8.0, started=RUNNING.started_utc),
        Change(12.0, counts=(1, 1, 0, 0), tests=(CaseChange(0, "passed", 4210.0),)),
        Change(20.0, counts=(2, 1, 1, 0), tests=(CaseChange(1, "failed", 4210.0),)),
        Change(43.0, "failed", counts=summary, tests=(CaseChange(2, "passed", 900.0),), artifacts=1, has_log=True),
    )
    assert watch.recording.head.changes == 0, "the store counts them"


def test_unchanged_answers_are_no_changes() -> None:
    run = running(LOGIN)
    same = replace(run, tests=tuple(replace(case) for case in run.tests))
    watch = Watch().sees(seen(run, 10), seen(run, 12), seen(same, 14), seen(a_run(tests=[LOGIN, LOCKED]), 43)).writes()
    assert [change.at for change in watch.changes] == [10.0, 43.0]


def test_a_test_is_found_again_wherever_it_is_in_the_last_digest() -> None:
    other = a_case("Login", status="failed")
    watch = Watch().sees(
        seen(running(LOGIN, RESET), 10),
        seen(running(RESET, LOGIN), 12),
        seen(running(RESET, LOGIN, other), 14),
        seen(a_run(tests=[LOCKED, RESET, LOGIN, other]), 43),
    )
    places = [[change.place for change in each.tests] for each in watch.writes().changes]
    assert places == [[2, 1], [3], [0]]


def test_a_test_that_is_not_in_the_last_digest_is_left_out() -> None:
    watch = Watch().sees(seen(running(a_case("gone"), LOGIN), 10), seen(a_run(tests=[LOGIN]), 43)).writes()
    assert [change.tests for change in watch.changes] == [(CaseChange(0, "passed", 4210.0),), ()]


def test_problems_and_their_ends_are_changes() -> None:
    problem = Problem(OFFLINE, since=1012.0, failures=1, next_at=1014.0)
    watch = Watch().sees(
        problem,
        seen(RUNNING, 10),
        problem,
        replace(problem, failures=2),
        seen(RUNNING, 30),
        seen(a_run(), 43),
    )
    assert watch.writes().changes[1:3] == (
        Change(12.0, problem=("Cannot reach testvibe.acme.example.", OFFLINE.meanwhile)),
        Change(30.0),
    )


def test_time_never_goes_back() -> None:
    watch = Watch().sees(seen(RUNNING, 10), seen(running(LOGIN), 5), seen(a_run(tests=[LOGIN]), 43)).writes()
    assert [change.at for change in watch.changes] == [10.0, 10.0, 43.0]


def test_of_a_run_that_had_ended_before_there_are_no_changes() -> None:
    watch = Watch().sees(seen(a_run(), 900, is_final=True)).writes()
    assert watch.changes == ()
    assert watch.heads == []


def test_what_comes_after_the_end_is_recorded_when_the_watch_is_over() -> None:
    first, late = a_run(artifacts=[]), a_run(artifacts=[an_artifact()])
    watch = Watch().sees(seen(first, 43)).writes()
    was_done = watch.recorder.is_done
    assert watch.sees(seen(late, 45), seen(late, 47)).job is None
    watch.sees(seen(late, 49, is_final=True)).writes()
    assert (was_done, watch.recorder.is_done) == (False, True)
    assert [len(each.run.artifacts) for each in watch.recordings] == [0, 1]
    assert watch.closes().recordings[2:] == []


def test_what_comes_after_the_end_is_recorded_when_the_program_ends() -> None:
    watch = Watch().sees(seen(a_run(artifacts=[]), 43)).writes().sees(seen(a_run(), 45)).closes()
    assert [len(each.run.artifacts) for each in watch.recordings] == [0, 1]


def test_what_comes_while_the_end_is_being_written_belongs_to_the_next_recording() -> None:
    watch = Watch().sees(seen(RUNNING, 9), seen(a_run(artifacts=[]), 43))
    job = watch.job
    assert job is not None
    watch.sees(seen(a_run(), 45))
    job()
    assert [change.at for change in watch.changes] == [9.0, 43.0]
    assert [change.at for change in watch.closes().changes] == [9.0, 43.0, 45.0]


def test_a_run_that_is_left_has_its_last_state_in_the_list() -> None:
    watch = Watch().sees(seen(RUNNING, 9)).writes().sees(seen(running(LOGIN, LOCKED), 15)).closes()
    assert watch.heads[-1].counts == (2, 1, 1, 0, 0, 0)
    assert watch.heads[-1].seen == CREATED + timedelta(seconds=15)
    assert watch.recordings == []


async def test_a_watch_that_gives_up_records_the_last_state() -> None:
    heads: list[Head] = []

    async def give_up(_controls: Controls) -> AsyncIterator[Snapshot | Problem]:
        yield seen(RUNNING, 9)
        yield seen(running(LOGIN), 11)

    watched = WatchedRun(214, give_up)
    recorder = Recorder(
        SERVER, PROJECT, keeps_texts=True, put=lambda job: job(), write=lambda _: None, write_head=heads.append
    )
    watched.subscribe(lambda: recorder.update(watched))
    await watched.follow()
    assert [head.counts[0] for head in heads] == [0, 1]
    assert recorder.is_done, "it need not be kept in mind any longer"


async def test_a_watch_that_ends_with_its_run_is_done() -> None:
    recordings: list[Recording] = []

    async def end(_controls: Controls) -> AsyncIterator[Snapshot | Problem]:
        yield seen(RUNNING, 9)
        yield seen(a_run(artifacts=[]), 43)
        yield seen(a_run(), 45)

    watched = WatchedRun(214, end)
    recorder = Recorder(
        SERVER, PROJECT, keeps_texts=True, put=lambda job: job(), write=recordings.append, write_head=lambda _: None
    )
    watched.subscribe(lambda: recorder.update(watched))
    await watched.follow()
    assert [len(each.run.artifacts) for each in recordings] == [0, 1]
    assert recorder.is_done


def test_new_failures_are_counted_if_the_past_is_known() -> None:
    final = seen(a_run(tests=[LOGIN, LOCKED]), 43)
    assert Watch().sees(final).writes().recording.head.new_failures is None
    past = Past((PastRun(3),), {"Locked out": (PastCase("p"),)}, 1)
    assert Watch(past=past).sees(final).writes().recording.head.new_failures == 1
    known = Past((PastRun(3),), {"Locked out": (PastCase("f", since=3),)}, 1)
    assert Watch(past=known).sees(final).writes().recording.head.new_failures == 0


def test_a_recording_that_would_be_too_large_has_no_texts() -> None:
    written: list[Recording] = []

    def write(recording: Recording) -> None:
        if recording.head.has_texts:
            raise TooLarge("100 MB")
        written.append(recording)

    watched = Watch().watched
    watched.apply(seen(a_run(), 43))
    Recorder(SERVER, PROJECT, keeps_texts=True, put=lambda job: job(), write=write, write_head=lambda _: None).update(
        watched
    )
    assert [(each.run.log, each.head.counts) for each in written] == [(None, (3, 2, 1, 0, 0, 0))]


def test_without_texts_there_are_names_and_outcomes_only() -> None:
    problem = Problem(OFFLINE, since=1012.0, failures=1, next_at=1014.0)
    watch = Watch(keeps_texts=False).sees(seen(running(LOGIN), 10), problem, seen(a_run(tests=[LOGIN, LOCKED]), 43))
    recording = watch.writes().recording
    assert not recording.head.has_texts
    assert [case.error for case in recording.run.tests] == [None, None]
    assert recording.run.log is None
    assert [change.problem for change in recording.changes] == [None, ("", ""), None]


@pytest.mark.parametrize("steps", [MOST_CHANGES + 50, MOST_CASES // 1000 + 50])
def test_what_is_collected_is_bounded(steps: int) -> None:
    tests = 1 if steps > MOST_CHANGES else 1000
    changes = Changes()
    cases = [a_case(f"{number}") for number in range(tests)]
    states = [tuple(replace(case, status=status) for case in cases) for status in ("passed", "failed")]
    runs = [replace(RUNNING, tests=each) for each in states]
    all_rows = [identify_cases(each) for each in states]
    for step in range(steps):
        changes.see(seen(runs[step % 2], step), None, all_rows[step % 2])
    final = replace(a_run(), tests=states[steps % 2])
    collected = changes.until(seen(final, steps), all_rows[steps % 2])
    assert len(collected) <= MOST_CHANGES + 1
    assert sum(len(change.tests) for change in collected) <= MOST_CASES + 2 * tests
    assert collected[-1].status == "failed", "the end is there in any case"


def test_ten_thousand_tests_are_not_copied_while_the_run_goes_on() -> None:
    run = a_finished_run(1, {" ".join(f"t{number}" for number in range(10_000)): "p"}, status="running")
    rows = identify_cases(run.tests)
    changes = Changes()
    changes.see(seen(run, 5), None, rows)
    (change, last) = changes.until(seen(replace(run, status="passed"), 9), rows)
    assert (len(change.tests), len(last.tests)) == (10_000, 0)
