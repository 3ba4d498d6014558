"""Everything that can go wrong between a watch without a terminal and its server, on real sockets."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import cast

import pytest

from tests.support import faults
from tests.support.builders import CREATED, PASSED, RUNNING_NOW, digest_body
from tests.support.clock import FakeClock
from tests.support.http import CERTIFICATE, SETTINGS, Connection, closed_port, listening
from tests.support.server import WATCH_SETTINGS, serving, settings_for
from tests.support.watch import FakeStartedRuns, in_thread, json_objects, texts_of, watch_answers, watch_server
from tvtui.demo.faults import Fault
from tvtui.demo.scenarios import SCENARIOS, Scenario
from tvtui.settings.api_key import ApiKey
from tvtui.watch.request import Mode

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(CREATED, leaps=True)


SURVIVED = [
    (faults.reset(), "unreachable", "The connection was reset by 127.0.0.1:"),
    (faults.reset_midway(), "unreachable", "while sending its response"),
    (faults.cut_off(), "unreadable", "is incomplete"),
    (faults.refusal(500, "internal_error", "Something went wrong."), "faulty", "500 Internal Server Error"),
    (faults.html(502), "faulty", "502 Bad Gateway"),
    (faults.html(503), "faulty", "503 Service Unavailable"),
    (faults.empty(504), "faulty", "504 Gateway Timeout"),
    (faults.html(), "unreadable", "a web page (HTML) instead of JSON"),
    (faults.empty(), "unreadable", "empty"),
    (faults.truncated(), "unreadable", "is incomplete"),
    (faults.malformed(), "unreadable", "not JSON"),
    (faults.nested(), "unreadable", "nested too deeply"),
    (faults.wrong_types(), "unreadable", "not a run's digest"),
    (faults.another_run(), "unreadable", "returned run 215 instead of run 214"),
    (faults.oversized(), "unreadable", "more than 16.0 MiB"),
    (faults.gzip_bomb(), "unreadable", "more than 16.0 MiB"),
    (faults.unauthorized(), "refused", "rejected the API key"),
    (faults.not_found(), "notFound", "Run 214 is no longer found (404)."),
    (faults.answers("answers 404 {}", 404, b"{}"), "notFound", "Run 214 is no longer found (404)."),
    (faults.html(404), "notFound", "404 Not Found, with a web page (HTML) instead of JSON"),
    (faults.busy(40), "busy", "retry after 40 s"),
    (faults.redirect("https://elsewhere.example/login"), "redirected", "redirects to https://elsewhere.example: not"),
]


@pytest.mark.parametrize(
    ("fault", "words"),
    [(fault, words) for fault, _, words in SURVIVED],
    ids=[fault.what.replace(" ", "-") for fault, _, _ in SURVIVED],
)
def test_every_fault_during_a_watch_is_reported_and_survived(
    fault: Fault, words: str, clock: FakeClock, capsys: Capture
) -> None:
    with serving(None, fault, clock=clock, scenario="default") as server:
        assert watch_server(settings_for(server), clock) == 1
        out, err = capsys.readouterr()
        (problem,) = texts_of(out, "problem")
        assert words in problem
        assert " Next try in " in problem
        (recovery,) = texts_of(out, "recovered")
        assert recovery.endswith("and 1 failed request")
        assert out.splitlines()[-1] == "Watch again: tvtui watch 214"
        assert "\n✗ FAILED  Login and checkout · run 214" in out
        assert err == ""


def test_json_names_the_kind_of_each(clock: FakeClock, capsys: Capture) -> None:
    # a right answer after each of them, from a run that ends when all of them have been
    plan = [step for fault, _, _ in SURVIVED for step in (fault, None)]
    long = Scenario("long", "", lambda seconds: SCENARIOS["default"].digest_at(20 if seconds < 900 else 60))
    with serving(None, *plan, clock=clock, scenario=long) as server:
        assert watch_server(settings_for(server), clock, Mode.JSON) == 1

    out, err = capsys.readouterr()
    told_of = [each for each in json_objects(out) if each["type"] in {"problem", "recovery"}]
    assert [each["kind"] for each in told_of[::2]] == [kind for _, kind, _ in SURVIVED]
    assert {each["type"] for each in told_of[1::2]} == {"recovery"}
    assert all(words in str(each["what"]) for each, (_, _, words) in zip(told_of[::2], SURVIVED, strict=True))
    assert json_objects(out)[-1]["final"] is True
    assert server.api_key not in out + err
    assert err == ""


@pytest.mark.parametrize(
    ("fault", "words"),
    [(faults.hang(), "did not respond within"), (faults.trickle(0.01), "did not finish its response within")],
)
def test_no_request_takes_longer_than_its_limit(fault: Fault, words: str, clock: FakeClock, capsys: Capture) -> None:
    with serving(None, faults.timing_out(fault, clock), clock=clock, scenario="default") as server:
        assert watch_server(settings_for(server), clock) == 1
    (problem,) = texts_of(capsys.readouterr().out, "problem")
    assert words in problem


def test_a_server_that_is_restarted(clock: FakeClock, capsys: Capture) -> None:
    with serving(clock=clock, scenario="default") as server, ExitStack() as stack:
        clock.at(3, lambda: stack.enter_context(server.down()))
        clock.at(8, stack.close)
        assert watch_server(settings_for(server), clock) == 1
    out, _ = capsys.readouterr()
    (problem,) = texts_of(out, "problem")
    assert "The connection was refused by 127.0.0.1:" in problem
    assert len(texts_of(out, "recovered")) == 1


def test_a_host_name_that_is_not_found_for_a_while(
    clock: FakeClock, environ: pytest.MonkeyPatch, capsys: Capture
) -> None:
    async def look_up(*_args: object, **_kwargs: object) -> list[tuple[object, ...]]:
        # after the first two requests (at 0 s and 1.6 to 2.4 s), before the third one (from 4.8 s), whatever the jitter
        if clock.now() < 1004.5:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with serving(clock=clock, scenario="default") as server:
        port = int(server.url.rpartition(":")[2])
        environ.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
        assert watch_server(replace(settings_for(server), server=f"http://testvibe.acme.example:{port}"), clock) == 1
    out, _ = capsys.readouterr()
    assert texts_of(out, "problem")[0].startswith(f"Cannot find the host testvibe.acme.example:{port}.")
    assert texts_of(out, "recovered")[0].endswith("2 failed requests")


def test_tls_that_fails_for_a_while(clock: FakeClock, environ: pytest.MonkeyPatch, capsys: Capture) -> None:
    async def answer_and_close(connection: Connection) -> None:
        body = digest_body(status="running" if len(server.requests) < 3 else "passed")
        await connection.answer(body, connection="close")
        raise ConnectionError

    environ.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with in_thread(listening(answer_and_close, tls=(True, False, False))) as server:
        assert watch_server(server.secure_settings, clock) == 0
    out, err = capsys.readouterr()
    (problem,) = texts_of(out, "problem")
    assert f"No secure connection (TLS) to 127.0.0.1:{server.port}: " in problem
    assert "may not use https. Next try in " in problem
    (recovery,) = texts_of(out, "recovered")
    assert recovery.endswith("and 2 failed requests")
    assert "\n✓ PASSED  " in out
    assert err == ""


class TestNoAnswerAtAll:
    """From the start."""

    def test_gives_up_after_a_minute(self, clock: FakeClock, capsys: Capture) -> None:
        settings = replace(SETTINGS, server=f"http://127.0.0.1:{closed_port()}")
        assert watch_server(settings, clock) == 5
        out, err = capsys.readouterr()
        assert clock.now() == 1060
        assert len(texts_of(out, "problem")) == 1
        assert err.startswith(
            "tvtui: Gave up after 60 s without a valid response. The connection was refused by 127.0.0.1"
        )
        assert err.count("\n") == 1

    def test_or_after_the_given_timeout(self, clock: FakeClock, capsys: Capture) -> None:
        settings = replace(SETTINGS, server=f"http://127.0.0.1:{closed_port()}", timeout=300.0)
        assert watch_server(settings, clock, Mode.JSON) == 5
        out, err = capsys.readouterr()
        assert clock.now() == 1300
        assert json_objects(out)[-1]["final"] is True
        assert err.startswith("tvtui: Gave up after 300 s without a valid response. ")

    @pytest.mark.parametrize("fault", [faults.hang(), faults.html(503), faults.html(), faults.busy(3600)])
    def test_whatever_the_reason(self, fault: Fault, clock: FakeClock, capsys: Capture) -> None:
        with serving(clock=clock, scenario="default", always=faults.timing_out(fault, clock)) as server:
            assert watch_server(settings_for(server), clock) == 5
        out, err = capsys.readouterr()
        assert clock.now() == 1060
        assert len(texts_of(out, "problem")) == 1
        assert err.startswith("tvtui: Gave up after 60 s without a valid response. ")

    def test_an_untrusted_certificate(self, clock: FakeClock, capsys: Capture) -> None:
        with in_thread(listening(Connection.answer, tls=True)) as server:
            assert watch_server(server.secure_settings, clock) == 5
            assert server.requests == []
        assert "is not trusted (TLS)" in capsys.readouterr().err

    def test_a_shorter_failure_is_survived(self, clock: FakeClock, capsys: Capture) -> None:
        with serving(*[faults.html(502)] * 4, clock=clock, scenario="default") as server:
            assert watch_server(settings_for(server), clock) == 1
        assert texts_of(capsys.readouterr().out, "recovered")[0].endswith("4 failed requests")


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
class TestRefused:
    """401 and 403."""

    @pytest.mark.parametrize("fault", [faults.unauthorized(), faults.html(403)])
    def test_at_the_start_ends_it_at_once(self, fault: Fault, mode: Mode, clock: FakeClock, capsys: Capture) -> None:
        with serving(clock=clock, scenario="default", always=fault) as server:
            assert watch_server(settings_for(server), clock, mode) == 3
            assert len(server.requests) == 1
        _, err = capsys.readouterr()
        assert clock.now() == 1000
        assert "rejected the API key tvb_" in err
        assert "Set a valid key in TESTVIBE_API_KEY and restart.\n" in err

    def test_a_key_that_is_renewed_during_the_watch_is_used(
        self, mode: Mode, clock: FakeClock, capsys: Capture
    ) -> None:
        with serving(clock=clock, scenario="default") as server:
            settings = settings_for(server)
            found = [settings]
            new = "tvb_" + "Renewed1" + "y" * 35
            clock.at(3, lambda: setattr(server, "api_key", new))
            clock.at(20, lambda: found.append(replace(settings, api_key=ApiKey(new))))
            assert watch_server(settings, clock, mode, renew=lambda: found[-1]) == 1
        out, err = capsys.readouterr()
        assert "recover" in out
        assert [request.is_authorized for request in server.requests[:7]] == [True] * 2 + [False] * 4 + [True]
        assert new not in out + err
        assert settings.api_key.reveal() not in out + err


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
class TestHopeless:
    """What only a user could change, in the middle of a watch."""

    @pytest.mark.parametrize(
        ("fault", "code", "during", "after"),
        [
            (
                faults.unauthorized(),
                3,
                "To use another key, quit and set TESTVIBE_API_KEY.",
                "Set a valid key in TESTVIBE_API_KEY and restart.",
            ),
            (faults.not_found(), 4, *["Run 214 is no longer found (404). It may have been deleted."] * 2),
            (
                faults.answers("answers 404 {}", 404, b"{}"),
                4,
                *["Run 214 is no longer found (404). It may have been deleted."] * 2,
            ),
        ],
    )
    @pytest.mark.parametrize("timeout", [None, 40.0])
    def test_ends_it_after_a_minute_or_the_timeout(
        self,
        fault: Fault,
        code: int,
        during: str,
        after: str,
        timeout: float | None,
        mode: Mode,
        clock: FakeClock,
        capsys: Capture,
    ) -> None:
        with serving(None, clock=clock, always=fault) as server:
            assert watch_server(replace(settings_for(server), timeout=timeout), clock, mode) == code
        # the first one comes two seconds after the good answer
        assert clock.passed == pytest.approx(2 + (timeout or 60), abs=0.1)
        out, err = capsys.readouterr()
        if mode is Mode.LINES:
            assert during in out
        else:
            first = next(each for each in json_objects(out) if each["type"] == "problem")
            assert f"{first['what']} {first['advice']}".endswith(during)
            assert 2 <= cast("float", first["nextTrySeconds"]) <= 5
        assert "restart" not in "".join(line for line in out.splitlines() if '"final": true' not in line)
        assert err.startswith(f"tvtui: Gave up after {timeout or 60:g} s. ")
        assert err.endswith(f"{after}\n")
        assert err.count("\n") == 1


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
class TestTimeLimit:
    """`--max-time`."""

    def test_ends_a_watch(self, mode: Mode, clock: FakeClock, capsys: Capture) -> None:
        with serving(clock=clock) as server:
            assert watch_server(replace(settings_for(server), max_time=25.0), clock, mode) == 5
        out, err = capsys.readouterr()
        assert clock.passed == pytest.approx(25, abs=0.01)
        assert err == "tvtui: Stopped after 25 s (--max-time), before the run ended.\n"
        assert '"type": "digest"' in out if mode is Mode.JSON else "● RUNNING  Login" in out

    @pytest.mark.skipif(sys.platform == "win32", reason="the command is for a POSIX shell")
    def test_ends_the_wait_for_the_command_for_its_end(self, mode: Mode, capsys: Capture) -> None:
        settings, clock = replace(WATCH_SETTINGS, max_time=25.0), FakeClock(leaps=True)
        assert watch_answers(PASSED, mode=mode, settings=settings, clock=clock, on_finish="exec sleep 20") == 0
        assert clock.passed == pytest.approx(25, abs=0.01)
        assert capsys.readouterr().err == "tvtui: The --on-finish command is still running in the background.\n"

    def test_ends_one_that_is_followed_by_others(self, mode: Mode, capsys: Capture) -> None:
        settings = replace(WATCH_SETTINGS, max_time=25.0)
        for run, code, sentences in ((RUNNING_NOW, 5, 1), (PASSED, 0, 0)):
            clock, started = FakeClock(leaps=True), FakeStartedRuns()
            assert watch_answers(run, mode=mode, settings=settings, started_runs=started, clock=clock) == code
            assert clock.passed == pytest.approx(25, abs=0.01)
            assert capsys.readouterr().err.count("--max-time") == sentences


class TestNotFound:
    """404."""

    def test_at_the_start_is_retried_for_ten_seconds(self, clock: FakeClock, capsys: Capture) -> None:
        with serving(clock=clock, scenario="default", always=faults.not_found()) as server:
            assert watch_server(settings_for(server), clock) == 4
            assert [round(request.at) for request in server.requests] == [20, 22, 24, 26, 28, 30]
        out, err = capsys.readouterr()
        assert (
            f"Run 214 was not found in project {server.project}. The server says: No such run in this project." in err
        )
        # not the same sentence twice: it may still have appeared
        (problem,) = texts_of(out, "problem")
        assert problem == (
            "Run 214 was not found yet. If it was not just started, check the run ID and TESTVIBE_PROJECT. "
            "Next try in 2 s."
        )

    def test_a_run_that_was_just_started_appears(self, clock: FakeClock, capsys: Capture) -> None:
        with serving(*[faults.not_found()] * 3, clock=clock, scenario="default") as server:
            assert watch_server(settings_for(server), clock) == 1
        assert texts_of(capsys.readouterr().out, "recovered")[0].endswith("3 failed requests")


@pytest.mark.parametrize(
    ("told_as", "seconds", "words"),
    [(86_400, 300, "1d 00h). Next try in 5m 00s."), ("date", 90, "1m 30s). ")],
)
def test_a_busy_server_is_retried_when_it_says_but_after_five_minutes_at_the_latest(
    told_as: int | str, seconds: float, words: str, clock: FakeClock, capsys: Capture
) -> None:
    date = format_datetime(CREATED + timedelta(seconds=22 + 90), usegmt=True)
    with serving(None, faults.busy(date if told_as == "date" else told_as), clock=clock, scenario="default") as server:
        assert watch_server(settings_for(server), clock) == 1
        assert server.requests[2].at - server.requests[1].at == pytest.approx(seconds, abs=1)
    (problem,) = texts_of(capsys.readouterr().out, "problem")
    assert f"retry after {words}" in problem


def test_redirects_do_not_take_the_key_elsewhere(clock: FakeClock, capsys: Capture) -> None:
    with serving(clock=clock, scenario="default") as elsewhere:
        place = f"/api/v1/ops/projects/{elsewhere.project}/runs/214"
        plan = (faults.redirect(f"{place}?again"), None, faults.redirect(f"{elsewhere.url}{place}"))
        with serving(*plan, clock=clock, scenario="default") as server:
            assert watch_server(settings_for(server), clock) == 1
        assert elsewhere.requests == []
    (problem,) = texts_of(capsys.readouterr().out, "problem")
    assert f"{server.url} redirects to {elsewhere.url}: not followed" in problem
