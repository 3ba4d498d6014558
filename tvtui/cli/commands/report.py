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
  tvtui report run-214.tvrun --markdown summary.md
  tvtui report 214 --github summary,annotations

\b
Exit codes, those of tvtui watch for the state of the run:
  0 passed   1 failed, or ended in any other way
  2 wrong usage or configuration   3 API key rejected
  4 run or project not found   5 no response
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

    RUN_ID is a number such as 214, '#214', or a link ending in /runs/214, or a FILE.tvrun. Runs that were
    watched to their end on this machine need no server; others are requested. Several share each file.
    Without any option for a file, the summary is printed that ends a watch.
    """

    def action(environment: Environment) -> int:
        from tvtui.cli.recordings import are_recorded, recordings_request
        from tvtui.cli.report import report_runs, runs_of
        from tvtui.watch.request import Mode

        if are_recorded(environment, flags, run_ids):
            request = recordings_request(environment, {**flags, "board": False}, run_ids, Mode.LINES)
        else:
            request = read_request(environment, flags, run_ids)
        request = with_reports(request, flags)
        try:
            return report_runs(request, runs_of(request, environment.clock), environment.variables)
        finally:
            if request.memory is not None:
                request.memory.close()

    return action
