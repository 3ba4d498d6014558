"""A tile of the board as lines of styled parts, drawn as large as fits; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple

from textual.content import Content

from tvtui.testvibe.models import Case, Outcome
from tvtui.tui.widgets import big_letters
from tvtui.tui.widgets.big_letters import Size
from tvtui.tui.widgets.board_content import (
    TileContent,
    contact_of,
    left_of,
    outcomes_of,
    state_of,
    time_of,
    word_tone_of,
)
from tvtui.tui.widgets.styled_line import Part, cells_of, cut, fit, justified
from tvtui.tui.widgets.summary_content import outcome_bar
from tvtui.view.labels import SYMBOLS, site_name
from tvtui.view.messages import first_error_line
from tvtui.watch.events import Snapshot

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
    return draw_alike([content], now, width, height)[0]


def draw_alike(contents: Sequence[TileContent], now: float, width: int, height: int) -> list[Lines]:
    """Draw tiles of one size with the same plan and letters, so that they line up side by side."""
    margin = sum(width >= each for each in _MARGINS)
    room = width - 2 * margin
    planned = (_large(contents, now, room, height, plan) for plan in _PLANS)
    tiles = next(filter(None, planned), None) or [_small(each, now, room, height) for each in contents]
    indent = [(" " * margin, "text")] if margin else []
    drawn = []
    for lines in tiles:
        fitted = [line if cells_of(line) <= room else cut(line, room) for line in lines[:height]]
        drawn.append([[*indent, *line] for line in fitted] + [[] for _ in range(height - len(lines))])
    return drawn


def _large(contents: Sequence[TileContent], now: float, width: int, height: int, plan: _Plan) -> list[Lines]:
    """The tiles drawn by a plan; none if one of them does not fit."""
    if width < plan.narrowest:
        return []
    states, shows_time = _states(contents, now, width, plan)
    names, counts = _names(contents, width, plan), _counts(contents, width, plan)
    feet = _feet(contents, now, width, plan, shows_time=shows_time)
    gap: Lines = [[]] if plan.is_airy else []
    drawn = []
    for content, state, name, counted, foot in zip(contents, states, names, counts, feet, strict=True):
        head = [*gap, *state, *gap, *name, *(gap if counted else []), *counted]
        lines = _assembled(content, head, foot, (width, height), plan)
        if not lines:
            return []
        drawn.append(lines)
    return drawn


def _assembled(content: TileContent, head: Lines, foot: Lines, size: tuple[int, int], plan: _Plan) -> Lines:
    """A tile with its failure between head and foot, and an error below; empty if it does not fit."""
    width, height = size
    gap: Lines = [[]] if plan.is_airy else []
    if plan.is_airy and content.failure is not None:
        place = f"failure {content.number} of {content.failures}" if content.failures > 1 else ""
        place = " · ".join(filter(None, (place, content.new)))
        head = [*head, [(place, "muted")]]
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
    foot = [*foot, *([(line, "warning")] for line in _wrapped(trouble, width, rows)), *gap]
    room = height - len(head) - len(foot)
    failure = _failure(content, width, room, plan)
    return [*head, *failure, *([] for _ in range(room - len(failure))), *foot]


def _states(contents: Sequence[TileContent], now: float, width: int, plan: _Plan) -> tuple[list[Lines], bool]:
    """The states, each with its run's time at the right, and whether there was room for the times."""
    texts = [" ".join(state_of(content)) for content in contents]
    sizes = [each for each in _sizes_from(plan.word) if each.cells >= Size.LARGE.cells]
    # room for a long time is reserved, so that nothing moves when the time grows
    room = width - _BETWEEN - Size.MEDIUM.width(_LONG_TIME)
    size = big_letters.largest(texts, room, sizes)
    if size is Size.TEXT:
        size = big_letters.largest(texts, width, _sizes_from(plan.word))
    drawn = [
        _block(fit(text, width), size, word_tone_of(content)) for text, content in zip(texts, contents, strict=True)
    ]
    times = [time_of(content, now) for content in contents]
    left = width - max(map(size.width, texts)) - _BETWEEN
    longest = max([_LONG_TIME, *times], key=len)
    beside = big_letters.largest([longest], left, _sizes_from(Size.LARGE if plan.counts is Size.HUGE else plan.counts))
    if not any(times) or max(map(beside.width, times)) > left or beside.head_rows > size.head_rows:
        return drawn, not any(times)
    for rows, time in zip(drawn, times, strict=True):
        # state and time have the same bottom line
        for y, right in enumerate(_by_letters(time, beside, "text"), start=size.head_rows - beside.head_rows):
            rows[y] = justified(rows[y], right, width)
    return drawn, True


