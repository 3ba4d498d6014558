"""`tvtui run`: one request to start a run, then the same watch as ever; over real sockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import faults
from tvtui.cli import main
from tvtui.demo.server import DemoServer

KEY = "tvb_" + "AbCd1234" + "x" * 35


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    with monkeypatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", "/nonexistent")
        yield patch


def types(line: list[str], server: DemoServer, patch: pytest.MonkeyPatch) -> int:
    for name, value in server.environment.items():
        patch.setenv(name, value)
    return main(["run", *line])


def asked(server: DemoServer) -> list[str]:
    return [
        f"{request.method} …/{request.path.rpartition(server.project)[2].strip('/')}" for request in server.requests
    ]


def test_starts_a_run_and_watches_it_to_its_end(
    configured: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with DemoServer("passed", speed=1000) as server:
        code = types(["26", "--config", "Mobile", "--lines", "--interval", "0.5"], server, configured)
    out, err = capsys.readouterr()
    assert code == 0
    assert err == "tvtui: run 215 has started.\n"
    assert "PASSED" in out
    assert out.splitlines()[-1] == "Watch again: tvtui watch 215"
    assert asked(server)[:2] == ["POST …/features/26/run", "GET …/runs/215"]


@pytest.mark.parametrize(
    ("scenario", "feature", "code", "told"),
    [
        ("not-generated", "12", 7, "409"),
        ("passed", "no such feature", 4, "Check its number or name, and TESTVIBE_PROJECT."),
        ("passed", " ", 2, "Name a feature"),
    ],
)
def test_what_keeps_it_from_starting_is_one_sentence(
    scenario: str,
    feature: str,
    code: int,
    told: str,
    configured: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with DemoServer(scenario) as server:
        assert types([feature], server, configured) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert len(err.splitlines()) == 1
    assert sum(line.startswith("POST") for line in asked(server)) == (0 if code == 2 else 1)


def test_a_refused_key_is_told_with_where_it_came_from(
    configured: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with DemoServer("refused") as server:
        assert types(["12"], server, configured) == 3
    assert "The key came from TESTVIBE_API_KEY." in capsys.readouterr().err


def test_an_answer_that_is_lost_is_not_asked_for_again(
    configured: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with DemoServer("passed", faults=lambda _number, _seconds: faults.reset()) as server:
        assert types(["12"], server, configured) == 7
    assert "may or may not have started" in capsys.readouterr().err
    assert asked(server) == ["POST …/features/12/run"]


def test_an_interrupt_leaves_it_open(configured: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    async def interrupted(*_args: object, **_kwargs: object) -> int:
        raise KeyboardInterrupt

    configured.setattr("tvtui.testvibe.client.Client.run_feature", interrupted)
    with DemoServer("passed") as server:
        assert types(["12"], server, configured) == 130
    assert "may or may not have started" in capsys.readouterr().err
