"""`tvtui runs`: the runs that were watched on this machine, as a list to pick from, a table, or JSON."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tvtui.cli.exit_codes import ExitCode, usage_error
from tvtui.cli.journal import (
    at,
    connection,
    has_screen,
    is_of,
    is_spoken,
    open_store,
    place_in,
    preferences,
    several_projects,
    show,
    troubles,
)
from tvtui.cli.request import Environment, memory_of, read_request
from tvtui.cli.stderr import complain
from tvtui.journal.recording import Head
from tvtui.journal.run_list import RunFilter, RunRow, arrange
from tvtui.journal.store import Listing, Store
from tvtui.settings.paths import shown
from tvtui.text.clean import clean_line
from tvtui.text.format import many
from tvtui.text.output import as_json, print_lines
from tvtui.text.overwrite import width_of
from tvtui.text.redact import quoted

if TYPE_CHECKING:
    from tvtui.settings.settings import Settings
    from tvtui.testvibe.models import Run
    from tvtui.testvibe.server import ServerConnection
    from tvtui.tui.journal_app import JournalApp
    from tvtui.tui.screens.picker import Choice, PickerScreen
    from tvtui.watch.controls import Controls
    from tvtui.watch.events import Problem, Snapshot
    from tvtui.watch.request import Memory

SCHEMA_VERSION = 1
"""Of the JSON objects: incremented when a field is removed or changes its meaning, not when one is added."""

_MOST_NAMED = 3
"""Files of a folder that are named; more are counted."""

_WIDEST = 40
"""Characters of a feature, configuration or site in the table."""

_PROJECT = 8
"""Characters of a project's ID in the table, if they differ between all of them."""

_EMPTY = "No runs were watched on this machine yet. Watch one: tvtui watch RUN_ID"
_NO_FOLDER = "There is no folder to remember runs in: this user has no home folder. Set TVTUI_STATE to one."


def list_runs(
    environment: Environment, flags: Mapping[str, object], words: Sequence[str], *, as_json: bool, as_lines: bool
) -> int:
    """Show the runs that a filter lets through.

    Args:
        environment: Where settings and recordings are.
        flags: The options by name; a server or project among them limits the list.
        words: The filter.
        as_json: As objects, for programs.
        as_lines: As a table, even in a terminal.

    Returns:
        The exit code.
    """
    wanted = RunFilter.parse(" ".join(words))
    if wanted.unknown:
        return usage_error(f"""{quoted(wanted.unknown[0], 60, "'")} is not a filter. Use @failed or @last.""")
    place = place_in(flags)
    store = open_store(environment)
    if store is None:
        complain(_NO_FOLDER)
        return ExitCode.PASSED
    settings = preferences(environment, flags)
    listing = store.listing()
    heads = at(place, listing.heads)
    if as_json or as_lines or not has_screen(settings):
        complain(*notes(store, listing, settings))
        rows = arrange(map(RunRow.of, heads), wanted)
        if as_json:
            print_lines(sys.stdout, map(json_line, rows))
        elif rows and is_spoken(settings) and not as_lines:
            print_lines(sys.stdout, spoken(rows, len(heads), datetime.now(UTC)))
        elif rows:
            print_lines(sys.stdout, table(rows, len(heads)))
        else:
            complain(f"No matching runs; {many(len(heads), 'run')} in all." if heads else _EMPTY)
        return ExitCode.PASSED
    if not heads:
        complain(*notes(store, listing, settings), _EMPTY)
        return ExitCode.PASSED
    choice = pick(environment, flags, heads, store=store, listing=listing, settings=settings, words=" ".join(words))
    if choice is None or isinstance(choice, int):
        return ExitCode.PASSED if choice is None else choice
    is_only = not several_projects(store.find(choice.head.run_id))
    return _follow(environment, flags, choice, is_only=is_only)


def pick_to_watch(environment: Environment, flags: Mapping[str, object], settings: Settings) -> Head | int:
    """Let the user pick a run to watch among those of the configured server and project; or return an exit code."""
    store = open_store(environment)
    listing = Listing(()) if store is None else store.listing()
    heads = [head for head in listing.heads if is_of(head.suite, settings)]
    if store is None or not heads:
        return usage_error("Missing argument 'RUN_ID': no run of this project was watched on this machine yet.")
    choice = pick(environment, flags, heads, store=store, listing=listing, settings=settings, can_open=False)
    if choice is None:
        return ExitCode.QUIT
    return choice if isinstance(choice, int) else choice.head


