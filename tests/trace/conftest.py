"""The fixture of the tests of traces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.traces import Traces


@pytest.fixture
def traces(tmp_path: Path) -> Iterator[Traces]:
    """Opens traces, and closes them at the end of the test."""
    found = Traces(tmp_path)
    yield found
    found.close()
