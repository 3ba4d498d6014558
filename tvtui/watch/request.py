"""WatchRequest: how the program was called, as one value that every front end takes."""

from __future__ import annotations

import random as randomness
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias
from urllib.parse import urlsplit

from tvtui.text.format import shell_command

if TYPE_CHECKING:
    from tvtui.settings.settings import Settings
    from tvtui.testvibe.models import Run
    from tvtui.testvibe.server import Server
    from tvtui.watch.clock import Clock
    from tvtui.watch.controls import Controls
    from tvtui.watch.deadline import TimeLimit
    from tvtui.watch.events import Problem, Snapshot
    from tvtui.watch.outlook import Range
    from tvtui.watch.past import Past
    from tvtui.watch.playback import Player
    from tvtui.watch.watched_run import WatchedRun

_Start: TypeAlias = "Callable[[Controls], AsyncIterator[Snapshot | Problem]]"


class Mode(Enum):
    """The ways to show a watch."""

    SCREEN = "screen"
    LINES = "lines"
    JSON = "json"
    LINEAR = "linear"
    """Lines and keys for screen readers; requires a terminal."""


class FailOn(NamedTuple):
    """What counts as a failure for the exit code, besides runs that end otherwise than passed.

    Attributes:
        flaky: Whether a flaky test does, in a run that passed.
        known: Whether failures do that the last run had, too; otherwise a run without new ones counts as passed.
    """

    flaky: bool = False
    known: bool = True


FAILED_RUNS = FailOn()
"""Runs that failed, unless something else is asked for."""


class StartedRuns(Protocol):
    """The runs that this user starts from any tvtui on this machine."""

    def new(self) -> tuple[int, ...]:
        """Return the runs that were started since the last call, in order."""


class Memory(Protocol):
    """What is remembered of runs on this machine; nothing of it ever raises, or delays a watch."""

    @property
    def trouble(self) -> str:
        """Why something cannot be remembered, in one sentence; "" if all is well."""

    def recall(self, run: Run) -> Awaitable[Past | None]:
        """Return what is known of earlier runs of the same suite; None if nothing is."""

    def record(self, watched: WatchedRun) -> None:
        """Record a run from now on."""

    def close(self) -> None:
        """Finish what is being written; takes a moment at most."""


