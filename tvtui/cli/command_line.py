"""Runs a command line: what applies to every command of `group`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tvtui.cli.exit_codes import ExitCode, usage_error
from tvtui.cli.group import command_line
from tvtui.cli.request import Environment
from tvtui.text.redact import contains_key, is_key_name


def run(words: list[str], environment: Environment) -> int:
    """Run a command line, and return the exit code.

    Raises:
        Exception: Bugs, and output that cannot be written.
    """
    if any(contains_key(word) or (word.startswith("-") and is_key_name(word.partition("=")[0])) for word in words):
        return usage_error(_key_in_arguments(environment))
    try:
        action = command_line.main(words, prog_name="tvtui", standalone_mode=False)
        return action(environment) if callable(action) else ExitCode.PASSED
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

    return (
        "Never put an API key on the command line, where other users and the shell history can see it. "
        f"Set TESTVIBE_API_KEY, or api_key in {(environment.config_folder or config_folder()) / USER_FILE}, "
        "and revoke the key if you typed one here."
    )
