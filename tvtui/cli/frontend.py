"""Chooses the front end for a watch and runs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from tvtui.cli.exit_codes import ExitCode, exit_code_so_far, usage_error
from tvtui.cli.keymap import checked_keymap
from tvtui.cli.stderr import complain
from tvtui.terminal.detect import is_dumb
from tvtui.watch.request import Mode, WatchRequest

if TYPE_CHECKING:
    from tvtui.settings.settings import Settings
    from tvtui.terminal.opening import Opening
    from tvtui.testvibe.client import Client
    from tvtui.testvibe.server import Connection
    from tvtui.tui.app import TvtuiApp
    from tvtui.watch.clock import Clock
    from tvtui.watch.watched_run import WatchedRun


def run(
    request: WatchRequest,
    *,
    connect: Callable[[WatchRequest], Connection] | None = None,
    clock: Clock | None = None,
    load_app: Callable[[], type[TvtuiApp]] | None = None,
) -> int:
    """Watch runs until they end or the user quits.

    Args:
        request: What to watch, and how.
        connect: Opens the connection to the server, with the first request in progress.
        clock: Measures time and waits; None: the system's.
        load_app: Imports the app.

    Returns:
        The exit code: the worst `ExitCode` of the runs, or 128 + the number of the signal that ended the watch.
    """
    mode = effective_mode(request.mode, os.environ, prefers_linear=request.settings.linear)
    # the screen checks the keys while the first request is being answered
    if not (_can_report(request, mode) if mode is Mode.SCREEN else can_show(request)):
        return ExitCode.USAGE
    with ExitStack() as terminal:
        opened = None
        if mode is Mode.SCREEN:
            from tvtui.cli.opening import opening

            opened = terminal.enter_context(opening(request, has_terminal=has_terminal()))
        if request.memory is not None:
            # runs before the terminal is given back: after that, a second signal would end the process at once
            terminal.callback(request.memory.close)
        return _run(replace(request, mode=mode), opened, connect or open_connection, clock, load_app)


def _run(
    request: WatchRequest,
    opened: Opening | None,
    connect: Callable[[WatchRequest], Connection],
    clock: Clock | None,
    load_app: Callable[[], type[TvtuiApp]] | None,
) -> int:
    """Run the front end; what it needs is imported here, after the first frame."""
    from tvtui.cli.on_finish import OnFinish
    from tvtui.cli.process import run_in_loop, run_to_exit_code
    from tvtui.watch.clock import SystemClock
    from tvtui.watch.deadline import TimeLimit

    runs: list[WatchedRun] = []
    clock = clock or SystemClock()
    if request.recordings is not None and request.mode in {Mode.LINES, Mode.JSON}:
        clock = request.recordings.clock_of_lines(clock)
    seconds = request.settings.max_time
    time_limit = None if seconds is None else TimeLimit(seconds, clock.now() + seconds)
    request = replace(request, time_limit=time_limit)
    on_finish = OnFinish(request.on_finish, os.environ)

    def show() -> int:
        if opened is not None:
            from tvtui.cli import screen

            app = load_app or screen.load_app
            return run_in_loop(
                screen.show(
                    request, runs, on_finish, connect, clock, opened=opened, load_app=app, has_terminal=has_terminal()
                )
            )
        if request.mode is Mode.LINEAR:
            from tvtui.cli.linear import converse

            work = converse(request, runs, on_finish, connect, clock, by_line=is_dumb(os.environ))
        else:
            from tvtui.cli.lines import write_lines

            work = write_lines(request, runs, on_finish, connect, clock)
        code = run_to_exit_code(work, lambda: exit_code_so_far(runs, fail_on=request.fail_on))
        if request.mode is Mode.LINEAR and code == ExitCode.INTERRUPTED:
            complain("Interrupted.")
        return code

    try:
        code = show()
    except BaseException:
        # without the documents, a pipeline would show as passed what a bug has ended
        with suppress(Exception):
            report_end(request, runs, ExitCode.CRASHED)
        raise
    return report_end(request, runs, code)


def report_end(request: WatchRequest, runs: Sequence[WatchedRun], code: int) -> int:
    """Write all documents about runs whose watches are over, with this exit code; return the exit code."""
    if not has_reports(request) or code == ExitCode.USAGE:
        return code
    from tvtui.cli.reports import write_reports

    return write_reports(request, runs, code, os.environ)


def has_reports(request: WatchRequest) -> bool:
    """Whether anything may have to be written at the end."""
    return bool(request.documents or request.github or os.environ.get("GITHUB_STEP_SUMMARY"))


def _can_report(request: WatchRequest, mode: Mode) -> bool:
    """Whether all documents can be written in this mode; if not, the reasons have been written to stderr."""
    if not (request.documents or request.github):
        return True
    from tvtui.cli.reports import problems_with

    problems = problems_with(request, mode, os.environ)
    complain(*problems)
    return not problems


def can_show(request: WatchRequest) -> bool:
    """Whether a watch can be shown as it is requested; if not, the reason has been written to stderr."""
    mode = effective_mode(request.mode, os.environ, prefers_linear=request.settings.linear)
    if mode is Mode.LINEAR and request.started_runs is not None:
        usage_error("--follow requires the screen, --lines or --json; it does not work with --linear.")
        return False
    return _can_report(request, mode) and checked_keymap(request.settings) is not None


def open_connection(request: WatchRequest, *, new_client: Callable[[Settings], Client] | None = None) -> Connection:
    """Connect to the server of a request and request its first run; needs a running loop."""
    if request.recordings is not None:
        from tvtui.journal.recorded_server import RecordedServer

        return RecordedServer(request.watch_command)
    from tvtui.testvibe.server import ServerConnection

    return ServerConnection(request.settings, renew=request.renew, prefetch=request.run_ids[0], new_client=new_client)


def has_terminal() -> bool:
    """Whether there is a terminal to draw on; Textual reads keys from stdin and draws on stderr."""
    return not is_dumb(os.environ) and _are_terminals(sys.stdin, sys.stdout, sys.stderr)


def effective_mode(mode: Mode | None, environ: Mapping[str, str], *, prefers_linear: bool) -> Mode:
    """Return the mode for this terminal and user.

    Args:
        mode: The mode of the request; None: whatever suits. Without a terminal linear mode becomes lines.
        environ: A terminal with `TERM=dumb` cannot be drawn on.
        prefers_linear: What the settings say.
    """
    if mode is Mode.LINEAR or (mode is None and (is_dumb(environ) or prefers_linear)):
        # any terminal will do, as nothing is drawn
        return Mode.LINEAR if _are_terminals(sys.stdin, sys.stdout) else Mode.LINES
    return mode or (Mode.SCREEN if has_terminal() else Mode.LINES)


def _are_terminals(*streams: TextIO | None) -> bool:
    return all(stream is not None and stream.isatty() for stream in streams)
