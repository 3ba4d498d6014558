"""What the command line asks for: settings, runs and the way to show them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

import click

from tvtui.cli.options import complain_lazily

if TYPE_CHECKING:
    from tvtui.journal.started_runs import Announcements
    from tvtui.settings.settings import Settings


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
        from tvtui.cli import frontend

        # one folder for each run: more than one can be watched, and started again
        settings = replace(self.settings, output_is_for_one_run=False)
        command = self.flags["on_finish"]
        return frontend.run(
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
        complain_lazily(*problems)
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


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """What is watched, and how.

    Attributes:
        settings: Server, key, project, pace.
        run_ids: The runs; at least one.
        again: The words of the command that shows such runs again.
        renew: Reads the settings anew after the key was refused; None where they cannot change.
        begins_with_board: Whether the screen shows the board first.
        announce: Told of every run that is started while watching; None: nobody is.
        announcements: The runs to go on with when these have ended; None: the watch ends with its runs.
    """

    settings: Settings
    run_ids: Sequence[int]
    again: Callable[[Sequence[int]], Sequence[str]]
    renew: Callable[[], Settings] | None = None
    begins_with_board: bool = False
    announce: Callable[[int], None] | None = None
    announcements: Announcements | None = None


class Mode(Enum):
    """The ways to show a watch."""

    SCREEN = "screen"
    LINES = "lines"
    JSON = "json"
    LINEAR = "linear"
    """Lines for screen readers, and keys; takes a terminal to read these from."""