def _names(contents: Sequence[TileContent], width: int, plan: _Plan) -> list[Lines]:
    """The names of the runs, with what else is known of each run, all in the same number of rows."""
    names = [None if each.run is None else each.run.feature_name for each in contents]
    titles = [name or f"Run {content.run_id}" for name, content in zip(names, contents, strict=True)]
    large = [] if plan.name is Size.TEXT else [title for title in titles if big_letters.can_be_drawn(title)]
    size, most = big_letters.largest(large, width, _sizes_from(plan.name)[:-1]), 1
    if size is Size.TEXT:
        size, most = Size.MEDIUM, _NAME_LINES
    drawn: list[Lines] = []
    for content, name, title in zip(contents, names, titles, strict=True):
        known = [f"run {content.run_id}" if name else "", f"key {content.key}" if content.key else ""]
        if content.run is not None:
            known += [content.run.config or "", site_name(content.run)]
        rest = " · ".join(filter(None, known))
        lines = _in_large(title, size, width, size.rows * most, "text") if title in large else []
        if not lines:
            drawn.append([[(title, "text-strong"), (f" · {rest}" if rest else "", "muted")]])
        else:
            drawn.append([*lines, [(rest, "muted")]] if plan.has_details else lines)
    rows = max(map(len, drawn))
    return [[*lines, *([] for _ in range(rows - len(lines)))] for lines in drawn]


def _counts(contents: Sequence[TileContent], width: int, plan: _Plan) -> list[Lines]:
    """The number of tests by outcome: symbol and count, with the word below; empty for a run without tests."""
    counted: dict[int, Snapshot] = {}
    for place, content in enumerate(contents):
        seen = content.snapshot
        if seen is not None and (seen.run.tests or any(seen.run.counts)):
            counted[place] = seen
    outcomes = [list(outcomes_of(contents[place])) for place in counted]
    in_all = [f"{seen.finished:,} so far" if seen.total is None else f"of {seen.total:,}" for seen in counted.values()]
    drawn = _text_counts(outcomes, in_all, width)
    for size, is_close in product(_sizes_from(plan.counts)[:-1], (False, True)):
        rows = [_large_counts(each, size, is_close=is_close) for each in outcomes]
        if any(cells_of(blocks[0]) > width for blocks, _ in rows):
            continue
        drawn = [blocks for blocks, _ in rows]
        if plan.has_details:
            all_fit = all(cells_of(words) + len(every) < width for (_, words), every in zip(rows, in_all, strict=True))
            drawn = [
                [
                    *blocks,
                    justified(words, [(every, "muted")] if all_fit else [], width),
                    list(outcome_bar(seen, width)),
                ]
                for (blocks, words), every, seen in zip(rows, in_all, counted.values(), strict=True)
            ]
        break
    by_place = dict(zip(counted, drawn, strict=True))
    return [by_place.get(place, []) for place in range(len(contents))]


def _large_counts(outcomes: Sequence[tuple[str, str, int]], size: Size, *, is_close: bool) -> tuple[Lines, list[Part]]:
    """Marks and counts in large letters, and the words for the line below."""
    # a mark never touches its number, and is nearer to it than to the next mark
    behind_mark = size.gap * 2 if is_close else size.cells
    apart = size.gap + size.cells if is_close else size.cells * 2
    rooms = [size.cells + behind_mark + size.width(f"{count:,}") + apart for _, _, count in outcomes]
    blocks: list[Lines] = []
    words: Lines = []
    for symbol, word, count in outcomes:
        tone = word if count else "muted"
        mark = big_letters.draw(symbol, size, has_tails=False)
        number = _block(f"{count:,}", size, tone)
        blocks.append([[(one + " " * behind_mark, tone), *two] for one, two in zip(mark, number, strict=True)])
        words.append([(word, tone)])
    return [_beside([block[y] for block in blocks], rooms) for y in range(size.head_rows)], _beside(words, rooms)


