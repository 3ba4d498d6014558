"""Announcements of runs: which are trusted, that each is seen exactly once, and that checking is cheap."""

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
from tvtui.journal.started_runs import Announcements, after_each_other, announce

SERVER, PROJECT = "https://testvibe.acme.example", "01234567-89ab-cdef-0123-456789abcdef"

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX owners and modes")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "dispatched"


def followed(folder: Path | None = None) -> Announcements:
    return Announcements(SERVER, PROJECT, where=folder)


def planted(folder: Path, content: object, name: str = "00.json") -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def announcement(run_id: object = 215, **fields: object) -> dict[str, object]:
    return {"server": SERVER, "project": PROJECT, "run": run_id, "time": "2026-06-10T16:02:11+00:00", **fields}


def test_every_follower_of_a_project_sees_its_runs_once(folder: Path) -> None:
    announce(SERVER, PROJECT, 213, where=folder)
    one, other = followed(folder), followed(folder)
    elsewhere = Announcements("https://other.example", PROJECT, where=folder)
    assert one.new() == ()
    announce(SERVER, PROJECT.upper(), 214, where=folder)
    announce(SERVER, "another project", 7, where=folder)
    announce(SERVER, PROJECT, 215, where=folder)
    assert one.new() == other.new() == (214, 215)
    assert one.new() == other.new() == elsewhere.new() == ()
    announce(SERVER, PROJECT, 215, where=folder)
    announce(SERVER, PROJECT, 215, where=folder)
    assert one.new() == (215,)


def test_an_announcement_holds_server_project_run_and_time_and_is_private(folder: Path) -> None:
    announce(SERVER, PROJECT, 215, where=folder)
    (path,) = folder.iterdir()
    assert json.loads(path.read_text()) | {"time": ""} == announcement() | {"time": ""}
    if os.name == "posix":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_announcement_within_one_tick_of_the_file_system_is_seen_by_the_next_check(folder: Path) -> None:
    following = followed(folder)
    announce(SERVER, PROJECT, 214, where=folder)
    before = folder.stat()
    assert following.new() == (214,)
    announce(SERVER, PROJECT, 215, where=folder)
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert following.new() == (215,)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[" * 100_000,
        "null",
        json.dumps(announcement("215")),
        json.dumps(announcement(True)),
        json.dumps(announcement(server=None)),
        json.dumps({"run": 215}),
        json.dumps(announcement()) + " " * 5000,
        "\x00\xff",
    ],
)
def test_broken_files_are_ignored(folder: Path, content: str) -> None:
    following = followed(folder)
    planted(folder, content)
    announce(SERVER, PROJECT, 216, where=folder)
    assert following.new() == (216,)


@posix
def test_files_writable_by_others_and_special_files_are_ignored(folder: Path, tmp_path: Path) -> None:
    following = followed(folder)
    planted(folder, announcement(1), "1.json").chmod(0o666)
    planted(tmp_path, announcement(2), "elsewhere.json")
    (folder / "2.json").symlink_to(tmp_path / "elsewhere.json")
    os.mkfifo(folder / "3.json")
    (folder / "4.json").mkdir()
    planted(folder, announcement(5), "5.json.part")
    assert following.new() == ()
    folder.chmod(0o777)
    announce(SERVER, PROJECT, 6, where=folder)
    planted(folder, announcement(7), "7.json")
    assert following.new() == ()


@posix
def test_folders_and_files_of_another_user_are_ignored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    following = followed(folder)
    planted(folder, announcement(1), "1.json")
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    announce(SERVER, PROJECT, 2, where=folder)
    assert following.new() == ()
    monkeypatch.undo()
    assert [path.name for path in folder.iterdir()] == ["1.json"]


@posix
def test_a_link_instead_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    folder.parent.mkdir()
    folder.symlink_to(tmp_path / "real")
    following = followed(folder)
    announce(SERVER, PROJECT, 2, where=folder)
    assert list((tmp_path / "real").iterdir()) == []
    assert following.new() == ()


def test_a_folder_that_cannot_be_written_is_not_an_error(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("not a folder")
    announce(SERVER, PROJECT, 2, where=folder)
    assert followed(folder).new() == ()


def test_old_and_surplus_announcements_are_removed(folder: Path) -> None:
    for number in range(250):
        planted(folder, announcement(number), f"{number}.json")
    old = time.time() - 2 * 86_400
    for number in range(100):
        os.utime(folder / f"{number}.json", (old, old))
    announce(SERVER, PROJECT, 1000, where=folder)
    assert len(list(folder.iterdir())) == 151
    for number in range(200):
        planted(folder, announcement(number), f"new{number}.json")
    announce(SERVER, PROJECT, 1001, where=folder)
    assert len(list(folder.iterdir())) == 201


def test_removed_announcements_are_forgotten(folder: Path) -> None:
    following = followed(folder)
    path = planted(folder, announcement(215))
    assert following.new() == (215,)
    path.unlink()
    assert following.new() == following.new() == ()
    planted(folder, announcement(216))
    assert following.new() == (216,), "a name that is used again counts as new"


def test_a_folder_that_cannot_be_read_once_repeats_nothing_later(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(folder, announcement(215))
    following = followed(folder)

    def fail(path: object) -> NoReturn:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", fail)
        assert following.new() == following.new() == ()
    planted(folder, announcement(216), "01.json")
    assert following.new() == (216,)


def test_concurrent_processes_lose_nothing(folder: Path) -> None:
    following = followed(folder)
    script = (
        "import sys; from pathlib import Path; from tvtui.journal.started_runs import announce\n"
        f"for number in range(25):\n"
        f"    announce({SERVER!r}, {PROJECT!r}, int(sys.argv[2]) + number, where=Path(sys.argv[1]))"
    )
    processes = [subprocess.Popen([sys.executable, "-c", script, str(folder), str(base)]) for base in (0, 100, 200)]
    seen: list[int] = []
    while any(process.poll() is None for process in processes):
        seen += following.new()
    seen += [*following.new(), *following.new()]
    assert all(process.returncode == 0 for process in processes)
    assert sorted(seen) == [base + number for base in (0, 100, 200) for number in range(25)]


async def test_new_runs_are_yielded_by_the_clock_and_only_while_the_follower_is_free(folder: Path) -> None:
    clock = FakeClock()
    free = True
    batches = after_each_other(followed(folder), clock, {214}, lambda: free)
    announce(SERVER, PROJECT, 214, where=folder)
    announce(SERVER, PROJECT, 215, where=folder)
    announce(SERVER, PROJECT, 216, where=folder)
    assert await anext(batches) == (215, 216)
    coming = asyncio.ensure_future(anext(batches))
    free = False
    await clock.advance(1)
    announce(SERVER, PROJECT, 217, where=folder)
    await clock.advance(10)
    assert not coming.done()
    free = True
    await clock.advance(3)
    assert await coming == (217,)
    await batches.aclose()


@pytest.mark.skipif(sys.platform == "win32", reason="the folder does not depend on the environment")
def test_a_user_without_a_home_folder_has_no_announcements(monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    def unknown(user: int) -> NoReturn:
        raise KeyError(user)

    for name in ("HOME", "XDG_STATE_HOME", "TVTUI_STATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    announce("https://testvibe.acme.example", "project", 214)
    assert Announcements("https://testvibe.acme.example", "project").new() == ()
