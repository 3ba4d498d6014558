"""`tvtui diff` as people and scripts use it: offline, with a server, and its exit codes."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import faults
from tests.support.builders import a_case
from tests.support.clock import FakeClock
from tests.support.recorded_runs import PROJECT, SERVER, a_head, a_store, at_a_terminal, later
from tests.support.server import get_digest, serving
from tvtui import cli
from tvtui.cli.request import Environment
from tvtui.demo.faults import Fault
from tvtui.demo.server import DemoServer
from tvtui.journal.recording import Recording
from tvtui.journal.store import Store
from tvtui.testvibe.models import Run

Capture = pytest.CaptureFixture[str]
OK = [a_case("a"), a_case("b")]
BROKEN = [a_case("a"), a_case("b", status="failed", error="Error: boom")]


class User:
    """A user without a terminal, whose state folder is a temporary one."""

    def __init__(self, folder: Path, capsys: Capture) -> None:
        self.folder = folder
        self.capsys = capsys
        self.variables: dict[str, str] = {}

    def types(self, line: str) -> tuple[int, str, str]:
        """The exit code, stdout and stderr of a command line."""
        code = cli.main(line.split(), Environment(self.variables, self.folder / "config", self.folder, self.folder))
        out, err = self.capsys.readouterr()
        return code, out, err


@pytest.fixture
def user(tmp_path: Path, capsys: Capture, environ: pytest.MonkeyPatch) -> User:
    environ.chdir(tmp_path)
    return User(tmp_path, capsys)


def test_recorded_runs_are_compared_without_a_server(user: User) -> None:
    a_store(user.folder, later(213, status="passed", tests=OK), later(214, tests=BROKEN))

    code, out, err = user.types("diff 213 214")

    assert (code, err) == (1, "")
    assert out.splitlines()[0] == "✗ 1 new failure"
    assert out.splitlines()[-3:] == ["New failures · 1", "  ✗ b", "      Error: boom"]
    code, out, err = user.types("diff 214 213 --lines")
    assert (code, err, out.splitlines()[0]) == (0, "", "✓ no new failures, 1 fixed")


def test_screen_readers_get_sentences(user: User, environ: pytest.MonkeyPatch) -> None:
    a_store(user.folder, later(213, status="passed", tests=OK), later(214, tests=BROKEN))
    user.variables = {"ACCESSIBLE": "1"}
    screen = at_a_terminal(environ)

    assert user.types("diff 213 214")[0] == 1

    assert screen.getvalue().splitlines()[0] == "worse: 1 new failure"
    assert screen.getvalue().splitlines()[-1] == "new failure: b; Error: boom"


def test_one_run_is_compared_with_the_one_before_it(user: User) -> None:
    a_store(
        user.folder,
        later(211, status="passed", tests=OK),
        later(212, tests=BROKEN, config="Mobile"),
        a_head(later(213, status="running")),
        later(214, tests=BROKEN),
    )

    code, out, err = user.types("diff #214 --json")

    first, *_ = map(json.loads, out.splitlines())
    assert (code, err) == (1, "")
    assert (first["before"]["runId"], first["after"]["runId"]) == (211, 214)
    code, out, err = user.types("diff 211")
    assert (code, out) == (2, "")
    assert err.startswith("tvtui: No earlier run of the same feature and configuration as run 211 was watched")
    assert err.endswith("Name both runs: tvtui diff EARLIER 211\n")


def test_a_run_that_has_not_ended_has_no_good_result(user: User) -> None:
    partial = later(214, status="running", tests=[a_case("a")])
    store = a_store(user.folder, later(213, status="passed", tests=OK))
    store.write(Recording(a_head(partial), partial))

    code, out, _ = user.types("diff 213 214")

    assert code == 6
    assert out.splitlines()[0] == "● no new failures so far"
    assert "⚠ Run 214 has not ended (1 test so far)" in out


def test_a_run_that_is_not_recorded_needs_a_server(user: User) -> None:
    a_store(user.folder, later(213))

    code, out, err = user.types("diff 213 999")

    assert (code, out) == (2, "")
    assert err.startswith("tvtui: Run 999 is not recorded on this machine, so the server has to be asked.\n")
    assert "No server is set" in err


def an_ended_run() -> AbstractContextManager[DemoServer]:
    """A server whose run has passed long ago."""
    return serving(scenario="passed", clock=FakeClock(), age=1000)


def test_only_what_is_not_recorded_is_asked_for(user: User) -> None:
    with an_ended_run() as server:
        user.variables = server.environment | {"TVTUI_JOURNAL": "full"}
        before = later(213, status="passed", feature_id=26, feature_name="Smoke")
        store = Store(user.folder / "journal")
        store.write(Recording(a_head(before, server=server.url, project=server.project), before))

        code, out, err = user.types("diff 213 214 --json")

        assert (code, err) == (0, "")
        assert json.loads(out.splitlines()[0])["after"]["runId"] == 214
        assert {request.path.rpartition("/")[2] for request in server.requests} == {"214"}
        # like a watch, and completely by the time the command has ended
        assert [head.run_id for head in store.listing().heads] == [214, 213]


def test_a_run_that_was_not_recorded_finds_the_one_before_it(user: User) -> None:
    with an_ended_run() as server:
        user.variables = server.environment
        digest = _recorded(user, server)

        code, out, err = user.types("diff 214 --json")

        assert (code, err) == (0, "")
        assert json.loads(out.splitlines()[0])["before"]["runId"] == digest


def _recorded(user: User, server: DemoServer) -> int:
    """Record the demo's own run as an earlier one."""
    earlier = replace(Run.read(get_digest(server)), run_id=200)
    head = a_head(earlier, server=server.url, project=server.project)
    Store(user.folder / "journal").write(Recording(head, earlier))
    return 200


