"""A watch in a terminal: when it is the screen's, and what is left behind."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from tests.support.builders import ANSWERED, FAILED, PASSED, RUNNING_NOW, a_run
from tests.support.server import FakeClient, no_network
from tests.support.watch import watch_answers
from tvtui.cli import screen
from tvtui.cli.frontend import has_terminal
from tvtui.cli.request import Mode
from tvtui.testvibe.errors import ClientError, NotFound, Refused, Unreachable
from tvtui.testvibe.models import Run
from tvtui.testvibe.server import Server
from tvtui.watch.events import Problem, Snapshot


@pytest.fixture(autouse=True)
def server() -> Iterator[None]:
    with no_network():
        yield


class FakeApp:
    """Shows nothing: asks once and is left."""

    crash: BaseException | None = None
    starting = ""

    def __init__(self, server: Server, **given: object) -> None:
        self.server = server
        self.given = given
        self.closed: list[SimpleNamespace] = []
        self.runs = [SimpleNamespace(run_id=214, repeats=None, snapshot=None, problem=None)]
        self.has_left = asyncio.Event()

    async def run_async(self) -> None:
        try:
            answer = await self.server.fetcher(214)()
        except ClientError as error:
            self.runs[0].problem = Problem(error, 0.0, 1, 2.0)
        else:
            self.runs[0].snapshot = Snapshot(answer.run, 0.0, ANSWERED, None, is_final=True)

    def exit(self) -> None:
        self.has_left.set()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> type[FakeApp]:
    class App(FakeApp):
        """Each test may change its own."""

    monkeypatch.setattr("tvtui.cli.screen._app_class", lambda: App)
    return App


@pytest.mark.usefixtures("app")
class TestScreen:
    """In a terminal."""

    @pytest.mark.parametrize(
        ("run", "code", "word"), [(PASSED, 0, "PASSED"), (FAILED, 1, "FAILED"), (RUNNING_NOW, 6, "RUNNING")]
    )
    def test_leaves_a_summary(self, run: Run, code: int, word: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert watch_answers(run, mode=Mode.SCREEN) == code
        out, err = capsys.readouterr()
        assert word in out.splitlines()[0]
        assert out.splitlines()[-1] == "Watch again: tvtui watch 214"
        assert err == ""

    def test_a_failed_run_that_was_closed_has_failed_all_the_same(self, app: type[FakeApp]) -> None:
        async def close(self: FakeApp) -> None:
            await FakeApp.run_async(self)
            snapshot = Snapshot(FAILED, 0.0, ANSWERED, None, is_final=True)
            self.closed.append(SimpleNamespace(run_id=7, repeats=None, snapshot=snapshot, problem=None))

        app.run_async = close  # type: ignore[method-assign]  # each test may change its own
        assert watch_answers(PASSED, mode=Mode.SCREEN) == 1

    def test_a_run_that_may_have_been_started_is_told_at_the_end(
        self, app: type[FakeApp], capsys: pytest.CaptureFixture[str]
    ) -> None:
        app.starting = "A run of Login"
        assert watch_answers(PASSED, mode=Mode.SCREEN) == 0
        assert "A run of Login may or may not have started" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("error", "code"), [(Refused("Refused."), 3), (NotFound("Not found."), 4), (Unreachable("Down."), 6)]
    )
    def test_or_what_stood_between(self, error: ClientError, code: int, capsys: pytest.CaptureFixture[str]) -> None:
        assert watch_answers(error, mode=Mode.SCREEN) == code
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"tvtui: {error.what}")

    def test_a_crash_is_no_failed_run(self, app: type[FakeApp], capsys: pytest.CaptureFixture[str]) -> None:
        app.crash = ZeroDivisionError("a bug")
        with pytest.raises(ZeroDivisionError, match="a bug"):
            watch_answers(PASSED, mode=Mode.SCREEN)
        assert capsys.readouterr().out == ""

    def test_a_signal_lets_the_app_leave_the_terminal_as_it_was(
        self, app: type[FakeApp], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async def until_told(self: FakeApp) -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            await self.has_left.wait()

        monkeypatch.setattr(app, "run_async", until_told)
        assert watch_answers(RUNNING_NOW, mode=Mode.SCREEN) == 143
        assert capsys.readouterr() == ("", "")

    def test_a_signal_before_the_app_is_there_keeps_it_from_coming(
        self, app: type[FakeApp], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def load() -> type[FakeApp]:
            os.kill(os.getpid(), signal.SIGINT)
            seen = threading.Event()
            for _ in range(5):
                FakeClient.made[0].loop.call_soon_threadsafe(seen.set)
                seen.wait()
                seen.clear()
            return app

        monkeypatch.setattr("tvtui.cli.screen._app_class", load)
        monkeypatch.setattr(app, "run_async", None)
        assert watch_answers(RUNNING_NOW, mode=Mode.SCREEN) == 130

    def test_of_several_and_one_command_for_all(
        self, app: type[FakeApp], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async def see_both(self: FakeApp) -> None:
            await FakeApp.run_async(self)
            other = Snapshot(a_run(run_id=215, status="passed"), 0.0, ANSWERED, None, is_final=True)
            silent = SimpleNamespace(run_id=216, repeats=None, snapshot=None, problem=None)
            self.runs += [SimpleNamespace(run_id=215, repeats=None, snapshot=other, problem=None), silent]

        monkeypatch.setattr(app, "run_async", see_both)
        assert watch_answers(PASSED, mode=Mode.SCREEN) == 6
        lines = capsys.readouterr().out.splitlines()
        assert [lines.index(line) for line in lines if line.startswith("✓ PASSED")] == [0, 3]
        assert lines[2] == lines[5] == ""
        assert lines[6:] == ["Watch again: tvtui watch 214 215"]

    def test_a_terminal_that_is_gone_is_no_crash(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Gone(io.StringIO):
            def flush(self) -> None:
                raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", Gone())
            assert watch_answers(FAILED, mode=Mode.SCREEN) == 1

    def test_the_real_app_is_what_is_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        from tvtui.tui.app import TvtuiApp

        assert screen._app_class() is TvtuiApp


class Stream(io.StringIO):
    """A stream that is a terminal or not."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


