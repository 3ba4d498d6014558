"""Announcements of runs: who may be believed, what is seen once and only once, and how little looking costs."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.clock import FakeClock
from tvtui.journal import started_runs
from tvtui.journal.started_runs import Announcements, after_each_other, announce

SERVER, PROJECT = "https://testvibe.acme.example", "01234567-89ab-cdef-0123-456789abcdef"

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has other owners and modes")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(started_runs, "folder", lambda: tmp_path / "state" / "dispatched")
    return tmp_path / "state" / "dispatched"


def followed() -> Announcements:
    return Announcements(SERVER, PROJECT)


def planted(folder: Path, told: object, name: str = "00.json") -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    path.write_text(told if isinstance(told, str) else json.dumps(told))
    return path


def told(run_id: object = 215, **fields: object) -> dict[str, object]:
    return {"server": SERVER, "project": PROJECT, "run": run_id, "time": "2026-06-10T16:02:11+00:00", **fields}


def test_a_run_is_seen_once_by_everybody_who_follows_its_project() -> None:
    announce(SERVER, PROJECT, 213)
    one, other, elsewhere = followed(), followed(), Announcements("https://other.example", PROJECT)
    assert one.new() == ()
    announce(SERVER, PROJECT.upper(), 214)
    announce(SERVER, "another project", 7)
    announce(SERVER, PROJECT, 215)
    assert one.new() == other.new() == (214, 215)
    assert one.new() == other.new() == elsewhere.new() == ()
    announce(SERVER, PROJECT, 215)
    announce(SERVER, PROJECT, 215)
    assert one.new() == (215,)


def test_it_holds_server_project_run_and_time_and_is_for_nobody_else(folder: Path) -> None:
    announce(SERVER, PROJECT, 215)
    (path,) = folder.iterdir()
    assert json.loads(path.read_text()) | {"time": ""} == told() | {"time": ""}
    if os.name == "posix":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_looking_again_is_one_glance_at_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    announce(SERVER, PROJECT, 214)
    following = followed()
    following.new()
    following.new()
    monkeypatch.setattr(os, "scandir", lambda _: pytest.fail("the folder is read"))
    assert [following.new() for _ in range(5)] == [()] * 5


def test_what_comes_within_the_same_tick_of_the_files_clock_is_seen_by_the_second_look(folder: Path) -> None:
    following = followed()
    announce(SERVER, PROJECT, 214)
    before = folder.stat()
    assert following.new() == (214,)
    announce(SERVER, PROJECT, 215)
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert following.new() == (215,)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[" * 100_000,
        "null",
        json.dumps(told("215")),
        json.dumps(told(True)),
        json.dumps(told(server=None)),
        json.dumps({"run": 215}),
        json.dumps(told()) + " " * 5000,
        "\x00\xff",
    ],
)
def test_broken_files_are_ignored(folder: Path, content: str) -> None:
    following = followed()
    planted(folder, content)
    announce(SERVER, PROJECT, 216)
    assert following.new() == (216,)


@posix
def test_what_others_may_write_or_is_no_file_is_never_believed(folder: Path, tmp_path: Path) -> None:
    following = followed()
    planted(folder, told(1), "1.json").chmod(0o666)
    planted(tmp_path, told(2), "elsewhere.json")
    (folder / "2.json").symlink_to(tmp_path / "elsewhere.json")
    os.mkfifo(folder / "3.json")
    (folder / "4.json").mkdir()
    planted(folder, told(5), "5.json.part")
    assert following.new() == ()
    folder.chmod(0o777)
    announce(SERVER, PROJECT, 6)
    planted(folder, told(7), "7.json")
    assert following.new() == ()


@posix
def test_a_strangers_folder_or_file_is_never_believed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    following = followed()
    planted(folder, told(1), "1.json")
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    announce(SERVER, PROJECT, 2)
    assert following.new() == ()
    monkeypatch.undo()
    assert [path.name for path in folder.iterdir()] == ["1.json"]


@posix
def test_a_link_in_the_place_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    folder.parent.mkdir()
    folder.symlink_to(tmp_path / "real")
    following = followed()
    announce(SERVER, PROJECT, 2)
    assert list((tmp_path / "real").iterdir()) == []
    assert following.new() == ()


def test_where_nothing_can_be_written_nothing_is_lost(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("no folder")
    announce(SERVER, PROJECT, 2)
    assert followed().new() == ()


def test_old_entries_and_too_many_are_removed(folder: Path) -> None:
    for number in range(250):
        planted(folder, told(number), f"{number}.json")
    old = time.time() - 2 * 86_400
    for number in range(100):
        os.utime(folder / f"{number}.json", (old, old))
    announce(SERVER, PROJECT, 1000)
    assert len(list(folder.iterdir())) == 151
    for number in range(200):
        planted(folder, told(number), f"new{number}.json")
    announce(SERVER, PROJECT, 1001)
    assert len(list(folder.iterdir())) == 201


def test_what_has_been_removed_is_not_remembered(folder: Path) -> None:
    following = followed()
    path = planted(folder, told(215))
    assert following.new() == (215,)
    path.unlink()
    assert following.new() == following.new() == ()
    assert following._known == set()


def test_a_folder_that_cannot_be_read_for_once_brings_nothing_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(folder, told(215))
    following = followed()

    def fail(path: object) -> NoReturn:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", fail)
        assert following.new() == following.new() == ()
    planted(folder, told(216), "01.json")
    assert following.new() == (216,)


def test_several_processes_at_once_lose_nothing(folder: Path) -> None:
    following = followed()
    script = (
        "import sys; from pathlib import Path; from tvtui.journal import started_runs\n"
        "started_runs.folder = lambda: Path(sys.argv[1])\n"
        f"for number in range(25): started_runs.announce({SERVER!r}, {PROJECT!r}, int(sys.argv[2]) + number)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", script, str(folder), str(base)]) for base in (0, 100, 200)]
    seen: list[int] = []
    while any(process.poll() is None for process in processes):
        seen += following.new()
    seen += [*following.new(), *following.new()]
    assert all(process.returncode == 0 for process in processes)
    assert sorted(seen) == [base + number for base in (0, 100, 200) for number in range(25)]


async def test_what_is_new_is_waited_for_by_the_clock_and_only_while_somebody_has_time() -> None:
    clock = FakeClock()
    free = True
    batches = after_each_other(followed(), clock, {214}, lambda: free)
    announce(SERVER, PROJECT, 214)
    announce(SERVER, PROJECT, 215)
    announce(SERVER, PROJECT, 216)
    assert await anext(batches) == (215, 216)
    coming = asyncio.ensure_future(anext(batches))
    free = False
    await clock.advance(1)
    announce(SERVER, PROJECT, 217)
    await clock.advance(10)
    assert not coming.done()
    free = True
    await clock.advance(3)
    assert await coming == (217,)
    await batches.aclose()
