"""What ends a watch from outside: signals and closed pipes."""

from __future__ import annotations

import asyncio
import gc
import io
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.process import started
from tvtui import cli
from tvtui.cli.process import on_closed_pipe, on_signals, run_in_loop, run_to_exit_code, signals_cancel
from tvtui.cli.signals import Watchdog, at_forced_exit, force_exit, hang_up, interrupt

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

    @pytest.mark.parametrize("number", ENDING_SIGNALS)
    async def test_reach_the_loop(self, number: signal.Signals) -> None:
        received: asyncio.Queue[int] = asyncio.Queue()
        before = signal.getsignal(number)
        with on_signals(received.put_nowait):
            signal.raise_signal(number)
            assert await received.get() == number
        assert signal.getsignal(number) is before

    @pytest.mark.parametrize(
        ("disposition", "number"), [(signal.default_int_handler, signal.SIGINT), (signal.SIG_IGN, signal.SIGTERM)]
    )
    async def test_the_interrupt_key_of_the_app_always_is_one(
        self, disposition: signal.Handlers, number: signal.Signals
    ) -> None:
        before = signal.signal(signal.SIGINT, disposition)
        received: asyncio.Queue[int] = asyncio.Queue()
        with on_signals(received.put_nowait):
            await asyncio.to_thread(interrupt)
            assert await received.get() == number
        signal.signal(signal.SIGINT, before)

    async def test_a_lost_terminal_ends_a_watch_as_its_signal_does(self) -> None:
        received: asyncio.Queue[int] = asyncio.Queue()
        with on_signals(received.put_nowait):
            await asyncio.to_thread(hang_up)
            assert await received.get() == signal.SIGHUP

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

    @pytest.mark.parametrize("nth", range(1, 40, 3))
    def test_lose_nothing_that_the_loop_is_about_to_do(self, nth: int) -> None:
        class Interrupted(deque[asyncio.Handle]):
            """What the loop does next; a signal arrives when it has taken the nth piece of work."""

            taken = 0

            def popleft(self) -> asyncio.Handle:
                taken = super().popleft()
                self.taken += 1
                if self.taken == nth:
                    signal.raise_signal(signal.SIGINT)
                return taken

        async def step() -> None:
            for _ in range(3):
                await asyncio.sleep(0)

        async def work() -> int:
            loop = asyncio.get_running_loop()
            loop._ready = Interrupted(loop._ready)  # type: ignore[attr-defined]  # asyncio has no public queue
            while True:
                async with asyncio.TaskGroup() as tasks:
                    for _ in range(3):
                        tasks.create_task(step())

        assert run_to_exit_code(work(), lambda: 6) == 130

    def test_are_all_noted_and_none_is_raised(self) -> None:
        received: list[int] = []

        async def work() -> None:
            with signals_cancel(received):
                signal.raise_signal(signal.SIGTERM)
                signal.raise_signal(signal.SIGINT)
                with suppress(asyncio.CancelledError):
                    await asyncio.get_running_loop().create_future()

        run_in_loop(work())
        assert received == [signal.SIGTERM, signal.SIGINT]

    def test_garbage_is_collected_while_it_works(self) -> None:
        async def work() -> bool:
            return gc.isenabled()

        gc.disable()
        try:
            assert run_in_loop(work())
        finally:
            gc.enable()

    def test_a_task_that_refuses_to_end_is_abandoned(self) -> None:
        async def refuse() -> None:
            while True:
                with suppress(asyncio.CancelledError):
                    await asyncio.get_running_loop().create_future()

        async def work() -> int:
            left.append(asyncio.create_task(refuse()))
            await asyncio.sleep(0)
            return 7

        left: list[asyncio.Task[None]] = []
        assert run_in_loop(work(), clean_up_seconds=0.01) == 7
        assert not left[0].done()
        # nothing needs to be logged about it
        left[0]._log_destroy_pending = False  # type: ignore[attr-defined]  # asyncio's own, for tasks left on purpose

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
    @pytest.mark.usefixtures("hangups_ignored")
    async def test_ignored_signals_stay_ignored(self) -> None:
        left: list[int] = []
        with on_signals(left.append), signals_cancel(left):
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.sleep(0)
        assert left == []


