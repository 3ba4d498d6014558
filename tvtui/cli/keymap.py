"""The user's own keys, checked before a watch in every mode, although only the screen has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tvtui.cli.stderr import complain

if TYPE_CHECKING:
    from tvtui.settings.settings import Settings


def checked_keymap(
    settings: Settings, before_problems: Callable[[], object] = lambda: None
) -> Mapping[str, str] | None:
    """The user's keys as Textual takes them; None after problems with them were written to stderr.

    `before_problems` is called before that. Imports Textual, which takes 300 ms, if there are any.
    """
    if not settings.keys:
        return settings.keys
    from tvtui.tui.keymap import check

    checked = check(settings.keys, settings.keys_source)
    if not checked.problems:
        return checked.keymap
    before_problems()
    complain(*checked.problems)
    return None
