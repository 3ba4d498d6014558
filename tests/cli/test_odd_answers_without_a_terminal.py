"""Odd answers without a terminal: old, contradictory, hostile, at odd times, by odd ways; on real sockets."""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support import faults
from tests.support.builders import CREATED, odd_digest
from tests.support.ci import commands
from tests.support.clock import FakeClock
from tests.support.http import CERTIFICATE, CERTIFIED, KEY, SETTINGS, Connection, closed_port, listening, tunnelling
from tests.support.server import serving, settings_for
from tests.support.watch import in_thread, json_objects, texts_of, watch_server
from tvtui.demo.hostile import GOOD
from tvtui.watch.request import FailOn, Mode

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(CREATED, leaps=True)


class TestContradictions:
    """Servers and caches that change their minds."""

    def test_old_answers_from_a_cache_are_ignored(self, clock: FakeClock, capsys: Capture) -> None:
        older = faults.older(12)
        with serving(*[None, older] * 3, clock=clock, scenario="default") as server:
            assert watch_server(settings_for(server), clock) == 1
        out, _ = capsys.readouterr()
        assert len(texts_of(out, "running")) == 1
        failed = texts_of(out, "failed")
        assert len(failed) == len(set(failed)) == 8, "seven tests and the run, each once"

    def test_a_change_that_the_server_repeats_is_reported(self, clock: FakeClock, capsys: Capture) -> None:
        running = faults.edited("goes back", lambda digest: {**digest, "status": "running", "finishedUtc": None})
        with serving(None, running, running, running, clock=clock, scenario="default", age=40) as server:
            # lines are over with the first end, as they do not list the artifacts that may follow
            assert watch_server(settings_for(server), clock, Mode.JSON) == 1
        states = [each["state"] for each in json_objects(capsys.readouterr().out) if each["type"] == "state"]
        assert states == ["failed", "running", "failed"]

    def test_a_summary_that_disagrees_is_marked(self, clock: FakeClock, capsys: Capture) -> None:
        summary = {"total": 2, "passed": 2, "failed": 0, "other": 0}
        fault = faults.edited("another summary", lambda digest: {**digest, "summary": summary})
        with serving(clock=clock, scenario="default", age=500, always=fault) as server:
            assert watch_server(settings_for(server), clock) == 1
        out, _ = capsys.readouterr()
        assert "2 passed, 0 failed, 2 total" in out
        assert "⚠ the server's summary does not match its tests\n" in out

    def test_a_time_out_is_a_failure_that_the_server_counts_as_other(self, clock: FakeClock, capsys: Capture) -> None:
        tests = [{"name": name, "status": status} for name, status in (("fine", "passed"), ("hangs", "timedOut"))]
        summary = {"total": 2, "passed": 1, "failed": 0, "other": 1}
        hung = faults.edited("hung", lambda digest: {**digest, "tests": tests, "summary": summary})
        with serving(clock=clock, scenario="default", age=500, always=hung) as server:
            assert watch_server(settings_for(server), clock) == 1
            out, err = capsys.readouterr()
            assert err == ""
            assert out.splitlines()[-4:-1] == [
                "1 passed, 1 failed, 2 total in 27.0 s",
                "the server counts 1 timedOut test as other",
                "✗ timedOut: hangs",
            ]
            assert watch_server(settings_for(server), clock, Mode.JSON) == 1
        found = json_objects(capsys.readouterr().out)
        assert [each["outcome"] for each in found if each["type"] == "test"] == ["passed", "failed"]
        assert (found[-1]["contradiction"], found[-1]["version"]) == (None, 2)

    @pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
    def test_a_flaky_test_fails_a_passed_run_only_on_request(
        self, mode: Mode, clock: FakeClock, capsys: Capture
    ) -> None:
        tests = [{"name": "fine", "status": "passed"}, {"name": "at last", "status": "flaky"}]
        flaky = faults.edited("flaky", lambda digest: {**digest, "status": "passed", "summary": None, "tests": tests})
        with serving(clock=clock, scenario="default", age=500, always=flaky) as server:
            for is_wanted, said in [(False, ""), (True, "tvtui: Run 214 passed with 1 flaky test: ")]:
                code = watch_server(settings_for(server), clock, mode, fail_on=FailOn(flaky=is_wanted))
                out, err = capsys.readouterr()
                assert (code, err.startswith(said), bool(err)) == (is_wanted, True, is_wanted)
                assert "flaky" in out

    @pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
    def test_a_verdict_that_contradicts_the_tests_is_the_result_and_is_marked(
        self, mode: Mode, clock: FakeClock, capsys: Capture
    ) -> None:
        fault = faults.edited("passed all the same", lambda digest: {**digest, "status": "passed", "summary": None})
        with serving(clock=clock, scenario="default", age=500, always=fault) as server:
            assert watch_server(settings_for(server), clock, mode) == 0
        out, err = capsys.readouterr()
        assert err == "tvtui: Run 214 passed, but 7 tests failed.\n"
        if mode is Mode.JSON:
            assert json_objects(out)[-1]["contradiction"] == "passed, but 7 tests failed"
        else:
            assert "\n⚠ passed, but 7 tests failed\n" in out


