"""Journal: what tvtui remembers of the runs that were watched on this machine, for a watch that is going on."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    # a journal is made before the first frame; what it needs is imported when there is something to remember
    from tvtui.journal.indexes import Indexes
    from tvtui.journal.recorder import Recorder
    from tvtui.journal.recording import Head, Recording
    from tvtui.journal.store import Store
    from tvtui.journal.writer import Writer
    from tvtui.testvibe.models import Run
    from tvtui.watch.past import Past
    from tvtui.watch.watched_run import WatchedRun

_CLOSING_SECONDS = 1.0
_UNRECORDED = "Runs cannot be recorded"
_T = TypeVar("_T")


class _Opened(NamedTuple):
    store: Store
    indexes: Indexes
    writer: Writer


class Journal:
    """Implements `Memory` with the files of a folder. What fails is kept for `trouble`, and nothing else happens."""

    def __init__(
        self,
        folder: Path | None,
        server: str,
        project: str,
        *,
        keeps_texts: bool = True,
        closing_seconds: float = _CLOSING_SECONDS,
    ) -> None:
        """Remember runs of a project.

        Args:
            folder: The folder of the journal; None for a user without a home folder.
            server: The server's URL, as in the settings.
            project: The project's public ID.
            keeps_texts: Whether errors and logs are recorded, instead of outcomes alone.
            closing_seconds: How long the end of the program may wait for what is being written.
        """
        self._folder = folder
        self._server = server
        self._project = project
        self._keeps_texts = keeps_texts
        self._closing_seconds = closing_seconds
        self._troubles: dict[str, str] = {}
        self._recorders: set[Recorder] = set()
        self._opened: _Opened | None = None
        self._opening = Lock()

    @property
    def trouble(self) -> str:
        """Why something cannot be remembered, in one sentence; "" if all is well."""
        if self._folder is None:
            return "Runs are not remembered: there is no home folder."
        # the threads that read and write may change it meanwhile
        return next(iter([*self._troubles.values()]), "")

    async def recall(self, run: Run) -> Past | None:
        """What is known of earlier runs of the same suite; None if nothing is. It is read in a thread."""
        import asyncio
        import threading
        from contextlib import suppress

        if self._folder is None:
            return None
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Past | None] = loop.create_future()

        def give(past: Past | None) -> None:
            if not found.done():
                found.set_result(past)

        def read() -> None:
            past = self._attempt("recalled", "Earlier runs cannot be read", lambda: self._past(run))
            # the loop may be closed by now
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(give, past)

        # not one of the loop's own threads: it would wait for them before it ends
        reader = threading.Thread(target=read, name="journal-reader", daemon=True)
        self._attempt("asked", "recalled", reader.start)
        return await found if reader.ident is not None else None

    def record(self, watched: WatchedRun) -> None:
        """Record a run from now on."""
        if self._folder is None:
            return
        seen = weakref.ref(watched)
        recorder: Recorder | None = None

        def see() -> None:
            nonlocal recorder
            run = seen()
            if run is None or run.snapshot is None:
                return
            recorder = recorder or self._recorder()
            recorder.update(run)
            if recorder.is_done:
                self._recorders.discard(recorder)
            else:
                self._recorders.add(recorder)

        watched.subscribe(lambda: self._attempt("seen", _UNRECORDED, see))

    def close(self) -> None:
        """Finish what is being written, for a moment at most."""
        if self._opened is None:
            return
        for recorder in self._recorders:
            self._attempt("seen", _UNRECORDED, recorder.close)
        self._recorders.clear()
        self._opened.writer.wait(self._closing_seconds)

    def _recorder(self) -> Recorder:
        from tvtui.journal.recorder import Recorder

        writer, key = self._open().writer, object()
        return Recorder(
            self._server,
            self._project,
            keeps_texts=self._keeps_texts,
            put=lambda job: writer.put(key, lambda: self._attempt("written", _UNRECORDED, job)),
            write=self._write,
            write_head=self._write_head,
        )

    def _write_head(self, head: Head) -> None:
        self._open().store.write_head(head)

    def _write(self, recording: Recording) -> None:
        from tvtui.journal.retention import Policy, prune_if_due

        store, indexes, _ = self._open()
        written = store.write(recording)
        if written is not None:
            indexes.update(written)
            prune_if_due(store, store.suite_folder(recording.head.suite), Policy())

    def _past(self, run: Run) -> Past | None:
        import tvtui.journal.recorder  # noqa: F401 - imported in this thread, not in the loop
        from tvtui.journal.private import recordable_suite

        suite, site = recordable_suite(run, self._server, self._project)
        if suite is None:
            return None
        _, indexes, writer = self._open()
        past = indexes.past(suite, site, run.run_id)
        if not indexes.is_saved:
            writer.put(indexes, lambda: self._attempt("indexed", _UNRECORDED, indexes.save))
        return past

    def _attempt(self, step: str, problem: str, work: Callable[[], _T]) -> _T | None:
        """Do what may fail in any way, and never disturbs a watch; a step that works ends the trouble of the last."""
        try:
            found = work()
        except Exception as error:
            self._troubles[step] = f"{problem}: {_reason(error)}."
            return None
        self._troubles.pop(step, None)
        return found

    def _open(self) -> _Opened:
        with self._opening:
            if self._opened is None:
                from tvtui.journal.indexes import Indexes
                from tvtui.journal.store import Store
                from tvtui.journal.writer import Writer

                assert self._folder is not None
                store = Store(self._folder)
                self._opened = _Opened(store, Indexes(store), Writer())
            return self._opened


def _reason(error: Exception) -> str:
    from tvtui.settings.paths import shown

    if not isinstance(error, OSError) or not error.strerror:
        return type(error).__name__
    place = f" ({shown(Path(error.filename))})" if isinstance(error.filename, str) else ""
    return f"{error.strerror[:1].lower()}{error.strerror[1:]}{place}"
