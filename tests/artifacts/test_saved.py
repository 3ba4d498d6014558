"""Artifacts that were downloaded before, found without a server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.http import ORIGIN
from tvtui.artifacts.downloads.manifest import Origin
from tvtui.artifacts.downloads.run_folder import RunFolder
from tvtui.artifacts.downloads.safe_names import MANIFEST, Place
from tvtui.artifacts.downloads.saved import SavedArtifacts
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.testvibe.fields import Cleaned
from tvtui.testvibe.identity import ArtifactId

TRACE: ArtifactId = ("trace/a.zip", 0)


def save(folder: Path, path: str = "trace/a.zip", *, origin: Origin = ORIGIN) -> Path:
    """Save an artifact as a download does."""
    own = RunFolder(folder, origin)
    own.create()
    spot = own.reserve((path, 0), Place(tuple(path.split("/"))), 4, "", ())
    spot.path.write_bytes(b"data")
    own.record(spot, (path, 0), 4, "", spot.path.stat())
    own.release(spot)
    return spot.path


async def found(folder: Path, *wanted: ArtifactId, origin: Origin = ORIGIN) -> Sequence[tuple[ArtifactId, Transfer]]:
    reports: list[tuple[ArtifactId, Transfer]] = []
    await SavedArtifacts(RunFolder(folder, origin), "Not here.").get(
        wanted or (TRACE,), lambda which, transfer: reports.append((which, transfer))
    )
    return reports


async def test_what_was_saved_is_there(tmp_path: Path) -> None:
    path = save(tmp_path / "run-214")

    there = Transfer(Stage.DONE, 4, 4, path=path, was_there=True)
    missing = Transfer(Stage.FAILED, note="Not here.")
    wanted = (TRACE, ("trace/b.zip", 0), ("trace/a.zip", 1), TRACE)
    assert await found(tmp_path / "run-214", *wanted) == [
        *((TRACE, there), (("trace/b.zip", 0), missing), (("trace/a.zip", 1), missing))
    ]


async def test_a_path_that_was_cleaned_is_found_by_what_is_shown(tmp_path: Path) -> None:
    save(tmp_path / "run-214")

    ((_, transfer),) = await found(tmp_path / "run-214", (Cleaned("trace/a.zip", "trace/\x1ba.zip"), 0))
    assert transfer.stage is Stage.DONE


async def test_it_is_found_in_a_folder_beside_that_of_another_run(tmp_path: Path) -> None:
    save(tmp_path / "run-214", origin=ORIGIN._replace(server="https://other.example"))
    path = save(tmp_path / "run-214")
    assert path.is_relative_to(tmp_path / "run-214 (2)")

    ((_, transfer),) = await found(tmp_path / "run-214")
    assert transfer.path == path


async def test_the_project_may_be_written_in_another_case(tmp_path: Path) -> None:
    save(tmp_path / "run-214", origin=ORIGIN._replace(project=ORIGIN.project.upper()))

    ((_, transfer),) = await found(tmp_path / "run-214", origin=ORIGIN._replace(project=ORIGIN.project.lower()))
    assert transfer.stage is Stage.DONE


async def test_nothing_is_created(tmp_path: Path) -> None:
    ((_, transfer),) = await found(tmp_path / "files" / "run-214")

    assert transfer.note == "Not here."
    assert not (tmp_path / "files").exists()


async def test_a_file_that_was_changed_or_removed_is_not_there(tmp_path: Path) -> None:
    path = save(tmp_path / "run-214")
    path.write_bytes(b"other data")
    ((_, changed),) = await found(tmp_path / "run-214")
    path.unlink()
    ((_, removed),) = await found(tmp_path / "run-214")

    assert changed.stage is removed.stage is Stage.FAILED


@pytest.mark.parametrize("file", ["../secret", "/etc/hostname", "trace//../../secret", "./secret", "link/secret", ""])
async def test_a_manifest_that_somebody_else_wrote_leads_nowhere(tmp_path: Path, file: str) -> None:
    folder = tmp_path / "run-214"
    save(folder)
    secret = tmp_path / "secret"
    secret.write_bytes(b"data")
    (folder / "link").symlink_to(tmp_path)
    times = secret.stat()
    entry = {"artifact": "x", "number": 0, "file": file, "size": 4, "etag": "", "length": 4}
    with (folder / MANIFEST).open("a") as manifest:
        manifest.write(json.dumps({"version": 1, **entry, "modified": times.st_mtime_ns}) + "\n")

    ((_, transfer),) = await found(folder, ("x", 0))
    assert transfer.stage is Stage.FAILED
