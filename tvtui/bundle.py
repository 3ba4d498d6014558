"""What goes to the clipboard: one failure with its context, as text or as Markdown; pure."""

from __future__ import annotations

from tvtui.models import Case, Run
from tvtui.text import duration, plain
from tvtui.view import headline

LOG_LINES = 20
"""How many of the log's last lines a bundle carries."""


def as_text(run: Run, case: Case) -> str:
    """The failure as plain text: run, test, error without colours, the log's end, how to see it again."""
    parts = [_about(run), _verdict(case)]
    if case.error:
        parts.append(plain(case.error).strip("\n"))
    if log := _log_end(run):
        parts.append(f"Last lines of the log:\n{log}")
    parts.append(f"tvtui watch {run.run_id}")
    return "\n\n".join(parts) + "\n"


def as_markdown(run: Run, case: Case) -> str:
    """The same as Markdown, for an issue or a chat."""
    parts = [f"### {_escape(_verdict(case))}", _escape(_about(run))]
    if case.error:
        parts.append(_fenced(plain(case.error).strip("\n")))
    if log := _log_end(run):
        parts.append(f"Last lines of the log:\n\n{_fenced(log)}")
    parts.append(f"`tvtui watch {run.run_id}`")
    return "\n\n".join(parts) + "\n"


def _about(run: Run) -> str:
    return f"{headline(run)} · {run.status}"


def _verdict(case: Case) -> str:
    took = "" if case.duration_ms is None else f" after {duration(case.duration_ms / 1000)}"
    return f"{case.name}: {case.status}{took}"


def _log_end(run: Run) -> str:
    lines = plain(run.log or "").strip().split("\n")
    return "\n".join(lines[-LOG_LINES:])


def _escape(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|" else char for char in text)


def _fenced(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"
