"""A watch for screen readers, from its start to its exit code: a conversation in a terminal, and no screen."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tvtui.cli.exit_codes import ExitCode, Seen, conclude, so_far
from tvtui.cli.process import imports_are_done, run_in_loop
from tvtui.cli.request import WatchRequest
from tvtui.cli.stderr import complain
from tvtui.testvibe.server import ServerConnection

if TYPE_CHECKING:
    from tvtui.cli.on_finish import OnFinish
    from tvtui.settings.settings import Settings


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
    from tvtui.watch.schedule import PollSchedule

    source = ServerConnection(job.settings, renew=job.renew, prefetch=job.run_ids[0])
    conversation = Conversation(
        source,
        job.run_ids,
        sys.stdout,
        pace=PollSchedule(interval=job.settings.interval),
        clock=SystemClock(),
        folder_for=_folders(job.settings),
        give_up_after=job.settings.timeout,
        see=on_finish.see,
    )
    on_finish.tell = lambda sentence: conversation.say([f"problem: {sentence}"])
    imports_are_done()
    try:
        with keyboard(sys.stdin, by_line=by_line) as keys:
            await conversation.hold(keys)
    finally:
        seen |= {told.run_id: Seen(told.snapshot, told.problem) for told in conversation.runs}
        await source.aclose()


def _folders(settings: Settings) -> Callable[[int], Path]:
    """Where the artifacts of a run are put, as the settings say."""
    from tvtui.artifacts.downloads.safe_folder import download_folder
    from tvtui.settings.paths import working_folder

    return lambda run_id: download_folder(settings, run_id, working_folder())
