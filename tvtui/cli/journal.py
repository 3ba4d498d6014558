"""What the commands about recorded runs have in common: recordings, settings as far as there are any, the app."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tvtui.cli.exit_codes import ExitCode, usage_error
from tvtui.cli.frontend import effective_mode
from tvtui.cli.request import Environment
from tvtui.cli.stderr import complain
from tvtui.journal.recording import Head
from tvtui.journal.store import Store
from tvtui.journal.suite import Suite
from tvtui.settings.api_key import ApiKey
from tvtui.settings.paths import is_private, shown, working_folder
from tvtui.settings.settings import Settings, SettingsError, configured_project, load, load_for
from tvtui.settings.values import JournalMode, parse_project, parse_server, require_host
from tvtui.text.clean import clean_line
from tvtui.text.format import many
from tvtui.watch.request import Mode

if TYPE_CHECKING:
    from tvtui.tui.journal_app import JournalApp, NewScreen
    from tvtui.tui.screens.picker import Choice

Place = tuple[str, str]
"""A server and a project, as in `Suite`; "" for any."""

_NO_SERVER = Settings("", ApiKey(f"tvb_{'0' * 43}"), "")
"""Which server and project it is follows from recordings; nothing is requested with this key."""

_MOST_NAMED = 5

_LEAST_FREE = 64 << 10
"""Bytes without which a disk is full: a recording is seldom larger."""


def open_store(environment: Environment) -> Store | None:
    """The recordings on this machine; None for a user without a home folder."""
    folder = environment.journal_folder()
    return None if folder is None else Store(folder)


def preferences(environment: Environment, flags: Mapping[str, object]) -> Settings:
    """The settings of the user interface; nothing else of them counts, and no server is needed.

    Raises:
        click.exceptions.Exit: One of them is malformed.
    """
    try:
        found = load_for(_NO_SERVER, flags, environment.variables, working_folder(), environment.config_folder)
    except SettingsError as error:
        complain(*(f"warning: {warning}" for warning in error.warnings))
        raise click.exceptions.Exit(usage_error(*error.problems)) from None
    complain(*(f"warning: {warning}" for warning in found.warnings))
    return found


def connection(environment: Environment, flags: Mapping[str, object]) -> Settings | None:
    """All settings, if there is a server to ask; None without a word if something is missing, wrong or untrusted."""
    trusted = environment.trusted_servers().origins()
    try:
        return load(flags, environment.variables, working_folder(), environment.config_folder, trusted)
    except SettingsError:
        return None


def is_of(suite: Suite, settings: Settings) -> bool:
    """Whether a suite is of the server and project of these settings."""
    return (suite.server, suite.project) == (settings.server, settings.project.casefold())


def free_bytes(folder: Path) -> int:
    """How many bytes can still be written to the disk of a folder."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        # unknown, which is no reason to call it full
        return sys.maxsize


def troubles(store: Store, settings: Settings, *, free: Callable[[Path], int] = free_bytes) -> list[str]:
    """Sentences about a journal that is off, or that cannot be read or written."""
    found = []
    if settings.journal is JournalMode.OFF:
        found.append('Runs are not recorded at present: the setting "journal" is off.')
    if sentence := why_unread(store):
        return [*found, sentence]
    folder = store.folder
    there = next((each for each in (folder, *folder.parents) if os.path.lexists(each)), folder)
    if settings.journal is JournalMode.OFF:
        return found
    if not os.access(there, os.W_OK | os.X_OK):
        found.append(f"Runs cannot be recorded: {shown(there)} cannot be written.")
    elif free(there) < _LEAST_FREE:
        found.append(f"Runs cannot be recorded: the disk of {shown(there)} is full.")
    return found


def why_unread(store: Store) -> str:
    """Why nothing in the journal is read, in a sentence; "" if it can be read, or there is none yet."""
    folder = store.folder
    try:
        if not is_private(folder.lstat()):
            return f"The journal in {shown(folder)} is not read: it is not a folder of yours alone."
        if not os.access(folder, os.R_OK | os.X_OK):
            return f"The journal in {shown(folder)} cannot be read."
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return f"The journal in {shown(folder)} cannot be read: {error.strerror}."
    return ""


def place_in(flags: Mapping[str, object]) -> Place:
    """The server and the project in the options.

    Raises:
        click.exceptions.Exit: One of them is malformed.
    """
    try:
        server = parse_server(flags["server"]) if flags.get("server") else ""
        project = parse_project(flags["project"]) if flags.get("project") else ""
    except ValueError as error:
        raise click.exceptions.Exit(usage_error(f"{str(error).rstrip('.')}.")) from None
    return server, project.casefold()


