"""`tvtui watch`: a run from now to its end."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import click

from tvtui.cli.attention import attention_options
from tvtui.cli.configured import configured, connection_options, watch_options
from tvtui.cli.telling import Deed, mode, theme_option
from tvtui.exit_code import ExitCode

if TYPE_CHECKING:
    from tvtui.session import Mode

# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui watch 214
  tvtui watch 214 215 216
  tvtui watch https://testvibe.acme.example/runs/214
  tvtui watch 214 --lines --timeout 300
  tvtui watch 214 --json > run.ndjson
  tvtui watch 214 --on-finish 'say "run $TVTUI_RUN $TVTUI_RESULT"'
"""


@click.command(epilog=_EPILOG)
@click.argument("run_ids", metavar="RUN_ID...", nargs=-1, required=True)
@connection_options
@watch_options
@theme_option
@attention_options
def watch(run_ids: tuple[str, ...], *, lines: bool, as_json: bool, on_finish: str | None, **flags: object) -> Deed:
    """Watch runs until they end.

    RUN_ID is a number such as 214, '#214', or a link that ends in /runs/214. Several runs get a tab
    each, and the exit code of the worst. Without a terminal the output is one line per change, as
    with --lines.
    """
    return partial(_watch, run_ids, flags, mode(lines=lines, as_json=as_json), on_finish)


def _watch(run_ids: tuple[str, ...], flags: Mapping[str, object], way: Mode | None, on_finish: str | None) -> int:
    from tvtui import session

    known = configured(flags, *run_ids)
    if known is None:
        return ExitCode.USAGE

    def again(run_id: int) -> list[str]:
        return ["tvtui", "watch", str(run_id), *known.flags]

    return session.run(known.settings, known.run_ids, way, again=again, renew=known.renew, on_finish=on_finish)
