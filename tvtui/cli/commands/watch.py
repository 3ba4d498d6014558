"""`tvtui watch`: watches runs until they end."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import click

from tvtui.cli.exit_codes import ExitCode
from tvtui.cli.options import connection_options, mode, watch_options
from tvtui.cli.request import Action, Environment, read_request, with_display_options

if TYPE_CHECKING:
    from tvtui.watch.request import Mode


# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui watch 214
  tvtui watch 214 215 216
  tvtui watch https://testvibe.acme.example/runs/214
  tvtui watch 214 --board --follow
  tvtui watch 214 --lines --timeout 300
  tvtui watch 214 --json > run.ndjson
  tvtui watch 214 --on-finish 'say "run $TVTUI_RUN $TVTUI_RESULT"'
"""


@click.command(epilog=_EPILOG)
@click.argument("run_ids", metavar="RUN_ID...", nargs=-1, required=True)
@connection_options
@watch_options
def watch(run_ids: tuple[str, ...], **flags: object) -> Action:
    """Watch runs until they end.

    RUN_ID is a number such as 214, '#214', or a link ending in /runs/214. Each run gets a tab; the
    exit code is that of the worst run. Without a terminal the output is one line per change, as with
    --lines. With --follow the watch continues until you quit or a signal ends it.
    """
    return partial(_watch, run_ids, flags, mode(flags))


def _watch(run_ids: tuple[str, ...], flags: Mapping[str, object], mode: Mode | None, environment: Environment) -> int:
    request = read_request(environment, flags, run_ids)
    if request is None:
        return ExitCode.USAGE
    return environment.watch(with_display_options(request, flags, mode))
