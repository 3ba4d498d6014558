"""One watch from its start to its exit code, in the way that was asked for or that the terminal allows."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from tvtui.loops import run_in_loop
from tvtui.source import Job

if TYPE_CHECKING:
    from tvtui.settings import Settings


class Mode(Enum):
    """The ways to show a watch."""

    SCREEN = "screen"
    LINES = "lines"
    JSON = "json"


def has_terminal() -> bool:
    """Whether there is a terminal to draw on; Textual reads keys from stdin and draws on stderr."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return os.environ.get("TERM") != "dumb" and all(stream is not None and stream.isatty() for stream in streams)


def run(
    settings: Settings,
    run_ids: Sequence[int],
    mode: Mode | None,
    *,
    again: Callable[[int], Sequence[str]],
    renew: Callable[[], Settings] | None = None,
    on_finish: str | None = None,
) -> int:
    """Watch runs to their end, or until the user leaves.

    Args:
        settings: Server, key, project, pace.
        run_ids: The runs; at least one.
        mode: How to show them; None: the screen if there is a terminal, else lines.
        again: The words of the command that shows a run again.
        renew: Reads the settings anew after the key was refused.
        on_finish: What is run in the shell when a run has ended.

    Returns:
        The exit code: the worst `ExitCode` of the runs, or 128 + the number of the signal that ended the watch.
    """
    from tvtui.on_finish import OnFinish

    job = Job(settings, run_ids, again, renew)
    command = OnFinish(on_finish, os.environ)
    if mode is None:
        mode = Mode.SCREEN if has_terminal() else Mode.LINES
    # Measured: collecting no garbage while importing, and never what was imported, takes 15 % off the first paint.
    gc.disable()
    # pydantic would look through every installed package for plugins: 10 ms, for none that concern a digest
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        if mode is Mode.SCREEN:
            from tvtui.session_screen import show

            return run_in_loop(show(job, command, has_terminal=has_terminal()))
        from tvtui.session_lines import write

        return write(job, command, as_json=mode is Mode.JSON)
    finally:
        gc.enable()
