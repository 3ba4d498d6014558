"""Downloads from a storage on real sockets: links that expire, answers that break off, files that are whole."""

from __future__ import annotations

import asyncio
import gzip
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.http import (
    LINK_SECRET,
    Connection,
    DownloadSetup,
    StorageServer,
    TransferLog,
    WrongAnswer,
    storage_server,
)
from tvtui.artifacts.downloads.file import RateMeter
from tvtui.artifacts.downloads.queue import Downloads
from tvtui.artifacts.transfer import Stage
from tvtui.testvibe.errors import Refused

TRACE = os.urandom(700_000)
DONE = [Stage.WAITING, Stage.GOING, Stage.DONE]
FAILED = [Stage.WAITING, Stage.GOING, Stage.FAILED]


async def packed(there: StorageServer, connection: Connection, body: bytes) -> None:
    body = gzip.compress(body)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    await connection.send(head.encode() + body)


async def cut_off(there: StorageServer, connection: Connection, body: bytes) -> None:
    """Half of it, then the line goes dead."""
    head = f"HTTP/1.1 200 OK\r\nETag: {there.etag}\r\nContent-Length: {len(body)}\r\n\r\n"
    await connection.send(head.encode() + body[: len(body) // 2])
    connection._writer.close()


async def fail(there: StorageServer, connection: Connection, body: bytes) -> None:
    await connection.answer(b"", "500 Internal Server Error")


async def stall(there: StorageServer, connection: Connection, body: bytes) -> None:
    """Half of it, and then nothing for ever."""
    head = f"HTTP/1.1 200 OK\r\nETag: {there.etag}\r\nContent-Length: {len(body)}\r\n\r\n"
    await connection.send(head.encode() + body[: len(body) // 2])
    await connection.left()


async def all_in_chunks(there: StorageServer, connection: Connection, body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    await connection.send(head + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(1000):
        if is_so():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come to be")


async def cancelled(fetched: DownloadSetup, *wanted: str) -> TransferLog:
    """Cancel downloads once half of the first has come."""
    told = TransferLog()
    task = asyncio.ensure_future(fetched.downloads.get(fetched.ids(wanted), told))
    await until(lambda: any(name.endswith(".part") and body for name, body in fetched.there.items()))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return told


class TestWhole:
    """Files appear whole or not at all."""

    async def test_what_was_asked_for_is_there_and_nothing_else(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path / "d", trace__a_zip=TRACE, empty_txt=b"", other_txt=b"x") as fetched:
            told = await fetched.get("trace/a.zip", "empty.txt")
            assert fetched.there == {"trace/a.zip": TRACE, "empty.txt": b""}
            assert told.stages("trace/a.zip") == told.stages("empty.txt") == DONE
            done = told["trace/a.zip"]
            assert (done.received, done.total, done.note, done.was_there) == (700_000, 700_000, "", False)
            assert done.path == tmp_path / "d" / "trace" / "a.zip"
            assert fetched.stored.lists == 1

    @pytest.mark.skipif(os.name != "posix", reason="there are no such permissions on this system")
    async def test_for_its_owner_alone(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path / "d", trace__a_zip=TRACE) as fetched:
            await fetched.get()
        modes = [
            path.stat().st_mode & 0o777 for path in (tmp_path / "d", tmp_path / "d/trace", tmp_path / "d/trace/a.zip")
        ]
        assert modes == [0o700, 0o700, 0o600]

    async def test_what_is_there_is_not_fetched_again(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            await fetched.get()
            told = await fetched.again().get()
            assert told["a.zip"].was_there
            assert told["a.zip"].received == 700_000
            assert len(fetched.stored.server.requests) == 1

    async def test_another_file_of_that_name_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "a.zip").write_bytes(b"mine")
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            told = await fetched.get()
            assert fetched.there == {"a.zip": b"mine", "a (2).zip": TRACE}
            assert told["a.zip"].path == tmp_path / "a (2).zip"
            assert told["a.zip"].note.endswith("a (2).zip, as another file is there as a.zip.")
            assert (await fetched.get())["a.zip"].was_there

    async def test_nor_is_it_saved_as_another_artifact(self, tmp_path: Path) -> None:
        (tmp_path / "a.zip").write_bytes(b"mine")
        async with storage_server(tmp_path, a_zip=TRACE, **{"a (2)_zip": b"two"}) as fetched:
            await fetched.get()
            assert fetched.there == {"a.zip": b"mine", "a (2).zip": b"two", "a (3).zip": TRACE}

    async def test_what_two_artifacts_share_is_a_path_and_no_place(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=b"one", A_zip=b"two!") as fetched:
            await fetched.get()
            assert fetched.there == {"a.zip": b"one", "A (2).zip": b"two!"}

    @pytest.mark.parametrize("size", [699_999, 700_001, 0])
    async def test_another_length_than_the_lists_is_not_saved(self, size: int, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.sizes["a.zip"] = size
            told = await fetched.get()
            assert told["a.zip"].note == (
                f"The storage has 700,000 bytes of it where the server's list says {size:,}: not saved."
            )
            assert fetched.there == {}

    @pytest.mark.parametrize(
        ("size", "words"), [(699_999, "more than the 699,999 bytes"), (700_001, "700,000 bytes inst")]
    )
    async def test_nor_where_the_storage_announces_none(self, size: int, words: str, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.sizes["a.zip"] = size
            fetched.stored.wrong = [all_in_chunks] * 9
            told = await fetched.get()
            assert words in told["a.zip"].note
            assert told.stages("a.zip") == FAILED
            assert fetched.there == {}
            assert len(fetched.stored.server.requests) == 1

    async def test_where_the_list_tells_no_size_the_storage_does(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.sizes["a.zip"] = None
            assert (await fetched.get())["a.zip"].total == 700_000
            assert (await fetched.get())["a.zip"].was_there
            assert fetched.there == {"a.zip": TRACE}

    async def test_where_nobody_tells_it_what_comes_is_believed(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.sizes["a.zip"] = None
            fetched.stored.wrong = [all_in_chunks, all_in_chunks]
            assert (await fetched.get())["a.zip"].total == 700_000
            assert fetched.there == {"a.zip": TRACE}

    @pytest.mark.parametrize("packing", [all_in_chunks, packed])
    async def test_but_not_without_end(
        self, packing: WrongAnswer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tvtui.artifacts.downloads.file._LARGEST_UNKNOWN", 600 << 10)
        async with storage_server(tmp_path, a_zip=TRACE, b_zip=TRACE[: 600 << 10]) as fetched:
            fetched.stored.sizes = {"a.zip": None, "b.zip": None}
            fetched.stored.wrong = [packing] * 9
            told = await fetched.get("a.zip")
            assert told["a.zip"].note == "More than 600 KiB came of a file whose size nobody tells: not saved."
            assert fetched.there == {}
            await fetched.get("b.zip")
            assert fetched.there == {"b.zip": TRACE[: 600 << 10]}

    async def test_it_is_written_through_to_the_disk_before_it_has_its_name_and_then_the_name_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place, through = tmp_path / "trace" / "a.zip", []

        def write_through(file: int, _real: Callable[[int], None] = os.fsync) -> None:
            info = os.fstat(file)
            through.append((info.st_ino, info.st_size if stat.S_ISREG(info.st_mode) else None, place.exists()))
            _real(file)

        monkeypatch.setattr("os.fsync", write_through)
        async with storage_server(tmp_path, trace__a_zip=TRACE) as fetched:
            await fetched.get()
        expected: list[tuple[int, int | None, bool]] = [(place.stat().st_ino, len(TRACE), False)]
        if os.name == "posix":
            expected.append((place.parent.stat().st_ino, None, True))
        assert through == expected


class TestBrokenOff:
    """What has come is not lost."""

    async def test_it_goes_on_by_itself(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.wrong = [cut_off]
            told = await fetched.get()
            assert told.stages("a.zip") == DONE
            assert fetched.there == {"a.zip": TRACE}
            assert fetched.stored.ranges == [0, 350_000]
            received = [transfer.received for transfer in told.all["a.zip", 0]]
            assert received == sorted(received)

    async def test_it_starts_anew_where_the_storage_knows_no_ranges(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.wrong, fetched.stored.knows_ranges = [cut_off], False
            await fetched.get()
            assert fetched.there == {"a.zip": TRACE}

    async def test_and_where_it_has_no_mark_of_the_version(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.wrong, fetched.stored.etag = [cut_off], "W/weak"
            await fetched.get()
            assert fetched.there == {"a.zip": TRACE}
            assert fetched.stored.ranges == [0, 0]

    async def test_and_where_the_file_is_another_one_now(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.wrong = [cut_off, fail]
            assert (await fetched.get())["a.zip"].stage is Stage.FAILED
            newer = bytes(reversed(TRACE))
            fetched.stored.files["a.zip"], fetched.stored.etag = newer, '"v2"'
            await fetched.again().get()
            assert fetched.there == {"a.zip": newer}
            assert fetched.stored.ranges == [0, 350_000, 350_000]

    async def test_a_failed_one_says_why_and_goes_on_when_tried_again(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, trace__a_zip=TRACE) as fetched:
            fetched.stored.wrong = [cut_off, fail]
            told = await fetched.get()
            assert told["trace/a.zip"].note.startswith("The storage 127.0.0.1:")
            assert "answered 500" in told["trace/a.zip"].note
            assert fetched.there == {
                "trace/.a.zip.part": TRACE[:350_000],
                "trace/.a.zip.part.etag": b'"v1"',
            }
            assert (await fetched.again().get())["trace/a.zip"].stage is Stage.DONE
            assert fetched.there == {"trace/a.zip": TRACE}
            assert fetched.stored.ranges == [0, 350_000, 350_000]

    async def test_one_that_breaks_off_again_and_again_fails(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.wrong, fetched.stored.knows_ranges = [cut_off] * 9, False
            assert "before the file's end" in (await fetched.get())["a.zip"].note
            assert len(fetched.stored.server.requests) == 4

    async def test_a_cancelled_one_goes_on_in_another_process(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE, b_zip=b"b") as fetched:
            fetched.stored.wrong = [stall, stall]
            told = await cancelled(fetched)
            assert told["a.zip"].stage is told["b.zip"].stage is Stage.CANCELLED
            await fetched.again().get()
            assert fetched.there == fetched.stored.files
            assert any(0 < start <= 350_000 for start in fetched.stored.ranges), "where the bytes that had come end"

    @pytest.mark.parametrize("etag", [None, b'"v1"'])
    async def test_an_unfinished_one_of_unknown_origin_is_not_trusted(self, etag: bytes | None, tmp_path: Path) -> None:
        (tmp_path / ".a.zip.part").write_bytes(b"?" * (10 if etag is None else 700_001))
        if etag:
            (tmp_path / ".a.zip.part.etag").write_bytes(etag)
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            await fetched.get()
            assert fetched.there == {"a.zip": TRACE}
            assert fetched.stored.ranges == [0]

    async def test_nor_is_a_mark_that_was_left_behind(self, tmp_path: Path) -> None:
        (tmp_path / ".a.zip.part.etag").write_bytes(b'"v0"')
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            fetched.stored.wrong, fetched.stored.etag = [cut_off, fail], "W/weak"
            await fetched.get()
            await fetched.again().get()
            assert fetched.stored.ranges == [0, 0, 0]
            assert fetched.there == {"a.zip": TRACE}

    async def test_what_only_lacked_its_name_is_not_asked_for(self, tmp_path: Path) -> None:
        (tmp_path / ".a.zip.part").write_bytes(TRACE)
        (tmp_path / ".a.zip.part.etag").write_bytes(b'"v1"')
        async with storage_server(tmp_path, a_zip=TRACE) as fetched:
            assert (await fetched.get())["a.zip"].stage is Stage.DONE
            assert fetched.stored.server.requests == []


class TestLinks:
    """Fetched right before, and once more."""

    async def test_one_that_has_expired_is_replaced_once_for_all(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=b"a", b_zip=b"b", c_zip=b"c") as fetched:
            await fetched.get("a.zip")
            fetched.stored.valid = 2
            told = await fetched.get()
            assert fetched.stored.lists == 2
            assert fetched.there == fetched.stored.files
            assert told.stages("b.zip") == told.stages("c.zip") == DONE

    async def test_but_not_twice(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=b"a") as fetched:
            fetched.stored.valid = 99
            told = await fetched.get()
            assert "refused the link (403)" in told["a.zip"].note
            assert (fetched.stored.lists, len(fetched.stored.server.requests)) == (2, 2)

    async def test_a_list_grows_old(self, tmp_path: Path) -> None:
        clock = FakeClock()
        async with storage_server(tmp_path, clock, a_zip=b"a", b_zip=b"b", c_zip=b"c") as fetched:
            await fetched.get("a.zip")
            await clock.advance(9)
            await fetched.get("b.zip")
            assert fetched.stored.lists == 1
            await clock.advance(2)
            await fetched.get("c.zip")
            assert fetched.stored.lists == 2

    async def test_where_there_are_none_all_fail_alike(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path / "d", **{f"f{number}_txt": b"x" for number in range(50)}) as fetched:
            fetched.stored.fails = Refused("The key was refused.", "Set a valid one.")
            told = await fetched.get()
            assert {told[path].note for path in fetched.stored.files} == {"The key was refused. Set a valid one."}
            assert {told[path].stage for path in fetched.stored.files} == {Stage.FAILED}
            assert fetched.stored.lists == 1
            assert not (tmp_path / "d").exists()
            fetched.stored.fails = None
            assert (await fetched.get())["f0.txt"].stage is Stage.DONE

    async def test_an_artifact_that_is_gone_is_said_to_be(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=b"a") as fetched:
            told = await fetched.get("a.zip", "b.zip")
            assert told["b.zip"].note == "b.zip is not in the server's list any more."
            assert told["a.zip"].stage is Stage.DONE

    async def test_nothing_that_is_left_holds_one(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=TRACE, b_zip=b"b") as fetched:
            fetched.stored.wrong = [cut_off, fail]
            told = await fetched.get()
            left = [*map(os.fsencode, fetched.there), *fetched.there.values(), repr(told.all).encode()]
            assert not any(LINK_SECRET.encode() in text for text in left)
            assert all(b"authorization" not in request.lower() for request in fetched.stored.server.requests)
            assert LINK_SECRET not in repr(vars(fetched.downloads)) + repr(vars(fetched.downloads._offers))


class TestMany:
    """Three at a time, whoever asks."""

    async def test_two_hundred_of_them(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, **{f"f{number}_txt": b"x" * number for number in range(200)}) as fetched:
            fetched.stored.gate = asyncio.Event()
            call = asyncio.ensure_future(fetched.get())
            await until(lambda: fetched.stored.under_way == 3)
            fetched.stored.gate.set()
            told = await call
            assert fetched.there == fetched.stored.files
            assert fetched.stored.most == 3
            assert all(told.stages(path) == DONE for path in fetched.stored.files)

    async def test_calls_share_the_limit_and_fetch_nothing_twice(self, tmp_path: Path) -> None:
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

    async def test_the_downloads_of_several_runs_share_it_where_it_is_handed_in(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, **{f"f{number}_txt": b"x" for number in range(6)}) as fetched:
            fetched.stored.gate = asyncio.Event()
            slots = asyncio.Semaphore(2)
            told = TransferLog()
            calls = [
                asyncio.ensure_future(
                    Downloads(
                        fetched.stored.fetch_links, fetched.storage, tmp_path / name, fetched.clock, slots=slots
                    ).get(fetched.ids(), told)
                )
                for name in ("one", "two")
            ]
            await until(lambda: fetched.stored.under_way == 2)
            fetched.stored.gate.set()
            await asyncio.gather(*calls)
            assert fetched.stored.most == 2
            assert len(fetched.there) == 12

    async def test_one_that_fails_stops_no_other(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=b"a", b_zip=b"b", c_zip=b"c", d_zip=b"d") as fetched:
            fetched.stored.wrong = [fail]
            told = await fetched.get()
            stages = [told[path].stage for path in fetched.stored.files]
            assert sorted(stages) == ["done", "done", "done", "failed"]

    async def test_cancelled_before_anything_has_begun(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path / "d", a_zip=b"a") as fetched:
            told = TransferLog()
            task = asyncio.ensure_future(fetched.downloads.get(fetched.ids(), told))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert told.stages("a.zip") == [Stage.WAITING, Stage.CANCELLED]
            assert fetched.there == {}
            assert (await fetched.get())["a.zip"].stage is Stage.DONE


def test_a_rate_is_that_of_the_last_seconds() -> None:
    meter = RateMeter(100.0, 5_000)
    assert meter.rate == 0
    told = [second for second in range(1, 101) if meter.read(100 + second / 10, 5_000 + second * 100)]
    assert len(told) == 33
    assert meter.rate == pytest.approx(1_000)
    for second in range(11, 21):
        meter.read(100.0 + second, 15_000)
    assert meter.rate == 0