class TestVanished:
    """Tests that the server has listed, and then no longer does."""

    @pytest.mark.parametrize("tests", [None, []])
    def test_is_said_while_the_run_goes_on(self, tests: object, clock: FakeClock, capsys: Capture) -> None:
        fault = faults.edited("no tests", lambda digest: {**digest, "tests": tests, "summary": None})
        with serving(None, clock=clock, scenario="default", age=20, always=fault) as server:
            assert watch_server(replace(settings_for(server), max_time=8.0), clock) == 5
        out, err = capsys.readouterr()
        (said,) = re.findall(r"\n⚠ (.+)\n", out)
        assert re.fullmatch(r"the server no longer lists its tests \(\d+ before\)", said)
        assert f"tvtui: Run 214: {said}.\n" in err

    def test_contradicts_a_pass(self, clock: FakeClock, capsys: Capture) -> None:
        edit = {"status": "passed", "tests": None, "summary": None}
        fault = faults.edited("passed without tests", lambda digest: {**digest, **edit})
        with serving(None, clock=clock, scenario="default", age=20, always=fault) as server:
            assert watch_server(settings_for(server), clock, Mode.JSON) == 0
        out, err = capsys.readouterr()
        said = json_objects(out)[-1]["contradiction"]
        assert str(said).startswith("passed, but the server no longer lists its tests (")
        assert err == f"tvtui: Run 214 {said}.\n"


class TestUnreadable:
    """Answers of which only a part can be read."""

    @pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
    def test_one_odd_row_does_not_hide_the_run(self, mode: Mode, clock: FakeClock, capsys: Capture) -> None:
        odd = {"tests": ["odd", {"name": "the only one", "status": "failed"}], "artifacts": [5], "summary": []}
        fault = faults.edited("odd rows", lambda digest: {**digest, **odd})
        with serving(clock=clock, scenario="default", age=500, always=fault) as server:
            assert watch_server(settings_for(server), clock, mode) == 1
        out, err = capsys.readouterr()
        assert err == "tvtui: Run 214: 2 rows and the summary could not be read.\n"
        if mode is Mode.JSON:
            digest = json_objects(out)[-1]
            assert digest["unreadable"] == 3
            assert digest["contradiction"] is None
            names = [each["name"] for each in json_objects(out) if each["type"] == "test"]
            assert names == ["(unreadable row 1)", "the only one"]
        else:
            assert "? unreadable (unreadable row 1)" in out
            assert "0 passed, 1 failed, 1 other, 2 total" in out
            assert "\n⚠ 2 rows and the summary could not be read\n" in out

    def test_a_pass_all_of_whose_rows_are_odd_stays_a_pass_and_is_doubted(
        self, clock: FakeClock, capsys: Capture
    ) -> None:
        odd = {"status": "passed", "tests": [1, 2], "summary": None}
        fault = faults.edited("odd rows", lambda digest: {**digest, **odd})
        with serving(clock=clock, scenario="passed", age=500, always=fault) as server:
            assert watch_server(settings_for(server), clock) == 0
        assert capsys.readouterr().err == "tvtui: Run 214: 2 rows could not be read.\n"

    @pytest.mark.parametrize("tests", [{}, "none", 0])
    def test_a_pass_whose_tests_are_no_list_is_no_pass(self, tests: object, clock: FakeClock, capsys: Capture) -> None:
        fault = faults.edited("no list", lambda digest: {**digest, "status": "passed", "tests": tests})
        with serving(clock=clock, scenario="passed", age=500, always=fault) as server:
            assert watch_server(settings_for(server), clock) == 1
        out, err = capsys.readouterr()
        assert "? passed" in out
        assert err == "tvtui: Run 214 passed, but its tests could not be read.\n"


@pytest.mark.parametrize("status", ["cancelled", "Aborted", "timedOut", "timed_out"])
def test_a_known_word_for_an_end_ends_the_watch(status: str, clock: FakeClock, capsys: Capture) -> None:
    fault = faults.edited("never finished", lambda digest: {**digest, "status": status, "finishedUtc": None})
    with serving(clock=clock, scenario="default", age=12, always=fault) as server:
        assert watch_server(settings_for(server), clock) == 1
    assert f"? {status}" in capsys.readouterr().out


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
def test_odd_digests_are_reported_sensibly(mode: Mode, clock: FakeClock, capsys: Capture) -> None:
    with serving(clock=clock, scenario="default", always=faults.edited("odd", odd_digest)) as server:
        assert watch_server(settings_for(server), clock, mode) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert "quarantined" in out
    if mode is Mode.JSON:
        digest = json_objects(out)[-1]
        assert digest["log"] == "one\ntwo"
        assert digest["startedUtc"] == "2026-06-10T16:02:19.500000Z"
        assert digest["finishedUtc"] == "2026-06-10T16:02:31Z"
    else:
        assert "QUARANTINED" in out
        assert "0 passed, 0 failed, 5 other, 5 total" in out


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
def test_hostile_text_does_no_harm_and_other_text_is_kept(mode: Mode, clock: FakeClock, capsys: Capture) -> None:
    with serving(clock=clock, age=1.5, scenario="hostile") as server:
        server.faults = server.scenario.fault_at
        assert watch_server(settings_for(server), clock, mode) == 1
        assert any(request.fault for request in server.requests), "the API's own words were hostile too"
    out, err = capsys.readouterr()
    assert err == ""
    assert "OWNED title" not in out
    assert commands(out) == []
    if mode is Mode.JSON:
        assert out.isascii()
        names = {str(each["name"]) for each in json_objects(out) if each["type"] == "test"}
    else:
        names = set(out.splitlines())
        out = "".join(names)
    assert not any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 for letter in out.replace("\n", "").expandtabs())
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029") & set(out)
    for good in GOOD.values():
        assert any(good in name for name in names), good


