"""An app that shows nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from tests.support.builders import ANSWERED
from tvtui.testvibe.errors import ClientError
from tvtui.testvibe.models import Run
from tvtui.testvibe.server import Server
from tvtui.tui.runs import WatchedRuns
from tvtui.watch.clock import Clock
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.request import WatchRequest
from tvtui.watch.watched_run import WatchedRun


def seen(run: Run) -> Snapshot:
    return Snapshot(run, 0.0, ANSWERED, None, is_final=True)


class FakeApp:
    """Shows nothing: requests each run once and quits."""

    crash: BaseException | None = None
    starting = ""

    def __init__(self, server: Server, request: WatchRequest, *, clock: Clock, **_others: object) -> None:
        self.server = server
        self.has_quit = asyncio.Event()

        def prepare(run_ids: Sequence[int], repeats: int | None) -> list[WatchedRun]:
            return request.watch(run_ids, server, clock, repeats=repeats)

        self.runs = WatchedRuns(
            request.run_ids, prepare, run_worker=self.run_worker, changed=lambda _run: None, all_lost=self.exit
        )

    def run_worker(self, work: object) -> Callable[[], None]:
        raise AssertionError(work)

    async def run_async(self) -> None:
        for watched in self.runs:
            try:
                answer = await self.server.fetcher(watched.run_id)()
            except ClientError as error:
                watched.apply(Problem(error, 0.0, 1, 2.0))
            else:
                watched.apply(seen(answer.run))

    def report_failure(self, sentence: str) -> None:
        raise AssertionError(sentence)

    def exit(self) -> None:
        self.has_quit.set()
