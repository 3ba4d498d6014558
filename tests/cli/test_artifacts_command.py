"""`tvtui artifacts` as people and scripts use it: output, files, exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.artifact_server import FILES, Service, serving
from tests.support.builders import CREATED, digest_body, error_body
from tests.support.clock import NOW, FakeClock
from tests.support.http import KEY, LINK_SECRET, Connection, StorageServer
from tvtui import cli
from tvtui.artifacts.downloads.safe_names import MANIFEST
from tvtui.cli.request import Environment

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, environ: pytest.MonkeyPatch) -> None:
    """A working folder and a home of its own for each test."""
    (tmp_path / "work").mkdir()
    environ.chdir(tmp_path / "work")
    environ.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    environ.setenv("HOME", str(tmp_path))


def types(line: str, environment: Environment | None = None) -> int:
    return cli.main(line.split(), environment)


def tree(folder: str | Path = ".") -> dict[str, bytes]:
    """The files in a folder, without those that belong to tvtui."""
    folder = Path(folder)
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in {MANIFEST, ".gitignore"}]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


class TestSaving:
    """One path a line, and files."""

    def test_a_folder_that_cannot_be_created_is_reported_once(self, capsys: Capture) -> None:
        Path("afile").write_text("in the way")
        with serving() as service:
            assert types("artifacts 214 --output afile") == 1
            assert types("artifacts 214 --output afile/below") == 1
            assert not service.stored.server.requests
        out, err = capsys.readouterr()
        assert out == ""
        assert len(err.splitlines()) == 2
        assert all(line.endswith("because a file is in the way. Move it.") for line in err.splitlines())

    def test_everything(self, capsys: Capture) -> None:
        with serving() as service:
            assert types("artifacts 214") == 0
            assert service.stored.lists == 1
        out, err = capsys.readouterr()
        assert tree("tvtui-artifacts/run-214") == FILES
        assert {Path(line).read_bytes() for line in out.splitlines()} == set(FILES.values())
        assert all(line.startswith("tvtui-artifacts") for line in out.splitlines())
        assert "tvtui: saved: trace/locked-out.zip (48 KiB)\n" in err
        assert err.endswith("tvtui: 3 saved (48 KiB), in tvtui-artifacts/run-214.\n")
        assert KEY not in out + err
        assert LINK_SECRET not in out + err
        assert "\r" not in err

    def test_again_only_what_is_missing(self, capsys: Capture) -> None:
        with serving() as service:
            types("artifacts 214")
            Path("tvtui-artifacts/run-214/screenshots/1.png").unlink()
            assert types("artifacts 214") == 0
            assert len(service.stored.server.requests) == 4
        out, err = capsys.readouterr()
        assert len(out.splitlines()) == 6
        assert "tvtui: already saved: screenshots/2.png (4 B)\n" in err
        assert err.endswith("tvtui: 1 saved (3 B), 2 already saved, in tvtui-artifacts/run-214.\n")

    @pytest.mark.parametrize(
        ("options", "saved"),
        [
            ("--kind trace", 1),
            ("--kind TRACE --kind Screenshot", 3),
            ("--match *.png", 2),
            ("--match screenshots/2* --match trace/*", 2),
            ("--kind screenshot --match *1*", 1),
        ],
    )
    def test_only_selected_artifacts(self, options: str, saved: int, capsys: Capture) -> None:
        with serving():
            assert types(f"artifacts 214 {options}") == 0
        assert len(capsys.readouterr().out.splitlines()) == len(tree()) == saved

    def test_into_another_folder(self, capsys: Capture, tmp_path: Path) -> None:
        (tmp_path / "disk").mkdir()
        Path("link").symlink_to(tmp_path / "disk")
        with serving():
            assert types("artifacts 214 --output link/x") == 0
        assert tree(tmp_path / "disk" / "x") == FILES
        assert str(tmp_path / "disk" / "x" / "screenshots" / "1.png") in capsys.readouterr().out.splitlines()

    def test_a_path_is_never_mistaken_for_an_option(self, capsys: Capture) -> None:
        with serving({"-rf": b"x"}):
            assert types("artifacts 214 --output .") == 0
        assert capsys.readouterr().out == f".{os.sep}-rf\n"

    def test_evil_paths_stay_below_the_folder_and_are_reported(self, capsys: Capture, tmp_path: Path) -> None:
        evil = {"../../../evil": b"1", "/etc/evil": b"2", "a\\..\\..\\evil": b"3", "CON": b"4", "evil": b"5"}
        with serving(evil):
            assert types("artifacts 214") == 0
        _, err = capsys.readouterr()
        assert (
            sorted(tree(tmp_path).values()) == sorted(tree("tvtui-artifacts/run-214").values()) == sorted(evil.values())
        )
        assert err.count("Saved as ") == 4

    def test_paths_can_be_separated_by_nul(self, capsys: Capture) -> None:
        with serving({"a b.txt": b"1", "it's.txt": b"2"}):
            assert types("artifacts 214 -0") == 0
            assert types("artifacts 214 --null --json") == 2
        out, err = capsys.readouterr()
        *paths, last = out.split("\0")
        assert {Path(path).name: Path(path).read_bytes() for path in paths} == {"a b.txt": b"1", "it_s.txt": b"2"}
        assert last == ""
        assert err.endswith("tvtui: --json and -0 cannot be combined.\n")

    def test_the_folder_of_another_server_is_not_used(self, capsys: Capture, environ: pytest.MonkeyPatch) -> None:
        with serving():
            assert types("artifacts 214") == 0
            assert types("artifacts 214 --output out") == 0
        capsys.readouterr()
        others = {path: body[::-1] for path, body in FILES.items()}
        with serving(others):
            assert types("artifacts 214") == 0
            assert types("artifacts 214 --output out") == 1
        err = capsys.readouterr().err.splitlines()
        assert "tvtui: 3 saved (48 KiB), in tvtui-artifacts/run-214 (2)." in err
        assert re.fullmatch(r"tvtui: \S+out has artifacts of run 214 of http://127.+ Choose another folder .+", err[-1])
        assert tree("tvtui-artifacts/run-214") == tree("out") == FILES
        assert tree("tvtui-artifacts/run-214 (2)") == others


class TestJson:
    """For programs."""

    def test_one_object_for_each(self, capsys: Capture) -> None:
        with serving({**FILES, "größe.txt": b"x"}) as service:
            service.stored.sizes["screenshots/2.png"] = 5
            assert types("artifacts 214 --json") == 1
            assert types("artifacts 214 --json --kind trace --match *locked*") == 0
        out, err = capsys.readouterr()
        assert out.isascii()
        *objects, again = [json.loads(line) for line in out.splitlines()]
        told = {each["path"]: each for each in objects}
        assert told["trace/locked-out.zip"] == {
            "type": "artifact",
            "version": 1,
            "runId": 214,
            "kind": "Trace",
            "path": "trace/locked-out.zip",
            "size": 50_000,
            "file": str(Path.cwd() / "tvtui-artifacts/run-214/trace/locked-out.zip"),
            "state": "done",
            "error": None,
            "note": None,
        }
        assert told["screenshots/2.png"]["state"] == "failed"
        assert told["screenshots/2.png"]["file"] is None
        assert "but the server's list says 5" in told["screenshots/2.png"]["error"]
        assert again == {**told["trace/locked-out.zip"], "state": "there"}
        assert Path(told["größe.txt"]["file"]).read_bytes() == b"x"
        assert "1 failed" in err


class TestEnds:
    """Exit codes, and the sentence that goes with each."""

    def test_nothing_was_uploaded(self, capsys: Capture) -> None:
        with serving({}):
            assert types("artifacts 214") == 0
        assert capsys.readouterr() == ("", "tvtui: Run 214 has no artifacts so far.\n")
        assert not Path("tvtui-artifacts").exists()

    def test_nothing_matches(self, capsys: Capture) -> None:
        with serving():
            assert types("artifacts 214 --kind video") == 1
        sentence = "tvtui: No artifact matches kind 'video' (3 in run 214; kinds: Trace, screenshot).\n"
        assert capsys.readouterr() == ("", sentence)

    @pytest.mark.parametrize(
        "line", ["artifacts", "artifacts two", "artifacts 214 --timeout x", "artifacts 214 --output "]
    )
    def test_wrong_usage(self, line: str, capsys: Capture) -> None:
        with serving():
            assert cli.main(line.split(" ")) == 2
        assert capsys.readouterr().err.startswith("tvtui: ")

    @pytest.mark.parametrize(
        ("status", "body", "code", "words"),
        [
            (
                "401 Unauthorized",
                error_body("unauthorized", "A valid API key is required"),
                3,
                "rejected the API key tvb_AbCd1234…",
            ),
            ("404 Not Found", error_body("not_found", "nothing"), 4, "Run 214 was not found in project"),
        ],
    )
    def test_the_server_refuses(self, status: str, body: bytes, code: int, words: str, capsys: Capture) -> None:
        with serving() as service:
            service.answers = [(status, body)]
            assert types("artifacts 214") == code
        out, err = capsys.readouterr()
        assert out == ""
        assert words in err
        assert err.count("\n") == 1
        assert KEY not in err

    def test_no_answer_for_a_minute(self, capsys: Capture) -> None:
        with serving() as service:
            service.answers = [("500 Internal Server Error", b"")] * 9
            assert types("artifacts 214", Environment(clock=FakeClock(CREATED, leaps=True, limits=1))) == 5
            assert 5 < 10 - len(service.answers) < 9
        _, err = capsys.readouterr()
        assert "returned 500 Internal Server Error. Retrying for up to 60 s." in err
        assert "tvtui: Gave up after 60 s without a valid response. 127.0.0.1:" in err

    def test_an_answer_after_failures(self, capsys: Capture) -> None:
        with serving() as service:
            service.answers = [("500 Internal Server Error", b"")] * 2
            assert types("artifacts 214 --timeout 20", Environment(clock=FakeClock(CREATED, leaps=True, limits=1))) == 0
        assert tree("tvtui-artifacts/run-214") == FILES

    def test_a_server_that_hangs(self, capsys: Capture) -> None:
        async def hang(connection: Connection) -> None:
            await connection.wait_for_close()

        with serving() as service:
            service.respond = hang
            assert types("artifacts 214 --timeout 0.2") == 5
        assert "Gave up after 0.2 s without a valid response. No response from the server." in capsys.readouterr().err

    def test_a_renewed_key_is_used(self, environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
        old = "tvb_" + "Old01234" + "y" * 35
        own = tmp_path / "config" / "tvtui" / "config.toml"
        own.parent.mkdir(parents=True)

        def renew(key: str) -> None:
            own.write_text(f'[keys."{service.environment["TESTVIBE_SERVER"]}"]\napi_key = "{key}"')

        async def refuse_old(connection: Connection) -> None:
            if old.encode() in service.server.requests[-1]:
                renew(KEY)
                await connection.answer(b"", "401 Unauthorized")
            else:
                await service.answer(connection)

        with serving() as service:
            service.respond = refuse_old
            environ.delenv("TESTVIBE_API_KEY")
            renew(old)
            assert types("artifacts 214", Environment(config_folder=own.parent)) == 0
        assert tree("tvtui-artifacts/run-214") == FILES

    def test_a_closed_pipe(self, environ: pytest.MonkeyPatch) -> None:
        class Closed(io.StringIO):
            def write(self, text: str) -> int:
                raise BrokenPipeError(32, "Broken pipe")

        with serving():
            environ.setattr("sys.stdout", Closed())
            assert types("artifacts 214") == 6


def environment_of(service: Service) -> dict[str, str]:
    return {**os.environ, **service.environment, "PYTHONPATH": str(Path(cli.__file__).parents[2])}


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_download_can_be_resumed(number: signal.Signals, code: int) -> None:
    body = os.urandom(600_000)

    async def stall(there: StorageServer, connection: Connection, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nETag: {there.etag}\r\nContent-Length: {len(body)}\r\n\r\n"
        await connection.send(head.encode() + body[:300_000])
        await connection.wait_for_close()

    with serving({"video.webm": body}) as service:
        service.stored.wrong = [stall]
        words = [sys.executable, "-m", "tvtui", "artifacts", "214", "--output", "out"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(words, env=environment_of(service), **pipes) as running:  # type: ignore[call-overload]  # pipes
            deadline = time.monotonic() + 20
            while not tree("out").get(".video.webm.part"):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            arguments = Path(f"/proc/{running.pid}/cmdline")
            seen = arguments.read_bytes() if arguments.exists() else b""
            running.send_signal(number)
            out, err = running.communicate(timeout=20)
        assert running.returncode == code
        assert (out, err) == ("", "tvtui: Interrupted. Run the same command to resume.\n")
        assert KEY.encode() not in seen
        assert LINK_SECRET.encode() not in seen
        part = tree("out")[".video.webm.part"]
        assert (len(tree("out")), part) == (1, body[: len(part)])
        assert types("artifacts 214 --output out") == 0
        assert service.stored.ranges == [0, len(part)]
    assert tree("out") == {"video.webm": body}


def test_no_screen_is_imported() -> None:
    with serving() as service:
        show = "import sys\nfrom tvtui.cli import main\nassert main(['artifacts', '214']) == 0\nprint(*sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", show], capture_output=True, text=True, check=True, env=environment_of(service)
        )
    modules = done.stdout.splitlines()[-1].split()
    assert "httpx" in modules
    assert not {"textual", "rich"} & set(modules)


class Terminal(io.StringIO):
    """A terminal that remembers all that was written."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_shows_the_progress(environ: pytest.MonkeyPatch, capsys: Capture) -> None:
    terminal = Terminal()
    environ.setattr("sys.stderr", terminal)
    environ.setenv("TERM", "xterm")
    with serving({**FILES, "nul": b"x"}) as service:
        service.stored.sizes["screenshots/2.png"] = 5
        assert types("artifacts 214") == 1
    *lines, last = terminal.getvalue().split("\n")
    shown = [re.split(r"\r", line)[-1] for line in lines]
    assert shown[-1] == "tvtui: 3 saved (48 KiB), 1 failed, in tvtui-artifacts/run-214."
    assert any(line.startswith("tvtui: failed: screenshots/2.png. The storage has 4 bytes") for line in shown)
    assert any(line.startswith("tvtui: saved: nul (1 B). Saved as _nul") for line in shown)
    assert len(shown) == 3
    assert last == ""
    assert re.search(r"\r[█░]{20} +\d+%  \d/4 files", terminal.getvalue())
    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize(
    ("run", "requests"),
    [({"finished_utc": NOW + timedelta(days=1)}, 2), ({"finished_utc": CREATED}, 1), ({"status": "running"}, 1)],
)
def test_late_artifacts_of_a_run_that_has_just_ended_are_waited_for(run: dict[str, object], requests: int) -> None:
    clock = FakeClock(NOW + timedelta(hours=1), leaps=True)

    def stand_still() -> None:
        clock.under_way = 1

    # time passes between the digests only: not before the first, nor from the second request on
    stand_still()
    clock.at(2.01, stand_still)
    with serving() as service:

        async def respond(connection: Connection) -> None:
            await service.answer(connection)
            clock.under_way = int(len(service.server.requests) >= requests)

        service.digests = [digest_body(**run)]
        service.respond = respond
        assert types("artifacts 214", Environment(clock=clock)) == 0
        assert [b"/artifacts " in each for each in service.server.requests] == [False] * requests + [True]