class TestTime:
    """Clocks that are wrong, and machines that sleep."""

    @pytest.mark.parametrize("hours", [-30, 7])
    def test_times_are_those_of_the_server(self, hours: int, clock: FakeClock, capsys: Capture) -> None:
        clock.set_wall_clock(timedelta(hours=hours))
        clock.at(5, lambda: clock.set_wall_clock(timedelta(hours=-2 * hours)))
        with serving(clock=clock, scenario="default") as server:
            assert watch_server(settings_for(server), clock) == 1
        times = [line.split()[0] for line in capsys.readouterr().out.partition("\n\n")[0].splitlines()]
        assert times[0] == "16:02:31"
        assert times == sorted(times)
        assert times[-1] < "16:03:00"

    def test_after_the_machine_has_slept_it_polls_at_once(self, clock: FakeClock, capsys: Capture) -> None:
        # a long wait consists of naps of 5 s
        with serving(clock=clock, scenario="default") as server:
            clock.at(2, lambda: clock.machine_sleeps(12))
            assert watch_server(replace(settings_for(server), interval=30.0), clock) == 1
            at = [request.at for request in server.requests]
        assert at[:2] == pytest.approx([20, 37], abs=0.01), "asked when the nap was over that the sleep fell into"
        assert "FAILED" in capsys.readouterr().out


class TestWays:
    """Proxies and certificates that the environment names."""

    def test_a_proxy(self, clock: FakeClock, environ: pytest.MonkeyPatch, capsys: Capture) -> None:
        whole = faults.edited("as a proxy", lambda digest: digest)
        with serving(clock=clock, scenario="default", age=500, always=whole) as proxy:
            environ.setenv("HTTP_PROXY", proxy.url)
            environ.setenv("NO_PROXY", "example.org, other.example")
            settings = replace(settings_for(proxy), server="http://testvibe.acme.example")
            assert watch_server(settings, clock) == 1
            assert proxy.requests[0].path.startswith("http://testvibe.acme.example/api/v1/ops/projects/")
        assert "✗ FAILED" in capsys.readouterr().out

    def test_a_tunnel_through_a_proxy(self, clock: FakeClock, environ: pytest.MonkeyPatch, capsys: Capture) -> None:
        environ.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        with in_thread(tunnelling()) as proxy, in_thread(listening(Connection.answer, tls=True)) as server:
            environ.setenv("HTTPS_PROXY", proxy.url)
            assert watch_server(replace(SETTINGS, server=f"https://{CERTIFIED}:{server.port}"), clock) == 1
            assert len(proxy.asked) == 1
            assert all(KEY.encode() in request for request in server.requests)
            assert KEY[4:].encode() not in proxy.asked[0] + proxy.seen
        out, _ = capsys.readouterr()
        assert "✗ FAILED" in out
        assert texts_of(out, "problem") == []

    def test_a_proxy_that_is_down_is_reported(
        self, clock: FakeClock, environ: pytest.MonkeyPatch, capsys: Capture
    ) -> None:
        port = closed_port()
        environ.setenv("HTTPS_PROXY", f"http://user:hunter2@127.0.0.1:{port}")
        assert watch_server(SETTINGS, clock) == 5
        out, err = capsys.readouterr()
        assert f"The connection was refused by the proxy 127.0.0.1:{port}." in err
        assert "hunter2" not in out + err

    def test_no_proxy(self, clock: FakeClock, environ: pytest.MonkeyPatch, capsys: Capture) -> None:
        async def look_up(*_args: object, **_kwargs: object) -> list[tuple[object, ...]]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        environ.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
        environ.setenv("NO_PROXY", ".acme.example")
        environ.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
        with serving(clock=clock, scenario="default", age=500) as server:
            port = int(server.url.rpartition(":")[2])
            assert (
                watch_server(replace(settings_for(server), server=f"http://testvibe.acme.example:{port}"), clock) == 1
            )
        assert "✗ FAILED" in capsys.readouterr().out

    def test_a_private_certificate_authority(
        self, clock: FakeClock, environ: pytest.MonkeyPatch, capsys: Capture
    ) -> None:
        environ.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        with in_thread(listening(Connection.answer, tls=True)) as server:
            assert watch_server(server.secure_settings, clock) == 1
        assert "✗ FAILED" in capsys.readouterr().out
