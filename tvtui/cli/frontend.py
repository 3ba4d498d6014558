"""One watch from its start to its exit code, in the way that was asked for or that the terminal allows."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from tvtui.cli.process import run_in_loop
from tvtui.cli.request import Mode, WatchRequest
from tvtui.terminal.detect import is_dumb

if TYPE_CHECKING:
    from tvtui.journal.started_runs import Announcements
    from tvtui.settings.settings import Settings


def has_terminal() -> bool:
    """Whether there is a terminal to draw on; Textual reads keys from stdin and draws on stderr."""
    return not is_dumb(os.environ) and _are_terminals(sys.stdin, sys.stdout, sys.stderr)


def settled(mode: Mode | None, environ: Mapping[str, str], *, prefers_linear: bool) -> Mode:
    """The way to show a watch here and now.

    Args:
        mode: What the command line asks for; None: what suits. Without a terminal linear becomes lines.
        environ: A terminal with `TERM=dumb` cannot be drawn on.
        prefers_linear: What the settings say.
    """
    if mode is Mode.LINEAR or (mode is None and (is_dumb(environ) or prefers_linear)):
        # what no screen is needed for: a teletype will do
        return Mode.LINEAR if _are_terminals(sys.stdin, sys.stdout) else Mode.LINES
    return mode or (Mode.SCREEN if has_terminal() else Mode.LINES)


def _are_terminals(*streams: TextIO | None) -> bool:
    return all(stream is not None and stream.isatty() for stream in streams)


def run(
    settings: Settings,
    run_ids: Sequence[int],
    mode: Mode | None,
    *,
    again: Callable[[Sequence[int]], Sequence[str]],
    renew: Callable[[], Settings] | None = None,
    on_finish: str | None = None,
    board: bool = False,
    announce: Callable[[int], None] | None = None,
    announcements: Announcements | None = None,
) -> int:
    """Watch runs to their end, or until the user leaves.

    Args:
        settings: Server, key, project, pace.
        run_ids: The runs; at least one.
        mode: How to show them; None: as terminal and user want it, see `settled`.
        again: The words of the command that shows such runs again.
        renew: Reads the settings anew after the key was refused.
        on_finish: What is run in the shell when a run has ended.
        board: Whether the screen begins with the board.
        announce: Told of every run that is started from the screen.
        announcements: The runs to go on with when these have ended; the watch then never ends by itself.

    Returns:
        The exit code: the worst `ExitCode` of the runs, or 128 + the number of the signal that ended the watch.
    """
    from tvtui.cli.on_finish import OnFinish

    job = WatchRequest(settings, run_ids, again, renew, board, announce, announcements)
    command = OnFinish(on_finish, os.environ)
    mode = settled(mode, os.environ, prefers_linear=settings.preferences.linear)
    # Measured: collecting no garbage while importing, and never what was imported, takes 15 % off the first paint.
    gc.disable()
    # pydantic would look through every installed package for plugins: 10 ms, for none that concern a digest
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        if mode is Mode.SCREEN:
            from tvtui.cli.screen import show

            return run_in_loop(show(job, command, has_terminal=has_terminal()))
        if mode is Mode.LINEAR and announcements is not None:
            return _refuse_to_follow()
        if mode is Mode.LINEAR:
            from tvtui.cli.linear import converse

            return converse(job, command, by_line=is_dumb(os.environ))
        from tvtui.cli.lines import write

        return write(job, command, as_json=mode is Mode.JSON)
    finally:
        gc.enable()


def _refuse_to_follow() -> int:
    from tvtui.cli.exit_codes import ExitCode
    from tvtui.cli.stderr import complain

    complain(
        "--follow works on the screen, with --lines and with --json, and not with --linear: watch the next run anew."
    )
    return ExitCode.USAGE
