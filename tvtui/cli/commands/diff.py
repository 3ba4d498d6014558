"""`tvtui diff`: compares two runs."""

from __future__ import annotations

import click

from tvtui.cli.options import connection_options
from tvtui.cli.request import Action, Environment

# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui diff 214                        with the run before it
  tvtui diff 213 214
  tvtui diff 213 214 --lines
  tvtui diff 213 214 --json | jq -r 'select(.change == "newFailure").name'

\b
Objects of --json, each with type and version:
  comparison   first: worse, verdict, before, after (runs),
               counts (by change), slowerSeconds (or null), warnings
  test         change (newFailure, fixed, errorChanged, stillFailing, notRun,
               gone, newTest, slower), name, before, after (null: not in
               the run)

\b
Exit codes:
  0 nothing fails that did not fail before   1 something does
  2 wrong usage or configuration
  6 nothing so far, but the later run has not ended
  if a server is needed: 3 API key rejected   4 run not found   5 no response
"""


@click.command(short_help="Compare two runs.", epilog=_EPILOG)
@click.argument("runs", metavar="[EARLIER] RUN_ID", nargs=-1, required=True)
@click.option("--lines", "as_lines", is_flag=True, help="Print lines instead of a screen.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON objects: the verdict, then each test that differs.")
@click.option("--timeout", metavar="SECONDS", help="Give up after this long without a valid response.  [60]")
@connection_options
def diff(runs: tuple[str, ...], *, as_lines: bool, as_json: bool, **flags: object) -> Action:
    """Compare two runs: new failures, fixed tests, other errors, tests that are gone, new or slower.

    Runs that were watched on this machine need no server. With one RUN_ID, it is compared with the
    last run of the same feature and configuration before it that was watched here.
    """
    if len(runs) > 2:
        raise click.UsageError(f"Two runs can be compared, not {len(runs)}.")
    if as_lines and as_json:
        raise click.UsageError("Use either --lines or --json.")

    def action(environment: Environment) -> int:
        from tvtui.cli.diff import show_difference

        return show_difference(environment, flags, runs, as_json=as_json, as_lines=as_lines)

    return action