@pytest.mark.parametrize(("fault", "code"), [(faults.unauthorized(), 3), (faults.not_found(), 4)])
def test_what_the_server_says_is_said_at_once_and_decides_the_exit_code(user: User, fault: Fault, code: int) -> None:
    with serving(always=fault, clock=FakeClock()) as server:
        user.variables = server.environment
        assert user.types("diff 213 214")[0] == code
        assert len(server.requests) <= 2


def test_a_run_of_several_projects_is_not_guessed(user: User) -> None:
    run = later(214, tests=BROKEN)
    store = a_store(user.folder, later(213, tests=OK), run)
    other = "99999999-0000-0000-0000-000000000000"
    store.write(Recording(a_head(run, project=other), run))

    code, _, err = user.types("diff 214")
    assert (code, "Choose one by: --project" in err) == (2, True)
    # the other run says which one is meant
    assert user.types("diff 213 214")[0] == 1


def test_a_recording_of_another_server_is_never_completed_from_this_one(user: User) -> None:
    a_store(user.folder, later(213, tests=OK), a_head(later(214)))
    with an_ended_run() as server:
        user.variables = server.environment
        code, _, err = user.types("diff 213 214")
        assert (code, "is not the one of run" in err) == (2, True)
        assert not server.requests


def test_outcomes_alone_are_compared_without_errors(user: User) -> None:
    silent = [replace(case, error=None) for case in BROKEN]
    before, after = later(213, tests=silent), later(214, tests=silent)
    store = Store(user.folder / "journal")
    for run in (before, after):
        store.write(Recording(a_head(run, has_texts=False), run))

    code, out, _ = user.types("diff 213 214")

    assert (code, out.splitlines()[0]) == (0, "✓ no new failures, 1 still failing")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("diff", "Missing argument"),
        ("diff 1 2 3", "Two runs can be compared, not 3."),
        ("diff 213 soon", "'soon' is not a run ID."),
        ("diff 213 214 --lines --json", "Use either --lines or --json."),
    ],
)
def test_a_wrong_command_line_is_one_sentence(user: User, line: str, words: str) -> None:
    code, out, err = user.types(line)
    assert (code, out, words in err, len(err.splitlines())) == (2, "", True, 1)


def test_a_link_means_the_run_of_its_server(user: User) -> None:
    run = later(214, tests=BROKEN)
    store = a_store(user.folder, later(213, tests=OK), later(214, tests=OK))
    store.write(Recording(a_head(run, server="https://other.example"), run))

    assert user.types("diff 213 https://testvibe.acme.example/runs/214")[0] == 0
    assert user.types("diff https://other.example/runs/214 213 --server https://testvibe.acme.example")[0] == 2


def test_a_malformed_server_is_one_sentence(user: User) -> None:
    code, _, err = user.types("diff 213 214 --server nonsense")
    assert (code, len(err.splitlines())) == (2, 1)


def test_runs_of_another_project_than_the_configured_one_are_named(user: User) -> None:
    a_store(user.folder, later(213, tests=OK), later(214, tests=OK))
    assert user.types("diff 213 214")[2] == ""

    user.variables = {"TESTVIBE_PROJECT": "99999999-0000-0000-0000-000000000000"}
    code, _, err = user.types("diff 213 214")

    assert code == 0
    warning = "warning: Run {} was recorded in another project than the configured one: {} on {}."
    assert [line.removeprefix("tvtui: ") for line in err.splitlines()] == [
        warning.format(run_id, PROJECT, SERVER.removeprefix("https://")) for run_id in (213, 214)
    ]
    assert user.types(f"diff 213 214 --project {PROJECT}")[2] == ""
