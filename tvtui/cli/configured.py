"""The options and settings of every command that asks a real server."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tvtui.cli.telling import complain

if TYPE_CHECKING:
    from pathlib import Path

    from tvtui.settings import Settings

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--project", metavar="ID", help="The project's id, a GUID."),
    click.option("--server", metavar="URL", help="Where TestVibe is, https://HOST[:PORT][/PREFIX]."),
    click.option("--insecure-http", is_flag=True, help="Allow http://, which sends the key in the clear."),
)


def connection_options(command: _Command) -> _Command:
    """Give a command `--project`, `--server` and `--insecure-http`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Configured:
    """What the command line, the environment and the files say, whole and checked.

    Attributes:
        settings: The settings.
        run_ids: The runs that were named.
        flags: The words that name server and project on a command line, as far as they were typed.
        renew: Reads the settings anew.
    """

    settings: Settings
    run_ids: tuple[int, ...]
    flags: tuple[str, ...]
    renew: Callable[[], Settings]


def configured(flags: Mapping[str, object], *runs: str) -> Configured | None:
    """Find and check everything that a command needs; what is wrong is told on stderr, all of it at once.

    Args:
        flags: The options, by name.
        runs: Runs as they were typed: numbers or links.

    Returns:
        None if something is missing or wrong.
    """
    from tvtui.settings import SettingsError, load, parse_run_id

    problems: list[str] = []
    warnings: tuple[str, ...] = ()
    numbers: list[int] = []
    settings = None
    for run in runs:
        try:
            numbers.append(parse_run_id(run))
        except ValueError as error:
            problems.append(str(error))

    def renew() -> Settings:
        return load(flags, os.environ, working_folder())

    try:
        settings = renew()
        warnings = settings.warnings
    except SettingsError as error:
        problems.extend(error.problems)
        warnings = error.warnings
    if settings is not None:
        server = settings.server
        warnings += tuple(warning for run in runs if (warning := other_host(run, server)))
    for warning in warnings:
        click.echo(f"tvtui: warning: {warning}", err=True)
    if settings is None or problems:
        complain(*problems)
        return None
    given = [str(word) for name in ("server", "project") if flags.get(name) for word in (f"--{name}", flags[name])]
    if settings.insecure_http:
        given.append("--insecure-http")
    return Configured(settings, tuple(numbers), tuple(given), renew)


def other_host(run: str, server: str) -> str:
    """A warning when a run's link leads to another host than the server that will be asked; else ""."""
    from urllib.parse import urlsplit

    try:
        linked, asked = urlsplit(run).hostname, urlsplit(server).hostname
    except ValueError:
        return ""
    if linked is None or linked == asked:
        return ""
    from tvtui.text import clean_line

    return f"The link leads to {clean_line(linked)}, but {asked} is asked, which TESTVIBE_SERVER or --server names."


def working_folder() -> Path | None:
    """The working folder, None if it is gone."""
    from pathlib import Path

    try:
        return Path.cwd()
    except OSError:
        return None
