"""Documents of a watch: a whole one in every mode and on every way out, or the reason is said at the start."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from tests.support.builders import ANSWERED, FAILED, LONG_AGO, PASSED, RUNNING_NOW, a_case, a_run
from tests.support.ci import commands
from tests.support.clock import FakeClock
from tests.support.process import started
from tests.support.server import WATCH_SETTINGS, FakeClients
from tests.support.watch import DOWN, watch_answers
from tvtui.cli import main
from tvtui.cli.report_files import is_stdout
from tvtui.cli.request import Environment
from tvtui.demo.server import DemoServer
from tvtui.testvibe.errors import ClientError, NotFound, Refused
from tvtui.testvibe.models import Run
from tvtui.watch.request import FailOn, Mode

Capture = pytest.CaptureFixture[str]
FORMATS = ("junit", "ctrf", "json-file", "markdown")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, environ: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    environ.chdir(tmp_path)
    return tmp_path


def itself(file: str = "j.xml") -> tuple[str, str]:
    """The tag and the message of the result of the run itself."""
    (case,) = etree.parse(file).xpath("//testcase[@name='(the run itself)']")
    return case[0].tag, case[0].get("message")


def files(name: str = ".") -> list[str]:
    return sorted(path.name for path in Path(name).rglob("*") if path.is_file())


@pytest.mark.parametrize("mode", [Mode.LINES, Mode.JSON])
def test_all_formats_of_several_runs_are_written_at_the_end(mode: Mode) -> None:
    documents = {name: f"reports/{name}/file" for name in FORMATS}
    other = replace(PASSED, run_id=215)
    assert watch_answers(FAILED, other, run_ids=(214, 215), mode=mode, documents=documents) == 1
    assert len(etree.parse("reports/junit/file").xpath("//testcase")) == 2
    assert json.loads(Path("reports/ctrf/file").read_text())["results"]["summary"]["tests"] == 2
    assert [run["runId"] for run in json.loads(Path("reports/json-file/file").read_text())["runs"]] == [214, 215]
    assert Path("reports/markdown/file").read_text("utf-8").startswith("## ❌ 1 of 2 runs did not pass\n")
    # nothing else is left behind
    assert files() == ["file"] * 4


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        (Refused("The key was rejected.", "Set another."), 3, "The key was rejected. Set another."),
        (NotFound("Run 214 was not found.", "Check it."), 4, "Run 214 was not found. Check it."),
        (DOWN, 5, "Gave up after 60 s without a valid response. The connection was refused. Check the server."),
    ],
)
def test_a_run_that_is_never_seen_is_an_error(answer: ClientError, code: int, message: str, capsys: Capture) -> None:
    assert watch_answers(answer, documents={"junit": "j.xml"}, clock=FakeClock(leaps=True)) == code
    assert itself() == ("error", message)
    assert capsys.readouterr().err == f"tvtui: {message}\n"


def test_so_is_a_run_whose_time_is_up() -> None:
    settings = replace(WATCH_SETTINGS, max_time=30.0)
    clock = FakeClock(ANSWERED, leaps=True)
    assert watch_answers(RUNNING_NOW, settings=settings, documents={"junit": "j.xml"}, clock=clock) == 5
    tag, message = itself()
    assert (tag, message[:13]) == ("error", "Stopped after")
    assert message.endswith("Last known state: running.")


def test_a_flaky_test_fails_a_run_if_that_is_asked_for() -> None:
    run = a_run(status="passed", tests=[a_case("t", status="flaky")], **LONG_AGO)
    assert watch_answers(run, documents={"junit": "j.xml"}, fail_on=FailOn(flaky=True)) == 1
    assert itself() == ("error", "The run passed with 1 flaky test: a failure with --fail-on-flaky.")
    assert watch_answers(run, documents={"junit": "k.xml"}) == 0
    assert etree.parse("k.xml").xpath("//testcase/error") == []


def test_a_bug_leaves_a_document_too() -> None:
    def explode() -> Run:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        watch_answers(RUNNING_NOW, explode, documents={"junit": "j.xml"}, clock=FakeClock(ANSWERED, leaps=True))
    assert itself() == ("error", "The watch was ended before the run ended. Last known state: running.")


BAD: list[tuple[Mapping[str, str], str]] = [
    ({"junit": "file/j.xml"}, "tvtui: --junit: {}/file/j.xml cannot be written: "),
    ({"ctrf": "file/x/c.json"}, "tvtui: --ctrf: {}/file/x/c.json cannot be written: Not a directory."),
    ({"markdown": "folder"}, "tvtui: --markdown: {}/folder is a folder. Give the name of a file in it."),
    ({"markdown": "new/"}, "tvtui: --markdown: {}/new is a folder. Give the name of a file in it."),
    ({"junit": "/dev/fd/987"}, "tvtui: --junit: /dev/fd/987 cannot be written: "),
    ({"junit": "x\0y"}, "tvtui: --junit: "),
    ({"junit": "same", "ctrf": "./same"}, "tvtui: --junit and --ctrf name the same file."),
    ({"junit": "-", "ctrf": "-"}, "tvtui: --junit and --ctrf cannot both write to stdout. Give one of them a file."),
]


@pytest.mark.skipif(sys.platform == "win32", reason="its paths and reasons are others")
@pytest.mark.parametrize(("documents", "words"), BAD, ids=[" ".join(names) for names, _ in BAD])
def test_what_cannot_be_written_is_said_before_the_first_request(
    documents: Mapping[str, str], words: str, folder: Path, capsys: Capture
) -> None:
    Path("file").write_text("in the way")
    Path("folder").mkdir()
    clients = FakeClients()
    assert watch_answers(PASSED, clients=clients, documents=documents) == 2
    assert capsys.readouterr().err.startswith(words.format(folder))
    assert clients.made == []
    assert files() == ["file"]


def test_a_document_that_cannot_be_written_at_the_end_is_an_exit_code_of_its_own(capsys: Capture) -> None:
    def blocked(run: Run) -> Callable[[], Run]:
        def answer() -> Run:
            shutil.rmtree("reports")
            Path("reports").write_text("in the way")
            return run

        return answer

    for run, code in ((PASSED, 74), (FAILED, 1)):
        documents = {"junit": "reports/j.xml", "ctrf": "c.json"}
        assert watch_answers(blocked(run), documents=documents) == code
        assert "tvtui: --junit: " in capsys.readouterr().err
        assert files() == ["c.json", "reports"]
        Path("reports").unlink()


@pytest.mark.skipif(sys.platform == "win32", reason="there, not every user may create links")
def test_a_file_that_is_there_is_replaced_and_a_link_stays_a_link() -> None:
    Path("old.xml").write_text("old")
    Path("link.xml").symlink_to("old.xml")
    assert watch_answers(PASSED, documents={"junit": "link.xml"}) == 0
    assert Path("link.xml").is_symlink()
    assert "testsuites" in Path("old.xml").read_text()
    assert files() == ["link.xml", "old.xml"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_written_and_not_replaced() -> None:
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert watch_answers(PASSED, documents={"junit": "pipe"}) == 0
        assert os.read(reader, 65536).startswith(b"<?xml")
    finally:
        os.close(reader)
    assert not Path("pipe").is_file()


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="needs names of open files")
def test_what_is_open_already_is_added_to_and_not_replaced() -> None:
    log = Path("log")
    log.write_text("before\n")
    reader, writer = os.pipe()
    try:
        with log.open("a") as file:
            # what a shell makes of >(…), and of /dev/stderr after 2>> log
            documents = {"junit": f"/dev/fd/{writer}", "markdown": f"/dev/fd/{file.fileno()}"}
            assert watch_answers(PASSED, documents=documents) == 0
        assert os.read(reader, 65536).startswith(b"<?xml")
    finally:
        os.close(reader)
        os.close(writer)
    assert log.read_text("utf-8").startswith("before\n## ✅")
    assert files() == ["log"]


def test_a_document_on_stdout_is_not_mixed_with_the_lines(capsys: Capture) -> None:
    assert watch_answers(FAILED, documents={"junit": "-"}) == 1
    out, err = capsys.readouterr()
    assert etree.fromstring(out.encode()).get("tests") == "1"
    assert "✗ FAILED" in err


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (Mode.SCREEN, "which the screen uses. Give it a file, or add --lines."),
        (Mode.JSON, "which --json uses. Give it a file."),
    ],
)
def test_stdout_that_is_in_use_is_refused(mode: Mode, words: str, capsys: Capture) -> None:
    clients = FakeClients()
    assert watch_answers(PASSED, clients=clients, mode=mode, documents={"junit": "-"}) == 2
    assert capsys.readouterr().err == f"tvtui: --junit - writes to stdout, {words}\n"
    assert clients.made == []


def test_stdout_has_other_names() -> None:
    assert is_stdout("-")
    assert not is_stdout("x")
    assert not is_stdout("x\0")


def test_text_of_the_server_on_stdout_is_no_command(capfd: pytest.CaptureFixture[str]) -> None:
    error = "::error::pwned\n  ::stop-commands::x\n##[add-mask]passed"
    run = a_run(feature_name="##[error]f", tests=[a_case("##vso[x]", status="failed", error=error)], **LONG_AGO)
    for name in FORMATS:
        assert watch_answers(run, documents={name: "-"}) == 1
        out, err = capfd.readouterr()
        assert commands(out) == []
        assert commands(err) == []
        assert len(out.splitlines()) > 3


class TestGitHub:
    """Inside GitHub Actions."""

    @pytest.fixture(autouse=True)
    def step(self, environ: pytest.MonkeyPatch, folder: Path) -> None:
        environ.setenv("GITHUB_ACTIONS", "true")
        environ.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
        environ.setenv("GITHUB_OUTPUT", str(folder / "output"))

    def test_the_summary_is_added_by_itself_and_a_line_says_so(self, capsys: Capture) -> None:
        Path("summary.md").write_text("of another command\n")
        assert watch_answers(FAILED) == 1
        assert Path("summary.md").read_text("utf-8").startswith("of another command\n## ❌ 1 of 1 test failed\n")
        assert capsys.readouterr().err == (
            "tvtui: Added a summary to the page of this job (--no-summary leaves it out).\n"
        )
        assert files() == ["summary.md"]

    def test_what_is_left_of_the_mebibyte_is_not_exceeded(self) -> None:
        tests = [a_case(f"t {number}", status="failed", error="x" * 1400) for number in range(700)]
        for there in (0, 500_000, 999_900, 1_048_000):
            Path("summary.md").write_text("y" * there)
            assert watch_answers(a_run(tests=tests, **LONG_AGO)) == 1
            assert there < Path("summary.md").stat().st_size < 1 << 20
            # without the verdict, the rest would be a riddle
            assert "## ❌ 700 of 700 tests failed" in Path("summary.md").read_text("utf-8")

    def test_where_no_room_is_left_nothing_is_added(self, capsys: Capture) -> None:
        Path("summary.md").write_text("y" * ((1 << 20) - 20))
        assert watch_answers(PASSED) == 0
        assert Path("summary.md").stat().st_size == (1 << 20) - 20
        assert capsys.readouterr().err == (
            "tvtui: step summary: the page of this job has no room left. GitHub shows nothing of more than 1 MiB a "
            "step.\n"
        )

    def test_files_that_all_commands_add_to_are_not_replaced(self, capsys: Capture) -> None:
        Path("summary.md").write_text("of another command\n")
        clients = FakeClients()
        assert watch_answers(PASSED, clients=clients, documents={"markdown": "./summary.md"}) == 2
        assert capsys.readouterr().err == (
            "tvtui: --markdown names the file of GITHUB_STEP_SUMMARY, to which every command adds. Use --github "
            "summary.\n"
        )
        assert clients.made == []
        assert Path("summary.md").read_text() == "of another command\n"

    def test_a_bad_place_for_outputs_is_said_at_the_start(
        self, environ: pytest.MonkeyPatch, folder: Path, capsys: Capture
    ) -> None:
        environ.setenv("GITHUB_OUTPUT", str(folder / "nowhere" / "output"))
        clients = FakeClients()
        assert watch_answers(PASSED, clients=clients, github=["outputs"]) == 2
        assert capsys.readouterr().err.startswith(f"tvtui: --github outputs: {folder}")
        assert clients.made == []

    def test_it_is_left_out_on_demand_and_inside_of_another_watch(
        self, environ: pytest.MonkeyPatch, capsys: Capture
    ) -> None:
        assert main(["demo", "notests", "--lines", "--speed", "1000", "--no-summary"]) == 1
        environ.setenv("TVTUI_NESTED", "1")
        assert watch_answers(FAILED) == 1
        assert files() == []

    @pytest.mark.skipif(sys.platform == "win32", reason="has another shell")
    def test_a_command_at_the_end_knows_that_it_is_inside(self, environ: pytest.MonkeyPatch) -> None:
        assert watch_answers(FAILED, on_finish='echo "$TVTUI_NESTED" > nested') == 1
        assert Path("nested").read_text() == "1\n"

    def test_a_summary_that_cannot_be_written_does_not_change_the_result(
        self, environ: pytest.MonkeyPatch, folder: Path, capsys: Capture
    ) -> None:
        environ.setenv("GITHUB_STEP_SUMMARY", str(folder))
        assert watch_answers(PASSED) == 0
        assert "tvtui: step summary: " in capsys.readouterr().err

    def test_annotations_and_outputs_if_asked_for(self, capfd: pytest.CaptureFixture[str]) -> None:
        Path("output").write_text("before=1\n")
        assert watch_answers(FAILED, github=["annotations", "outputs"]) == 1
        out, err = capfd.readouterr()
        assert commands(out) == []
        assert commands(err) == ["::error title=Locked-out user · run 214::no"]
        assert Path("output").read_text() == "before=1\nrun=214\nresult=failed\nfailed=1\ntotal=1\nnew=\n"

    def test_nothing_is_forged_beside_our_own_annotations(self, capfd: pytest.CaptureFixture[str]) -> None:
        error = "boom::error::pwned\n::error title=forged::x\n##[add-mask]passed"
        tests = [a_case("::error::n, ##[error]m", status="failed", error=error)]
        assert watch_answers(a_run(tests=tests, **LONG_AGO), github=["annotations"]) == 1
        out, err = capfd.readouterr()
        assert commands(out) == []
        (only,) = commands(err)
        assert only.startswith(
            "::error title=%3A%3Aerror%3A%3An%2C ## [error]m · run 214::boom::error::pwned%0A::error"
        )

    def test_outputs_outside_of_github_are_refused_at_the_start(
        self, environ: pytest.MonkeyPatch, capsys: Capture
    ) -> None:
        environ.delenv("GITHUB_OUTPUT")
        clients = FakeClients()
        assert watch_answers(PASSED, clients=clients, github=["outputs"]) == 2
        assert capsys.readouterr().err == "tvtui: --github outputs needs GITHUB_OUTPUT, which GitHub Actions sets.\n"
        assert clients.made == []


def test_outside_of_github_there_is_no_summary(environ: pytest.MonkeyPatch, folder: Path) -> None:
    environ.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    assert watch_answers(FAILED) == 1
    assert files() == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--junit", ""], "Invalid value for '--junit': the name of the file is empty; - is stdout."),
        (["--github", "outputs,x"], "Invalid value for '--github': expected annotations, outputs, summary, or several"),
    ],
)
def test_options_that_make_no_sense(words: list[str], message: str, capsys: Capture) -> None:
    assert main(["demo", *words]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
class TestProcesses:
    """Ways out that only processes have."""

    def test_a_signal(self) -> None:
        with started("demo", "queued", "--json", "--junit", "j.xml") as watch:
            assert watch.stdout is not None
            watch.stdout.readline()
            watch.terminate()
            assert watch.wait(timeout=10) == 143
        message = "The watch was ended by signal 15 before the run ended. Last known state: queued."
        assert itself() == ("error", message)

    def test_a_closed_pipe(self) -> None:
        with started("demo", "queued", "--junit", "j.xml") as watch:
            assert watch.stdout is not None
            watch.stdout.readline()
            watch.stdout.close()
            assert watch.wait(timeout=10) == 6
        assert itself() == ("error", "The watch was ended before the run ended. Last known state: queued.")

    def test_nothing_in_the_log_of_a_hostile_run_is_a_command_but_our_annotations(self, folder: Path) -> None:
        step = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(folder / "s.md"),
            "GITHUB_OUTPUT": str(folder / "o"),
        }
        words = ["demo", "hostile", "--speed", "200", "--markdown", "-", "--github", "annotations,outputs"]
        with started(*words, environ=step) as watch:
            out, err = watch.communicate(timeout=20)
        assert watch.returncode == 1
        assert commands(out) == []
        found = commands(err)
        assert 2 <= len(found) <= 10
        assert all(re.match(r"::error title=[^:,]*::", line) for line in found)
        assert Path("s.md").read_text("utf-8").startswith(out.splitlines()[0])


def run_feature(words: list[str], server: DemoServer) -> int:
    return main(["run", *words], Environment(server.environment, config_folder=Path("/nonexistent")))


class TestRun:
    """`tvtui run`."""

    def test_a_run_that_is_not_started_is_an_error(self, capsys: Capture) -> None:
        with DemoServer("not-generated") as server:
            assert run_feature(["12", "--junit", "j.xml"], server) == 7
        tag, message = itself()
        assert (tag, message[:24]) == ("error", "The run was not started:")
        assert capsys.readouterr().err == f"tvtui: {message}\n"

    def test_one_that_is_started_is_reported_like_any_other(self) -> None:
        with DemoServer("passed", speed=1000) as server:
            words = ["26", "--lines", "--interval", "0.5", "--junit", "j.xml"]
            assert run_feature(words, server) == 0
        assert etree.parse("j.xml").xpath("//property[@name='testvibe.run']/@value") == ["215"]

    def test_nothing_is_started_if_a_document_could_not_be_written(self, folder: Path) -> None:
        with DemoServer("passed") as server:
            assert run_feature(["26", "--junit", str(folder)], server) == 2
            assert server.requests == []


def test_time_of_the_run_is_that_of_the_server() -> None:
    assert watch_answers(PASSED, documents={"junit": "j.xml"}) == 0
    (suite,) = etree.parse("j.xml").getroot()
    began = ANSWERED - timedelta(minutes=20)
    assert suite.get("timestamp") == f"{began:%Y-%m-%dT%H:%M:%S}"
