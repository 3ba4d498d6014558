"""Runs a command line: what applies to every command of `group`."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from tvtui.cli.exit_codes import ExitCode, usage_error
from tvtui.cli.group import command_line
from tvtui.cli.request import Environment
from tvtui.cli.stderr import complain, complain_of_output
from tvtui.settings.variables import unset_empty
from tvtui.text.output import OutputError, replace_closed_streams
from tvtui.text.redact import contains_key, is_key_name


def run(args: Sequence[str] | None, environment: Environment | None) -> int:
    """Do what `tvtui.cli.main` says."""
    environment = environment or Environment()
    try:
        if args is None:
            unset_empty(os.environ)
            replace_closed_streams()
        code = _main(sys.argv[1:] if args is None else list(args), environment)
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except (BrokenPipeError, OutputError) as error:
        code = ExitCode.QUIT
        complain_of_output(error)
    except BaseException as error:
        # the shell completion ends with SystemExit; nothing else should escape, a cancellation is a bug as well
        if args is not None or isinstance(error, SystemExit):
            raise
        code = _code_after(error, environment)
    if args is None:
        # Everything has been written and flushed. A regular exit would wait for threads that still resolve host
        # names, flush into pipes without a reader, and spend 100 ms on cleaning up memory.
        os._exit(code)
    return code


def _code_after(error: BaseException, environment: Environment) -> ExitCode:
    """Report an exception that nothing has caught, and return the exit code; never raises another one."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EIO}:
        # click prints the help itself
        complain_of_output(error)
        return ExitCode.QUIT
    with suppress(Exception):
        from tvtui.cli.crash import report

        complain(report(error, environment.log_folder))
    return ExitCode.CRASHED


def _main(words: list[str], environment: Environment) -> int:
    if any(contains_key(word) or (word.startswith("-") and is_key_name(word.partition("=")[0])) for word in words):
        return usage_error(_key_in_arguments(environment))
    out = sys.stdout
    try:
        action = command_line.main(words, prog_name="tvtui", standalone_mode=False)
        return action(environment) if callable(action) else ExitCode.PASSED
    except SystemExit:
        if sys.stdout is out:
            raise
        # click prints the help itself; if the pipe is closed, it replaces the stream and would exit with 1
        sys.stdout = out
        return ExitCode.QUIT
    except click.Abort:
        return ExitCode.INTERRUPTED
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        return usage_error(_sentence(error, words))


def _sentence(error: click.ClickException, words: Sequence[str]) -> str:
    from tvtui.text.clean import clean_line

    # click does not say which command an option without its argument belongs to
    command = next(([word] for word in words if word in command_line.commands), [])
    path = (
        error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else " ".join(["tvtui", *command])
    )
    message = clean_line(error.format_message()).rstrip(".")
    return f"{message}{'' if message.endswith('?') else '.'} See {path} --help."


def _key_in_arguments(environment: Environment) -> str:
    from tvtui.settings.paths import config_folder
    from tvtui.settings.sources import USER_FILE

    folder = environment.config_folder or config_folder()
    return (
        "Never put an API key on the command line, where other users and the shell history can see it. "
        f"Set TESTVIBE_API_KEY, or api_key in {USER_FILE if folder is None else folder / USER_FILE}, "
        "and revoke the key if you typed one here."
    )
