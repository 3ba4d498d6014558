"""The progress of several downloads together."""

from __future__ import annotations

import pytest

from tests.support.builders import an_artifact
from tvtui.artifacts.catalog import Catalog
from tvtui.artifacts.transfer import Progress, Stage, Transfer, progress_of
from tvtui.testvibe.identity import identify_artifacts


def test_failed_and_cancelled_downloads_count_with_what_was_received() -> None:
    progress = progress_of(
        [
            Transfer(Stage.DONE, received=10, total=10),
            Transfer(Stage.DOWNLOADING, received=20, total=100, rate=5.0),
            Transfer(Stage.FAILED, received=3, total=50, rate=1.0),
            Transfer(Stage.CANCELLED, received=4, total=50),
            Transfer(Stage.WAITING, total=30),
        ]
    )
    assert progress == Progress(ended=3, all=5, received=37, total=147, rate=5.0)
    assert progress.remaining == pytest.approx(22)


def test_the_total_is_unknown_if_one_size_is() -> None:
    progress = progress_of(
        [Transfer(Stage.DOWNLOADING, received=20, rate=5.0), Transfer(Stage.DONE, received=1, total=1)]
    )
    assert progress == Progress(ended=1, all=2, received=21, total=None, rate=5.0)
    assert progress.remaining is None


def test_without_a_rate_the_remaining_time_is_unknown() -> None:
    assert Transfer(Stage.DOWNLOADING, received=1, total=2).remaining is None
    assert Transfer(Stage.DOWNLOADING, received=3, total=2, rate=1.0).remaining == 0


def progress_in(catalog: Catalog) -> Progress | None:
    return catalog.progress


class TestCatalog:
    """A batch of downloads."""

    def test_sizes_from_the_digest_count_until_a_download_has_its_own(self) -> None:
        catalog = Catalog()
        artifacts = (an_artifact("a.zip", size=100), an_artifact("b.zip", size=None))
        catalog.take(artifacts, ())
        first, second = identify_artifacts(artifacts)
        catalog.begin([first])
        assert progress_in(catalog) is None
        catalog.note(first, Transfer(Stage.WAITING))
        assert progress_in(catalog) == Progress(0, 1, 0, 100, 0.0)
        catalog.begin([second])
        catalog.note(second, Transfer(Stage.DOWNLOADING, received=5))
        assert progress_in(catalog) == Progress(0, 2, 5, None, 0.0)
        catalog.note(second, Transfer(Stage.DOWNLOADING, received=5, total=50))
        assert progress_in(catalog) == Progress(0, 2, 5, 150, 0.0)

    def test_a_new_batch_starts_when_no_download_is_under_way(self) -> None:
        catalog = Catalog()
        artifacts = (an_artifact("a.zip", size=100), an_artifact("b.zip", size=20))
        catalog.take(artifacts, ())
        first, second = identify_artifacts(artifacts)
        catalog.begin([first])
        catalog.note(first, Transfer(Stage.DONE, received=100, total=100))
        assert progress_in(catalog) is None
        catalog.begin([second])
        catalog.note(second, Transfer(Stage.DOWNLOADING, received=1, total=20))
        assert progress_in(catalog) == Progress(0, 1, 1, 20, 0.0)
