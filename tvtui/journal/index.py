"""The index of a suite: the last outcomes and durations of each test, made from the recordings; pure.

It is kept by columns, one for each run, so that a run is added without touching the others, and 10,000 tests are read
in 15 ms: a column is a string of letters, or an array of durations, with one item for each test.
"""

from __future__ import annotations

import json
import re
import sys
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, compress, islice
from typing import Any, NamedTuple

from tvtui.journal.ends import ends_of
from tvtui.journal.pieces import in_pieces
from tvtui.journal.recording import Head, Recording
from tvtui.testvibe.models import Case, Outcome, RunState
from tvtui.watch.past import ABSENT, LETTERS, WINDOW, Past, PastCase, PastRun, canonical_rank

VERSION = 1

DEPTH = WINDOW + 4
"""How many runs an index has: the last few can be opened again, and compared with the `WINDOW` before each."""

SEEN = 200
"""How many runs are remembered as those that the index is made from, and are read to rebuild it."""

LARGEST = 64 << 20

_PIECE = 500

_MAGIC = b"tvtui index"
FAILED = LETTERS[Outcome.FAILED]
PASSED = LETTERS[Outcome.PASSED] + LETTERS[Outcome.FLAKY]
_NO_RESULT = ABSENT + LETTERS[Outcome.SKIPPED] + LETTERS[Outcome.OTHER]
_NEVER = -1

Key = str | tuple[str, int]
"""A test: its name; with its place, from 1, if there are others of this name before it in the canonical order."""

Cell = tuple[str, int]
"""A test in one run: the letter of its outcome, and its duration in milliseconds, 0 if unknown or not passed."""

NO_CELL: Cell = (ABSENT, 0)


class Unusable(Exception):
    """Content is not an index, or one of another version."""


class Column(NamedTuple):
    """What an index takes from one recording.

    Attributes:
        run: The run.
        site: The tested site, as it is compared.
        cells: The tests.
    """

    run: PastRun
    site: str
    cells: Mapping[Key, Cell]


def counts_for_tests(head: Head) -> bool:
    """Whether a run says something about its tests: it was watched to its end, has passed or failed, and has tests."""
    return head.has_ended and head.tests > 0 and head.state in {RunState.PASSED, RunState.FAILED}


def column_of(recording: Recording, site: str) -> Column:
    """The column of a recording."""
    run, head = recording.run, recording.head
    queue = None
    if head.created is not None and head.started is not None:
        queue = max(0.0, (head.started - head.created).total_seconds())
    past = PastRun(head.run_id, head.seconds, queue, len(run.tests), ends_of(recording))
    return Column(past, site, dict(_cells(run.tests)))


def _cells(cases: Sequence[Case]) -> Iterator[tuple[Key, Cell]]:
    """Tests of equal names are ordered by outcome, as they cannot be identified from one run to the next."""
    names = [str(case.name) for case in cases]
    if len(set(names)) == len(names):
        for piece in in_pieces(cases, _PIECE):
            yield from ((str(case.name), _cell(case)) for case in piece)
        return
    groups: dict[str, list[Case]] = {}
    for name, case in zip(names, cases, strict=True):
        groups.setdefault(name, []).append(case)
    for named in in_pieces(list(groups.items()), _PIECE):
        for name, group in named:
            group.sort(key=lambda case: canonical_rank(case.outcome))
            for place, case in enumerate(group):
                yield (name, place) if place else name, _cell(case)


def _cell(case: Case) -> Cell:
    outcome, took = case.outcome, case.duration_ms
    if outcome is not Outcome.PASSED or took is None:
        return LETTERS[outcome], 0
    # 0 is for none
    return "p", min(max(1, round(took)), 0xFFFFFFFF)


