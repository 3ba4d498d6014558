"""The README's tables of keys and settings, generated from the code: `python -m tests.readme_tables` rewrites them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from textual.binding import Binding

from tvtui.settings.settings import SETTINGS
from tvtui.settings.sources import PROJECT_FILE, USER_FILE
from tvtui.settings.values import parse_commands, parse_keys
from tvtui.tui.key_help import by_place, rows
from tvtui.tui.keymap import PLACES

README = Path(__file__).parents[1] / "README.md"


IN_TABLE = (
    "anywhere",
    "in the tests",
    "in the error, log and diagnosis",
    "in the diagnosis",
    "in a replay",
    "in a trace",
)
"""The places whose keys the README lists; the app lists them all."""


def keys_table() -> str:
    """The keys and their actions in the places that matter most, in two columns per place."""
    lines = ["| key | | key | |", "| --- | --- | --- | --- |"]
    of_place = by_place(PLACES)
    for place in IN_TABLE:
        bindings = of_place[place]
        if place != "anywhere":
            lines.append(f"| **{place}** | | | |")
        cells = list(_rows(bindings))
        half = (len(cells) + 1) // 2
        for left, right in zip(cells[:half], [*cells[half:], ("", "")], strict=False):
            lines.append(_row(*left, *right))
    return "\n".join(lines)


def key_ids() -> str:
    """The action IDs, first those of the table; one that belongs to several places is listed with the first."""
    listed: set[str] = set()
    names: dict[str, list[str]] = {place: [] for place in (*IN_TABLE, "elsewhere")}
    of_place = by_place(PLACES)
    for place in sorted(of_place, key=lambda place: place not in IN_TABLE):
        new = [str(binding.id) for binding in of_place[place] if binding.id not in listed]
        listed.update(new)
        names[place if place in IN_TABLE else "elsewhere"] += new
    return "\n".join(f"- {place}: {', '.join(f'`{name}`' for name in found)}" for place, found in names.items())


def settings_table() -> str:
    """The settings, and where each of them can be set."""
    lines = [_row("setting", "flag", "environment", f"`{PROJECT_FILE}`", f"`{USER_FILE}`"), _row(*["---"] * 5)]
    for setting in SETTINGS:
        variables = [f"`{name}`" for name in (setting.env, setting.general_env) if name]
        name = f"`[{setting.name}]`" if setting.parse in {parse_commands, parse_keys} else f"`{setting.name}`"
        in_files = [name if file in setting.files else "" for file in (PROJECT_FILE, USER_FILE)]
        flag = f"`{setting.flag}`" if setting.flag else ""
        lines.append(_row(setting.about, flag, ", ".join(variables), *in_files))
    return "\n".join(lines)


def written(readme: str) -> str:
    """The README with up-to-date tables."""
    for name, table in (("keys", keys_table()), ("key ids", key_ids()), ("settings", settings_table())):
        readme, count = re.subn(
            rf"(<!-- {name}\b[^>]*-->\n\n).*?(\n\n<!-- /{name} -->)", rf"\1{table}\2", readme, flags=re.DOTALL
        )
        assert count == 1, f"README.md needs markers for the table of {name}"
    return readme


def _rows(bindings: Iterable[Binding]) -> Iterator[tuple[str, str]]:
    for row in rows(bindings, {}):
        yield " ".join(key if key == "…" else f"`{key}`" for key in row.keys), row.description


def _row(*cells: str) -> str:
    return re.sub("  +", " ", f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
