"""The options and settings of every command that asks a real server."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from tvtui.cli.attention import attention_options
from tvtui.cli.telling import Command, complain, form_options

if TYPE_CHECKING:
    from tvtui.journal.started_runs import Announcements
    from tvtui.session import Mode
    from tvtui.settings.settings import Settings

_OPTIONS = (
    click.option("--project", metavar="ID", help="The project's id, a GUID."),
    click.option("--server", metavar="URL", help="Where TestVibe is, https://HOST[:PORT][/PREFIX]."),
    click.option("--insecure-http", is_flag=True, help="Allow http://, which sends the key in the clear."),
)

_WATCH_OPTIONS = (
    click.option("--follow", is_flag=True, help="After the end, go on with the runs that you start from tvtui here."),
    click.option("--interval", metavar="SECONDS", help="Pause between an answer and the next request.  [2]"),
    click.option("--timeout", metavar="SECONDS", help="Give up after so long without a good answer.  [never]"),
)


def connection_options(command: Command) -> Command:
    """Give a command `--project`, `--server` and `--insecure-http`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def watch_options(command: Command) -> Command:
    """Give a command that watches a real server its pace, its forms and its ways to be heard of."""
    command = attention_options(form_options(command))
    for option in reversed(_WATCH_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Configured:
    """What the command line, the environment and the files say, whole and checked.

    Attributes:
        settings: The settings.
        run_ids: The runs that were named, each once.
        flags: The options, by name.
        renew: Reads the settings anew.
    """

    settings: Settings
    run_ids: tuple[int, ...]
    flags: Mapping[str, object]
    renew: Callable[[], Settings]

    def again(self, run_ids: Sequence[int]) -> list[str]:
        """The words of the command that watches runs again: server and project are named as they were here."""
        words = ["tvtui", "watch", *map(str, run_ids)]
        for name in ("server", "project"):
            if self.flags.get(name):
                words += [f"--{name}", str(self.flags[name])]
        return [*words, "--insecure-http"] if self.settings.insecure_http else words

    def watch(self, run_ids: Sequence[int], way: Mode | None) -> int:
        """Watch runs; the exit code."""
        from tvtui import session

        # one folder for each run: more than one can be watched, and started again
        settings = replace(self.settings, output_is_for_one_run=False)
        command = self.flags["on_finish"]
        return session.run(
            settings,
            run_ids,
            way,
            again=self.again,
            renew=self.renew,
            on_finish=command if isinstance(command, str) else None,
            board=bool(self.flags["board"]),
            announce=self.announce,
            announcements=self._announcements() if self.flags["follow"] else None,
        )

    def announce(self, run_id: int) -> None:
        """Tell every tvtui of this user that follows the project that a run has been started."""
        from tvtui.journal.started_runs import announce

        announce(self.settings.server, self.settings.project, run_id)

    def _announcements(self) -> Announcements:
        from tvtui.journal.started_runs import Announcements

        return Announcements(self.settings.server, self.settings.project)


def configured(flags: Mapping[str, object], *runs: str) -> Configured | None:
    """Find and check everything that a command needs; what is wrong is told on stderr, all of it at once.

    Args:
        flags: The options, by name.
        runs: Runs as they were typed: numbers or links.

    Returns:
        None if something is missing or wrong.
    """
    from tvtui.settings.paths import working_folder
    from tvtui.settings.settings import SettingsError, load
    from tvtui.settings.values import parse_run_id

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
    return Configured(settings, tuple(dict.fromkeys(numbers)), flags, renew)


def other_host(run: str, server: str) -> str:
    """A warning when a run's link leads to another host than the server that will be asked; else ""."""
    from urllib.parse import urlsplit

    try:
        linked, asked = urlsplit(run).hostname, urlsplit(server).hostname
    except ValueError:
        return ""
    if linked is None or linked == asked:
        return ""
    from tvtui.text.clean import clean_line

    return f"The link leads to {clean_line(linked)}, but {asked} is asked, which TESTVIBE_SERVER or --server names."
