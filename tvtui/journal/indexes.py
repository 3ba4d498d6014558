"""The indexes of the suites: kept up to date, rebuilt from the recordings where they miss one, and read."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import blake2b
from os import DirEntry
from pathlib import Path
from typing import NamedTuple

from tvtui.journal.files import locked, run_file, run_files
from tvtui.journal.index import (
    DEPTH,
    FAILED,
    LARGEST,
    NO_CELL,
    PASSED,
    SEEN,
    Column,
    Index,
    Unusable,
    column_of,
    counts_for_tests,
    decode_index,
    encode_index,
    is_newer,
)
from tvtui.journal.recording import Head, NotReadable, Recording
from tvtui.journal.store import INDEX, Store
from tvtui.journal.suite import Suite, site_key
from tvtui.settings.paths import open_private, read_private, write_private
from tvtui.watch.past import ABSENT, Past

SAME_SITE = 3
"""How many earlier runs of the same site it takes to compare with these alone."""


class _Looked(NamedTuple):
    """What the head of a recording says.

    Attributes:
        head: The head, if the recording says something about tests.
        site: Its site, as it is compared; None if it says nothing about tests.
        has_ended: Whether more can come of it only if it is recorded again.
    """

    head: Head | None
    site: str | None
    has_ended: bool


class Indexes:
    """The indexes in the folder of a store; every method may block.

    Each suite has one of all its runs, and one for each site with enough of them if there are several sites. They are
    derived: what one of them misses, as after a crash or where two processes could not lock each other out, is noticed
    when it is read, and it is rebuilt from the last recordings.
    """

    def __init__(self, store: Store) -> None:
        """Use the recordings of a store."""
        self._store = store
        self._unsaved: dict[Path, tuple[Index, Index | None]] = {}

    @property
    def is_saved(self) -> bool:
        """Whether what was found out for `past` is saved."""
        return not self._unsaved

    def update(self, recording: Recording) -> None:
        """Bring the indexes of a suite up to date after a run has been recorded.

        Raises:
            OSError: They cannot be read or written.
        """
        head = recording.head
        folder = self._store.suite_folder(head.suite)
        column = column_of(recording, site_key(head.site)) if counts_for_tests(head) else None
        with locked(folder):
            index, saved = self._current(folder, run_files(folder), besides=head.run_id)
            index = _with_recording(index, head.run_id, column) or self._built(folder, run_files(folder))
            if index is not saved:
                _write(folder / INDEX, index)
            if column is not None and column.site and _has_own_index(index, column.site):
                limited, saved = self._current_of_site(folder, index, column.site, column)
                if limited is not saved:
                    _write(folder / _name_of(column.site), limited)

    def past(self, suite: Suite, site: str, run_id: int) -> Past | None:
        """What is known of the runs of a suite before this one; None if nothing is. `save` should follow.

        If the index had to be brought up to date for it, `save` saves that: the first rows need not wait
        for this as well, which takes longer than reading it.

        Raises:
            OSError: It cannot be read.
        """
        folder = self._store.suite_folder(suite)
        try:
            files = run_files(folder)
        except FileNotFoundError:
            return None
        index, saved = self._current(folder, files)
        if index is not saved:
            self._unsaved[folder / INDEX] = index, saved
        here = site_key(site)
        before_here = sum(found == here for each, found in index.seen.items() if each < run_id)
        wanted = here if here and before_here >= SAME_SITE else None
        if wanted and _has_own_index(index, wanted):
            index, saved = self._current_of_site(folder, index, wanted)
            if index is not saved:
                self._unsaved[folder / _name_of(wanted)] = index, saved
        before = index.before(run_id)
        if before is None:
            older = {each: entry for each, entry in files.items() if each < run_id}
            before = self._built(folder, older, wanted)
        return before.past(wanted or "") if before.runs else None

    def save(self) -> None:
        """Save the indexes that had to be rebuilt when they were read, unless their files have changed meanwhile.

        Raises:
            OSError: They cannot be written.
        """
        # threads that have read other suites may do the same at the same time
        for path in list(self._unsaved):
            index, before = self._unsaved.pop(path, (None, None))
            if index is None or not path.parent.is_dir():
                # everything has been removed meanwhile
                continue
            with locked(path.parent):
                if _read(path) == before:
                    _write(path, index)

    def _current(
        self, folder: Path, files: Mapping[int, DirEntry[str]], *, besides: int | None = None
    ) -> tuple[Index, Index | None]:
        """The index of all runs of a suite `besides` one, and that in the file: the same object if it is up to date."""
        saved = index = _read(folder / INDEX)
        if index is None:
            return self._built(folder, files), None
        for run_id in sorted(run_id for run_id in _unknown(index, files) if run_id != besides):
            looked = self._look(run_file(folder, run_id))
            if not looked.has_ended:
                index = index.with_left(run_id, _written(files[run_id]))
                continue
            column = None if looked.head is None else self._column(looked.head)
            updated = _with_recording(index, run_id, column)
            if updated is None:
                return self._built(folder, files), saved
            index = updated
        return index, saved

    def _current_of_site(
        self, folder: Path, index: Index, site: str, column: Column | None = None
    ) -> tuple[Index, Index | None]:
        """As `_current`, of the runs of one site; `column` was recorded just now."""
        expected = {run_id for run_id, found in index.seen.items() if found == site}
        saved = limited = _read(folder / _name_of(site))
        if limited is not None and column is not None:
            limited = _with_recording(limited, column.run.run_id, column)
        if limited is not None and set(limited.seen) == expected:
            return limited, saved
        # what could not be read is not looked for again
        return self._built(folder, run_files(folder), site)._replace(seen=dict.fromkeys(expected, site)), saved

    def _built(self, folder: Path, files: Mapping[int, DirEntry[str]], site: str | None = None) -> Index:
        """Make an index from the last recordings, of all sites or of one."""
        seen: dict[int, str | None] = {}
        left: dict[int, int] = {}
        heads: list[Head] = []
        for run_id in sorted(files, reverse=True)[:SEEN]:
            looked = self._look(run_file(folder, run_id))
            if not looked.has_ended:
                left[run_id] = _written(files[run_id])
            elif site is None or looked.site == site:
                seen[run_id] = looked.site
                if looked.head is not None:
                    heads.append(looked.head)
        columns: list[Column] = []
        rest = iter(heads)
        for head in rest:
            column = self._column(head)
            if column is None:
                seen[head.run_id] = None
            else:
                columns.append(column)
            if len(columns) == DEPTH:
                break
        index = Index()
        for column in reversed(columns):
            index = index.with_column(column)
        known = [run_id for run_id, found in seen.items() if found is not None]
        index = index._replace(since=self._since(index, rest), known=len(known), oldest=min(known, default=-1))
        return index._replace(seen=seen, left=left)

    def _since(self, index: Index, older: Iterator[Head]) -> array[int]:
        """Since when each test has been failing, which may have begun before the runs of the index."""
        since = index.since[:]
        going_on = index.open_streaks()
        absent = {key: len(results) - len(results.rstrip(ABSENT)) for key, (_, results) in going_on.items()}
        for head in older:
            if not absent:
                break
            column = self._column(head)
            if column is None:
                continue
            for key in list(absent):
                letter = column.cells.get(key, NO_CELL)[0]
                absent[key] = absent[key] + 1 if letter == ABSENT else 0
                if letter == FAILED:
                    since[going_on[key][0]] = head.run_id
                if letter in PASSED or absent[key] >= DEPTH:
                    del absent[key]
        return since

    def _look(self, path: Path) -> _Looked:
        try:
            head = self._store.read_head(path)
        except (OSError, NotReadable):
            return _Looked(None, None, has_ended=True)
        if not head.has_body or not counts_for_tests(head):
            return _Looked(None, None, head.has_ended)
        return _Looked(head, site_key(head.site), has_ended=True)

    def _column(self, head: Head) -> Column | None:
        """What an index takes from a recording; None if it has been damaged or removed."""
        with suppress(OSError, NotReadable):
            recording = self._store.load(head)
            if recording.run.tests:
                return column_of(recording, site_key(head.site))
        return None


def _with_recording(index: Index, run_id: int, column: Column | None) -> Index | None:
    """The index after a run has been recorded, whose column is None if it says nothing about tests.

    None if the index cannot be changed so: it has to be rebuilt.
    """
    if column is None:
        return None if index.seen.get(run_id) is not None else index.with_seen(run_id, None)
    if run_id > index.newest:
        return index.with_column(column).with_seen(run_id, column.site)
    return index if index.seen.get(run_id) == column.site and index.has(column) else None


def _read(path: Path) -> Index | None:
    with suppress(OSError, Unusable):
        return decode_index(read_private(path, LARGEST))
    return None


def _write(path: Path, index: Index) -> None:
    """Write an index, unless the file is one of a newer version of tvtui: the two would rebuild it in turn."""
    with suppress(OSError), open_private(path) as file:
        if is_newer(file.readline(64)):
            return
    write_private(path, encode_index(index))


def _name_of(site: str) -> str:
    return f"{INDEX}-{blake2b(site.encode('utf-8', 'replace'), digest_size=6).hexdigest()}"


def _has_own_index(index: Index, site: str) -> bool:
    """Whether a site has an index of its own: it has enough runs, and there are others."""
    sites = [found for found in index.seen.values() if found is not None]
    return len(sites) > sites.count(site) >= SAME_SITE


def _unknown(index: Index, files: Mapping[int, DirEntry[str]]) -> Iterator[int]:
    """The last runs that an index does not know, or that had not ended by then."""
    oldest = min(index.seen) if len(index.seen) >= SEEN else -1
    for run_id in sorted(files, reverse=True)[:SEEN]:
        if run_id > oldest and run_id not in index.seen:
            written = index.left.get(run_id)
            if written is None or written != _written(files[run_id]):
                yield run_id


def _written(entry: DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_mtime_ns
    except OSError:
        return 0
