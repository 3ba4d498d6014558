"""Indexes are derived: whatever happens to them, they say what the recordings say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.journal import (
    SITE,
    Known,
    Machine,
    a_finished_run,
    a_recording,
    a_suite,
    make_read_only,
    naive_cases,
    one_by_one,
    recording_of,
)
from tvtui.journal.index import DEPTH
from tvtui.journal.indexes import SAME_SITE
from tvtui.testvibe.models import Run
from tvtui.watch.past import WINDOW

OTHER_SITE = "https://preview-7.acme.example"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "journal")


def test_nothing_is_known_at_first(machine: Machine) -> None:
    assert machine.past() is None
    machine.watched(5)
    assert machine.past(5) is None, "a run is not compared with itself"
    assert machine.past(4) is None, "nor with later ones"


def test_a_run_is_known_once_it_has_ended(machine: Machine) -> None:
    run = a_finished_run(5, {"a": "p", "b": "f"})
    machine.record(recording_of(run, one_by_one(run)))
    past = machine.past(6)
    assert past is not None
    assert [(known.run_id, known.seconds, known.tests, known.ends) for known in past.runs] == [(5, 35.0, 2, (2.0, 4.0))]
    assert past.cases["b"][0].since == 5
    assert past.cases["b"][0].is_since_oldest


@pytest.mark.parametrize(
    "fields", [{"status": "cancelled"}, {"status": "running", "finished_utc": None}, {"tests": ()}], ids=str
)
def test_a_run_that_says_nothing_about_tests_is_skipped(machine: Machine, fields: dict[str, Any]) -> None:
    machine.watched(4, {"a": "p"})
    run: Run = replace(a_finished_run(5, {"a": "f"}), **fields)
    if run.has_ended:
        machine.record(recording_of(run))
    else:
        machine.store.write_head(recording_of(run).head)
    machine.watched(6, {"a": "p"})
    past = machine.past()
    assert past is not None
    assert ([known.run_id for known in past.runs], past.known_runs) == ([6, 4], 2)


def test_a_run_that_is_opened_again_is_compared_with_those_before_it(machine: Machine) -> None:
    for run_id in range(1, 41):
        machine.watched(run_id, {"a": "pf"[run_id % 2], "b": "f"})
    for run_id in (40, 38, 30, 3):
        past = machine.past(run_id)
        assert past is not None
        assert [known.run_id for known in past.runs] == list(range(run_id - 1, 0, -1))[:WINDOW]
        assert past.cases["b"][0].since == 1
        assert past.cases["b"][0].is_since_oldest


def test_the_run_that_fixed_an_old_failure_can_be_opened_again(machine: Machine) -> None:
    machine.watched(1, {"a": "p"})
    for run_id in range(2, 40):
        machine.watched(run_id, {"a": "f"})
    machine.watched(40, {"a": "p"})
    for run_id in (40, 41):
        past = machine.past(run_id)
        assert past is not None
        assert past.cases["a"][0].since == (2 if run_id == 40 else None)


def test_failures_that_began_long_ago_are_found_again(machine: Machine) -> None:
    machine.watched(1, {"a b": "p"})
    for run_id in range(2, 40):
        machine.watched(run_id, {"a": "f", "b": "p"})
    (machine.folder / "index").unlink()
    past = machine.past()
    assert past is not None
    assert (past.cases["a"][0].since, past.cases["a"][0].is_since_oldest) == (2, False)


class TestSites:
    """Runs of the same site are compared with each other where there are enough of them."""

    def test_a_few_runs_of_the_same_site_are_compared_with_all(self, machine: Machine) -> None:
        for run_id in range(1, SAME_SITE):
            machine.watched(run_id, {"a": "p"}, site_url=OTHER_SITE)
        machine.watched(9, {"a": "f"})
        past = machine.past(site=OTHER_SITE)
        assert past is not None
        assert (past.site, machine.outcomes(site=OTHER_SITE)) == ("", "fpp")

    def test_enough_runs_of_the_same_site_are_compared_with_each_other(self, machine: Machine) -> None:
        for run_id in range(1, 10):
            machine.watched(run_id, {"a": "fpp"[run_id % 3]}, site_url=[OTHER_SITE, SITE][run_id % 3 > 0])
        past = machine.past(site=f"{OTHER_SITE.upper()}:443/?x=1")
        assert past is not None
        assert (past.site, [known.run_id for known in past.runs]) == (OTHER_SITE, [9, 6, 3])
        assert machine.outcomes(site=OTHER_SITE) == "fff"
        assert machine.outcomes(site=SITE) == "pppppp"
        assert machine.outcomes(run_id=9, site=OTHER_SITE) == "ppfppfpp", "only two before that one"

    def test_an_index_of_a_site_that_misses_a_run_is_made_anew(self, machine: Machine) -> None:
        for run_id in range(1, 9):
            machine.watched(run_id, {"a": "pf"[run_id % 2]}, site_url=[OTHER_SITE, SITE][run_id % 2])
        of_site = next(machine.folder.glob("index-*"))
        before = of_site.read_bytes()
        machine.watched(9, {"a": "f"})
        machine.watched(10, {"a": "p"}, site_url=OTHER_SITE)
        for path in machine.folder.glob("index-*"):
            path.write_bytes(before)
        assert machine.outcomes(site=OTHER_SITE) == "ppppp"
        assert machine.outcomes(site=SITE) == "fffff"

    def test_an_index_of_a_site_is_kept_though_some_of_its_runs_are_gone(self, machine: Machine) -> None:
        for run_id in range(1, 9):
            machine.watched(run_id, {"a": "pf"[run_id % 2]}, site_url=[OTHER_SITE, SITE][run_id % 2])
        machine.store.strip(machine.store.find(2)[0])
        (machine.folder / "4.tvrun").unlink()
        for path in machine.folder.glob("index-*"):
            path.unlink()
        assert machine.outcomes(site=OTHER_SITE) == "pp", "made anew of what is left"
        made = {path: path.stat().st_mtime_ns for path in machine.folder.glob("index*")}
        assert machine.outcomes(site=OTHER_SITE) == "pp"
        assert {path: path.stat().st_mtime_ns for path in made} == made, "once is enough"

    def test_the_index_of_a_lone_site_is_that_of_all(self, machine: Machine) -> None:
        for run_id in range(1, 6):
            machine.watched(run_id)
        past = machine.past()
        assert past is not None
        assert past.site == SITE
        assert list(machine.folder.glob("index-*")) == []


class TestHealing:
    """What a crash, another process or a disk does to an index."""

    def test_a_run_that_was_written_but_not_folded(self, machine: Machine) -> None:
        machine.watched(1, {"a": "p"})
        machine.store.write(a_recording(2, {"a": "f"}))
        assert machine.outcomes() == "fp"

    def test_a_run_that_was_lost_between_others(self, machine: Machine) -> None:
        machine.watched(1, {"a": "p"})
        before = (machine.folder / "index").read_bytes()
        machine.watched(2, {"a": "f"})
        (machine.folder / "index").write_bytes(before)
        machine.watched(3, {"a": "p"})
        assert machine.outcomes() == "pfp"

    def test_an_older_run_that_is_recorded_later(self, machine: Machine) -> None:
        machine.watched(3, {"a": "p"})
        machine.watched(1, {"a": "f"})
        machine.watched(2, {"a": "s"})
        assert machine.outcomes() == "psf"

    def test_a_run_that_is_recorded_again_with_more(self, machine: Machine) -> None:
        machine.watched(1, {"a": "p"})
        machine.watched(2, {"a": "p"})
        machine.watched(2, {"a": "f", "b": "p"})
        assert machine.outcomes() == "fp"
        machine.watched(1, {"a": "f", "b": "p"})
        assert machine.outcomes() == "ff"

    def test_a_run_that_was_left_and_ends_while_nobody_folds_it(self, machine: Machine) -> None:
        machine.watched(1, {"a": "p"})
        machine.store.write_head(recording_of(a_finished_run(2, {"a": "f"}, status="running", finished_utc=None)).head)
        machine.watched(3, {"a": "p"})
        assert machine.outcomes() == "pp"
        machine.store.write(a_recording(2, {"a": "f"}))
        assert machine.outcomes() == "pfp"

    def test_an_index_that_was_brought_up_to_date_meanwhile_is_kept(self, machine: Machine) -> None:
        for run_id in (1, 2):
            machine.watched(run_id, {"a": "p"})
        (machine.folder / "index").unlink()
        reader = Machine(machine.store.folder)
        assert reader.indexes.past(a_suite(), SITE, 3) is not None
        machine.watched(2, {"a": "f", "b": "p"})
        reader.indexes.save()
        assert machine.outcomes() == "fp"

    @pytest.mark.parametrize(
        "content", [b"", b"tvtui index 00000000\n{}", bytes(range(99))], ids=["empty", "no columns", "no index"]
    )
    def test_an_index_that_cannot_be_read(self, machine: Machine, content: bytes) -> None:
        machine.watched(1, {"a": "p"})
        machine.watched(2, {"a": "f"})
        (machine.folder / "index").write_bytes(content)
        assert machine.outcomes() == "fp"
        assert (machine.folder / "index").read_bytes() != content, "it has been made anew"

    def test_an_index_of_a_newer_version_is_neither_read_nor_replaced(self, machine: Machine) -> None:
        machine.watched(1, {"a": "p"})
        content = b"tvtui index 2 00000000\n?"
        (machine.folder / "index").write_bytes(content)
        machine.watched(2, {"a": "f"})
        assert machine.outcomes() == "fp"
        assert (machine.folder / "index").read_bytes() == content

    def test_a_damaged_recording_is_left_out(self, machine: Machine) -> None:
        for run_id in (1, 2, 3):
            machine.watched(run_id, {"a": "pfp"[run_id - 1]})
        (machine.folder / "2.tvrun").write_bytes((machine.folder / "2.tvrun").read_bytes()[:-5])
        (machine.folder / "index").unlink()
        assert machine.outcomes() == "pp"
        assert (machine.folder / "2.tvrun.broken").exists()

    def test_a_stripped_recording_remains_in_the_index(self, machine: Machine) -> None:
        machine.watched(1, {"a": "f"})
        machine.watched(2, {"a": "p"})
        machine.store.strip(machine.store.find(1)[0])
        assert machine.outcomes() == "pf"

    def test_a_forgotten_run_is_gone_from_the_history(self, machine: Machine) -> None:
        for run_id in (1, 2, 3):
            machine.watched(run_id, {"a": "pfp"[run_id - 1]})
        machine.store.forget(machine.store.find(2)[0])
        assert machine.outcomes() == "pp"

    def test_a_journal_that_can_only_be_read_is_read(self, machine: Machine) -> None:
        machine.watched(1, {"a": "p"})
        (machine.folder / "index").unlink()
        make_read_only(machine.folder)
        assert machine.outcomes() == "p"
        machine.folder.chmod(0o700)

    def test_where_nothing_can_be_locked_work_goes_on(self, machine: Machine) -> None:
        machine.store.folder.mkdir(parents=True, mode=0o700)
        machine.folder.mkdir(mode=0o700)
        (machine.folder / "lock").mkdir()
        machine.watched(1, {"a": "p"})
        machine.watched(2, {"a": "f"})
        assert machine.outcomes() == "fp"


@given(
    st.lists(st.tuples(st.integers(1, 60), st.sampled_from(["pp", "pf", "fp", "ff", "ps", "yf", "p"])), max_size=40),
    st.integers(1, 61),
    st.sets(st.integers(0, 39), max_size=3),
)
@settings(deadline=None, max_examples=15)
def test_in_any_order_and_with_lost_indexes_the_definitions_hold(
    tmp_path_factory: pytest.TempPathFactory, recorded: Sequence[tuple[int, str]], run_id: int, lost: set[int]
) -> None:
    machine = Machine(tmp_path_factory.mktemp("journal") / "journal")
    known: dict[int, Known] = {}
    for place, (each, letters) in enumerate(recorded):
        if each in known:
            continue
        known[each] = Known(each, [("a", letters[0], 4000), *[("b", letter, 4000) for letter in letters[1:]]])
        machine.watched(each, {"a": letters[0], "b": letters[1:]})
        if place in lost:
            (machine.folder / "index").unlink()
    past = machine.past(run_id)
    expected = naive_cases(known.values(), run_id, forgotten_after=DEPTH)
    assert (dict(past.cases) if past is not None else {}) == expected


_WRITER = """
import sys
from pathlib import Path
from tests.support.journal import Machine
first, step, count, folder, can_lock = *map(int, sys.argv[1:4]), Path(sys.argv[4]), sys.argv[5] == "True"
machine = Machine(folder)
if not can_lock:
    import fcntl
    def refuse(*_):
        raise OSError(37, "No locks available")
    fcntl.flock = refuse
