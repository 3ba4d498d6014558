"""From the runs and files that `tvtui open` and `tvtui replay` are given to a request that shows their recordings."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click

from tvtui.cli.exit_codes import ExitCode, usage_error
from tvtui.cli.journal import at, is_on_host, place_in, preferences, several_projects
from tvtui.cli.request import Environment
from tvtui.journal.files import SUFFIX
from tvtui.journal.recording import LARGEST_FILE, Head, Newer, NotReadable, Recording, WithoutDetails, decode
from tvtui.journal.replay import RecordedPast, RecordedRuns
from tvtui.journal.store import Store, journal_folder
from tvtui.settings.paths import working_folder
from tvtui.settings.settings import configured_project
from tvtui.settings.values import JournalMode, parse_run_id, parse_server
from tvtui.testvibe.errors import ClientError, NotFound
from tvtui.text.clean import clean_line
from tvtui.text.format import shell_command
from tvtui.text.redact import quoted
from tvtui.watch.request import Mode, WatchRequest


class _Unusable(Exception):
    """A recording cannot be shown; the message is a sentence or two.

    Attributes:
        code: The exit code.
    """

    def __init__(self, sentence: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(sentence)
        self.code = code


class _Chosen(NamedTuple):
    """A recording, and how it was named."""

    recording: Recording
    source: str


def recordings_request(
    environment: Environment,
    flags: Mapping[str, object],
    sources: Sequence[str],
    mode: Mode | None,
    *,
    is_replay: bool = False,
    speed: float | None = None,
) -> WatchRequest:
    """Find recordings, and make a request that shows them; problems are written to stderr, all at once.

    Args:
        environment: Where settings and recordings come from.
        flags: The options by name.
        sources: Runs and files as they were typed.
        mode: How to show them; None: whatever suits the terminal.
        is_replay: Whether they are played, instead of showing their end.
        speed: How many times faster than recorded; None: as recorded, and lines as fast as possible.

    Raises:
        click.exceptions.Exit: Something is missing or wrong.
    """
    settings = preferences(environment, flags)
    is_off = settings.journal is JournalMode.OFF
    folder = journal_folder() if environment.state_folder is None else environment.state_folder / "journal"
    library = _Library.of(environment, flags, folder, is_off=is_off)
    chosen: dict[int, _Chosen] = {}
    problems: list[_Unusable] = []
    for source in dict.fromkeys(sources):
        try:
            recording = library.read(source)
            if is_replay:
                _require_changes(recording, source)
            run_id = recording.run.run_id
            if run_id in chosen:
                raise _Unusable(f"Two recordings of run {run_id} cannot be shown at once.")
            chosen[run_id] = _Chosen(recording, source)
        except _Unusable as problem:
            problems.append(problem)
    if problems:
        usage_error(*dict.fromkeys(map(str, problems)))
        raise click.exceptions.Exit(min(problem.code for problem in problems))
    first = next(iter(chosen.values())).recording.head.suite
    recorded = RecordedRuns(
        [each.recording for each in chosen.values()],
        watch_command=partial(_watch_command, flags),
        find=library.find,
        is_replay=is_replay,
        speed=speed,
    )
    words = ["replay", *([] if speed is None else ["--speed", f"{speed:g}"])] if is_replay else ["open"]
    return WatchRequest(
        settings=replace(
            settings, server=_checked_server(first.server), project=first.project, output_is_for_one_run=False
        ),
        run_ids=tuple(chosen),
        command=partial(_command, words, {run_id: each.source for run_id, each in chosen.items()}, flags),
        mode=mode,
        begins_with_board=bool(flags["board"]),
        memory=None if is_off else RecordedPast(folder, recorded.origin),
        recordings=recorded,
    )


def are_recorded(environment: Environment, flags: Mapping[str, object], sources: Sequence[str]) -> bool:
    """Whether all of these runs are recorded to their end, with their texts, so that no server is needed.

    Runs of another server or project than the configured one do not count. A server cannot help with files.

    Raises:
        click.exceptions.Exit: A given server or project is malformed.
    """
    folder = journal_folder() if environment.state_folder is None else environment.state_folder / "journal"
    library = _Library.of(environment, flags, folder, is_off=False)
    if any(_is_file(source) and (source.endswith(SUFFIX) or Path(source).exists()) for source in sources):
        return True
    try:
        heads = [library.read(source).head for source in sources]
    except _Unusable:
        return False
    return len(library.of_place(heads)) == len(heads) and all(head.has_ended and head.has_texts for head in heads)


def _checked_server(server: str) -> str:
    """The server of a recording for a title; "" if it is malformed, as a file can be anybody's."""
    try:
        return parse_server(server)
    except ValueError:
        return ""


