"""Obstacles to downloads: links, pipes, other files, full disks, and other processes."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.http import DownloadSetup, cut_off, fail, storage_server, until
from tvtui.artifacts.downloads.safe_folder import open_below
from tvtui.artifacts.downloads.safe_names import MANIFEST
from tvtui.artifacts.transfer import Stage, Transfer

TRACE = os.urandom(300_000)

resource = pytest.importorskip("resource")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX links and pipes")


Saving = Callable[[Path], AbstractAsyncContextManager[DownloadSetup]]


def _has_slept(clock: FakeClock, times: int) -> bool:
    return clock.slept == times


@pytest.fixture(params=[True, False], ids=["by handle", "by path"])
def saving(request: pytest.FixtureRequest) -> Saving:
    """A download of the trace to a folder, as on platforms that can open files in an open folder, and as on others."""

    @asynccontextmanager
    async def saving(folder: Path) -> AsyncIterator[DownloadSetup]:
        async with storage_server(folder, trace__a_zip=TRACE) as setup:
            yield setup.again(open_folder=partial(open_below, by_handle=request.param))

    return saving


async def failed(fetched: DownloadSetup) -> str:
    transfer = (await fetched.get())["trace/a.zip"]
    assert transfer.stage is Stage.FAILED
    assert transfer.note.count("\n") == 0
    return transfer.note


def tree(folder: Path) -> dict[str, bytes]:
    """The files in a folder, without the manifest."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