class Index(NamedTuple):
    """What is known of the tests of a suite.

    Attributes:
        runs: The runs, the newest first, at most `DEPTH`.
        keys: The tests.
        letters: For each run, the letters of all tests.
        durations: For each run, the durations of all tests.
        since: For each test, the first of the unbroken failures that reach up to its last outcome; -1 if it passed.
        oldest: The oldest run that is known; -1 if none is.
        known: How many runs are known, also older ones.
        seen: The sites of the last recordings that were looked at, by run; None for those that say nothing about tests.
        left: When the recordings of runs that had not ended were written, by run, in nanoseconds.
    """

    runs: tuple[PastRun, ...] = ()
    keys: Sequence[Key] = ()
    letters: tuple[str, ...] = ()
    durations: tuple[array[int], ...] = ()
    since: array[int] = array("q")
    oldest: int = _NEVER
    known: int = 0
    seen: Mapping[int, str | None] = {}
    left: Mapping[int, int] = {}

    @property
    def newest(self) -> int:
        """The newest run; -1 if there is none."""
        return self.runs[0].run_id if self.runs else _NEVER

    def with_column(self, column: Column) -> Index:
        """The index with a run that is newer than all others."""
        get = column.cells.get
        kept = set(self.keys)
        new = [key for key in column.cells if key not in kept]
        keys = [*self.keys, *new]
        cells = [cell for piece in in_pieces(keys, _PIECE) for cell in (get(key, NO_CELL) for key in piece)]
        letters = "".join([letter for letter, _ in cells])
        durations = array("I", [took for _, took in cells])
        more = len(new)
        nothing = array("I", bytes(4 * more))
        index = self._replace(
            runs=(column.run, *self.runs)[:DEPTH],
            keys=keys,
            letters=(letters, *(each + ABSENT * more for each in self.letters))[:DEPTH],
            durations=(durations, *(each + nothing for each in self.durations))[:DEPTH],
            since=_since_after(column.run.run_id, letters, [*self.since, *[_NEVER] * more]),
            oldest=column.run.run_id if self.oldest == _NEVER else self.oldest,
            known=self.known + 1,
        )
        return index._without_absent() if len(self.runs) >= DEPTH else index  # noqa: SLF001 - of the same class

    def with_seen(self, run_id: int, site: str | None) -> Index:
        """The index after one more recording has been looked at."""
        if run_id in self.seen and self.seen[run_id] == site:
            return self
        seen = {**self.seen, run_id: site}
        last = sorted(seen, reverse=True)[:SEEN]
        left = {each: written for each, written in self.left.items() if each not in seen}
        return self._replace(seen={each: seen[each] for each in last}, left=left)

    def with_left(self, run_id: int, written: int) -> Index:
        """The index with the recording of a run that has not ended, so that it is not read again."""
        left = {**self.left, run_id: written}
        return self._replace(left={each: left[each] for each in sorted(left, reverse=True)[:SEEN]})

    def has(self, column: Column) -> bool:
        """Whether the index has this very column."""
        for place, run in enumerate(self.runs):
            if run.run_id == column.run.run_id:
                cells = zip(self.letters[place], self.durations[place], strict=True)
                found = {key: cell for key, cell in zip(self.keys, cells, strict=True) if cell[0] != ABSENT}
                return run == column.run and found == column.cells
        return False

    def _without_absent(self) -> Index:
        """Without the tests that none of the runs has."""
        gone = _gone(self.letters)
        if not gone:
            return self
        has = [at not in gone for at in range(len(self.keys))]
        return self._replace(
            keys=list(compress(self.keys, has)),
            letters=tuple("".join(compress(column, has)) for column in self.letters),
            durations=tuple(array("I", compress(column, has)) for column in self.durations),
            since=array("q", compress(self.since, has)),
        )

    def outcomes(self) -> list[str]:
        """For each test, its letters, the newest run first."""
        return list(map("".join, zip(*self.letters, strict=True)))

    def open_streaks(self) -> Mapping[Key, tuple[int, str]]:
        """The places and letters of the tests that have failed whenever they had a result, in all runs of the index."""
        passes = set(PASSED)
        return {
            key: (place, results)
            for place, (key, since, results) in enumerate(zip(self.keys, self.since, self.outcomes(), strict=True))
            if since != _NEVER and passes.isdisjoint(results)
        }

    def before(self, run_id: int) -> Index | None:
        """The index as it was before a run; None if it does not reach back far enough."""
        if run_id > self.newest:
            return self
        dropped = sum(run.run_id >= run_id for run in self.runs)
        has_all = self.known == len(self.runs)
        if not has_all and len(self.runs) - dropped < WINDOW:
            return None
        index = self._replace(
            runs=self.runs[dropped:],
            letters=self.letters[dropped:],
            durations=self.durations[dropped:],
            known=self.known - dropped,
            oldest=self.oldest if dropped < len(self.runs) or not has_all else _NEVER,
        )
        ids = [run.run_id for run in index.runs]
        if not ids:
            return Index()
        absent = ABSENT * len(ids)
        later = "".join(self.letters[:dropped])
        since = array("q", bytes(8 * len(self.keys)))
        for place, results in enumerate(index.outcomes()):
            start, is_open = _streak(results, ids)
            if is_open and not has_all and results != absent:
                now = self.since[place]
                has_results = any(letter not in _NO_RESULT for letter in later[place :: len(self.keys)])
                # the streak of today, if it goes on since then
                if has_results and not _NEVER < now < run_id:
                    return None
                start = now
            since[place] = start
        return index._replace(since=since)._without_absent()  # noqa: SLF001 - of the same class

    def past(self, site: str) -> Past:
        """The past as a watch uses it."""
        cases = _Cases(self)
        return Past(self.runs[:WINDOW], cases, self.known, site, cases.failing())


