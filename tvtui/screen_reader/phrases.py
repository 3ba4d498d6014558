"""What there is to know of failures, the log and artifacts, in lines for the ear; pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from tvtui.reporters.spoken import described, many, spoken_size
from tvtui.testvibe.models import Artifact, Case, Run
from tvtui.text.clean import plain
from tvtui.view.messages import LOG_TRUNCATED, error_text, log_text, no_artifacts

FIRST_LINES = 5
"""How many lines of an error are told with its failure."""

LOG_LINES = 10
"""How many lines the log's end has."""

_RULE = re.compile(r"([^\w\s])\1{3,}")
_MOST_LINES = 500
_MOST_ARTIFACTS = 50

KEYS = (
    ("n", "the next failure, with the first lines of its error"),
    ("N", "the previous failure"),
    ("e", "the whole error of that failure"),
    ("l", f"the last {LOG_LINES} lines of the log"),
    ("L", "the whole log"),
    ("a", "the artifacts, numbered"),
    ("d", "download the artifacts of that failure, or one by its number"),
    ("D", "download one artifact by its number"),
    ("s", "the state now"),
    ("r", "ask the server now"),
    ("q", "leave"),
)
"""The commands, in the order in which they are told."""


def key_lines(run_ids: Sequence[int], *, by_line: bool) -> list[str]:
    """What can be typed."""
    lines = ["keys: each is followed by enter" if by_line else "keys: none needs enter"]
    lines += [f"{'capital ' if key.isupper() else ''}{key}: {what}" for key, what in KEYS]
    lines += [f"{number}: speak of run {run_id}" for number, run_id in enumerate(run_ids, 1) if len(run_ids) > 1][:9]
    return lines


def failure_lines(run: Run, case: Case, which: str) -> list[str]:
    """A failure and how its error begins; `which` is "failure 2 of 5"."""
    lines = _lines(error_text(run, case))
    more = len(lines) - FIRST_LINES
    told = [f"{which}: {described(case)}", *lines[:FIRST_LINES]]
    return [*told, f"{many(more, 'more line')}: e tells all"] if more > 0 else told


def error_lines(run: Run, case: Case) -> list[str]:
    """A failure's whole error, its end left out if it is endless."""
    lines = _lines(error_text(run, case))
    left_out = len(lines) - _MOST_LINES
    told = [f"error: {case.name}", *lines[:_MOST_LINES]]
    return [*told, f"left out: {many(left_out, 'more line')}"] if left_out > 0 else told


def log_lines(run: Run | None, most: int = _MOST_LINES) -> list[str]:
    """The log's last lines, and how many there are."""
    text = log_text(run)
    if run is None or not run.log:
        return [f"log: {text or 'there was no answer yet'}"]
    # told first: behind the log's end nobody waits for it
    text, _, note = text.rpartition(LOG_TRUNCATED) if LOG_TRUNCATED in text else (text, "", "")
    lines = _lines(text)
    told = many(len(lines), "line") if len(lines) <= most else f"the last {most:,} of {len(lines):,} lines"
    hints = _lines(LOG_TRUNCATED + note) if note else []
    hints += ["capital L tells all"] if most < len(lines) <= _MOST_LINES else []
    return ["; ".join([f"log: {told}", *hints]), *lines[-most:]]


def artifact_lines(run: Run | None, own: Collection[int], *, is_final: bool) -> list[str]:
    """The artifacts by number, in the server's order; `own` are the places of those that seem to be a failure's."""
    if run is None:
        return ["artifacts: there was no answer yet"]
    if not run.artifacts:
        return [f"artifacts: {no_artifacts(run, is_final=is_final).lower()}"]
    lines = [f"artifacts: {many(len(run.artifacts), 'file')}"]
    for place, artifact in enumerate(run.artifacts[:_MOST_ARTIFACTS]):
        lines.append(f"{place + 1}: {artifact_line(artifact)}{', seems to be of this failure' * (place in own)}")
    more = len(run.artifacts) - _MOST_ARTIFACTS
    return [*lines, f"left out: {many(more, 'more file')}"] if more > 0 else lines


def artifact_line(artifact: Artifact) -> str:
    """One artifact: kind, path, size."""
    size = [] if artifact.size is None else [spoken_size(artifact.size)]
    return ", ".join([artifact.kind, artifact.path or "no path", *size])


def _lines(text: str) -> list[str]:
    """The lines that say something: no blank ones, no rules, no carets; a reader would spell each of their signs."""
    told = (_RULE.sub("", line).rstrip() for line in plain(text).split("\n"))
    return [line.removeprefix("… ") for line in told if any(map(str.isalnum, line))]
