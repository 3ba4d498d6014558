"""`tvtui runs`: the runs that were watched on this machine."""

from __future__ import annotations

import click

from tvtui.cli.options import connection_options
from tvtui.cli.request import Action, Environment

# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui runs                         pick one to open, watch or compare
  tvtui runs checkout !mobile s:failed
  tvtui runs @last @failed --lines   features whose last run failed
  tvtui runs --json | jq -r 'select(.newFailures > 0).runId'
  tvtui runs --forget 214

\b
Words of a filter: text in the number, feature, configuration, site or server;
!text without it; s:STATE; @failed; @last (the newest run of each feature and
configuration).

\b
Objects of --json: type (run), version, runId, state, status, ended,
  featureName, config, siteUrl, server, project, createdUtc, startedUtc,
  finishedUtc, seenUtc, total, passed, failed, flaky, skipped, other,
  newFailures (null: not known),
  recorded (full, outcomes: without errors and log, head: no details)

\b
Exit codes:
  0 listed, or done   4 a run to forget is not recorded
  2 wrong usage or configuration, or the journal cannot be changed
  those of tvtui watch for a run that you pick
"""


@click.command(short_help="List the runs that were watched here.", epilog=_EPILOG)
@click.argument("words", metavar="[WORD]...", nargs=-1)
@click.option("--lines", "as_lines", is_flag=True, help="Print a table instead of a screen.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per run.")
@click.option(
    "--forget", "forgotten", metavar="RUN_ID", multiple=True, help="Delete the recording of a run; repeatable."
)
@click.option("--prune", is_flag=True, help="Delete what exceeds the limits of age, number and size now.")
@click.option("--purge", is_flag=True, help="Delete all recordings on this machine.")
@click.option("--yes", is_flag=True, help="With --purge: do not ask.")
@connection_options
def runs(
    words: tuple[str, ...],
    *,
    as_lines: bool,
    as_json: bool,
    forgotten: tuple[str, ...],
    prune: bool,
    purge: bool,
    yes: bool,
    **flags: object,
) -> Action:
    """List the runs that were watched on this machine, which need not be all runs of the project.

    In a terminal, pick one to open its recording, to watch it, or to compare it with another one.
    """
    if as_lines and as_json:
        raise click.UsageError("Use either --lines or --json.")
    changes = [name for name, is_given in (("--forget", forgotten), ("--prune", prune), ("--purge", purge)) if is_given]
    if len(changes) > 1 or (changes and (words or as_lines or as_json)):
        raise click.UsageError(f"{changes[0]} goes with no other option but --server and --project, and no words.")
    if yes and not purge:
        raise click.UsageError("--yes needs --purge.")

    def action(environment: Environment) -> int:
        if changes:
            from tvtui.cli import forgetting

            if forgotten:
                return forgetting.forget(environment, flags, forgotten)
            return forgetting.prune(environment) if prune else forgetting.purge(environment, is_confirmed=yes)
        from tvtui.cli.runs import list_runs

        return list_runs(environment, flags, words, as_json=as_json, as_lines=as_lines)

    return action
