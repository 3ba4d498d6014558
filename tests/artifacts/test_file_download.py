"""One download in memory: how often bytes are written, and what is reported."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest

from tests.support.clock import FakeClock
from tests.support.http import ORIGIN
from tvtui.artifacts.downloads.file import FileDownload
from tvtui.artifacts.downloads.run_folder import RunFolder
from tvtui.artifacts.downloads.safe_names import Place
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.testvibe.links import SignedLink
from tvtui.testvibe.storage import Storage

PIECE = 64 << 10


async def writes(pauses: Sequence[float], folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of all writes, in pieces, of a download that receives a piece after each of these pauses."""
    clock, sizes, reports = FakeClock(), [], list[Transfer]()
    size = PIECE * len(pauses)

    async def pieces() -> AsyncIterator[bytes]:
        for pause in pauses:
            clock.skip(pause)
            yield b"x" * PIECE

    def write(file: int, data: bytes, _real: object = os.write) -> int:
        assert callable(_real)
        if len(data) >= PIECE:
            sizes.append(len(data) // PIECE)
        return int(_real(file, data))

    def respond(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Length": str(size)}, content=pieces())

    storage = Storage(transport=httpx.MockTransport(respond))
    download = FileDownload(
        which=("a.zip", 0),
        link=SignedLink("https://storage.example/a.zip?sig=x"),
        size=size,
        place=Place(("a.zip",)),
        reserved=(),
        storage=storage,
        folder=RunFolder(folder, ORIGIN, is_fixed=True),
        clock=clock,
        report=reports.append,
    )
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        await download.run()
    await storage.aclose()
    assert (folder / "a.zip").stat().st_size == size
    assert (reports[-1].stage, reports[-1].received) == (Stage.DONE, size)
    assert [report.received for report in reports] == sorted(report.received for report in reports)
    return sizes


async def test_a_fast_download_is_written_in_large_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await writes([0.0] * 10, tmp_path, monkeypatch) == [4, 4, 2]


async def test_a_slow_download_is_written_as_it_is_received(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await writes([1.0] * 3, tmp_path, monkeypatch) == [1, 1, 1]


async def test_a_single_pause_causes_a_single_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await writes([1.0, *[0.0] * 5], tmp_path, monkeypatch) == [1, 4, 1]
