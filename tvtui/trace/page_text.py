"""The outline of a page in the notation of Playwright's accessibility snapshots, and how it is read from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from tvtui.text.clean import clean_line
from tvtui.text.redact import without_signatures

MOST_LINES = 20_000
LONGEST = 500
"""Characters of a line."""
_DEEPEST = 40
_MOST_SEARCHED = 100
"""Elements whose lines are searched for."""
_UNIQUE = 100
"""Characters from which on a text that is cut off is still recognized."""

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
        hint: How it is marked in HTML, such as `#total`.
        around: The index of the nearest element around it among those of the page; -1 if there is none.
        line: The index of the line at which it begins.
    """

    role: str
    name: str
    tag: str = ""
    id: str = ""
    classes: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    hint: str = ""
    around: int = -1
    line: int = 0


class _Line(NamedTuple):
    """A line, parsed: for `paragraph: Total` the role and the text."""

    role: str
    name: str
    text: str


class PageOutline(NamedTuple):
    """The lines of a page, its elements, and the lines and the elements that a step acted on."""

    lines: tuple[str, ...]
    elements: tuple[Element, ...] = ()
    targets: tuple[int, ...] = ()
    target_elements: tuple[Element, ...] = ()

    def lines_of(self, other: PageOutline, elements: Sequence[Element]) -> tuple[int, ...]:
        """The lines that show elements of another outline of the same page, such as of its DOM.

        An element is recognized by its role and name, else by its text, which may be only part of a line. Of several
        such lines it is the first, the second and so on, as in the other outline.
        """
        elements = elements[:_MOST_SEARCHED]
        lines = [_parsed(line) for line in self.lines]
        others = [_parsed(line) for line in other.lines[: max((element.line for element in elements), default=0)]]
        found = set()
        for element in elements:
            for is_like in _tests_of(element):
                if at := [index for index, line in enumerate(lines) if is_like(line)]:
                    earlier = sum(map(is_like, others[: element.line]))
                    found.add(at[min(earlier, len(at) - 1)])
                    break
        return tuple(sorted(found))


def _tests_of(element: Element) -> Iterator[Callable[[_Line], bool]]:
    """Tests of whether a line shows an element, the surest first."""
    role, name = element.role, element.name
    if role:
        yield lambda line: line.role == role and line.name == name and bool(name or not line.text)
    if not name:
        return
    if role:
        yield lambda line: line.role == role and line.text == name
    yield lambda line: name in (line.text, line.name)
    words = re.compile(rf"(?<!\w){re.escape(name)}" + (r"(?!\w)" if len(name) < _UNIQUE else ""))
    yield lambda line: bool(words.search(line.text) or words.search(line.name))
    yield lambda line: len(text := line.text or line.name) > 1 and name.startswith(text)


def of_error_context(markdown: str) -> PageOutline | None:
    """The accessibility tree in an `error-context` attachment; None if there is none in it."""
    found = _YAML.search(markdown)
    if found is None:
        return None
    parts = (_YAML_LINE.match(line) for line in found[1].splitlines()[:MOST_LINES])
    lines = [(len(each[1]) // 2, each[2]) for each in parts if each and each[2].strip()]
    return _outline(lines) if lines else None


def _outline(lines: Iterable[tuple[int, str]]) -> PageOutline:
    """The outline of lines, each with its depth."""
    shown: list[str] = []
    elements: list[Element] = []
    around: list[tuple[int, int]] = [(-1, -1)]
    for at, (depth, text) in enumerate(lines):
        line = line_at(depth, text)
        shown.append(line)
        while around[-1][0] >= depth:
            around.pop()
        role, name, content = _parsed(line)
        if role not in {"", "text"}:
            elements.append(Element(role, name or content, around=around[-1][1], line=at))
            around.append((depth, len(elements) - 1))
    return PageOutline(tuple(shown), tuple(elements))


def of_aria(tree: object) -> PageOutline | None:
    """The accessibility tree of an `aria-snapshot`, as parsed; None if there is nothing in it."""
    lines: list[tuple[int, str]] = []
    waiting = [(node, 0) for node in reversed(tree)] if isinstance(tree, list) else []
    while waiting and len(lines) < MOST_LINES:
        node, depth = waiting.pop()
        if isinstance(node, str):
            lines.append((depth, f"text: {node}"))
        elif isinstance(node, dict) and isinstance(role := node.get("role"), str):
            text = node.get("text")
            shown = f": {text}" if isinstance(text, str) and text else ""
            name = node.get("name")
            name = clean_line(name[:LONGEST]) if isinstance(name, str) else ""
            lines.append((depth, f"{head(role, name, _aria_states(node))}{shown}"))
            given = ((key, node.get(key)) for key in ("url", "placeholder"))
            lines += ((depth + 1, f"/{key}: {value}") for key, value in given if isinstance(value, str))
            children = node.get("children")
            waiting += ((child, depth + 1) for child in reversed(children)) if isinstance(children, list) else ()
    return _outline(lines) if lines else None


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


def _parsed(line: str) -> _Line:
    line = line.strip()
    found = _ROLE_AND_NAME.match(line)
    if found is None:
        return _Line("", "", "")
    text = line[found.end() :].partition(": ")[2]
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return _Line(found[1], _unescaped(found[2] or ""), _unescaped(text[1:-1]) if quoted else text)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def line_at(depth: int, text: str) -> str:
    """A clean line, indented by two spaces a level."""
    return "  " * min(depth, _DEEPEST) + without_signatures(clean_line(text[:LONGEST]).strip())
