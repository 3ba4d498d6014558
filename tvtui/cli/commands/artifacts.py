"""`tvtui artifacts`: what a run has left behind, saved as files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import click

from tvtui.cli.exit_codes import ExitCode
from tvtui.cli.options import Deed, connection_options
from tvtui.cli.request import configured

# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui artifacts 214
  tvtui artifacts 214 --kind trace --output traces/214
  tvtui artifacts 214 --match '*checkout*.png' | xargs -d '\\n' open
  tvtui artifacts 214 --json | jq -r 'select(.state == "failed").error'

\b
Exit codes:
  0 all there, or nothing was uploaded   1 a download failed, or no artifact matches
  2 wrong usage or configuration   3 key refused   4 no such run or project
  5 no answer   130 interrupted: the same command goes on where it was
"""


@click.command(short_help="Save a run's artifacts as files.", epilog=_EPILOG)
@click.argument("run_id", metavar="RUN_ID")
@click.option("--kind", "kinds", metavar="KIND", multiple=True, help="Only traces (trace), screenshot …; repeatable.")
@click.option("--match", "patterns", metavar="GLOB", multiple=True, help="Only paths like 'trace/*'; repeatable.")
@click.option("--output", metavar="DIR", help="Where to.  [tvtui-artifacts/run-RUN_ID]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per artifact instead of its file's path.")
@click.option("--timeout", metavar="SECONDS", help="Give up after so long without an answer.  [60]")
@connection_options
def artifacts(
    run_id: str, *, kinds: tuple[str, ...], patterns: tuple[str, ...], as_json: bool, **flags: object
) -> Deed:
    """Save what a run has left behind: traces, screenshots, videos, reports.

    Prints the path of each file when it is whole. What is there already is not fetched again, and
    nothing is written over. RUN_ID is a number such as 214, '#214', or a link that ends in /runs/214.
    """
    return partial(_artifacts, run_id, kinds, patterns, as_json, flags)


def _artifacts(
    run_id: str, kinds: tuple[str, ...], patterns: tuple[str, ...], as_json: bool, flags: Mapping[str, object]
) -> int:
    known = configured(flags, run_id)
    if known is None:
        return ExitCode.USAGE
    from tvtui.cli.artifacts import Choice, save_artifacts

    (number,) = known.run_ids
    choice = Choice(kinds, patterns)
    return save_artifacts(known.settings, number, choice, as_json=as_json, renew=known.renew)
