"""A tile of the board as lines of styled parts, drawn as large as fits; pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from textual.content import Content

from tvtui.testvibe.models import Case, Outcome
from tvtui.tui.widgets import big_letters
from tvtui.tui.widgets.big_letters import Size
from tvtui.tui.widgets.board_content import TileContent, contact_of, outcomes_of, state_of, time_of, word_tone_of
from tvtui.tui.widgets.styled_line import Part, cells_of, cut, fit, justified
from tvtui.tui.widgets.summary_content import outcome_bar
from tvtui.view.labels import SYMBOLS, site_name
from tvtui.view.messages import first_error_line

Lines = list[list[Part]]

_CROSS = SYMBOLS[Outcome.FAILED]

STRONG = ("text", "warning", "running", "passed", "failed")
"""The tones with a bold variant, for small letters; large ones need none."""

_MARGINS = (24, 50, 100)
"""The widths from which there is one more empty cell at the left and at the right."""

_WIDE = 70
"""The width from which names are drawn in large letters even where there are few rows."""

_FAIRLY_WIDE = 44
"""The width from which they are where there are enough; below it too few letters fit on a line."""

_NAME_LINES = 2
"""The most lines of a run's name in large letters."""

_BETWEEN = 4
"""Cells between the state and the time."""

_LONG_TIME = "59m 59s"
"""A time as long as most are."""


class _Plan(NamedTuple):
    """A layout: the largest letters for each piece, and what is left out."""

    word: Size
    name: Size
    counts: Size
    foot: Size
    for_failure: int
    """The least number of rows for a failing test."""
    narrowest: int
    """The width from which the plan applies."""
    is_airy: bool
    """Whether empty lines separate the pieces."""
    has_details: bool
    """Whether there is a line with number, configuration and site, and a bar with the shares of the outcomes."""


_PLANS = (
    _Plan(Size.HUGE, Size.LARGE, Size.HUGE, Size.MEDIUM, 14, _WIDE, is_airy=True, has_details=True),
    _Plan(Size.HUGE, Size.MEDIUM, Size.LARGE, Size.MEDIUM, 10, _WIDE, is_airy=True, has_details=True),
    _Plan(Size.BIG, Size.TEXT, Size.LARGE, Size.TEXT, 4, _WIDE, is_airy=True, has_details=True),
    _Plan(Size.LARGE, Size.MEDIUM, Size.LARGE, Size.MEDIUM, 8, _FAIRLY_WIDE, is_airy=True, has_details=True),
    _Plan(Size.LARGE, Size.TEXT, Size.LARGE, Size.TEXT, 2, 0, is_airy=True, has_details=True),
    _Plan(Size.MEDIUM, Size.TEXT, Size.MEDIUM, Size.TEXT, 2, 0, is_airy=False, has_details=False),
    _Plan(Size.MEDIUM, Size.TEXT, Size.TEXT, Size.TEXT, 2, 0, is_airy=False, has_details=False),
)
"""The roomiest first; the first plan in which everything fits is used."""


def draw(content: TileContent, now: float, width: int, height: int) -> Lines:
    """Draw a tile as `height` lines, each at most `width` cells wide; `now` is the clock of the watch."""
    margin = sum(width >= each for each in _MARGINS)
    room = width - 2 * margin
    drawn = (_large(content, now, room, height, plan) for plan in _PLANS)
    lines = next(filter(None, drawn), None) or _small(content, now, room, height)
    indent = [(" " * margin, "text")] if margin else []
    fitted = [line if cells_of(line) <= room else cut(line, room) for line in lines[:height]]
    return [[*indent, *line] for line in fitted] + [[] for _ in range(height - len(lines))]


