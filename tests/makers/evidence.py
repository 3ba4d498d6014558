"""Files the output of Playwright under the names in the recordings, and writes its sizes into them."""

from __future__ import annotations

import gzip
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tvtui.demo.recordings import ERROR_LIMIT, LOG_LIMIT

_DEMO = Path(__file__).parents[2] / "tvtui" / "demo"
_PLACES = {"trace": "trace/{}.zip", "screenshot": "screenshots/{}.png", "video": "videos/{}.webm"}


class Evidence:
    """The demo's evidence, assembled in the working folder of Playwright.

    Attributes:
        size: Bytes of the files that are filed, as they are in the package.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._to = folder / "artifacts"
        self._texts: dict[Path, str] = {}
        self.size = 0

    def file(self, recording: str, *kinds: str, pictures_of: str | None = None) -> None:
        """File what a recording lists, correct its sizes, and write the full errors of its tests.

        Args:
            recording: The name of the recording.
            kinds: The Playwright runs it is assembled from.
            pictures_of: Another run, for screenshots that these lack.
        """
        made: dict[str, Path] = {}
        failures = []
        for kind in (*([pictures_of] if pictures_of else []), *kinds):
            for title, test in self._tests(kind):
                if test["status"] == "unexpected":
                    result = test["results"][0]
                    made |= _files(title[-1], result)
                    if kind != pictures_of:
                        failures.append({"name": " > ".join(title), "error": _error(result)})
        self._write(recording, self._run(recording), failures, made, kinds)

    def record(self, recording: str, kind: str) -> None:
        """Make a recording of one Playwright run: its tests, log, traces and screenshots, of passed tests too."""
        made: dict[str, Path] = {}
        tests, failures = [], []
        for title, test in self._tests(kind):
            result = test["results"][0]
            made |= _files(title[-1], result)
            error = _error(result) if result["errors"] else None
            tests.append(
                {
                    "name": title[-1],
                    "status": result["status"],
                    "durationMs": result["duration"],
                    "error": error and error[:ERROR_LIMIT],
                }
            )
            if error:
                failures.append({"name": " > ".join(title), "error": error})
        kinds = {"screenshots": "screenshot", "trace": "trace"}
        artifacts = [{"kind": kinds[folder], "path": path} for path in made if (folder := path.split("/")[0]) in kinds]
        log = (self._folder / f"{kind}.log").read_text(encoding="utf-8")[-LOG_LIMIT:]
        run = {**self._run(recording), "tests": tests, "artifacts": artifacts, "log": log}
        self._write(recording, run, failures, made, (kind,))

    def _run(self, recording: str) -> Any:
        return json.loads((_DEMO / "runs" / f"{recording}.json").read_text(encoding="utf-8"))

    def _tests(self, kind: str) -> Iterator[tuple[list[str], Any]]:
        return _tests(json.loads((self._folder / f"{kind}.json").read_text(encoding="utf-8")))

    def _write(self, recording: str, run: Any, failures: object, made: dict[str, Path], kinds: tuple[str, ...]) -> None:
        for row in run["artifacts"]:
            row["size"] = self._put(row["path"], made, kinds)
        texts = {_DEMO / "runs" / f"{recording}.json": run, _DEMO / "features" / recording / "failures.json": failures}
        self._texts |= {path: json.dumps(value, indent=1, ensure_ascii=False) + "\n" for path, value in texts.items()}

    def publish(self) -> None:
        """Copy everything to where the demo looks for it, once nothing is missing."""
        shutil.copytree(self._to, _DEMO / "artifacts", dirs_exist_ok=True)
        for path, text in self._texts.items():
            path.write_text(text, encoding="utf-8")

    def _put(self, name: str, made: dict[str, Path], kinds: tuple[str, ...]) -> int:
        """File one artifact.

        Returns:
            The size at which it is served.
        """
        to = self._to / name
        to.parent.mkdir(parents=True, exist_ok=True)
        if name == "report/index.html":
            # half a megabyte of JavaScript that compresses well; the demo decompresses it
            data = (self._folder / name).read_bytes()
            to = to.with_name("index.html.gz")
            to.write_bytes(gzip.compress(data, 9, mtime=0))
            shutil.copy(self._folder / "node_modules/playwright/LICENSE", to.with_name("LICENSE-of-the-report.txt"))
        elif name == "logs/browser-console.log":
            data = "".join(self._console(kinds)).encode()
            to.write_bytes(data)
        else:
            data = made[name].read_bytes()
            to.write_bytes(data)
        self.size += to.stat().st_size
        return len(data)

    def _console(self, kinds: tuple[str, ...]) -> Iterator[str]:
        """The browser console of the pages, from the traces."""
        for kind in kinds:
            for trace in sorted((self._folder / "results" / kind).glob("*/trace.zip")):
                yield f"# {trace.parent.name}\n"
                with zipfile.ZipFile(trace) as archive:
                    for name in archive.namelist():
                        if name.endswith(".trace"):
                            yield from map(_console_line, archive.read(name).decode().splitlines())


def _console_line(line: str) -> str:
    event = json.loads(line)
    if event.get("type") != "console":
        return ""
    place = event["location"]
    return f"{event['messageType']:<8} {place['url']}:{place['lineNumber'] + 1}  {event['text']}\n"


def _tests(report: Any) -> Iterator[tuple[list[str], Any]]:
    """Each test with its title path."""

    def walk(suite: Any, above: list[str]) -> Iterator[tuple[list[str], Any]]:
        for spec in suite.get("specs", []):
            yield [*above, spec["title"]], spec["tests"][0]
        for inner in suite.get("suites", []):
            yield from walk(inner, [*above, inner["title"]])

    for file in report["suites"]:
        yield from walk(file, [])


def _files(title: str, result: Any) -> Iterator[tuple[str, Path]]:
    slug = "-".join("".join(letter if letter.isalnum() else " " for letter in title.lower()).split())
    for attachment in result["attachments"]:
        name, path = attachment["name"], attachment.get("path")
        if path is None:
            continue
        if place := _PLACES.get(name):
            yield place.format(slug), Path(path)
        elif name == "error-context":
            yield f"attachments/{slug}.md", Path(path)
        else:
            yield f"{'screenshots' if name.endswith('.png') else 'attachments'}/{slug}-{name}", Path(path)


def _error(result: Any) -> str:
    """The errors of a test as the service has them; a message includes its source and location."""
    return "\n\n".join(error["message"].rstrip() for error in result["errors"])
