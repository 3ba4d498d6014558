"""Failures, the log, artifacts and keys as lines to listen to; pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from tvtui.reporters.spoken import NO_RESPONSE, beside, described, spoken_size
from tvtui.testvibe.models import Artifact, Case, Run
from tvtui.text.clean import plain
from tvtui.text.format import many
from tvtui.view.messages import LOG_TRUNCATED, error_text, log_text, no_artifacts
from tvtui.watch.history import CaseHistory

LOG_LINES = 10
"""How many lines the end of a log has."""

ERROR_LINES = 5
"""How many lines of an error are read without being asked for all."""

_RULE = re.compile(r"([^\w\s])\1{3,}")
_MOST_LINES = 500
_MOST_ARTIFACTS = 50


def key_lines(commands: Mapping[str, str], run_ids: Sequence[int], *, by_line: bool) -> list[str]:
    """The keys or commands that can be typed, each with what it does."""
    lines = ["commands: press Enter after each" if by_line else "keys: no Enter needed"]
    lines += [f"{'capital ' if key.isupper() else ''}{key}: {what}" for key, what in commands.items()]
    lines += [f"{number}: select run {run_id}" for number, run_id in enumerate(run_ids, 1) if len(run_ids) > 1][:9]
    return lines


def failure_lines(run: Run, case: Case, which: str, history: CaseHistory | None = None) -> list[str]:
    """A failure with the first lines of its error; `which` is, for example, "failure 2 of 5"."""
    lines = spoken_lines(error_text(run, case))
    more = len(lines) - ERROR_LINES
    shown = [f"{which}: {described(case)}{beside(history)}", *lines[:ERROR_LINES]]
    return [*shown, f"{many(more, 'more line')}: press e for all"] if more > 0 else shown


def error_lines(run: Run, case: Case) -> list[str]:
    """The full error of a failure; an extremely long one is cut."""
    lines = spoken_lines(error_text(run, case))
    omitted = len(lines) - _MOST_LINES
    shown = [f"error: {case.name}", *lines[:_MOST_LINES]]
    return [*shown, f"omitted: {many(omitted, 'more line')}"] if omitted > 0 else shown


def log_lines(run: Run | None, most: int = _MOST_LINES) -> list[str]:
    """The last lines of the log, after a line with their number."""
    text = log_text(run)
    if run is None or not run.log:
        return [f"log: {text or NO_RESPONSE}"]
    # the note comes first: at the end of a long log it would come too late
    text, _, note = text.rpartition(LOG_TRUNCATED) if LOG_TRUNCATED in text else (text, "", "")
    lines = spoken_lines(text)
    count = many(len(lines), "line") if len(lines) <= most else f"last {most:,} of {len(lines):,} lines"
    hints = spoken_lines(LOG_TRUNCATED + note) if note else []
    hints += ["press capital L for all"] if most < len(lines) <= _MOST_LINES else []
    return ["; ".join([f"log: {count}", *hints]), *lines[-most:]]


def artifact_lines(run: Run | None, own: Collection[int], *, is_final: bool) -> list[str]:
    """The artifacts, numbered in the server's order.

    Args:
        run: The last known state of the run.
        own: Positions of the artifacts that probably belong to the current failure.
        is_final: Whether no more artifacts will come.
    """
    if run is None:
        return [f"artifacts: {NO_RESPONSE}"]
    if not run.artifacts:
        return [f"artifacts: {no_artifacts(run, is_final=is_final).lower()}"]
    lines = [f"artifacts: {many(len(run.artifacts), 'file')}"]
    for position, artifact in enumerate(run.artifacts[:_MOST_ARTIFACTS]):
        guess = ", probably belongs to this failure" if position in own else ""
        lines.append(f"{position + 1}: {artifact_line(artifact)}{guess}")
    more = len(run.artifacts) - _MOST_ARTIFACTS
    return [*lines, f"omitted: {many(more, 'more file')}"] if more > 0 else lines


def artifact_line(artifact: Artifact) -> str:
    """One artifact: kind, path, size."""
    size = [] if artifact.size is None else [spoken_size(artifact.size)]
    return ", ".join([artifact.kind, artifact.path or "no path", *size])


def spoken_lines(text: str) -> list[str]:
    """The lines that contain a letter or digit, without rules: a screen reader would spell out each of their signs."""
    lines = (_RULE.sub("", line).rstrip() for line in plain(text).split("\n"))
    return [line.removeprefix("… ") for line in lines if any(map(str.isalnum, line))]
