"""`tvtui trace`: prints a Playwright trace."""

from __future__ import annotations

from pathlib import Path

import click

from tvtui.cli.options import connection_options
from tvtui.cli.request import Action, Environment, read_request

# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui trace trace.zip
  tvtui trace 214 --test "Locked-out user"
  tvtui trace t.zip --json | jq 'select(.type == "request" and .failed).url'

\b
Objects of --json, each with a type:
  trace     first: format, playwright, title, browser, seconds, failures,
            notes
  step      id, parent, kind, title, subtitle, start, end (null: cut off),
            failed, error, place, logLines
  error     of the test, in no step: text, place
  request   method, url, status (null: no answer), seconds, failed
  console   time, level (also pageerror, stdout, stderr), text
  failing   last: step, error (both null: nothing failed)

\b
Exit codes:
  0 nothing failed in the trace   1 something failed
  2 wrong usage or configuration, or the trace cannot be read
  with RUN_ID also: 3 API key rejected   4 run not found   5 no response
"""


@click.command(short_help="Print a Playwright trace.", epilog=_EPILOG)
@click.argument("source", metavar="FILE|RUN_ID")
@click.option(
    "--test",
    "test",
    metavar="NAME",
    help="The failed test of the run whose trace is downloaded: its name, or part of it.",
)
@click.option("--all", "shows_all", is_flag=True, help="Also print fixtures and getters.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per step, request and console message.")
@click.option("--output", metavar="DIR", help="Folder for the downloaded trace.  [tvtui-artifacts/run-RUN_ID]")
@click.option("--timeout", metavar="SECONDS", help="Give up after this long without a valid response.  [60]")
@connection_options
def trace(source: str, *, test: str | None, shows_all: bool, as_json: bool, **flags: object) -> Action:
    """Print a Playwright trace: what failed, its log, what came just before it, and all steps.

    FILE is a trace such as trace.zip. With a RUN_ID, the trace of a failed test is downloaded first, as by
    tvtui artifacts.
    """

    def action(environment: Environment) -> int:
        from tvtui.cli.exit_codes import usage_error
        from tvtui.cli.trace import is_file, is_run, print_trace

        if test is None and is_file(source):
            return print_trace(Path(source), as_json=as_json, shows_all=shows_all)
        if not is_run(source):
            return usage_error("--test needs a run ID instead of a file.")
        from tvtui.cli.trace_download import saved_trace

        request = read_request(environment, flags, [source])
        path = saved_trace(request, test, environment.clock)
        return path if isinstance(path, int) else print_trace(path, as_json=as_json, shows_all=shows_all)

    return action
