"""Opening traces with the real Playwright, where it is installed."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import quote, urljoin

import psutil
import pytest

import tvtui.demo
from tvtui.artifacts.launch import launch
from tvtui.artifacts.opening import StartProgram, plan

ROOT = Path(__file__).parents[2]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A trace from the demo, or a minimal one that Playwright accepts."""
    recorded = sorted((Path(tvtui.demo.__file__).parent / "artifacts").glob("**/trace*/*.zip"))
    if recorded:
        return recorded[0]
    path = tmp_path / "trace.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("trace.trace", '{"version":8,"type":"context-options","origin":"library","browserName":""}\n')
        file.writestr("trace.network", "")
    return path


@cache
def is_installed(start: tuple[str, ...]) -> bool:
    asked = [*start, "--version"]
    return not subprocess.run(asked, check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=60).returncode


def by_playwright(trace: Path) -> StartProgram:
    """The plan for a trace on a desktop; skips the test where Playwright is not installed."""
    made = plan(
        "trace",
        trace,
        environ={**os.environ, "DISPLAY": ":0", "SSH_CONNECTION": "", "SSH_TTY": ""},
        cwd=ROOT,
        elsewhere=True,
    )
    if not isinstance(made, StartProgram):
        pytest.skip("neither playwright nor npx is on the PATH")
    if not is_installed(made.argv[:-2]):
        pytest.skip("Playwright is not installed here: put a node_modules/.bin that holds it on the PATH")
    return made


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def got(url: str) -> tuple[str, bytes]:
    """The final URL and the response of the viewer's server; retries until it listens, 30 s at most."""
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.url, answer.read()
        except urllib.error.URLError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_playwright_is_started_and_serves_the_trace(trace: Path) -> None:
    made = by_playwright(trace)
    port = free_port()
    # served instead of shown in a window, so that no browser is needed or opened
    where = ("--host", "127.0.0.1", "--port", str(port))
    served = replace(made, argv=(*made.argv[:-1], *where, made.argv[-1]), patience=0.5)
    before = set(psutil.Process().children())
    try:
        assert asyncio.run(launch(served, {**os.environ, "PWTEST_UNDER_TEST": "1", "BROWSER": "true"})) == ""
        address, page = got(f"http://127.0.0.1:{port}/")
        assert b"Playwright Trace Viewer" in page
        _, file = got(urljoin(address, f"file?path={quote(str(trace))}"))
        assert file == trace.read_bytes()
    finally:
        started = [child for child in psutil.Process().children() if child not in before]
        for process in [*(below for child in started for below in child.children(recursive=True)), *started]:
            process.kill()


def test_an_invalid_trace_is_reported_with_playwrights_reason(tmp_path: Path) -> None:
    message = asyncio.run(launch(replace(by_playwright(tmp_path / "gone.zip"), patience=30.0)))
    assert "exited with code 1: " in message
    assert "gone.zip" in message
    assert "https://trace.playwright.dev" in message
