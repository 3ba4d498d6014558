"""What commands say on stderr, and the ways to show a watch that several of them offer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from tvtui.exit_code import ExitCode

if TYPE_CHECKING:
    from tvtui.session import Mode

Deed = Callable[[], int]
"""What a command line asks for, done outside of click, which has its own ways with signals and broken pipes."""


def complain(*sentences: str) -> int:
    """Write each sentence to stderr, and answer the exit code for wrong usage."""
    from tvtui.text import clean_line

    for sentence in sentences:
        # a sentence can quote a path or a file, and these can hold anything
        click.echo(f"tvtui: {clean_line(sentence)}", err=True)
    return ExitCode.USAGE


def _themes(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    from tvtui.theme_names import THEMES

    return [name for name in THEMES if name.startswith(incomplete)]


theme_option = click.option(
    "--theme",
    metavar="NAME",
    shell_complete=_themes,
    help="Colours: tvtui-light, tvtui-safe (for the colour-blind), ansi-dark, ansi-light (the terminal's).  [tvtui]",
)


def mode(*, lines: bool, as_json: bool) -> Mode | None:
    """The way that was asked for; None: the screen if there is a terminal, else lines."""
    from tvtui.session import Mode

    if lines and as_json:
        raise click.UsageError("Give --lines or --json, not both.")
    return Mode.LINES if lines else Mode.JSON if as_json else None
