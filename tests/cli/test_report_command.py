"""`tvtui report` as people and scripts use it: documents about runs as they are now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from lxml import etree

from tests.support import artifact_server, faults
from tests.support.builders import ANSWERED, FAILED, a_case, a_digest, a_problem, an_artifact
from tests.support.clock import FakeClock
from tests.support.recorded_runs import a_head, a_store, later
from tests.support.server import WATCH_SETTINGS, FakeClients, serving
from tests.support.watch import DOWN, a_request, a_watched_run
from tvtui import cli
from tvtui.cli.frontend import open_connection
from tvtui.cli.report import report_runs, runs_of
from tvtui.cli.request import Environment
from tvtui.demo.server import DemoServer
from tvtui.testvibe.errors import ClientError, Refused
from tvtui.testvibe.models import Run
from tvtui.watch.events import Snapshot
from tvtui.watch.watched_run import WatchedRun

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, environ: pytest.MonkeyPatch) -> Path:
    """A working folder and a home of its own for each test."""
    environ.chdir(tmp_path)
    environ.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    environ.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def clock() -> FakeClock:
    """The clock of the server, at which nothing happens."""
    return FakeClock()


def types(line: str, server: DemoServer) -> int:
    environment = Environment(server.environment, config_folder=Path("/nonexistent"))
    return cli.main(["report", *line.split()], environment)


def test_a_run_is_requested_once_and_its_document_is_all_there_is_on_stdout(clock: FakeClock, capsys: Capture) -> None:
    with serving(clock=clock, age=1000) as server:
        assert types("214 --junit -", server) == 1
        assert len(server.requests) == 1
    out, err = capsys.readouterr()
    assert etree.fromstring(out.encode()).get("failures") == "7"
    assert err == ""


def test_without_a_document_the_summary_is_printed(clock: FakeClock, capsys: Capture) -> None:
    with serving(clock=clock, age=1000) as server:
        assert types("214", server) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("✗ FAILED  Login and checkout · run 214")
    assert "✗ Locked-out user sees an error" in lines


def test_a_run_that_has_not_ended_is_an_error_in_the_document(clock: FakeClock, capsys: Capture) -> None:
    with serving(clock=clock, age=20) as server:
        assert types("214 --junit j.xml", server) == 6
        assert len(server.requests) == 1
    message = "The run had not ended when this report was made. Last known state: running."
    assert etree.parse("j.xml").xpath("//testcase[@name='(the run itself)']/error/@message") == [message]
    assert capsys.readouterr().err == "tvtui: Run 214 has not ended yet.\n"


def test_an_unknown_run_and_a_refused_key_are_said_at_once(clock: FakeClock, capsys: Capture) -> None:
    for fault, code in ((faults.not_found(), 4), (faults.unauthorized(), 3)):
        with serving(always=fault, clock=clock) as server:
            assert types("214 --junit j.xml", server) == code
            assert len(server.requests) == 1
        (message,) = etree.parse("j.xml").xpath("//testcase[@name='(the run itself)']/error/@message")
        assert capsys.readouterr().err == f"tvtui: {message}\n"


def report_answers(*answers: Run | ClientError, timeout: float | None = None) -> int:
    """Report run 214 as the command does, by clients that give these answers."""
    request = replace(a_request(replace(WATCH_SETTINGS, timeout=timeout)), documents={"junit": "j.xml"})
    clients = FakeClients(*answers)
    connect = partial(open_connection, new_client=clients)
    code = report_runs(request, runs_of(request, FakeClock(leaps=True), connect), {})
    assert all(client.is_closed for client in clients.made)
    return code


def test_a_server_that_fails_is_asked_again(capsys: Capture) -> None:
    assert report_answers(DOWN, DOWN, FAILED) == 1
    assert capsys.readouterr().err == ""
    assert etree.parse("j.xml").getroot().get("failures") == "1"


def test_one_that_fails_for_too_long_is_given_up(capsys: Capture) -> None:
    assert report_answers(DOWN, timeout=7) == 5
    assert "Gave up after 7 s without a valid response." in capsys.readouterr().err
    assert etree.parse("j.xml").getroot().get("errors") == "1"


def test_what_cannot_be_written_is_said_before_the_first_request(
    clock: FakeClock, folder: Path, capsys: Capture
) -> None:
    with serving(clock=clock) as server:
        assert types(f"214 --junit {folder}", server) == 2
        assert types("214 --junit - --ctrf -", server) == 2
        assert server.requests == []
    assert "is a folder" in capsys.readouterr().err


def test_a_summary_only_if_asked_for(clock: FakeClock, environ: pytest.MonkeyPatch, folder: Path) -> None:
    environ.setenv("GITHUB_ACTIONS", "true")
    environ.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    with serving(clock=clock, age=1000) as server:
        variables = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
        environment = Environment(server.environment | variables, config_folder=Path("/nonexistent"))
        assert cli.main(["report", "214", "--junit", "j.xml"], environment) == 1
        assert not Path("summary.md").exists()
        assert cli.main(["report", "214", "--github", "summary"], environment) == 1
    assert Path("summary.md").read_text("utf-8").startswith("## ❌ 7 of 21 tests failed")


def test_runs_can_come_from_elsewhere() -> None:
    loaded: list[WatchedRun] = [
        a_watched_run(Snapshot(FAILED, seen=0, server_time=ANSWERED, next_at=None, is_final=True)),
        a_watched_run(a_problem(Refused("The key was rejected."), is_final=True), run_id=215),
    ]

    async def load() -> Sequence[WatchedRun]:
        return loaded

    request = replace(a_request(), run_ids=(214, 215), documents={"json-file": "r.json"})
    assert report_runs(request, load, {}) == 1
    runs = json.loads(Path("r.json").read_text())["runs"]
    assert [(run["runId"], run["result"]) for run in runs] == [(214, "failed"), (215, "unknown")]


def test_artifacts_that_were_downloaded_are_attached() -> None:
    tests = [a_case("Locked out", status="failed", error="boom"), a_case("Signs in")]
    artifacts = [an_artifact("trace/locked-out.zip"), an_artifact("screenshots/1.png", kind="screenshot")]
    digest = a_digest(tests=tests, artifacts=artifacts, finished_utc="2026-06-01T00:00:00Z")
    with artifact_server.serving() as service:
        service.digests = [json.dumps(digest).encode()]
        assert cli.main(["report", "214", "--junit", "before.xml", "--markdown", "m.md"]) == 1
        assert not Path("tvtui-artifacts").exists()
        assert cli.main(["artifacts", "214"]) == 0
        assert cli.main(["report", "214", "--junit", "after.xml", "--markdown", "m.md"]) == 1
        # a file that was changed since is not an artifact
        Path("tvtui-artifacts/run-214/trace/locked-out.zip").write_bytes(b"changed")
        assert cli.main(["report", "214", "--junit", "changed.xml"]) == 1
    found = [etree.parse(f"{name}.xml").xpath("//system-out/text()") for name in ("before", "after", "changed")]
    assert found == [[], ["\n[[ATTACHMENT|tvtui-artifacts/run-214/trace/locked-out.zip]]\n"], []]
    assert "- `tvtui-artifacts/run-214/trace/locked-out.zip`" in Path("m.md").read_text("utf-8")


def test_recorded_runs_need_no_server(tmp_path: Path, capsys: Capture) -> None:
    a_store(
        tmp_path, later(212, tests=[a_case("t", status="failed")]), later(213, tests=[a_case("t", status="failed")])
    )
    environment = Environment(variables={}, state_folder=tmp_path, config_folder=tmp_path)

    assert cli.main(["report", "213", "--json-file", "-"], environment) == 1

    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert (run["runId"], run["result"]) == (213, "failed")
    assert run["tests"][0]["history"]["since"] == 212


def test_a_run_that_is_not_recorded_to_its_end_is_requested(tmp_path: Path, capsys: Capture) -> None:
    a_store(tmp_path, a_head(later(213)))
    environment = Environment(variables={}, state_folder=tmp_path, config_folder=tmp_path)

    assert cli.main(["report", "213", "--junit", "-"], environment) == 2
    assert "TESTVIBE_SERVER" in capsys.readouterr().err


def test_a_recording_in_a_file_can_be_reported(tmp_path: Path, capsys: Capture) -> None:
    store = a_store(tmp_path / "elsewhere", later(213))
    (file,) = store.folder.glob("*/213.tvrun")
    environment = Environment(variables={}, state_folder=tmp_path, config_folder=tmp_path)

    assert cli.main(["report", str(file), "--junit", "-"], environment) == 1
    assert 'name="Locked-out user sees an error"' in capsys.readouterr().out


def test_a_run_of_that_number_of_another_project_is_not_the_one_that_is_meant(tmp_path: Path, capsys: Capture) -> None:
    a_store(tmp_path, later(214, tests=[a_case("of another project")]))
    with serving(clock=FakeClock(), age=1000) as server:
        environment = Environment(server.environment, config_folder=tmp_path, state_folder=tmp_path)
        assert cli.main(["report", "214", "--junit", "-"], environment) == 1
    assert 'name="Locked-out user sees an error"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message", "code"),
    [("no recording", "'run.tvrun' cannot be opened: ", 2), (None, "'run.tvrun' was not found.", 4)],
)
def test_a_file_that_is_no_recording_is_not_taken_for_a_run(
    content: str | None, message: str, code: int, tmp_path: Path, capsys: Capture
) -> None:
    if content is not None:
        Path("run.tvrun").write_text(content)
    environment = Environment(variables={}, state_folder=tmp_path, config_folder=tmp_path)
    assert cli.main(["report", "run.tvrun", "--junit", "j.xml"], environment) == code
    assert capsys.readouterr().err.startswith(f"tvtui: {message}")
    assert not Path("j.xml").exists()
