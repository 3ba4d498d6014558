"""The progress of all downloads in one line."""

from __future__ import annotations

import pytest

from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.cli.progress_line import progress

MIB = 1 << 20
SOME = [
    Transfer(Stage.DONE, received=MIB, total=MIB),
    Transfer(Stage.DOWNLOADING, received=MIB, total=4 * MIB, rate=MIB / 2),
    Transfer(Stage.FAILED, received=7, total=MIB),
    Transfer(Stage.WAITING, total=3 * MIB),
]


def test_all_columns() -> None:
    assert progress(SOME, 100) == "█████░░░░░░░░░░░░░░░  25%  2/4 files  2.0 MiB of 8.0 MiB  512 KiB/s  12 s left"


@pytest.mark.parametrize("width", [1, 2, 5, 24, 25, 26, 44, 63, 64, 65, 66, 80, 81, 200])
def test_it_fits(width: int) -> None:
    assert len(progress(SOME, width)) < max(width, 1) or progress(SOME, width) == ""


def test_a_narrow_terminal_gets_the_most_important_columns() -> None:
    assert progress(SOME, 6) == "25%"
    assert progress(SOME, 40) == "25%  2/4 files  2.0 MiB of 8.0 MiB"
    assert progress(SOME, 65) == "█░░░░░  25%  2/4 files  2.0 MiB of 8.0 MiB  512 KiB/s  12 s left"


def test_without_sizes_files_are_counted() -> None:
    unknown = [Transfer(Stage.DONE, received=5, total=5), Transfer(Stage.DOWNLOADING, received=5, rate=1)]
    assert progress(unknown, 80) == "██████████░░░░░░░░░░  50%  1/2 files  10 B  1 B/s"