def _large(content: TileContent, now: float, width: int, height: int, plan: _Plan) -> Lines:
    """The tile drawn by a plan; empty if it does not fit."""
    if width < plan.narrowest:
        return []
    gap: Lines = [[]] if plan.is_airy else []
    state, shows_time = _head(content, now, width, plan)
    head = [*gap, *state, *gap, *_name(content, width, plan)]
    if counted := _counts(content, width, plan):
        head += [*gap, *counted]
    foot = _foot(content, "" if shows_time else time_of(content, now), now, width, plan)
    if plan.is_airy and content.failure is not None:
        place = f"failure {content.number} of {content.failures}" if content.failures > 1 else ""
        head.append([(place, "muted")])
        foot = [[], *foot] if plan.foot is not Size.TEXT else foot
    trouble = "" if content.problem is None else content.problem.message
    needed = len(_wrapped(trouble, width, height))
    rows = min(needed, 3 if plan.narrowest else 2)
    spare = height - len(head) - len(foot) - len(gap) - (0 if content.failure is None else plan.for_failure) - rows
    if spare < 0:
        return []
    # the error is shown completely, as far as nothing else needs the rows
    rows = min(needed, rows + spare)
    if rows < needed and plan.is_airy and not plan.narrowest:
        return []
    foot += [*([(line, "warning")] for line in _wrapped(trouble, width, rows)), *gap]
    room = height - len(head) - len(foot)
    failure = _failure(content, width, room, plan)
    return [*head, *failure, *([] for _ in range(room - len(failure))), *foot]


def _head(content: TileContent, now: float, width: int, plan: _Plan) -> tuple[Lines, bool]:
    """The state with the run's time at the right, and whether there was room for the time."""
    symbol, word = state_of(content)
    text = f"{symbol} {word}"
    sizes = [each for each in _sizes_from(plan.word) if each.cells >= Size.LARGE.cells]
    # room for a long time is reserved, so that nothing moves when the time grows
    room = width - _BETWEEN - Size.MEDIUM.width(_LONG_TIME)
    size = big_letters.largest(text, room, sizes)
    if size is Size.TEXT:
        size = big_letters.largest(text, width, _sizes_from(plan.word))
    drawn = _block(fit(text, width), size, word_tone_of(content))
    time = time_of(content, now)
    left = width - size.width(text) - _BETWEEN
    longer = max(time, _LONG_TIME, key=len)
    beside = big_letters.largest(longer, left, _sizes_from(Size.LARGE if plan.counts is Size.HUGE else plan.counts))
    if not time or beside.width(time) > left or beside.head_rows > len(drawn):
        return drawn, not time
    at_right = _by_letters(time, beside, "text")
    # both have the same bottom line
    above = len(drawn) - len(at_right)
    rows = [justified(row, at_right[y - above], width) if y >= above else row for y, row in enumerate(drawn)]
    return rows, True


def _name(content: TileContent, width: int, plan: _Plan) -> Lines:
    run = content.run
    feature = None if run is None else run.feature_name
    name = feature or f"Run {content.run_id}"
    known = [f"run {content.run_id}" if feature else ""]
    if run is not None:
        known += [run.config or "", site_name(run)]
    rest = " · ".join(filter(None, known))
    lines: Lines = []
    if plan.name is not Size.TEXT and big_letters.can_be_drawn(name):
        size = big_letters.largest(name, width, _sizes_from(plan.name)[:-1])
        most = 1
        if size is Size.TEXT:
            size, most = Size.MEDIUM, _NAME_LINES
        lines = _in_large(name, size, width, size.rows * most, "text")
    if not lines:
        return [[(name, "text-strong"), (f" · {rest}" if rest else "", "muted")]]
    return [*lines, [(rest, "muted")]] if plan.has_details else lines


