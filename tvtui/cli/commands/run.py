"""`tvtui run`: start a run of a feature, once, and watch it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import click

from tvtui.cli.exit_codes import ExitCode
from tvtui.cli.options import Deed, complain_lazily, connection_options, mode, watch_options
from tvtui.cli.request import configured

if TYPE_CHECKING:
    from tvtui.cli.request import Mode
    from tvtui.settings.settings import Settings


# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui run 12
  tvtui run "Login Functionality" --config Mobile
  tvtui run 12 --site https://staging.acme.example --lines

\b
The server is asked once and never again by itself. Exit codes are those of
tvtui watch, and 7 when the run has not started, or nobody knows whether it has.
"""


@click.command(epilog=_EPILOG)
@click.argument("feature")
@click.option("--config", metavar="NAME", help="The configuration, such as Mobile.  [the feature's own]")
@click.option("--site", metavar="URL", help="The site that is tested.  [the configuration's own]")
@connection_options
@watch_options
def run(feature: str, config: str | None, site: str | None, **flags: object) -> Deed:
    """Start a run of a feature and watch it.

    FEATURE is the feature's number or its name.
    """
    return partial(_run, feature, config, site, flags, mode(flags))


def _run(feature: str, config: str | None, site: str | None, flags: Mapping[str, object], way: Mode | None) -> int:
    if not feature.strip():
        return complain_lazily("Name a feature by its number or its name. See tvtui run --help.")
    if site is not None:
        from tvtui.settings.values import parse_site

        try:
            site = parse_site(site)
        except ValueError as error:
            return complain_lazily(f"--site {error}.")
    known = configured(flags)
    if known is None:
        return ExitCode.USAGE
    run_id, code = _dispatch(known.settings, feature, config, site)
    if run_id is None:
        return code
    known.announce(run_id)
    return known.watch([run_id], way)


def _dispatch(settings: Settings, feature: str, config: str | None, site: str | None) -> tuple[int | None, ExitCode]:
    """The new run, or how the process ends without one."""
    from tvtui.cli.exit_codes import refused
    from tvtui.cli.process import run_in_loop
    from tvtui.testvibe.client import Client
    from tvtui.testvibe.errors import ClientError, NotFound, Refused

    async def dispatch() -> int:
        async with Client(settings) as client:
            return await client.run_feature(feature, config=config, site_url=site)

    try:
        run_id = run_in_loop(dispatch())
    except KeyboardInterrupt:
        complain_lazily("Interrupted: the run may or may not have started; look in TestVibe first.")
        return None, ExitCode.INTERRUPTED
    except ClientError as error:
        complain_lazily(refused(settings, error) if isinstance(error, Refused) else str(error))
        codes = {Refused: ExitCode.REFUSED, NotFound: ExitCode.NOT_FOUND}
        return None, codes.get(type(error), ExitCode.NOT_STARTED)
    complain_lazily(f"run {run_id} has started.")
    return run_id, ExitCode.PASSED