class TestTerminal:
    """The screen needs keys, a place to draw, and a terminal that can move its cursor."""

    @pytest.fixture
    def terminal(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Stream]]:
        """Makes terminals of the standard streams but for those that are given."""
        with monkeypatch.context() as patch:

            def make(**others: object) -> Stream:
                patch.setenv("TERM", "xterm-256color")
                out = Stream(is_terminal=True)
                for name in ("stdin", "stdout", "stderr"):
                    patch.setattr(sys, name, others.get(name, out))
                return out

            yield make

    def test_three_terminals_are_one(self, terminal: Callable[..., Stream]) -> None:
        terminal()
        assert has_terminal()

    @pytest.mark.parametrize("other", [Stream(is_terminal=False), None])
    @pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
    def test_each_of_them_is_needed(self, name: str, other: Stream | None, terminal: Callable[..., Stream]) -> None:
        terminal(**{name: other})
        assert not has_terminal()

    def test_a_dumb_one_will_not_do(self, terminal: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch) -> None:
        terminal()
        monkeypatch.setenv("TERM", "dumb")
        assert not has_terminal()

    @pytest.mark.usefixtures("app")
    def test_with_one_the_screen_is_shown(self, terminal: Callable[..., Stream]) -> None:
        out = terminal()
        assert watch_answers(PASSED, mode=None) == 0
        assert out.getvalue().startswith("✓ PASSED")

    def test_without_one_lines_are(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert watch_answers(PASSED, mode=None) == 0
        assert capsys.readouterr().out.startswith("16:30:00 ✓ passed")