def configured_place(environment: Environment) -> Place:
    """The server and the project of the settings, for choosing among several; nothing of them is checked."""
    server, project = configured_project(environment.variables, working_folder(), environment.config_folder)
    return server, project.casefold()


def place_of(head: Head) -> Place:
    """The server and the project of a run."""
    return head.suite.server, head.suite.project


def at(place: Place, heads: Iterable[Head]) -> list[Head]:
    """The runs of a server and a project."""
    server, project = place
    return [head for head in heads if server in {"", head.suite.server} and project in {"", head.suite.project}]


def fullest(heads: Iterable[Head]) -> Head | None:
    """Of one run, which has two suites if its feature was not known at first, the recording that says most."""
    return max(heads, key=lambda head: (head.has_body, head.has_ended), default=None)


def is_on_host(typed: str, head: Head) -> bool:
    """Whether a run can be the recorded one: a run that was typed as a link is of the link's host."""
    try:
        require_host(typed, head.suite.server, "")
    except ValueError:
        return False
    return True


def several_projects(heads: Iterable[Head]) -> str:
    """A sentence that says which projects have recorded a run of this number; "" if it is one at most."""
    by_place = {place_of(head): head for head in heads}
    if len(by_place) < 2:
        return ""
    servers, projects = ({place[part] for place in by_place} for part in (0, 1))
    # the options that distinguish them
    listed = []
    for (server, project), head in list(by_place.items())[:_MOST_NAMED]:
        options = [f"--project {project}"] if len(projects) > 1 else []
        options += [f"--server {server}"] if len(servers) > 1 else []
        listed.append(f"{' '.join(options)} ({head.feature_name or 'a run'}, {head.status})")
    number = next(iter(by_place.values())).run_id
    choices = clean_line("; ".join(listed))
    return f"{many(len(by_place), 'project')} have a recorded run {number}. Choose one by: {choices}."


def has_screen(settings: Settings) -> bool:
    """Whether to use the screen: there is a terminal, and the user does not prefer text."""
    return effective_mode(None, os.environ, prefers_linear=settings.linear) is Mode.SCREEN


def is_spoken(settings: Settings) -> bool:
    """Whether to print sentences for screen readers: there is a terminal, and the user prefers them."""
    return effective_mode(None, os.environ, prefers_linear=settings.linear) is Mode.LINEAR


async def _nothing() -> None:
    pass


def show(
    new_screen: NewScreen,
    settings: Settings,
    close: Callable[[], Awaitable[None]] = _nothing,
) -> Choice | int | None:
    """Show a screen until it is closed.

    Args:
        new_screen: Makes the screen; called in the app's loop.
        settings: The user's preferences.
        close: Closes what the screen has opened, in the same loop.

    Returns:
        What the user has chosen, if anything; or an exit code: for wrong keys in the settings, or after a signal.
    """
    from tvtui.cli.keymap import checked_keymap
    from tvtui.cli.opening import trust_size_of_terminal
    from tvtui.cli.process import run_in_loop
    from tvtui.cli.screen import silent_notifier
    from tvtui.cli.signals import HANGUP, at_forced_exit, force_exit, interrupt, settings_restorer
    from tvtui.terminal.detect import may_be_asked
    from tvtui.terminal.query import asking

    trust_size_of_terminal()
    keymap = checked_keymap(settings)
    if keymap is None:
        return ExitCode.USAGE
    received: list[int] = []
    with (
        at_forced_exit(settings_restorer(sys.stdin)),
        asking(sys.stdin, sys.stderr if may_be_asked(os.environ) else None) as inquiry,
    ):
        from tvtui.terminal.clipboard import Copier
        from tvtui.tui.journal_app import JournalApp

        answers = inquiry.collect()
        app = JournalApp(
            new_screen,
            theme=settings.theme,
            keymap=keymap,
            answers=answers,
            before_keys=inquiry.close,
            copier=Copier.for_terminal(os.environ, answers),
            notifier=silent_notifier(),
            interrupt=interrupt,
            hang_up=partial(force_exit, HANGUP),
        )
        with at_forced_exit(app.abandon_terminal):
            run_in_loop(_run(app, received, close, mouse=settings.mouse))
    if app.crash is not None:
        raise app.crash
    if received:
        return 128 + received[0]
    return ExitCode.INTERRUPTED if app.is_interrupted else app.return_value


async def _run(app: JournalApp, received: list[int], close: Callable[[], Awaitable[None]], *, mouse: bool) -> None:
    from tvtui.cli.process import on_signals

    def exit_app(number: int) -> None:
        received.append(number)
        app.exit()

    with on_signals(exit_app):
        try:
            await app.run_async(mouse=mouse)
        finally:
            await close()