print("ready", flush=True)
sys.stdin.readline()
for place in range(count):
    run_id = first + place * step
    machine.watched(run_id, {"a": "pf"[run_id % 2], "b": "p"})
    print(run_id, flush=True)
"""
ROOT = Path(__file__).parents[2]


def writers(folder: Path, count: int, runs: int, *, can_lock: bool = True) -> list[subprocess.Popen[str]]:
    """Processes that record runs at the same time, all of them ready."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(number), str(count), str(runs), str(folder), str(can_lock)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for number in range(1, count + 1)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    return started


@pytest.mark.skipif(sys.platform == "win32", reason="uses flock")
@pytest.mark.parametrize("can_lock", [True, False])
def test_processes_that_record_at_the_same_time_lose_nothing(tmp_path: Path, can_lock: bool) -> None:
    folder = tmp_path / "journal"
    processes = writers(folder, 4, 10, can_lock=can_lock)
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    machine = Machine(folder)
    assert [head.run_id for head in machine.store.listing().heads] == list(range(40, 0, -1))
    assert machine.outcomes() == "".join("pf"[run_id % 2] for run_id in range(40, 20, -1))
    assert machine.store.listing().unlisted == ()


@pytest.mark.skipif(sys.platform == "win32", reason="uses flock")
def test_processes_that_are_killed_leave_what_they_had_recorded(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    recorded: list[int] = []
    for turn in range(4):
        (process,) = writers(folder, 1, 60)[:1]
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        # after some runs, wherever it is by then
        lines = [process.stdout.readline() for _ in range(3 + turn)]
        process.kill()
        process.communicate()
        recorded = sorted({*recorded, *map(int, lines)})
        machine = Machine(folder)
        listed = [head.run_id for head in machine.store.listing().heads]
        assert set(recorded) <= set(listed)
        assert machine.store.listing().unlisted == ()
        assert machine.outcomes() == "".join("pf"[run_id % 2] for run_id in listed)[:WINDOW]
