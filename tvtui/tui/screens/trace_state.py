"""What the trace screen shows, derived from a trace and what the user asked for; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum

from rich.cells import cell_len
from textual.content import Content

from tvtui.text.format import duration, many
from tvtui.trace import HIDDEN, Kind, Step, Trace
from tvtui.trace.texts import CAUGHT, is_caught
from tvtui.tui.screens.trace_lists import (
    RequestSort,
)
from tvtui.tui.screens.trace_time import TimeCells, marks_of
from tvtui.tui.widgets.step_tree import StepRow
from tvtui.tui.widgets.styled_line import fit

_LONG = 0.3
"""The share of the whole time from which a step's duration is emphasized."""


_ROOM_FOR_STEP, _ROOM_FOR_FAILURE = 40, 100
"""Columns of the title from which it has the place of the selected step, and of the only failure."""


class Shown(IntEnum):
    """Which kinds of steps are shown unless they failed; each one with those of the one before."""

    TEST = 0
    """What the test itself says, and its hooks."""
    GETTERS = 1
    """With getters, routes and configuration."""
    ALL = 2
    """With fixtures."""

    @property
    def following(self) -> Shown:
        """The next one in the cycle."""
        return Shown((self + 1) % len(Shown))


_NAMES_OF_HIDDEN = {
    Kind.FIXTURE: "fixture",
    Kind.GETTER: "getter",
    Kind.ROUTE: "route",
    Kind.CONFIGURATION: "setup step",
}


@dataclass(frozen=True)
class TraceQuery:
    """What the user asked for.

    Attributes:
        selected: The selected step; None before the first one is selected.
        open: The steps whose children are shown; None before anything was folded or unfolded: those above failures.
        shown: Which kinds of steps are shown.
        only_failed: Whether only steps with an error are shown.
        words: The filter, as typed.
        tab: The name of the part of the detail that is shown.
        frame: The index of the picture of the film that is shown; None: the picture of the selected step.
        sort: The order of the requests.
        only_failed_items: Whether the lists of the detail show only what failed.
        item_words: The filter of these lists, as typed.
        opened: The index of the line of a list that is shown in full; None: the list is shown.
        is_masked: Whether the values of secret headers and parameters are hidden.
    """

    selected: str | None = None
    open: frozenset[str] | None = None
    shown: Shown = Shown.TEST
    only_failed: bool = False
    words: str = ""
    tab: str = ""
    frame: int | None = None
    sort: RequestSort = RequestSort.FAILED
    only_failed_items: bool = False
    item_words: str = ""
    opened: int | None = None
    is_masked: bool = True


@dataclass(frozen=True)
class StepFilter:
    """A filter of steps.

    Attributes:
        words: All of them must be in the title or the subtitle.
        without: None of them may be there.
        failed: Whether the step must have failed (True), or not (False); None: either.
        longer: The step must have taken more seconds than that.
    """

    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    failed: bool | None = None
    longer: float = 0.0

    @classmethod
    def parse(cls, text: str) -> StepFilter:
        """Parse what the user typed: words, `!word`, `s:failed`, `s:passed`, `>1s`, `>200ms`."""
        words, without = [], []
        failed: bool | None = None
        longer = 0.0
        for word in text.casefold().split():
            if word.startswith("!"):
                without.append(word[1:])
            elif word.startswith("s:"):
                failed = True if "failed".startswith(word[2:]) and word[2:] else False if word[2:] else failed
            elif word.startswith(">"):
                longer = _seconds(word[1:])
            else:
                words.append(word)
        return cls(tuple(words), tuple(filter(None, without)), failed, longer)

    def matches(self, step: Step) -> bool:
        """Whether the filter lets a step through."""
        if self.failed is not None and self.failed is not (step.error is not None):
            return False
        if self.longer and (step.end is None or step.end - step.start <= self.longer):
            return False
        text = f"{step.title} {step.subtitle}".casefold()
        return all(word in text for word in self.words) and not any(word in text for word in self.without)

    def __bool__(self) -> bool:
        return bool(self.words or self.without or self.longer) or self.failed is not None


def _seconds(text: str) -> float:
    number, factor = (text[:-2], 0.001) if text.endswith("ms") else (text.removesuffix("s"), 1.0)
    try:
        return float(number) * factor
    except ValueError:
        return 0.0


