"""What the README says about keys, made from the bindings: `python -m tests.keys_table` writes it anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from textual.binding import Binding

from tvtui.tui.key_help import by_place, rows
from tvtui.tui.keymap import PLACES

README = Path(__file__).parents[1] / "README.md"


def table() -> str:
    """The keys by what they do, two columns of them in each place."""
    lines = ["| key | | key | |", "| --- | --- | --- | --- |"]
    for place, bindings in by_place(PLACES).items():
        if place != "anywhere":
            lines.append(f"| **{place}** | | | |")
        told = list(_rows(bindings))
        half = (len(told) + 1) // 2
        for left, right in zip(told[:half], [*told[half:], ("", "")], strict=False):
            lines.append("| " + " | ".join((*left, *right)) + " |")
    return "\n".join(lines)


def ids() -> str:
    """The ids by which keys are remapped, in the same order; one that serves several places stands at the first."""
    told: set[str] = set()
    lines = []
    for place, bindings in by_place(PLACES).items():
        names = [str(binding.id) for binding in bindings if binding.id not in told]
        told.update(names)
        if names:
            lines.append(f"- {place}: {', '.join(f'`{name}`' for name in names)}")
    return "\n".join(lines)


def written(readme: str) -> str:
    """The README with both as they should be."""
    for name, made in (("keys", table()), ("key ids", ids())):
        readme = re.sub(
            rf"(<!-- {name}\b[^>]*-->\n\n).*?(\n\n<!-- /{name} -->)", rf"\1{made}\2", readme, flags=re.DOTALL
        )
    return readme


def _rows(bindings: Iterable[Binding]) -> Iterator[tuple[str, str]]:
    """Keys and what they do."""
    for row in rows(bindings, {}):
        yield " ".join(key if key == "…" else f"`{key}`" for key in row.keys), row.description


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
