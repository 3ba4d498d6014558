"""Saving files that are attached to a trace: beside it, privately, under safe names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tvtui.artifacts.downloads.attachment import save_attachment
from tvtui.artifacts.downloads.safe_folder import NotSaved


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("basket.json", "basket.json"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.png", "a.png"),
        ("con.txt", "_con.txt"),
        ("..", "artifact"),
        ("a\u202eb.txt", "a_b.txt"),
        ("", "artifact"),
    ],
)
def test_a_file_never_leaves_the_folder_of_its_trace(tmp_path: Path, name: str, saved: str) -> None:
    path = save_attachment(tmp_path / "trace.zip", name, b"content")
    assert path == tmp_path / "trace-files" / saved
    assert path.read_bytes() == b"content"


def test_nothing_is_overwritten_and_nothing_saved_twice(tmp_path: Path) -> None:
    archive = tmp_path / "trace.zip"
    first = save_attachment(archive, "a.txt", b"one")
    other = save_attachment(archive, "a.txt", b"two")
    assert (first.read_bytes(), other.read_bytes()) == (b"one", b"two")
    assert other.name == "a (2).txt"
    assert save_attachment(archive, "a.txt", b"one") == first
    assert save_attachment(archive, "a.txt", b"two") == other


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither these modes nor links for everybody")
def test_it_is_private_and_follows_no_links(tmp_path: Path) -> None:
    path = save_attachment(tmp_path / "trace.zip", "a.txt", b"secret")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    (tmp_path / "other-files").symlink_to(tmp_path)
    with pytest.raises(NotSaved, match="is a symbolic link"):
        save_attachment(tmp_path / "other.zip", "a.txt", b"secret")
