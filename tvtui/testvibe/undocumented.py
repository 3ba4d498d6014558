"""JSON of undocumented shape as text."""

from __future__ import annotations

import json
import re
from typing import Any

SOURCES = r"\.(?:[cm]?[jt]sx?|py|java|cs)"
"""A pattern for the ends of source files' names."""

_PATH = rf"(?i)[^\s?]*[/\\][^\s?]*|[^\s?/\\]+(?:{SOURCES}|\.(?:feature|json|ya?ml|md|txt|log))"


def error_as_text(value: Any) -> str | None:
    """An error of any shape as text: a string, lines, an object with a message and a stack, or a list of these.

    Returns:
        The text, not cleaned; None if there is none.
    """
    if isinstance(value, list):
        value = [error for error in value if error is not None]
        if value and all(isinstance(error, dict) for error in value):
            return "\n\n".join(filter(None, map(error_as_text, value)))
    if isinstance(value, dict):
        texts = {key.casefold(): text for key, text in value.items() if isinstance(text, str) and text.strip()}
        message, stack = texts.get("message", ""), texts.get("stack") or texts.get("stacktrace", "")
        # the stack of a JavaScript error repeats its message
        value = (stack if message in stack else f"{message}\n{stack}".rstrip("\n")) or value
    if isinstance(value, str) or value is None or value in ([], {}):
        return value or None
    return joined(value) or as_json(value)


def joined(value: Any) -> str | None:
    """A list of lines as one text; None for anything else."""
    if not isinstance(value, list) or not value or not all(isinstance(line, str) for line in value):
        return None
    return "\n".join(line.removesuffix("\n") for line in value)


def as_json(value: Any) -> str:
    """Indented JSON, without links to artifacts."""
    try:
        return json.dumps(_without_links(value), indent=2, ensure_ascii=False)
    except (RecursionError, ValueError):
        return "(nested too deeply to show)"


def _without_links(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_links(part) for key, part in value.items() if not is_link_key(key)}
    if isinstance(value, list):
        return [_without_links(part) for part in value]
    return value


def is_link_key(key: str) -> bool:
    """Whether the value under this key links to artifacts and must be dropped."""
    folded = key.casefold()
    return ("artifact" in folded or "link" in folded) and not is_path(key)


def is_path(name: str) -> bool:
    """Whether a key is a file name."""
    return len(name) <= 1000 and re.fullmatch(_PATH, name) is not None
