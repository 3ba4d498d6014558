"""The outline of a page in the notation of Playwright's accessibility snapshots, and how it is read from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from tvtui.text.clean import clean_line
from tvtui.text.redact import without_signatures

MOST_LINES = 20_000
LONGEST = 500
"""Characters of a line."""
_DEEPEST = 40

_YAML = re.compile(r"^```ya?ml[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_YAML_LINE = re.compile(r"( *)(?:- )?(.*)")
_ROLE_AND_NAME = re.compile(r"'?([a-z]+)(?: \"((?:[^\"\\]|\\.)*)\")?")
_STATES = ("checked", "disabled", "expanded", "active", "invalid", "pressed", "selected")


class Element(NamedTuple):
    """An element of the page that a locator could be meant for.

    Attributes:
        role: Empty if it has none.
        name: Its accessible name or its text.
        tag: Its name in HTML; empty if unknown, as are the following ones.
        tests: Values of attributes that are meant for tests, such as `data-testid`.
    """

    role: str
    name: str
    tag: str = ""
    id: str = ""
    classes: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    hint: str = ""


class PageOutline(NamedTuple):
    """The lines of a page, its elements, and the lines and the elements that a step acted on."""

    lines: tuple[str, ...]
    elements: tuple[Element, ...] = ()
    targets: tuple[int, ...] = ()
    target_elements: tuple[Element, ...] = ()

    def lines_of(self, elements: Sequence[Element]) -> tuple[int, ...]:
        """The lines that have the roles and names of elements found elsewhere, such as in a DOM snapshot."""
        wanted = {(element.role, element.name) for element in elements if element.role and element.name}
        return tuple(at for at, line in enumerate(self.lines) if _role_and_name(line.strip()) in wanted)


def of_error_context(markdown: str) -> PageOutline | None:
    """The accessibility tree in an `error-context` attachment; None if there is none in it."""
    found = _YAML.search(markdown)
    if found is None:
        return None
    parts = (_YAML_LINE.match(line) for line in found[1].splitlines()[:MOST_LINES])
    lines = [line_at(len(each[1]) // 2, each[2]) for each in parts if each and each[2].strip()]
    elements = (Element(*_role_and_name(line.strip())) for line in lines)
    return PageOutline(tuple(lines), tuple(element for element in elements if element.role)) if lines else None


def of_aria(tree: object) -> PageOutline | None:
    """The accessibility tree of an `aria-snapshot`, as parsed; None if there is nothing in it."""
    lines: list[str] = []
    elements: list[Element] = []
    waiting = [(node, 0) for node in reversed(tree)] if isinstance(tree, list) else []
    while waiting and len(lines) < MOST_LINES:
        node, depth = waiting.pop()
        if isinstance(node, str):
            lines.append(line_at(depth, f"text: {node}"))
        elif isinstance(node, dict) and isinstance(role := node.get("role"), str):
            text = node.get("text")
            shown = f": {text}" if isinstance(text, str) and text else ""
            name = node.get("name")
            name = clean_line(name[:LONGEST]) if isinstance(name, str) else ""
            if role != "text":
                elements.append(Element(clean_line(role), name))
            lines.append(line_at(depth, f"{head(role, name, _aria_states(node))}{shown}"))
            given = ((key, node.get(key)) for key in ("url", "placeholder"))
            lines += (line_at(depth + 1, f"/{key}: {value}") for key, value in given if isinstance(value, str))
            children = node.get("children")
            waiting += ((child, depth + 1) for child in reversed(children)) if isinstance(children, list) else ()
    return PageOutline(tuple(lines), tuple(elements)) if lines else None


def _aria_states(node: dict[str, object]) -> list[str]:
    states = [
        state if value is True else f"{state}={value}"
        for state in _STATES
        if (value := node.get(state)) is True or (isinstance(value, str) and value)
    ]
    level = node.get("level")
    return [*states, f"level={level}"] if isinstance(level, int) and level else states


def head(role: str, name: str, states: Sequence[str]) -> str:
    """A role, a name and states as they begin a line."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return role + (f' "{escaped}"' if name else "") + "".join(f" [{state}]" for state in states)


def _role_and_name(line: str) -> tuple[str, str]:
    found = _ROLE_AND_NAME.match(line)
    if found is None or found[1] == "text":
        return "", ""
    return found[1], re.sub(r"\\(.)", r"\1", found[2] or "")


def line_at(depth: int, text: str) -> str:
    """A clean line, indented by two spaces a level."""
    return "  " * min(depth, _DEEPEST) + without_signatures(clean_line(text[:LONGEST]).strip())
