"""What lies in the way of a download: links, pipes, other files, full disks, and other processes."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.http import DownloadSetup, storage_server
from tvtui.artifacts.downloads import safe_folder as folders
from tvtui.artifacts.transfer import Stage, Transfer

TRACE = os.urandom(300_000)

resource = pytest.importorskip("resource")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links and pipes are made as POSIX has them")


@pytest.fixture(params=[True, False], ids=["by handle", "by path"])
def way(request: pytest.FixtureRequest, environ: pytest.MonkeyPatch) -> None:
    """As platforms do it that can open a file in an open folder, and as the others do."""
    environ.setattr(folders, "_HAS_DIR_FD", request.param)
    if not request.param:
        environ.setattr(folders, "_AS_FILE", os.O_NONBLOCK)


async def failed(fetched: DownloadSetup) -> str:
    transfer = (await fetched.get())["trace/a.zip"]
    assert transfer.stage is Stage.FAILED
    assert transfer.note.count("\n") == 0
    return transfer.note


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("way")
class TestLinks:
    """Nothing is written through one."""

    @pytest.mark.parametrize("place", ["d", "d/trace"])
    async def test_a_folder_that_is_one(self, place: str, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).symlink_to(outside)
        async with storage_server(tmp_path / "d", trace__a_zip=TRACE) as fetched:
            assert f"{tmp_path / place} is a symbolic link" in await failed(fetched)
        assert tree(outside) == {}

    async def test_a_folder_above(self, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (tmp_path / "tvtui-artifacts").symlink_to(outside)
        async with storage_server(tmp_path / "tvtui-artifacts" / "run-214", trace__a_zip=TRACE) as fetched:
            assert "is a symbolic link" in await failed(fetched)
        assert list(outside.iterdir()) == []

    @pytest.mark.parametrize("leads_to", ["a file", "nowhere"])
    async def test_the_file_itself(self, leads_to: str, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        if leads_to == "a file":
            victim.write_bytes(TRACE)
        (tmp_path / "d" / "trace").mkdir(parents=True)
        (tmp_path / "d" / "trace" / "a.zip").symlink_to(victim)
        async with storage_server(tmp_path / "d", trace__a_zip=TRACE) as fetched:
            transfer = (await fetched.get())["trace/a.zip"]
        assert transfer.path == tmp_path / "d" / "trace" / "a (2).zip"
        assert transfer.path.read_bytes() == TRACE
        assert victim.exists() == (leads_to == "a file")

    @pytest.mark.parametrize("name", [".a.zip.part", ".a.zip.part.etag"])
    async def test_what_we_write_meanwhile(self, name: str, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.write_bytes(b"mine")
        (tmp_path / "d" / "trace").mkdir(parents=True)
        (tmp_path / "d" / "trace" / name).symlink_to(victim)
        async with storage_server(tmp_path / "d", trace__a_zip=TRACE) as fetched:
            transfer = (await fetched.get())["trace/a.zip"]
        assert victim.read_bytes() == b"mine"
        assert ("is no file of ours: remove it" in transfer.note) == name.endswith(".part")

    @pytest.mark.parametrize("name", [".a.zip.part", ".a.zip.part.etag"])
    async def test_a_second_name_of_another_file(self, name: str, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.write_bytes(b"mine")
        (tmp_path / "d" / "trace").mkdir(parents=True)
        (tmp_path / "d" / "trace" / name).hardlink_to(victim)
        async with storage_server(tmp_path / "d", trace__a_zip=TRACE) as fetched:
            await fetched.get()
        assert victim.read_bytes() == b"mine"


@pytest.mark.usefixtures("way")
class TestInTheWay:
    """And said to be."""

    async def test_a_file_where_a_folder_belongs(self, tmp_path: Path) -> None:
        (tmp_path / "trace").write_bytes(b"mine")
        async with storage_server(tmp_path, trace__a_zip=TRACE) as fetched:
            assert "trace is in the way, where a folder belongs" in await failed(fetched)
        assert tree(tmp_path) == {"trace": b"mine"}

    async def test_a_file_where_the_folder_of_all_belongs(self, tmp_path: Path) -> None:
        (tmp_path / "d").write_bytes(b"mine")
        async with storage_server(tmp_path / "d" / "run-214", trace__a_zip=TRACE) as fetched:
            assert "something that is no folder is in the way" in await failed(fetched)

    async def test_a_folder_where_the_file_belongs(self, tmp_path: Path) -> None:
        (tmp_path / "trace" / "a.zip").mkdir(parents=True)
        async with storage_server(tmp_path, trace__a_zip=TRACE) as fetched:
            await fetched.get()
        assert tree(tmp_path) == {"trace/a (2).zip": TRACE}

    async def test_a_pipe_where_we_write_holds_nothing_up(self, tmp_path: Path) -> None:
        (tmp_path / "trace").mkdir()
        os.mkfifo(tmp_path / "trace" / ".a.zip.part")
        async with storage_server(tmp_path, trace__a_zip=TRACE) as fetched:
            assert "is no file of ours: remove it" in await failed(fetched)

    async def test_nor_does_one_where_its_version_should_stand(self, tmp_path: Path) -> None:
        (tmp_path / "trace").mkdir()
        (tmp_path / "trace" / ".a.zip.part").write_bytes(TRACE[:9])
        os.mkfifo(tmp_path / "trace" / ".a.zip.part.etag")
        async with storage_server(tmp_path, trace__a_zip=TRACE) as fetched:
            await fetched.get()
        assert tree(tmp_path) == {"trace/a.zip": TRACE}

    async def test_what_comes_from_elsewhere_meanwhile_is_not_written_over(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, trace__a_zip=TRACE) as fetched:

            def put_there(_which: object, transfer: Transfer) -> None:
                told.append(transfer)
                if transfer.stage is Stage.GOING:
                    (tmp_path / "trace" / "a.zip").write_bytes(b"mine")

            told: list[Transfer] = []
            await fetched.downloads.get(fetched.ids(), put_there)
            assert "has come from elsewhere meanwhile" in told[-1].note
            assert (tmp_path / "trace" / "a.zip").read_bytes() == b"mine"

    async def test_another_process_at_the_same_file(self, tmp_path: Path) -> None:
        fcntl = pytest.importorskip("fcntl")
        (tmp_path / "trace").mkdir()
        with (tmp_path / "trace" / ".a.zip.part").open("wb") as other:
            other.write(b"half")
            other.flush()
            fcntl.flock(other, fcntl.LOCK_EX)
            async with storage_server(tmp_path, trace__a_zip=TRACE) as fetched:
                assert "Another tvtui is downloading" in await failed(fetched)
        assert tree(tmp_path) == {"trace/.a.zip.part": b"half"}


@pytest.mark.usefixtures("way")
class TestUnwilling:
    """The disk, in one sentence each."""

    @pytest.mark.parametrize(
        ("number", "words"),
        [
            (errno.ENOSPC, "The disk is full: make room and download it again; what has come is kept."),
            (errno.EDQUOT, "Your share of the disk is used up"),
            (errno.EIO, "cannot be written: Input/output error."),
            (errno.EROFS, "lies where nothing can be written"),
            (errno.EACCES, "There is no permission to write"),
        ],
    )
    async def test_writing_fails_in_the_middle(
        self, number: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room = 100_000
        write = os.write

        def full(file: int, data: bytes) -> int:
            nonlocal room
            if not stat.S_ISREG(os.fstat(file).st_mode) or len(data) < 100:
                return write(file, data)
            if room == 0:
                raise OSError(number, os.strerror(number))
            written = write(file, data[:room])
            room -= written
            return written

        async with storage_server(tmp_path, trace__a_zip=TRACE) as fetched:
            with monkeypatch.context() as patch:
                patch.setattr("os.write", full)
                assert words in await failed(fetched)
            assert tree(tmp_path)["trace/.a.zip.part"] == TRACE[:100_000]
            await fetched.get()
            assert tree(tmp_path) == {"trace/a.zip": TRACE}
            assert fetched.stored.ranges == [0, 100_000]

    async def test_a_file_may_not_become_so_large(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, trace__a_zip=TRACE) as fetched:
            with at_most(200_000):
                assert "becomes larger than a file may be here" in await failed(fetched)
            await fetched.get()
            assert tree(tmp_path) == {"trace/a.zip": TRACE}

    @pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write anywhere")
    async def test_no_permission(self, tmp_path: Path) -> None:
        (tmp_path / "d").mkdir(mode=0o500)
        async with storage_server(tmp_path / "d", trace__a_zip=TRACE) as fetched:
            assert "There is no permission to write" in await failed(fetched)

    async def test_a_name_that_the_locale_does_not_know(self, tmp_path: Path, environ: pytest.MonkeyPatch) -> None:
        def latin(*_args: object, **_named: object) -> None:
            "größe".encode("ascii")

        async with storage_server(tmp_path, trace__a_zip=TRACE) as fetched:
            environ.setattr("os.mkdir", latin)
            assert "cannot be written in this system's locale" in await failed(fetched)

    async def test_a_name_that_is_too_long_for_the_disk(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path / ("x" * 300), trace__a_zip=TRACE) as fetched:
            assert "is too long for this file system" in await failed(fetched)


@contextmanager
def at_most(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