class _Library:
    """The recordings of this machine, and files."""

    def __init__(
        self, store: Store | None, given: tuple[str, str], configured: tuple[str, str], *, is_off: bool
    ) -> None:
        """Prepare.

        Args:
            store: The recordings; None if there is no place for them.
            given: The server and the project of the options, "" for any.
            configured: Those of the settings; only for choosing among several.
            is_off: Whether runs are no longer recorded.
        """
        self._store = store
        self._given = given
        self._configured = configured
        self._is_off = is_off

    @classmethod
    def of(
        cls, environment: Environment, flags: Mapping[str, object], folder: Path | None, *, is_off: bool
    ) -> _Library:
        """The recordings of this user.

        Raises:
            click.exceptions.Exit: A given server or project is malformed.
        """
        store = None if folder is None else Store(folder)
        configured = configured_project(environment.variables, working_folder(), environment.config_folder)
        return cls(store, place_in(flags), (configured[0], configured[1].casefold()), is_off=is_off)

    def read(self, source: str) -> Recording:
        """The recording of a run, or in a file.

        Raises:
            _Unusable: There is none, or it cannot be shown.
        """
        if _is_file(source):
            return _read_file(source)
        return self._recording_of(parse_run_id(source), source)

    def of_place(self, heads: Sequence[Head]) -> Sequence[Head]:
        """Those of the server and the project of the options, or else of the settings."""
        server, project = (given or configured for given, configured in zip(self._given, self._configured, strict=True))
        return at((server, project), heads)

    def find(self, run_id: int) -> Recording:
        """The recording of a run that is added while others are shown.

        Raises:
            ClientError: There is none, or it cannot be shown.
        """
        try:
            return self._recording_of(run_id, str(run_id))
        except _Unusable as problem:
            kind = NotFound if problem.code is ExitCode.NOT_FOUND else ClientError
            raise kind(str(problem)) from None

    def _recording_of(self, run_id: int, typed: str) -> Recording:
        heads = () if self._store is None else self._store.find(run_id)
        if not heads or self._store is None:
            raise self._not_found(run_id)
        head = _only(self._narrowed(heads, typed))
        if not head.has_body:
            raise _Unusable(_without_details(head))
        try:
            return self._store.load(head)
        except NotReadable as error:
            raise _Unusable(f"The recording of run {run_id} cannot be read: {error}.{_advice(error)}") from None
        except OSError as error:
            raise _Unusable(f"The recording of run {run_id} cannot be read: {error.strerror}.") from None

    def _not_found(self, run_id: int) -> _Unusable:
        unlisted = () if self._store is None else self._store.listing().unlisted
        for each in unlisted:
            if each.path.name.partition(".")[0] == str(run_id):
                return _Unusable(f"{clean_line(str(each.path))} cannot be read: {each.why}.")
        off = ' Runs are not recorded at present: the setting "journal" is off.' if self._is_off else ""
        sentence = f"No recording of run {run_id} on this machine.{off} Recorded runs: tvtui runs"
        return _Unusable(sentence, ExitCode.NOT_FOUND)

    def _narrowed(self, heads: Sequence[Head], typed: str) -> Sequence[Head]:
        """The recordings that a run as it was typed can mean, the link's host and the options considered."""
        found = [head for head in heads if is_on_host(typed, head)]
        if not found:
            where = ", ".join(sorted({clean_line(head.suite.server) for head in heads}))
            run_id = heads[0].run_id
            raise _Unusable(f"Run {run_id} was recorded from another server than that of the link: {where}.")
        given = at(self._given, found)
        if not given:
            raise _Unusable(
                f"No recording of run {found[0].run_id} of that server or project on this machine. "
                "Recorded runs: tvtui runs",
                ExitCode.NOT_FOUND,
            )
        return at(self._configured, given) or given


