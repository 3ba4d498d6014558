"""`tvtui report`: writes documents about runs, without watching them."""

from __future__ import annotations

import click

from tvtui.cli.options import connection_options, report_options, verdict_options
from tvtui.cli.request import Action, Environment, read_request, with_reports

# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui report 214
  tvtui report 214 --junit report.xml --markdown -
  tvtui report 214 215 --ctrf ctrf.json
  tvtui report 214 --github summary,annotations

\b
Exit codes, those of tvtui watch for the state of the run:
  0 passed   1 failed, or ended in any other way   2 wrong usage or configuration
  3 API key rejected   4 run or project not found   5 no response
  6 the run has not ended yet   74 passed, but a file could not be written
"""


@click.command(short_help="Write reports about runs: JUnit XML, CTRF, Markdown.", epilog=_EPILOG)
@click.argument("run_ids", metavar="RUN_ID...", nargs=-1, required=True)
@report_options
@verdict_options
@click.option("--timeout", metavar="SECONDS", help="Give up after this long without a valid response.  [60]")
@connection_options
def report(run_ids: tuple[str, ...], **flags: object) -> Action:
    """Write reports about runs as they are now, without waiting for their end.

    RUN_ID is a number such as 214, '#214', or a link ending in /runs/214. Several runs share each file.
    Without any option for a file, the summary is printed that ends a watch.
    """

    def action(environment: Environment) -> int:
        request = with_reports(read_request(environment, flags, run_ids), flags)
        from tvtui.cli.report import report_runs, runs_from_server

        return report_runs(request, runs_from_server(request, environment.clock), environment.variables)

    return action
