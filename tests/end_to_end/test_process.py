"""The program in a process of its own: pipes, signals, locales, and what other processes see of it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.process import started
from tvtui import cli
from tvtui.cli.group import command_line

KEY = "tvb_" + "AbCd1234" + "x" * 35
WITHOUT_UTF8 = {"PYTHONUTF8": "", "PYTHONIOENCODING": ""}
ENOUGH = {"TESTVIBE_API_KEY": KEY, "TESTVIBE_PROJECT": "01234567-89ab-cdef-0123-456789abcdef"}


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_reader_that_takes_one_line_and_closes_the_pipe() -> None:
    with started("demo", "queued") as watch:
        assert watch.stdout is not None
        assert watch.stderr is not None
        assert " queued " in watch.stdout.readline()
        watch.stdout.close()
        assert watch.wait(timeout=10) == 6
        assert watch.stderr.read() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="only POSIX has a shell that closes files")
class TestClosedStreams:
    """Standard streams that were closed before the start."""

    @pytest.mark.parametrize("words", ["demo passed --lines --speed 1000", "demo --list", "", "--help", "--version"])
    def test_a_closed_stdout_is_no_success(self, words: str) -> None:
        assert closed(words, ">&-") == (6, "", "")

    def test_neither_stderr_nor_stdin_is_needed(self) -> None:
        code, out, _ = closed("demo passed --lines --speed 1000", "2>&- <&-")
        assert (code, out.splitlines()[-1]) == (0, "Watch again: tvtui demo passed")
        assert closed("watch two", "2>&-")[0] == 2
        assert closed("demo passed --lines --speed 1000", ">&- 2>&- <&-")[0] == 6


def closed(words: str, redirections: str) -> tuple[int, str, str]:
    """The program's exit code, and what it wrote to stdout and stderr, with the redirections of a shell."""
    full = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[2])}
    command = f"{shlex.quote(sys.executable)} -m tvtui {words} {redirections}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=full, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_reader_that_is_gone_before_the_help() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with started("--help", stdout=writer) as shown:
        os.close(writer)
        assert shown.wait(timeout=10) == 6


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_termination() -> None:
    with started("demo", "queued", "--json") as watch:
        assert watch.stdout is not None
        assert watch.stderr is not None
        assert '"queued"' in watch.stdout.readline()
        watch.terminate()
        assert watch.wait(timeout=10) == 143
        assert watch.stdout.read() + watch.stderr.read() == ""


def test_a_locale_without_the_symbols() -> None:
    with started("demo", "refused", environ={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}) as watch:
        out, err = watch.communicate(timeout=10)
    assert watch.returncode == 3
    assert out == ""
    assert err.startswith("tvtui: ")


C_LOCALES = [{"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"LC_ALL": "", "LC_CTYPE": "", "LANG": "C"}]


@pytest.mark.skipif(sys.platform == "win32", reason="there, the locale is not in the environment")
@pytest.mark.parametrize("environ", [*C_LOCALES, {"PYTHONIOENCODING": "ascii"}])
def test_lines_are_ascii_where_the_locale_requires_it(environ: dict[str, str]) -> None:
    with started("demo", "hostile", "--lines", "--speed", "200", environ={**WITHOUT_UTF8, **environ}) as watch:
        out, err = watch.communicate(timeout=20)
    assert watch.returncode == 1
    assert out.isascii()
    assert err == ""
    assert "x FAILED" in out


def test_help_is_ascii() -> None:
    for command in ([], *([name] for name in command_line.commands)):
        with started(*command, "--help") as shown:
            assert shown.communicate(timeout=10)[0].isascii(), command


def test_the_key_is_in_nothing_that_a_process_shows() -> None:
    # nothing listens on port 9 of this machine
    environ = {**ENOUGH, "TESTVIBE_SERVER": "http://127.0.0.1:9"}
    with started("watch", "214", "--timeout", "0.1", environ=environ) as watch:
        cmdline = Path(f"/proc/{watch.pid}/cmdline")
        arguments = cmdline.read_text() if cmdline.exists() else ""
        out, err = watch.communicate(timeout=10)
    assert watch.returncode == 5
    assert KEY[4:] not in out + err + arguments
    assert "Gave up after 0.1 s" in err