def _text_counts(outcomes: Sequence[list[tuple[str, str, int]]], in_all: Sequence[str], width: int) -> list[Lines]:
    """The counts as text, with their words and the number of all tests if these fit in every tile."""
    rows: Lines = []
    for each in outcomes:
        row: list[Part] = []
        for symbol, word, count in each:
            row += [(f"{symbol} {count:,} {word}", word if count else "muted"), ("  ", "text")]
        rows.append(row)
    if any(cells_of(row[:-1]) > width for row in rows):
        spaced = [_short_counts(each, between=" ") for each in outcomes]
        return (
            [[row] for row in spaced]
            if all(cells_of(row) <= width for row in spaced)
            else [[_short_counts(each)] for each in outcomes]
        )
    if any(cells_of(row) + len(every) > width for row, every in zip(rows, in_all, strict=True)):
        return [[row] for row in rows]
    return [[[*row, (every, "muted")]] for row, every in zip(rows, in_all, strict=True)]


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
    name = content.failure_name
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


def _feet(contents: Sequence[TileContent], now: float, width: int, plan: _Plan, *, shows_time: bool) -> list[Lines]:
    """How fresh the data are and how long the runs will take, with the times at the right if they had no room above."""
    size, contacts = _contacts(contents, now, width, plan)
    feet = [_block(fit(text, width), size, tone, has_tails=True) for text, tone in contacts]
    times = ["" if shows_time else time_of(content, now) for content in contents]
    if all(cells_of(foot[-1]) + len(time) + 2 <= width for foot, time in zip(feet, times, strict=True) if time):
        for foot, time in zip(feet, times, strict=True):
            foot[-1] = justified(foot[-1], [(time, "text")], width) if time else foot[-1]
    return feet


def _contacts(contents: Sequence[TileContent], now: float, width: int, plan: _Plan) -> tuple[Size, list[Part]]:
    """How fresh the data are, and the time left if it takes no smaller letters: it says that they are live, too."""
    contacts = [contact_of(content, now) for content in contents]
    left = [left_of(content, now) for content in contents]
    size = big_letters.largest([text for text, _ in contacts], width, _sizes_from(plan.foot))
    if any(left):
        both = [_with_left(contact, more) for contact, more in zip(contacts, left, strict=True)]
        only = [(more or text, tone) for (text, tone), more in zip(contacts, left, strict=True)]
        for parts in (both, only):
            if all(size.width(text) <= width for text, _ in parts):
                return size, parts
    return size, contacts


def _with_left(contact: Part, left: str) -> Part:
    return (f"{contact[0]} · {left}" if left else contact[0], contact[1])


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
    if counts := _short_counts(outcomes_of(content), with_zeros=False):
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
    contact = _with_left(contact_of(content, now), left_of(content, now))
    if cells_of([contact]) > width:
        contact = contact_of(content, now)
    if contact[1] == "warning" or height < 3:
        lines.append(about if contact[1] != "warning" and is_named else [contact])
    if content.failure is not None:
        lines += [
            [(f"{_CROSS} {content.failure_name}", "failed-strong")],
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


def _short_counts(
    outcomes: Iterable[tuple[str, str, int]], *, with_zeros: bool = True, between: str = ""
) -> list[Part]:
    """The counts without their words, `✓10 ✗6 ?2`, with `between` between mark and number."""
    row: list[Part] = []
    for symbol, word, count in outcomes:
        if count or with_zeros:
            row += [(f" {between}", "text")] if row else []
            row.append((f"{symbol}{between}{count:,}", word if count else "muted"))
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
