"""`tvtui watch`: a run from now to its end."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import click

from tvtui.cli.exit_codes import ExitCode
from tvtui.cli.options import Deed, connection_options, mode, watch_options
from tvtui.cli.request import configured

if TYPE_CHECKING:
    from tvtui.cli.request import Mode


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
def watch(run_ids: tuple[str, ...], **flags: object) -> Deed:
    """Watch runs until they end.

    RUN_ID is a number such as 214, '#214', or a link that ends in /runs/214. Several runs get a tab
    each, and the exit code of the worst. Without a terminal the output is one line per change, as
    with --lines. With --follow the watch goes on until you leave it or a signal ends it.
    """
    return partial(_watch, run_ids, flags, mode(flags))


def _watch(run_ids: tuple[str, ...], flags: Mapping[str, object], way: Mode | None) -> int:
    known = configured(flags, *run_ids)
    return ExitCode.USAGE if known is None else known.watch(known.run_ids, way)