def _follow(environment: Environment, flags: Mapping[str, object], choice: Choice, *, is_only: bool) -> int:
    """Open or watch the run; it is named without its server and project if it is the only one of its number."""
    from tvtui.cli.request import with_display_options
    from tvtui.tui.screens.picker import Way

    head = choice.head
    shown_as: dict[str, object] = {"board": False, "on_finish": None}
    if choice.way is Way.OPEN:
        from tvtui.cli.recordings import recordings_request

        place = {} if is_only else {"server": head.suite.server, "project": head.suite.project}
        return environment.watch(recordings_request(environment, shown_as | place, [str(head.run_id)], None))
    request = read_request(environment, flags, [str(head.run_id)])
    return environment.watch(with_display_options(request, shown_as, None))


def notes(store: Store, listing: Listing, settings: Settings) -> list[str]:
    """Sentences about a journal that is off or has a problem, and about the files that cannot be listed."""
    alike: dict[tuple[Path, str], list[Path]] = {}
    for each in listing.unlisted:
        alike.setdefault((each.path.parent, clean_line(each.why)), []).append(each.path)
    found = troubles(store, settings)
    for (folder, why), paths in alike.items():
        if len(paths) > _MOST_NAMED:
            found.append(f"{len(paths):,} files in {shown(folder)} are not listed: {why}.")
        else:
            found += [f"{shown(path)} is not listed: {why}." for path in paths]
    return found


def pick(
    environment: Environment,
    flags: Mapping[str, object],
    heads: Sequence[Head],
    *,
    store: Store,
    listing: Listing,
    settings: Settings,
    words: str = "",
    can_open: bool = True,
) -> Choice | int | None:
    """Let the user pick a run.

    Args:
        environment: Where settings are.
        flags: The options by name.
        heads: The runs to pick from.
        store: The recordings.
        listing: All that is recorded.
        settings: The user's preferences.
        words: A filter to begin with.
        can_open: Whether recordings can be shown, instead of watching the run.

    Returns:
        The choice; or an exit code, or None if the user has left without one.
    """
    connected = connection(environment, flags)
    memory = None if connected is None else memory_of(environment, connected)
    servers: list[ServerConnection] = []

    def obstacle(head: Head) -> str:
        if connected is None:
            return "No server is configured here, so the run cannot be watched. See tvtui watch --help."
        if is_of(head.suite, connected):
            return ""
        other = RunRow.of(head)
        return f"This run is of project {other.project} on {other.server}, which is not the configured one."

    async def ask(head: Head) -> Head | None:
        from tvtui.testvibe.errors import ClientError
        from tvtui.testvibe.server import ServerConnection

        if connected is None:
            return None
        if not servers:
            servers.append(ServerConnection(connected))
        try:
            answer = await servers[0].fetch(head.run_id)
        except ClientError:
            return None
        seen = answer.server_time or datetime.now(UTC)
        await _record(memory, answer.run, seen)
        is_recorded = head.has_body or (memory is not None and answer.run.has_ended)
        return replace(Head.of(answer.run, head.suite, seen=seen), has_body=is_recorded)

    def forget(head: Head) -> str:
        try:
            store.forget(head)
        except OSError as error:
            return f"The recording cannot be deleted: {error.strerror}."
        return ""

    def new_screen(app: JournalApp) -> PickerScreen:
        from tvtui.cli.diff import recorded_comparison
        from tvtui.tui.screens.picker import PickerScreen, PickerServices

        services = PickerServices(
            lambda: datetime.now(UTC), obstacle, ask, forget, partial(recorded_comparison, app, store), can_open
        )
        return PickerScreen(heads, services, notes=notes(store, listing, settings), empty=_EMPTY, words=words)

    async def close() -> None:
        if memory is not None:
            memory.close()
        for server in servers:
            await server.aclose()

    return show(new_screen, settings, close)


async def _record(memory: Memory | None, run: Run, seen: datetime) -> None:
    """Record what the server has said, as a watch does."""
    from tvtui.watch.events import Snapshot
    from tvtui.watch.watched_run import WatchedRun

    if memory is None:
        return

    async def answered(_controls: Controls) -> AsyncIterator[Snapshot | Problem]:
        yield Snapshot(run, 0.0, seen, None, is_final=run.has_ended)

    watched = WatchedRun(run.run_id, answered, recall=memory.recall)
    memory.record(watched)
    await watched.follow()


