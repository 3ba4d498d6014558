"""What ends a watch from outside: signals and closed pipes."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tvtui.cli.process import on_closed_pipe, on_signals, run_to_exit_code, signals_cancel

ENDING_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name)]


class TestClosedPipe:
    """`tvtui watch 214 | head -1`."""

    @pytest.mark.skipif(sys.platform == "win32", reason="event loops of Windows do not support it")
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

    @pytest.mark.skipif(sys.platform == "win32", reason="event loops of Windows do not support it")
    @pytest.mark.parametrize("number", ENDING_SIGNALS)
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

    @pytest.mark.parametrize("number", ENDING_SIGNALS)
    def test_end_a_watch_wherever_they_arrive(self, number: signal.Signals) -> None:
        class Finalized:
            """What a finalizer raises is lost."""

            def __del__(self) -> None:
                signal.raise_signal(number)

        async def work() -> int:
            finalized = Finalized()
            del finalized
            await asyncio.wait_for(asyncio.get_running_loop().create_future(), 20)
            return 0

        before = signal.getsignal(number)
        assert run_to_exit_code(work(), lambda: 6) == 128 + number
        assert signal.getsignal(number) is before

    def test_end_a_watch_that_would_have_returned(self) -> None:
        async def work() -> int:
            signal.raise_signal(signal.SIGTERM)
            with suppress(asyncio.CancelledError):
                await asyncio.get_running_loop().create_future()
            return 0

        assert run_to_exit_code(work(), lambda: 6) == 143

    @pytest.mark.skipif(sys.platform == "win32", reason="signals of Windows do not interrupt what blocks")
    @pytest.mark.parametrize("number", ENDING_SIGNALS)
    def test_interrupt_what_blocks(self, number: signal.Signals) -> None:
        reader, writer = os.pipe()

        async def work() -> int:
            signal.raise_signal(number)
            os.read(reader, 1)
            return 0

        assert run_to_exit_code(work(), lambda: 6, patience=0.001) == 128 + number
        os.close(reader)
        os.close(writer)

    def test_a_second_one_raises(self) -> None:
        async def work() -> int:
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            return 0

        assert run_to_exit_code(work(), lambda: 6) == 143

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
    @pytest.mark.usefixtures("hangups_ignored")
    async def test_ignored_signals_stay_ignored(self) -> None:
        left: list[int] = []
        with on_signals(left.append), signals_cancel(left):
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.sleep(0)
        assert left == []
