"""The app in memory, and a user in front of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Self

from textual._context import active_app
from textual.app import App
from textual.notifications import Notification, Notifications
from textual.pilot import Pilot
from textual.timer import Timer

from tests.support.builders import ANSWERED, run_at
from tests.support.clock import FakeClock
from tests.support.http import KEY
from tests.support.server import FakeServer
from tests.support.watch import a_request, watch_command
from tvtui.cli.on_finish import OnFinish
from tvtui.settings.api_key import ApiKey
from tvtui.settings.settings import Settings
from tvtui.terminal.notifier import Notifier
from tvtui.testvibe.client import Answer, Client
from tvtui.testvibe.diagnosis import Diagnosis
from tvtui.testvibe.errors import ClientError, Unreachable
from tvtui.testvibe.models import Reader, Run
from tvtui.testvibe.server import Server
from tvtui.tui.app import TvtuiApp
from tvtui.tui.runs import WatchedRuns
from tvtui.tui.screens.run import RunScreen
from tvtui.tui.widgets import big_letters
from tvtui.tui.widgets.big_letters import Size
from tvtui.watch.clock import Clock
from tvtui.watch.deadline import TimeLimit
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.request import Memory, StartedRuns, WatchRequest
from tvtui.watch.watched_run import WatchedRun


async def wait_for_messages(_least: float = 0.0, most: float = 10.0) -> None:
    """Wait until no widget has a message left to process and the layout is up to date.

    This stands in for Textual's `wait_for_idle`, which waits 20 ms or more until the process uses little CPU.

    Args:
        _least: Not used; the least time to wait, in seconds.
        most: The longest time to wait, in seconds.
    """
    app = active_app.get()
    deadline = time.monotonic() + most
    quiet_turns = updates = 0
    while quiet_turns < 5 and time.monotonic() < deadline:
        pumps = (app, *app._registry)
        is_timed = any(_is_pending(timer) for pump in pumps for timer in pump._timers)
        await asyncio.sleep(0.002 if is_timed else 0)
        quiet_turns += 1
        is_typing = isinstance(app, TvtuiApp) and app.type_ahead.is_busy
        if is_timed or is_typing or any(pump.message_queue_size for pump in pumps):
            quiet_turns = 0
        elif quiet_turns == 5 and updates < 20 and _update(app):
            quiet_turns, updates = 0, updates + 1


def _is_pending(timer: Timer) -> bool:
    """Whether this is one of the timers by which Textual puts off work for a moment."""
    return timer._repeat == 0 and timer._interval <= 0.1 and timer._task is not None and not timer._task.done()


def _update(app: App[object]) -> bool:
    """Do what Textual does every 17 ms; whether there was anything to do."""
    screen = app.screen_stack[-1] if app.screen_stack else None
    if screen is None or not (
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._dirty_widgets
        or screen._callbacks
    ):
        return False
    screen._on_timer_update()
    return True


class LastingNotifications(Notifications):
    """Notifications that no real time removes from the screen."""

    def add(self, notification: Notification) -> Self:
        notification.timeout = 1e6
        return super().add(notification)


class Viewer:
    """A user in front of the app: reads its screen, presses its keys, lets time pass."""

    def __init__(self, pilot: Pilot[None], clock: FakeClock, server: FakeServer) -> None:
        self.pilot = pilot
        self.clock = clock
        self.server = server
        pilot.app._notifications = LastingNotifications()

    @property
    def app(self) -> TvtuiApp:
        assert isinstance(self.pilot.app, TvtuiApp)
        return self.pilot.app

    @property
    def screen(self) -> RunScreen:
        assert isinstance(self.app.screen_stack[0], RunScreen)
        return self.app.screen_stack[0]

    @property
    def text(self) -> str:
        """The text on the screen, line by line."""
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    @property
    def toasts(self) -> str:
        """The notifications on the screen, one per line."""
        return "\n".join(str(notification.message) for notification in self.app._notifications)

    @property
    def event(self) -> Snapshot | Problem | None:
        """The last event of the watch."""
        return self.app.shown.problem or self.app.shown.snapshot

    @property
    def snapshot(self) -> Snapshot:
        event = self.event
        assert isinstance(event, Snapshot), event
        return event

    @property
    def problem(self) -> Problem:
        event = self.event
        assert isinstance(event, Problem), event
        return event

    @property
    def wait_seconds(self) -> float:
        """Seconds until the next request."""
        event = self.event
        assert event is not None
        assert event.next_at is not None
        return event.next_at - self.clock.now()

    def style_of(self, text: str) -> object:
        """The style in which `text` first appears on the screen."""
        for strip in self.app.screen._compositor.render_strips():
            for segment in strip:
                if text in segment.text:
                    return segment.style
        raise AssertionError(f"{text} is not on the screen:\n{self.text}")

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def burst(self, *keys: str) -> None:
        """Press keys so fast that the app finds all of them in its queue at once."""
        for key in keys:
            self.app.simulate_key(key)
        await self.pilot.pause()

    async def wait(self, seconds: float) -> None:
        """Advance the clock, and let the app catch up."""
        await self.clock.advance(seconds)
        await self.pilot.pause()

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait for a condition; sockets, threads and files take as long as they take, up to 20 seconds."""
        deadline = time.monotonic() + 20
        await self.pilot.pause()
        while not is_so():
            assert time.monotonic() < deadline, f"this did not happen in time:\n{self.text}"
            await asyncio.sleep(0.005)
            await self.pilot.pause()

    async def sees(self, text: str) -> None:
        """Wait until `text` is on the screen."""
        await self.until(lambda: text in self.text)

    async def next_answer(self) -> Snapshot | Problem:
        """Let time pass until the next request, and wait until its answer or failure is on the screen."""
        before = self.event
        # slightly more, because the sum of the sleeps may fall short of it
        await self.clock.advance(self.wait_seconds + 1e-6)
        return await self.another_than(before)

    async def another_than(self, before: Snapshot | Problem | None) -> Snapshot | Problem:
        """Wait until the screen shows another event than `before`."""
        await self.until(lambda: self.event is not before)
        # one event can follow another before the screen has shown it
        await self.until(lambda: self.event is self.screen.problem or self.event is self.screen.snapshot)
        event = self.event
        assert event is not None
        return event


