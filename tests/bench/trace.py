"""Measures the reading of traces, beside Playwright's own reader if it is installed: `python -m tests.bench.trace`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.traces import Json, a_head, a_step, an_error, library_lines, runner_lines

SIZES = {"1 MB": (260, 200, 200, 8), "100 MB": (20_000, 20_000, 60_000, 4)}
"""Steps, pictures, snapshots, and kB of each picture."""
RUNS = 5
_WORDS = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore "

_READ = """
import json, resource, sys, time
from pathlib import Path
def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
from tvtui.trace import open_trace
figures = [used()]
trace = open_trace(Path(sys.argv[1]))
figures.append(used())
trace.read_rest()
figures.append(used())
began = time.process_time()
trace.call(trace.failing), trace.page(trace.failing)
print(json.dumps([*figures, [time.process_time() - began, 0]]))
"""
_SPENT = """
import resource, subprocess, sys
for words in sys.argv[1:]:
    subprocess.run(words.split("\\t"), stdout=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2))
"""


def write_trace(path: Path, steps: int, pictures: int, snapshots: int, picture_kb: int) -> None:
    """A trace with a test runner, whose last step fails, and its film, snapshots and requests."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
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


def main() -> None:
    """Print the medians of several fresh processes."""
    with tempfile.TemporaryDirectory() as folder:
        for name, (steps, pictures, snapshots, picture_kb) in SIZES.items():
            path = Path(folder) / "trace.zip"
            write_trace(path, steps, pictures, snapshots, picture_kb)
            print(f"\n{name}: {path.stat().st_size / 1e6:.1f} MB, {steps:,} steps, {pictures:,} pictures")
            runs = [json.loads(_output(sys.executable, "-c", _READ, str(path))) for _ in range(RUNS)]
            median = sorted(runs, key=lambda run: run[2][0])[RUNS // 2]
            (begun, empty), (opened, small), (read, large), (detail, _) = median
            print(f"  first screen       {1000 * (opened - begun):8.0f} ms CPU  {small - empty:6.0f} MB")
            print(f"  all of it          {1000 * (read - opened):8.0f} ms CPU  {large - empty:6.0f} MB")
            print(f"  detail of a step   {1000 * detail:8.0f} ms CPU")
            _beside_playwright(path)


def _beside_playwright(path: Path) -> None:
    """Playwright's command line, from 1.59 on."""
    program = shutil.which("playwright")
    if program is None:
        print("  playwright         not on the PATH")
        return
    commands = ([program, "trace", "open", str(path)], [program, "trace", "actions", "--errors-only"])
    cpu, memory = _output(sys.executable, "-c", _SPENT, *("\t".join(each) for each in commands)).split()
    print(f"  playwright trace   {1000 * float(cpu):8.0f} ms CPU  {float(memory):6.0f} MB")


def _output(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
