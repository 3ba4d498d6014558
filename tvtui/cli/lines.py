"""A watch without a terminal: lines or JSON on stdout, for people, logs and programs."""

from __future__ import annotations

import asyncio
import errno
import io
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from tvtui.cli.exit_codes import ExitCode, Seen, conclude, so_far
from tvtui.cli.process import imports_are_done, run_in_loop
from tvtui.cli.request import WatchRequest
from tvtui.cli.stderr import complain
from tvtui.testvibe.server import ServerConnection

if TYPE_CHECKING:
    from tvtui.cli.on_finish import OnFinish
    from tvtui.reporters.reporter import Reporter
    from tvtui.watch.clock import Clock
    from tvtui.watch.events import Problem, Snapshot


def write(job: WatchRequest, on_finish: OnFinish, *, as_json: bool) -> int:
    """Write down what happens until every run is over.

    Args:
        job: What is watched.
        on_finish: What is run when a run has ended; waited for.
        as_json: Whether programs are to read it.

    Returns:
        The exit code.
    """
    from tvtui.cli.process import signals_raise

    seen = {run_id: Seen() for run_id in job.run_ids}
    try:
        with signals_raise():
            refused = run_in_loop(_write_lines(job, seen, on_finish, as_json=as_json))
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else ExitCode.CRASHED
    except asyncio.CancelledError:
        return so_far(seen.values())
    except OSError as error:
        # only writing raises these: what the network does comes as values
        if error.errno != errno.EPIPE:
            complain(f"The output cannot be written: {error.strerror}.")
        return so_far(seen.values())
    for sentence in on_finish.last_words:
        complain(sentence)
    return ExitCode.REFUSED if refused else conclude(job.settings, seen.values())


class _KeyRefused(Exception):
    """There is nothing to go on with; it has been told."""


async def _write_lines(job: WatchRequest, seen: dict[int, Seen], on_finish: OnFinish, *, as_json: bool) -> bool:
    """Write until there is nothing more to write; whether a refused key ended it, which has been told then."""
    from tvtui.cli.process import reader_leaves
    from tvtui.reporters.reporter import follow
    from tvtui.watch.clock import SystemClock

    out: TextIO = sys.stdout or io.StringIO()
    clock = SystemClock()
    source = ServerConnection(job.settings, renew=job.renew, prefetch=job.run_ids[0])
    imports_are_done()
    task = asyncio.current_task()
    assert task is not None
    is_refused = False
    try:
        with reader_leaves(out, task.cancel):
            async for these in _one_after_another(job, clock):
                # the exit code is that of the last ones
                seen.clear()
                seen.update((run_id, Seen()) for run_id in these.run_ids)
                async with asyncio.TaskGroup() as runs:
                    for run_id, each in seen.items():
                        events = _noting(_events(these, run_id, source, clock), each, on_finish)
                        lines = follow(events, out, _form(these, run_id, as_json=as_json), clock=clock)
                        runs.create_task(lines if job.announcements is None else _telling(lines, job, each))
                if not as_json and len(seen) > 1:
                    _write_command(job, seen, out)
    except BaseExceptionGroup as errors:
        _, others = errors.split(_KeyRefused)
        if others is not None:
            # one is enough to end the watch, and the others would say the same
            raise others.exceptions[0] from None
        is_refused = True
    finally:
        await source.aclose()
    await on_finish.wait()
    return is_refused


async def _telling(lines: Coroutine[object, object, None], job: WatchRequest, seen: Seen) -> None:
    """Write one run's lines, and say at once what ended its watch, as following goes on and has no end to say it at."""
    await lines
    if conclude(job.settings, [seen]) is ExitCode.REFUSED:
        raise _KeyRefused


async def _one_after_another(job: WatchRequest, clock: Clock) -> AsyncIterator[WatchRequest]:
    """The job, and with announcements others like it, of the runs that have been started meanwhile."""
    yield job
    if job.announcements is None:
        return
    from tvtui.journal.started_runs import after_each_other

    async for run_ids in after_each_other(job.announcements, clock, set(job.run_ids)):
        yield replace(job, run_ids=run_ids)


def _form(job: WatchRequest, run_id: int, *, as_json: bool) -> Reporter:
    from tvtui.reporters.lines import LinesReporter
    from tvtui.reporters.ndjson import NdjsonReporter

    if as_json:
        return NdjsonReporter(run_id)
    return LinesReporter((), f"#{run_id} ") if len(job.run_ids) > 1 else LinesReporter(job.again([run_id]))


def _write_command(job: WatchRequest, seen: Mapping[int, Seen], out: TextIO) -> None:
    """After the ends of several runs, how to see them again."""
    from tvtui.reporters.lines import watch_again
    from tvtui.text.clean import encodable

    known = [run_id for run_id, each in seen.items() if each.snapshot is not None]
    if known:
        out.write(f"\n{encodable(watch_again(job.again(known)), out.encoding)}\n")
        out.flush()


def _events(
    job: WatchRequest, run_id: int, source: ServerConnection, clock: Clock
) -> AsyncIterator[Snapshot | Problem]:
    """The watch of one run, and an end to it where nobody sits who could still do something about it."""
    from tvtui.watch.controls import Controls
    from tvtui.watch.deadline import FIRST_ANSWER_SECONDS, with_deadline
    from tvtui.watch.poller import prepare_watch
    from tvtui.watch.schedule import PollSchedule

    give_up_after = job.settings.timeout
    schedule = PollSchedule(interval=job.settings.interval)
    start = prepare_watch(
        source,
        run_id,
        schedule=schedule.staggered(list(job.run_ids).index(run_id), len(job.run_ids)),
        clock=clock,
        give_up_after=give_up_after,
    )
    return with_deadline(start(Controls()), clock, first_answer=None if give_up_after else FIRST_ANSWER_SECONDS)


async def _noting(
    events: AsyncIterator[Snapshot | Problem], seen: Seen, on_finish: OnFinish
) -> AsyncIterator[Snapshot | Problem]:
    from tvtui.watch.events import Snapshot

    async for event in events:
        if isinstance(event, Snapshot):
            seen.snapshot, seen.problem = event, None
            on_finish.see(event.run)
        else:
            seen.problem = event
        yield event