APP_SETTINGS = Settings("https://testvibe.acme.example", ApiKey(KEY), "the-project")


@asynccontextmanager
async def watching(
    *answers: Run | Exception,
    size: tuple[int, int] = (120, 36),
    clock: FakeClock | None = None,
    give_up_after: float | None = None,
    others: Mapping[int, Sequence[Run | Exception]] | None = None,
    diagnose: Callable[[], Awaitable[Diagnosis]] | None = None,
    theme: str = "tvtui",
    keymap: Mapping[str, str] | None = None,
    notifier: Notifier | None = None,
    on_finish: OnFinish | None = None,
    board: bool = False,
    announce: Callable[[int], None] | None = None,
    started_runs: StartedRuns | None = None,
    max_time: float | None = None,
    memory: Memory | None = None,
) -> AsyncIterator[Viewer]:
    """The app in memory, watching run 214 on a server that gives these answers, and `others` with theirs."""
    clock = clock or FakeClock()
    server = FakeServer(clock, *answers)
    server.diagnosing = diagnose
    server.others = {run_id: list(given) for run_id, given in (others or {}).items()}
    request = WatchRequest(
        settings=replace(APP_SETTINGS, timeout=give_up_after, theme=theme),
        run_ids=[214, *(others or ())],
        command=watch_command,
        begins_with_board=board,
        announce=announce,
        started_runs=started_runs,
        time_limit=None if max_time is None else TimeLimit(max_time, clock.now() + max_time),
        memory=memory,
    )
    on_run = None if on_finish is None else on_finish.attach
    app = TvtuiApp(server, request, clock=clock, keymap=keymap, notifier=notifier, on_run=on_run, random=lambda: 0.5)
    if on_finish is not None:
        on_finish.report = app.report_failure
    async with app.run_test(size=size, notifications=True) as pilot:
        viewer = Viewer(pilot, clock, server)
        await viewer.until(lambda: server.asked and (app.shown.snapshot or app.shown.problem))
        await pilot.pause()
        yield viewer


