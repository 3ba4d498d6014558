"""Which picture of the film shows a moment best."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from tvtui.trace.records import Frame


class Shot(NamedTuple):
    """A picture of the film; `time` is in milliseconds of the file's clock, `wall` since 1970."""

    file: str
    entry: str
    page: str
    width: float
    height: float
    time: float
    wall: float | None


class Moment(NamedTuple):
    """When a snapshot was taken, in milliseconds of its file's clock, and since 1970."""

    file: str
    time: float | None
    wall: float | None


class Film:
    """The pictures of all pages, by time."""

    def __init__(self, shots: Iterable[Shot], offsets: Mapping[str, float], has_entry: Callable[[str], bool]) -> None:
        """Sort the pictures.

        Args:
            shots: As they were read.
            offsets: For each file, milliseconds to add to its times for the time since the trace's first moment.
            has_entry: Whether the archive has a file; pictures without one are left out.
        """
        shown = [shot for shot in shots if has_entry(shot.entry)]
        timed = sorted(((shot.time + offsets.get(shot.file, 0.0)) / 1000, at) for at, shot in enumerate(shown))
        self._shots = [shown[at] for _, at in timed]
        self._times = [time for time, _ in timed]
        self._offsets = offsets
        self._of_pages: dict[tuple[str, bool], tuple[list[float], list[int]]] = {}

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The pictures with their times in the trace."""
        return tuple(
            Frame(shot.entry, shot.page, time, shot.width, shot.height)
            for shot, time in zip(self._shots, self._times, strict=True)
        )

    def nearest(self, page: str, time: float, moment: Moment | None = None) -> tuple[Shot, float] | None:
        """The picture nearest to a moment, and the seconds from the moment to the picture.

        Args:
            page: The page that it should show; empty for any. If it has no picture, that of any page is taken.
            time: The moment in seconds of the trace.
            moment: The moment as a snapshot has it, which is more exact.
        """
        for each in dict.fromkeys((page, "")):
            if moment and moment.wall is not None and (found := self._find(each, moment.wall, is_wall=True)):
                return found[0], found[1] / 1000
            if moment and moment.time is not None:
                time = (moment.time + self._offsets.get(moment.file, 0.0)) / 1000
            if found := self._find(each, time, is_wall=False):
                return found
        return None

    def _find(self, page: str, time: float, *, is_wall: bool) -> tuple[Shot, float] | None:
        times, indices = self._by_time(page, is_wall=is_wall)
        if not times:
            return None
        after = bisect_left(times, time)
        near = min((at for at in (after - 1, after) if 0 <= at < len(times)), key=lambda at: abs(times[at] - time))
        return self._shots[indices[near]], times[near] - time

    def _by_time(self, page: str, *, is_wall: bool) -> tuple[list[float], list[int]]:
        key = (page, is_wall)
        if key not in self._of_pages:
            found = []
            for at, shot in enumerate(self._shots):
                time = shot.wall if is_wall else self._times[at]
                if time is not None and page in {"", shot.page}:
                    found.append((time, at))
            found.sort()
            self._of_pages[key] = ([time for time, _ in found], [at for _, at in found])
        return self._of_pages[key]
