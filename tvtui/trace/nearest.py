"""Elements of a page that resemble a locator that was not found: guesses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import NamedTuple

from tvtui.trace.page_text import Element

_MOST = 3
_LEAST_LIKE = 0.5
_MOST_COMPARED = 2_000
_MOST_ALIKE = 200
_FARTHEST = 50
"""Elements around one that are compared with it."""
_LONGEST = 100
"""Characters of a text that are compared."""

# `getByRole(`, `get_by_role(`, `GetByRole(`, `locator(`, `frameLocator(`
_CALL = re.compile(r"(?:get_?by_?(role|text|label|placeholder|alt_?text|title|test_?id)|\blocator)\(", re.IGNORECASE)
_STRING = re.compile(r"""(['"`])((?:\\.|(?!\1)[^\\])*)\1|(?<=[(,:= ])/((?:\\.|[^/\\])+)/""")
_ENUM = re.compile(r"AriaRole\.(\w+)", re.IGNORECASE)
_ENGINE = re.compile(r"(?:internal:)?(role|text|label|attr|testid|has-text)=(.*)", re.DOTALL)
_ATTRIBUTE = re.compile(r"""\[\s*([\w-]+)\s*[*^$~|]?=\s*(?:(["'])(.*?)\2|([^\]]*))[^\]]*\]""")
_INSIDE_TEXT = re.compile(r""":(?:has-text|text|text-is)\((["'])(.*?)\1\)""")
_COMPOUND = re.compile(r"[\s>+~]+(?![^\[]*\])(?![^(]*\))")


@dataclass(slots=True)
class _Wanted:
    """What a locator says about the element."""

    role: str = ""
    tag: str = ""
    names: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)


class Near(NamedTuple):
    """An element that resembles what a locator names.

    Attributes:
        shown: The element by what the locator names: an ID and the like, or a role and a name.
        element: The element.
    """

    shown: str
    element: Element


def nearest(locator: str, elements: Sequence[Element]) -> tuple[Near, ...]:
    """Up to three elements that resemble what a locator names, the most similar first.

    Of elements inside each other it is the most similar one, if they are equally similar the innermost.

    Args:
        locator: As it stands in a test of any language, or a selector.
        elements: Those of the page, in document order.
    """
    wanted = _wanted(locator[:2000])
    has_mark = bool(wanted.ids or wanted.tests or wanted.classes)
    found: dict[str, Near] = {}
    for at in _innermost(_alike(wanted, elements), elements):
        shown = _described(elements[at], has_mark=has_mark)
        found.setdefault(shown, Near(shown, elements[at]))
    return tuple(found.values())[:_MOST]


def _alike(wanted: _Wanted, elements: Sequence[Element]) -> dict[int, float]:
    """The likeness of similar elements by their index, the most similar first."""
    known: dict[tuple[object, ...], float] = {}
    found: dict[int, float] = {}
    for at, element in enumerate(elements):
        what = element[: Element._fields.index("around")]
        if what not in known:
            if len(known) == _MOST_COMPARED:
                break
            known[what] = _likeness(wanted, element)
        if known[what] >= _LEAST_LIKE:
            found[at] = known[what]
    return dict(sorted(found.items(), key=lambda item: -item[1])[:_MOST_ALIKE])


def _innermost(alike: dict[int, float], elements: Sequence[Element]) -> list[int]:
    """Those that do not just repeat what is inside or around them."""
    repeated = set()
    for at, likeness in alike.items():
        around = elements[at].around
        for _ in range(_FARTHEST):
            if around < 0:
                break
            if likeness >= alike.get(around, 2.0):
                repeated.add(around)
            elif around in alike and elements[around].name == elements[at].name:
                repeated.add(at)
            around = elements[around].around
    return [at for at in alike if at not in repeated]


def _described(element: Element, *, has_mark: bool) -> str:
    """An element by what the locator names: an ID and the like, or a role and a name."""
    kind = element.role or element.tag
    if element.role and element.name and not (has_mark and element.hint):
        return f'{element.role} "{element.name[:_LONGEST]}"'
    return f"{element.hint} ({kind})" if element.hint else kind


def _wanted(locator: str) -> _Wanted:
    wanted = _Wanted()
    calls = list(_CALL.finditer(locator))
    if not calls:
        _read_selector(locator, wanted)
        return wanted
    kind = (calls[-1][1] or "").lower().replace("_", "")
    given = locator[calls[-1].end() :]
    strings = [re.sub(r"\\(.)", r"\1", found[2] or found[3] or "") for found in _STRING.finditer(given)]
    if kind == "role":
        named = _ENUM.match(given)
        wanted.role = named[1].lower() if named else strings[0].lower() if strings else ""
        wanted.names = strings if named else strings[1:]
    elif kind == "testid":
        wanted.tests = strings[:1]
    elif kind:
        wanted.names = strings[:1]
    elif strings:
        _read_selector(strings[0], wanted)
    return wanted


def _read_selector(selector: str, wanted: _Wanted) -> None:
    parts = [part.strip() for part in selector.split(">>")]
    last = next((part for part in reversed(parts) if not part.startswith(("nth=", "internal:control", "visible="))), "")
    engine = _ENGINE.match(last)
    rest = engine[2] if engine else last
    for found in _ATTRIBUTE.finditer(rest):
        value, name = found[3] or found[4] or "", found[1].lower()
        if name == "id":
            wanted.ids.append(value)
        elif name == "class":
            wanted.classes += value.split()
        elif name.startswith(("data-test", "data-qa", "data-cy")):
            wanted.tests.append(value)
        elif name in {"name", "aria-label", "placeholder", "title", "alt", "text"}:
            wanted.names.append(value)
    if engine and engine[1] == "role":
        wanted.role = rest.partition("[")[0].strip().lower()
    elif engine and engine[1] in {"text", "label", "has-text"}:
        wanted.names.append(rest.strip().rstrip("is").strip("\"'"))
    elif not engine and not last.startswith(("/", "xpath=")):
        wanted.names += (found[2] for found in _INSIDE_TEXT.finditer(last))
        compound = _ATTRIBUTE.sub("", _INSIDE_TEXT.sub("", _COMPOUND.split(last.removeprefix("css="))[-1]))
        wanted.ids += re.findall(r"#([\w-]+)", compound)
        wanted.classes += re.findall(r"\.([\w-]+)", compound)
        tag = re.match(r"[a-z][\w-]*", compound, re.IGNORECASE)
        wanted.tag = tag[0].lower() if tag else ""


def _likeness(wanted: _Wanted, element: Element) -> float:
    """From 0 to 1: how much of what is wanted the element has."""
    marks = (element.id, *element.tests)
    particular = [
        (2.0, wanted.names, _best(wanted.names, (element.name,))),
        (2.0, wanted.ids, _best(wanted.ids, marks)),
        (2.0, wanted.tests, _best(wanted.tests, marks)),
        (1.0, wanted.classes, _best(wanted.classes, element.classes)),
    ]
    general = [
        (1.0, wanted.role, float(wanted.role == element.role)),
        (0.5, wanted.tag, float(wanted.tag == element.tag)),
    ]
    # a role or a tag alone says something only if nothing else is wanted
    if any(is_wanted for _, is_wanted, _ in particular) and all(like < _LEAST_LIKE for _, _, like in particular):
        return 0.0
    parts = [part for part in (*particular, *general) if part[1]]
    weight = sum(weight for weight, _, _ in parts)
    return sum(weight * like for weight, _, like in parts) / weight if weight else 0.0


def _best(wanted: Sequence[str], had: Sequence[str]) -> float:
    return max((_ratio(one, other) for one in wanted for other in had), default=0.0)


def _ratio(one: str, other: str) -> float:
    one, other = one[:_LONGEST].casefold(), other[:_LONGEST].casefold()
    if not one or not other:
        return 0.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() > 0.3 and matcher.quick_ratio() > 0.3 else 0.0
