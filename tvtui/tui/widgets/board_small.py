"""What the board tells in small letters: text that is wrapped, and whole tiles that have no room for others; pure."""

from __future__ import annotations

from textual.content import Content

from tvtui.testvibe.models import Case
from tvtui.tui.widgets.big_letters import Size
from tvtui.tui.widgets.board_content import (
    TileContent,
    contact_of,
    outcomes_of,
    state_of,
    time_of,
    word_tone_of,
)
from tvtui.tui.widgets.styled_line import Part, cells_of, fit
from tvtui.view.messages import first_error_line

Lines = list[list[Part]]

STRONG = ("text", "warning", "running", "passed", "failed")
"""The tones that there is a bold kind of, for small letters; large ones need none."""


def small(face: TileContent, now: float, width: int, height: int) -> Lines:
    """Text alone: the state, then the contact if it is bad, then what failed, then what else there is room for."""
    symbol, word = state_of(face)
    tone = word_tone_of(face)
    number: Part = (f"#{face.run_id} ", "text-strong")
    first: list[Part] = [(f"{symbol} {word}", f"{tone}-strong" if tone in STRONG else tone)]
    is_named = height > 1 and face.run is not None
    if not is_named:
        first.insert(0, number)
    lines = [first]
    if counts := short_counts(face, tells_none=False):
        if height > 2 and cells_of(first) + 1 + cells_of(counts) > width:
            lines.append(counts)
        else:
            first += [(" ", "text"), *counts]
    time = time_of(face, now)
    if time and cells_of(first) + 1 + len(time) <= width:
        first += [(" ", "text"), (time, "text")]
    if height == 1:
        return lines
    name = "" if face.run is None else face.run.feature_name or ""
    about: list[Part] = [number, (name, "text")]
    contact = contact_of(face, now)
    if contact[1] == "warning" or height < 3:
        lines.append(about if contact[1] != "warning" and is_named else [contact])
    if face.failure is not None:
        lines += [[(f"✗ {face.failure.name}", "failed-strong")], [(error_of(face.failure, width), "text")]]
    spare = height - len(lines)
    if spare > 0 and is_named and about not in lines:
        lines.append(about)
    if spare > 1 and [contact] not in lines:
        lines.append([contact])
    if face.problem is not None:
        lines += [[(line, "warning")] for line in in_text(str(face.problem.error), width, height - len(lines))]
    return lines


def short_counts(face: TileContent, *, tells_none: bool = True) -> list[Part]:
    """The counts without their words: `✓10 ✗6 ?2`.

    Args:
        face: The run.
        tells_none: Whether also that none has passed or failed.
    """
    row: list[Part] = []
    for symbol, _, count, name in outcomes_of(face):
        if count or (tells_none and name != "other"):
            row += [(" ", "text")] if row else []
            row.append((f"{symbol}{count:,}", name if count else "muted"))
    return row


def error_of(case: Case, width: int, size: Size = Size.TEXT) -> str:
    """How a test's error begins; without a bare `Error: `, which says nothing, where it takes more than a line."""
    error = first_error_line(case)
    return error if size.width(error[: width + 1]) <= width else error.removeprefix("Error:").lstrip() or error


def in_text(text: str, width: int, most: int) -> list[str]:
    """Wrap text to at most so many lines; where they are too many the last is cut in the middle of a word."""
    if most < 1 or width < 1 or not text:
        return []
    # no more of a very long line is wrapped than can be shown
    text = text[: width * (most + 1)]
    lines = [line.plain for line in Content(text).wrap(width)]
    if len(lines) <= most:
        return lines
    for line in lines[: most - 1]:
        text = text[max(0, text.find(line)) + len(line) :]
    return [*lines[: most - 1], fit(text.lstrip(), width)]
