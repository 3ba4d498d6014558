"""A watch for screen readers: a conversation in a terminal instead of a screen."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tvtui.cli.exit_codes import conclude, exit_code_so_far
from tvtui.cli.process import run_to_exit_code
from tvtui.cli.stderr import complain
from tvtui.testvibe.server import ServerConnection
from tvtui.watch.request import WatchRequest

if TYPE_CHECKING:
    from tvtui.cli.on_finish import OnFinish
    from tvtui.settings.settings import Settings
    from tvtui.watch.clock import Clock
    from tvtui.watch.watched_run import WatchedRun


def converse(
    request: WatchRequest,
    on_finish: OnFinish,
    connect: Callable[[WatchRequest], ServerConnection],
    clock: Clock,
    *,
    by_line: bool,
) -> int:
    """Report changes and answer keys until the user quits; stdin and stdout must be terminals.

    Args:
        request: What to watch.
        on_finish: The command for the end of each run.
        connect: Opens the connection to the server.
        clock: Measures time and waits.
        by_line: Whether commands are lines instead of keys.

    Returns:
        The exit code.
    """
    runs: list[WatchedRun] = []
    work = _converse(request, runs, on_finish, connect, clock, by_line=by_line)
    return run_to_exit_code(work, lambda: exit_code_so_far(runs))


async def _converse(
    request: WatchRequest,
    runs: list[WatchedRun],
    on_finish: OnFinish,
    connect: Callable[[WatchRequest], ServerConnection],
    clock: Clock,
    *,
    by_line: bool,
) -> int:
    from tvtui.screen_reader.conversation import Conversation
    from tvtui.terminal.keyboard import keyboard
    from tvtui.watch.schedule import PollSchedule

    server = connect(request)
    conversation = Conversation(
        server,
        request.run_ids,
        sys.stdout,
        pace=PollSchedule(interval=request.settings.interval),
        clock=clock,
        folder_for=_folders(request.settings),
        give_up_after=request.settings.timeout,
        see=on_finish.check,
    )
    on_finish.report = lambda sentence: conversation.say([f"problem: {sentence}"])
    try:
        with keyboard(sys.stdin, by_line=by_line) as keys:
            await conversation.hold(keys)
    finally:
        for told in conversation.runs:
            watched = request.watch(told.run_id, server, clock)
            for event in (told.snapshot, told.problem):
                if event is not None:
                    watched.apply(event)
            runs.append(watched)
        await server.aclose()
    complain(*on_finish.last_words)
    return conclude(request.settings, runs)


def _folders(settings: Settings) -> Callable[[int], Path]:
    """The folders that the artifacts of each run are saved in."""
    from tvtui.artifacts.downloads.safe_folder import download_folder
    from tvtui.settings.paths import working_folder

    return lambda run_id: download_folder(settings, run_id, working_folder())
