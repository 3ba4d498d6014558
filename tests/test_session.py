"""One watch from its start to its exit code, with a server in memory."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from tests.builders import a_case, a_run
from tvtui import session
from tvtui.client import Answer, ClientError, NotFound, Refused, Unreachable
from tvtui.models import Run
from tvtui.session import Mode, has_terminal
from tvtui.settings import ApiKey, Settings, SettingsError
from tvtui.watch import Problem, Snapshot

KEY = "tvb_" + "AbCd1234" + "x" * 35
NEW_KEY = "tvb_" + "NewKey99" + "y" * 35
SETTINGS = Settings(
    "https://testvibe.acme.example",
    ApiKey(KEY),
    "01234567-89ab-cdef-0123-456789abcdef",
    key_source="TESTVIBE_API_KEY",
)
AGAIN = ["tvtui", "watch", "214"]
NOW = datetime(2026, 6, 10, 16, 30, tzinfo=UTC)
LONG_AGO = {"started_utc": NOW - timedelta(minutes=20), "finished_utc": NOW - timedelta(minutes=19)}

PASSED = a_run(status="passed", tests=(a_case(name="Valid user signs in", status="passed"),), **LONG_AGO)
FAILED = a_run(status="failed", tests=(a_case(name="Locked-out user", status="failed", error="no"),), **LONG_AGO)
RUNNING = a_run(status="running", started_utc=NOW, finished_utc=None)


class FakeClient:
    """Answers in turn whatever the key; the last answer for ever."""

    answers: ClassVar[list[Run | ClientError | Callable[[], Run]]] = []
    made: ClassVar[list[FakeClient]] = []

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.asked: list[int] = []
        self.is_closed = False
        self.loop = asyncio.get_running_loop()
        self.made.append(self)

    async def get_run(self, run_id: int) -> Answer:
        self.asked.append(run_id)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await asyncio.sleep(0)
        if isinstance(answer, ClientError):
            raise answer
        return Answer(answer if isinstance(answer, Run) else answer(), NOW)

    async def aclose(self) -> None:
        self.is_closed = True


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Run | ClientError | Callable[[], Run]]]:
    """The answers that are to be given."""
    FakeClient.answers, FakeClient.made = [], []
    monkeypatch.setattr("tvtui.client.Client", FakeClient)
    yield FakeClient.answers
    assert gc.isenabled()
    gc.unfreeze()
    assert all(client.is_closed for client in FakeClient.made)


def watch(
    *answers: Run | ClientError | Callable[[], Run],
    mode: Mode | None = Mode.LINES,
    settings: Settings = SETTINGS,
    renew: Callable[[], Settings] | None = None,
) -> int:
    FakeClient.answers.extend(answers)
    return session.run(settings, 214, mode, again=AGAIN, renew=renew)


class TestLines:
    """Without a terminal."""

    @pytest.mark.parametrize(("run", "code"), [(PASSED, 0), (FAILED, 1)])
    def test_a_run_that_had_ended_before(self, run: Run, code: int, capsys: pytest.CaptureFixture[str]) -> None:
        assert watch(run) == code
        out, err = capsys.readouterr()
        assert out.splitlines()[-1] == "tvtui watch 214"
        assert run.status.upper() in out
        assert err == ""
        assert FakeClient.made[0].asked[0] == 214

    def test_json_is_all_there_is_on_stdout(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert watch(FAILED, mode=Mode.JSON) == 1
        objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [each["type"] for each in objects] == ["state", "test", "digest"] or objects[-1]["final"]

    def test_a_refused_key_is_told_at_once_with_where_it_came_from(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert watch(Refused("The key was refused.", "Set another.")) == 3
        out, err = capsys.readouterr()
        assert out == ""
        assert err == "tvtui: The key was refused. Set another. The key came from TESTVIBE_API_KEY.\n"

    def test_in_json_too(self, capsys: pytest.CaptureFixture[str]) -> None:
        settings = replace(SETTINGS, key_source="")
        assert watch(Refused("The key was refused."), mode=Mode.JSON, settings=settings) == 3
        out, err = capsys.readouterr()
        assert json.loads(out)["final"] is True
        assert err == "tvtui: The key was refused.\n"

    def test_contact_that_is_lost_for_good(self, capsys: pytest.CaptureFixture[str]) -> None:
        settings = replace(SETTINGS, timeout=0.05)
        assert watch(Unreachable("Cannot reach it."), settings=settings) == 5
        out, err = capsys.readouterr()
        assert "Cannot reach it." in out or out == ""
        assert err == "tvtui: Gave up after 0.05 s without a good answer. Cannot reach it.\n"

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
    def test_a_signal_ends_it_in_order(self, number: signal.Signals, code: int) -> None:
        def struck() -> Run:
            os.kill(os.getpid(), number)
            return RUNNING

        assert watch(struck) == code

    def test_a_reader_that_leaves_ends_it_promptly_and_quietly(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        reader, writer = os.pipe()
        out = os.fdopen(writer, "w")

        def while_nobody_reads() -> Run:
            asyncio.get_running_loop().call_later(0.01, os.close, reader)
            return RUNNING

        with out, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            assert watch(while_nobody_reads) == 6
        assert capsys.readouterr().err == ""

    def test_so_does_one_that_had_left_before(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        class NobodyReads(io.StringIO):
            def flush(self) -> None:
                raise BrokenPipeError(32, "Broken pipe")

        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", NobodyReads())
            assert watch(PASSED) == 0
        assert capsys.readouterr().err == ""

    def test_a_full_disk_is_a_sentence(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        class Full(io.StringIO):
            def flush(self) -> None:
                raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", Full())
            assert watch(RUNNING) == 6
        assert capsys.readouterr().err == "tvtui: The output cannot be written: No space left on device.\n"

    def test_without_any_streams_the_exit_code_still_tells(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", None)
            patch.setattr(sys, "stderr", None)
            assert watch(FAILED) == 1
            FakeClient.answers.clear()
            assert watch(Refused("The key was refused.")) == 3

    def test_a_bug_is_not_swallowed(self) -> None:
        def bug() -> Run:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            watch(bug)

    def test_an_exit_from_elsewhere_is_taken_for_a_bug(self) -> None:
        def leave() -> Run:
            raise SystemExit("for no reason")

        assert watch(leave) == 70


class TestRenewedKey:
    """The user may set another key while the watch goes on."""

    def test_is_used_at_once(self) -> None:
        renewed = replace(SETTINGS, api_key=ApiKey(NEW_KEY))
        assert watch(Refused("The key was refused."), PASSED, renew=lambda: renewed) == 0
        old, new = FakeClient.made
        assert old.is_closed
        assert new.settings.api_key == ApiKey(NEW_KEY)

    def test_the_same_key_is_not_tried_again(self) -> None:
        assert watch(Refused("The key was refused."), PASSED, renew=lambda: SETTINGS) == 3
        assert len(FakeClient.made) == 1

    def test_another_servers_key_is_never_sent_to_this_one(self) -> None:
        other = replace(SETTINGS, api_key=ApiKey(NEW_KEY), server="https://other.example")
        assert watch(Refused("The key was refused."), PASSED, renew=lambda: other) == 3
        assert len(FakeClient.made) == 1

    def test_settings_that_are_being_edited_may_be_broken(self) -> None:
        def renew() -> Settings:
            raise SettingsError(("line 1 does not parse",))

        assert watch(Refused("The key was refused."), PASSED, renew=renew) == 3


class FakeApp:
    """Shows nothing: asks once and is left."""

    return_code: int | None = 0
    last_snapshot: Snapshot | None = None
    last_problem: Problem | None = None

    def __init__(self, fetch: Callable[[], object], **given: object) -> None:
        self.fetch = fetch
        self.given = given
        self.has_left = asyncio.Event()

    async def run_async(self) -> None:
        try:
            answer = await self.fetch()  # type: ignore[misc]
        except ClientError as error:
            self.last_problem = Problem(error, 0.0, 1, 2.0)
        else:
            self.last_snapshot = Snapshot(answer.run, 0.0, NOW, None, is_final=True)

    def exit(self) -> None:
        self.has_left.set()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> type[FakeApp]:
    class App(FakeApp):
        """Each test may change its own."""

    monkeypatch.setattr("tvtui.session._app_class", lambda: App)
    return App


@pytest.mark.usefixtures("app")
class TestScreen:
    """In a terminal."""

    @pytest.mark.parametrize(("run", "code", "word"), [(PASSED, 0, "PASSED"), (FAILED, 1, "FAILED"), (RUNNING, 6, "RUNNING")])
    def test_leaves_a_summary(self, run: Run, code: int, word: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert watch(run, mode=Mode.SCREEN) == code
        out, err = capsys.readouterr()
        assert word in out.splitlines()[0]
        assert out.splitlines()[-1] == "tvtui watch 214"
        assert err == ""

    @pytest.mark.parametrize(
        ("error", "code"), [(Refused("Refused."), 3), (NotFound("Not found."), 4), (Unreachable("Down."), 6)]
    )
    def test_or_what_stood_between(
        self, error: ClientError, code: int, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert watch(error, mode=Mode.SCREEN) == code
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"tvtui: {error.what}")

    def test_a_crash_is_no_failed_run(self, app: type[FakeApp], capsys: pytest.CaptureFixture[str]) -> None:
        app.return_code = 1
        assert watch(PASSED, mode=Mode.SCREEN) == 70
        assert capsys.readouterr().out == ""

    def test_a_signal_lets_the_app_leave_the_terminal_as_it_was(
        self, app: type[FakeApp], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async def until_told(self: FakeApp) -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            await self.has_left.wait()

        monkeypatch.setattr(app, "run_async", until_told)
        assert watch(RUNNING, mode=Mode.SCREEN) == 143
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

        monkeypatch.setattr("tvtui.session._app_class", load)
        monkeypatch.setattr(app, "run_async", None)
        assert watch(RUNNING, mode=Mode.SCREEN) == 130

    def test_a_terminal_that_is_gone_is_no_crash(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Gone(io.StringIO):
            def flush(self) -> None:
                raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", Gone())
            assert watch(FAILED, mode=Mode.SCREEN) == 1

    def test_the_real_app_is_what_is_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        from tvtui.app import TvtuiApp

        assert session._app_class() is TvtuiApp


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
    def test_each_of_them_is_needed(
        self, name: str, other: Stream | None, terminal: Callable[..., Stream]
    ) -> None:
        terminal(**{name: other})
        assert not has_terminal()

    def test_a_dumb_one_will_not_do(self, terminal: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch) -> None:
        terminal()
        monkeypatch.setenv("TERM", "dumb")
        assert not has_terminal()

    @pytest.mark.usefixtures("app")
    def test_with_one_the_screen_is_shown(self, terminal: Callable[..., Stream]) -> None:
        out = terminal()
        assert watch(PASSED, mode=None) == 0
        assert out.getvalue().startswith("✓ PASSED")

    def test_without_one_lines_are(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert watch(PASSED, mode=None) == 0
        assert capsys.readouterr().out.startswith("16:30:00 ✓ passed")
