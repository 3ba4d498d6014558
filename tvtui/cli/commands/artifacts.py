"""`tvtui artifacts`: saves the artifacts of a run as files."""

from __future__ import annotations

import click

from tvtui.cli.exit_codes import usage_error
from tvtui.cli.options import connection_options
from tvtui.cli.request import Action, Environment, read_request

# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui artifacts 214
  tvtui artifacts 214 --kind trace --output traces/214
  tvtui artifacts 214 --match '*checkout*.png' -0 | xargs -0 open
  tvtui artifacts 214 --json | jq -r 'select(.state == "failed").error'

\b
Objects of --json, one for each artifact:
  type (artifact), version, runId, kind, path, size, file,
  state (done, there or failed), error,
  note (a file name that had to be changed)

\b
Exit codes:
  0 everything was saved, or the run has no artifacts
  1 a download failed, or no artifact matches
  2 wrong usage or configuration   3 API key rejected
  4 run or project not found   5 no response
  130 interrupted; run the same command to resume
"""


@click.command(short_help="Save the artifacts of a run.", epilog=_EPILOG)
@click.argument("run_id", metavar="RUN_ID")
@click.option(
    "--kind", "kinds", metavar="KIND", multiple=True, help="Only this kind: trace, screenshot ...; repeatable."
)
@click.option("--match", "patterns", metavar="GLOB", multiple=True, help="Only matching paths: 'trace/*'; repeatable.")
@click.option("--output", metavar="DIR", help="Output folder.  [tvtui-artifacts/run-RUN_ID]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per artifact instead of its path.")
@click.option(
    "-0", "--null", "with_nul", is_flag=True, help="End each path with NUL instead of a newline, for xargs -0."
)
@click.option("--timeout", metavar="SECONDS", help="Give up after this long without a valid response.  [60]")
@connection_options
def artifacts(
    run_id: str,
    *,
    kinds: tuple[str, ...],
    patterns: tuple[str, ...],
    as_json: bool,
    with_nul: bool,
    **flags: object,
) -> Action:
    """Save the artifacts of a run: traces, screenshots, videos, reports.

    Prints the path of each file when it is complete. Artifacts that were saved before are not downloaded
    again, and no file is overwritten. RUN_ID is a number such as 214, '#214', or a link ending in
    /runs/214.
    """

    def action(environment: Environment) -> int:
        if as_json and with_nul:
            return usage_error("--json and -0 cannot be combined.")
        request = read_request(environment, flags, [run_id])
        from tvtui.cli.artifacts import Selection, save_artifacts

        return save_artifacts(
            request,
            Selection(kinds, patterns),
            as_json=as_json,
            end="\0" if with_nul else "\n",
            clock=environment.clock,
        )

    return action
