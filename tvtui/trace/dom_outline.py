"""The outline of a DOM snapshot: roles of well-known elements, names from texts, labels and attributes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tvtui.text.clean import clean_line
from tvtui.trace.page_text import LONGEST, MOST_LINES, Element, PageOutline, head, line_at
from tvtui.trace.snapshots import Node

_NAME = 200
"""Characters of a name that is taken from an element's content."""
_FOR_A_NAME = 60
"""Nodes of an element's content in which its name is searched for."""
_STYLE = 1_000
"""Characters of an element's own style in which it is searched for what hides the element."""
_ELEMENTS = {
    "banner": ("header",),
    "cell": ("td",),
    "columnheader": ("th",),
    "combobox": ("select",),
    "complementary": ("aside",),
    "contentinfo": ("footer",),
    "definition": ("dd",),
    "group": ("details", "fieldset"),
    "iframe": ("frame", "iframe"),
    "img": ("img", "svg"),
    "link": ("a",),
    "list": ("ol", "ul", "menu"),
    "listitem": ("li",),
    "navigation": ("nav",),
    "paragraph": ("p",),
    "progressbar": ("progress",),
    "row": ("tr",),
    "rowgroup": ("tbody", "thead", "tfoot"),
    "separator": ("hr",),
    "status": ("output",),
    "term": ("dt",),
    "textbox": ("textarea",),
}
_SAME = ("article", "button", "dialog", "figure", "form", "main", "meter", "option", "search", "table", "title")
_ROLES = {name: role for role, names in _ELEMENTS.items() for name in names} | {name: name for name in _SAME}
_INPUTS = dict.fromkeys(("button", "image", "reset", "submit"), "button") | {
    "checkbox": "checkbox",
    "number": "spinbutton",
    "radio": "radio",
    "range": "slider",
    "search": "searchbox",
}
_HEADING = re.compile(r"h[1-6]")
_NAMED_BY_CONTENT = {"button", "cell", "checkbox", "columnheader", "heading", "link", "menuitem", "option", "radio"}
_NAMED_BY_CONTENT |= {"rowheader", "switch", "tab", "title", "tooltip"}
_FIELDS = {"input", "select", "textarea", "meter", "progress", "output"}
_INLINE = {"a", "abbr", "b", "bdi", "cite", "code", "em", "font", "i", "kbd", "label", "mark", "q", "s", "small"}
_INLINE |= {"span", "strong", "sub", "sup", "time", "u", "var"}
_NEVER_SHOWN = {"script", "style", "noscript", "base", "link", "meta"}
_HIDDEN_BY_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def of_dom(nodes: Sequence[Node], call: str = "") -> PageOutline | None:
    """The outline of a DOM snapshot; None if there is nothing to show.

    Args:
        nodes: In document order, see `resolve`.
        call: The ID of the step's call; empty where targets carry no ID.
    """
    page = _Page(nodes, call)
    page.read()
    return page.outline() if page.lines else None


@dataclass(slots=True)
class _Row:
    indent: int
    text: str
    is_text: bool = False
    is_target: bool = False


class _Open(NamedTuple):
    """An element whose content is being read.

    Attributes:
        indent: Of its content.
        is_named: Whether the text inside is shown already, as a name.
        is_block: Whether the text before and after it is apart from the text inside.
        label: The nearest label around its content: a number of a node.
    """

    depth: int
    indent: int
    is_named: bool
    is_block: bool
    label: int | None


