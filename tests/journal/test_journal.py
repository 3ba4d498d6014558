"""The journal during a watch: it remembers, and never gets in the way."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.support.builders import a_run
from tests.support.journal import (
    Machine,
    Results,
    a_finished_run,
    a_journal,
    cases,
    events_of,
    make_read_only,
    watched_by,
)
from tvtui.journal.journal import Journal
from tvtui.journal.store import Store
from tvtui.journal.writer import Writer
from tvtui.watch.history import Standing
from tvtui.watch.watched_run import WatchedRun

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal"


def linked(folder: Path, elsewhere: Path) -> Path:
    """Another folder, to which this one is a link."""
    folder.parent.mkdir(parents=True)
    elsewhere.mkdir()
    folder.symlink_to(elsewhere)
    return elsewhere


def contents(folder: Path) -> Iterator[Path]:
    return folder.iterdir()


async def watch(folder: Path | None, run_id: int, results: Results, *, keeps_texts: bool = True) -> WatchedRun:
    """Watch a run to its end, as one tvtui does; its history is there and it is recorded afterwards."""
    journal = a_journal(folder, keeps_texts=keeps_texts)
    watched = watched_by(journal, run_id, *events_of(a_finished_run(run_id, results)))
    await watched.follow()
    for _ in range(1000):
        if watched.past is not None or run_id == 1 or journal.trouble:
            break
        await asyncio.sleep(0.01)
    journal.close()
    assert journal.trouble == ""
    return watched


async def test_what_was_watched_is_known_the_next_time(folder: Path) -> None:
    first = await watch(folder, 1, {"a": "p", "b": "f"})
    assert (first.past, first.history) == (None, None)
    await watch(folder, 2, {"a": "p", "b": "f"})
    third = await watch(folder, 3, {"a": "f", "b": "p", "c": "f"})
    assert third.history is not None
    standings = {row.id[0]: third.history.of(row).standing for row in third.rows}
    assert standings == {"a": Standing.NEW, "b": Standing.FIXED, "c": Standing.NEW_TEST}
    heads = Store(folder).listing().heads
    assert [(head.run_id, head.new_failures, head.changes) for head in heads] == [(3, 2, 2), (2, 0, 2), (1, None, 2)]


async def test_a_run_that_is_left_is_listed_as_such(folder: Path) -> None:
    journal = a_journal(folder)
    running, _ = events_of(a_finished_run(1, {"a b": "p"}))
    await watched_by(journal, 1, running).follow()
    journal.close()
    (head,) = Store(folder).listing().heads
    assert (head.has_ended, head.has_body, head.counts[1]) == (False, False, 1)
    assert Machine(folder).past() is None, "it says nothing about tests"


async def test_a_closed_run_is_recorded_when_the_program_ends(folder: Path) -> None:
    journal = a_journal(folder)
    first, last = events_of(a_finished_run(1, {"a b": "p"}))
    watched = watched_by(journal, 1, first, replace(last, is_final=False))
    await watched.follow()
    del watched
    journal.close()
    assert Store(folder).load(Store(folder).listing().heads[0]).run == last.run


async def test_several_runs_at_once(folder: Path) -> None:
    journal = a_journal(folder)
    runs = [watched_by(journal, run_id, *events_of(a_finished_run(run_id, {"a": "p"}))) for run_id in range(1, 6)]
    await asyncio.gather(*(watched.follow() for watched in runs))
    journal.close()
    assert [head.has_ended for head in Store(folder).listing().heads] == [True] * 5
    assert Machine(folder).outcomes() == "ppppp"


async def test_without_texts_nothing_but_names_is_kept(folder: Path) -> None:
    await watch(folder, 1, {"a": "f"}, keeps_texts=False)
    recording = Store(folder).load(Store(folder).listing().heads[0])
    assert (recording.run.log, recording.run.tests[0].error, recording.head.has_texts) == (None, None, False)


class TestTrouble:
    """Nothing of it reaches the watch."""

    async def follow(self, journal: Journal, run_id: int = 1) -> WatchedRun:
        watched = watched_by(journal, run_id, *events_of(a_finished_run(run_id, {"a": "f"})))
        await watched.follow()
        journal.close()
        assert watched.run is not None
        assert watched.run.has_ended
        assert watched.problem is None
        return watched

    async def test_no_home_folder(self) -> None:
        journal = a_journal(None)
        await self.follow(journal)
        assert journal.trouble == "Runs are not remembered: there is no home folder."

    async def test_a_place_where_nothing_can_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "state").write_text("a file")
        journal = a_journal(tmp_path / "state" / "journal")
        await self.follow(journal)
        assert journal.trouble.startswith(("Runs cannot be recorded: not a directory (", "Earlier runs cannot be read"))

    async def test_a_folder_that_is_read_only(self, tmp_path: Path) -> None:
        (tmp_path / "state").mkdir()
        make_read_only(tmp_path / "state")
        journal = a_journal(tmp_path / "state" / "journal")
        await self.follow(journal)
        assert "permission denied" in journal.trouble

    async def test_a_folder_of_somebody_else_behind_a_link(self, folder: Path, tmp_path: Path) -> None:
        elsewhere = linked(folder, tmp_path / "elsewhere")
        journal = a_journal(folder)
        await self.follow(journal)
        assert "not a folder of this user" in journal.trouble
        assert list(contents(elsewhere)) == []

    async def test_it_ends_with_the_next_thing_that_works(self, tmp_path: Path) -> None:
        (tmp_path / "state").write_text("a file")
        journal = a_journal(tmp_path / "state" / "journal")
        await self.follow(journal)
        assert journal.trouble
        (tmp_path / "state").unlink()
        await self.follow(journal, 2)
        assert journal.trouble == ""

    async def test_damaged_files_are_none(self, folder: Path) -> None:
        for run_id in (1, 2, 3):
            await watch(folder, run_id, {"a": "p"})
        machine = Machine(folder)
        for name in ("1.tvrun", "2.tvrun", "3.tvrun", "index"):
            (machine.folder / name).write_bytes(b"damaged")
        journal = a_journal(folder)
        watched = await self.follow(journal, 4)
        assert watched.history is None
        assert journal.trouble == ""
        assert len(Store(folder).listing().unlisted) == 3


async def test_an_index_that_is_made_anew_is_saved_before_the_end(folder: Path) -> None:
    await watch(folder, 1, {"a": "p"})
    index = Machine(folder).folder / "index"
    index.unlink()
    journal = a_journal(folder)
    past = await journal.recall(a_finished_run(2, {"a": "p"}))
    assert past is not None
    assert past.cases["a"][0].outcomes == "p"
    journal.close()
    assert index.exists()


def test_what_is_put_in_a_row_is_done_once_and_at_once_when_it_is_awaited() -> None:
    done: list[str] = []
    writer = Writer(pause_seconds=3600)
    for word in ("first", "second"):
        writer.put("key", partial(done.append, word))
    assert writer.wait(60)
    assert done == ["second"]


def test_closing_what_was_never_opened_does_nothing(folder: Path) -> None:
    a_journal(folder).close()
    assert not os.path.lexists(folder)


async def test_a_run_of_an_unknown_feature_has_no_history(folder: Path) -> None:
    await watch(folder, 1, {"a": "p"})
    journal = a_journal(folder)
    assert await journal.recall(a_run(feature_id=None, feature_name=None)) is None
    assert journal.trouble == ""


async def test_a_recall_that_is_canceled_ends(folder: Path) -> None:
    journal = a_journal(folder)
    recalling = asyncio.ensure_future(journal.recall(a_run()))
    await asyncio.sleep(0)
    recalling.cancel()
    await asyncio.gather(recalling, return_exceptions=True)
    assert recalling.cancelled()


_FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from tests.support.journal import a_finished_run, a_journal, events_of, watched_by
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
async def main():
    journal = a_journal(Path(sys.argv[1]))
    watched = watched_by(journal, 7, *events_of(a_finished_run(7, {f"t{n}": "f" for n in range(200)})))
    await watched.follow()
    journal.close()
    print(journal.trouble)
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
@pytest.mark.parametrize("size", [0, 100, 900])
def test_a_full_disk_loses_what_is_new_and_nothing_else(folder: Path, size: int) -> None:
    machine = Machine(folder)
    machine.watched(1, {"a": "p"})
    before = {path: path.read_bytes() for path in folder.rglob("*.tvrun")}
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(folder), str(size)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.startswith("Runs cannot be recorded: file too large")
    assert done.stderr == ""
    assert {path: path.read_bytes() for path in before} == before
    assert list(folder.rglob("*.part")) == []
    assert machine.outcomes() == "p"


async def test_ten_thousand_tests_with_long_errors(folder: Path) -> None:
    tests = tuple(
        replace(case, error=f"{number} " + "é" * 1000)
        for number, case in enumerate(cases({" ".join(f"t{n}" for n in range(10_000)): "f"}))
    )
    journal = a_journal(folder)
    run = replace(a_finished_run(1, {}), tests=tests, status="failed")
    await watched_by(journal, 1, *events_of(run)).follow()
    journal.close()
    assert journal.trouble == ""
    assert Store(folder).load(Store(folder).listing().heads[0]).run.tests == tests
