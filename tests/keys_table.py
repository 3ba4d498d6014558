"""What the README says about keys, made from the bindings: `python -m tests.keys_table` writes it anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from textual.binding import Binding

from tvtui.keymap import PLACES

README = Path(__file__).parents[1] / "README.md"

_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "plus": "+",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}
_MOVES = {"up", "down", "left", "right", "page_up", "page_down", "first", "last", "top", "end"}
"""The last words of ids of what moves or scrolls, which is told in one line."""


def table() -> str:
    """The keys by what they do, two columns of them in each place."""
    lines = ["| key | | key | |", "| --- | --- | --- | --- |"]
    for place, bindings in _by_place():
        if place != "anywhere":
            lines.append(f"| **{place}** | | | |")
        rows = list(_rows(bindings))
        half = (len(rows) + 1) // 2
        for left, right in zip(rows[:half], [*rows[half:], ("", "")], strict=False):
            lines.append("| " + " | ".join((*left, *right)) + " |")
    return "\n".join(lines)


def ids() -> str:
    """The ids by which keys are remapped, in the same order."""
    return "\n".join(
        f"- {place}: {', '.join(f'`{binding.id}`' for binding in bindings)}" for place, bindings in _by_place()
    )


def written(readme: str) -> str:
    """The README with both as they should be."""
    for name, made in (("keys", table()), ("key ids", ids())):
        readme = re.sub(
            rf"(<!-- {name}\b[^>]*-->\n\n).*?(\n\n<!-- /{name} -->)", rf"\1{made}\2", readme, flags=re.DOTALL
        )
    return readme


def _by_place() -> Iterator[tuple[str, list[Binding]]]:
    for name, places in groupby(PLACES, key=PLACES.__getitem__):
        bindings = [binding for place in places for binding in vars(place)["BINDINGS"] if isinstance(binding, Binding)]
        yield name, bindings


def _rows(bindings: Iterable[Binding]) -> Iterator[tuple[str, str]]:
    """Keys and what they do."""
    moves = [binding for binding in bindings if _is_move(binding)]
    if moves:
        yield " ".join(map(_keys, moves)), "scroll" if "scroll" in moves[0].action else "move"
    numbered = [binding for binding in bindings if _is_numbered(binding)]
    if numbered:
        yield f"{_keys(numbered[0])} … {_keys(numbered[-1])}", "show the run of that number"
    for binding in bindings:
        if not _is_move(binding) and not _is_numbered(binding):
            told = binding.tooltip or binding.description
            yield _keys(binding), told[0].lower() + told[1:]


def _is_move(binding: Binding) -> bool:
    return str(binding.id).rpartition(".")[2] in _MOVES


def _is_numbered(binding: Binding) -> bool:
    return str(binding.id).startswith("runs.show_")


def _keys(binding: Binding) -> str:
    return " ".join(f"`{_NAMES.get(key.strip(), key.strip())}`" for key in binding.key.split(","))


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
