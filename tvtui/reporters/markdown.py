"""What goes to the clipboard: one failure with its context, or a diagnosis, as text or as Markdown; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tvtui.testvibe.models import Case, Run
from tvtui.text.clean import plain
from tvtui.text.format import duration
from tvtui.view.labels import headline

if TYPE_CHECKING:
    from tvtui.testvibe.diagnosis import Diagnosis, Failure


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


def diagnosis_as_text(run: Run, diagnosis: Diagnosis, first: Failure | None = None) -> str:
    """A whole diagnosis as plain text, in the order in which the screen shows it.

    Args:
        run: What it is about.
        diagnosis: All of it goes in.
        first: The failure that comes before the others.
    """
    parts = [_about(run)]
    for heading, text, _ in _sections(diagnosis, first):
        parts.append(f"== {heading} ==\n\n{text}" if text else f"== {heading} ==")
    parts.append(f"tvtui watch {run.run_id}")
    return "\n\n".join(parts) + "\n"


def diagnosis_as_markdown(run: Run, diagnosis: Diagnosis, first: Failure | None = None) -> str:
    """The same as Markdown."""
    parts = [f"## {_escape(_about(run))}"]
    for heading, text, language in _sections(diagnosis, first):
        parts.append(f"### {_escape(heading)}")
        parts += [_fenced(text, language)] if text else []
    parts.append(f"`tvtui watch {run.run_id}`")
    return "\n\n".join(parts) + "\n"


def _sections(diagnosis: Diagnosis, first: Failure | None) -> Iterator[tuple[str, str, str]]:
    """Headings, texts without colours, and the languages that these are in."""
    for failure in sorted(diagnosis.failures, key=lambda failure: failure is not first):
        yield _verdict(failure), _whole(failure.error or "", failure.omitted), ""
        for passage in failure.passages:
            yield f"{failure.name}: {passage.name}", _whole(passage.text, passage.omitted), ""
    for passage in diagnosis.passages:
        heading = f"{passage.kind.heading}: {passage.name}" if passage.kind.heading else passage.name
        language = {"gherkin": "gherkin", "spec": "ts"}.get(passage.kind, "")
        yield heading, _whole(passage.text, passage.omitted), language


def _whole(text: str, omitted: int) -> str:
    return plain(text).strip("\n") + (f"\n… {omitted:,} more characters" if omitted else "")


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


def _fenced(text: str, language: str = "") -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"