@dataclass(slots=True)
class _Page:
    """Reads the nodes of a DOM snapshot once."""

    nodes: Sequence[Node]
    call: str
    lines: list[_Row] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    targets: list[Element] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)
    _is_broken: bool = True
    """Whether the next text begins a line of its own."""

    def read(self) -> None:
        labels = self._labels()
        hidden_from = -1
        for at, node in enumerate(self.nodes):
            if len(self.lines) >= MOST_LINES:
                break
            if -1 < hidden_from < node.depth:
                continue
            hidden_from = -1
            while self._open and self._open[-1].depth >= node.depth:
                self._is_broken |= self._open.pop().is_block
            if not node.name:
                self._text(node)
            elif is_hidden(node):
                hidden_from = node.depth
            else:
                self._element(at, node, labels)
                if node.name == "svg":
                    hidden_from = node.depth

    def outline(self) -> PageOutline:
        rows: list[_Row] = []
        for at, row in enumerate(self.lines):
            alone = at + 1 >= len(self.lines) or self.lines[at + 1].indent < row.indent
            if row.is_text and alone and rows and rows[-1].indent < row.indent and not rows[-1].is_text:
                rows[-1].text += f": {row.text}"
            else:
                rows.append(_Row(row.indent, f"text: {row.text}") if row.is_text else row)
        lines = tuple(line_at(row.indent, row.text) for row in rows)
        targets = tuple(at for at, row in enumerate(rows) if row.is_target)
        return PageOutline(lines, tuple(self.elements), targets, tuple(self.targets))

    def _labels(self) -> dict[str, str]:
        """Texts by the ID of the element that they are for, or that holds them (for `aria-labelledby`)."""
        referred = {name for node in self.nodes for name in node.attributes.get("aria-labelledby", "").split()}
        labels: dict[str, str] = {}
        for at, node in enumerate(self.nodes):
            if node.name == "label" and (field_id := node.attributes.get("for")):
                labels.setdefault(f"for {field_id}", self._content(at))
            if (own := node.attributes.get("id")) in referred and own:
                labels.setdefault(own, self._content(at))
        return labels

    def _text(self, node: Node) -> None:
        words = " ".join(node.text.split())
        around = self._open[-1] if self._open else None
        if not words or (around and around.is_named):
            return
        indent = around.indent if around else 0
        last = self.lines[-1] if self.lines else None
        if last and last.is_text and last.indent == indent and not self._is_broken:
            last.text = f"{last.text} {words}"[:LONGEST]
        else:
            self.lines.append(_Row(indent, words[:LONGEST], is_text=True))
        self._is_broken = False

    def _element(self, at: int, node: Node, labels: dict[str, str]) -> None:
        around = self._open[-1] if self._open else None
        label = around.label if around else None
        role = role_of(node)
        name = clean_line(self._name(at, node, role, labels, label))
        target = node.attributes.get("__playwright_target__")
        is_target = target is not None and (not target or not self.call or target == self.call)
        element = _described(node, role, name or clean_line(self._content(at, 20)))
        if role or element.hint:
            self.elements.append(element)
        if is_target:
            self.targets.append(element)
        has_line = bool(role) or is_target
        if has_line:
            value = _value(node)
            text = head(role or f"generic {element.hint}".strip(), name, _states(node))
            self.lines.append(
                _Row(around.indent if around else 0, f"{text}: {value}" if value else text, is_target=is_target)
            )
        is_block = has_line or node.name not in _INLINE
        self._is_broken |= is_block
        # the text inside a textarea is what it began with, its value is what is shown
        is_named = role in _NAMED_BY_CONTENT or node.name == "textarea" or bool(around and around.is_named)
        label = at if node.name == "label" else label
        self._open.append(_Open(node.depth, (around.indent if around else 0) + has_line, is_named, is_block, label))

    def _name(self, at: int, node: Node, role: str, labels: dict[str, str], label_around: int | None) -> str:
        given = node.attributes
        if label := given.get("aria-label", "").strip():
            return label
        if label := " ".join(labels.get(each, "") for each in given.get("aria-labelledby", "").split()).strip():
            return label
        if node.name in _FIELDS:
            label = labels.get(f"for {given.get('id')}", "")
            if not label and label_around is not None:
                label = self._content(label_around)
            value = given.get("value", "") if role == "button" else ""
            return label or value or given.get("placeholder", "") or given.get("title", "")
        content = self._content(at) if role in _NAMED_BY_CONTENT else given.get("alt", "")
        return content or given.get("title", "")

    def _content(self, at: int, most: int = _FOR_A_NAME) -> str:
        """The beginning of the text inside a node, of its first nodes at `most`."""
        depth = self.nodes[at].depth
        hidden_from = -1
        words: list[str] = []
        for node in self.nodes[at + 1 : at + 1 + most]:
            if node.depth <= depth:
                break
            if -1 < hidden_from < node.depth:
                continue
            hidden_from = node.depth if node.name and (is_hidden(node) or node.name in _FIELDS) else -1
            words += (node.text or node.attributes.get("alt", "")).split()
            if len(words) > _NAME:
                break
        return " ".join(words)[:_NAME]


def is_hidden(node: Node) -> bool:
    """Whether an element, with all that is inside it, is certainly not on the page. Style sheets are unknown."""
    given = node.attributes
    if node.name in _NEVER_SHOWN or "hidden" in given or given.get("aria-hidden") == "true":
        return True
    if node.name == "template":
        return "__playwright_shadow_root_" not in given
    if node.name == "dialog":
        return "open" not in given and "__playwright_dialog_open_" not in given
    if node.name == "input" and given.get("type", "").lower() == "hidden":
        return True
    return bool(_HIDDEN_BY_STYLE.search(given.get("style", "")[:_STYLE]))


def role_of(node: Node) -> str:
    """The role of an element; empty if it has none of interest."""
    given = node.attributes
    if words := given.get("role", "").split():
        return "" if words[0] in {"none", "presentation", "generic"} else clean_line(words[0][:_NAME])
    if node.name == "a" and "href" not in given:
        return ""
    if node.name == "input":
        return _INPUTS.get(given.get("type", "text").lower(), "textbox")
    if _HEADING.fullmatch(node.name):
        return "heading"
    if node.name == "section":
        return "region" if "aria-label" in given or "aria-labelledby" in given else ""
    return _ROLES.get(node.name, "")


def _described(node: Node, role: str, name: str) -> Element:
    given = node.attributes
    own = clean_line(given.get("id", "")[:_NAME])
    classes = tuple(clean_line(given.get("class", "")[:_NAME]).split())
    tests = tuple(
        clean_line(value[:_NAME])
        for key, value in given.items()
        if key.startswith(("data-test", "data-qa", "data-cy")) and value
    )
    test = next((clean_line(key) for key in given if key.startswith(("data-test", "data-qa", "data-cy"))), "")
    hint = f"#{own}" if own else f'[{test}="{tests[0]}"]' if tests else f".{classes[0]}" if classes else ""
    return Element(role, name, node.name, own, classes, tests, hint)


def _value(node: Node) -> str:
    value = node.attributes.get("__playwright_value_", "")
    if node.name not in {"input", "textarea"} or role_of(node) in {"button", "checkbox", "radio"}:
        return ""
    return "•" * min(len(value), 8) if node.attributes.get("type", "").lower() == "password" else value


def _states(node: Node) -> list[str]:
    given = node.attributes
    states = [f"level={node.name[1]}"] if _HEADING.fullmatch(node.name) else []
    states += ["checked"] if given.get("__playwright_checked_", given.get("aria-checked")) == "true" else []
    states += ["selected"] if given.get("__playwright_selected_", given.get("aria-selected")) == "true" else []
    return [*states, "disabled"] if "disabled" in given or given.get("aria-disabled") == "true" else states
