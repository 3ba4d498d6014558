"""The options of every command that watches: how somebody who looks elsewhere hears of it."""

from __future__ import annotations

import click

from tvtui.cli.telling import Command


def _command(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise click.BadParameter("give the command to be run, in quotes.")
    return value


_OPTIONS = (
    click.option("--no-notify", is_flag=True, help="No notice of the first failure and of the end."),
    click.option(
        "--on-finish",
        metavar="COMMAND",
        callback=_command,
        help="Run this in the shell when the run has ended; TVTUI_RESULT and others tell how.",
    ),
)


def attention_options(command: Command) -> Command:
    """Give a command `--no-notify` and `--on-finish`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
