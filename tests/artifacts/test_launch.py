"""A program is started apart from us, and an early death is told."""

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
    """Makes a program of some lines of shell."""

    def make(lines: str) -> Path:
        path = tmp_path / "viewer"
        path.write_text(f"#!/bin/sh\n{lines}\n", "utf-8")
        path.chmod(0o755)
        return path

    return make


def a_run(*argv: object, patience: float = 10.0, otherwise: str = "") -> StartProgram:
    return StartProgram(tuple(map(str, argv)), "Opened", otherwise, patience=patience)


async def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so: a process takes as long as it takes, 20 s at most."""
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_what_goes_on_is_left_alone_in_a_session_of_its_own(script: Script, tmp_path: Path) -> None:
    program = script(f'echo "$$ $1" > {tmp_path}/new && mv {tmp_path}/new {tmp_path}/pid\nexec sleep 60')
    assert await launch(a_run(program, "a b.zip", patience=0.01)) == ""
    await until((tmp_path / "pid").exists)
    pid, argument = (tmp_path / "pid").read_text("utf-8").strip().split(" ", 1)
    process = psutil.Process(int(pid))
    assert argument == "a b.zip"
    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    process.kill()
    # a zombie would stay for as long as we run
    await until(lambda: not psutil.pid_exists(process.pid))


async def test_what_has_done_its_work_at_once_was_no_failure(script: Script) -> None:
    assert await launch(a_run(script("echo warning >&2; exit 0"))) == ""


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("echo first >&2; echo 'the last one.' >&2; exit 3", "viewer ended with code 3: the last one."),
        ("exit 1", "viewer ended with code 1."),
        ("echo out; exit 1", "viewer ended with code 1."),
        ("kill -9 $$", "viewer was ended by signal 9."),
        (
            "echo 'Error: Trace file x.zip does not exist!' >&2; echo '    at main (a.js:1)' >&2; exit 1",
            "viewer ended with code 1: Trace file x.zip does not exist!.",
        ),
        (
            "printf 'Error: \\n╔═══╗\\n║ No browser found.  ║\\n║ <3 Playwright Team ║\\n╚═══╝\\n' >&2; exit 1",
            "viewer ended with code 1: No browser found.",
        ),
        (
            "echo 'npm error npx canceled due to missing packages' >&2; echo 'npm error A log: x' >&2; exit 1",
            "viewer ended with code 1: npx canceled due to missing packages.",
        ),
        (
            "printf '\\033]0;owned\\007\\033[31mred\\033[0m\\n\\033[2J\\n' >&2; exit 1",
            "viewer ended with code 1: red.",
        ),
    ],
)
async def test_an_early_death_is_told_with_its_reason(script: Script, lines: str, told: str) -> None:
    assert await launch(a_run(script(lines))) == told
    assert await launch(a_run(script(lines), otherwise="Run it by hand.")) == f"{told} Run it by hand."


async def test_more_words_than_anybody_reads_keep_nobody_waiting(script: Script) -> None:
    told = await launch(a_run(script("i=0; while [ $i -lt 9000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1")))
    assert told.startswith("viewer ended with code 1: line")


async def test_what_does_not_start_is_told(tmp_path: Path, script: Script) -> None:
    assert await launch(a_run(tmp_path / "gone")) == "gone did not start: No such file or directory."
    assert await launch(a_run(script(""), "a\0b", otherwise="Sorry.")) == (
        "viewer did not start: its arguments cannot be handed over. Sorry."
    )


async def test_the_key_is_not_handed_on_and_the_rest_is(script: Script) -> None:
    key = "tvb_" + "x" * 43
    environ = {"TESTVIBE_API_KEY": key, "Testvibe_Api_Key": key, "DISPLAY": ":7", "PATH": os.environ["PATH"]}
    told = await launch(a_run(script('echo "[$TESTVIBE_API_KEY$Testvibe_Api_Key] $DISPLAY" >&2; exit 1')), environ)
    assert told == "viewer ended with code 1: [] :7."


async def test_it_has_no_part_in_our_terminal(script: Script) -> None:
    told = await launch(
        a_run(script('[ -t 0 ] || [ -t 1 ] || [ -t 2 ] || read -r line || echo "no line, no terminal" >&2; exit 1'))
    )
    assert told == "viewer ended with code 1: no line, no terminal."


async def test_leaving_neither_waits_for_it_nor_ends_it(script: Script, tmp_path: Path) -> None:
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


async def test_nothing_waits_on_after_an_early_end(script: Script) -> None:
    before = threading.active_count()
    await launch(a_run(script("exit 1")))
    await until(lambda: threading.active_count() <= before + 1)