@dataclass(frozen=True)
class TraceView:
    """Everything that follows from a trace and a `TraceQuery`.

    Attributes:
        query: The query, with the selected step that follows from it.
        rows: The steps that are shown.
        step: The selected step; None if the trace has none.
        place: Where it is: "step 5 of 9 · failure 1 of 1".
        found: How many steps the filter matched, as "2 of 41"; "" without a filter.
        note: How many steps are hidden, and the key that shows them; "" if none are.
    """

    query: TraceQuery = field(default_factory=TraceQuery)
    rows: tuple[StepRow, ...] = ()
    step: Step | None = None
    place: str = ""
    found: str = ""
    note: str = ""


class Steps:
    """The steps of a trace as the tree needs them: what is asked for at every key is computed once.

    Attributes:
        trace: The trace.
        time: The cells of its time line.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self._steps = trace.steps
        self._around_failures = frozenset(_with_ancestors(trace, (each.id for each in _failed(trace))))
        self._marks = marks_of(trace)
        self.time = TimeCells(trace)
        self._above_failures = frozenset(
            each for each in _with_ancestors(trace, trace.failures) if each not in trace.failures
        )
        self._numbers = {step.id: number for number, step in enumerate(self._visible(Shown.TEST), 1)}
        self._failure_numbers = {each: number for number, each in enumerate(trace.failures, 1)}
        self._rows_made: dict[tuple[str, bool | None], StepRow] = {}

    @property
    def first_selected(self) -> str | None:
        """The step that is selected unless the user selects one: what ended the test, or else the last step."""
        if self.trace.failing is not None:
            return self.trace.failing
        return self.trace.failures[0] if self.trace.failures else next(reversed(self._numbers), None)

    def derive(self, query: TraceQuery, before: TraceView, key: Callable[[str], str]) -> TraceView:
        """What to show; `before` is what was shown until now, `key` gives the key of a binding's ID."""
        selected = query.selected if query.selected in self._steps else self.first_selected
        opened = self._above_failures if query.open is None else query.open
        query = replace(query, selected=selected, open=opened)
        if before.rows and _asks_for_rows(query) == _asks_for_rows(before.query):
            rows, found, note = before.rows, before.found, before.note
        else:
            rows, found = self._rows(query)
            note = self._note(query, key)
        step = None if selected is None else self._steps[selected]
        return TraceView(query, rows, step, self._place(selected), found, note)

    def is_in(self, step_id: str, group_id: str) -> bool:
        """Whether a step is below another one."""
        above = self._steps[step_id].parent
        while above is not None and above != group_id:
            above = self._steps[above].parent
        return above is not None

    def below(self, step_id: str) -> Iterator[str]:
        """A step and all below it that have children."""
        waiting = [step_id]
        while waiting:
            step = self._steps[waiting.pop()]
            if step.children:
                yield step.id
                waiting += step.children

    def above(self, step_id: str) -> frozenset[str]:
        """All steps above a step."""
        return frozenset(_with_ancestors(self.trace, [step_id])) - {step_id}

    def _place(self, selected: str | None) -> str:
        parts = []
        if (number := self._numbers.get(selected or "")) is not None:
            parts.append(f"step {number:,} of {len(self._numbers):,}")
        if (number := self._failure_numbers.get(selected or "")) is not None:
            parts.append(f"failure {number:,} of {len(self._failure_numbers):,}")
        return " · ".join(parts)

    def _is_shown(self, step: Step, shown: Shown) -> bool:
        if step.kind not in HIDDEN or step.id in self._around_failures or shown is Shown.ALL:
            return True
        return shown is Shown.GETTERS and step.kind is not Kind.FIXTURE

    def _visible(self, shown: Shown) -> Iterator[Step]:
        """The steps that are shown when all is unfolded, in the order of the tree: parents come first in a trace."""
        hidden: set[str] = set()
        for step in self._steps.values():
            if step.parent in hidden or not self._is_shown(step, shown):
                hidden.add(step.id)
            else:
                yield step

    def next_shown(self, shown: Shown) -> Shown:
        """The next choice in the cycle that shows other steps than this one, or the first if there is none."""
        counts = {each: sum(1 for _ in self._visible(each)) for each in Shown}
        following = shown.following
        while following is not Shown.TEST and counts[following] == counts[shown]:
            following = following.following
        return following

    def _note(self, query: TraceQuery, key: Callable[[str], str]) -> str:
        counts = Counter(step.kind for step in self._steps.values() if not self._is_shown(step, query.shown))
        if not counts:
            return ""
        names = [many(counts[kind], name) for kind, name in _NAMES_OF_HIDDEN.items() if counts[kind]]
        hidden = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
        return f"{hidden} hidden ({key('trace.kinds')} shows them)"

    def _rows(self, query: TraceQuery) -> tuple[tuple[StepRow, ...], str]:
        wanted = StepFilter.parse(query.words)
        if not wanted and not query.only_failed:
            return tuple(self._walk(query.shown, query.open or frozenset(), None)), ""
        shown = list(self._visible(query.shown))
        found = [step for step in shown if wanted.matches(step) and not (query.only_failed and step.error is None)]
        among = frozenset(_with_ancestors(self.trace, (step.id for step in found)))
        count = f"{len(found):,} of {len(shown):,}" if wanted else ""
        return tuple(self._walk(Shown.ALL, among, among)), count

    def _walk(self, shown: Shown, opened: frozenset[str], among: frozenset[str] | None) -> Iterator[StepRow]:
        """The rows of all steps that are shown; with `among`, of these steps only."""

        def is_shown(step_id: str) -> bool:
            return step_id in among if among is not None else self._is_shown(self._steps[step_id], shown)

        # with a stack of its own, as traces can be nested deeper than Python calls
        waiting = [(each, 0) for each in reversed(self.trace.roots) if is_shown(each)]
        while waiting:
            step_id, depth = waiting.pop()
            step = self._steps[step_id]
            is_open = step_id in opened
            children = [each for each in step.children if is_shown(each)]
            key = step_id, is_open if children else None
            # the depth of a step is always the same
            row = self._rows_made.get(key) or self._rows_made.setdefault(key, self._row(step, depth, key[1]))
            yield row
            if is_open:
                waiting += [(each, depth + 1) for each in reversed(children)]

    def _row(self, step: Step, depth: int, is_open: bool | None) -> StepRow:
        has_failed = step.error is not None or (is_open is False and step.id in self._around_failures)
        state, tone = ("✗", "failed") if has_failed else ("✓", "passed") if step.end is not None else ("…", "open")
        seconds = None if step.end is None else step.end - step.start
        return StepRow(
            step.id,
            depth,
            is_open,
            state,
            tone,
            step.title,
            " · ".join(filter(None, (step.subtitle, CAUGHT if is_caught(self.trace, step) else ""))),
            self._marks.get(step.id, ()),
            "cut off" if seconds is None else duration(seconds),
            seconds is not None and self.trace.seconds > 0 and seconds >= _LONG * self.trace.seconds,
        )


