"""A watch on the screen: the app, imported while the first request is being answered, and the summary at the end."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

from tvtui.cli.exit_codes import ExitCode, conclude
from tvtui.cli.keymap import checked_keymap
from tvtui.cli.process import on_signals
from tvtui.cli.signals import at_forced_exit, hang_up, interrupt
from tvtui.cli.stderr import complain
from tvtui.testvibe.server import Connection
from tvtui.watch.request import WatchRequest

if TYPE_CHECKING:
    from tvtui.cli.on_finish import OnFinish
    from tvtui.terminal.notifier import Notifier
    from tvtui.terminal.opening import Opening
    from tvtui.tui.app import TvtuiApp
    from tvtui.watch.clock import Clock
    from tvtui.watch.watched_run import WatchedRun


_MOST_FAILURES = 20
"""How many failures the summary lists, of all runs together: what was on the terminal before should stay in reach."""


async def show(
    request: WatchRequest,
    runs: list[WatchedRun],
    on_finish: OnFinish,
    connect: Callable[[WatchRequest], Connection],
    clock: Clock,
    *,
    opened: Opening,
    load_app: Callable[[], type[TvtuiApp]],
    has_terminal: bool,
) -> int:
    """Watch on the screen until the user quits, and return the exit code.

    The runs that decide it are added to `runs`. `opened` has the terminal until the app starts. `load_app` imports the
    app, in a thread. Title and notifications of the terminal are used if `has_terminal`.
    """
    app: TvtuiApp | None = None
    received: list[int] = []

    def exit_app(number: int) -> None:
        received.append(number)
        if app is not None:
            app.exit()

    def leave_lost_terminal() -> None:
        # a second signal would end the process before reports are written
        if not received:
            hang_up()

    def abandon_terminal() -> None:
        if app is not None:
            app.abandon_terminal()

    # Measured: without garbage collection the imports take 320 ms instead of 370 ms. The first full collection, soon
    # after them, would take another 45 ms; they are exempted from it for good.
    gc.disable()
    with on_signals(exit_app), at_forced_exit(abandon_terminal):
        server = connect(request)
        try:
            # the first request comes before the thread that would slow down the imports that it needs
            await asyncio.sleep(0)
            # in a thread, so that the request makes progress in the meantime
            app_class = await asyncio.to_thread(load_app)
            answers = await asyncio.to_thread(opened.collect)
            keymap = checked_keymap(request.settings, before_problems=opened.close)
            if keymap is None:
                return ExitCode.USAGE
            gc.freeze()
            gc.enable()
            from tvtui.terminal.clipboard import Copier

            notifier = _notifier(request) if has_terminal else None
            app = app_class(
                server,
                request,
                clock=clock,
                keymap=keymap,
                notifier=notifier,
                answers=answers,
                before_keys=opened.before_keys,
                take_output=opened.take_output,
                copier=Copier.for_terminal(os.environ, answers),
                on_run=on_finish.attach,
                interrupt=interrupt,
                hang_up=leave_lost_terminal,
            )
            on_finish.report = app.report_failure
            if not received:
                await app.run_async(mouse=request.settings.mouse)
        finally:
            gc.enable()
            if app is not None:
                runs.extend(app.runs.results)
            await server.aclose()
    if app.starting:
        complain(f"{app.starting} may or may not have started: the server had not responded. Check TestVibe first.")
    if received:
        return 128 + received[0]
    if app.crash is not None:
        raise app.crash
    with suppress(OSError):
        _print_summary(request, app.runs.latest)
    complain(*on_finish.last_words)
    return conclude(request.settings, runs, fail_on=request.fail_on)


def load_app() -> type[TvtuiApp]:
    """Import the app; call it where nothing else is waiting, as it takes some 300 ms."""
    from tvtui.tui.app import TvtuiApp

    return TvtuiApp


def _notifier(request: WatchRequest) -> Notifier:
    from tvtui.settings.values import NotifyStyle
    from tvtui.terminal.detect import recognize
    from tvtui.terminal.notifier import Notifier

    kind, wanted = recognize(os.environ), request.settings.notify
    if request.recordings is not None:
        # what happens in a recording is no news
        kind, wanted = kind._replace(has_title=False, has_progress=False), NotifyStyle.OFF
    # Textual draws on stderr
    return Notifier(kind, wanted, encoding=sys.stderr.encoding)


def _print_summary(request: WatchRequest, runs: Iterable[WatchedRun]) -> None:
    """Print what is known of each run, and one command that watches them again."""
    from tvtui.reporters.lines import summary, watch_again
    from tvtui.text.output import print_lines

    known = {each.run_id: (each.snapshot, each.history) for each in runs if each.snapshot is not None}
    if not known:
        return
    share, left = max(1, _MOST_FAILURES // len(known)), _MOST_FAILURES
    blocks = []
    for each, history in known.values():
        most = min(share, left)
        left -= min(most, each.run.listed.failed)
        blocks.append([*summary(each.run, history, seen=each.server_time, most=most), ""])
    if len(blocks) == 1:
        # the command belongs to the only one
        blocks[0].pop()
    print_lines(sys.stdout, [*chain.from_iterable(blocks), watch_again(request.command(list(known)))])
