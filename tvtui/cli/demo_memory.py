"""The memory of the demo: earlier runs of its scenarios, in a temporary folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from tvtui.journal.journal import Journal

if TYPE_CHECKING:
    from tvtui.demo.history import Earlier
    from tvtui.journal.recording import Recording
    from tvtui.testvibe.models import Run
    from tvtui.watch.past import Past
    from tvtui.watch.watched_run import WatchedRun

_CLOSING_SECONDS = 1.0
"""How long the end of a demo waits for each recording that is being made."""


class DemoMemory:
    """A journal whose earlier runs are made while the first answer is awaited."""

    def __init__(self, runs: Mapping[int, str], server: str, project: str, *, speed: float) -> None:
        """Remember earlier runs of the scenarios, which are given by run ID; the arguments are those of the demo."""
        self._runs = dict(runs)
        self._apart = len(runs)
        self._server = server
        self._project = project
        self._speed = speed
        self._making: dict[int, Thread] = {}
        self._is_closed = False

    @cached_property
    def _folder(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="tvtui-demo-"))

    @cached_property
    def _journal(self) -> Journal:
        return Journal(self._folder, self._server, self._project)

    @property
    def trouble(self) -> str:
        """Why something cannot be remembered, in one sentence; "" if all is well."""
        return self._journal.trouble

    async def recall(self, run: Run) -> Past | None:
        """What is known of the earlier runs."""
        import asyncio

        making = self._making.get(run.run_id)
        if making is not None:
            await asyncio.to_thread(making.join)
        return await self._journal.recall(run)

    def record(self, watched: WatchedRun) -> None:
        """Record a run from now on, and begin to make those before it: the first answer is still to come."""
        # this makes the folder, which several threads would make several times
        self._journal.record(watched)
        scenario = self._runs.pop(watched.run_id, None)
        if scenario is not None:
            making = Thread(target=self._record_earlier, args=(scenario, watched.run_id), daemon=True)
            self._making[watched.run_id] = making
            making.start()

    def close(self) -> None:
        """Remove all."""
        self._is_closed = True
        if self._making:
            # a thread that goes on would make the folder anew
            for making in self._making.values():
                making.join(_CLOSING_SECONDS)
            self._journal.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _record_earlier(self, scenario: str, run_id: int) -> None:
        """Record earlier runs as if they had been watched; what cannot be written is not remembered."""
        from tvtui.demo.history import earlier_runs
        from tvtui.demo.scenarios import SCENARIOS
        from tvtui.journal.store import Store

        store = Store(self._folder)
        earlier = earlier_runs(SCENARIOS[scenario], run_id, now=datetime.now(UTC), speed=self._speed, apart=self._apart)
        with suppress(OSError):
            for each in earlier:
                if self._is_closed:
                    break
                store.write(self._recording(each))

    def _recording(self, earlier: Earlier) -> Recording:
        from tvtui.journal.changes import Changes
        from tvtui.journal.recording import Head, Recording
        from tvtui.journal.suite import suite_of
        from tvtui.testvibe.identity import Row, identify_cases
        from tvtui.testvibe.models import Run
        from tvtui.watch.events import Snapshot

        changes, rows = Changes(), tuple[Row, ...]()
        for seconds, digest in earlier.digests:
            run = Run.read(digest)
            rows = identify_cases(run.tests, rows)
            assert run.created_utc is not None
            seen = run.created_utc + timedelta(seconds=seconds)
            snapshot = Snapshot(run, seconds, seen, None, is_final=run.has_ended)
            changes.see(snapshot, None, rows)
        suite = suite_of(run, self._server, self._project)
        assert suite is not None
        return Recording(Head.of(run, suite, seen=seen), run, changes.until(snapshot, rows))