def _only(heads: Sequence[Head]) -> Head:
    """The recording that is meant; of one run with two suites, as when its feature was not known at first, the fuller.

    Raises:
        _Unusable: Several projects have a run of this number.
    """
    if sentence := several_projects(heads):
        raise _Unusable(sentence)
    return max(heads, key=lambda head: (head.has_body, head.has_ended))


def _without_details(head: Head) -> str:
    watch = f"To ask the server, use: tvtui watch {head.run_id}"
    if not head.has_ended:
        return f"Run {head.run_id} was left while it was running, so its end is not recorded. {watch}"
    return f"Of run {head.run_id} only the result is still recorded ({clean_line(head.status)}). {watch}"


def _require_changes(recording: Recording, source: str) -> None:
    if not recording.changes:
        shown = shell_command("tvtui", "open", source)
        raise _Unusable(
            f"Run {recording.run.run_id} had ended before it was watched, so there is nothing to replay. "
            f"To see its end, use: {shown}"
        )


def _is_file(source: str) -> bool:
    """Whether an argument names a file: it names no run, or ends like a recording."""
    try:
        parse_run_id(source)
    except ValueError:
        return True
    return source.endswith(SUFFIX)


def _read_file(source: str) -> Recording:
    path, name = Path(source), quoted(source, 200, "'")
    try:
        if path.is_dir():
            raise _Unusable(f"{name} is a folder. Name the file.")
        return read_recording(path)
    except FileNotFoundError:
        is_path = path.suffix or path.parent.name
        what = "was not found" if is_path else "is neither a file nor a run ID"
        raise _Unusable(f"{name} {what}.", ExitCode.NOT_FOUND if is_path else ExitCode.USAGE) from None
    except WithoutDetails:
        raise _Unusable(f"{name} has only the result of a run, without its tests.") from None
    except NotReadable as error:
        raise _Unusable(f"{name} cannot be opened: {error}.{_advice(error)}") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no such name is possible"
        raise _Unusable(f"{name} cannot be opened: {why}.") from None


def _advice(error: NotReadable) -> str:
    return " Update tvtui." if isinstance(error, Newer) else ""


def read_recording(path: Path) -> Recording:
    """Read a recording from a file of its own.

    Raises:
        OSError: It cannot be read.
        NotReadable: It is none.
    """
    # without blocking, in case it is a pipe
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(number, "rb") as file:
        info = os.fstat(number)
        if not stat.S_ISREG(info.st_mode) or info.st_size > LARGEST_FILE:
            raise NotReadable("not a recording of tvtui")
        return decode(file.read(LARGEST_FILE))


def _watch_command(flags: Mapping[str, object], run_id: int) -> str:
    return shell_command("tvtui", "watch", str(run_id), *_choice(flags))


def _command(
    words: Sequence[str], sources: Mapping[int, str], flags: Mapping[str, object], run_ids: Sequence[int]
) -> list[str]:
    return ["tvtui", *words, *(sources.get(run_id, str(run_id)) for run_id in run_ids), *_choice(flags)]


def _choice(flags: Mapping[str, object]) -> list[str]:
    return [word for name in ("server", "project") if flags.get(name) for word in (f"--{name}", str(flags[name]))]
