"""`tvtui artifacts`: selects artifacts, downloads them, and reports each."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from tvtui.artifacts.downloads.queue import Downloads
from tvtui.artifacts.downloads.run_folder import RunFolder, run_folder
from tvtui.artifacts.downloads.safe_folder import NotSaved
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.cli.exit_codes import ExitCode, end_with, usage_error
from tvtui.cli.process import run_to_exit_code
from tvtui.cli.progress_line import ProgressLine
from tvtui.cli.stderr import complain
from tvtui.settings.paths import working_folder
from tvtui.testvibe.errors import ClientError
from tvtui.testvibe.identity import ArtifactId, identify_artifacts
from tvtui.testvibe.models import Artifact
from tvtui.testvibe.server import ServerConnection
from tvtui.text.format import shown_from, size
from tvtui.text.output import as_json, print_lines, print_path
from tvtui.text.redact import quoted
from tvtui.watch.clock import Clock, SystemClock
from tvtui.watch.controls import Controls
from tvtui.watch.deadline import RetryingLinks, unattended_timeout
from tvtui.watch.events import Problem
from tvtui.watch.poller import prepare_watch
from tvtui.watch.request import WatchRequest
from tvtui.watch.schedule import PollSchedule

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

    def matches(self, artifact: Artifact) -> bool:
        """Whether an artifact is selected."""
        kinds = {kind.strip().casefold() for kind in self.kinds}
        if kinds and artifact.kind.casefold() not in kinds:
            return False
        return not self.patterns or any(fnmatchcase(artifact.path, pattern) for pattern in self.patterns)

    def __str__(self) -> str:
        kinds = (f"""kind {quoted(kind, 60, "'")}""" for kind in self.kinds)
        return " ".join([*kinds, *(quoted(pattern, 60, "'") for pattern in self.patterns)])


def save_artifacts(
    request: WatchRequest,
    selection: Selection,
    *,
    as_json: bool = False,
    end: str = "\n",
    clock: Clock | None = None,
) -> int:
    """Save the selected artifacts of the only run of a request, and print the path or a JSON object of each.

    `end` follows each path.

    Returns:
        The exit code: one of `ExitCode`, or 128 + the number of the signal that ended it.
    """
    cwd = working_folder()
    if cwd is None:
        return usage_error("The working folder no longer exists. Change to another one.")
    (run_id,) = request.run_ids
    report = _Report(run_id, run_folder(request.settings, run_id, cwd), cwd, as_json, end, clock or SystemClock())
    code = run_to_exit_code(_save(request, selection, report), lambda: ExitCode.QUIT)
    if code >= 128:
        complain("Interrupted. Run the same command to resume.")
    return code


@dataclass
class _Report:
    """Reports each artifact when it is done, and the progress of all in the meantime."""

    run_id: int
    folder: RunFolder
    cwd: Path
    as_json: bool
    end: str
    clock: Clock
    artifacts: dict[ArtifactId, Artifact] = field(default_factory=dict)
    states: dict[ArtifactId, Transfer] = field(default_factory=dict)
    line: ProgressLine = field(default_factory=lambda: ProgressLine(sys.stderr))

    def begin(self, artifacts: dict[ArtifactId, Artifact]) -> None:
        """Take in what is going to be downloaded."""
        self.artifacts = artifacts
        self.states = {which: Transfer(Stage.WAITING, total=each.size) for which, each in artifacts.items()}

    def update(self, which: ArtifactId, transfer: Transfer) -> None:
        """Take in the state of one download."""
        if transfer.stage is not Stage.WAITING:
            self.states[which] = transfer
        if transfer.stage in {Stage.DONE, Stage.FAILED}:
            self.line.clear()
            self._report(self.artifacts[which], transfer)
        if transfer.stage is not Stage.CANCELLED:
            self.line.draw(self.states.values(), self.clock.now())

    def _report(self, artifact: Artifact, transfer: Transfer) -> None:
        has_failed = transfer.stage is Stage.FAILED
        state, word = "done", "saved"
        if has_failed:
            state = word = "failed"
        elif transfer.was_there:
            state, word = "there", "already saved"
        path = None if has_failed else transfer.path
        if self.as_json:
            fields = {
                "type": "artifact",
                "version": SCHEMA_VERSION,
                "runId": self.run_id,
                "kind": artifact.kind,
                "path": artifact.path,
                "size": artifact.size if has_failed else transfer.received,
                "file": None if path is None else str(path),
                "state": state,
                "error": transfer.note if has_failed else None,
                "note": None if has_failed else transfer.note or None,
            }
            print_lines(sys.stdout, [as_json(fields)])
        elif path is not None:
            print_path(sys.stdout, self._shown(path), self.end)
        if has_failed or transfer.note or not self.line.is_shown:
            amount = "" if has_failed else f" ({size(transfer.received)})"
            complain(f"{word}: {artifact.path}{amount}{'. ' + transfer.note if transfer.note else ''}")

    def conclude(self) -> int:
        """Print the totals; return the exit code."""
        states = self.states.values()
        failed = sum(transfer.stage is Stage.FAILED for transfer in states)
        existing = sum(transfer.was_there for transfer in states)
        saved = [each.received for each in states if each.stage is Stage.DONE and not each.was_there]
        counts = [f"{len(saved)} saved ({size(sum(saved))})"] if saved else []
        counts += [f"{existing} already saved"] if existing else []
        counts += [f"{failed} failed"] if failed else []
        complain(f"{', '.join(counts)}, in {self._shown(self.folder.path)}.")
        return ExitCode.FAILED if failed else ExitCode.PASSED

    def _shown(self, path: Path) -> str:
        """A path as it is printed: relative to the working folder if it is inside, and no option or command."""
        text = shown_from(path, self.cwd)
        return f".{os.sep}{text}" if text.startswith(("-", "::")) else text


async def _save(request: WatchRequest, selection: Selection, report: _Report) -> int:
    settings = request.settings
    server = ServerConnection(settings, renew=request.renew)
    try:
        fetch = partial(server.fetch_links, report.run_id)
        links = RetryingLinks(fetch, report.clock, unattended_timeout(settings), complain)
        await _settle(server, report, unattended_timeout(settings))
        listed = [link.artifact for link in await links.first()]
        selected = {
            which: artifact
            for which, artifact in zip(identify_artifacts(listed), listed, strict=True)
            if selection.matches(artifact)
        }
        if not selected:
            return _nothing(report.run_id, selection, listed)
        # reported once, as it would be the error of each file
        await asyncio.to_thread(report.folder.create)
        report.begin(selected)
        downloads = Downloads(links.fetch, server.storage, report.folder, report.clock)
        try:
            await downloads.get(tuple(selected), report.update)
        finally:
            with suppress(OSError):
                report.line.clear()
        return report.conclude()
    except ClientError as error:
        return end_with(settings, error)
    except NotSaved as error:
        complain(str(error))
        return ExitCode.FAILED
    finally:
        await server.aclose()


async def _settle(server: ServerConnection, report: _Report, give_up_after: float) -> None:
    """Wait for the late artifacts of a run that has just ended; a watch in lines does not.

    Returns at once if the run goes on, ended a while ago, or cannot be requested, which the links will show.
    """
    clock = report.clock
    watch = prepare_watch(server, report.run_id, schedule=PollSchedule(), clock=clock, give_up_after=give_up_after)
    async with aclosing(watch(Controls())) as events:
        async for event in events:
            if isinstance(event, Problem) or event.is_final or not event.run.has_ended:
                return


def _nothing(run_id: int, selection: Selection, listed: Sequence[Artifact]) -> int:
    """Say that there is nothing to save; a failure only if the selection is the reason."""
    if not listed:
        complain(f"Run {run_id} has no artifacts so far.")
        return ExitCode.PASSED if selection == Selection() else ExitCode.FAILED
    kinds = ", ".join(sorted({artifact.kind for artifact in listed})[:10])
    complain(f"No artifact matches {selection} ({len(listed)} in run {run_id}; kinds: {kinds}).")
    return ExitCode.FAILED
