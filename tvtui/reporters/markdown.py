"""One failure with its context, or a diagnosis, as plain text or Markdown for the clipboard; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tvtui.testvibe.models import Case, Run
from tvtui.text.clean import plain
from tvtui.text.format import duration
from tvtui.view.labels import headline, state_word
from tvtui.view.messages import log_end

if TYPE_CHECKING:
    from tvtui.testvibe.diagnosis import Diagnosis, Failure


_LOG_LINES = 20


def as_text(run: Run, case: Case, command: str) -> str:
    """A failure as plain text: run, test, error without colours, end of the log, and how to watch the run again.

    Args:
        run: The run of the failure.
        case: The failed test.
        command: The command line that watches the run again.
    """
    parts = [_about(run), _verdict(case)]
    if case.error:
        parts.append(plain(case.error).strip("\n"))
    if log := log_end(run, _LOG_LINES):
        parts.append("\n".join(["End of the log:", *log]))
    return _joined([*parts, command])


def as_markdown(run: Run, case: Case, command: str) -> str:
    """The same as `as_text` in Markdown, for an issue or a chat."""
    parts = [f"### {_escaped(_verdict(case))}", _escaped(_about(run))]
    if case.error:
        parts.append(_fenced(plain(case.error).strip("\n")))
    if log := log_end(run, _LOG_LINES):
        parts += ["End of the log:", _fenced("\n".join(log))]
    return _joined([*parts, _fenced(command, "sh")])


def diagnosis_as_text(run: Run, diagnosis: Diagnosis, first: Failure | None, command: str) -> str:
    """A whole diagnosis as plain text, in the order of the screen.

    Args:
        run: The run that was diagnosed.
        diagnosis: Its diagnosis.
        first: The failure that comes before the others; None for the server's order.
        command: The command line that watches the run again.
    """
    parts = [_about(run)]
    for heading, text, _ in _sections(diagnosis, first):
        parts.append(f"== {heading} ==\n\n{text}" if text else f"== {heading} ==")
    return _joined([*parts, command])


def diagnosis_as_markdown(run: Run, diagnosis: Diagnosis, first: Failure | None, command: str) -> str:
    """The same as `diagnosis_as_text` in Markdown."""
    parts = [f"## {_escaped(_about(run))}"]
    for heading, text, language in _sections(diagnosis, first):
        parts.append(f"### {_escaped(heading)}")
        parts += [_fenced(text, language)] if text else []
    return _joined([*parts, _fenced(command, "sh")])


def _joined(parts: list[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _sections(diagnosis: Diagnosis, first: Failure | None) -> Iterator[tuple[str, str, str]]:
    """Heading, text without colours, and language of each section."""
    for failure in sorted(diagnosis.failures, key=lambda failure: failure is not first):
        yield _verdict(failure.case), _complete(failure.case.error or "", failure.omitted), ""
        for passage in failure.passages:
            yield f"{failure.case.name}: {passage.name}", _complete(passage.text, passage.omitted), ""
    for passage in diagnosis.passages:
        heading = f"{passage.kind.heading}: {passage.name}" if passage.kind.heading else passage.name
        language = {"gherkin": "gherkin", "spec": "ts"}.get(passage.kind, "")
        yield heading, _complete(passage.text, passage.omitted), language


def _complete(text: str, omitted: int) -> str:
    return plain(text).strip("\n") + (f"\n… {omitted:,} more characters" if omitted else "")


def _about(run: Run) -> str:
    return f"{headline(run)} · {state_word(run)}"


def _verdict(case: Case) -> str:
    took = "" if case.duration_ms is None else f" after {duration(case.duration_ms / 1000)}"
    return f"{case.name}: {case.status}{took}"


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|" else char for char in text)


def _fenced(text: str, language: str = "") -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"
