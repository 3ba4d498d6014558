"""One watch from start to exit code, without a terminal and with a server in memory."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import signal
import sys
from dataclasses import replace

import pytest

from tests.support.builders import FAILED, PASSED, RUNNING_NOW
from tests.support.clock import FakeClock
from tests.support.server import WATCH_SETTINGS, FakeClients
from tests.support.watch import watch_answers
from tvtui.settings.api_key import ApiKey
from tvtui.settings.settings import Settings, SettingsError
from tvtui.testvibe.errors import Refused, Unreachable
from tvtui.testvibe.models import Run
from tvtui.watch.request import Mode

NEW_KEY = "tvb_" + "NewKey99" + "y" * 35


class TestLines:
    """Without a terminal."""

    @pytest.mark.parametrize(("run", "code"), [(PASSED, 0), (FAILED, 1)])
    def test_a_run_that_had_ended_before(self, run: Run, code: int, capsys: pytest.CaptureFixture[str]) -> None:
        clients = FakeClients(run)
        assert watch_answers(clients=clients) == code
        out, err = capsys.readouterr()
        assert out.splitlines()[-1] == "Watch again: tvtui watch 214"
        assert run.status.upper() in out
        assert err == ""
        assert clients.made[0].asked[0] == 214

    def test_several_runs_end_with_one_command_for_all(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert watch_answers(PASSED, run_ids=[214, 215]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[-2:] == ["", "Watch again: tvtui watch 214 215"]
        assert sum("tvtui watch" in line for line in lines) == 1
        assert sum(" #215 " in line for line in lines) == 2

    def test_json_is_all_there_is_on_stdout(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert watch_answers(FAILED, mode=Mode.JSON) == 1
        objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [each["type"] for each in objects] == ["test", "state", "digest"]

    def test_a_refused_key_is_reported_at_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert watch_answers(Refused("The key was refused.", "Set another.")) == 3
        out, err = capsys.readouterr()
        assert out == ""
        assert err == "tvtui: The key was refused. Set another.\n"

    def test_a_problem_of_several_runs_is_reported_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert watch_answers(Refused("The key was refused."), run_ids=[214, 215]) == 3
        assert capsys.readouterr().err == "tvtui: The key was refused.\n"

    def test_a_refused_key_is_reported_with_json_too(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert watch_answers(Refused("The key was refused."), mode=Mode.JSON) == 3
        out, err = capsys.readouterr()
        assert json.loads(out)["final"] is True
        assert err == "tvtui: The key was refused.\n"

    def test_a_timeout(self, capsys: pytest.CaptureFixture[str]) -> None:
        settings = replace(WATCH_SETTINGS, timeout=20.0)
        clock = FakeClock(leaps=True)
        assert watch_answers(Unreachable("Cannot reach it."), settings=settings, clock=clock) == 5
        out, err = capsys.readouterr()
        assert re.fullmatch(r"16:03:00 ! problem   Cannot reach it\. Next try in [123] s\.\n", out)
        assert err == "tvtui: Gave up after 20 s without a valid response. Cannot reach it.\n"

    @pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
    def test_a_signal_ends_it(self, name: str) -> None:
        number = getattr(signal, name, None)
        if number is None:
            pytest.skip("this system has no such signal")

        def struck() -> Run:
            signal.raise_signal(number)
            return RUNNING_NOW

        assert watch_answers(struck) == 128 + number

    @pytest.mark.skipif(sys.platform == "win32", reason="event loops of Windows do not notice it")
    def test_a_closed_pipe_ends_it_promptly_and_quietly(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        reader, writer = os.pipe()
        out = os.fdopen(writer, "w")

        def close_soon() -> Run:
            asyncio.get_running_loop().add_reader(reader, close)
            return RUNNING_NOW

        def close() -> None:
            # the first line has been written
            asyncio.get_running_loop().remove_reader(reader)
            os.close(reader)

        with out, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            assert watch_answers(close_soon) == 6
        assert capsys.readouterr().err == ""

    def test_so_does_one_that_was_closed_before(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        class Closed(io.StringIO):
            def flush(self) -> None:
                raise BrokenPipeError(32, "Broken pipe")

        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", Closed())
            assert watch_answers(PASSED) == 0
        assert capsys.readouterr().err == ""

    def test_a_full_disk_is_reported_in_one_sentence(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        class Full(io.StringIO):
            def flush(self) -> None:
                raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", Full())
            assert watch_answers(RUNNING_NOW) == 6
        assert capsys.readouterr().err == "tvtui: Cannot write the output: No space left on device.\n"

    def test_other_system_errors_are_bugs(self) -> None:
        def broken() -> Run:
            raise PermissionError(13, "Permission denied")

        with pytest.raises(PermissionError):
            watch_answers(broken)

    def test_without_any_streams_there_is_still_an_exit_code(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", None)
            patch.setattr(sys, "stderr", None)
            assert watch_answers(FAILED) == 1
            assert watch_answers(Refused("The key was refused.")) == 3

    def test_a_bug_is_not_swallowed(self) -> None:
        def bug() -> Run:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            watch_answers(bug)

    def test_an_unexpected_exit_counts_as_a_bug(self) -> None:
        def leave() -> Run:
            raise SystemExit("for no reason")

        assert watch_answers(leave) == 70


class TestRenewedKey:
    """The user may set another key while the watch goes on."""

    def test_is_used_at_once(self) -> None:
        renewed = replace(WATCH_SETTINGS, api_key=ApiKey(NEW_KEY))
        clients = FakeClients(Refused("The key was refused."), PASSED)
        assert watch_answers(clients=clients, renew=lambda: renewed) == 0
        old, new = clients.made
        assert old.is_closed
        assert new.settings.api_key == ApiKey(NEW_KEY)

    def test_the_same_key_is_not_used_again(self) -> None:
        clients = FakeClients(Refused("The key was refused."), PASSED)
        assert watch_answers(clients=clients, renew=lambda: WATCH_SETTINGS) == 3
        assert len(clients.made) == 1

    @pytest.mark.parametrize(
        "other", [replace(WATCH_SETTINGS, server="https://other.example"), replace(WATCH_SETTINGS, project="another")]
    )
    def test_the_key_of_another_server_or_project_is_never_sent(self, other: Settings) -> None:
        other = replace(other, api_key=ApiKey(NEW_KEY))
        clients = FakeClients(Refused("The key was refused."), PASSED)
        assert watch_answers(clients=clients, renew=lambda: other) == 3
        assert len(clients.made) == 1

    def test_settings_may_be_invalid_while_they_are_edited(self) -> None:
        def renew() -> Settings:
            raise SettingsError(("line 1 does not parse",))

        assert watch_answers(Refused("The key was refused."), PASSED, renew=renew) == 3
