"""`tvtui watch`: a run from now to its end."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import click

from tvtui.cli.attention import attention_options
from tvtui.cli.configured import configured, connection_options
from tvtui.cli.telling import Deed, mode
from tvtui.exit_code import ExitCode

if TYPE_CHECKING:
    from tvtui.session import Mode

# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui watch 214
  tvtui watch https://testvibe.acme.example/runs/214
  tvtui watch 214 --lines --timeout 300
  tvtui watch 214 --json > run.ndjson
  tvtui watch 214 --on-finish 'say "run $TVTUI_RUN $TVTUI_RESULT"'
"""


@click.command(epilog=_EPILOG)
@click.argument("run_id", metavar="RUN_ID")
@connection_options
@click.option("--interval", metavar="SECONDS", help="Pause between an answer and the next request.  [2]")
@click.option("--timeout", metavar="SECONDS", help="Give up after so long without a good answer.  [never]")
@click.option("--lines", is_flag=True, help="One line per change instead of the screen.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per change instead of the screen.")
@attention_options
def watch(run_id: str, *, lines: bool, as_json: bool, on_finish: str | None, **flags: object) -> Deed:
    """Watch a run until it ends.

    RUN_ID is a number such as 214, '#214', or a link that ends in /runs/214. Without a terminal
    the output is one line per change, as with --lines.
    """
    return partial(_watch, run_id, flags, mode(lines=lines, as_json=as_json), on_finish)


def _watch(run_id: str, flags: Mapping[str, object], way: Mode | None, on_finish: str | None) -> int:
    from tvtui import session

    known = configured(flags, run_id)
    if known is None:
        return ExitCode.USAGE
    (number,) = known.run_ids
    again = ["tvtui", "watch", str(number), *known.flags]
    return session.run(known.settings, number, way, again=again, renew=known.renew, on_finish=on_finish)
