"""`tvtui artifacts`: selects artifacts, downloads them, and reports each."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.cli.exit_codes import ExitCode, gave_up, refused, unattended_timeout, usage_error
from tvtui.cli.process import run_to_exit_code
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
    from tvtui.watch.request import WatchRequest


SCHEMA_VERSION = 1
"""Of the JSON objects: incremented when a field is removed or changes its meaning, not when one is added."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which artifacts to save; all of them by default.

    Attributes:
        kinds: Only artifacts of one of these kinds, in upper or lower case.
        patterns: Only paths that match one of these; `*` matches anything, slashes too.
    """

    kinds: Sequence[str] = ()
    patterns: Sequence[str] = ()

    @property
    def is_everything(self) -> bool:
        """Whether all artifacts are selected."""
        return not self.kinds and not self.patterns

    def matches(self, artifact: Artifact) -> bool:
        """Whether an artifact is selected."""
        kinds = {kind.strip().casefold() for kind in self.kinds}
        if kinds and artifact.kind.casefold() not in kinds:
            return False
        return not self.patterns or any(fnmatchcase(artifact.path, pattern) for pattern in self.patterns)

    def __str__(self) -> str:
        return " ".join([*(f"kind '{kind}'" for kind in self.kinds), *(f"'{pattern}'" for pattern in self.patterns)])


def save_artifacts(
    request: WatchRequest, selection: Selection, *, as_json: bool = False, clock: Clock | None = None
) -> int:
    """Save the artifacts of a run.

    Args:
        request: The run and the settings.
        selection: Which artifacts.
        as_json: Print a JSON object for each artifact instead of its file's path.
        clock: Measures time and waits; None: the system's.

    Returns:
        The exit code: one of `ExitCode`, or 128 + the number of the signal that ended it.
    """
    from tvtui.artifacts.downloads.safe_folder import download_folder
    from tvtui.settings.paths import working_folder
    from tvtui.watch.clock import SystemClock

    cwd = working_folder()
    if cwd is None:
        return usage_error("The working folder no longer exists. Change to another one.")
    (run_id,) = request.run_ids
    order = _Order(run_id, download_folder(request.settings, run_id, cwd), cwd, as_json)
    code = run_to_exit_code(_save(request, selection, order, clock or SystemClock()), lambda: ExitCode.QUIT)
    if code >= 128:
        complain("Interrupted. Run the same command to resume.")
    return code


@dataclass(frozen=True, slots=True)
class _Order:
    """What is saved, where, and how it is reported."""

    run_id: int
    folder: Path
    cwd: Path
    as_json: bool

    def shown(self, path: Path) -> str:
        """A path as it is printed: relative to the working folder if it is inside, and never mistaken for an option."""
        text = shown_from(path, self.cwd)
        return f".{os.sep}{text}" if text.startswith("-") else text


async def _save(request: WatchRequest, selection: Selection, order: _Order, clock: Clock) -> int:
    from tvtui.artifacts.downloads.queue import Downloads
    from tvtui.testvibe.errors import ClientError

    settings = request.settings
    server = ServerConnection(settings, renew=request.renew)
    try:
        fetch = partial(server.fetch_links, order.run_id)
        links = RetryingLinks(fetch, clock, unattended_timeout(settings), complain)
        try:
            listed = await links.first()
        except ClientError as error:
            return _conclude(settings, error)
        selected = {
            which: link
            for which, link in zip(identify_artifacts(listed), listed, strict=True)
            if selection.matches(link)
        }
        if not selected:
            return _nothing(order.run_id, selection, listed)
        if not _is_usable(order.folder):
            return ExitCode.FAILED
        report = _Report(order, selected, clock)
        downloads = Downloads(links.fetch, server.storage, order.folder, clock)
        try:
            await downloads.get(tuple(selected), report.update)
        finally:
            report.close()
        return report.conclude()
    finally:
        await server.aclose()


def _is_usable(folder: Path) -> bool:
    """Whether files can be saved there; reports once why not, as each of them would."""
    from tvtui.artifacts.downloads.safe_folder import Folder, NotSaved

    try:
        Folder.open(folder).close()
    except NotSaved as error:
        complain(str(error))
        return False
    return True


@dataclass
class _Report:
    """Reports each artifact when it is done, and the progress of all meanwhile."""

    order: _Order
    selected: dict[ArtifactId, ArtifactLink]
    clock: Clock
    states: dict[ArtifactId, Transfer] = field(init=False)
    line: ProgressLine = field(init=False)

    def __post_init__(self) -> None:
        self.line = ProgressLine(sys.stderr)
        self.states = {which: Transfer(Stage.WAITING, total=link.size) for which, link in self.selected.items()}

    def update(self, which: ArtifactId, transfer: Transfer) -> None:
        """Take in the state of one download."""
        if transfer.stage is not Stage.WAITING:
            self.states[which] = transfer
        if transfer.stage in {Stage.DONE, Stage.FAILED}:
            self.line.clear()
            self._print(self.selected[which], transfer)
        if transfer.stage is not Stage.CANCELLED:
            self.line.draw(self.states.values(), self.clock.now())

    def close(self) -> None:
        """Leave nothing of the progress line on the terminal."""
        with suppress(OSError):
            self.line.clear()

    def conclude(self) -> int:
        """Print the totals; return the exit code."""
        failed = sum(transfer.stage is Stage.FAILED for transfer in self.states.values())
        existing = sum(transfer.was_there for transfer in self.states.values())
        saved = [
            transfer for transfer in self.states.values() if transfer.stage is Stage.DONE and not transfer.was_there
        ]
        counts = [f"{len(saved)} saved ({size(sum(transfer.received for transfer in saved))})"] if saved else []
        counts += [f"{existing} already saved"] if existing else []
        counts += [f"{failed} failed"] if failed else []
        complain(f"{', '.join(counts)}, in {self.order.shown(self.order.folder)}.")
        return ExitCode.FAILED if failed else ExitCode.PASSED

    def _print(self, artifact: ArtifactLink, transfer: Transfer) -> None:
        has_failed = transfer.stage is Stage.FAILED
        state = "failed" if has_failed else "there" if transfer.was_there else "done"
        if self.order.as_json:
            _print(self._object(artifact, transfer, state))
        elif not has_failed and transfer.path is not None:
            _print(self.order.shown(transfer.path))
        if has_failed or transfer.note or not self.line.is_shown:
            words = {"failed": "failed", "there": "already saved", "done": "saved"}
            amount = "" if has_failed else f" ({size(transfer.received)})"
            complain(f"{words[state]}: {artifact.path}{amount}{'. ' + transfer.note if transfer.note else ''}")

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


def _nothing(run_id: int, selection: Selection, listed: Sequence[ArtifactLink]) -> int:
    """Say that there is nothing to save; a failure only if the selection is the reason."""
    if not listed:
        complain(f"Run {run_id} has no artifacts so far.")
        return ExitCode.PASSED if selection.is_everything else ExitCode.FAILED
    kinds = ", ".join(sorted({link.kind for link in listed})[:10])
    complain(f"No artifact matches {selection} ({len(listed)} in run {run_id}; kinds: {kinds}).")
    return ExitCode.FAILED


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
        # the path must lead to its file even if the locale cannot show it
        out.buffer.write(os.fsencode(f"{line}\n"))
    out.flush()