@asynccontextmanager
async def watching_live(
    settings: Settings,
    *,
    clock: FakeClock,
    size: tuple[int, int] = (120, 20),
    ask: Callable[[], Awaitable[Answer]] | None = None,
) -> AsyncIterator[Viewer]:
    """The app with a real client on real sockets, after its first answer or failure; only time is fake."""
    async with Client(settings, limit=600) as client:
        server = FakeServer(clock, ask or partial(client.get_run, 214, Reader()))
        app = TvtuiApp(server, a_request(settings), clock=clock)
        async with app.run_test(size=size, notifications=True) as pilot:
            viewer = Viewer(pilot, clock, server)
            await viewer.another_than(None)
            yield viewer


LOST = Unreachable("The server refused the connection.", "Check that it runs and that TESTVIBE_SERVER names it.")


async def nothing(viewer: Viewer) -> None:
    """Do nothing."""


async def lose_the_server(viewer: Viewer) -> None:
    await viewer.wait(2)
    await viewer.sees("⚠")
    await viewer.wait(1)


async def pause(viewer: Viewer) -> None:
    await viewer.press("p")
    await viewer.wait(75)


async def filter_by_word(viewer: Viewer) -> None:
    await viewer.press("slash", *"customer", "enter", "down")


async def read_the_log(viewer: Viewer) -> None:
    await viewer.press("l")
    await viewer.until(lambda: viewer.screen.detail.tabs.active == "log-tab")


async def open_and_zoom(viewer: Viewer) -> None:
    await viewer.press("n", "enter")
    if not viewer.screen.panes.zoomed:
        await viewer.press("z")


async def group_failures(viewer: Viewer) -> None:
    await viewer.press("v", *"nnnn", "left", "space")


STATES: dict[str, tuple[float, list[Run | ClientError], Callable[[Viewer], Awaitable[None]]]] = {
    "waiting": (0, [LOST], nothing),
    "queued": (2, [run_at("default", 2)], nothing),
    "running-without-tests": (5, [run_at("default", 5)], nothing),
    "running": (20, [run_at("default", 20)], nothing),
    "stale": (20, [run_at("default", 20), LOST], lose_the_server),
    "paused": (20, [run_at("default", 20)], pause),
    "failed": (600, [run_at("default", 600)], nothing),
    "passed": (600, [run_at("passed", 600)], nothing),
    "no-tests": (600, [run_at("notests", 600)], nothing),
    "filtered": (600, [run_at("default", 600)], filter_by_word),
    "grouped": (600, [run_at("large", 600)], group_failures),
    "log": (600, [run_at("default", 600)], read_the_log),
    "zoomed": (600, [run_at("default", 600)], open_and_zoom),
}


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

    async def run_async(self, *, mouse: bool = True) -> None:
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


SIZES = [(120, 36), (200, 50), (80, 24), (40, 12), (20, 5)]


def shows(screen: str, text: str) -> bool:
    """Whether a text is on the screen in letters of any size."""
    lines = screen.splitlines()
    for size in Size:
        drawn = big_letters.draw(text, size, has_tails=False)
        for top in range(len(lines) - len(drawn) + 1):
            at = lines[top].find(drawn[0].rstrip())
            if at >= 0 and all(lines[top + y][at:].startswith(row.rstrip()) for y, row in enumerate(drawn)):
                return True
    return False
