"""One watch from its start to its exit code, on the screen or without a terminal."""

from __future__ import annotations

import asyncio
import errno
import gc
import io
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, TextIO

from tvtui.exit_code import ExitCode, exit_code, worst
from tvtui.loops import run_in_loop
from tvtui.source import Job, Source

if TYPE_CHECKING:
    from tvtui.app import TvtuiApp
    from tvtui.settings import Settings
    from tvtui.watch import Problem, Snapshot


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
    run_ids: Sequence[int],
    mode: Mode | None,
    *,
    again: Callable[[int], Sequence[str]],
    renew: Callable[[], Settings] | None = None,
) -> int:
    """Watch runs to their end, or until the user leaves.

    Args:
        settings: Server, key, project, pace.
        run_ids: The runs; at least one.
        mode: How to show them; None: the screen if there is a terminal, else lines.
        again: The words of the command that shows a run again.
        renew: Reads the settings anew after the key was refused.

    Returns:
        The exit code: the worst `ExitCode` of the runs, or 128 + the number of the signal that ended the watch.
    """
    job = Job(settings, run_ids, again, renew)
    if mode is None:
        mode = Mode.SCREEN if has_terminal() else Mode.LINES
    # Measured: collecting no garbage while importing, and never what was imported, takes 15 % off the first paint.
    gc.disable()
    # pydantic would look through every installed package for plugins: 10 ms, for none that concern a digest
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        return run_in_loop(_on_screen(job)) if mode is Mode.SCREEN else _in_lines(job, as_json=mode is Mode.JSON)
    finally:
        gc.enable()


def _imports_are_done() -> None:
    gc.freeze()
    gc.enable()


async def _on_screen(job: Job) -> int:
    from tvtui.endings import signals_leave
    from tvtui.watch import Pace, SystemClock

    app: TvtuiApp | None = None
    received = 0

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
            keymap = _keymap(job.settings.preferences.keys)
            if keymap is None:
                return ExitCode.USAGE
            _imports_are_done()
            app = app_class(
                source,
                run_ids=job.run_ids,
                project=job.settings.project,
                pace=Pace(interval=job.settings.interval),
                clock=SystemClock(),
                give_up_after=job.settings.timeout,
                settings=job.settings,
                theme=job.settings.preferences.theme,
                keymap=keymap,
            )
            if not received:
                await app.run_async()
        finally:
            await source.aclose()
    if received:
        return 128 + received
    if app.crash is not None:
        raise app.crash
    repeated = {watching.repeats for watching in app.watchings}
    seen = {
        watching.run_id: Seen(watching.snapshot, watching.problem)
        for watching in app.watchings
        # a run that was started again is judged by its last try
        if watching.run_id not in repeated
    }
    with suppress(OSError):
        _say_farewell(seen, job.again)
    return _conclude(job.settings, seen.values())


def _app_class() -> type[TvtuiApp]:
    from tvtui.app import TvtuiApp

    return TvtuiApp


def _keymap(keys: Mapping[str, str]) -> Mapping[str, str] | None:
    """The user's keys as Textual takes them; None after telling what is wrong with them."""
    if not keys:
        return keys
    from tvtui.keymap import check

    checked = check(keys)
    for problem in checked.problems:
        _complain(problem)
    return None if checked.problems else checked.keymap


def _say_farewell(seen: Mapping[int, Seen], again: Callable[[int], Sequence[str]]) -> None:
    from tvtui.lines import encodable, summary

    told = [
        summary(each.snapshot.run, again=again(run_id), seen=each.snapshot.server_time)
        for run_id, each in seen.items()
        if each.snapshot is not None
    ]
    for number, lines in enumerate(told):
        for line in ([""] if number else []) + lines:
            sys.stdout.write(encodable(line, sys.stdout.encoding) + "\n")
    sys.stdout.flush()


def _in_lines(job: Job, *, as_json: bool) -> int:
    from tvtui.endings import signals_raise

    seen = {run_id: Seen() for run_id in job.run_ids}
    try:
        with signals_raise():
            run_in_loop(_write_lines(job, seen, as_json=as_json))
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else ExitCode.CRASHED
    except asyncio.CancelledError:
        return _so_far(seen.values())
    except OSError as error:
        # only writing raises these: what the network does comes as values
        if error.errno != errno.EPIPE:
            _complain(f"The output cannot be written: {error.strerror}.")
        return _so_far(seen.values())
    return _conclude(job.settings, seen.values())


def _so_far(seen: Iterable[Seen]) -> ExitCode:
    """How a watch ends whose output nobody can read any more."""
    return worst(exit_code(each.snapshot, None) for each in seen)


async def _write_lines(job: Job, seen: Mapping[int, Seen], *, as_json: bool) -> None:
    from tvtui.endings import reader_leaves

    out: TextIO = sys.stdout or io.StringIO()
    source = Source(job)
    _imports_are_done()
    task = asyncio.current_task()
    assert task is not None
    try:
        with reader_leaves(out, task.cancel):
            async with asyncio.TaskGroup() as runs:
                for run_id, each in seen.items():
                    runs.create_task(_write_run(job, run_id, source, each, out, as_json=as_json))
    except BaseExceptionGroup as errors:
        # one is enough to end the watch, and the others would say the same
        raise errors.exceptions[0] from None
    finally:
        await source.aclose()


async def _write_run(job: Job, run_id: int, source: Source, seen: Seen, out: TextIO, *, as_json: bool) -> None:
    from tvtui.endings import FIRST_ANSWER_SECONDS, with_patience
    from tvtui.lines import JsonLines, PlainLines, follow
    from tvtui.watch import Controls, Pace, SystemClock, watch

    clock = SystemClock()
    several = len(job.run_ids) > 1
    form = JsonLines(run_id) if as_json else PlainLines(job.again(run_id), f"#{run_id} " if several else "")
    give_up_after = job.settings.timeout
    events = watch(
        partial(source.fetch, run_id),
        pace=Pace(interval=job.settings.interval).in_turn(list(job.run_ids).index(run_id), len(job.run_ids)),
        clock=clock,
        controls=Controls(),
        give_up_after=give_up_after,
    )
    patient = with_patience(events, clock, first_answer=None if give_up_after else FIRST_ANSWER_SECONDS)
    await follow(_noting(patient, seen), out, form, clock=clock)


async def _noting(events: AsyncIterator[Snapshot | Problem], seen: Seen) -> AsyncIterator[Snapshot | Problem]:
    from tvtui.watch import Snapshot

    async for event in events:
        if isinstance(event, Snapshot):
            seen.snapshot, seen.problem = event, None
        else:
            seen.problem = event
        yield event


def _conclude(settings: Settings, seen: Iterable[Seen]) -> ExitCode:
    """Say what stood between, if anything did, and how the process should end."""
    return worst([_conclude_one(settings, each) for each in seen])


def _conclude_one(settings: Settings, seen: Seen) -> ExitCode:
    from tvtui.endings import FIRST_ANSWER_SECONDS

    code = exit_code(seen.snapshot, seen.problem)
    if seen.problem is None or code in {ExitCode.PASSED, ExitCode.FAILED}:
        return code
    sentence = str(seen.problem.error)
    if code is ExitCode.LOST:
        seconds = settings.timeout or FIRST_ANSWER_SECONDS
        sentence = f"Gave up after {seconds:g} s without a good answer. {sentence}"
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
