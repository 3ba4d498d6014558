"""Downloads from a storage on real sockets: expiring links, interrupted responses, complete files."""

from __future__ import annotations

import asyncio
import errno
import gzip
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.support.builders import an_artifact
from tests.support.clock import FakeClock
from tests.support.http import (
    LINK_SECRET,
    ORIGIN,
    Connection,
    DownloadSetup,
    StorageServer,
    TransferLog,
    WrongAnswer,
    cut_off,
    fail,
    stall,
    storage_server,
    until,
)
from tvtui.artifacts.downloads.file import RateMeter
from tvtui.artifacts.downloads.queue import Downloads
from tvtui.artifacts.downloads.run_folder import RunFolder
from tvtui.artifacts.transfer import Stage
from tvtui.testvibe.errors import Refused
from tvtui.testvibe.links import ArtifactLink

TRACE = os.urandom(700_000)
DONE = [Stage.WAITING, Stage.DOWNLOADING, Stage.DONE]
FAILED = [Stage.WAITING, Stage.DOWNLOADING, Stage.FAILED]


async def packed(there: StorageServer, connection: Connection, body: bytes) -> None:
    body = gzip.compress(body)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    await connection.send(head.encode() + body)


async def packed_and_cut_off(there: StorageServer, connection: Connection, body: bytes) -> None:
    body = gzip.compress(body)
    fields = f"Content-Encoding: gzip\r\nETag: {there.etag}\r\nContent-Length: {len(body)}"
    await connection.send(f"HTTP/1.1 200 OK\r\n{fields}\r\n\r\n".encode() + body[: len(body) // 2])
    connection.close()


async def all_in_chunks(there: StorageServer, connection: Connection, body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    await connection.send(head + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")


async def cancelled(fetched: DownloadSetup, *wanted: str) -> TransferLog:
    """Cancel downloads after half of the first file was received."""
    log = TransferLog()
    task = asyncio.ensure_future(fetched.downloads.get(fetched.ids(wanted), log))
    await until(lambda: any(name.endswith(".part") and body for name, body in fetched.there.items()))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return log


async def _these(*links: ArtifactLink) -> tuple[ArtifactLink, ...]:
    return links


def state_of(thing: object) -> str:
    """The attributes of an object, and of our objects among them, as a debugger shows them."""
    attributes = getattr(thing, "__dict__", {})
    ours = (value for value in attributes.values() if type(value).__module__.startswith("tvtui.artifacts"))
    return "".join([repr(attributes), *map(state_of, ours)])


class TestWhole:
    """Files appear only when they are complete."""

    async def test_the_requested_files_are_downloaded_and_no_others(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path / "d", trace__a_zip=TRACE, empty_txt=b"", other_txt=b"x") as fetched:
            log = await fetched.get("trace/a.zip", "empty.txt")
            assert fetched.there == {"trace/a.zip": TRACE, "empty.txt": b""}
            assert log.stages("trace/a.zip") == log.stages("empty.txt") == DONE
            done = log["trace/a.zip"]
            assert (done.received, done.total, done.note, done.was_there) == (700_000, 700_000, "", False)
            assert done.path == tmp_path / "d" / "trace" / "a.zip"
            assert fetched.stored.lists == 1

    @pytest.mark.skipif(os.name != "posix", reason="there are no such permissions on this system")
    async def test_files_are_accessible_only_by_their_owner(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path / "d", trace__a_zip=TRACE) as fetched:
            await fetched.get()
        modes = [
            path.stat().st_mode & 0o777 for path in (tmp_path / "d", tmp_path / "d/trace", tmp_path / "d/trace/a.zip")
        ]
        assert modes == [0o700, 0o700, 0o600]

    async def test_a_complete_file_is_not_downloaded_again(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            await fetched.get()
            log = await fetched.again().get()
            assert log["a.zip"].was_there
            assert log["a.zip"].received == 700_000
            assert len(fetched.stored.server.requests) == 1

    async def test_a_file_whose_path_had_to_be_cleaned_is_not_downloaded_again(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            (link,) = await fetched.stored.fetch_links()
            odd = replace(link, artifact=an_artifact("a\u202e.zip?sig=SECRET", size=link.artifact.size))
            which = (odd.artifact.path, 0)
            logs = [TransferLog(), TransferLog()]
            for log in logs:
                run = RunFolder(fetched.folder, ORIGIN, is_fixed=True)
                await Downloads(partial(_these, odd), fetched.storage, run, fetched.clock).get([which], log)
            assert [log.all[which][-1].was_there for log in logs] == [False, True]
            assert not any(b"SECRET" in path.read_bytes() for path in fetched.folder.iterdir())

    async def test_another_file_of_that_name_is_not_overwritten(self, tmp_path: Path) -> None:
        (tmp_path / "a.zip").write_bytes(b"mine")
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            log = await fetched.get()
            assert fetched.there == {"a.zip": b"mine", "a (2).zip": TRACE}
            assert log["a.zip"].path == tmp_path / "a (2).zip"
            assert log["a.zip"].note.endswith("a (2).zip, because another a.zip exists.")
            assert (await fetched.get())["a.zip"].was_there

    async def test_a_file_is_not_saved_in_the_place_of_another_artifact(self, tmp_path: Path) -> None:
        (tmp_path / "a.zip").write_bytes(b"mine")
        async with storage_server(tmp_path, a_zip=TRACE, A_zip=b"two") as fetched:
            await fetched.get("a.zip")
            await fetched.get()
            assert fetched.there == {"a.zip": b"mine", "A (2).zip": b"two", "a (3).zip": TRACE}

    async def test_two_artifacts_with_equal_paths_get_different_places(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=b"one", A_zip=b"two!") as fetched:
            await fetched.get()
            assert fetched.there == {"a.zip": b"one", "A (2).zip": b"two!"}

    @pytest.mark.parametrize("size", [699_999, 700_001, 0])
    async def test_a_file_of_another_announced_size_is_not_saved(self, size: int, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.sizes["a.zip"] = size
            log = await fetched.get()
            assert log["a.zip"].note == (f"The storage has 700,000 bytes, but the server's list says {size:,}.")
            assert fetched.there == {}

    @pytest.mark.parametrize(
        ("size", "words"), [(699_999, "more than the 699,999 bytes"), (700_001, "700,000 bytes inst")]
    )
    async def test_a_file_of_another_received_size_is_not_saved(self, size: int, words: str, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.sizes["a.zip"] = size
            fetched.stored.wrong = [all_in_chunks] * 9
            log = await fetched.get()
            assert words in log["a.zip"].note
            assert log.stages("a.zip") == FAILED
            assert fetched.there == {}
            assert len(fetched.stored.server.requests) == 1

    async def test_the_storage_may_announce_a_size_that_is_not_in_the_list(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.sizes["a.zip"] = None
            assert (await fetched.get())["a.zip"].total == 700_000
            assert (await fetched.get())["a.zip"].was_there
            assert fetched.there == {"a.zip": TRACE}

    async def test_a_file_of_unknown_size_is_saved(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.sizes["a.zip"] = None
            fetched.stored.wrong = [all_in_chunks, all_in_chunks]
            assert (await fetched.get())["a.zip"].total == 700_000
            assert fetched.there == {"a.zip": TRACE}

    @pytest.mark.parametrize("packing", [all_in_chunks, packed])
    async def test_a_file_of_unknown_size_is_limited(self, packing: WrongAnswer, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE, b_zip=TRACE[: 600 << 10]) as setup:
            fetched = setup.again(largest_unknown=600 << 10)
            fetched.stored.sizes = {"a.zip": None, "b.zip": None}
            fetched.stored.wrong = [packing] * 9
            log = await fetched.get("a.zip")
            assert log["a.zip"].note == "The file is larger than 600 KiB, and its size was not announced."
            assert fetched.there == {}
            await fetched.get("b.zip")
            assert fetched.there == {"b.zip": TRACE[: 600 << 10]}

    async def test_the_file_is_synced_before_it_is_renamed_and_its_folder_afterwards(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path, synced = tmp_path / "trace" / "a.zip", []

        def sync(file: int, _real: Callable[[int], None] = os.fsync) -> None:
            info = os.fstat(file)
            synced.append((info.st_ino, info.st_size if stat.S_ISREG(info.st_mode) else None, path.exists()))
            _real(file)

        monkeypatch.setattr(os, "fsync", sync)
        async with storage_server(tmp_path, trace__a_zip=TRACE) as fetched:
            await fetched.get()
        expected: list[tuple[int, int | None, bool]] = [(path.stat().st_ino, len(TRACE), False)]
        if os.name == "posix":
            expected.append((path.parent.stat().st_ino, None, True))
        assert synced == expected


class TestBrokenOff:
    """Received bytes are not lost."""

    async def test_it_is_resumed_automatically(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.wrong = [cut_off]
            log = await fetched.get()
            assert log.stages("a.zip") == DONE
            assert fetched.there == {"a.zip": TRACE}
            assert fetched.stored.ranges == [0, 350_000]
            received = [transfer.received for transfer in log.all["a.zip", 0]]
            assert received == sorted(received)

    async def test_it_restarts_if_the_storage_does_not_support_ranges(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.wrong, fetched.stored.knows_ranges = [cut_off], False
            await fetched.get()
            assert fetched.there == {"a.zip": TRACE}

    async def test_it_restarts_if_there_is_no_strong_etag(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.wrong, fetched.stored.etag = [cut_off], "W/weak"
            await fetched.get()
            assert fetched.there == {"a.zip": TRACE}
            assert fetched.stored.ranges == [0, 0]

    async def test_it_restarts_if_the_file_has_changed(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.wrong = [cut_off, fail]
            assert (await fetched.get())["a.zip"].stage is Stage.FAILED
            newer = bytes(reversed(TRACE))
            fetched.stored.files["a.zip"], fetched.stored.etag = newer, '"v2"'
            await fetched.again().get()
            assert fetched.there == {"a.zip": newer}
            assert fetched.stored.ranges == [0, 350_000, 350_000]

    async def test_a_failed_download_reports_why_and_is_resumed_later(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, trace__a_zip=TRACE) as fetched:
            fetched.stored.wrong = [cut_off, fail]
            log = await fetched.get()
            assert log["trace/a.zip"].note.startswith("The storage 127.0.0.1:")
            assert "returned 500" in log["trace/a.zip"].note
            assert fetched.there == {
                "trace/.a.zip.part": TRACE[:350_000],
            }
            assert (await fetched.again().get())["trace/a.zip"].stage is Stage.DONE
            assert fetched.there == {"trace/a.zip": TRACE}
            assert fetched.stored.ranges == [0, 350_000, 350_000]

    async def test_it_fails_after_too_many_attempts(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.wrong, fetched.stored.knows_ranges = [cut_off] * 9, False
            assert "before the end of the file" in (await fetched.get())["a.zip"].note
            assert len(fetched.stored.server.requests) == 4

    async def test_a_cancelled_download_is_resumed_by_another_process(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE, b_zip=b"b") as fetched:
            fetched.stored.wrong = [stall, stall]
            log = await cancelled(fetched)
            assert log["a.zip"].stage is log["b.zip"].stage is Stage.CANCELLED
            await fetched.again().get()
            assert fetched.there == fetched.stored.files
            assert any(0 < start <= 350_000 for start in fetched.stored.ranges), "the end of the received part"

    async def test_an_unfinished_file_of_unknown_origin_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / ".a.zip.part").write_bytes(TRACE[:9])
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            await fetched.get()
            assert fetched.there == {".a.zip.part": TRACE[:9], "a (2).zip": TRACE}
            assert fetched.stored.ranges == [0]

    async def test_a_stale_etag_is_not_trusted(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.wrong = [cut_off, fail]
            await fetched.get()
            fetched.stored.wrong, fetched.stored.etag = [cut_off, fail], "W/weak"
            await fetched.again().get()
            await fetched.again().get()
            assert fetched.stored.ranges == [0, 350_000, 350_000, 0, 0]
            assert fetched.there == {"a.zip": TRACE}

    async def test_a_complete_unfinished_file_is_only_renamed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail_to_sync(_file: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            with monkeypatch.context() as patch:
                patch.setattr(os, "fsync", fail_to_sync)
                assert (await fetched.get())["a.zip"].stage is Stage.FAILED
            assert (await fetched.again().get())["a.zip"].stage is Stage.DONE
            assert len(fetched.stored.server.requests) == 1
            assert (await fetched.again().get())["a.zip"].was_there

    async def test_a_storage_that_changes_the_file_and_ignores_if_range_is_not_joined(self, tmp_path: Path) -> None:
        async def joined(there: StorageServer, connection: Connection, body: bytes) -> None:
            content_range = f"bytes 350000-{len(body) - 1}/{len(body)}"
            await connection.answer(body[350_000:], "206 Partial Content", Content_Range=content_range)

        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.wrong = [cut_off, fail]
            await fetched.get()
            newer = bytes(reversed(TRACE))
            fetched.stored.files["a.zip"], fetched.stored.etag = newer, '"v2"'
            fetched.stored.wrong = [joined]
            assert (await fetched.again().get())["a.zip"].stage is Stage.DONE
            assert fetched.there == {"a.zip": newer}


class TestCompressedAtRest:
    """A storage may hold files compressed: they are saved as a browser saves them."""

    TEXT = b"a log that can be compressed\n" * 20_000

    @pytest.mark.parametrize("size", ["stored", "decompressed", None])
    async def test_the_list_may_have_either_size_or_none(self, size: str | None, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_log=self.TEXT) as fetched:
            sizes = {"stored": len(gzip.compress(self.TEXT)), "decompressed": len(self.TEXT), None: None}
            fetched.stored.sizes["a.log"] = sizes[size]
            fetched.stored.wrong = [packed] * 9
            assert (await fetched.get())["a.log"].received == len(self.TEXT)
            assert fetched.there == {"a.log": self.TEXT}
            assert (await fetched.again().get())["a.log"].was_there

    async def test_another_size_is_an_error(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_log=self.TEXT) as fetched:
            fetched.stored.sizes["a.log"] = len(self.TEXT) + 1
            fetched.stored.wrong = [packed] * 9
            assert "instead of" in (await fetched.get())["a.log"].note
            assert fetched.there == {}

    @pytest.mark.parametrize("first", [cut_off, packed_and_cut_off])
    async def test_compressed_bytes_are_not_joined_with_others(self, first: WrongAnswer, tmp_path: Path) -> None:
        then = packed if first is cut_off else None
        async with storage_server(tmp_path, a_log=self.TEXT) as fetched:
            fetched.stored.wrong = [first, fail]
            await fetched.get()
            fetched.stored.wrong = [] if then is None else [then]
            await fetched.again().get()
            assert fetched.there == {"a.log": self.TEXT}


class TestLinks:
    """Links are requested when they are needed, and renewed once."""

    async def test_an_expired_link_is_renewed_once_for_all_downloads(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=b"a", b_zip=b"b", c_zip=b"c") as fetched:
            await fetched.get("a.zip")
            fetched.stored.valid = 2
            log = await fetched.get()
            assert fetched.stored.lists == 2
            assert fetched.there == fetched.stored.files
            assert log.stages("b.zip") == log.stages("c.zip") == DONE

    async def test_a_storage_that_rejects_fresh_links_is_not_asked_for_more_with_each_artifact(
        self, tmp_path: Path
    ) -> None:
        files = {f"a{number}_zip": b"x" for number in range(20)}
        async with storage_server(tmp_path, FakeClock(), **files) as fetched:
            fetched.stored.valid = 1_000
            log = await fetched.get()
            assert {log[path].stage for path in fetched.stored.files} == {Stage.FAILED}
            assert fetched.stored.lists == 2
            # another call may find that it works again
            await fetched.get("a0.zip")
            assert fetched.stored.lists == 3

    async def test_links_that_expire_together_are_all_renewed(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=b"a", b_zip=b"b", c_zip=b"c") as fetched:

            async def fetch() -> tuple[ArtifactLink, ...]:
                if fetched.stored.lists:
                    await until(lambda: len(fetched.stored.server.requests) == 3 and not fetched.stored.under_way)
                    for _ in range(200):
                        # what the other two rejections lead to
                        await asyncio.sleep(0)
                return await fetched.stored.fetch_links()

            fetched.stored.valid = 2
            run = RunFolder(fetched.folder, ORIGIN, is_fixed=True)
            await Downloads(fetch, fetched.storage, run, fetched.clock).get(fetched.ids(), TransferLog())
            assert fetched.there == fetched.stored.files
            assert fetched.stored.lists == 2

    async def test_an_expired_link_is_not_renewed_twice(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=b"a") as fetched:
            fetched.stored.valid = 99
            log = await fetched.get()
            assert "rejected the link (403)" in log["a.zip"].note
            assert (fetched.stored.lists, len(fetched.stored.server.requests)) == (2, 2)

    async def test_a_list_expires(self, tmp_path: Path) -> None:
        clock = FakeClock()
        async with storage_server(tmp_path, clock, a_zip=b"a", b_zip=b"b", c_zip=b"c") as fetched:
            await fetched.get("a.zip")
            await clock.advance(9)
            await fetched.get("b.zip")
            assert fetched.stored.lists == 1
            await clock.advance(2)
            await fetched.get("c.zip")
            assert fetched.stored.lists == 2

    async def test_all_downloads_fail_if_the_list_cannot_be_requested(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path / "d", **{f"f{number}_txt": b"x" for number in range(50)}) as fetched:
            fetched.stored.fails = Refused("The key was refused.", "Set a valid one.")
            log = await fetched.get()
            assert {log[path].note for path in fetched.stored.files} == {"The key was refused. Set a valid one."}
            assert {log[path].stage for path in fetched.stored.files} == {Stage.FAILED}
            assert fetched.stored.lists == 1
            assert not (tmp_path / "d").exists()
            fetched.stored.fails = None
            assert (await fetched.get())["f0.txt"].stage is Stage.DONE

    async def test_a_missing_artifact_is_reported(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=b"a") as fetched:
            log = await fetched.get("a.zip", "b.zip")
            assert log["b.zip"].note == "b.zip is no longer in the server's list."
            assert log["a.zip"].stage is Stage.DONE

    async def test_no_file_and_no_report_contains_a_link(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE, b_zip=b"b") as fetched:
            fetched.stored.wrong = [cut_off, fail]
            log = await fetched.get()
            left = [*map(os.fsencode, fetched.there), *fetched.there.values(), repr(log.all).encode()]
            assert not any(LINK_SECRET.encode() in text for text in left)
            assert all(b"authorization" not in request.lower() for request in fetched.stored.server.requests)
            assert LINK_SECRET not in state_of(fetched.downloads)


class TestMany:
    """Three downloads at a time, across all calls."""

    async def test_two_hundred_files(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, **{f"f{number}_txt": b"x" * number for number in range(200)}) as fetched:
            fetched.stored.gate = asyncio.Event()
            call = asyncio.ensure_future(fetched.get())
            await until(lambda: fetched.stored.under_way == 3)
            fetched.stored.gate.set()
            log = await call
            assert fetched.there == fetched.stored.files
            assert fetched.stored.most == 3
            assert all(log.stages(path) == DONE for path in fetched.stored.files)

    async def test_calls_share_the_limit_and_download_nothing_twice(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, **{f"f{number}_txt": b"x" for number in range(6)}) as fetched:
            fetched.stored.gate = asyncio.Event()
            names = list(fetched.stored.files)
            calls = [asyncio.ensure_future(fetched.get(*names)) for names in (names[:4], names[2:])]
            await until(lambda: fetched.stored.under_way == 3)
            fetched.stored.gate.set()
            first, second = await asyncio.gather(*calls)
            assert fetched.stored.most == 3
            assert len(fetched.stored.server.requests) == 6
            assert second[names[2]].was_there
            assert first.stages(names[2]) == DONE

    async def test_several_runs_can_share_the_limit(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, **{f"f{number}_txt": b"x" for number in range(6)}) as fetched:
            # of one list, as each new one invalidates the links of those before
            links = await fetched.stored.fetch_links()
            fetched.stored.gate = asyncio.Event()
            slots = asyncio.Semaphore(2)
            log = TransferLog()
            calls = [
                asyncio.ensure_future(
                    Downloads(
                        partial(_these, *links),
                        fetched.storage,
                        RunFolder(tmp_path / name, ORIGIN),
                        fetched.clock,
                        slots=slots,
                    ).get(fetched.ids(), log)
                )
                for name in ("one", "two")
            ]
            await until(lambda: fetched.stored.under_way == 2)
            fetched.stored.gate.set()
            await asyncio.gather(*calls)
            assert fetched.stored.most == 2
            assert len(fetched.there) == 12

    async def test_a_failed_download_does_not_affect_others(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=b"a", b_zip=b"b", c_zip=b"c", d_zip=b"d") as fetched:
            fetched.stored.wrong = [fail]
            log = await fetched.get()
            stages = [log[path].stage for path in fetched.stored.files]
            assert sorted(stages) == ["done", "done", "done", "failed"]

    async def test_cancelling_before_the_first_request(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path / "d", a_zip=b"a") as fetched:
            log = TransferLog()
            task = asyncio.ensure_future(fetched.downloads.get(fetched.ids(), log))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert log.stages("a.zip") == [Stage.WAITING, Stage.CANCELLED]
            assert fetched.there == {}
            assert (await fetched.get())["a.zip"].stage is Stage.DONE


def test_the_rate_is_that_of_the_last_five_seconds() -> None:
    meter = RateMeter(100.0, 5_000)
    assert meter.rate == 0
    reports = [tenth for tenth in range(1, 101) if meter.update(100 + tenth / 10, 5_000 + tenth * 100)]
    assert len(reports) == 33
    assert meter.rate == pytest.approx(1_000)
    for second in range(11, 21):
        meter.update(100.0 + second, 15_000)
    assert meter.rate == 0
