"""How a user likes to be shown things: what settings say about themes, keys and reading aloud, without Textual."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tvtui.text.clean import clean_line
from tvtui.theme_names import DEFAULT, THEMES


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a user likes, whatever is watched.

    Attributes:
        theme: One of `tvtui.theme_names.THEMES`.
        keys: Keys as they were written, several parted by commas, by the id of what they do; whether there is
            such an id, and such a key, is for `tvtui.keymap` to say.
        linear: Whether watches are read aloud: in lines, not on a screen.
    """

    theme: str = DEFAULT
    keys: Mapping[str, str] = field(default_factory=dict)
    linear: bool = False


def parse_theme(value: object) -> str:
    """The name of a theme.

    Raises:
        ValueError: There is none of that name.
    """
    name = value.strip() if isinstance(value, str) else value
    if isinstance(name, str) and name in THEMES:
        return name
    raise ValueError(f"there is no theme '{clean_line(str(value))[:60]}'; there are {', '.join(THEMES)}")


def parse_keys(value: object) -> dict[str, str]:
    """The table of keys; an id without its quotes, which TOML takes for tables within tables, is put together again.

    Raises:
        ValueError: It is no table of texts.
    """
    if not isinstance(value, dict):
        raise ValueError('must be a table: write [keys], and below it lines such as "failure.next" = "ctrl+n"')
    keys = dict(_flat(value))
    wrong = next((name for name, key in keys.items() if not isinstance(key, str) or not key.strip()), None)
    if wrong is not None:
        raise ValueError(
            f'"{clean_line(wrong)[:60]}" must be keys in quotes, several parted by commas, as "ctrl+n, f8"'
        )
    return {name: str(key) for name, key in keys.items()}


def parse_linear(value: object) -> bool:
    """Whether it is on.

    Raises:
        ValueError: It is neither on nor off.
    """
    if not isinstance(value, bool):
        raise ValueError("must be true or false, without quotes")
    return value


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