class Recordings(Protocol):
    """Recorded runs, which are shown instead of being watched.

    Attributes:
        is_replay: Whether they are played; otherwise only their end is shown.
    """

    is_replay: bool

    def require(self, run_id: int) -> None:
        """Raise ValueError, with a sentence, unless there is a recording of a run that can be shown."""

    def prepare(self, run_id: int, clock: Clock, *, is_unattended: bool, stays_open: bool) -> _Start:
        """Return a function that shows a recording each time it is called, with the user's controls.

        If it `is_unattended`, the age of an ended run is the one when it was last seen. A replay `stays_open` to be
        played again, or its events end with it.
        """

    def player(self, run_id: int) -> Player | None:
        """What plays the recording of a run that was prepared; None if it is not played."""

    def clock_of_lines(self, clock: Clock) -> Clock:
        """The clock for writing lines: it goes on as fast as the recording is played."""

    def origin(self, run_id: int) -> tuple[str, str]:
        """The server and the project of a run that was prepared."""

    def watch_command(self, run_id: int) -> str:
        """The shell command that watches a run itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRequest:
    """Which runs to watch, and how.

    Attributes:
        settings: The settings.
        run_ids: The runs; at least one by the time a front end gets the request.
        command: Returns the words of a command line that watches such runs again.
        mode: How to show the watch; None: whatever suits the terminal and the user.
        renew: Reads the settings again after the key was rejected; None: they cannot change.
        begins_with_board: Whether the screen shows the board first.
        announce: Called with each run that is started during the watch.
        started_runs: Runs to continue with when all others have ended; None: the watch ends with its runs.
        on_finish: A shell command for the end of each run.
        fail_on: What counts as a failure for the exit code.
        time_limit: When all watches end; None: never.
        memory: Remembers runs; None: nothing is remembered.
        documents: The files to write at the end, by the names of their formats; "-" is stdout.
        github: What to give to GitHub Actions: "annotations", "outputs", "summary".
        has_summary: Whether the summary of a step of GitHub Actions is written by itself.
        recordings: Shown instead of watching the runs; None: the server is asked.
    """

    settings: Settings
    run_ids: Sequence[int]
    command: Callable[[Sequence[int]], Sequence[str]]
    mode: Mode | None = None
    renew: Callable[[], Settings] | None = None
    begins_with_board: bool = False
    announce: Callable[[int], None] | None = None
    started_runs: StartedRuns | None = None
    on_finish: str | None = None
    fail_on: FailOn = FAILED_RUNS
    time_limit: TimeLimit | None = None
    memory: Memory | None = None
    documents: Mapping[str, str] = field(default_factory=dict)
    github: frozenset[str] = frozenset()
    has_summary: bool = True
    recordings: Recordings | None = None

    @property
    def host(self) -> str:
        """The server's host, for a title; "" if it has foreign letters, which may look like others or be wide."""
        host = urlsplit(self.settings.server).netloc
        return host if host.isascii() else ""

    def shell_command(self, run_ids: Sequence[int]) -> str:
        """Return the command line that watches such runs again, quoted for a shell."""
        return shell_command(*self.command(run_ids))

    def parse_run(self, text: str) -> int:
        """Return the run that a user wants to add.

        Raises:
            ValueError: It is no run, or none that can be shown here; the message is a sentence.
        """
        from tvtui.settings.values import parse_run_id, require_host

        run_id = parse_run_id(text)
        if self.recordings is None:
            require_host(text, self.settings.server, self.settings.server_source)
        else:
            self.recordings.require(run_id)
        return run_id

    def watch_command(self, run_id: int) -> str:
        """Return the shell command that watches a run, also if a recording of it is shown now."""
        return self.shell_command([run_id]) if self.recordings is None else self.recordings.watch_command(run_id)

    def watch(
        self,
        run_ids: Sequence[int],
        server: Server,
        clock: Clock,
        *,
        random: Callable[[], float] = randomness.random,
        repeats: int | None = None,
        is_unattended: bool = False,
    ) -> list[WatchedRun]:
        """Prepare to watch runs whose requests are spread over the interval; the first is sent when a run is polled.

        `random` returns a number from 0 to 1, for the jitter of retries. `repeats` is the run that these were started
        to repeat. If the watch `is_unattended`, no user is there to act: it gives up as `with_deadline` says, and
        waits for late artifacts only if JSON is written, which has them.
        """
        # the command line makes requests without importing the client
        from tvtui.watch.deadline import unattended_timeout, with_deadline
        from tvtui.watch.poller import prepare_watch
        from tvtui.watch.schedule import PollSchedule
        from tvtui.watch.watched_run import WatchedRun

        timeout = self.settings.timeout
        interval = PollSchedule(interval=self.settings.interval)

        def prepare(place: int, run_id: int) -> WatchedRun:
            def seconds_left(now: float) -> Range | None:
                return watched.seconds_left(now)

            schedule = interval.staggered(place, len(run_ids))
            start = prepare_watch(
                server,
                run_id,
                schedule=schedule,
                clock=clock,
                random=random,
                give_up_after=timeout,
                seconds_left=seconds_left,
            )

            def start_unattended(controls: Controls) -> AsyncIterator[Snapshot | Problem]:
                return with_deadline(
                    start(controls),
                    clock,
                    patience=unattended_timeout(self.settings),
                    limit=self.time_limit,
                    awaits_artifacts=self.mode is Mode.JSON,
                )

            begin: _Start = start_unattended if is_unattended else start
            if self.recordings is not None:
                # a conversation reports the end of a run once its events have ended
                stays_open = not is_unattended and self.mode is not Mode.LINEAR
                begin = self.recordings.prepare(run_id, clock, is_unattended=is_unattended, stays_open=stays_open)
            watched = WatchedRun(
                run_id,
                begin,
                project=self.settings.project,
                host=self.host,
                repeats=repeats,
                recall=None if self.memory is None else self.memory.recall,
                is_unattended=is_unattended,
            )
            if self.memory is not None:
                self.memory.record(watched)
            return watched

        return [prepare(place, run_id) for place, run_id in enumerate(run_ids)]
