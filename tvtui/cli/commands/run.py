"""`tvtui run`: starts a run of a feature, once, and watches it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from tvtui.cli.exit_codes import ExitCode, code_of, explain, usage_error
from tvtui.cli.options import connection_options, mode, watch_options
from tvtui.cli.request import Action, Environment, read_request, with_display_options
from tvtui.cli.stderr import complain

if TYPE_CHECKING:
    from tvtui.settings.settings import Settings


# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui run 12
  tvtui run "Login Functionality" --config Mobile
  tvtui run 12 --site https://staging.acme.example --lines

\b
The request to start the run is sent once and never retried. Exit codes are
those of tvtui watch, and 7 if the run has not started or it is unknown
whether it has.
"""


@click.command(epilog=_EPILOG)
@click.argument("feature")
@click.option("--config", metavar="NAME", help="Configuration to run with, such as Mobile.  [the feature's default]")
@click.option("--site", metavar="URL", help="Site to test.  [the configuration's]")
@connection_options
@watch_options
def run(feature: str, config: str | None, site: str | None, **flags: object) -> Action:
    """Start a run of a feature and watch it.

    FEATURE is the number or the name of the feature.
    """
    chosen = mode(flags)

    def action(environment: Environment) -> int:
        if not feature.strip():
            return usage_error("FEATURE is empty. Use the number or the name of a feature. See tvtui run --help.")
        from tvtui.settings.values import parse_site

        try:
            site_url = None if site is None else parse_site(site)
        except ValueError as error:
            return usage_error(f"--site {error}.")
        request = read_request(environment, flags, ())
        from tvtui.cli.frontend import can_show, has_reports, report_end

        # nothing is started that could not be watched
        unstarted = with_display_options(request, flags, chosen)
        if not can_show(unstarted):
            return ExitCode.USAGE
        received: list[int] = []
        try:
            run_id = _start(request.settings, feature, config, site_url, received)
        except _NotStarted as failure:
            complain(str(failure))
            if not has_reports(unstarted):
                return failure.code
            from tvtui.cli.reports import write_no_run

            return write_no_run(unstarted, str(failure), failure.code, os.environ)
        if request.announce is not None:
            request.announce(run_id)
        request = replace(request, run_ids=(run_id,))
        if received:
            return report_end(with_display_options(request, flags, chosen), [], 128 + received[0])
        return environment.watch(with_display_options(request, flags, chosen))

    return action


class _NotStarted(Exception):
    """The run has not started, or it is unknown whether it has; `str()` is a sentence that says why."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


def _start(settings: Settings, feature: str, config: str | None, site: str | None, received: list[int]) -> int:
    """Start the run, and return its ID; signals are added to `received`.

    Raises:
        _NotStarted: It has not started, or that is unknown.
    """
    import asyncio

    from tvtui.cli.process import run_in_loop, signals_cancel
    from tvtui.testvibe.client import Client
    from tvtui.testvibe.errors import ClientError, Uncertain

    async def start() -> int:
        with signals_cancel(received):
            async with Client(settings) as client:
                return await client.run_feature(feature, config=config, site_url=site)

    try:
        run_id = run_in_loop(start())
    except asyncio.CancelledError:
        sentence = "Interrupted: the run may or may not have started. Check TestVibe first."
        raise _NotStarted(sentence, 128 + received[0]) from None
    except ClientError as error:
        code = code_of(error, otherwise=ExitCode.NOT_STARTED)
        # an uncertain error says itself that the run may have started
        prefix = "" if isinstance(error, Uncertain) else "The run was not started: "
        raise _NotStarted(f"{prefix}{explain(settings, error, code)}", code) from None
    complain(f"Run {run_id} has started.")
    return run_id
