"""The lines of the list of recorded runs: which columns there is room for, and how wide they are; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from rich.cells import cell_len

from tvtui.journal.run_list import RunKey, RunRow, ago, run_key
from tvtui.testvibe.models import Outcome, RunState
from tvtui.tui.widgets.styled_line import Part, fit, fit_path
from tvtui.view.labels import SYMBOLS

MARKED = "◆"
"""Marks the run that another one is compared with."""

_GAP = 2
_MARK_CELLS = 4
"""The mark, the symbol of the state, and a blank behind each."""

_LEAST_FEATURE, _READABLE_FEATURE = 12, 18
"""Cells for the name of the feature: configuration and site give way to the second number, other columns to the first.
"""

_TONES = {
    RunState.FAILED: "failed",
    RunState.PASSED: "passed",
    RunState.RUNNING: "running",
    RunState.QUEUED: "running",
    RunState.OTHER: "warning",
}
_TONE_OF_OUTCOME = {Outcome.FAILED: "failed", Outcome.PASSED: "passed", Outcome.FLAKY: "warning"}


class _Column(NamedTuple):
    """A column.

    Attributes:
        heading: Its heading.
        parts: What it shows of a run.
        most: The most cells that it takes.
        at_right: Whether its texts are at the right.
    """

    heading: str
    parts: Callable[[RunRow, datetime], Sequence[Part]]
    most: int
    at_right: bool = False


def _tests(row: RunRow, _now: datetime) -> Sequence[Part]:
    parts: list[Part] = []
    for outcome, number in row.outcomes.items():
        parts += [(" ", "")] if parts else []
        parts.append((f"{SYMBOLS[outcome]}{number:,}", _TONE_OF_OUTCOME.get(Outcome(outcome), "muted")))
    return parts or [("no tests", "muted")]


def _few_tests(row: RunRow, _now: datetime) -> Sequence[Part]:
    """Only what matters most: how many failed, of how many."""
    total, failed = row.head.counts[0], row.outcomes.get(Outcome.FAILED, 0)
    if not total and not failed:
        return [("–", "muted")]
    return [(f"✗{failed:,}", "failed"), (f" of {total:,}", "muted")] if failed else [(f"{total:,}", "muted")]


def _new(row: RunRow, _now: datetime) -> Sequence[Part]:
    return [(f"{row.head.new_failures:,} new", "failed")] if row.head.new_failures else []


_COLUMNS: Mapping[str, _Column] = {
    "run": _Column("run", lambda row, _: [(str(row.head.run_id), "")], 20, at_right=True),
    "state": _Column("state", lambda row, _: [(row.state, tone_of(row))], 14),
    "brief": _Column("state", lambda row, _: [("left" if row.is_left else row.state, tone_of(row))], 9),
    "feature": _Column("feature", lambda row, _: [(row.feature, "")], 60),
    "config": _Column("config", lambda row, _: [(row.config, "muted")], 14),
    "site": _Column("site", lambda row, _: [(row.site, "muted")], 26),
    "server": _Column("server", lambda row, _: [(f"{row.server}/{row.project[:8]}", "muted")], 30),
    "tests": _Column("tests", _tests, 26),
    "few": _Column("tests", _few_tests, 14),
    "new": _Column("new", _new, 10),
    "when": _Column("when", lambda row, now: [(ago(row.moment, now), "muted")], 12),
    "took": _Column("took", lambda row, _: [(row.took, "muted")], 9, at_right=True),
}

_SETS = (
    ("run", "state", "feature", "config", "site", "server", "tests", "new", "when", "took"),
    ("run", "state", "feature", "config", "site", "tests", "new", "when", "took"),
    ("run", "state", "feature", "config", "tests", "new", "when", "took"),
    ("run", "state", "feature", "config", "few", "new", "when", "took"),
    ("run", "state", "feature", "config", "few", "new", "when"),
    ("run", "brief", "feature", "few", "new", "when"),
    ("run", "brief", "feature", "few", "when"),
    ("run", "brief", "feature", "few"),
    ("run", "brief", "feature"),
)
"""Which columns to show, from the widest set on."""


def tone_of(row: RunRow) -> str:
    """The component class for the state of a run."""
    return "warning" if row.is_left else _TONES[row.head.state]


@dataclass(frozen=True)
class Table:
    """The columns that there is room for, and their widths in cells."""

    rows: Sequence[RunRow]
    widths: Mapping[str, int]
    now: datetime

    def heading(self) -> str:
        """The line of headings."""
        cells = []
        for name, width in self.widths.items():
            text = fit(_COLUMNS[name].heading, width)
            cells.append(text.rjust(width) if _COLUMNS[name].at_right else text.ljust(width))
        return (" " * _MARK_CELLS + (" " * _GAP).join(cells)).rstrip()

    def line(self, index: int, marked: RunKey | None = None) -> list[Part]:
        """The parts of the line of a run."""
        row = self.rows[index]
        mark = MARKED if run_key(row.head) == marked else " "
        parts: list[Part] = [(mark, "match"), (f" {row.symbol} ", tone_of(row))]
        for name, cells in self.widths.items():
            parts += [*self._cell(name, row, cells), (" " * _GAP, "")]
        return parts[:-1]

    def _cell(self, name: str, row: RunRow, width: int) -> Iterator[Part]:
        column = _COLUMNS[name]
        parts = list(column.parts(row, self.now))
        taken = sum(cell_len(text) for text, _ in parts)
        if taken > width:
            tone = parts[0][1]
            text = "".join(text for text, _ in parts)
            parts = [(fit_path(text, width) if name in {"site", "server"} else fit(text, width), tone)]
            taken = cell_len(parts[0][0])
        blank: Part = (" " * (width - taken), "")
        yield from [blank, *parts] if column.at_right else [*parts, blank]


def lay_out(rows: Sequence[RunRow], width: int, now: datetime) -> Table:
    """Choose the columns for a width, and their widths."""
    natural: dict[str, int] = {}
    for name, column in _COLUMNS.items():
        widest = max((sum(cell_len(text) for text, _ in column.parts(row, now)) for row in rows), default=0)
        natural[name] = min(column.most, max(widest, cell_len(column.heading))) if widest else 0
    if len({(row.server, row.project) for row in rows}) < 2:
        natural["server"] = 0
    chosen: dict[str, int] = {}
    for names in _SETS:
        chosen = {name: natural[name] for name in names if natural[name]}
        feature = chosen.get("feature", 0)
        others = _MARK_CELLS + sum(chosen.values()) - feature + _GAP * (len(chosen) - 1)
        least = _READABLE_FEATURE if {"config", "site"} & chosen.keys() else _LEAST_FEATURE
        if width - others >= min(feature, least):
            break
    if "feature" in chosen:
        chosen["feature"] = max(1, min(feature, width - others))
    return Table(rows, chosen, now)
