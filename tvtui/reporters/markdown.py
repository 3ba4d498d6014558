"""One failure with its context, or a diagnosis, as plain text or Markdown for the clipboard; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tvtui.testvibe.models import Case, Run
from tvtui.text.clean import plain
from tvtui.text.format import duration
from tvtui.text.markdown import escaped, fenced
from tvtui.view.labels import headline, state_word
from tvtui.view.messages import names_of

if TYPE_CHECKING:
    from tvtui.view.diagnosis import Section
    from tvtui.view.grouping import Group


def as_text(run: Run, case: Case, command: str, log: Sequence[str] = (), *, history: str = "") -> str:
    """A failure as plain text: run, test, error without colours, its log, and how to watch the run again.

    Args:
        run: The run of the failure.
        case: The failed test.
        command: The command line that watches the run again.
        log: What the log of the run says of the test, line by line.
        history: What earlier runs say about it, in a few words.
    """
    parts = [_about(run), _with_history(case, history)]
    if case.error:
        parts.append(plain(case.error).strip("\n"))
    if log:
        parts.append("\n".join(["From the log:", *log]))
    return _joined([*parts, command])


def as_markdown(run: Run, case: Case, command: str, log: Sequence[str] = (), *, history: str = "") -> str:
    """The same as `as_text` in Markdown, for an issue or a chat."""
    # "#203" would become a link to an issue
    parts = [f"### {escaped(_with_history(case, history.replace('#', 'run ')))}", escaped(_about(run))]
    if case.error:
        parts.append(fenced(plain(case.error).strip("\n")))
    if log:
        parts += ["From the log:", fenced("\n".join(log))]
    return _joined([*parts, fenced(command, "sh")])


def group_as_text(run: Run, group: Group, command: str) -> str:
    """Failures with the same error as plain text: run, what they have in common, their names, the first one's error.

    Args:
        run: The run of the failures.
        group: The failures.
        command: The command line that watches the run again.
    """
    error = plain(group.rows[0].case.error or "").strip("\n")
    return _joined([_about(run), group.heading, "\n".join(names_of(group)), error, command])


def group_as_markdown(run: Run, group: Group, command: str) -> str:
    """The same as `group_as_text` in Markdown."""
    names = "\n".join(f"- {escaped(name)}" for name in names_of(group))
    error = fenced(plain(group.rows[0].case.error or "").strip("\n"))
    return _joined([f"### {escaped(group.heading)}", escaped(_about(run)), names, error, fenced(command, "sh")])


def diagnosis_as_text(run: Run, sections: Iterable[Section], command: str) -> str:
    """A whole diagnosis as plain text.

    Args:
        run: The run that was diagnosed.
        sections: The sections of its diagnosis, in order.
        command: The command line that watches the run again.
    """
    parts = [_about(run)]
    for heading, text, _ in _parts(sections):
        parts.append(f"== {heading} ==\n\n{text}" if text else f"== {heading} ==")
    return _joined([*parts, command])


def diagnosis_as_markdown(run: Run, sections: Iterable[Section], command: str) -> str:
    """The same as `diagnosis_as_text` in Markdown."""
    parts = [f"## {escaped(_about(run))}"]
    for heading, text, language in _parts(sections):
        parts.append(f"### {escaped(heading)}")
        parts += [fenced(text, language)] if text else []
    return _joined([*parts, fenced(command, "sh")])


def _joined(parts: list[str]) -> str:
    return "\n\n".join(parts) + "\n"


def section_as_text(section: Section) -> str:
    """One section as plain text: a failure with the name of its test, and any other text as it is."""
    parts = [(heading if section.failure else "", text) for heading, text, _ in _parts([section])]
    return _joined([part for both in parts for part in both if part])


def _parts(sections: Iterable[Section]) -> Iterator[tuple[str, str, str]]:
    """Heading, text without colours, and language of each part of the sections."""
    for section in sections:
        if (failure := section.failure) is not None:
            yield _verdict(failure.case), _complete(failure.case.error or "", failure.omitted), ""
            for text in failure.passages:
                yield f"{failure.case.name}: {text.name}", _complete(text.text, text.omitted), ""
        elif (passage := section.passage) is not None:
            kind = passage.kind.heading
            heading = f"{kind}: {passage.name}" if kind else passage.name
            language = {"gherkin": "gherkin", "spec": "ts"}.get(passage.kind, "")
            yield section.title if section.is_selected else heading, _complete(passage.text, passage.omitted), language


def _complete(text: str, omitted: int) -> str:
    return plain(text).strip("\n") + (f"\n… {omitted:,} more characters" if omitted else "")


def _about(run: Run) -> str:
    return f"{headline(run)} · {state_word(run)}"


def _with_history(case: Case, history: str) -> str:
    return f"{_verdict(case)} ({history})" if history else _verdict(case)


def _verdict(case: Case) -> str:
    took = "" if case.duration_ms is None else f" after {duration(case.duration_ms / 1000)}"
    return f"{case.name}: {case.status}{took}"
