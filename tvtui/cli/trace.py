"""`tvtui trace FILE`: prints a trace, with nothing imported that only a download needs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from tvtui.cli.exit_codes import ExitCode, usage_error
from tvtui.cli.trace_report import json_lines, text_lines
from tvtui.settings.values import parse_run_id
from tvtui.text.format import shell_command
from tvtui.text.output import print_lines
from tvtui.trace import Fault, Remedy, open_trace

_READING_SECONDS = 5.0
"""Time of the processor that reading may take; what is left is missing then, and a note says so."""
_AT_ONCE = 1000
"""Lines that are written together."""


def is_file(source: str) -> bool:
    """Whether an argument is a file's name: no run's, or there is such a file."""
    try:
        parse_run_id(source)
    except ValueError:
        return True
    try:
        return Path(source).is_file()
    except (OSError, ValueError):
        return False


def print_trace(path: Path, *, as_json: bool) -> int:
    """Print a trace.

    Returns:
        The exit code: 0 if nothing failed in it, 1 if something did, 2 if it cannot be read.
    """
    trace = open_trace(path)
    if isinstance(trace, Fault):
        return usage_error(f"{trace}{_advice(trace.remedy, path)}")
    try:
        trace.read_rest(most_seconds=_READING_SECONDS)
        for lines in _batches(json_lines(trace) if as_json else text_lines(trace)):
            print_lines(sys.stdout, lines)
        return ExitCode.FAILED if trace.failures else ExitCode.PASSED
    finally:
        trace.close()


def _batches(lines: Iterable[str]) -> Iterator[list[str]]:
    lines = iter(lines)
    while batch := list(islice(lines, _AT_ONCE)):
        yield batch


def _advice(remedy: Remedy, path: Path) -> str:
    if remedy is Remedy.DOWNLOAD:
        return " Download it again."
    if remedy is Remedy.VIEWER:
        return f" Playwright's viewer may open it: {shell_command('npx', 'playwright', 'show-trace', str(path))}"
    return ""