class TestLinks:
    """Links are not followed."""

    @pytest.mark.parametrize("place", ["d", "d/trace"])
    async def test_a_folder_that_is_a_link(self, saving: Saving, place: str, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).symlink_to(outside)
        async with saving(tmp_path / "d") as fetched:
            assert f"{tmp_path / place} is a symbolic link" in await failed(fetched)
        assert tree(outside) == {}

    async def test_a_link_above_the_folder(self, saving: Saving, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (tmp_path / "tvtui-artifacts").symlink_to(outside)
        async with saving(tmp_path / "tvtui-artifacts" / "run-214") as fetched:
            assert "is a symbolic link" in await failed(fetched)
        assert list(outside.iterdir()) == []

    @pytest.mark.parametrize("leads_to", ["a file", "nowhere"])
    async def test_a_file_that_is_a_link(self, saving: Saving, leads_to: str, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        if leads_to == "a file":
            victim.write_bytes(TRACE)
        (tmp_path / "d" / "trace").mkdir(parents=True)
        (tmp_path / "d" / "trace" / "a.zip").symlink_to(victim)
        async with saving(tmp_path / "d") as fetched:
            transfer = (await fetched.get())["trace/a.zip"]
        assert transfer.path == tmp_path / "d" / "trace" / "a (2).zip"
        assert transfer.path.read_bytes() == TRACE
        assert victim.exists() == (leads_to == "a file")

    async def test_an_unfinished_file_that_is_a_link(self, saving: Saving, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.write_bytes(b"mine")
        (tmp_path / "d" / "trace").mkdir(parents=True)
        (tmp_path / "d" / "trace" / ".a.zip.part").symlink_to(victim)
        async with saving(tmp_path / "d") as fetched:
            assert (await fetched.get())["trace/a.zip"].path == tmp_path / "d" / "trace" / "a (2).zip"
        assert victim.read_bytes() == b"mine"

    async def test_an_unfinished_file_with_a_second_name(self, saving: Saving, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.write_bytes(b"")
        (tmp_path / "d" / "trace").mkdir(parents=True)
        (tmp_path / "d" / "trace" / ".a.zip.part").hardlink_to(victim)
        async with saving(tmp_path / "d") as fetched:
            assert (await fetched.get())["trace/a.zip"].stage is Stage.DONE
        assert victim.read_bytes() == b""

    async def test_an_unfinished_file_that_becomes_a_link_is_not_followed(self, saving: Saving, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.write_bytes(b"mine")
        async with saving(tmp_path) as fetched:
            fetched.stored.wrong = [cut_off, fail]
            await failed(fetched)
            part = tmp_path / "trace" / ".a.zip.part"
            part.unlink()
            part.symlink_to(victim)
            await fetched.get()
        assert victim.read_bytes() == b"mine"

    async def test_a_manifest_that_is_a_link_is_not_followed(self, saving: Saving, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.write_bytes(b"mine")
        (tmp_path / "d").mkdir()
        (tmp_path / "d" / MANIFEST).symlink_to(victim)
        async with saving(tmp_path / "d") as fetched:
            assert (await fetched.get())["trace/a.zip"].stage is Stage.DONE
        assert victim.read_bytes() == b"mine"


class TestOtherFiles:
    """Other files are not touched, and reported."""

    async def test_a_file_in_place_of_a_folder(self, saving: Saving, tmp_path: Path) -> None:
        (tmp_path / "trace").write_bytes(b"mine")
        async with saving(tmp_path) as fetched:
            assert "trace is not a folder, but a folder of that name is needed" in await failed(fetched)
        assert tree(tmp_path) == {"trace": b"mine"}

    async def test_a_file_in_place_of_the_download_folder(self, saving: Saving, tmp_path: Path) -> None:
        (tmp_path / "d").write_bytes(b"mine")
        async with saving(tmp_path / "d" / "run-214") as fetched:
            assert "because a file is in the way" in await failed(fetched)

    async def test_a_folder_in_place_of_the_file(self, saving: Saving, tmp_path: Path) -> None:
        (tmp_path / "trace" / "a.zip").mkdir(parents=True)
        async with saving(tmp_path) as fetched:
            await fetched.get()
        assert tree(tmp_path) == {"trace/a (2).zip": TRACE}

    async def test_a_pipe_in_place_of_the_unfinished_file(self, saving: Saving, tmp_path: Path) -> None:
        (tmp_path / "trace").mkdir()
        os.mkfifo(tmp_path / "trace" / ".a.zip.part")
        async with saving(tmp_path) as fetched:
            await fetched.get()
        assert tree(tmp_path) == {"trace/a (2).zip": TRACE}

    async def test_a_pipe_in_place_of_the_manifest(self, saving: Saving, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / MANIFEST)
        async with saving(tmp_path) as fetched:
            await fetched.get()
        assert tree(tmp_path) == {"trace/a.zip": TRACE}

    async def test_a_file_created_meanwhile_is_not_overwritten(self, saving: Saving, tmp_path: Path) -> None:
        async with saving(tmp_path) as fetched:

            def put_there(_which: object, transfer: Transfer) -> None:
                log.append(transfer)
                if transfer.stage is Stage.DOWNLOADING:
                    (tmp_path / "trace" / "a.zip").write_bytes(b"mine")

            log: list[Transfer] = []
            await fetched.downloads.get(fetched.ids(), put_there)
            assert log[-1].path == tmp_path / "trace" / "a (2).zip"
        assert tree(tmp_path) == {"trace/a.zip": b"mine", "trace/a (2).zip": TRACE}

    async def test_another_process_that_downloads_the_same_file(self, saving: Saving, tmp_path: Path) -> None:
        async with saving(tmp_path) as fetched:
            fetched.stored.gate = asyncio.Event()
            other = asyncio.ensure_future(fetched.get())
            await until((tmp_path / "trace" / ".a.zip.part").exists)
            clock = FakeClock()
            waiting = asyncio.ensure_future(failed(fetched.again(clock)))
            for attempt in range(1, 20):
                await until(partial(_has_slept, clock, attempt))
                await clock.advance(0.5)
            assert "Another tvtui is downloading" in await waiting
            other.cancel()
            with suppress(asyncio.CancelledError):
                await other
            fetched.stored.gate.set()
            await fetched.again().get()
        assert tree(tmp_path) == {"trace/a.zip": TRACE}

    async def test_another_process_that_completes_the_same_file(self, saving: Saving, tmp_path: Path) -> None:
        async with saving(tmp_path) as fetched:
            fetched.stored.gate = asyncio.Event()
            other = asyncio.ensure_future(fetched.get())
            await until((tmp_path / "trace" / ".a.zip.part").exists)
            clock = FakeClock()
            waiting = asyncio.ensure_future(fetched.again(clock).get())
            await until(lambda: clock.slept > 0)
            fetched.stored.gate.set()
            await other
            await clock.advance(0.5)
            assert (await waiting)["trace/a.zip"].was_there
        assert tree(tmp_path) == {"trace/a.zip": TRACE}


class TestFileSystem:
    """Errors of the file system are reported in one sentence."""

    @pytest.mark.parametrize(
        ("number", "words"),
        [
            (errno.ENOSPC, "The disk is full. Free some space and download it again; the received part is kept."),
            (errno.EDQUOT, "Your disk quota is exceeded"),
            (errno.EIO, "cannot be written: Input/output error."),
            (errno.EROFS, "is on a read-only file system"),
            (errno.EACCES, "No permission to write"),
        ],
    )
    async def test_a_failed_write(
        self, saving: Saving, number: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room = 100_000
        write = os.write

        def full(file: int, data: bytes) -> int:
            nonlocal room
            if not stat.S_ISREG(os.fstat(file).st_mode) or len(data) < 1000:
                return write(file, data)
            if room == 0:
                raise OSError(number, os.strerror(number))
            written = write(file, data[:room])
            room -= written
            return written

        async with saving(tmp_path) as fetched:
            with monkeypatch.context() as patch:
                patch.setattr("os.write", full)
                assert words in await failed(fetched)
            assert tree(tmp_path)["trace/.a.zip.part"] == TRACE[:100_000]
            await fetched.get()
            assert tree(tmp_path) == {"trace/a.zip": TRACE}
            assert fetched.stored.ranges == [0, 100_000]

    async def test_a_file_that_is_too_large(self, saving: Saving, tmp_path: Path) -> None:
        async with saving(tmp_path) as fetched:
            with at_most(200_000):
                assert "is too large for this file system" in await failed(fetched)
            await fetched.get()
            assert tree(tmp_path) == {"trace/a.zip": TRACE}

    @pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write anywhere")
    async def test_no_permission(self, saving: Saving, tmp_path: Path) -> None:
        (tmp_path / "d").mkdir(mode=0o500)
        async with saving(tmp_path / "d") as fetched:
            assert "No permission to write" in await failed(fetched)

    async def test_a_name_that_the_locale_cannot_represent(
        self, saving: Saving, tmp_path: Path, environ: pytest.MonkeyPatch
    ) -> None:
        def latin(*_args: object, **_named: object) -> None:
            "größe".encode("ascii")

        async with saving(tmp_path) as fetched:
            environ.setattr("os.mkdir", latin)
            assert "cannot be represented in this locale" in await failed(fetched)

    async def test_a_name_that_is_too_long(self, saving: Saving, tmp_path: Path) -> None:
        async with saving(tmp_path / ("x" * 300)) as fetched:
            assert "is too long for this file system" in await failed(fetched)


@contextmanager
def at_most(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
