"""`tvtui replay`: plays what was recorded of a run, without a server."""

from __future__ import annotations

import click

from tvtui.cli.options import mode, parse_speed, recording_options
from tvtui.cli.request import Action, Environment

# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui replay 214
  tvtui replay 214 --speed 10
  tvtui replay 214.tvrun --lines

\b
Exit codes:
  0 the run passed   1 it failed, or ended in any other way
  2 wrong usage, or there is nothing to replay: the run had ended before it
    was watched, its end is not recorded, or the recording is damaged
    or from a newer version of tvtui
  4 there is no such recording   6 quit before the end
"""


@click.command(short_help="Play a recorded run, without a server.", epilog=_EPILOG)
@click.argument("source", metavar="RUN_ID|FILE")
@click.option(
    "--speed", metavar="N", help="Speed up time N times; 0.1 to 1000.  [1; --lines and --json: as fast as possible]"
)
@recording_options
def replay(source: str, *, speed: str | None, **flags: object) -> Action:
    """Play a run as it was watched on this machine; no server, key or project is needed.

    RUN_ID is a number such as 214, '#214', or a link ending in /runs/214. FILE is a recording such as
    214.tvrun. Space pauses, and ? lists the keys that move in the recording. Without a terminal every
    change is printed, as with --lines.
    """
    chosen, faster = mode(flags), None if speed is None else parse_speed(speed)

    def action(environment: Environment) -> int:
        from tvtui.cli.recordings import recordings_request

        return environment.watch(recordings_request(environment, flags, [source], chosen, is_replay=True, speed=faster))

    return action
