"""`tvtui run`: one request to start a run, then an ordinary watch; over real sockets."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support import faults
from tvtui.cli import main
from tvtui.cli.request import Environment
from tvtui.demo.faults import Fault
from tvtui.demo.server import DemoServer


def types(line: list[str], server: DemoServer) -> int:
    return main(["run", *line], Environment(server.environment, config_folder=Path("/nonexistent")))


def asked(server: DemoServer) -> list[str]:
    return [
        f"{request.method} …/{request.path.rpartition(server.project)[2].strip('/')}" for request in server.requests
    ]


def test_starts_a_run_and_watches_it_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    with DemoServer("passed", speed=1000) as server:
        code = types(["26", "--config", "Mobile", "--lines", "--interval", "0.5"], server)
    out, err = capsys.readouterr()
    assert code == 0
    assert err == "tvtui: Run 215 has started.\n"
    assert "PASSED" in out
    assert out.splitlines()[-1] == "Watch again: tvtui watch 215"
    assert asked(server)[:2] == ["POST …/features/26/run", "GET …/runs/215"]


@pytest.mark.parametrize(
    ("scenario", "feature", "code", "words"),
    [
        ("not-generated", "12", 7, "tvtui: The run was not started: 127.0.0.1:"),
        (
            "passed",
            "no such feature",
            4,
            "tvtui: The run was not started: Feature “no such feature” was not found in project",
        ),
        ("passed", " ", 2, "FEATURE is empty"),
    ],
)
def test_an_error_is_one_sentence(
    scenario: str,
    feature: str,
    code: int,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with DemoServer(scenario) as server:
        assert types([feature], server) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 1
    assert sum(line.startswith("POST") for line in asked(server)) == (0 if code == 2 else 1)


def test_nothing_is_started_that_could_not_be_watched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.toml").write_text('[keys]\n"failure.nxt" = "x"')
    with DemoServer("passed") as server:
        assert main(["run", "12"], Environment(server.environment, config_folder=tmp_path)) == 2
    assert 'unknown action "failure.nxt" (did you mean "failure.next"?)' in capsys.readouterr().err
    assert asked(server) == []


def test_a_rejected_key_is_reported_with_its_source_once(capsys: pytest.CaptureFixture[str]) -> None:
    with DemoServer("refused") as server:
        assert types(["12"], server) == 3
    err = capsys.readouterr().err
    assert "Set a valid key in TESTVIBE_API_KEY" in err
    assert err.count("TESTVIBE_API_KEY") == 1


def test_a_server_that_is_down_has_started_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with DemoServer("passed") as server:
        environment = server.environment
    assert main(["run", "12"], Environment(environment)) == 7
    err = capsys.readouterr().err
    assert err.startswith("tvtui: The run was not started: ")
    assert "may or may not" not in err


def test_a_lost_response_is_not_retried(capsys: pytest.CaptureFixture[str]) -> None:
    with DemoServer("passed", faults=lambda _number, _seconds: faults.reset()) as server:
        assert types(["12"], server) == 7
    err = capsys.readouterr().err
    assert "may or may not have started" in err
    assert "was not started" not in err
    assert asked(server) == ["POST …/features/12/run"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_after_a_signal_it_is_unknown_whether_it_has_started(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    number = getattr(signal, name)

    def interrupt(_number: int, _seconds: float) -> Fault:
        os.kill(os.getpid(), number)
        return faults.hang()

    with DemoServer("passed", faults=interrupt) as server:
        assert types(["12"], server) == 128 + number
    assert "may or may not have started" in capsys.readouterr().err