def _counts(content: TileContent, width: int, plan: _Plan) -> Lines:
    """The number of tests by outcome: symbol and count, with the word below."""
    snapshot = content.snapshot
    if snapshot is None or not (snapshot.run.tests or any(snapshot.run.counts)):
        return []
    outcomes = list(outcomes_of(content))
    in_all = f"{snapshot.finished:,} so far" if snapshot.total is None else f"of {snapshot.total:,}"
    for size, (between, letters) in product(_sizes_from(plan.counts)[:-1], ((" ", 2), (" ", 1), ("", 1))):
        texts = [f"{symbol}{between}{count:,}" for symbol, _, count in outcomes]
        gap = size.cells * letters
        if sum(map(size.width, texts)) + gap * (len(texts) - 1) > width:
            continue
        tones = [word if count else "muted" for _, word, count in outcomes]
        blocks = [_block(text, size, tone) for text, tone in zip(texts, tones, strict=True)]
        rooms = [size.width(text) + gap for text in texts]
        lines = [_beside([block[y] for block in blocks], rooms) for y in range(size.head_rows)]
        if plan.has_details:
            words = _beside([[(word, tone)] for (_, word, _), tone in zip(outcomes, tones, strict=True)], rooms)
            lines.append(justified(words, [(in_all, "muted")] if cells_of(words) + len(in_all) < width else [], width))
            lines.append(list(outcome_bar(snapshot, width)))
        return lines
    row: list[Part] = []
    for symbol, word, count in outcomes:
        row += [(f"{symbol} {count:,} {word}", word if count else "muted"), ("  ", "text")]
    if cells_of(row[:-1]) > width:
        return [_short_counts(content)]
    return [[*row, (in_all, "muted")] if cells_of(row) + len(in_all) <= width else row]


def _beside(cells: Sequence[list[Part]], rooms: Sequence[int]) -> list[Part]:
    """The cells side by side, each but the last one padded to its room."""
    row: list[Part] = []
    for cell, room in zip(cells, rooms, strict=True):
        row += [*cell, (" " * (room - cells_of(cell)), "text")]
    return row[:-1]


def _failure(content: TileContent, width: int, room: int, plan: _Plan) -> Lines:
    """The failing test and the beginning of its error, both as large as fits."""
    if content.failure is None or room < 1:
        return []
    name = content.failure.name
    if room < 6 or (width < _WIDE and plan.name is Size.TEXT):
        error = _error_of(content.failure, width)
        lines: Lines = [[(line, "failed-strong")] for line in _wrapped(f"{_CROSS} {name}", width, max(1, room - 2))]
        return [*lines, *([(line, "text")] for line in _wrapped(error, width, max(0, room - len(lines))))]
    error = _error_of(content.failure, width, Size.MEDIUM)
    for size in (Size.LARGE, Size.MEDIUM):
        drawn = _in_large(name, size, width, room - Size.MEDIUM.rows, "failed")
        below = _in_large(error, Size.MEDIUM, width, room - len(drawn), "text") if drawn else []
        if drawn and (below or not error):
            return [*drawn, *below]
    # not both completely: the name matters more
    drawn = _in_large(name, Size.MEDIUM, width, room - 3, "failed", may_cut=True)
    if not drawn:
        drawn = [[(line, "failed-strong")] for line in _wrapped(f"{_CROSS} {name}", width, max(1, room - 3))]
    left = room - len(drawn)
    below = _in_large(error, Size.MEDIUM, width, left, "text", may_cut=width >= _WIDE)
    return [*drawn, *(below or [[(line, "text")] for line in _wrapped(error, width, left)])]


def _foot(content: TileContent, time: str, now: float, width: int, plan: _Plan) -> Lines:
    """How fresh the data are, with the time at the right if it had no room above."""
    text, tone = contact_of(content, now)
    size = big_letters.largest(text, width, _sizes_from(plan.foot))
    lines = _block(fit(text, width), size, tone, has_tails=True)
    if time and cells_of(lines[-1]) + len(time) + 2 <= width:
        lines[-1] = justified(lines[-1], [(time, "text")], width)
    return lines


def _in_large(text: str, size: Size, width: int, room: int, tone: str, *, may_cut: bool = False) -> Lines:
    """The text in large letters; empty if it does not fit (with `may_cut`: if not even one line does)."""
    most = room // size.rows
    if most < 1 or not text or not big_letters.can_be_drawn(text):
        return []
    lines = big_letters.cut(text, size, width, most) if may_cut else big_letters.wrapped(text, size, width, most)
    return [row for line in lines or () for row in _block(line, size, tone, has_tails=True)]


