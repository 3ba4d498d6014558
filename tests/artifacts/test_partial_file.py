"""Unfinished downloads: resuming them, and other processes that work on the same file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tvtui.artifacts.downloads.partial_file import NameTaken, PartialFile
from tvtui.artifacts.downloads.safe_folder import Folder, NotSaved

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has no such locks, and does not rename open files")

PART = ".a.zip.part"


class InterruptedFolder(Folder):
    """A folder in which another process finishes a download right after we have opened its file.

    Attributes:
        handles: The files that were opened.
    """

    handles: list[int]

    def open_file(self, name: str, flags: int) -> int:
        handle = super().open_file(name, flags)
        self.handles = [handle]
        (self.path / name).rename(self.path / "a.zip")
        return handle


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder.open(tmp_path)
    yield folder
    folder.close()


def test_a_file_that_another_process_has_just_finished_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / PART).write_bytes(b"complete")
    folder = InterruptedFolder.open(tmp_path)
    with pytest.raises(NotSaved, match=r"Another tvtui is downloading .*a\.zip"):
        PartialFile(folder, "a.zip", 8)
    folder.close()
    assert (tmp_path / "a.zip").read_bytes() == b"complete"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(folder.handles[0])


@pytest.mark.parametrize(("most", "kept"), [(8, 4), (4, 4), (3, 0), (0, 0)])
def test_bytes_are_kept_unless_there_are_too_many(folder: Folder, tmp_path: Path, most: int, kept: int) -> None:
    (tmp_path / PART).write_bytes(b"half")
    part, sizes = PartialFile(folder, "a.zip", most), list[int]()
    assert part.received == kept
    part.begin(part.received)
    part.write(b"new")
    part.finish(lambda info: sizes.append(info.st_size))
    part.close()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.zip": b"half"[:kept] + b"new"}
    assert sizes == [kept + 3]


def test_a_file_that_another_process_has_just_completed_is_left_alone(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"complete")
    with pytest.raises(NameTaken):
        PartialFile(folder, "a.zip", 8)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_an_empty_file_is_removed(folder: Folder, tmp_path: Path) -> None:
    part = PartialFile(folder, "a.zip", 8)
    part.begin(0)
    part.close()
    part.close()
    assert list(tmp_path.iterdir()) == []
