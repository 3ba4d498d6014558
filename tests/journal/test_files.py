"""The lock on the folder of a suite."""

from __future__ import annotations

from pathlib import Path

from tvtui.journal.files import locked


def test_only_one_has_the_lock(tmp_path: Path) -> None:
    with locked(tmp_path) as first, locked(tmp_path, seconds=0.02) as second:
        assert (first, second) == (True, False)
    with locked(tmp_path, seconds=0.02) as third:
        assert third


def test_a_folder_that_is_not_there_cannot_be_locked(tmp_path: Path) -> None:
    with locked(tmp_path / "missing") as is_locked:
        assert not is_locked


def test_the_lock_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine")
    (tmp_path / "lock").symlink_to(tmp_path / "target")
    with locked(tmp_path) as is_locked:
        assert not is_locked
