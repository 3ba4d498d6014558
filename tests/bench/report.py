"""What was measured, as rows with their budgets, and how it is printed; pure."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

BARE = "bare"
"""The program that the others are compared with."""


class Budget(NamedTuple):
    """The most that a row may take: in its own unit, or as a multiple of the bare app."""

    most: float
    is_ratio: bool = False


def times_bare(most: float) -> Budget:
    """A budget as a multiple of the bare app."""
    return Budget(most, is_ratio=True)


@dataclass(frozen=True)
class Row:
    """One figure of several programs.

    Attributes:
        name: What was measured.
        unit: The unit of the values.
        values: The samples of each program, in the order in which they were taken; empty if it could not be measured.
        budget: The most that ours may take, if there is a limit.
    """

    name: str
    unit: str
    values: Mapping[str, Sequence[float]]
    budget: Budget | None = None

    def median(self, program: str) -> float | None:
        """The median of a program; None if it was not measured."""
        values = self.values.get(program)
        return statistics.median(values) if values else None

    def ratio(self, program: str) -> float | None:
        """How many times as much as the bare app, if both were measured.

        Machines drift: programs measured in turn are compared turn by turn.
        """
        ours, bare = self.values.get(program, ()), self.values.get(BARE, ())
        if program == BARE or not ours or not bare or not statistics.median(bare):
            return None
        if len(ours) == len(bare) and all(bare):
            return statistics.median(one / other for one, other in zip(ours, bare, strict=True))
        return statistics.median(ours) / statistics.median(bare)

    def is_within_budget(self, program: str) -> bool | None:
        """Whether a program keeps to the budget; None if there is none, or nothing to compare with it."""
        if self.budget is None or program == BARE:
            return None
        value = self.ratio(program) if self.budget.is_ratio else self.median(program)
        return None if value is None else round(value, 2) <= self.budget.most


def p95(values: Sequence[float]) -> float:
    """The value that 95 % do not exceed."""
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def table(rows: Sequence[Row]) -> str:
    """The rows with a column for each program, and the budget; `!` marks what exceeds it."""
    programs = list(dict.fromkeys(program for row in rows for program in row.values))
    lines = [["", *programs, "budget"]]
    lines += [[f"{row.name}, {row.unit}", *(_cell(row, each) for each in programs), _budget(row)] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _cell(row: Row, program: str) -> str:
    if program not in row.values:
        return "–"
    values, median = row.values[program], row.median(program)
    if median is None:
        return "not measured"
    spread = f" [{number(min(values))} … {number(max(values))}]" if len(values) > 1 else ""
    ratio = row.ratio(program)
    times = "" if ratio is None else f" {ratio:.2f} ×"
    return f"{number(median)}{spread}{times}{' !' if row.is_within_budget(program) is False else ''}"


def _budget(row: Row) -> str:
    if row.budget is None:
        return ""
    return f"≤ {row.budget.most:g} ×" if row.budget.is_ratio else f"≤ {number(row.budget.most)}"


def number(value: float) -> str:
    """A value with as many digits as it is worth."""
    return (
        f"{value:,.0f}"
        if abs(value) >= 20 or value == int(value)
        else f"{value:.1f}"
        if abs(value) >= 2
        else f"{value:.2f}"
    )


README_FIGURES = {
    "first frame": "first frame",
    "first failure, loopback": "first failure",
    "first failure, 300 ms away": "300 ms away",
    "exit": "quit",
    "passed, 10 tests": "key",
    "passed, 10,000 tests": "key, 10,000 tests",
    "memory, 100 tests": "memory",
    "memory, 10,000 tests": "memory, 10,000 tests",
    "CPU, watching": "CPU, watching",
}
"""The rows that the README shows, and what they are called there."""


def readme_table(rows: Sequence[Row], ours: str, measured: str) -> str:
    """The README's table of figures: the bare app and ours.

    Args:
        rows: What was measured.
        ours: The program in the second line.
        measured: When and on what.
    """
    found = {row.name: row for row in rows}
    shown = {name: found.get(name, Row(name, "", {})) for name in README_FIGURES}
    lines = [
        [measured, *README_FIGURES.values()],
        ["---"] * (len(shown) + 1),
        ["bare Textual app", *(_with_unit(row, BARE) for row in shown.values())],
        ["tvtui", *(_with_unit(row, ours) for row in shown.values())],
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _with_unit(row: Row, program: str) -> str:
    median, ratio = row.median(program), row.ratio(program)
    if median is None:
        return "–"
    return f"{number(median)} {row.unit}" + ("" if ratio is None else f" ({ratio:.2f} ×)")


def with_figures(readme: str, figures: str) -> str:
    """The README with these figures between its markers.

    Raises:
        ValueError: The markers are not there.
    """
    pattern = re.compile(r"(<!-- figures:[^>]*-->\n).*?(\n<!-- /figures -->)", re.DOTALL)
    if not pattern.search(readme):
        raise ValueError("README.md has no markers for the figures")
    return pattern.sub(lambda found: f"{found[1]}{figures}{found[2]}", readme)
