"""Measures the reading of traces, beside Playwright's own reader if it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.bench.figures import Samples, Setup
from tests.bench.report import Budget, Row
from tests.bench.versions import Version
from tests.support.traces import Json, a_head, a_step, an_error, library_lines, runner_lines


class Size(NamedTuple):
    """How large a trace is, and what reading it may take: milliseconds of CPU, and MB."""

    name: str
    steps: int
    pictures: int
    snapshots: int
    picture_kb: int
    budgets: tuple[float, float, float]
    has_runner: bool = True


SIZES = (
    Size("1 MB", 260, 200, 200, 4, (30, 300, 10)),
    Size("100 MB", 20_000, 20_000, 60_000, 5, (1000, 4000, 160)),
    Size("100 MB without a test runner", 20_000, 20_000, 60_000, 5, (2000, 4000, 160), has_runner=False),
)
_IMPORT_BUDGET, _DETAIL_BUDGET = 15, 30
_MOST_RUNS = 5
_WORDS = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore "

_READ = """
import json, resource, sys, time
from pathlib import Path
import tvtui.tui.app
def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
def took(action):
    began = time.process_time()
    found = action()
    return 1000 * (time.process_time() - began), found
before = memory()
door, open_trace = took(lambda: __import__("tvtui.trace", fromlist=["open_trace"]).open_trace)
opened, trace = took(lambda: open_trace(Path(sys.argv[1])))
rest, _ = took(trace.read_rest)
ids = list(trace.steps)
read = lambda each: (trace.call(each), trace.page(each), trace.picture(each))
details = [took(lambda: read(each))[0] for each in ids[:: len(ids) // 20]]
print(json.dumps([door, opened, rest, max(details), memory() - before]))
"""
_SPENT = """
import resource, subprocess, sys
for words in sys.argv[1:]:
    subprocess.run(words.split("\\t"), stdout=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2))
"""


def trace(setup: Setup) -> list[Row]:
    """Measure, in fresh processes that have imported the app, what a trace takes: CPU, and memory above the app."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.zip"
        for size in SIZES:
            write_trace(path, size)
            rows += _rows(setup, size, path)
    return rows


def _rows(setup: Setup, size: Size, path: Path) -> list[Row]:
    samples = Samples()
    compiled = f"pycache_prefix={path.parent}"
    for turn in range(min(setup.runs, _MOST_RUNS) + 1):
        for version in setup.versions:
            found = _output(sys.executable, "-X", compiled, "-c", _READ, str(path), version=version)
            if turn:  # the first compiles modules
                door, opened, rest, detail, memory = json.loads(found)
                samples.add(version.name, door=door, opened=opened, rest=rest, detail=detail, memory=memory)
    budgets = (_IMPORT_BUDGET, size.budgets[0], size.budgets[1], _DETAIL_BUDGET, size.budgets[2])
    names = {"door": "import", "opened": "steps", "rest": "all else", "detail": "slowest of 20 steps' details"}
    names["memory"] = "memory"
    rows = [
        Row(f"{size.name}: {name}", "MB" if key == "memory" else "ms", samples.of(key), Budget(most))
        for (key, name), most in zip(names.items(), budgets, strict=True)
    ]
    # the import is the same for each
    return rows[size is not SIZES[0] :] + _beside_playwright(size, path)


def _beside_playwright(size: Size, path: Path) -> list[Row]:
    """Playwright's command line, from 1.59 on, if it is installed; it takes long."""
    program = shutil.which("playwright")
    if program is None or not size.has_runner:
        return []
    commands = ([program, "trace", "open", str(path)], [program, "trace", "actions", "--errors-only"])
    found = _output(sys.executable, "-c", _SPENT, *("\t".join(each) for each in commands), folder=path.parent)
    cpu, memory = map(float, found.split())
    name = f"{size.name}: trace open, trace actions"
    return [Row(name, "ms", {"playwright": [1000 * cpu]}), Row(name, "MB", {"playwright": [memory]})]


def _output(*words: str, version: Version | None = None, folder: Path | None = None) -> str:
    environment = {**os.environ, **(version.environment if version else {})}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        words, capture_output=True, text=True, check=True, env=environment, cwd=version.folder if version else folder
    )
    return done.stdout


def write_trace(path: Path, size: Size) -> None:
    """A trace whose last step fails, with its film, snapshots and requests."""
    _, steps, pictures, snapshots, picture_kb, *_ = size
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        if size.has_runner:
            _write(archive, "test.trace", _runner(steps))
        _write(archive, "0-trace.trace", _library(steps, pictures, snapshots))
        _write(archive, "0-trace.network", (_request(n) for n in range(steps)))
        for n in range(pictures):
            content = n.to_bytes(4) + bytes(picture_kb * 1024 - 4)
            archive.writestr(zipfile.ZipInfo(f"screencast/page@1-{n}.jpeg"), content)


def _write(archive: zipfile.ZipFile, name: str, events: Iterator[Json]) -> None:
    with archive.open(name, "w") as file:
        for event in events:
            file.write(json.dumps(event, separators=(",", ":")).encode() + b"\n")


def _step(n: int, steps: int) -> Iterator[Json]:
    failed = "Timeout 5000ms exceeded." if n == steps - 1 else None
    step = a_step(f"a@{n}", "Click", n * 10, n * 10 + 8, line=n % 300 + 1, error=failed, sides="runner library")
    yield from runner_lines(step)
    if failed:
        yield an_error(failed, n % 300 + 1)


def _runner(steps: int) -> Iterator[Json]:
    yield a_head()
    for n in range(steps):
        yield from _step(n, steps)


def _library(steps: int, pictures: int, snapshots: int) -> Iterator[Json]:
    yield a_head(origin="library")
    for n in range(steps):
        log = ["waiting for getByRole('link')", "  locator resolved to <a/>", "attempting click action"]
        yield from library_lines(a_step(f"a@{n}", "Click", n * 10, n * 10 + 8, log=log))
        for k in range(snapshots // steps):
            phase = ("before", "action", "after")[k % 3]
            html = ["HTML", {}, ["BODY", {}, ["P", {"class": f"a{n}"}, _WORDS[n % 40 :] * 8]]]
            snapshot: Json = {"callId": f"a@{n}", "phase": phase, "pageId": "page@1", "frameId": "frame@1"}
            snapshot |= {"frameUrl": "http://shop/", "html": html, "timestamp": n * 10, "isMainFrame": True}
            yield {"type": "frame-snapshot", "snapshot": snapshot}
        for k in range(n * pictures // steps, (n + 1) * pictures // steps):
            frame: Json = {"type": "screencast-frame", "pageId": "page@1", "file": f"screencast/page@1-{k}.jpeg"}
            yield frame | {"width": 480, "height": 320, "timestamp": n * 10}


def _request(n: int) -> Json:
    headers = [{"name": f"x-header-{k}", "value": _WORDS} for k in range(12)]
    request: Json = {"method": "GET", "url": f"http://shop/api/{n}", "headers": headers}
    response: Json = {"status": 200, "headers": headers, "content": {"size": 1, "mimeType": "application/json"}}
    snapshot: Json = {"request": request, "response": response, "time": 5, "_monotonicTime": n * 10}
    return {"type": "resource-snapshot", "snapshot": snapshot}
