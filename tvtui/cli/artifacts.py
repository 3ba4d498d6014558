"""`tvtui artifacts` from its start to its exit code: chooses artifacts, saves them, and tells of each."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.cli.exit_codes import ExitCode, gave_up, patience, refused
from tvtui.cli.process import run_in_loop
from tvtui.cli.progress_line import ProgressLine
from tvtui.cli.stderr import complain
from tvtui.settings.paths import shown_from
from tvtui.testvibe.identity import ArtifactId, identify_artifacts
from tvtui.testvibe.server import ServerConnection
from tvtui.text.format import size
from tvtui.watch.deadline import RetryingLinks

if TYPE_CHECKING:
    from tvtui.settings.settings import Settings
    from tvtui.testvibe.errors import ClientError
    from tvtui.testvibe.links import ArtifactLink
    from tvtui.testvibe.models import Artifact
    from tvtui.watch.clock import Clock


SCHEMA_VERSION = 1
"""Of the JSON objects: goes up when a field goes or changes its meaning, not when one is added."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which artifacts are wanted; all if nothing is said.

    Attributes:
        kinds: Of one of these kinds, in upper or lower case.
        patterns: And with a path like one of these: `*` stands for anything, slashes too.
    """

    kinds: Sequence[str] = ()
    patterns: Sequence[str] = ()

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.kinds and not self.patterns

    def takes(self, artifact: Artifact) -> bool:
        """Whether it is wanted."""
        kinds = {kind.strip().casefold() for kind in self.kinds}
        if kinds and artifact.kind.casefold() not in kinds:
            return False
        return not self.patterns or any(fnmatchcase(artifact.path, pattern) for pattern in self.patterns)


def save_artifacts(
    settings: Settings,
    run_id: int,
    choice: Choice,
    *,
    as_json: bool = False,
    renew: Callable[[], Settings] | None = None,
) -> int:
    """Save a run's artifacts.

    Args:
        settings: Server, key, project, folder.
        run_id: The run.
        choice: Which artifacts.
        as_json: Tell of each as a JSON object instead of its file's path.
        renew: Reads the settings anew after the key was refused.

    Returns:
        The exit code: one of `ExitCode`, or 128 + the number of the signal that ended it.
    """
    from tvtui.artifacts.downloads.safe_folder import download_folder
    from tvtui.cli.process import signals_raise
    from tvtui.settings.paths import working_folder

    cwd = working_folder()
    if cwd is None:
        complain("The working folder is gone: go to another one.")
        return ExitCode.USAGE
    order = _Order(settings, run_id, choice, download_folder(settings, run_id, cwd), cwd, as_json)
    try:
        with signals_raise():
            return run_in_loop(_save(order, renew))
    except SystemExit as ending:
        complain("Left in the middle: the same command goes on where it was.")
        return ending.code if isinstance(ending.code, int) else ExitCode.CRASHED
    except OSError as error:
        # only writing to the terminal or a pipe raises these: what happens to files comes as values
        if error.errno != errno.EPIPE:
            complain(f"The output cannot be written: {error.strerror}.")
        return ExitCode.LEFT


@dataclass(frozen=True, slots=True)
class _Order:
    """What was asked for on the command line."""

    settings: Settings
    run_id: int
    choice: Choice
    folder: Path
    cwd: Path
    as_json: bool

    def shown(self, path: Path) -> str:
        """A path as it is printed: from the working folder if it lies there, and never to be taken for an option."""
        text = shown_from(path, self.cwd)
        return f".{os.sep}{text}" if text.startswith("-") else text


async def _save(order: _Order, renew: Callable[[], Settings] | None) -> int:
    from tvtui.artifacts.downloads.queue import Downloads
    from tvtui.testvibe.errors import ClientError
    from tvtui.watch.clock import SystemClock

    clock = SystemClock()
    source = ServerConnection(order.settings, renew=renew)
    try:
        links = RetryingLinks(partial(source.fetch_links, order.run_id), clock, patience(order.settings), complain)
        try:
            listed = await links.first()
        except ClientError as error:
            return _conclude(order.settings, error)
        wanted = {
            which: link
            for which, link in zip(identify_artifacts(listed), listed, strict=True)
            if order.choice.takes(link)
        }
        if not wanted:
            return _nothing(order, listed)
        if not _can_be_used(order.folder):
            return ExitCode.FAILED
        account = _Account(order, wanted, clock)
        downloads = Downloads(links.fetch, source.storage, order.folder, clock)
        try:
            await downloads.get(tuple(wanted), account.tell)
        finally:
            account.close()
        return account.conclude()
    finally:
        await source.aclose()


def _can_be_used(folder: Path) -> bool:
    """Whether files can be put there; says once why not, for each of them would."""
    from tvtui.artifacts.downloads.safe_folder import Folder, NotSaved

    try:
        Folder.open(folder).close()
    except NotSaved as error:
        complain(str(error))
        return False
    return True


@dataclass
class _Account:
    """Tells of each artifact when it is done, and of all while they are under way."""

    order: _Order
    wanted: dict[ArtifactId, ArtifactLink]
    clock: Clock
    states: dict[ArtifactId, Transfer] = field(init=False)
    line: ProgressLine = field(init=False)

    def __post_init__(self) -> None:
        self.line = ProgressLine(sys.stderr)
        self.states = {which: Transfer(Stage.WAITING, total=link.size) for which, link in self.wanted.items()}

    def tell(self, which: ArtifactId, transfer: Transfer) -> None:
        if transfer.stage is not Stage.WAITING:
            self.states[which] = transfer
        if transfer.stage in {Stage.DONE, Stage.FAILED}:
            with self.line.aside():
                self._report(self.wanted[which], transfer)
        if transfer.stage is not Stage.CANCELLED:
            self.line.draw(self.states.values(), self.clock.now())

    def close(self) -> None:
        with suppress(OSError), self.line.aside():
            pass

    def conclude(self) -> int:
        """The last line, and the exit code."""
        failed = sum(transfer.stage is Stage.FAILED for transfer in self.states.values())
        there = sum(transfer.was_there for transfer in self.states.values())
        saved = [
            transfer for transfer in self.states.values() if transfer.stage is Stage.DONE and not transfer.was_there
        ]
        counts = [f"{len(saved)} saved ({size(sum(transfer.received for transfer in saved))})"] if saved else []
        counts += [f"{there} there already"] if there else []
        counts += [f"{failed} failed"] if failed else []
        complain(f"{', '.join(counts)}, in {self.order.shown(self.order.folder)}.")
        return ExitCode.FAILED if failed else ExitCode.PASSED

    def _report(self, artifact: ArtifactLink, transfer: Transfer) -> None:
        has_failed = transfer.stage is Stage.FAILED
        state = "failed" if has_failed else "there" if transfer.was_there else "done"
        if self.order.as_json:
            _print(self._object(artifact, transfer, state))
        elif not has_failed and transfer.path is not None:
            _print(self.order.shown(transfer.path))
        if has_failed or transfer.note or not self.line.is_shown:
            amount = "" if has_failed else f" ({size(transfer.received)})"
            complain(f"{state}: {artifact.path}{amount}{'. ' + transfer.note if transfer.note else ''}")

    def _object(self, artifact: ArtifactLink, transfer: Transfer, state: str) -> str:
        has_failed = transfer.stage is Stage.FAILED
        fields = {
            "type": "artifact",
            "version": SCHEMA_VERSION,
            "runId": self.order.run_id,
            "kind": artifact.kind,
            "path": artifact.path,
            "size": artifact.size if has_failed else transfer.received,
            "file": None if has_failed or transfer.path is None else str(transfer.path),
            "state": state,
            "error": transfer.note if has_failed else None,
            "note": None if has_failed or not transfer.note else transfer.note,
        }
        return json.dumps(fields)


def _nothing(order: _Order, listed: Sequence[ArtifactLink]) -> int:
    """Say that there is nothing to save: as it should be if nothing was uploaded, a failure if a filter is wrong."""
    if not listed:
        complain(f"Run {order.run_id} has no artifacts, or none yet.")
    else:
        kinds = ", ".join(sorted({link.kind for link in listed})[:10])
        complain(f"None of the {len(listed)} artifacts of run {order.run_id} matches; there are kinds {kinds}.")
    return ExitCode.PASSED if order.choice.is_everything else ExitCode.FAILED


def _conclude(settings: Settings, error: ClientError) -> int:
    from tvtui.testvibe.errors import NotFound, Refused

    if isinstance(error, NotFound):
        complain(str(error))
        return ExitCode.NOT_FOUND
    if isinstance(error, Refused):
        complain(refused(settings, error))
        return ExitCode.REFUSED
    complain(gave_up(settings, error))
    return ExitCode.LOST


def _print(line: str) -> None:
    out: TextIO | None = sys.stdout
    if out is None:
        return
    try:
        out.write(f"{line}\n")
    except UnicodeEncodeError:
        # a path must lead to its file, also where the locale cannot show it
        out.buffer.write(os.fsencode(f"{line}\n"))
    out.flush()
