"""`tvtui report`: loads runs once, and writes documents about them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

from tvtui.cli.exit_codes import ExitCode, conclude, usage_error
from tvtui.cli.frontend import open_connection
from tvtui.cli.process import run_to_exit_code
from tvtui.cli.reports import problems_with, write_reports
from tvtui.cli.stderr import complain
from tvtui.reporters.lines import summary
from tvtui.testvibe.errors import NotFound, Refused
from tvtui.testvibe.server import Connection
from tvtui.text.output import print_lines
from tvtui.watch.clock import Clock, SystemClock
from tvtui.watch.events import Snapshot
from tvtui.watch.request import WatchRequest
from tvtui.watch.watched_run import WatchedRun

Load = Callable[[], Awaitable[Sequence[WatchedRun]]]
"""Returns the runs of a request as they are known, each with its last snapshot, or with the problem that hides it."""


def report_runs(request: WatchRequest, load: Load, environ: Mapping[str, str]) -> int:
    """Write the documents of a request about its runs, and return the exit code.

    Args:
        request: The runs, and what to write; if that is nothing, a summary is printed.
        load: Gets the runs.
        environ: The environment: that of a step of GitHub Actions names files to append to.
    """
    if problems := problems_with(request, None, environ):
        return usage_error(*problems)
    runs: list[WatchedRun] = []

    async def get() -> int:
        runs.extend(await load())
        return conclude(request.settings, runs, fail_on=request.fail_on)

    code = run_to_exit_code(get(), lambda: ExitCode.QUIT)
    if not request.documents and not request.github:
        known = [(each.snapshot, each.history) for each in runs if each.snapshot is not None]
        blocks = [["", *summary(each.run, history, seen=each.server_time)] for each, history in known]
        print_lines(sys.stdout, [line for block in blocks for line in block][1:])
    complain(*(f"Run {each.run_id} has not ended yet." for each in runs if each.run is not None and not each.has_ended))
    unended = "The run had not ended when this report was made." if runs else ""
    return write_reports(request, runs, code, environ, unended=unended)


def runs_of(
    request: WatchRequest,
    clock: Clock | None,
    connect: Callable[[WatchRequest], Connection] = open_connection,
) -> Load:
    """Return what requests each run once, again only while the server fails, or reads its recording.

    `connect` opens the connection.
    """

    async def load() -> Sequence[WatchedRun]:
        own_clock = clock or SystemClock()
        server = connect(request)
        runs = request.watch(request.run_ids, server, own_clock, is_unattended=True)
        try:
            await asyncio.gather(*map(_first_answer, runs))
        finally:
            await server.aclose()
        return runs

    return load


async def _first_answer(watched: WatchedRun) -> None:
    async with aclosing(watched.poll()) as events:
        async for event in events:
            if isinstance(event, Snapshot):
                return
            # a run that does not exist will hardly begin to now
            if isinstance(event.error, NotFound | Refused) and not event.is_final:
                watched.apply(replace(event, is_final=True))
                return
