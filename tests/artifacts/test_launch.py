"""Starting programs detached from the terminal, and reporting early failures."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tvtui.artifacts.launch import launch
from tvtui.artifacts.opening import StartProgram

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the programs are scripts")

Script = Callable[[str], Path]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Creates a program from lines of shell script."""

    def make(lines: str) -> Path:
        path = tmp_path / "viewer"
        path.write_text(f"#!/bin/sh\n{lines}\n", "utf-8")
        path.chmod(0o755)
        return path

    return make


def a_run(*argv: object, patience: float = 10.0, otherwise: str = "") -> StartProgram:
    return StartProgram(tuple(map(str, argv)), "Opened", otherwise, patience=patience)


async def until(is_so: Callable[[], object]) -> None:
    """Wait for a condition, 20 s at most."""
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_a_program_continues_to_run_in_its_own_session(script: Script, tmp_path: Path) -> None:
    program = script(f'echo "$$ $1" > {tmp_path}/new && mv {tmp_path}/new {tmp_path}/pid\nexec sleep 60')
    assert await launch(a_run(program, "a b.zip", patience=0.01)) == ""
    await until((tmp_path / "pid").exists)
    pid, argument = (tmp_path / "pid").read_text("utf-8").strip().split(" ", 1)
    process = psutil.Process(int(pid))
    assert argument == "a b.zip"
    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    process.kill()
    # a zombie would remain as long as this process runs
    await until(lambda: not psutil.pid_exists(process.pid))


async def test_a_program_that_succeeds_immediately_is_not_a_failure(script: Script) -> None:
    assert await launch(a_run(script("echo warning >&2; exit 0"))) == ""


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("echo first >&2; echo 'the last one.' >&2; exit 3", "viewer exited with code 3: the last one."),
        ("exit 1", "viewer exited with code 1."),
        ("echo out; exit 1", "viewer exited with code 1."),
        ("kill -9 $$", "viewer was killed by signal 9."),
        (
            "echo 'Error: Trace file x.zip does not exist!' >&2; echo '    at main (a.js:1)' >&2; exit 1",
            "viewer exited with code 1: Trace file x.zip does not exist!.",
        ),
        (
            "printf 'Error: \\n╔═══╗\\n║ No browser found.  ║\\n║ <3 Playwright Team ║\\n╚═══╝\\n' >&2; exit 1",
            "viewer exited with code 1: No browser found.",
        ),
        (
            "echo 'npm error npx canceled due to missing packages' >&2; echo 'npm error A log: x' >&2; exit 1",
            "viewer exited with code 1: npx canceled due to missing packages.",
        ),
        (
            "printf '\\033]0;owned\\007\\033[31mred\\033[0m\\n\\033[2J\\n' >&2; exit 1",
            "viewer exited with code 1: red.",
        ),
    ],
)
async def test_an_early_failure_is_reported_with_its_reason(script: Script, lines: str, message: str) -> None:
    assert await launch(a_run(script(lines))) == message
    assert await launch(a_run(script(lines), otherwise="Run it by hand.")) == f"{message} Run it by hand."


async def test_long_output_does_not_block(script: Script) -> None:
    message = await launch(a_run(script("i=0; while [ $i -lt 9000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1")))
    assert message.startswith("viewer exited with code 1: line")


async def test_a_program_that_cannot_be_started_is_reported(tmp_path: Path, script: Script) -> None:
    assert await launch(a_run(tmp_path / "gone")) == "gone did not start: No such file or directory."
    assert await launch(a_run(script(""), "a\0b", otherwise="Sorry.")) == (
        "viewer did not start: its arguments are invalid. Sorry."
    )


async def test_the_environment_is_passed_on_without_the_key(script: Script) -> None:
    key = "tvb_" + "x" * 43
    environ = {"TESTVIBE_API_KEY": key, "Testvibe_Api_Key": key, "DISPLAY": ":7", "PATH": os.environ["PATH"]}
    message = await launch(a_run(script('echo "[$TESTVIBE_API_KEY$Testvibe_Api_Key] $DISPLAY" >&2; exit 1')), environ)
    assert message == "viewer exited with code 1: [] :7."


async def test_it_has_no_access_to_the_terminal(script: Script) -> None:
    message = await launch(
        a_run(script('[ -t 0 ] || [ -t 1 ] || [ -t 2 ] || read -r line || echo "no line, no terminal" >&2; exit 1'))
    )
    assert message == "viewer exited with code 1: no line, no terminal."


async def test_quitting_neither_waits_for_it_nor_stops_it(script: Script, tmp_path: Path) -> None:
    program = script(f"echo $$ > {tmp_path}/new && mv {tmp_path}/new {tmp_path}/pid\nexec sleep 60")
    code = (
        "import asyncio, sys\nfrom tvtui.artifacts.launch import launch\n"
        "from tvtui.artifacts.opening import StartProgram\n"
        "print(repr(asyncio.run(launch(StartProgram((sys.argv[1],), '', patience=0.01)))))"
    )
    left = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code, str(program)], capture_output=True, text=True, timeout=20
    )
    assert (left.stdout, left.stderr, left.returncode) == ("''\n", "", 0)
    await until((tmp_path / "pid").exists)
    process = psutil.Process(int((tmp_path / "pid").read_text("utf-8")))
    assert process.is_running()
    process.kill()


async def test_no_thread_remains_after_an_early_end(script: Script) -> None:
    before = threading.active_count()
    await launch(a_run(script("exit 1")))
    await until(lambda: threading.active_count() <= before + 1)
