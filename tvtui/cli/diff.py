"""`tvtui diff`: two runs compared, from their recordings as far as there are any, else from the server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from tvtui.cli.exit_codes import ExitCode, end_with, usage_error
from tvtui.cli.journal import (
    at,
    configured_place,
    connection,
    fullest,
    has_screen,
    is_of,
    is_on_host,
    is_spoken,
    open_store,
    place_in,
    place_of,
    preferences,
    several_projects,
    show,
)
from tvtui.cli.request import Environment, read_request
from tvtui.cli.stderr import complain
from tvtui.journal.recording import Head, NotReadable
from tvtui.journal.run_list import RunRow, predecessor
from tvtui.journal.store import Store
from tvtui.journal.suite import suite_of
from tvtui.reporters.comparison import json_lines, spoken_lines, text_lines
from tvtui.settings.values import parse_run_id
from tvtui.text.output import print_lines
from tvtui.view.comparison import Comparison, compare

if TYPE_CHECKING:
    from tvtui.testvibe.models import Run
    from tvtui.tui.journal_app import JournalApp
    from tvtui.tui.screens.comparison import ComparisonScreen
    from tvtui.watch.request import WatchRequest

_SUMMARY = 3
"""Lines that are left in the terminal when the screen is closed: the verdict and both runs."""


def show_difference(
    environment: Environment, flags: Mapping[str, object], typed: Sequence[str], *, as_json: bool, as_lines: bool
) -> int:
    """Compare two runs, or one with the run before it.

    Args:
        environment: Where settings and recordings are.
        flags: The options by name.
        typed: One or two runs, as numbers or links.
        as_json: As objects, for programs.
        as_lines: As lines, even in a terminal.

    Returns:
        The exit code: 0 if nothing is newly failing, 1 if something is, 6 if the later run has not ended.
    """
    try:
        run_ids = [parse_run_id(each) for each in typed]
    except ValueError as error:
        return usage_error(str(error))
    settings = preferences(environment, flags)
    found = _Runs(environment, flags, typed).find(run_ids)
    if isinstance(found, int):
        return found
    comparison = compare(*found)
    if as_json:
        print_lines(sys.stdout, json_lines(comparison))
    elif is_spoken(settings) and not as_lines:
        print_lines(sys.stdout, spoken_lines(comparison))
    elif as_lines or not has_screen(settings):
        print_lines(sys.stdout, text_lines(comparison))
    else:
        closed = show(lambda app: _screen(comparison, app), settings)
        if isinstance(closed, int):
            return closed
        print_lines(sys.stdout, list(text_lines(comparison))[:_SUMMARY])
    return exit_code(comparison)


def exit_code(comparison: Comparison) -> ExitCode:
    """The exit code for a comparison; nothing can be said about the rest of a run that has not ended."""
    if comparison.is_worse:
        return ExitCode.FAILED
    return ExitCode.PASSED if comparison.after.has_ended else ExitCode.QUIT


def _screen(comparison: Comparison, app: JournalApp) -> ComparisonScreen:
    from tvtui.tui.screens.comparison import ComparisonScreen

    return ComparisonScreen(comparison, copy=app.copy_with_message)


async def recorded_comparison(app: JournalApp, store: Store, before: Head, after: Head) -> ComparisonScreen | str:
    """The screen that compares two recorded runs; or a sentence that says why there is none."""
    runs = []
    for head in (before, after):
        try:
            runs.append((await asyncio.to_thread(store.load, head)).run)
        except NotReadable as error:
            return f"Run {head.run_id} cannot be compared: its recording is {error}."
        except OSError as error:
            return f"Run {head.run_id} cannot be compared: {error.strerror}."
    return _screen(await asyncio.to_thread(compare, *runs), app)


class _Runs:
    """Finds the runs to compare."""

    def __init__(self, environment: Environment, flags: Mapping[str, object], typed: Sequence[str]) -> None:
        self._environment = environment
        self._flags = flags
        self._typed = typed
        self._store = open_store(environment)
        self._given = place_in(flags)
        self._configured = configured_place(environment)
        self._settings = connection(environment, flags)

    def find(self, run_ids: Sequence[int]) -> tuple[Run, Run] | int:
        """The earlier and the later run; or an exit code, after what is wrong has been written to stderr."""
        heads: dict[int, Head | None] = {}
        for run_id, typed in zip(run_ids, self._typed, strict=True):
            head = self._recorded(run_id, typed, known=[each for each in heads.values() if each])
            if isinstance(head, int):
                return head
            heads[run_id] = head
        if len(run_ids) == 1:
            return self._with_predecessor(run_ids[0], heads[run_ids[0]])
        found = self._load(heads)
        return found if isinstance(found, int) else (found[run_ids[0]], found[run_ids[1]])

    def _with_predecessor(self, run_id: int, head: Head | None) -> tuple[Run, Run] | int:
        after: Run | None = None
        if head is None:
            found = self._load({run_id: None})
            if isinstance(found, int):
                return found
            after = found[run_id]
            assert self._settings is not None
            suite = suite_of(after, self._settings.server, self._settings.project)
            if suite is None:
                return usage_error(f"The server does not say what run {run_id} is a run of. Name both runs.")
            head = Head(run_id, suite, "")
        listed = () if self._store is None else self._store.listing().heads
        before = predecessor(head, listed)
        if before is None:
            return usage_error(
                f"No earlier run of the same feature and configuration as run {run_id} was watched to its end on "
                f"this machine. Name both runs: tvtui diff EARLIER {run_id}"
            )
        found = self._load({before.run_id: before} | ({} if after else {run_id: head}))
        return found if isinstance(found, int) else (found[before.run_id], after or found[run_id])

    def _recorded(self, run_id: int, typed: str, known: Sequence[Head]) -> Head | int | None:
        """What is recorded of a run; None if nothing is; or an exit code, if it is not clear which run is meant."""
        every = [] if self._store is None else at(self._given, self._store.find(run_id))
        every = [head for head in every if is_on_host(typed, head)]
        for place in (*map(place_of, known), self._configured):
            if several_projects(every):
                every = at(place, every) or every
        if sentence := several_projects(every):
            return usage_error(sentence)
        head = fullest(every)
        if head is not None and not any(self._given) and not at(self._configured, [head]):
            row = RunRow.of(head)
            where = f"{row.project} on {row.server}"
            complain(f"warning: Run {run_id} was recorded in another project than the configured one: {where}.")
        return head

    def _load(self, heads: Mapping[int, Head | None]) -> dict[int, Run] | int:
        """The runs, from their recordings or from the server."""
        runs: dict[int, Run] = {}
        needed: list[int] = []
        wanted: list[int] = []
        for run_id, head in heads.items():
            run = self._read(head)
            if run is not None:
                runs[run_id] = run
            if head is None or run is None or not run.has_ended:
                needed.append(run_id)
            elif not head.has_texts:
                wanted.append(run_id)
        # a recording that is not complete is better than nothing
        can_ask = self._settings is not None and all(
            head is None or is_of(head.suite, self._settings) for head in heads.values()
        )
        ask = [*needed, *wanted] if can_ask else [run_id for run_id in needed if run_id not in runs]
        if not ask:
            return runs
        if not can_ask and self._settings is not None:
            return self._wrong_server(heads, ask)
        if self._settings is None:
            _say_what_is_missing(heads, ask)
        request = read_request(self._environment, self._flags, self._links(ask))
        fetched = _fetch(request, self._environment, can_miss=runs)
        return fetched if isinstance(fetched, int) else runs | fetched

    def _links(self, run_ids: Iterable[int]) -> list[str]:
        """The runs as they were typed, so that links are checked; those that were not typed as numbers."""
        typed = {parse_run_id(each): each for each in self._typed}
        return [typed.get(run_id, str(run_id)) for run_id in run_ids]

    def _read(self, head: Head | None) -> Run | None:
        if head is None or not head.has_body or self._store is None:
            return None
        try:
            return self._store.load(head).run
        except (OSError, NotReadable):
            return None

    def _wrong_server(self, heads: Mapping[int, Head | None], ask: Sequence[int]) -> int:
        assert self._settings is not None
        other = next(head for head in heads.values() if head is not None and not is_of(head.suite, self._settings))
        row = RunRow.of(other)
        return usage_error(
            f"Run {ask[0]} is not recorded completely, and the configured server is not the one of run "
            f"{other.run_id}: {row.server}, project {row.project}. Add --server and --project."
        )


def _say_what_is_missing(heads: Mapping[int, Head | None], ask: Sequence[int]) -> None:
    for run_id in ask:
        what = "is not recorded on this machine" if heads[run_id] is None else "is not recorded completely"
        complain(f"Run {run_id} {what}, so the server has to be asked.")


def _fetch(request: WatchRequest, environment: Environment, *, can_miss: Mapping[int, Run]) -> dict[int, Run] | int:
    """Request runs; those of `can_miss` are left out if they cannot be requested."""
    from tvtui.cli.process import run_to_exit_code
    from tvtui.cli.report import runs_of

    found: dict[int, Run] = {}
    if sys.stderr is not None and sys.stderr.isatty():
        complain(f"Asking {request.host} for {' and '.join(f'run {run_id}' for run_id in request.run_ids)} …")

    async def fetch() -> int:
        for watched in await runs_of(request, environment.clock)():
            if watched.run is not None:
                found[watched.run_id] = watched.run
            elif watched.run_id not in can_miss:
                assert watched.problem is not None
                return end_with(request.settings, watched.problem.error)
        return ExitCode.PASSED

    try:
        code = run_to_exit_code(fetch(), lambda: ExitCode.QUIT)
    finally:
        if request.memory is not None:
            request.memory.close()
    return code if code != ExitCode.PASSED else found
