"""From the options of a command to a WatchRequest."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tvtui.cli.exit_codes import usage_error
from tvtui.cli.stderr import complain
from tvtui.reporters.formats import FORMATS

if TYPE_CHECKING:
    from tvtui.settings.server_keys import Untrusted
    from tvtui.settings.settings import Settings
    from tvtui.settings.trust import TrustedServers
    from tvtui.watch.clock import Clock
    from tvtui.watch.request import Memory, Mode, WatchRequest


def _watch(request: WatchRequest) -> int:
    from tvtui.cli.frontend import run

    return run(request)


def _confirm(question: str) -> bool | None:
    from tvtui.cli.stderr import confirm

    return confirm(question)


@dataclass(frozen=True, slots=True)
class Environment:
    """What the command line depends on outside of its words.

    Attributes:
        variables: The environment variables.
        config_folder: The folder of the user's configuration file; None: the platform's own.
        log_folder: The folder for crash reports; None: the platform's own.
        state_folder: The folder of the list of trusted servers and of the journal; None: the platform's own.
        clock: Measures time and waits while artifacts are saved; None: the system's.
        watch: Shows a watch and returns the exit code.
        confirm: Asks the user a question; None without a terminal.
    """

    variables: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    config_folder: Path | None = None
    log_folder: Path | None = None
    state_folder: Path | None = None
    clock: Clock | None = None
    watch: Callable[[WatchRequest], int] = _watch
    confirm: Callable[[str], bool | None] = _confirm

    def trusted_servers(self) -> TrustedServers:
        """The servers that the user has trusted."""
        from tvtui.settings.paths import state_folder
        from tvtui.settings.trust import TrustedServers

        return TrustedServers(self.state_folder or state_folder())

    def journal_folder(self) -> Path | None:
        """The folder of the recorded runs; None for a user without a home folder."""
        from tvtui.settings.paths import state_folder

        state = self.state_folder or state_folder()
        return None if state is None else state / "journal"


Action = Callable[[Environment], int]
"""What a command does, and its exit code. It runs outside of click, which would handle signals and broken pipes."""


def read_request(environment: Environment, flags: Mapping[str, object], runs: Sequence[str]) -> WatchRequest:
    """Find and check all settings; problems are written to stderr, all at once.

    Args:
        environment: Where settings come from.
        flags: The options by name; those that the command does not have count as not given.
        runs: Runs as they were typed: numbers or links.

    Raises:
        click.exceptions.Exit: Something is missing or wrong.
    """
    from tvtui.settings.paths import working_folder
    from tvtui.settings.settings import SettingsError, load
    from tvtui.settings.values import parse_run_id, require_host
    from tvtui.watch.request import WatchRequest

    problems: list[str] = []
    run_ids: list[int] = []
    settings = None
    trusted = environment.trusted_servers()
    for run in runs:
        try:
            run_ids.append(parse_run_id(run))
        except ValueError as error:
            problems.append(str(error))

    def renew() -> Settings:
        return load(flags, environment.variables, working_folder(), environment.config_folder, trusted.origins())

    try:
        try:
            settings = renew()
        except SettingsError as error:
            answer = None if problems or not error.untrusted else _trusts(environment, trusted, error.untrusted)
            if answer is None:
                raise
            if not answer:
                raise SettingsError(("No key was sent.",), error.warnings) from None
            settings = renew()
    except SettingsError as error:
        problems.extend(error.problems)
        warnings = error.warnings
    else:
        warnings = settings.warnings
        # those that are not even runs have been reported
        for run in [] if problems else runs:
            try:
                require_host(run, settings.server, settings.server_source)
            except ValueError as error:
                problems.append(str(error))
    complain(*(f"warning: {warning}" for warning in warnings))
    if settings is None or problems:
        raise click.exceptions.Exit(usage_error(*problems))
    return WatchRequest(
        settings=settings,
        run_ids=tuple(dict.fromkeys(run_ids)),
        command=partial(_command, flags),
        renew=renew,
        announce=partial(_announce, settings),
        memory=memory_of(environment, settings),
    )


def memory_of(environment: Environment, settings: Settings) -> Memory | None:
    """What remembers the runs of a watch; None if nothing is to be remembered."""
    from tvtui.settings.values import JournalMode

    mode = settings.journal_mode
    if mode is JournalMode.OFF:
        return None
    from tvtui.journal.journal import Journal

    keeps_texts = mode is JournalMode.FULL
    return Journal(environment.journal_folder(), settings.server, settings.project, keeps_texts=keeps_texts)


def _announce(settings: Settings, run_id: int) -> None:
    # imports asyncio, which would delay the first frame
    from tvtui.journal.started_runs import announce

    announce(settings.server, settings.project, run_id)


def _trusts(environment: Environment, trusted: TrustedServers, untrusted: Untrusted) -> bool | None:
    """Ask once whether a server may get the key; a yes is remembered. None without a terminal."""
    from tvtui.settings.values import shown_origin

    answer = environment.confirm(
        "This repository names a server that you have not trusted.\n"
        f"  Server: {shown_origin(untrusted.origin)}\n"
        f"  File: {untrusted.file}\n"
        "Send it your API key, and believe its results?"
    )
    if not answer:
        return answer
    try:
        trusted.add(untrusted.origin, untrusted.file)
    except OSError as error:
        complain(f"warning: The list of trusted servers cannot be saved: {error.strerror}.")
    return True


def with_display_options(request: WatchRequest, flags: Mapping[str, object], mode: Mode | None) -> WatchRequest:
    """Return the request with what `display_options` and `watch_options` add to it, shown in this mode."""
    # one folder for each run: others can be added to the watch
    settings = replace(request.settings, output_is_for_one_run=False)
    on_finish = flags["on_finish"]
    started_runs = None
    if flags.get("follow"):
        from tvtui.journal.started_runs import Announcements

        started_runs = Announcements(settings.server, settings.project)
    request = replace(
        request,
        settings=settings,
        mode=mode,
        begins_with_board=bool(flags["board"]),
        started_runs=started_runs,
        on_finish=on_finish if isinstance(on_finish, str) else None,
    )
    return with_reports(request, flags)


def with_reports(request: WatchRequest, flags: Mapping[str, object]) -> WatchRequest:
    """Return the request with what `report_options` and `verdict_options` add to it."""
    from tvtui.watch.request import FailOn

    files = {row.name: flags.get(row.name.replace("-", "_")) for row in FORMATS}
    github = flags.get("github")
    return replace(
        request,
        documents={name: file for name, file in files.items() if isinstance(file, str)},
        fail_on=FailOn(flaky=bool(flags.get("fail_on_flaky")), known=not flags.get("new_only")),
        github=github if isinstance(github, frozenset) else frozenset(),
        # an option of watches only: other commands add a summary when they are asked for it
        has_summary=flags.get("no_summary") is False,
    )


def _command(flags: Mapping[str, object], run_ids: Sequence[int]) -> list[str]:
    words = ["tvtui", "watch", *map(str, run_ids)]
    for name in ("server", "project"):
        if flags.get(name):
            words += [f"--{name}", str(flags[name])]
    return [*words, "--insecure-http"] if flags.get("insecure_http") else words