def _heading(rows: Sequence[RunRow], total: int) -> str:
    number = many(total, "run") if len(rows) == total else f"{len(rows):,} of {many(total, 'run')}"
    return f"Watched on this machine: {number}"


def spoken(rows: Sequence[RunRow], total: int, now: datetime) -> Iterator[str]:
    """Runs for listening: a sentence for each that begins with its state, without symbols."""
    from tvtui.reporters.spoken import spoken_age, spoken_time

    yield _heading(rows, total)
    several = len({(row.server, row.project) for row in rows}) > 1
    for row in rows:
        head = row.head
        tests = ", ".join(f"{number:,} {word}" for word, number in row.outcomes.items()) or "no tests"
        new = many(head.new_failures, "new failure") if head.new_failures else ""
        took = "" if head.seconds is None else f"ran for {spoken_time(head.seconds)}"
        age = "" if row.moment is None else f"{spoken_age((now - row.moment).total_seconds())} ago"
        names = (f"run {head.run_id}", row.feature, row.config, row.site, row.server if several else "")
        yield f"{row.state}: {'; '.join(filter(None, (', '.join(filter(None, names)), tests, new, took, age)))}"


def table(rows: Sequence[RunRow], total: int) -> Iterator[str]:
    """Runs as a table whose columns are aligned; columns without any text are left out."""
    yield _heading(rows, total)
    columns = [
        column
        for heading, text in _columns(rows)
        if any(cells := [text(row) for row in rows]) and (column := [heading, *cells])
    ]
    widths = [max(map(width_of, column)) for column in columns]
    for place in range(len(rows) + 1):
        symbol = rows[place - 1].symbol if place else " "
        line = (
            column[place] + " " * (width - width_of(column[place]))
            for column, width in zip(columns, widths, strict=True)
        )
        yield f"{symbol} {'  '.join(line)}".rstrip()


def _columns(rows: Sequence[RunRow]) -> Iterator[tuple[str, Callable[[RunRow], str]]]:
    yield "RUN", lambda row: str(row.head.run_id)
    yield "STATE", lambda row: row.state
    yield "FEATURE", lambda row: _cut(row.feature)
    yield "CONFIG", lambda row: _cut(row.config)
    yield "SITE", lambda row: _cut(row.site)
    servers, projects = {row.server for row in rows}, {row.project for row in rows}
    if len(servers) > 1:
        yield "SERVER", lambda row: row.server
    if len(projects) > 1:
        # its beginning distinguishes projects; --json has all of it
        most = _PROJECT if len({project[:_PROJECT] for project in projects}) == len(projects) else None
        yield "PROJECT", lambda row: row.project[:most]
    yield "TESTS", lambda row: ", ".join(f"{number:,} {word}" for word, number in row.outcomes.items()) or "no tests"
    yield "NEW", lambda row: str(row.head.new_failures or "")
    yield "WHEN", lambda row: "" if row.moment is None else f"{row.moment:%Y-%m-%d %H:%M} UTC"
    yield "TOOK", lambda row: row.took


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def json_line(row: RunRow) -> str:
    """A run as one JSON object."""
    head = row.head
    total, passed, failed, flaky, skipped, other = head.counts
    fields = {
        "type": "run",
        "version": SCHEMA_VERSION,
        "runId": head.run_id,
        "state": head.state.value,
        "status": clean_line(head.status),
        "ended": head.has_ended,
        "featureName": row.feature,
        "config": row.config or None,
        "siteUrl": clean_line(head.site) or None,
        "server": clean_line(head.suite.server),
        "project": row.project,
        "createdUtc": _timestamp(head.created),
        "startedUtc": _timestamp(head.started),
        "finishedUtc": _timestamp(head.finished),
        "seenUtc": _timestamp(head.seen),
        "total": total,
        "passed": passed,
        "failed": failed,
        "flaky": flaky,
        "skipped": skipped,
        "other": other,
        "newFailures": head.new_failures,
        "recorded": _recorded(head),
    }
    return as_json(fields)


def _recorded(head: Head) -> str:
    if not head.has_body:
        return "head"
    return "full" if head.has_texts else "outcomes"


def _timestamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
