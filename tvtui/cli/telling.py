"""What commands say on stderr, and the ways to show a watch that several of them offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tvtui.exit_code import ExitCode

if TYPE_CHECKING:
    from tvtui.session import Mode

Command = TypeVar("Command", bound=Callable[..., Any])

Deed = Callable[[], int]
"""What a command line asks for, done outside of click, which has its own ways with signals and broken pipes."""


def complain(*sentences: str) -> int:
    """Write each sentence to stderr, and answer the exit code for wrong usage."""
    from tvtui import stderr

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
    from tvtui.session import Mode

    ways = {"lines": Mode.LINES, "as_json": Mode.JSON, "linear": Mode.LINEAR}
    asked = [way for name, way in ways.items() if flags[name]]
    if len(asked) > 1:
        raise click.UsageError("Give only one of --lines, --json and --linear.")
    if asked and flags["board"]:
        raise click.UsageError(f"Give --board or --{asked[0].value}, not both.")
    return asked[0] if asked else None
