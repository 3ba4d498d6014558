"""A watch in a terminal: when it takes the screen, and what it prints at the end."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from tests.support.app import FakeApp, seen
from tests.support.builders import FAILED, PASSED, RUNNING_NOW, a_case, a_run
from tests.support.server import FakeClients
from tests.support.watch import watch_answers
from tvtui.cli.frontend import has_terminal
from tvtui.cli.screen import load_app
from tvtui.testvibe.errors import ClientError, NotFound, Refused, Unreachable
from tvtui.testvibe.models import Run
from tvtui.tui.app import TvtuiApp
from tvtui.watch.request import Mode


def shows(
    *answers: Run | ClientError | Callable[[], Run], app: type[FakeApp] = FakeApp, run_ids: tuple[int, ...] = (214,)
) -> int:
    """The exit code of a watch on the screen by such an app."""
    return watch_answers(*answers, mode=Mode.SCREEN, run_ids=run_ids, load_app=lambda: cast("type[TvtuiApp]", app))


class TestScreen:
    """In a terminal."""

    @pytest.mark.parametrize(
        ("run", "code", "word"), [(PASSED, 0, "PASSED"), (FAILED, 1, "FAILED"), (RUNNING_NOW, 6, "RUNNING")]
    )
    def test_prints_a_summary_at_the_end(
        self, run: Run, code: int, word: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert shows(run) == code
        out, err = capsys.readouterr()
        assert word in out.splitlines()[0]
        assert out.splitlines()[-1] == "Watch again: tvtui watch 214"
        assert "" not in out.splitlines()
        assert err == ""

    @pytest.mark.parametrize(("closed", "code"), [(FAILED, 1), (PASSED, 0), (RUNNING_NOW, 0)])
    def test_the_result_of_a_closed_run_counts_if_it_had_ended(self, closed: Run, code: int) -> None:
        class Closing(FakeApp):
            async def run_async(self, *, mouse: bool = True) -> None:
                await super().run_async()
                self.runs[1].apply(seen(closed))
                self.runs.close(self.runs[1])

        assert shows(PASSED, app=Closing, run_ids=(214, 7)) == code

    def test_a_run_that_may_have_started_is_reported_at_the_end(self, capsys: pytest.CaptureFixture[str]) -> None:
        class Starting(FakeApp):
            starting = "A run of Login"

        assert shows(PASSED, app=Starting) == 0
        assert "A run of Login may or may not have started" in capsys.readouterr().err

    @pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
    def test_so_is_one_after_a_signal(self, capsys: pytest.CaptureFixture[str]) -> None:
        class Starting(FakeApp):
            starting = "A run of Login"

            async def run_async(self, *, mouse: bool = True) -> None:
                os.kill(os.getpid(), signal.SIGTERM)
                await self.has_quit.wait()

        assert shows(PASSED, app=Starting) == 143
        assert "A run of Login may or may not have started" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("error", "code"), [(Refused("Refused."), 3), (NotFound("Not found."), 4), (Unreachable("Down."), 6)]
    )
    def test_without_an_answer_the_problem_is_all_there_is(
        self, error: ClientError, code: int, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert shows(error) == code
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"tvtui: {error.what}")

    def test_a_crash_is_not_a_failed_run(self, capsys: pytest.CaptureFixture[str]) -> None:
        class Crashed(FakeApp):
            crash = ZeroDivisionError("a bug")

        with pytest.raises(ZeroDivisionError, match="a bug"):
            shows(PASSED, app=Crashed)
        assert capsys.readouterr().out == ""

    @pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
    def test_a_signal_lets_the_app_restore_the_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        class Signalled(FakeApp):
            async def run_async(self, *, mouse: bool = True) -> None:
                os.kill(os.getpid(), signal.SIGTERM)
                await self.has_quit.wait()

        assert shows(RUNNING_NOW, app=Signalled) == 143
        assert capsys.readouterr() == ("", "")

    @pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
    def test_a_signal_during_the_imports_prevents_the_app(self) -> None:
        class Unwanted(FakeApp):
            async def run_async(self, *, mouse: bool = True) -> None:
                raise AssertionError

        clients = FakeClients(RUNNING_NOW)

        def load() -> type[TvtuiApp]:
            os.kill(os.getpid(), signal.SIGINT)
            seen = threading.Event()
            for _ in range(5):
                clients.made[0].loop.call_soon_threadsafe(seen.set)
                seen.wait()
                seen.clear()
            return cast("type[TvtuiApp]", Unwanted)

        assert watch_answers(clients=clients, mode=Mode.SCREEN, load_app=load) == 130

    def test_the_summary_lists_twenty_failures_and_counts_the_others(self, capsys: pytest.CaptureFixture[str]) -> None:
        tests = [a_case(f"test {number}", status="failed", error="::error::forged") for number in range(1_500)]
        assert shows(a_run(status="failed", tests=tests)) == 1
        lines = capsys.readouterr().out.splitlines()
        assert lines[-4:] == ["✗ test 19", "    : :error::forged", "and 1,480 more", "Watch again: tvtui watch 214"]
        # the result, the counts, the error that all have in common, the failures, how many more and the command
        assert len(lines) == 3 + 2 * 20 + 2

    def test_the_runs_share_the_twenty_failures(self, capsys: pytest.CaptureFixture[str]) -> None:
        tests = [a_case(f"test {number}", status="failed", error=None) for number in range(12)]
        failed = a_run(status="failed", tests=tests)

        class Several(FakeApp):
            async def run_async(self, *, mouse: bool = True) -> None:
                for each in self.runs:
                    each.apply(seen(failed))

        assert shows(failed, app=Several, run_ids=(214, 215)) == 1
        lines = capsys.readouterr().out.splitlines()
        assert sum(line.startswith("✗ test") for line in lines) == 20
        assert lines.count("and 2 more") == 2
        assert shows(failed, app=Several, run_ids=tuple(range(214, 264))) == 1
        assert capsys.readouterr().out.count("✗ test") == 20

    def test_several_runs_share_one_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        class Several(FakeApp):
            async def run_async(self, *, mouse: bool = True) -> None:
                self.runs[0].apply(seen(PASSED))
                self.runs[1].apply(seen(a_run(run_id=215, status="passed")))

        assert shows(PASSED, app=Several, run_ids=(214, 215, 216)) == 6
        lines = capsys.readouterr().out.splitlines()
        assert [lines.index(line) for line in lines if line.startswith("✓ PASSED")] == [0, 3]
        assert lines[2] == lines[5] == ""
        assert lines[6:] == ["Watch again: tvtui watch 214 215"]

    def test_a_terminal_that_is_gone_is_not_a_crash(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Gone(io.StringIO):
            def flush(self) -> None:
                raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", Gone())
            assert shows(FAILED) == 1

    def test_the_app_is_the_real_one(self) -> None:
        assert load_app() is TvtuiApp


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

    def test_with_one_the_screen_is_shown(self, terminal: Callable[..., Stream]) -> None:
        out = terminal()
        assert watch_answers(PASSED, mode=None, load_app=lambda: cast("type[TvtuiApp]", FakeApp)) == 0
        assert out.getvalue().startswith("✓ PASSED")

    def test_without_one_lines_are(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert watch_answers(PASSED, mode=None) == 0
        assert capsys.readouterr().out.startswith("16:30:00 ✓ passed")
