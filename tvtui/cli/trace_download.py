"""`tvtui trace RUN_ID`: finds the trace of a failed test, and downloads it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

from tvtui.artifacts.downloads.queue import Downloads
from tvtui.artifacts.downloads.run_folder import run_folder
from tvtui.artifacts.downloads.safe_folder import NotSaved
from tvtui.artifacts.matching import match_artifacts
from tvtui.artifacts.missing_trace import why_no_trace
from tvtui.artifacts.opening import Subject, subject
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.cli.exit_codes import ExitCode, end_with, usage_error
from tvtui.cli.process import run_to_exit_code
from tvtui.cli.progress_line import ProgressLine
from tvtui.cli.stderr import complain
from tvtui.settings.paths import working_folder
from tvtui.testvibe.errors import ClientError, NotFound, Refused
from tvtui.testvibe.identity import ArtifactId, Row, failures, identify_artifacts, identify_cases
from tvtui.testvibe.models import Artifact
from tvtui.testvibe.server import ServerConnection
from tvtui.text.format import many, shown_from
from tvtui.text.redact import quoted
from tvtui.watch.clock import Clock, SystemClock
from tvtui.watch.controls import Controls
from tvtui.watch.deadline import RetryingLinks, unattended_timeout
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.poller import prepare_watch
from tvtui.watch.request import WatchRequest
from tvtui.watch.schedule import PollSchedule

_MOST_NAMES = 10


def saved_trace(request: WatchRequest, test: str | None, clock: Clock | None) -> Path | int:
    """Download the trace of a failed test of the only run of a request, unless it was saved before.

    Args:
        request: The run, and where to save.
        test: The test's name, or part of it; None: the only failed one with a trace.
        clock: Measures and waits; None: the system's.

    Returns:
        The file; or an exit code after a message on stderr.
    """
    cwd = working_folder()
    if cwd is None:
        return usage_error("The working folder no longer exists. Change to another one.")
    found: list[Path] = []
    code = run_to_exit_code(_save(request, test, cwd, clock or SystemClock(), found), lambda: ExitCode.QUIT)
    return found[0] if found and code == ExitCode.PASSED else code


async def _save(request: WatchRequest, test: str | None, cwd: Path, clock: Clock, found: list[Path]) -> int:
    settings, (run_id,) = request.settings, request.run_ids
    server = ServerConnection(settings, renew=request.renew)
    give_up_after = unattended_timeout(settings)
    line = ProgressLine(sys.stderr)
    try:
        watch = prepare_watch(server, run_id, schedule=PollSchedule(), clock=clock, give_up_after=give_up_after)
        which: ArtifactId | str = ""
        async with aclosing(watch(Controls())) as events:
            async for event in events:
                if isinstance(event, Problem):
                    if event.is_final or isinstance(event.error, NotFound | Refused):
                        raise event.error
                    continue
                # the traces of a run that has just ended come late
                which = choose(event, test, run_id)
                if not isinstance(which, str) or event.is_final or not event.run.has_ended:
                    break
        if isinstance(which, str):
            return usage_error(which)
        links = RetryingLinks(lambda: server.fetch_links(run_id), clock, give_up_after, complain)
        folder = run_folder(settings, run_id, cwd)
        await asyncio.to_thread(folder.create)
        states: dict[ArtifactId, Transfer] = {}

        def update(which: ArtifactId, transfer: Transfer) -> None:
            states[which] = transfer
            line.draw(states.values(), clock.now())

        await Downloads(links.fetch, server.storage, folder, clock).get((which,), update)
        line.clear()
        saved = states[which]
        if saved.stage is not Stage.DONE or saved.path is None:
            complain(saved.note)
            return ExitCode.USAGE
        if not saved.was_there:
            complain(f"saved: {shown_from(saved.path, cwd)}")
        found.append(saved.path)
        return ExitCode.PASSED
    except ClientError as error:
        return end_with(settings, error)
    except NotSaved as error:
        complain(str(error))
        return ExitCode.USAGE
    finally:
        with suppress(OSError):
            line.clear()
        await server.aclose()


def choose(snapshot: Snapshot, test: str | None, run_id: int) -> ArtifactId | str:
    """Choose the trace of a failed test; a sentence if there is none, or several.

    Args:
        snapshot: The run.
        test: The test's name, or part of it; None: any failed one.
        run_id: For the sentence.
    """
    run = snapshot.run
    rows = identify_cases(run.tests)
    own, ids = match_artifacts(rows, run.artifacts), identify_artifacts(run.artifacts)
    traces_of = {
        case_id: [ids[index] for index in found if _is_trace(run.artifacts[index])] for case_id, found in own.items()
    }
    failed = failures(rows)
    named = _named(rows, failed, test)
    if not named:
        return f"Run {run_id} has no failed test." if test is None else _unknown(run_id, test, failed)
    traces = {row: found[0] for row in named if (found := traces_of.get(row.id))}
    if len(traces) == 1 or (test is not None and len({row.case.name for row in traces}) == 1):
        return next(iter(traces.values()))
    if not traces:
        case = named[0].case if len(named) == 1 else None
        reasons = why_no_trace(run, case, snapshot.server_now(snapshot.seen))
        whose = quoted(named[0].case.name, 60, '"') if case else many(len(named), "failed test")
        return " ".join((f"Run {run_id} has no trace of {whose}.", *reasons[:1]))
    return f"Run {run_id} has the traces of {len(traces)} failed tests. Use --test with one of: {_names(traces)}."


def _named(rows: Sequence[Row], failed: Sequence[Row], test: str | None) -> Sequence[Row]:
    """The tests that are meant: failed ones before others, whole names before parts."""
    if test is None:
        return failed
    wanted = test.casefold()
    for each in (failed, rows):
        for named in (
            [row for row in each if row.case.name.casefold() == wanted],
            [row for row in each if wanted in row.case.name.casefold()],
        ):
            if named:
                return named
    return ()


def _is_trace(artifact: Artifact) -> bool:
    return subject(artifact.kind, Path(artifact.path)) is Subject.TRACE


def _unknown(run_id: int, test: str, failed: Sequence[Row]) -> str:
    known = f" Failed: {_names(failed)}." if failed else ""
    return f"Run {run_id} has no test named {quoted(test, 60, chr(34))}.{known}"


def _names(rows: Iterable[Row]) -> str:
    names = list(dict.fromkeys(quoted(row.case.name, 60, '"') for row in rows))
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
