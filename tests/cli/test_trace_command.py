"""`tvtui trace` as people and scripts use it: a file, or the trace of a failed test of a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.artifact_server import serving
from tests.support.builders import CREATED, a_case, a_digest, a_run, an_artifact, error_body
from tests.support.traces import a_step, a_trace, an_error
from tvtui import cli
from tvtui.cli.trace import is_file
from tvtui.cli.trace_download import choose
from tvtui.testvibe.models import Run
from tvtui.trace import Trace, open_trace
from tvtui.watch.events import Snapshot

Capture = pytest.CaptureFixture[str]
PASSED = a_trace(a_step())
FAILED = a_trace(
    a_step("a@1", "Before Hooks", 0, 50, kind="hook"),
    a_step("a@2", 'Fixture "page"', 10, 40, kind="fixture", parent="a@1"),
    a_step("a@3", "Fill", 60, 90, params={"locator": "getByLabel('Email')"}),
    a_step("a@4", "Click", 100, 900, line=22, error="\x1b[31mTimeout\x1b[39m 800ms exceeded."),
    a_step("a@4", "", 100, 900, sides="library", log=["waiting for getByRole('link')"]),
    an_error("\x1b[31mTimeout\x1b[39m 800ms exceeded.", 22),
    {"type": "stdout", "timestamp": 95, "text": "hello\n"},
)


def saved(content: bytes, folder: Path) -> Path:
    path = folder / "trace.zip"
    path.write_bytes(content)
    return path


def test_a_reader_gets_what_failed_first(tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["trace", str(saved(FAILED, tmp_path))]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "✗ login.spec.js:17 › Locked-out user · chromium 480×320 · format 10 · 4 steps · 1 failure · 900 ms",
        "",
        "✗ Click  getByRole('link')  800 ms",
        "  /srv/shop/e2e/tests/login.spec.js:22:7",
        "",
        "  Timeout 800ms exceeded.",
        "",
        "Log:",
        "      0 ms  waiting for getByRole('link')",
        "",
        "Steps:",
        "  ✓ Before Hooks  50 ms",
        "  ✓ Fill  getByLabel('Email')  30 ms",
        "  ✗ Click  getByRole('link')  800 ms",
        "  1 fixture or getter is not shown.",
    ]


def test_what_came_just_before_the_failure_is_printed(capsys: Capture) -> None:
    sample = Path(__file__).parents[1] / "trace" / "samples" / "1.65.1-order-opens-after-sign-in.zip"
    assert cli.main(["trace", str(sample)]) == 1
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("Just before it (878 ms): page error")
    assert lines[at + 1] == "  ✗ TypeError: Cannot read properties of undefined (reading 'length')"


def test_a_trace_in_which_nothing_failed(tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["trace", str(saved(PASSED, tmp_path))]) == 0
    assert "nothing failed" in capsys.readouterr().out


def test_json_has_one_object_a_line(tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["trace", str(saved(FAILED, tmp_path)), "--json"]) == 1
    out, err = capsys.readouterr()
    objects = [json.loads(line) for line in out.splitlines()]
    assert err == ""
    assert [each["type"] for each in objects] == ["trace", *["step"] * 4, "console", "failing"]
    assert objects[0]["failures"] == 1
    assert objects[4] == {
        "type": "step",
        "id": "a@4",
        "parent": None,
        "kind": "action",
        "title": "Click",
        "subtitle": "getByRole('link')",
        "start": 0.1,
        "end": 0.9,
        "failed": True,
        "error": "Timeout 800ms exceeded.",
        "place": {"file": "/srv/shop/e2e/tests/login.spec.js", "line": 22, "column": 7},
        "logLines": 1,
    }
    assert objects[-2:] == [
        {"type": "console", "time": 0.095, "level": "stdout", "text": "hello\n"},
        {"type": "failing", "step": "a@4", "error": "Timeout 800ms exceeded."},
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no zip", "The file is not a zip archive, or only part of it is there. Download it again."),
        (None, "The file cannot be read: No such file or directory."),
    ],
)
@pytest.mark.parametrize("option", [[], ["--json"]])
def test_what_cannot_be_read(
    content: bytes | None, message: str, option: list[str], tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "trace.zip" if content is None else saved(content, tmp_path)
    assert cli.main(["trace", str(path), *option]) == 2
    assert capsys.readouterr() == ("", f"tvtui: {message}\n")


def test_an_archive_without_a_trace_names_the_viewer(tmp_path: Path, capsys: Capture) -> None:
    path = saved(b"PK\5\6" + bytes(18), tmp_path)
    assert cli.main(["trace", str(path)]) == 2
    assert capsys.readouterr().err == (
        "tvtui: This archive contains no Playwright trace. "
        f"Playwright's viewer may open it: npx playwright show-trace {path}\n"
    )


def test_what_is_a_file_and_what_is_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert is_file("trace.zip")
    assert not is_file("214")
    assert not is_file("https://testvibe.example/runs/214")
    (tmp_path / "214").write_bytes(PASSED)
    assert is_file("214")


def test_a_test_is_of_a_run(capsys: Capture) -> None:
    assert cli.main(["trace", "trace.zip", "--test", "Locked-out user"]) == 2
    assert "'trace.zip' is not a run ID" in capsys.readouterr().err


def a_snapshot(run: Run) -> Snapshot:
    return Snapshot(run, seen=0.0, server_time=CREATED, next_at=None, is_final=True)


TRACE = an_artifact("trace/locked-out-user.zip")
OTHER = an_artifact("trace/password-reset.zip")


def a_failed_run(*artifacts: object, names: tuple[str, ...] = ("Locked-out user", "Password reset")) -> Run:
    cases = [a_case(name, status="failed") for name in names]
    return a_run(tests=(a_case("Valid user signs in"), *cases), artifacts=artifacts)


@pytest.mark.parametrize("test", ["Locked-out user", "locked-out", "LOCKED"])
def test_the_trace_of_the_named_test_is_chosen(test: str) -> None:
    snapshot = a_snapshot(a_failed_run(OTHER, TRACE))
    assert choose(snapshot, test, 214) == ("trace/locked-out-user.zip", 0)


def test_without_a_name_the_only_trace_of_a_failed_test_is_chosen() -> None:
    assert choose(a_snapshot(a_failed_run(TRACE)), None, 214) == ("trace/locked-out-user.zip", 0)


def test_the_trace_is_found_among_many_tests() -> None:
    run = a_failed_run(TRACE)
    many = [a_case(f"test {number}") for number in range(3_000)]
    run = replace(run, tests=(*run.tests, *many))
    assert choose(a_snapshot(run), "locked-out", 214) == ("trace/locked-out-user.zip", 0)


@pytest.mark.parametrize(
    ("run", "test", "message"),
    [
        (
            a_failed_run(OTHER, TRACE),
            None,
            'Run 214 has the traces of 2 failed tests. Use --test with one of: "Locked-out user", "Password reset".',
        ),
        (
            a_failed_run(TRACE),
            "Sign-up",
            'Run 214 has no test named "Sign-up". Failed: "Locked-out user", "Password reset".',
        ),
        (a_failed_run(TRACE, names=()), None, "Run 214 has no failed test."),
    ],
)
def test_a_sentence_says_what_to_name(run: Run, test: str | None, message: str) -> None:
    assert choose(a_snapshot(run), test, 214) == message


def test_a_test_without_a_trace() -> None:
    message = choose(a_snapshot(a_failed_run(OTHER)), "Locked-out user", 214)
    assert str(message).startswith('Run 214 has no trace of "Locked-out user". ')


@pytest.fixture
def work(tmp_path: Path, environ: pytest.MonkeyPatch) -> Path:
    """A working folder and a home of its own."""
    environ.chdir(tmp_path)
    environ.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    environ.setenv("HOME", str(tmp_path))
    return tmp_path


def test_the_trace_of_a_failed_test_is_downloaded_first(work: Path, capsys: Capture) -> None:
    """As by `tvtui artifacts`: where that saves it, and only once."""
    path = "trace/locked-out-user.zip"
    digest = a_digest(
        tests=(a_case("Locked-out user", status="failed"),),
        artifacts=(an_artifact(path, size=len(FAILED)),),
        finished_utc="2026-06-01T00:00:00Z",
    )
    with serving({path: FAILED, "trace/other.zip": PASSED}) as service:
        service.digests = [json.dumps(digest).encode()]
        assert cli.main(["trace", "214", "--test", "locked"]) == 1
        first = capsys.readouterr()
        requests = len(service.stored.server.requests)
        assert cli.main(["trace", "214", "--json"]) == 1
        assert len(service.stored.server.requests) == requests
    saved_as = work / "tvtui-artifacts" / "run-214" / path
    assert saved_as.read_bytes() == FAILED
    assert first.err == f"tvtui: saved: {saved_as.relative_to(work)}\n"
    assert first.out.startswith("✗ login.spec.js:17 › Locked-out user")
    second = capsys.readouterr()
    assert second.err == ""
    assert json.loads(second.out.splitlines()[-1])["step"] == "a@4"


def test_a_run_that_does_not_exist(work: Path, capsys: Capture) -> None:
    with serving() as service:
        service.respond = lambda connection: connection.answer(error_body("not_found", "no"), "404 Not Found")
        assert cli.main(["trace", "214"]) == 4
    assert capsys.readouterr().out == ""


def test_the_trace_of_the_demo() -> None:
    """The real trace that the demo serves."""
    path = Path(cli.__file__).parents[1] / "demo" / "artifacts" / "trace" / "locked-out-user-sees-an-error.zip"
    trace = open_trace(path)
    assert isinstance(trace, Trace)
    assert trace.failing
    trace.close()
