"""One watch from its start to its exit code, on the screen or without a terminal."""

from __future__ import annotations

import asyncio
import errno
import gc
import io
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TextIO, TypeVar

from tvtui.exit_code import ExitCode, exit_code
from tvtui.source import Job, Source

if TYPE_CHECKING:
    from tvtui.app import TvtuiApp
    from tvtui.attention import Attention
    from tvtui.on_finish import OnFinish
    from tvtui.settings import Settings
    from tvtui.watch import Problem, Snapshot

_T = TypeVar("_T")


class Mode(Enum):
    """The ways to show a watch."""

    SCREEN = "screen"
    LINES = "lines"
    JSON = "json"


@dataclass(slots=True)
class Seen:
    """What a watch saw last; a problem is forgotten when an answer comes."""

    snapshot: Snapshot | None = None
    problem: Problem | None = None


def has_terminal() -> bool:
    """Whether there is a terminal to draw on; Textual reads keys from stdin and draws on stderr."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return os.environ.get("TERM") != "dumb" and all(stream is not None and stream.isatty() for stream in streams)


def run(
    settings: Settings,
    run_id: int,
    mode: Mode | None,
    *,
    again: Sequence[str],
    renew: Callable[[], Settings] | None = None,
    on_finish: str | None = None,
) -> int:
    """Watch a run to its end, or until the user leaves.

    Args:
        settings: Server, key, project, pace.
        run_id: The run.
        mode: How to show it; None: the screen if there is a terminal, else lines.
        again: The words of the command that shows the run again.
        renew: Reads the settings anew after the key was refused.
        on_finish: What is run in the shell when the run has ended.

    Returns:
        The exit code: one of `ExitCode`, or 128 + the number of the signal that ended the watch.
    """
    job = Job(settings, run_id, again, renew)
    if mode is None:
        mode = Mode.SCREEN if has_terminal() else Mode.LINES
    # Measured: collecting no garbage while importing, and never what was imported, takes 15 % off the first paint.
    gc.disable()
    # pydantic would look through every installed package for plugins: 10 ms, for none that concern a digest
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        if mode is Mode.SCREEN:
            return _run(_on_screen(job, on_finish))
        return _in_lines(job, on_finish, as_json=mode is Mode.JSON)
    finally:
        gc.enable()


def _run(watch: Coroutine[object, object, _T]) -> _T:
    """`asyncio.run`, less its waiting for threads: one that still looks up a host's name must hold nobody up."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(watch)
    finally:
        # more than once where the exit that a signal raised passes through a task and those that wait for it
        while tasks := asyncio.all_tasks(loop):
            with suppress(SystemExit, KeyboardInterrupt):
                loop.run_until_complete(_cancel(tasks))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _cancel(tasks: Iterable[asyncio.Task[object]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _imports_are_done() -> None:
    gc.freeze()
    gc.enable()


async def _on_screen(job: Job, command: str | None) -> int:
    from tvtui.endings import signals_leave
    from tvtui.on_finish import OnFinish
    from tvtui.watch import Pace, SystemClock

    app: TvtuiApp | None = None
    received = 0
    on_finish = OnFinish(command, os.environ)

    def leave(number: int) -> None:
        nonlocal received
        received = number
        if app is not None:
            app.exit()

    with signals_leave(leave):
        source = Source(job)
        try:
            # in a thread, so that the loop can carry the first request meanwhile
            app_class = await asyncio.to_thread(_app_class)
            _imports_are_done()
            app = app_class(
                source.fetch,
                run_id=job.run_id,
                project=job.settings.project,
                pace=Pace(interval=job.settings.interval),
                clock=SystemClock(),
                give_up_after=job.settings.timeout,
                attention=_attention(job.settings),
                on_finish=on_finish,
            )
            if not received:
                await app.run_async()
        finally:
            await source.aclose()
    if received:
        return 128 + received
    if app.crash is not None:
        raise app.crash
    seen = Seen(app.last_snapshot, app.last_problem)
    with suppress(OSError):
        _say_farewell(seen, job.again)
    _complain_of(on_finish)
    return _conclude(job.settings, seen)


def _app_class() -> type[TvtuiApp]:
    from tvtui.app import TvtuiApp

    return TvtuiApp


def _attention(settings: Settings) -> Attention | None:
    """What is shown outside of the screen; nothing where there is no terminal."""
    from tvtui.attention import Attention
    from tvtui.terminal_kind import recognize

    if not has_terminal():
        return None
    # Textual draws on stderr
    return Attention(recognize(os.environ), settings.notify, encoding=sys.stderr.encoding)


def _complain_of(on_finish: OnFinish) -> None:
    for sentence in on_finish.last_words:
        _complain(sentence)


def _say_farewell(seen: Seen, again: Sequence[str]) -> None:
    from tvtui.lines import summary
    from tvtui.text import encodable

    if seen.snapshot is None:
        return
    for line in summary(seen.snapshot.run, again=again, seen=seen.snapshot.server_time):
        sys.stdout.write(encodable(line, sys.stdout.encoding) + "\n")
    sys.stdout.flush()


def _in_lines(job: Job, command: str | None, *, as_json: bool) -> int:
    from tvtui.endings import signals_raise
    from tvtui.on_finish import OnFinish

    seen = Seen()
    on_finish = OnFinish(command, os.environ)
    try:
        with signals_raise():
            _run(_write_lines(job, seen, on_finish, as_json=as_json))
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else ExitCode.CRASHED
    except asyncio.CancelledError:
        return exit_code(seen.snapshot, None)
    except OSError as error:
        # only writing raises these: what the network does comes as values
        if error.errno != errno.EPIPE:
            _complain(f"The output cannot be written: {error.strerror}.")
        return exit_code(seen.snapshot, None)
    _complain_of(on_finish)
    return _conclude(job.settings, seen)


async def _write_lines(job: Job, seen: Seen, on_finish: OnFinish, *, as_json: bool) -> None:
    from tvtui.endings import FIRST_ANSWER_SECONDS, reader_leaves, with_patience
    from tvtui.lines import JsonLines, PlainLines, follow
    from tvtui.watch import Controls, Pace, SystemClock, watch

    clock = SystemClock()
    out: TextIO = sys.stdout or io.StringIO()
    form = JsonLines(job.run_id) if as_json else PlainLines(job.again)
    source = Source(job)
    _imports_are_done()
    give_up_after = job.settings.timeout
    events = watch(
        source.fetch,
        pace=Pace(interval=job.settings.interval),
        clock=clock,
        controls=Controls(),
        give_up_after=give_up_after,
    )
    patient = with_patience(events, clock, first_answer=None if give_up_after else FIRST_ANSWER_SECONDS)
    task = asyncio.current_task()
    assert task is not None
    try:
        with reader_leaves(out, task.cancel):
            await follow(_noting(patient, seen, on_finish), out, form, clock=clock)
    finally:
        await source.aclose()
    await on_finish.wait()


async def _noting(
    events: AsyncIterator[Snapshot | Problem], seen: Seen, on_finish: OnFinish
) -> AsyncIterator[Snapshot | Problem]:
    from tvtui.watch import Snapshot

    async for event in events:
        if isinstance(event, Snapshot):
            seen.snapshot, seen.problem = event, None
            on_finish.see(event.run)
        else:
            seen.problem = event
        yield event


def _conclude(settings: Settings, seen: Seen) -> ExitCode:
    """Say what stood between, if anything did, and how the process should end."""
    from tvtui.endings import FIRST_ANSWER_SECONDS

    code = exit_code(seen.snapshot, seen.problem)
    if seen.problem is None or code in {ExitCode.PASSED, ExitCode.FAILED}:
        return code
    sentence = str(seen.problem.error)
    if code is ExitCode.LOST:
        seconds = settings.timeout or FIRST_ANSWER_SECONDS
        sentence = f"Gave up after {seconds:g} s without a good answer. {sentence}"
    if code is ExitCode.REFUSED and settings.key_source:
        sentence = f"{sentence} The key came from {settings.key_source}."
    _complain(sentence)
    return code


def _complain(sentence: str) -> None:
    from tvtui.text import clean_line

    if sys.stderr is None:
        return
    with suppress(OSError):
        # a sentence can quote a path, and a path can hold anything
        sys.stderr.write(f"tvtui: {clean_line(sentence)}\n")
        sys.stderr.flush()
