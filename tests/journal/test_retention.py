"""What is kept: everything for a while, then heads, then nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.journal import Machine, a_recording
from tvtui.journal.retention import Policy, prune, prune_if_due

DAY = 24 * 3600.0
NOW = 2_000_000_000.0


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path / "journal")
    for run_id in range(1, 11):
        machine.watched(run_id, {" ".join(f"{run_id} {number}" for number in range(100)): "f"})
    age(machine, 0.0)
    return machine


def age(machine: Machine, days: float, *run_ids: int) -> None:
    """Make files look as if they had been written so long ago."""
    for path in machine.folder.iterdir():
        if not run_ids or path.name in {f"{run_id}.tvrun" for run_id in run_ids}:
            os.utime(path, (NOW - days * DAY, NOW - days * DAY))


def whole(machine: Machine) -> list[int]:
    return [head.run_id for head in machine.store.listing().heads if head.has_body]


def test_beyond_a_number_of_runs_only_heads_are_kept(machine: Machine) -> None:
    done = prune(machine.store, Policy(runs=4), NOW)
    assert whole(machine) == [10, 9, 8, 7]
    assert [head.run_id for head in machine.store.listing().heads] == list(range(10, 0, -1))
    assert (done.stripped, done.removed) == (6, 0)
    assert done.freed > 0
    assert prune(machine.store, Policy(runs=4), NOW) == (0, 0, 0)
    past = machine.past()
    assert past is not None
    assert len(past.runs) == 10, "the index still has them"


def test_beyond_an_age_only_heads_are_kept(machine: Machine) -> None:
    age(machine, 181, 2, 9)
    prune(machine.store, Policy(), NOW)
    assert whole(machine) == [10, 8, 7, 6, 5, 4, 3, 1]


def test_texts_of_a_small_recording_go_as_well(machine: Machine) -> None:
    machine.watched(11, {"a": "f"})
    age(machine, 181, 11)
    prune(machine.store, Policy(), NOW)
    assert 11 not in whole(machine)
    assert b"received" not in machine.store.path_of(a_recording(11).head).read_bytes()


def test_lists_do_not_grow_forever(machine: Machine) -> None:
    prune(machine.store, Policy(heads=3), NOW)
    assert [head.run_id for head in machine.store.listing().heads] == [10, 9, 8]


def test_the_oldest_go_first_when_all_of_it_is_too_large(machine: Machine) -> None:
    size = sum(path.stat().st_size for path in machine.folder.iterdir())
    age(machine, 3, 7)
    age(machine, 2, 3)
    done = prune(machine.store, Policy(size=size - 10), NOW)
    assert done.stripped == 1
    assert 7 not in whole(machine)
    prune(machine.store, Policy(size=100), NOW)
    assert machine.store.listing().heads == ()


def test_what_killed_processes_have_left_is_tidied_after_a_while(machine: Machine) -> None:
    fresh, old = machine.folder / "9.tvrun.aa.part", machine.folder / "index.bb.part"
    stamp = machine.store.folder / "pruned.cc.part"
    broken, recent = machine.folder / "1.tvrun.broken", machine.folder / "2.tvrun.broken"
    for path in (fresh, old, broken, recent, stamp):
        path.write_text("")
        os.utime(path, (NOW, NOW))
    os.utime(old, (NOW - 3700, NOW - 3700))
    os.utime(stamp, (NOW - 3700, NOW - 3700))
    os.utime(broken, (NOW - 200 * DAY, NOW - 200 * DAY))
    prune(machine.store, Policy(), NOW)
    assert [path.exists() for path in (fresh, old, broken, recent, stamp)] == [True, False, False, True, False]


def test_indexes_of_many_sites_are_removed(machine: Machine) -> None:
    for number in range(30):
        path = machine.folder / f"index-{number:02}"
        path.write_text("")
        os.utime(path, (NOW - number, NOW - number))
    prune(machine.store, Policy(), NOW)
    assert sorted(path.name for path in machine.folder.glob("index-*")) == [
        f"index-{number:02}" for number in range(20)
    ]


class TestDue:
    """Not every run prunes."""

    def test_once_a_day(self, machine: Machine) -> None:
        def is_due(now: float) -> bool:
            done = prune_if_due(machine.store, machine.folder, Policy(), now)
            os.utime(machine.store.folder / "pruned", (stamped[-1], stamped[-1]) if done is None else (now, now))
            stamped.append(stamped[-1] if done is None else now)
            return done is not None

        stamped = [NOW]
        assert is_due(NOW)
        assert not is_due(NOW + DAY - 1)
        assert is_due(NOW + DAY + 1)
        assert is_due(NOW - 99 * DAY), "the clock was wrong the last time"

    def test_at_once_if_there_is_much_more_than_there_should_be(self, machine: Machine) -> None:
        def is_due(policy: Policy) -> bool:
            (machine.store.folder / "pruned").write_text("")
            os.utime(machine.store.folder / "pruned", (NOW, NOW))
            return prune_if_due(machine.store, machine.folder, policy, NOW) is not None

        assert not is_due(Policy(runs=7)), "10 are less than 1.5 times as many"
        assert is_due(Policy(runs=6))
        assert is_due(Policy(size=1000))


def test_nothing_to_prune(tmp_path: Path) -> None:
    assert prune(Machine(tmp_path / "journal").store, Policy()) == (0, 0, 0)