class _Cases(Mapping[str, tuple[PastCase, ...]]):
    """The tests of an index by name. Each is put together when it is asked for, as most of 10,000 never are."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._letters, self._durations = index.letters[:WINDOW], index.durations[:WINDOW]
        # those that only older runs have are left out
        gone = _gone(self._letters)
        self._places = {key: at for at, key in enumerate(index.keys) if type(key) is str and at not in gone}
        self._others: dict[str, list[int]] = {}
        for at, key in enumerate(index.keys):
            if type(key) is not str and at not in gone:
                self._others.setdefault(key[0], []).append(at)

    def failing(self) -> frozenset[str]:
        """The names of the tests that failed when they last had a result."""
        since, keys = self._index.since, self._index.keys
        found = (key if type(key) is str else key[0] for key, first in zip(keys, since, strict=True) if first != _NEVER)
        return frozenset(filter(self._places.__contains__, found))

    def _case(self, at: int) -> PastCase:
        since = self._index.since[at]
        durations = tuple([took for column in self._durations if (took := column[at])])
        first = None if since == _NEVER else since
        outcomes = "".join([column[at] for column in self._letters])
        return PastCase(outcomes, durations, first, since == self._index.oldest)

    def __getitem__(self, name: str) -> tuple[PastCase, ...]:
        return tuple(map(self._case, (self._places[name], *self._others.get(name, ()))))

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _gone(letters: Sequence[str]) -> set[int]:
    """The places of the tests that none of the runs with these letters has."""
    newest = letters[0] if letters else ""
    return {at for at, letter in enumerate(newest) if letter == ABSENT and all(each[at] == ABSENT for each in letters)}


def _since_after(run_id: int, letters: str, before: Sequence[int]) -> array[int]:
    """For each test, since when it has been failing after a run with these letters."""
    return array(
        "q",
        [
            (run_id if since == _NEVER else since) if letter == FAILED else _NEVER if letter in PASSED else since
            for letter, since in zip(letters, before, strict=True)
        ],
    )


def _streak(results: str, ids: Sequence[int]) -> tuple[int, bool]:
    """Since when a test has been failing, and whether it may have failed before the first of these runs, too."""
    since = _NEVER
    for letter, run_id in zip(results, ids, strict=True):
        if letter == FAILED:
            since = run_id
        elif letter in PASSED:
            return since, False
    return since, True


def encode_index(index: Index) -> bytes:
    """An index as the content of a file: a line of JSON, then the columns, compressed."""
    keys = index.keys
    names = [key if type(key) is str else key[0] for key in keys]
    places = {place: key[1] for place, key in enumerate(keys) if type(key) is not str}
    text = "\n".join(names).encode()
    ends = array("I", [min(round(end * 1000), 0xFFFFFFFF) for run in index.runs for end in run.ends])
    head = {
        "runs": [(run.run_id, run.seconds, run.queue_seconds, run.tests, len(run.ends)) for run in index.runs],
        "tests": len(keys),
        "names": len(text),
        "places": places,
        "oldest": index.oldest,
        "known": index.known,
        "seen": list(index.seen.items()),
        "left": list(index.left.items()),
    }
    compressor = zlib.compressobj(1)
    letters = "".join(index.letters).encode("ascii")
    columns = [text, letters, *map(_bytes, index.durations), _bytes(index.since), _bytes(ends)]
    pieces = [json.dumps(head, separators=(",", ":")).encode() + b"\n", *map(compressor.compress, columns)]
    content = b"".join([*pieces, compressor.flush()])
    return b"%s %d %08x\n%s" % (_MAGIC, VERSION, zlib.crc32(content), content)


def is_newer(first_line: bytes) -> bool:
    """Whether the first line is that of an index by a newer version, which an older one does not replace."""
    found = re.match(rb"%s (\d{1,9}) " % _MAGIC, first_line)
    return found is not None and int(found[1]) > VERSION


def decode_index(content: bytes) -> Index:
    """Decode the content of a file.

    Raises:
        Unusable: It is none, is damaged, or is of another version.
    """
    first, _, rest = content.partition(b"\n")
    if first != b"%s %d %08x" % (_MAGIC, VERSION, zlib.crc32(rest)):
        raise Unusable
    line, _, body = rest.partition(b"\n")
    try:
        head = json.loads(line)
        data = zlib.decompressobj().decompress(body, LARGEST)
        return _index(head, memoryview(data))
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError):
        raise Unusable from None


def _index(head: Mapping[str, Any], data: memoryview) -> Index:
    tests, depth = head["tests"], len(head["runs"])
    if tests < 0 or head["names"] < 0 or depth > DEPTH:
        raise Unusable
    ends_count = sum(run[4] for run in head["runs"])
    sizes = [head["names"], *[tests] * depth, *[4 * tests] * depth, 8 * tests, 4 * ends_count]
    stops = list(accumulate(sizes))
    if stops[-1] != len(data):
        raise Unusable
    names, *columns = [data[stop - size : stop] for size, stop in zip(sizes, stops, strict=True)]
    keys: list[Key] = list(str(names, "utf-8").split("\n")) if tests else []
    if len(keys) != tests:
        raise Unusable
    for place, number in head["places"].items():
        keys[int(place)] = (str(keys[int(place)]), number)
    ends = iter(_array("I", columns[-1]))
    return Index(
        runs=tuple(
            PastRun(run_id, seconds, queue, count, tuple(end / 1000 for end in islice(ends, points)))
            for run_id, seconds, queue, count, points in head["runs"]
        ),
        keys=keys,
        letters=tuple(str(column, "ascii") for column in columns[:depth]),
        durations=tuple(_array("I", column) for column in columns[depth : 2 * depth]),
        since=_array("q", columns[-2]),
        oldest=head["oldest"],
        known=head["known"],
        seen=dict(head["seen"]),
        left=dict(head["left"]),
    )


def _array(code: str, data: memoryview) -> array[int]:
    values: array[int] = array(code, data.tobytes())
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _bytes(values: array[int]) -> bytes:
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values.tobytes()
