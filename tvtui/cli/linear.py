"""A watch for screen readers, from its start to its exit code: a conversation in a terminal, and no screen."""

from __future__ import annotations

import errno
import sys
from functools import partial
from typing import TYPE_CHECKING

from tvtui.cli.exit_codes import ExitCode, Seen, conclude, so_far
from tvtui.cli.process import imports_are_done, run_in_loop
from tvtui.cli.request import WatchRequest
from tvtui.cli.stderr import complain
from tvtui.testvibe.server import ServerConnection

if TYPE_CHECKING:
    from tvtui.artifacts.downloads.queue import Downloads
    from tvtui.cli.on_finish import OnFinish
    from tvtui.settings.settings import Settings
    from tvtui.testvibe.server import Server
    from tvtui.watch.clock import Clock
    from tvtui.watch.watched_run import WatchedRun


def converse(job: WatchRequest, on_finish: OnFinish, *, by_line: bool) -> int:
    """Tell what happens and answer keys, until the user leaves; stdin and stdout must be terminals.

    Args:
        job: What is watched.
        on_finish: What is run when a run has ended.
        by_line: Whether commands are lines instead of keys.

    Returns:
        The exit code.
    """
    from tvtui.cli.process import signals_raise

    seen = {run_id: Seen() for run_id in job.run_ids}
    try:
        with signals_raise():
            run_in_loop(_converse(job, seen, on_finish, by_line=by_line))
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else ExitCode.CRASHED
    except OSError as error:
        # only writing raises these: what the network does comes as values
        if error.errno not in {errno.EPIPE, errno.EIO}:
            complain(f"The output cannot be written: {error.strerror}.")
        return so_far(seen.values())
    for sentence in on_finish.last_words:
        complain(sentence)
    return conclude(job.settings, seen.values())


async def _converse(job: WatchRequest, seen: dict[int, Seen], on_finish: OnFinish, *, by_line: bool) -> None:
    from tvtui.screen_reader.conversation import Conversation
    from tvtui.terminal.keyboard import keyboard
    from tvtui.watch.clock import SystemClock

    source = ServerConnection(job.settings, renew=job.renew, prefetch=job.run_ids[0])
    clock = SystemClock()
    runs = _runs(job, source, clock)
    downloader = partial(_downloads, source, job.settings, clock)
    conversation = Conversation(runs, sys.stdout, clock=clock, downloader=downloader, see=on_finish.see)
    on_finish.tell = lambda sentence: conversation.say([f"problem: {sentence}"])
    imports_are_done()
    try:
        with keyboard(sys.stdin, by_line=by_line) as keys:
            await conversation.run(keys)
    finally:
        seen |= {run.run_id: Seen(run.snapshot, run.problem) for run in runs}
        await source.aclose()


def _runs(job: WatchRequest, server: Server, clock: Clock) -> list[WatchedRun]:
    from tvtui.watch.poller import prepare_watch
    from tvtui.watch.schedule import PollSchedule
    from tvtui.watch.watched_run import WatchedRun

    schedule = PollSchedule(interval=job.settings.interval)

    def watched(place: int, run_id: int) -> WatchedRun:
        start = prepare_watch(
            server,
            run_id,
            schedule=schedule.staggered(place, len(job.run_ids)),
            clock=clock,
            give_up_after=job.settings.timeout,
        )
        return WatchedRun(run_id, start)

    return [watched(place, run_id) for place, run_id in enumerate(job.run_ids)]


def _downloads(server: Server, settings: Settings, clock: Clock, run_id: int) -> Downloads:
    from tvtui.artifacts.downloads.queue import downloads_of

    return downloads_of(server, run_id, settings, clock)
