"""The command line: options become settings, something is done, its outcome becomes the exit code.

`group` joins the command_line, one file each; here is what holds for all of them.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Sequence

import click

from tvtui.cli.exit_codes import ExitCode
from tvtui.cli.group import command_line
from tvtui.cli.options import complain_lazily

_KEY_OPTION = re.compile(r"--?(?:api[-_]?)?(?:key|token)(?:=.*)?", re.IGNORECASE | re.DOTALL)


def main(args: Sequence[str] | None = None) -> int:
    """Do what the command line says; what users do wrong becomes a sentence, never a traceback.

    Args:
        args: The words behind the program's name; those of this process if None, which then ends here.

    Returns:
        The exit code, one of `ExitCode` or 128 + the number of a signal.
    """
    try:
        code = _main(sys.argv[1:] if args is None else list(args))
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        code = ExitCode.LEFT
    except OSError as error:
        if args is not None or error.errno not in {errno.ENOSPC, errno.EIO}:
            raise
        code = ExitCode.LEFT
        complain_lazily(f"The output cannot be written: {error.strerror}.")
    except Exception as error:
        if args is not None:
            raise
        from tvtui.cli.crash import report

        complain_lazily(report(error))
        code = ExitCode.CRASHED
    if args is None:
        # Everything is written and flushed. An orderly end would wait for threads that still look up a host's
        # name, flush into pipes that nobody reads, and take 100 ms for tidying that nobody sees.
        os._exit(code)
    return code


def _main(words: list[str]) -> int:
    if any("tvb_" in word or _KEY_OPTION.fullmatch(word) for word in words):
        return complain_lazily(_key_belongs_elsewhere())
    try:
        deed = command_line.main(words, prog_name="tvtui", standalone_mode=False)
    except click.Abort:
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        return complain_lazily(_sentence(error, words))
    return deed() if callable(deed) else ExitCode.PASSED


def _sentence(error: click.ClickException, words: Sequence[str]) -> str:
    from tvtui.text.clean import clean_line

    # click forgets whose option it is that lacks its argument
    command = next(([word] for word in words if word in command_line.commands), [])
    path = (
        error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else " ".join(["tvtui", *command])
    )
    told = clean_line(error.format_message()).rstrip(".")
    return f"{told}{'' if told.endswith('?') else '.'} See {path} --help."


def _key_belongs_elsewhere() -> str:
    from tvtui.settings.paths import config_folder
    from tvtui.settings.sources import USER_FILE

    return (
        "A key never belongs on the command line, where other users and the shell's history can see it: "
        f"set TESTVIBE_API_KEY, or api_key in {config_folder() / USER_FILE}; revoke a key that was typed here."
    )
