"""`tvtui watch`: watches runs until they end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from tvtui.cli.exit_codes import usage_error
from tvtui.cli.options import connection_options, mode, watch_options
from tvtui.cli.request import Action, Environment, read_request, with_display_options

if TYPE_CHECKING:
    from tvtui.watch.request import Mode

# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui watch 214
  tvtui watch 214 215 216
  tvtui watch https://testvibe.acme.example/runs/214
  tvtui watch 214 --board --follow
  tvtui watch 214 --lines --timeout 300
  tvtui watch 214 --json > run.ndjson
  tvtui watch 214 --junit report.xml --ctrf ctrf.json
  tvtui watch 214 --on-finish 'say "run $TVTUI_RUN $TVTUI_RESULT"'
"""

_FORMATS = """
\b
Objects of --json, one a line, each with type, version (2), time and runId:
  state     at each change; state: queued, running, passed, failed or other;
            status: the server's word
  test      when a test has ended or its status has changed, and all tests of
            the first answer; name, status, durationMs and error (or null),
            outcome: passed, failed, flaky, skipped or other;
            history, if earlier runs were watched here; empty if none of them
            has the test, else standing: new, new test, known, fixed or null;
            since: the first run of the failures, sinceOldestKnown: it may
            have failed earlier; outcomes: the last ones, the newest first
            (p passed, f failed, y flaky); unstable, usualMs (or null), slow
  problem   kind: unreachable, refused, notFound, faulty, busy, unreadable,
            redirected or timeUp; what and advice, failures in a row,
            nextTrySeconds (null when final), final: it ends the watch
  recovery  when contact is restored; failures, seconds
  digest    at the end: the last known run with the API's field names, and
            unreadable (the number of rows and fields), contradiction (or
            null), final: nothing will change any more
  Ignore fields that you do not know: version increases when one goes or
  changes its meaning.

\b
Object of --json-file: type (report), version, and runs, each with runId,
  result (passed, failed, other or unknown), fault (why it counts as failed or
  is unknown, or null), problem (or null), time, and the fields of a digest;
  its tests have history, too

\b
Variables of the --on-finish command, empty when unknown; quote them:
  TVTUI_RUN, TVTUI_RESULT (passed, failed or other), TVTUI_STATUS (the
  server's word), TVTUI_TOTAL, TVTUI_PASSED, TVTUI_FAILED, TVTUI_FLAKY,
  TVTUI_SKIPPED, TVTUI_OTHER (all others), TVTUI_FEATURE, TVTUI_CONFIG,
  TVTUI_SITE, TVTUI_DURATION_SECONDS

\b
Exit codes:
  0 passed   1 failed, or ended in any other way
  2 wrong usage or configuration   3 API key rejected
  4 run or project not found   5 connection lost, or time up
  6 quit before the end   74 passed, but a report could not be written
"""


_MISSING = "Missing argument 'RUN_ID'. tvtui runs lists the runs that were watched here. See tvtui watch --help."


@click.command(epilog=_EPILOG + _FORMATS)
@click.argument("run_ids", metavar="[RUN_ID]...", nargs=-1)
@connection_options
@watch_options
def watch(run_ids: tuple[str, ...], **flags: object) -> Action:
    """Watch runs until they end.

    RUN_ID is a number such as 214, '#214', or a link ending in /runs/214; without one, pick one of the
    runs that were watched here. Each run gets a tab; the exit code is that of the worst run. Without a
    terminal the output is one line per change, as with --lines. With --follow the watch continues
    until you quit or a signal ends it.

    Reports (--junit and the like) are written whole when the watch is over, whatever has ended it: a run
    whose end is not known is an error in them. If one cannot be written, the exit code is 74 instead of
    0. With - the lines go to stderr.
    """
    chosen = mode(flags)

    def action(environment: Environment) -> int:
        if not run_ids and not _can_pick(chosen):
            return usage_error(_MISSING)
        request = read_request(environment, flags, run_ids)
        if not run_ids:
            from tvtui.cli.runs import pick_to_watch

            picked = pick_to_watch(environment, flags, request.settings)
            if isinstance(picked, int):
                return picked
            request = replace(request, run_ids=(picked.run_id,))
        return environment.watch(with_display_options(request, flags, chosen))

    return action


def _can_pick(mode: Mode | None) -> bool:
    """Whether the user can be asked for a run; it is never guessed."""
    from tvtui.cli.frontend import has_terminal

    return mode is None and has_terminal()
