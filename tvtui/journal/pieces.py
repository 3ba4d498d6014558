"""Long work in a thread, in pieces: between two of them, the event loop gets its turn."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

_T = TypeVar("_T")


def in_pieces(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """The items in pieces, each of which should take less than a millisecond.

    A thread that never waits gives others their turn only after 5 ms, which would be felt as a stuck key.
    """
    for start in range(0, len(items), size):
        yield items[start : start + size]
        # a wait of no time lets others go first
        time.sleep(0)
