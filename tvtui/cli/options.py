"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tvtui.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from tvtui.cli.request import Mode


Command = TypeVar("Command", bound=Callable[..., Any])

Deed = Callable[[], int]
"""What a command line asks for, done outside of click, which has its own ways with signals and broken pipes."""


def complain_lazily(*sentences: str) -> int:
    """Write each sentence to stderr, and answer the exit code for wrong usage."""
    from tvtui.cli import stderr

    stderr.complain(*sentences)
    return ExitCode.USAGE


def _themes(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    from tvtui.settings.values import THEME_NAMES

    return [name for name in THEME_NAMES if name.startswith(incomplete)]


_FORMS = (
    click.option("--output", metavar="DIR", help="Put artifacts into DIR/run-RUN_ID.  [tvtui-artifacts]"),
    click.option("--board", is_flag=True, help="Begin with the board, to be read from across the room."),
    click.option(
        "--theme",
        metavar="NAME",
        shell_complete=_themes,
        help="Colours: tvtui, tvtui-light, tvtui-safe (for the colour-blind), ansi-dark, ansi-light.",
    ),
    click.option("--lines", is_flag=True, help="One line per change instead of the screen."),
    click.option("--json", "as_json", is_flag=True, help="One JSON object per change instead of the screen."),
    click.option("--linear", is_flag=True, help="Sentences for screen readers, and keys, instead of the screen."),
)


def form_options(command: Command) -> Command:
    """Give a command the ways to show a watch; `mode` reads them."""
    for option in reversed(_FORMS):
        command = option(command)
    return command


def mode(flags: Mapping[str, object]) -> Mode | None:
    """The way that was asked for; None: as terminal and user want it."""
    from tvtui.cli.request import Mode

    ways = {"lines": Mode.LINES, "as_json": Mode.JSON, "linear": Mode.LINEAR}
    asked = [way for name, way in ways.items() if flags[name]]
    if len(asked) > 1:
        raise click.UsageError("Give only one of --lines, --json and --linear.")
    if asked and flags["board"]:
        raise click.UsageError(f"Give --board or --{asked[0].value}, not both.")
    return asked[0] if asked else None


def _on_finish_command(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise click.BadParameter("give the command to be run, in quotes.")
    return value


_NOTIFICATION_OPTIONS = (
    click.option("--no-notify", is_flag=True, help="No notice of the first failure and of the end."),
    click.option(
        "--on-finish",
        metavar="COMMAND",
        callback=_on_finish_command,
        help="Run this in the shell when the run has ended; TVTUI_RESULT and others tell how.",
    ),
)


def notification_options(command: Command) -> Command:
    """Give a command `--no-notify` and `--on-finish`."""
    for option in reversed(_NOTIFICATION_OPTIONS):
        command = option(command)
    return command


_CONNECTION_OPTIONS = (
    click.option("--project", metavar="ID", help="The project's id, a GUID."),
    click.option("--server", metavar="URL", help="Where TestVibe is, https://HOST[:PORT][/PREFIX]."),
    click.option("--insecure-http", is_flag=True, help="Allow http://, which sends the key in the clear."),
)

_WATCH_OPTIONS = (
    click.option("--follow", is_flag=True, help="After the end, go on with the runs that you start from tvtui here."),
    click.option("--interval", metavar="SECONDS", help="Pause between an answer and the next request.  [2]"),
    click.option("--timeout", metavar="SECONDS", help="Give up after so long without a good answer.  [never]"),
)


def connection_options(command: Command) -> Command:
    """Give a command `--project`, `--server` and `--insecure-http`."""
    for option in reversed(_CONNECTION_OPTIONS):
        command = option(command)
    return command


def watch_options(command: Command) -> Command:
    """Give a command that watches a real server its pace, its forms and its ways to be heard of."""
    command = notification_options(form_options(command))
    for option in reversed(_WATCH_OPTIONS):
        command = option(command)
    return command
