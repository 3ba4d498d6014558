"""The documents of a watch: checked before it begins, written when it is over, whatever has ended it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tvtui.artifacts.downloads.run_folder import origin_of, run_folder
from tvtui.cli.exit_codes import ExitCode, exit_code, explain
from tvtui.cli.on_finish import NESTED
from tvtui.cli.report_files import Unwritable, append, check, check_addition, is_stdout, write
from tvtui.cli.stderr import complain
from tvtui.reporters.formats import FORMATS
from tvtui.reporters.reporter import Reporter
from tvtui.reporters.run_report import RunReport, SavedFile
from tvtui.testvibe.identity import CaseId
from tvtui.testvibe.models import RunState
from tvtui.text.format import many, shown_from
from tvtui.text.output import print_commands
from tvtui.view.labels import state_word
from tvtui.watch.request import Mode, WatchRequest
from tvtui.watch.watched_run import WatchedRun

_LARGEST_SUMMARY = 1_000_000
"""Bytes of the summary of a step: less than what GitHub shows, for what other commands add."""

_MOST_SHOWN = 1 << 20
"""Bytes of the summary of a step of which GitHub shows anything."""


class _Document(NamedTuple):
    """Something to be written at the end.

    Attributes:
        what: What it is, for messages.
        load: Imports its format, and returns a reporter.
        save: Writes them.
        is_asked_for: Whether the user asked for it; otherwise the exit code does not depend on it.
    """

    what: str
    load: Callable[[], Reporter]
    save: Callable[[Iterable[str]], None]
    is_asked_for: bool = True


def problems_with(request: WatchRequest, mode: Mode | None, environ: Mapping[str, str]) -> list[str]:
    """Why documents cannot be written, a sentence each; folders that they need are created.

    `mode` is that of the watch; None: nothing else is written to stdout.
    """
    to_stdout = [name for name, target in request.documents.items() if is_stdout(target)]
    if len(to_stdout) > 1:
        return [f"--{to_stdout[0]} and --{to_stdout[1]} cannot both write to stdout. Give one of them a file."]
    if to_stdout and mode not in {None, Mode.LINES}:
        uses = {Mode.SCREEN: "the screen", Mode.JSON: "--json", Mode.LINEAR: "--linear"}
        instead = "Give it a file" if mode is Mode.JSON else "Give it a file, or add --lines"
        return [f"--{to_stdout[0]} - writes to stdout, which {uses[mode]} uses. {instead}."]
    problems = []
    files: dict[str, str] = {}
    for name, target in request.documents.items():
        if is_stdout(target):
            continue
        try:
            check(target)
        except Unwritable as error:
            problems.append(f"--{name}: {error}")
            continue
        other = files.setdefault(os.path.realpath(target), name)
        if other != name:
            problems.append(f"--{other} and --{name} name the same file.")
    for word, variable in (("outputs", "GITHUB_OUTPUT"), ("summary", "GITHUB_STEP_SUMMARY")):
        added_to = environ.get(variable)
        if added_to and (replacing := files.get(os.path.realpath(added_to))) is not None:
            problems.append(
                f"--{replacing} names the file of {variable}, to which every command adds. Use --github {word}."
            )
        if word not in request.github:
            continue
        if not added_to:
            problems.append(f"--github {word} needs {variable}, which GitHub Actions sets.")
            continue
        try:
            check_addition(added_to)
        except Unwritable as error:
            problems.append(f"--github {word}: {error}")
    return problems


def write_reports(
    request: WatchRequest, runs: Sequence[WatchedRun], code: int, environ: Mapping[str, str], *, unended: str = ""
) -> int:
    """Write all documents about runs whose watches are over.

    Args:
        request: What to write.
        runs: The runs; if there are none, nothing became known of those of the request.
        code: The exit code of the watch.
        environ: The environment: that of a step of GitHub Actions names files to append to.
        unended: A sentence on why the end of a run is not known; "": that the watch was ended before.

    Returns:
        The exit code: `ExitCode.UNWRITTEN` if it would have been 0, but a document could not be written.
    """
    unended = unended or _why_unknown(code)
    known = [_report(request, watched, unended) for watched in runs]
    unknown = [RunReport(run_id, fault=unended) for run_id in request.run_ids]
    return _write(request, known or unknown, code, environ)


def write_no_run(request: WatchRequest, sentence: str, code: int, environ: Mapping[str, str]) -> int:
    """Write all documents about a run that has not been started, because of this error; returns the exit code."""
    return _write(request, [RunReport(None, fault=sentence)], code, environ)


def _write(request: WatchRequest, reports: Sequence[RunReport], code: int, environ: Mapping[str, str]) -> int:
    for document in _documents(request, environ):
        try:
            document.save(document.load().on_finish(reports))
        except Unwritable as error:
            complain(f"{document.what}: {error}")
            if document.is_asked_for and code == ExitCode.PASSED:
                code = ExitCode.UNWRITTEN
        else:
            if not document.is_asked_for:
                complain("Added a summary to the page of this job (--no-summary leaves it out).")
    return code


def _documents(request: WatchRequest, environ: Mapping[str, str]) -> Iterable[_Document]:
    for row in FORMATS:
        if (target := request.documents.get(row.name)) is not None:
            yield _Document(f"--{row.name}", row.load, partial(write, target))
    if (summary := _summary_file(request, environ)) is not None:
        is_asked_for = "summary" in request.github
        yield _Document("step summary", partial(_summary, summary), partial(_add_summary, summary), is_asked_for)
    if "annotations" in request.github:
        yield _Document("--github annotations", _annotations, _print_annotations)
    if "outputs" in request.github:
        yield _Document("--github outputs", _outputs, partial(append, environ["GITHUB_OUTPUT"]))


def _summary_file(request: WatchRequest, environ: Mapping[str, str]) -> str | None:
    """The summary of the step, if it is to be written: inside GitHub Actions, by the outermost tvtui."""
    file = environ.get("GITHUB_STEP_SUMMARY") or None
    is_automatic = request.has_summary and environ.get("GITHUB_ACTIONS") == "true" and not environ.get(NESTED)
    return file if is_automatic or "summary" in request.github else None


def _summary(file: str) -> Reporter:
    from tvtui.reporters.markdown_summary import BUDGET, MarkdownReporter

    return MarkdownReporter(min(BUDGET, max(0, _LARGEST_SUMMARY - _size(file))))


def _add_summary(file: str, lines: Iterable[str]) -> None:
    # what the next command adds begins a new block
    added = [*lines, ""]
    if _size(file) + sum(len(line.encode("utf-8", "replace")) + 1 for line in added) > _MOST_SHOWN:
        raise Unwritable("the page of this job has no room left. GitHub shows nothing of more than 1 MiB a step.")
    append(file, added)


def _size(file: str) -> int:
    try:
        return Path(file).stat().st_size
    except OSError:
        return 0


def _annotations() -> Reporter:
    from tvtui.reporters.github import AnnotationsReporter

    return AnnotationsReporter()


def _outputs() -> Reporter:
    from tvtui.reporters.github import OutputsReporter

    return OutputsReporter()


def _print_annotations(commands: Iterable[str]) -> None:
    try:
        # GitHub reads both streams, and stdout may be that of a document
        print_commands(sys.stderr, commands)
    except OSError as error:
        raise Unwritable(f"stderr cannot be written: {error.strerror}.") from None


def _report(request: WatchRequest, watched: WatchedRun, unended: str) -> RunReport:
    origin = origin_of(request.settings, watched.run_id)
    return RunReport(
        watched.run_id,
        watched.snapshot,
        watched.rows,
        watched.problem,
        _fault(request, watched, unended),
        watched.history,
        _saved_files(request, watched),
        origin.server,
        origin.project,
        request.command([watched.run_id]),
    )


def _fault(request: WatchRequest, watched: WatchedRun, unended: str) -> str:
    """Why the run is not to be taken for a success, apart from its tests and its own status; "" if it may be."""
    run, problem = watched.run, watched.problem
    if run is not None and run.has_ended:
        if run.state is RunState.PASSED and request.fail_on.flaky and run.listed.flaky:
            return f"The run passed with {many(run.listed.flaky, 'flaky test')}: a failure with --fail-on-flaky."
        return ""
    own = exit_code(watched)
    if problem is None:
        sentence = unended
    elif own is ExitCode.QUIT:
        sentence = f"{unended} {problem.message}"
    else:
        sentence = explain(request.settings, problem.error, own, has_given_up=run is not None and watched.has_given_up)
    return sentence if run is None else f"{sentence} Last known state: {state_word(run)}."


def _why_unknown(code: int) -> str:
    if code > 128:
        return f"The watch was ended by signal {code - 128} before the run ended."
    return "The watch was ended before the run ended."


def _saved_files(request: WatchRequest, watched: WatchedRun) -> Mapping[CaseId, tuple[SavedFile, ...]]:
    """The artifacts that were downloaded before, by the tests to which they probably belong."""
    run = watched.run
    if run is None or not run.artifacts:
        return {}
    from tvtui.artifacts.matching import match_artifacts
    from tvtui.settings.paths import working_folder
    from tvtui.testvibe.identity import identify_artifacts

    cwd = working_folder()
    saved = run_folder(request.settings, watched.run_id, cwd).saved()
    if not saved:
        return {}
    ids = identify_artifacts(run.artifacts)
    return {
        case_id: tuple(
            SavedFile(str(run.artifacts[index].kind), shown_from(saved[which], cwd))
            for index in indices
            if (which := (str(ids[index][0]), ids[index][1])) in saved
        )
        for case_id, indices in match_artifacts(watched.rows, run.artifacts).items()
    }
