"""Watches without a screen: the poller, reporters, the screen reader's conversation and whole command lines."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tests.support.builders import CREATED, a_case, a_run, an_artifact
from tests.support.clock import NOW, FakeClock, settle
from tests.support.http import ORIGIN
from tests.support.server import WATCH_SETTINGS, FakeClients, FakeServer, Reply
from tvtui.artifacts.downloads.queue import Downloads
from tvtui.artifacts.downloads.run_folder import RunFolder
from tvtui.cli import frontend
from tvtui.reporters.reporter import Output, Reporter, follow
from tvtui.screen_reader.conversation import Conversation
from tvtui.screen_reader.downloads import Downloader
from tvtui.settings.settings import Settings
from tvtui.terminal.keyboard import END
from tvtui.testvibe.client import Answer, Client
from tvtui.testvibe.errors import ClientError, Unreachable
from tvtui.testvibe.models import Reader, Run
from tvtui.text.output import print_lines
from tvtui.watch.controls import Controls
from tvtui.watch.deadline import TimeLimit
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.poller import SecondsLeft, watch
from tvtui.watch.request import FAILED_RUNS, FailOn, Mode, StartedRuns, WatchRequest
from tvtui.watch.schedule import PollSchedule
from tvtui.watch.watched_run import WatchedRun

if TYPE_CHECKING:
    from tvtui.tui.app import TvtuiApp

RUNNING = a_run(status="running")
JUST_ENDED = a_run(status="failed", finished_utc=NOW - timedelta(seconds=6))
LONG_OVER = a_run(status="failed", finished_utc=NOW - timedelta(seconds=61))
TRACE = an_artifact("trace/a.zip")
VIDEO = an_artifact("videos/a.webm", kind="video")
DOWN = Unreachable("The connection was refused.", "Check the server.")


async def never_return() -> None:
    """Never return."""
    await asyncio.get_running_loop().create_future()


class PollerWatch:
    """A poller under way, its events, and the times at which they came, in seconds since the test began."""

    def __init__(
        self,
        clock: FakeClock,
        server: FakeServer,
        schedule: PollSchedule,
        give_up_after: float | None,
        seconds_left: SecondsLeft,
    ) -> None:
        self.clock = clock
        self.server = server
        self.controls = Controls()
        self.events: list[Snapshot | Problem] = []
        self.times: list[float] = []
        poller = watch(
            server.fetch,
            schedule=schedule,
            clock=clock,
            controls=self.controls,
            random=lambda: 0.5,
            give_up_after=give_up_after,
            seconds_left=seconds_left,
        )
        self.following = asyncio.ensure_future(self._follow(poller))

    async def _follow(self, poller: AsyncIterator[Snapshot | Problem]) -> None:
        async for event in poller:
            self.events.append(event)
            self.times.append(self.clock.passed)

    @property
    def is_over(self) -> bool:
        return self.following.done()

    @property
    def last(self) -> Snapshot | Problem:
        return self.events[-1]

    @property
    def snapshot(self) -> Snapshot:
        assert isinstance(self.last, Snapshot)
        return self.last

    @property
    def problem(self) -> Problem:
        assert isinstance(self.last, Problem)
        return self.last

    @property
    def next_at(self) -> float | None:
        """The announced time of the next request, in seconds since the test began."""
        return None if self.last.next_at is None else self.last.next_at - self.clock.begun

    async def after(self, seconds: float) -> PollerWatch:
        """Itself, some time later."""
        await self.clock.advance(seconds)
        return self


@asynccontextmanager
async def polling(
    *answers: Reply,
    schedule: PollSchedule | None = None,
    give_up_after: float | None = None,
    seconds_left: SecondsLeft = lambda _: None,
) -> AsyncIterator[PollerWatch]:
    """A poller on a server with these answers, one request at a time; no task outlives it."""
    clock = FakeClock()
    schedule = schedule or PollSchedule()
    watched = PollerWatch(clock, FakeServer(clock, *answers), schedule, give_up_after, seconds_left)
    await settle()
    try:
        yield watched
    finally:
        watched.following.cancel()
        await asyncio.gather(watched.following, return_exceptions=True)
        assert watched.server.most_under_way <= 1
        assert asyncio.all_tasks() == {asyncio.current_task()}


NAMED = {"feature_name": "Login", "config": "Default", "site_url": "https://shop.acme.example"}
QUEUED = a_run(status="running", created_utc=CREATED, started_utc=None, finished_utc=None, tests=(), **NAMED)
STARTED = replace(QUEUED, started_utc=CREATED + timedelta(seconds=8))
SIGN_IN = a_case(name="Valid user signs in", status="passed", duration_ms=4210.0, error=None)
LOCKED_OUT = a_case(
    name="Locked-out user sees an error",
    status="failed",
    duration_ms=9120.0,
    error="\n\x1b[31mexpect(locator).toBeVisible() failed\x1b[39m\n\nLocator: x",
)
SKIPPED = a_case(name="Password is reset", status="skipped", duration_ms=None, error=None)


class Story:
    """A scripted watch: events one after the other, two seconds apart by default, and what a reporter writes."""

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter
        self.clock = FakeClock(CREATED)
        self.out = io.StringIO()
        self.events: list[tuple[float, Snapshot | Problem]] = []
        self.watched = WatchedRun(214, lambda _controls: self._happen())
        self._at = self.clock.now() - 2.0

    def sees(self, run: Run, *, after: float = 2.0, is_final: bool = False) -> Story:
        self._at += after
        time = CREATED + timedelta(seconds=self._at - self.clock.now())
        snapshot = Snapshot(run, seen=self._at, server_time=time, next_at=self._at + 2, is_final=is_final)
        self.events.append((self._at, snapshot))
        return self

    def fails(self, problem: Problem, *, after: float = 2.0) -> Story:
        self._at += after
        self.events.append((self._at, replace(problem, next_at=self._at + problem.next_at)))
        return self

    def happen(self) -> AsyncIterator[Snapshot | Problem]:
        return self.watched.poll()

    async def _happen(self) -> AsyncIterator[Snapshot | Problem]:
        for at, event in self.events:
            await self.clock.advance(at - self.clock.now())
            yield event

    async def report(self) -> list[str]:
        outputs = [Output(self.reporter, partial(print_lines, self.out))]
        await follow(self.watched, self.happen(), outputs, clock=self.clock)
        return self.out.getvalue().splitlines()


class FakeKeyboard:
    """A keyboard in memory."""

    def __init__(self, *, by_line: bool = False) -> None:
        self.by_line = by_line
        self.queue: asyncio.Queue[str] = asyncio.Queue()

    async def read(self) -> str:
        return await self.queue.get()


class Listener:
    """A user of the screen-reader mode; `new_lines()` returns what was written since the last call."""

    def __init__(
        self,
        conversation: Conversation,
        runs: Sequence[WatchedRun],
        server: FakeServer,
        clock: FakeClock,
        keys: FakeKeyboard,
        out: io.StringIO,
    ):
        self.server = server
        self.clock = clock
        self.keys = keys
        self.out = out
        self._known = 0
        self.runs = runs
        self.running = asyncio.ensure_future(conversation.run(keys))

    def new_lines(self) -> list[str]:
        lines = self.out.getvalue().splitlines()
        new, self._known = lines[self._known :], len(lines)
        return new

    async def types(self, *typed: str) -> list[str]:
        for each in typed:
            self.keys.queue.put_nowait(each)
        await settle()
        return self.new_lines()

    async def waits(self, seconds: float) -> list[str]:
        await self.clock.advance(seconds)
        await settle()
        return self.new_lines()


@asynccontextmanager
async def conversing(
    *answers: Run | Exception,
    others: Mapping[int, Sequence[Run | Exception]] | None = None,
    by_line: bool = False,
    folder: Path = Path("nowhere"),
    give_up_after: float | None = None,
    max_time: float | None = None,
    out: io.StringIO | None = None,
    downloads: Downloader | None = None,
) -> AsyncIterator[Listener]:
    """A conversation about run 214, whose server gives these answers, and other runs with theirs."""
    clock = FakeClock()
    server = FakeServer(clock, *answers)
    server.others = {run_id: list(given) for run_id, given in (others or {}).items()}
    out = io.StringIO() if out is None else out

    def downloader(run_id: int) -> Downloader:
        if downloads is not None:
            return downloads
        run = RunFolder(folder / str(run_id), ORIGIN._replace(run=run_id))
        return Downloads(partial(server.fetch_links, run_id), server.storage, run, clock)

    request = a_request(replace(WATCH_SETTINGS, timeout=give_up_after), 214, *server.others)
    runs = request.watch(request.run_ids, server, clock)
    limit = None if max_time is None else TimeLimit(max_time, clock.now() + max_time)
    conversation = Conversation(runs, out, clock=clock, downloader=downloader, limit=limit)
    listener = Listener(conversation, runs, server, clock, FakeKeyboard(by_line=by_line), out)
    await settle()
    yield listener
    if not listener.running.done():
        listener.keys.queue.put_nowait(END)
        await listener.running


_T = TypeVar("_T")


def watch_server(
    settings: Settings,
    clock: FakeClock,
    mode: Mode = Mode.LINES,
    *,
    renew: Callable[[], Settings] | None = None,
    fail_on: FailOn = FAILED_RUNS,
) -> int:
    """Watch run 214 as the command line does, with a real client, and return the exit code.

    Args:
        settings: Server, key and project.
        clock: The clock of the watch.
        mode: The front end.
        renew: Reads the settings again.
        fail_on: What counts as a failure for the exit code.
    """

    class WatchedClient(Client):
        """Reports its requests to the clock."""

        def __init__(self, settings: Settings) -> None:
            super().__init__(settings, limit=600)

        async def get_run(self, run_id: int, reader: Reader | None = None) -> Answer:
            clock.under_way += 1
            clock.loop = asyncio.get_running_loop()
            try:
                return await super().get_run(run_id, reader)
            finally:
                clock.under_way -= 1

    request = replace(a_request(settings), mode=mode, renew=renew, fail_on=fail_on)
    return frontend.run(request, connect=partial(frontend.open_connection, new_client=WatchedClient), clock=clock)


@contextmanager
def in_thread(there: AbstractAsyncContextManager[_T]) -> Iterator[_T]:
    """The same server in a thread of its own, because a watch has an event loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="server", daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(there.__aenter__(), loop).result(10)
        asyncio.run_coroutine_threadsafe(there.__aexit__(None, None, None), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def texts_of(lines: str, word: str) -> list[str]:
    """The texts of all lines with this word, without time, symbol and word."""
    split = [line.split(maxsplit=3) for line in lines.splitlines()]
    return [parts[3] for parts in split if len(parts) == 4 and parts[2] == word]


def json_objects(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def watch_command(run_ids: Sequence[int]) -> list[str]:
    return ["tvtui", "watch", *map(str, run_ids)]


def a_request(settings: Settings = WATCH_SETTINGS, *run_ids: int) -> WatchRequest:
    """A request to watch runs, run 214 unless others are given."""
    return WatchRequest(settings=settings, run_ids=run_ids or (214,), command=watch_command)


def a_watched_run(*events: Snapshot | Problem, run_id: int = 214, repeats: int | None = None) -> WatchedRun:
    """A run whose watch has yielded these events."""
    clock = FakeClock()
    [watched] = a_request().watch([run_id], FakeServer(clock), clock, repeats=repeats)
    for event in events:
        watched.apply(event)
    return watched


class FakeStartedRuns:
    """Runs that the user starts elsewhere while following."""

    def __init__(self) -> None:
        self._new: list[int] = []

    def start(self, *run_ids: int) -> None:
        self._new += run_ids

    def new(self) -> tuple[int, ...]:
        started, self._new = tuple(self._new), []
        return started


def watch_answers(
    *answers: Run | ClientError | Callable[[], Run],
    clients: FakeClients | None = None,
    mode: Mode | None = Mode.LINES,
    settings: Settings = WATCH_SETTINGS,
    renew: Callable[[], Settings] | None = None,
    on_finish: str | None = None,
    run_ids: Sequence[int] = (214,),
    started_runs: StartedRuns | None = None,
    clock: FakeClock | None = None,
    load_app: Callable[[], type[TvtuiApp]] | None = None,
    documents: Mapping[str, str] | None = None,
    github: Iterable[str] = (),
    fail_on: FailOn = FAILED_RUNS,
) -> int:
    """Watch runs as the command line does, by clients that give these answers; the exit code.

    Afterwards all clients are closed, and garbage is collected again.
    """
    clients = clients or FakeClients()
    clients.answers += answers
    request = replace(
        a_request(settings, *run_ids),
        mode=mode,
        renew=renew,
        on_finish=on_finish,
        started_runs=started_runs,
        documents=documents or {},
        github=frozenset(github),
        fail_on=fail_on,
    )
    connect = partial(frontend.open_connection, new_client=clients)
    try:
        return frontend.run(request, connect=connect, clock=clock, load_app=load_app)
    finally:
        assert gc.isenabled()
        gc.unfreeze()
        assert all(client.is_closed for client in clients.made)
