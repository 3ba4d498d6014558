"""What a trace says about one step, as text: the error, the log, the source, and what came just before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tvtui.text.clean import plain
from tvtui.text.format import duration
from tvtui.text.markdown import escaped, fenced
from tvtui.trace import Trace, failing
from tvtui.trace.call_log import folded, shortened
from tvtui.trace.console import time_of
from tvtui.trace.faults import Fault
from tvtui.trace.records import Call, ConsoleLine, Phase, PictureRef, Place, Request, Source, Step

_LINES_AROUND = 3
_CALL_LOG = "\nCall log:\n"
"""The line of Playwright's errors after which their log begins."""


class StepFacts(NamedTuple):
    """What is read from a trace when a step is selected.

    Attributes:
        step: The step.
        call: Its parameters and its log.
        source: The lines around its place; None if it has no place, a sentence if they are not in the trace.
        before: The last warning, error or failed request before its end.
        nearest: Elements of the page that resemble what the step was looking for.
        picture: What the page looked like at its end, or why there is no picture; None before it was read.
        has_page: Whether the page can be shown as text.
        is_missing: Whether the step waited for an element that was never found.
    """

    step: Step
    call: Call = Call()
    source: Source | Fault | None = None
    before: ConsoleLine | Request | None = None
    nearest: tuple[str, ...] = ()
    picture: PictureRef | Fault | None = None
    has_page: bool = False
    is_missing: bool = False


def place_of(step: Step) -> Place | None:
    """Where a step stands in the test: its own place, or that of its error."""
    return step.place or (step.error.place if step.error is not None else None)


def step_block(facts: StepFacts) -> str:
    """Everything that is needed first: the error or the outcome, what came just before it, the source, what is near."""
    step = facts.step
    # the log, which has a part of its own, gives way to what says more
    error, log, lines = error_block(step).partition(_CALL_LOG)
    parts = [error or outcome(step)]
    if facts.call.params and step.error is None:
        parts.append("\n".join(f"{name}: {value}" for name, value in facts.call.params))
    parts.append(before_block(step, facts.before))
    parts.append(source_block(facts, _LINES_AROUND))
    parts.append(nearest_block(facts.nearest, is_missing=facts.is_missing))
    parts.append(f"{log}{lines}".strip("\n"))
    return "\n\n".join(part.rstrip() for part in parts if part)


def error_block(step: Step) -> str:
    """The error of a step with the log in it; "" if it has none."""
    return "" if step.error is None else shortened(step.error.text)


def outcome(step: Step) -> str:
    """How a step ended, in a sentence."""
    if step.error is not None:
        return f"Failed: {first_line(step.error.text)}"
    if step.end is None:
        return "Cut off: the trace does not say how it ended."
    return f"Passed in {duration(step.end - step.start)}."


CAUGHT = "caught by the test"
"""Of a step that failed in a trace in which nothing failed."""


def is_caught(trace: Trace, step: Step) -> bool:
    """Whether a step failed without the test failing by it."""
    return step.error is not None and not trace.failures


def sign(step: Step) -> str:
    """The symbol for how a step ended."""
    return "✗" if step.error is not None else "…" if step.end is None else "✓"


_RELEASES = {3: "1.15 to 1.31", 4: "1.32 to 1.38", 5: "1.39", 6: "1.40 to 1.44", 7: "1.45 to 1.52", 8: "1.53 to 1.62"}
_RELEASES |= {9: "1.63", 10: "1.64 or newer"}


def recorded_by(trace: Trace) -> str:
    """The version of Playwright; if it is unknown, those that write this format."""
    if trace.playwright:
        return f"Playwright {trace.playwright}"
    releases = _RELEASES.get(trace.version, "")
    return f"Playwright {releases} (format {trace.version})" if releases else f"format {trace.version}"


def before_block(step: Step, before: ConsoleLine | Request | None) -> str:
    """What came just before a step began or ended, in two lines; "" if nothing did."""
    if before is None:
        return ""
    when = time_of(before)
    if when < step.start:
        ago = f" ({duration(step.start - when)} before it began)"
    else:
        # without an end, nothing can be before it by some time
        ago = "" if step.end is None else f" ({duration(max(0.0, step.end - when))} before it ended)"
    return f"Just before it{ago}: {name_of(before)}\n{happening(before)}"


def name_of(event: ConsoleLine | Request) -> str:
    """What happened, in a few words: "console warning", "page error", "failed request"."""
    if isinstance(event, Request):
        return "failed request" if event.failed else "request"
    return _NAMES.get(event.level, f"console {event.level}")


