"""`tvtui trust`: the servers that may get the API key although only a repository names them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tvtui.cli.exit_codes import ExitCode, usage_error
from tvtui.cli.request import Action, Environment
from tvtui.cli.stderr import complain

if TYPE_CHECKING:
    from tvtui.settings.trust import TrustedServers

# \b keeps click from filling the paragraph
_EPILOG = """\b
Examples:
  tvtui trust        trust the server in this repository's .tvtui.toml
  tvtui trust https://testvibe.acme.example
  tvtui trust --list
  tvtui trust --revoke https://testvibe.acme.example

\b
Servers in your own config.toml, in TESTVIBE_SERVER or after --server need no
trust.
"""


@click.command(short_help="Trust a server with your API key.", epilog=_EPILOG)
@click.argument("url", required=False)
@click.option("--list", "list_them", is_flag=True, help="List the trusted servers and exit.")
@click.option("--revoke", is_flag=True, help="Trust the server no longer.")
def trust(url: str | None, *, list_them: bool, revoke: bool) -> Action:
    """Trust a server with the key in TESTVIBE_API_KEY, and with the results of runs.

    A .tvtui.toml may choose among trusted servers. Without URL, its server is trusted. The list is
    a private file in the platform's state folder.
    """
    if list_them and (revoke or url is not None):
        raise click.UsageError("--list takes no URL and no --revoke.")

    def action(environment: Environment) -> int:
        trusted = environment.trusted_servers()
        if list_them:
            return _list(trusted)
        found = _server_here() if url is None else _typed(url)
        if isinstance(found, ExitCode):
            return found
        try:
            return _revoke(trusted, found[0]) if revoke else _trust(trusted, *found)
        except OSError as error:
            return usage_error(f"The list of trusted servers cannot be saved: {error.strerror}.")

    return action


def _list(trusted: TrustedServers) -> int:
    from tvtui.settings.values import shown_origin
    from tvtui.text.clean import clean_line

    servers = trusted.all()
    if not servers:
        complain("You have trusted no servers; those in config.toml, TESTVIBE_SERVER and --server need no trust.")
    for server in servers:
        named_by = f", named by {server.named_by}" if server.named_by else ""
        _print(clean_line(f"{shown_origin(server.origin)}  since {server.day}{named_by}"))
    return ExitCode.PASSED


def _trust(trusted: TrustedServers, origin: str, named_by: str) -> int:
    from tvtui.settings.values import require_https, shown_origin

    trusted.add(origin, named_by)
    _print(f"Trusted: {shown_origin(origin)}")
    try:
        require_https(origin)
    except ValueError:
        complain(
            f"warning: {shown_origin(origin)} is plain HTTP, which would send the key unencrypted: "
            "the other commands refuse it without --insecure-http."
        )
    return ExitCode.PASSED


def _revoke(trusted: TrustedServers, origin: str) -> int:
    from tvtui.settings.values import shown_origin

    if not trusted.remove(origin):
        return usage_error(f"{shown_origin(origin)} is not a trusted server. See tvtui trust --list.")
    _print(f"No longer trusted: {shown_origin(origin)}")
    return ExitCode.PASSED


def _print(line: str) -> None:
    from tvtui.text.output import print_lines

    print_lines(sys.stdout, [line])


def _typed(url: str) -> tuple[str, str] | ExitCode:
    from tvtui.settings.values import origin_of, parse_server

    try:
        return origin_of(parse_server(url)), ""
    except ValueError as error:
        return usage_error(f"URL {error}.")


def _server_here() -> tuple[str, str] | ExitCode:
    """The server in the repository's file, and that file."""
    from tvtui.settings.paths import working_folder
    from tvtui.settings.settings import SettingsError, server_of_repository

    try:
        found = server_of_repository(working_folder())
    except SettingsError as error:
        return usage_error(*error.problems, *error.warnings)
    if found is None:
        return usage_error("No .tvtui.toml here names a server. Add the server's URL: tvtui trust https://HOST.")
    return found.origin, found.file
