"""The command line: options become a request, a front end shows it, its outcome becomes the exit code.

Here is the entry point; `group` has all commands.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence

TYPE_CHECKING = False
"""As `typing.TYPE_CHECKING`, without the 6 ms that its import takes: until `main` runs, an interrupt is a traceback."""

if TYPE_CHECKING:
    from tvtui.cli.request import Environment


def main(args: Sequence[str] | None = None, environment: Environment | None = None) -> int:
    """Run a command line; user errors become a sentence, never a traceback.

    Args:
        args: The words after the program's name; None: those of this process, which then ends here.
        environment: What the command line depends on; None: that of this process.

    Returns:
        The exit code, one of `ExitCode` or 128 + the number of a signal.
    """
    if args is None:
        # until the imports are over, see `run_in_loop`: the first frame comes after 72 ms instead of 78
        gc.disable()
        # before all other imports: they take a while, and would swallow an interrupt or print a traceback
        from tvtui.cli.signals import end_on_signals

        end_on_signals()
    from tvtui.cli.command_line import run

    return run(args, environment)