_NAMES = {"pageerror": "page error", "dialog": "dialog", "stdout": "output", "stderr": "error output"}


def happening(event: ConsoleLine | Request) -> str:
    """A line of the console or a request, in one line with its symbol."""
    if isinstance(event, ConsoleLine):
        sign = "⚠" if event.level == "warning" else "✗" if event.level in {"error", "pageerror"} else "·"
        return f"{sign} {first_line(event.text)}"
    answer = event.failure or ("no answer" if event.status is None else str(event.status))
    return f"{'↯' if event.failed else '·'} {event.method} {event.url} {answer}"


def source_block(facts: StepFacts, around: int | None = None) -> str:
    """The source of a step with its line marked, as a code frame; a sentence if the trace has none.

    `around` limits it to that many lines before and after.
    """
    place, source = place_of(facts.step), facts.source
    if place is None:
        return ""
    head = short_place(place)
    if not isinstance(source, Source):
        return head if source is None else f"{head}\n{source}"
    marked = place.line - source.first
    start, stop = 0, len(source.lines)
    if around is not None:
        start, stop = max(0, marked - around), marked + around + 1
    width = len(str(source.first + stop))
    lines = []
    for number, line in enumerate(source.lines[start:stop], source.first + start):
        lines.append(f"{'>' if number == place.line else ' '} {number:>{width}} | {line}".rstrip())
        if number == place.line and 0 < place.column <= len(line):
            lines.append(f"  {'':>{width}} | {' ' * (place.column - 1)}^")
    return "\n".join([head, *lines])


def log_block(facts: StepFacts) -> str:
    """What Playwright logged during a step, repeated lines once, with the time since its start."""
    start = facts.step.start
    lines = []
    for line in folded(facts.call.log):
        time = "" if line.time is None else duration(max(0.0, line.time - start))
        lines.append(f"{time:>8}  {line.text}" if time else line.text)
    return "\n".join(lines)


def page_block(trace: Trace, step: Step) -> str:
    """The page at the end of a step as an outline, its target marked; reads the trace."""
    page = trace.page(step.id, Phase.AFTER)
    if isinstance(page, Fault):
        return page.text
    marks = dict.fromkeys(page.near, "≈") | dict.fromkeys(page.targets, "▶")
    outline = (f"{marks.get(index, ' ')} {line}" for index, line in enumerate(page.lines))
    near = nearest_block(page.nearest, is_missing=page.is_missing)
    return "\n\n".join(part for part in (f"From the {page.origin}.", near, "\n".join(outline)) if part)


def nearest_block(nearest: Sequence[str], *, is_missing: bool) -> str:
    """What on the page resembles a locator that was not found; "" if that is unknown."""
    if nearest:
        return "\n".join(["Nearest on the page:", *(f"  ≈ {each}" for each in nearest)])
    return "Nothing on the page resembles it." if is_missing else ""


def short_place(place: Place) -> str:
    """The last part of a file's path, line and column: "login.spec.js:21:55"."""
    return full_place(place).replace("\\", "/").rsplit("/", 1)[-1]


def full_place(place: Place) -> str:
    """The path as the trace has it, line and column: "/srv/shop/tests/login.spec.js:21:55"."""
    return ":".join(str(part) for part in (place.file, place.line, place.column) if part)


def full_title(step: Step) -> str:
    """What was done, and to what."""
    return f"{step.title}  {step.subtitle}".rstrip()


def first_line(text: str) -> str:
    """The first line of a block that says something, without colours."""
    return failing.first_line(text).strip()


def as_text(trace: Trace, facts: StepFacts) -> str:
    """A step to paste elsewhere: where it stands, its error, what came just before it, its log; without colours."""
    log = log_block(facts)
    blocks = [*_head(trace, facts.step), step_block(facts), f"Log:\n{log}" if log else ""]
    return plain("\n\n".join(block for block in blocks if block))


def as_markdown(trace: Trace, facts: StepFacts) -> str:
    """The same as Markdown: the foreign text stands in code blocks."""
    log = log_block(facts)
    title, *rest = map(escaped, _head(trace, facts.step))
    blocks = [f"### {title}", *rest, fenced(plain(step_block(facts)))]
    if log:
        blocks += ["Log:", fenced(plain(log))]
    return "\n\n".join(blocks)


def _head(trace: Trace, step: Step) -> list[str]:
    return [part for part in (trace.title, full_title(step)) if part]