class Stuck:
    """A main thread that waits in C code until the watchdog ends it."""

    def __init__(self, now: Callable[[], float] = lambda: 0.0, patience: float = 600.0) -> None:
        self._reader, self._writer = os.pipe()
        self.ended_with: list[int] = []
        self.watchdog = Watchdog(self._end, patience=patience, now=now)

    def _end(self, number: int) -> None:
        self.ended_with.append(number)
        os.write(self._writer, b"x")

    def wait(self) -> int:
        os.read(self._reader, 1)
        os.close(self._reader)
        os.close(self._writer)
        return self.ended_with[0]


@pytest.mark.skipif(sys.platform == "win32", reason="the event loops of Windows need the place of the watchdog")
class TestWatchdog:
    """A process whose main thread is stuck."""

    @pytest.fixture(autouse=True)
    def unhandled(self) -> Iterator[None]:
        before = {number: signal.signal(number, lambda *_: None) for number in ENDING_SIGNALS}
        yield
        for number, disposition in before.items():
            signal.signal(number, disposition)

    @pytest.mark.parametrize("number", ENDING_SIGNALS)
    def test_is_ended_some_time_after_a_signal(self, number: signal.Signals) -> None:
        stuck = Stuck(patience=0.001)
        stuck.watchdog.start()
        os.kill(os.getpid(), number)
        assert stuck.wait() == number
        stuck.watchdog.stop()

    def test_is_ended_at_once_by_a_second_signal(self) -> None:
        stuck = Stuck()
        stuck.watchdog.start()
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        assert stuck.wait() == signal.SIGTERM
        stuck.watchdog.stop()

    def test_a_signal_that_is_sent_twice_at_once_is_one(self) -> None:
        times = iter([0.0, 0.1, 0.3])
        asked: list[float] = []
        was_asked = threading.Semaphore(0)

        def now() -> float:
            asked.append(next(times))
            was_asked.release()
            return asked[-1]

        stuck = Stuck(now=now)
        stuck.watchdog.start()
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGTERM)
            was_asked.acquire()
        assert stuck.wait() == signal.SIGTERM
        assert asked == [0.0, 0.1, 0.3]
        stuck.watchdog.stop()

    def test_other_signals_are_none_of_its_business(self) -> None:
        stuck = Stuck()
        stuck.watchdog.start()
        before = signal.signal(signal.SIGUSR1, lambda *_: None)
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGUSR1)
        signal.signal(signal.SIGUSR1, before)
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGINT)
        assert stuck.wait() == signal.SIGHUP
        stuck.watchdog.stop()


def test_a_forced_exit_restores_what_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr(os, "_exit", done.append)

    def fail() -> None:
        raise OSError

    with at_forced_exit(lambda: done.append("settings")), at_forced_exit(fail):
        # it changes the signals of its thread
        ending = threading.Thread(target=force_exit, args=(143,))
        ending.start()
        ending.join()
    assert done == ["settings", 143]


INTERRUPTED_IN_AN_IMPORT = """
import signal, sys
left = int(sys.argv.pop(1))

def count(event, _details):
    global left
    if event == "import":
        left -= 1
        if not left:
            signal.raise_signal(signal.SIGINT)

from tvtui.cli import main
import tvtui.cli.signals
sys.addaudithook(count)
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize(("nth", "mode"), [(1, "--lines"), (100, "--json"), (250, "--lines"), (400, "--json")])
def test_an_interrupt_during_the_start_ends_it(nth: int, mode: str) -> None:
    words = [sys.executable, "-c", INTERRUPTED_IN_AN_IMPORT, str(nth), "demo", "queued", mode]
    environ = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[2])}
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60, env=environ)
    assert (done.returncode, done.stderr) == (130, "")


INTERRUPTED_IN_A_FINALIZER = """
import signal
from tvtui.cli import main
from tvtui.cli.request import Environment

class Finalized:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def watch(_request):
    Finalized()
    return 0

main(environment=Environment(watch=watch))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_an_interrupt_is_not_lost_where_exceptions_are() -> None:
    words = [sys.executable, "-c", INTERRUPTED_IN_A_FINALIZER, "demo"]
    environ = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[2])}
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60, env=environ)
    assert (done.returncode, done.stderr) == (130, "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("mode", ["--lines", "--json"])
def test_an_interrupt_ends_it_while_its_output_is_not_read(mode: str) -> None:
    with started("demo", "large", mode, "--speed", "1000") as watch:
        assert watch.stdout is not None
        # the rest does not fit into the pipe
        watch.stdout.read(1)
        watch.send_signal(signal.SIGINT)
        watch.send_signal(signal.SIGTERM)
        assert watch.wait(timeout=20) in {130, 143}
