"""The files of the demo's artifacts: real, consistent with the runs, and small enough for a package."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

import tvtui
from tvtui.demo import evidence
from tvtui.demo.evidence import blob_of
from tvtui.demo.recordings import recorded
from tvtui.demo.timeline import Json

ARTIFACTS = Path(tvtui.__file__).parent / "demo" / "artifacts"
RECORDINGS = ["login-and-checkout", "visual", "matrix", "trace"]
FILES = [file for file in ARTIFACTS.rglob("*") if file.is_file()]
PLACES = re.compile(rb"/(tmp|home|root|Users|work|opt)/")


def bytes_of(row: Json) -> bytes:
    blob = blob_of(row)
    return blob.read(0, blob.size)


def rows_of(ending: str) -> list[Json]:
    rows = [row for name in RECORDINGS for row in recorded(name).artifacts if str(row["path"]).endswith(ending)]
    assert rows
    return rows


def slug(name: str) -> str:
    return "-".join(re.sub(r"\W", " ", name.lower()).split())


def test_all_files_together_are_small_enough_for_a_package() -> None:
    assert sum(file.stat().st_size for file in FILES) < 1_600_000


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_row_has_its_own_file_of_its_size(name: str) -> None:
    for row in recorded(name).artifacts:
        path = str(row["path"])
        assert len(evidence.files()[path]) == row["size"] == len(bytes_of(row)), path


def test_every_file_is_used() -> None:
    listed = {str(row["path"]) for name in RECORDINGS for row in recorded(name).artifacts}
    there = {file.relative_to(ARTIFACTS).as_posix().removesuffix(".gz") for file in FILES}

    assert there - listed == {"report/LICENSE-of-the-report.txt"}


@pytest.mark.parametrize("name", ["login-and-checkout", "trace"])
def test_every_failure_has_a_trace_and_a_screenshot(name: str) -> None:
    run = recorded(name)
    paths = {row["path"] for row in run.artifacts}

    for test in run.tests:
        if test["status"] in {"failed", "timedOut"}:
            assert {f"trace/{slug(str(test['name']))}.zip", f"screenshots/{slug(str(test['name']))}.png"} <= paths


def test_traces_are_playwrights_and_belong_to_the_test_of_their_name() -> None:
    for row in rows_of(".zip"):
        with zipfile.ZipFile(io.BytesIO(bytes_of(row))) as trace:
            assert trace.testzip() is None
            events = [
                json.loads(line)
                for name in trace.namelist()
                if name.endswith(".trace")
                for line in trace.read(name).splitlines()
            ]
            assert not [name for name in trace.namelist() if PLACES.search(trace.read(name))]
        titles = {str(event.get("title")) for event in events if event["type"] == "context-options"}
        assert any(slug(title.rpartition(" › ")[2]) in str(row["path"]) for title in titles if " › " in title) or all(
            event.get("class") == "Test" for event in events if event["type"] == "before"
        )


def test_pictures_are_small_and_come_in_sets() -> None:
    sizes = {}
    for row in rows_of(".png"):
        data = bytes_of(row)
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        sizes[str(row["path"])] = struct.unpack(">II", data[16:24])
    card = "screenshots/card-height-changed-card-height-"

    assert sizes["screenshots/locked-out-user-sees-an-error.png"] == (480, 320)
    assert [sizes[f"{card}{which}.png"] for which in ("expected", "actual", "diff")] == [
        (360, 220),
        (360, 260),
        (360, 260),
    ]
    assert all(width <= 480 and height <= 320 for width, height in sizes.values())


def test_videos_are_webm_and_the_report_is_html() -> None:
    assert all(bytes_of(row).startswith(b"\x1aE\xdf\xa3") for row in rows_of(".webm"))
    (report,) = rows_of("report/index.html")
    assert b"playwrightReportBase64" in bytes_of(report)


def test_the_files_contain_no_paths_of_the_machine_that_made_them() -> None:
    for file in FILES:
        data = file.read_bytes()
        data = zlib.decompress(data, 31) if file.suffix == ".gz" else data
        assert not PLACES.search(data), file


def test_rows_of_the_same_size_and_extension_share_a_file() -> None:
    own: Json = {"path": "trace/locked-out-user-sees-an-error.zip"}
    own["size"] = len(evidence.files()[str(own["path"])])

    assert bytes_of({"path": "trace/another.zip", "size": own["size"]}) == bytes_of(own)
    assert bytes_of({"path": "trace/another.png", "size": own["size"]}) != bytes_of(own)


def test_filler_is_the_same_in_parts_and_in_one_piece() -> None:
    blob = blob_of({"path": "a.bin", "size": 200_000})
    whole = blob.read(0, 200_000)

    assert len(whole) == 200_000
    assert b"".join(blob.read(at, min(at + 70_001, 200_000)) for at in range(0, 200_000, 70_001)) == whole
    assert blob_of({"path": "empty", "size": 0}).read(0, 0) == b""
