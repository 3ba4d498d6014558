"""The command line: options become a request, a front end shows it, its outcome becomes the exit code.

Here is the entry point; `group` has all commands.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

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
        # before all other imports: they take a while, and would swallow an interrupt or print a traceback
        from tvtui.cli.signals import end_on_signals

        end_on_signals()
    from tvtui.cli.command_line import run
    from tvtui.cli.exit_codes import ExitCode
    from tvtui.cli.request import Environment
    from tvtui.cli.stderr import complain, complain_of_output

    environment = environment or Environment()
    try:
        code = run(sys.argv[1:] if args is None else list(args), environment)
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        code = ExitCode.QUIT
    except OSError as error:
        if args is not None or error.errno not in {errno.ENOSPC, errno.EIO}:
            raise
        code = ExitCode.QUIT
        complain_of_output(error)
    except Exception as error:
        if args is not None:
            raise
        from tvtui.cli.crash import report

        complain(report(error, environment.log_folder))
        code = ExitCode.CRASHED
    if args is None:
        # Everything has been written and flushed. A regular exit would wait for threads that still resolve host
        # names, flush into pipes without a reader, and spend 100 ms on cleaning up memory.
        os._exit(code)
    return code
