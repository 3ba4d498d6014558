"""`tvtui open`: shows runs that were recorded on this machine, without a server."""

from __future__ import annotations

import click

from tvtui.cli.options import mode, recording_options
from tvtui.cli.request import Action, Environment

# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui open 214
  tvtui open 213 214 --board
  tvtui open 214.tvrun
  tvtui open 214 --json | jq '.tests[] | select(.status == "failed").name'

\b
Exit codes:
  0 the run passed   1 it failed, or ended in any other way
  2 wrong usage, or the recording cannot be shown: its end is not recorded,
    it is damaged, or it is from a newer version of tvtui
  4 there is no such recording   6 the recording ends before the run
"""


@click.command("open", short_help="Show recorded runs, without a server.", epilog=_EPILOG)
@click.argument("sources", metavar="RUN_ID|FILE...", nargs=-1, required=True)
@recording_options
def open_(sources: tuple[str, ...], **flags: object) -> Action:
    """Show the end of runs that were watched on this machine; no server, key or project is needed.

    RUN_ID is a number such as 214, '#214', or a link ending in /runs/214. FILE is a recording such as
    214.tvrun. Without a terminal the summary is printed, as with --lines; --json prints the digest as an
    object. Artifacts that were downloaded before can be opened.
    """
    chosen = mode(flags)

    def action(environment: Environment) -> int:
        from tvtui.cli.recordings import recordings_request

        return environment.watch(recordings_request(environment, flags, sources, chosen))

    return action
