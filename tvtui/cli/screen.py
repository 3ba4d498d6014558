"""A watch on the screen: the app, its first request under way while it is imported, and what it leaves behind."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

from tvtui.cli.exit_codes import ExitCode, Seen, conclude
from tvtui.cli.process import imports_are_done
from tvtui.cli.request import WatchRequest
from tvtui.cli.stderr import complain
from tvtui.testvibe.server import ServerConnection

if TYPE_CHECKING:
    from tvtui.cli.on_finish import OnFinish
    from tvtui.settings.settings import Settings
    from tvtui.terminal.notifier import Notifier
    from tvtui.tui.app import TvtuiApp
    from tvtui.watch.watched_run import WatchedRun


_LONGEST_LEAVING = 3.0
"""Seconds from a signal to the end of the process, whatever the terminal does."""


async def show(job: WatchRequest, on_finish: OnFinish, *, has_terminal: bool) -> int:
    """Watch on the screen until the user leaves.

    Args:
        job: What is watched.
        on_finish: What is run when a run has ended.
        has_terminal: Whether there is anything outside of the screen that could be told.

    Returns:
        The exit code.
    """
    from tvtui.cli.process import signals_leave
    from tvtui.watch.clock import SystemClock
    from tvtui.watch.schedule import PollSchedule

    app: TvtuiApp | None = None
    received = 0
    overdue: list[threading.Timer] = []

    def leave(number: int) -> None:
        nonlocal received
        received = number
        overdue.append(_force_the_end(number))
        if app is not None:
            app.exit()

    with signals_leave(leave):
        source = ServerConnection(job.settings, renew=job.renew, prefetch=job.run_ids[0])
        try:
            # in a thread, so that the loop can carry the first request meanwhile
            app_class = await asyncio.to_thread(_app_class)
            keymap = _keymap(job.settings.preferences.keys)
            if keymap is None:
                return ExitCode.USAGE
            imports_are_done()
            app = app_class(
                source,
                run_ids=job.run_ids,
                project=job.settings.project,
                schedule=PollSchedule(interval=job.settings.interval),
                clock=SystemClock(),
                give_up_after=job.settings.timeout,
                settings=job.settings,
                theme=job.settings.preferences.theme,
                keymap=keymap,
                attention=_attention(job.settings) if has_terminal else None,
                on_finish=on_finish,
                board=job.begins_with_board,
                announce=job.announce,
                announcements=job.announcements,
            )
            if not received:
                await app.run_async()
        finally:
            await source.aclose()
            for timer in overdue:
                timer.cancel()
    if received:
        return 128 + received
    if app.crash is not None:
        raise app.crash
    seen = judged(app.runs)
    with suppress(OSError):
        _say_farewell(seen, job.again)
    for sentence in on_finish.last_words:
        complain(sentence)
    if app.starting:
        complain(f"{app.starting} may or may not have started: no answer had come. Look in TestVibe first.")
    # a run that was closed after its end has ended so all the same
    ended = [watched for watched in app.closed if watched.snapshot and watched.snapshot.run.has_ended]
    return conclude(job.settings, judged([*ended, *app.runs]).values())


def _force_the_end(number: int) -> threading.Timer:
    """End the process in a while: a terminal that takes nothing any more would hold up the orderly way for ever."""
    timer = threading.Timer(_LONGEST_LEAVING, os._exit, (128 + number,))
    timer.daemon = True
    timer.start()
    return timer


def judged(runs: Iterable[WatchedRun]) -> dict[int, Seen]:
    """What was seen last of each run, less those that were started again: these are judged by their last try."""
    known = list(runs)
    repeated = {watched.repeats for watched in known}
    return {
        watched.run_id: Seen(watched.snapshot, watched.problem) for watched in known if watched.run_id not in repeated
    }


def _app_class() -> type[TvtuiApp]:
    from tvtui.tui.app import TvtuiApp

    return TvtuiApp


def _attention(settings: Settings) -> Notifier:
    """What is shown outside of the screen."""
    from tvtui.terminal.detect import recognize
    from tvtui.terminal.notifier import Notifier

    # Textual draws on stderr
    return Notifier(recognize(os.environ), settings.notify, encoding=sys.stderr.encoding)


def _keymap(keys: Mapping[str, str]) -> Mapping[str, str] | None:
    """The user's keys as Textual takes them; None after telling what is wrong with them."""
    if not keys:
        return keys
    from tvtui.settings.paths import config_folder
    from tvtui.settings.sources import USER_FILE
    from tvtui.tui.keymap import check

    checked = check(keys, config_folder() / USER_FILE)
    for problem in checked.problems:
        complain(problem)
    return None if checked.problems else checked.keymap


def _say_farewell(seen: Mapping[int, Seen], again: Callable[[Sequence[int]], Sequence[str]]) -> None:
    from tvtui.reporters.lines import summary, watch_again
    from tvtui.text.clean import encodable

    known = {run_id: each.snapshot for run_id, each in seen.items() if each.snapshot is not None}
    if not known:
        return
    told = [[*summary(snapshot.run, seen=snapshot.server_time), ""] for snapshot in known.values()]
    if len(told) == 1:
        # the command belongs to the only one
        told[0].pop()
    for line in [*chain.from_iterable(told), watch_again(again(list(known)))]:
        sys.stdout.write(encodable(line, sys.stdout.encoding) + "\n")
    sys.stdout.flush()