def _asks_for_rows(query: TraceQuery) -> tuple[object, ...]:
    return query.open, query.shown, query.only_failed, query.words


def _failed(trace: Trace) -> Iterator[Step]:
    return (step for step in trace.steps.values() if step.error is not None)


def _with_ancestors(trace: Trace, step_ids: Iterator[str] | tuple[str, ...] | list[str]) -> set[str]:
    found: set[str] = set()
    for each in step_ids:
        here: str | None = each
        while here is not None and here not in found:
            found.add(here)
            here = trace.steps[here].parent
    return found


def title_line(trace: Trace, name: str, view: TraceView, width: int, *, progress: float | None = None) -> Content:
    """The title: what failed, where, in which browser; at the right where the selection is and how long it took.

    A number behind a warning sign counts the notes of the trace. `progress` is the share of the rest that has been
    read; None if all has been.
    """
    size = "" if trace.viewport is None else " {:g}×{:g}".format(*trace.viewport)
    where, _, title = trace.title.rpartition(" › ") if " › " in trace.title else ("", "", trace.title)
    where = where.partition(" › ")[0]
    left = [part for part in (title or name, where, f"{trace.browser}{size}".strip()) if part]
    step, _, failure = view.place.partition(" · ")
    parts = [
        "" if progress is None else f"reading {progress:.0%}",
        step if width >= _ROOM_FOR_STEP else "",
        failure if width >= _ROOM_FOR_FAILURE or len(trace.failures) > 1 else "",
        duration(trace.seconds) if width >= _ROOM_FOR_STEP else "",
    ]
    right = " · ".join(filter(None, parts))
    sign = Content("✗ ").stylize("bold $text-error") if trace.failures else Content("✓ ").stylize("$text-success")
    if notes := len(trace.notes):
        sign += Content(f"⚠{notes} ").stylize("$text-warning")
    room = width - sign.cell_length - cell_len(right)
    text = fit(" · ".join(left), max(0, room - 3))
    gap = max(1, room - cell_len(text))
    return Content.assemble(sign, Content(text).stylize("bold"), " " * gap, Content(right).stylize("$foreground-muted"))