def _block(text: str, size: Size, tone: str, *, has_tails: bool = False) -> Lines:
    if size is Size.TEXT:
        return [[(text, _strong(tone))]]
    return [[(line[: size.width(text)], tone)] for line in big_letters.draw(text, size, has_tails=has_tails)]


def _strong(tone: str) -> str:
    return f"{tone}-strong" if tone in STRONG else tone


def _by_letters(text: str, size: Size, tone: str) -> Lines:
    """The same with each letter a part of its own, so that a tick changes only the last ones."""
    blocks = [_block(letter, size, tone) for letter in text]
    gap: list[Part] = [] if size is Size.TEXT else [(" " * size.gap, tone)]
    rows: Lines = []
    for y in range(size.head_rows):
        parts = [part for block in blocks for part in (*block[y], *gap)]
        rows.append(parts[:-1] if gap else parts)
    return rows


def _sizes_from(size: Size) -> list[Size]:
    sizes = list(Size)
    return sizes[sizes.index(size) :]


def _small(content: TileContent, now: float, width: int, height: int) -> Lines:
    """Text only: the state, the contact if it is bad, the failure, then whatever else fits."""
    symbol, word = state_of(content)
    tone = word_tone_of(content)
    number: Part = (f"#{content.run_id} ", "text-strong")
    first: list[Part] = [(f"{symbol} {word}", _strong(tone))]
    is_named = height > 1 and content.run is not None
    if not is_named:
        first.insert(0, number)
    lines = [first]
    if counts := _short_counts(content, with_zeros=False):
        if height > 2 and cells_of(first) + 1 + cells_of(counts) > width:
            lines.append(counts)
        else:
            first += [(" ", "text"), *counts]
    time = time_of(content, now)
    if time and cells_of(first) + 1 + len(time) <= width:
        first += [(" ", "text"), (time, "text")]
    if height == 1:
        return lines
    name = "" if content.run is None else content.run.feature_name or ""
    about: list[Part] = [number, (name, "text")]
    contact = contact_of(content, now)
    if contact[1] == "warning" or height < 3:
        lines.append(about if contact[1] != "warning" and is_named else [contact])
    if content.failure is not None:
        lines += [
            [(f"{_CROSS} {content.failure.name}", "failed-strong")],
            [(_error_of(content.failure, width), "text")],
        ]
    spare = height - len(lines)
    if spare > 0 and is_named and about not in lines:
        lines.append(about)
    if spare > 1 and [contact] not in lines:
        lines.append([contact])
    if content.problem is not None:
        lines += [[(line, "warning")] for line in _wrapped(content.problem.message, width, height - len(lines))]
    return lines


def _short_counts(content: TileContent, *, with_zeros: bool = True) -> list[Part]:
    """The counts without their words, `✓10 ✗6 ?2`; with zeros only for passed and failed."""
    row: list[Part] = []
    for symbol, word, count in outcomes_of(content):
        if count or with_zeros:
            row += [(" ", "text")] if row else []
            row.append((f"{symbol}{count:,}", word if count else "muted"))
    return row


def _error_of(case: Case, width: int, size: Size = Size.TEXT) -> str:
    """The first line of a test's error, without a leading `Error:` if it is too long."""
    error = first_error_line(case)
    return error if size.width(error[: width + 1]) <= width else error.removeprefix("Error:").lstrip() or error


def _wrapped(text: str, width: int, most: int) -> list[str]:
    """Wrap text to at most `most` lines; if there are more, the last one is cut within a word."""
    if most < 1 or width < 1 or not text:
        return []
    # only as much of a very long line is wrapped as can be shown
    text = text[: width * (most + 1)]
    lines = [line.plain for line in Content(text).wrap(width)]
    if len(lines) <= most:
        return lines
    for line in lines[: most - 1]:
        text = text[max(0, text.find(line)) + len(line) :]
    return [*lines[: most - 1], fit(text.lstrip(), width)]
