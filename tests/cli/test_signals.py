"""What ends a watch from outside: signals and closed pipes."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tvtui.cli.process import on_closed_pipe, on_signals, signals_raise


class TestClosedPipe:
    """`tvtui watch 214 | head -1`."""

    async def test_is_noticed_even_if_nothing_is_written(self) -> None:
        reader, writer = os.pipe()
        left = asyncio.Event()
        with os.fdopen(writer, "w") as out, on_closed_pipe(out, left.set):
            await asyncio.sleep(0.01)
            assert not left.is_set()
            os.close(reader)
            await left.wait()

    async def test_an_open_pipe_is_not_closed(self) -> None:
        reader, writer = os.pipe()
        left = asyncio.Event()
        with os.fdopen(writer, "w") as out, os.fdopen(reader), on_closed_pipe(out, left.set):
            out.write("16:02:11\n")
            out.flush()
            await asyncio.sleep(0.01)
        assert not left.is_set()

    async def test_files_and_other_streams_are_not_pipes(self, tmp_path: Path) -> None:
        left = asyncio.Event()
        with (tmp_path / "out").open("w") as file, on_closed_pipe(file, left.set):
            await asyncio.sleep(0)
        with on_closed_pipe(io.StringIO(), left.set):
            await asyncio.sleep(0)
        assert not left.is_set()

    async def test_is_not_noticed_where_loops_do_not_support_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        reader, writer = os.pipe()
        left = asyncio.Event()
        monkeypatch.setattr(os, "name", "nt")
        with os.fdopen(writer, "w") as out, on_closed_pipe(out, left.set):
            os.close(reader)
            await asyncio.sleep(0.01)
        assert not left.is_set()


@pytest.fixture
def hangups_ignored() -> Iterator[None]:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


class TestSignals:
    """SIGTERM, SIGHUP and SIGINT."""

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
    async def test_reach_the_loop(self, number: signal.Signals) -> None:
        received: asyncio.Queue[int] = asyncio.Queue()
        with on_signals(received.put_nowait):
            os.kill(os.getpid(), number)
            assert await received.get() == number
        assert signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}

    async def test_keep_their_effect_where_loops_do_not_support_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*_: object) -> None:
            raise NotImplementedError

        before = signal.getsignal(signal.SIGTERM)
        monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", unknown)
        with on_signals(print):
            assert signal.getsignal(signal.SIGTERM) is before

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
    def test_raise_at_once_even_from_a_blocked_write(self, number: signal.Signals, code: int) -> None:
        before = signal.getsignal(number)
        with pytest.raises(SystemExit) as ending, signals_raise():
            os.kill(os.getpid(), number)
        assert ending.value.code == code
        assert signal.getsignal(number) is before

    @pytest.mark.usefixtures("hangups_ignored")
    async def test_ignored_signals_stay_ignored(self) -> None:
        left: list[int] = []
        with on_signals(left.append), signals_raise():
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.sleep(0)
        assert left == []
