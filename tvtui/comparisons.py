"""Which pictures belong together as expected, actual and diff, by their names; pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_PART = re.compile(r"(?P<name>.+)-(?P<part>expected|actual|diff)\.(?P<type>png|jpe?g|webp|gif)", re.IGNORECASE)


Page = tuple[tuple[str, int], ...]
"""Pictures that are looked at together: what each is called ("" if it stands alone), and its place in a list."""


class Triple(NamedTuple):
    """One screenshot that was compared: the places of its pictures in a list, None for one that is not there."""

    name: str
    expected: int | None
    actual: int | None
    diff: int | None

    @property
    def parts(self) -> Page:
        """What the pictures are called, and their places, in the order in which they are looked at."""
        known = (("expected", self.expected), ("actual", self.actual), ("diff", self.diff))
        return tuple((part, index) for part, index in known if index is not None)


def triples(paths: Iterable[str]) -> tuple[Triple, ...]:
    """Pair up the pictures whose paths differ in `-expected`, `-actual` and `-diff` alone, two of the three at least.

    A path that is there twice pairs up with nothing: which of the two is meant cannot be known.
    """
    found: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, path in enumerate(paths):
        if match := _PART.fullmatch(path):
            found[match["name"], match["type"].lower()][match["part"].lower()].append(index)
    return tuple(
        Triple(name.rpartition("/")[2], *(parts[part][0] if part in parts else None for part in _ORDER))
        for (name, _), parts in found.items()
        if len(parts) > 1 and all(len(same) == 1 for same in parts.values())
    )


def pages(paths: Sequence[str]) -> tuple[Page, ...]:
    """What is looked at together, in the order of the list: the pictures of a comparison, else one by one."""
    made: list[Page] = []
    triple_of = {index: triple for triple in triples(paths) for _, index in triple.parts}
    for index in range(len(paths)):
        triple = triple_of.get(index)
        if triple is None:
            made.append((("", index),))
        elif index == min(place for _, place in triple.parts):
            made.append(triple.parts)
    return tuple(made)


_ORDER = ("expected", "actual", "diff")
