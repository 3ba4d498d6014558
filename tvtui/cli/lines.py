"""A watch without a terminal: lines or JSON on stdout, for people, logs and programs."""

from __future__ import annotations

import asyncio
import io
import math
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from functools import partial
from typing import TextIO

from tvtui.cli.exit_codes import ExitCode, conclude, exit_code_so_far, worst_exit_code
from tvtui.cli.on_finish import OnFinish
from tvtui.cli.process import on_closed_pipe
from tvtui.cli.stderr import complain
from tvtui.journal.started_runs import after_each_other
from tvtui.reporters.lines import LinesReporter, watch_again
from tvtui.reporters.ndjson import NdjsonReporter
from tvtui.reporters.reporter import EndReporter, Output, Reporter, follow
from tvtui.testvibe.server import Connection
from tvtui.text.output import print_lines
from tvtui.watch.clock import Clock
from tvtui.watch.deadline import before, until
from tvtui.watch.request import Mode, WatchRequest
from tvtui.watch.watched_run import WatchedRun


class _KeyRefused(Exception):
    """The key was rejected, which has been reported; no other run could be watched with it."""


async def write_lines(
    request: WatchRequest,
    runs: list[WatchedRun],
    on_finish: OnFinish,
    connect: Callable[[WatchRequest], Connection],
    clock: Clock,
) -> int:
    """Write every change to stdout until all runs and the commands for their ends have ended; return the exit code.

    The time limit of the request ends it in any case. `runs` is kept up to date: it has the runs that are being
    watched, with `--follow` the latest ones.
    """
    stdout: TextIO = sys.stdout or io.StringIO()
    # a document on stdout is not mixed with lines
    out = (sys.stderr or io.StringIO()) if has_document_on_stdout(request) else stdout
    server = connect(request)
    task = asyncio.current_task()
    assert task is not None
    is_refused = False
    try:
        with on_closed_pipe(stdout, task.cancel):
            async for run_ids in _rounds(request, clock):
                runs[:] = request.watch(run_ids, server, clock, is_unattended=True)
                await _report(request, runs, on_finish, out, clock)
    except asyncio.CancelledError:
        return exit_code_so_far(runs, fail_on=request.fail_on)
    except _KeyRefused:
        is_refused = True
    finally:
        await server.aclose()
    await before(_ends_at(request), clock, on_finish.wait())
    complain(*on_finish.last_words)
    if is_refused:
        return ExitCode.REFUSED
    # with `--follow`, what ended the watch of a run has been reported
    if request.started_runs is None:
        return conclude(request.settings, runs, fail_on=request.fail_on)
    return worst_exit_code(runs, fail_on=request.fail_on)


def has_document_on_stdout(request: WatchRequest) -> bool:
    """Whether a document is written to stdout at the end."""
    if not request.documents:
        return False
    from tvtui.cli.report_files import is_stdout

    return any(map(is_stdout, request.documents.values()))


def _ends_at(request: WatchRequest) -> float:
    return math.inf if request.time_limit is None else request.time_limit.ends_at


async def _rounds(request: WatchRequest, clock: Clock) -> AsyncIterator[Sequence[int]]:
    """The runs of the request; then, with `--follow`, those that were started in the meantime, again and again."""
    yield request.run_ids
    if request.started_runs is not None:
        async for run_ids in until(
            _ends_at(request), clock, after_each_other(request.started_runs, clock, set(request.run_ids))
        ):
            yield run_ids


async def _report(
    request: WatchRequest, runs: Sequence[WatchedRun], on_finish: OnFinish, out: TextIO, clock: Clock
) -> None:
    """Write what happens to runs that are watched together until all watches are over."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for watched in runs:
                on_finish.attach(watched)
                reporter = _reporter(request, watched.run_id, is_alone=len(runs) == 1)
                outputs = [Output(reporter, partial(print_lines, out))]
                lines = follow(watched, watched.poll(), outputs, clock=clock)
                reporting = lines if request.started_runs is None else _conclude_after(lines, request, watched)
                task = tasks.create_task(reporting)
                if _is_end_only(request):
                    # in the order in which they were named
                    await task
    except BaseExceptionGroup as errors:
        _, others = errors.split(_KeyRefused)
        # one is enough to end the watch, and the others would say the same
        raise (others.exceptions[0] if others is not None else _KeyRefused) from None
    known = [watched.run_id for watched in runs if watched.run is not None]
    if request.mode is not Mode.JSON and len(runs) > 1 and known and not _is_end_only(request):
        print_lines(out, ["", watch_again(request.command(known))])


async def _conclude_after(lines: Coroutine[object, object, None], request: WatchRequest, watched: WatchedRun) -> None:
    """Report at once what ended the watch of one run: with `--follow` the watch has no end at which to report it."""
    await lines
    if conclude(request.settings, [watched], fail_on=request.fail_on) is ExitCode.REFUSED:
        raise _KeyRefused


def _is_end_only(request: WatchRequest) -> bool:
    """Whether recordings are shown, but not played: of them nothing but the end is written."""
    return request.recordings is not None and not request.recordings.is_replay


def _reporter(request: WatchRequest, run_id: int, *, is_alone: bool) -> Reporter:
    if request.mode is Mode.JSON:
        return EndReporter(NdjsonReporter(run_id)) if _is_end_only(request) else NdjsonReporter(run_id)
    if _is_end_only(request):
        return EndReporter(LinesReporter(()), is_first=run_id == request.run_ids[0])
    return LinesReporter(request.command([run_id])) if is_alone else LinesReporter((), f"#{run_id} ")
