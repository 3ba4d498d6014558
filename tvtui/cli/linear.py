"""A watch for screen readers: a conversation in a terminal instead of a screen."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tvtui.artifacts.downloads.queue import downloads_of
from tvtui.cli.exit_codes import conclude
from tvtui.cli.on_finish import OnFinish
from tvtui.cli.signals import at_forced_exit, settings_restorer
from tvtui.cli.stderr import complain
from tvtui.screen_reader.conversation import Conversation
from tvtui.screen_reader.downloads import Downloader
from tvtui.terminal.keyboard import keyboard
from tvtui.testvibe.server import Connection
from tvtui.watch.clock import Clock
from tvtui.watch.request import WatchRequest
from tvtui.watch.watched_run import WatchedRun


async def converse(
    request: WatchRequest,
    runs: list[WatchedRun],
    on_finish: OnFinish,
    connect: Callable[[WatchRequest], Connection],
    clock: Clock,
    *,
    by_line: bool,
) -> int:
    """Report changes and answer keys until the user quits, and return the exit code.

    Stdin and stdout must be terminals. The runs are added to `runs`. Commands are keys or, `by_line`, lines.
    """
    server = connect(request)
    runs.extend(request.watch(request.run_ids, server, clock))
    for watched in runs:
        on_finish.attach(watched)

    def downloads(run_id: int) -> Downloader:
        if request.recordings is not None:
            from tvtui.artifacts.downloads.saved import saved_artifacts

            return saved_artifacts(request.settings, run_id, request.recordings.origin(run_id))
        return downloads_of(server, run_id, request.settings, clock)

    recorded = request.recordings
    verb = "Watching" if recorded is None else "Replaying" if recorded.is_replay else "Showing recorded"
    conversation = Conversation(
        runs, sys.stdout, clock=clock, downloader=downloads, limit=request.time_limit, verb=verb
    )
    on_finish.report = lambda sentence: conversation.say([f"problem: {sentence}"])
    try:
        with at_forced_exit(settings_restorer(sys.stdin)), keyboard(sys.stdin, by_line=by_line) as keys:
            await conversation.run(keys)
    finally:
        await server.aclose()
    complain(*on_finish.last_words)
    return conclude(request.settings, runs, fail_on=request.fail_on)
