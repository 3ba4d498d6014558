"""DOM snapshots: references to earlier snapshots resolved into the nodes of a page, in document order."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol, TypeGuard

_CHILD = "/snapshot/"
"""The start of an iframe's `src`; the frame's ID follows."""
MOST_SNAPSHOTS = 500
"""Snapshots that are read for one page: each takes milliseconds, and pages refer to fewer than ten."""
MOST_FRAMES = 100


class Frames(Protocol):
    """The snapshots of the frames of a page. They are numbered from 0 in the order of the file, per frame."""

    def html(self, frame: str, number: int) -> object:
        """The `html` of a snapshot, as parsed; None if it cannot be read."""

    def child(self, frame: str) -> int | None:
        """The snapshot of an iframe that belongs to the page; None if there is none."""


class Node(NamedTuple):
    """An element or a text. The nodes after it that are deeper are inside it.

    Attributes:
        name: The element's name in lower case; empty for a text.
        text: Of a text; empty for an element.
    """

    depth: int
    name: str
    text: str = ""
    attributes: Mapping[str, str] = MappingProxyType({})


def resolve(frames: Frames, frame: str, number: int, *, most: int = 50_000, most_read: int = 500_000) -> list[Node]:
    """The nodes of a snapshot and of the iframes in it, in document order.

    A reference out of range, or into a snapshot that cannot be read, is left out.

    Args:
        frames: The snapshots.
        frame: The ID of the main frame.
        number: The snapshot's number in that frame.
        most: The most nodes to return: the rest of the page is left out.
        most_read: The most nodes to look at, references and the nodes of earlier snapshots included.
    """
    nodes: list[Node] = []
    own = _OwnNodes(frames, most_read)
    left = most_read
    expanded = {frame}
    waiting: list[tuple[object, str, int, int]] = [(frames.html(frame, number), frame, number, 0)]
    while waiting and len(nodes) < most:
        node, frame, number, depth = waiting.pop()
        # few nodes can hold many references that lead nowhere, and each can be referred to many times
        left -= len(node) if isinstance(node, list) else 1
        if left < 0:
            break
        if isinstance(node, str):
            nodes.append(Node(depth, "", node))
        elif _is_element(node):
            name, attributes = str(node[0]).lower(), _attributes(node)
            nodes.append(Node(depth, name, attributes=attributes))
            waiting += ((child, frame, number, depth + 1) for child in reversed(node[2:]))
            inside = _frame_inside(name, attributes)
            if inside and inside not in expanded and len(expanded) < MOST_FRAMES:
                expanded.add(inside)
                if (child := frames.child(inside)) is not None:
                    waiting.append((frames.html(inside, child), inside, child, depth + 1))
        elif (reference := _reference(node)) and 0 < reference[0] <= number:
            earlier = number - reference[0]
            found = own.of(frame, earlier)
            if 0 <= reference[1] < len(found):
                waiting.append((found[reference[1]], frame, earlier, depth))
    return nodes


class _OwnNodes:
    """The nodes of each snapshot that is referred to, in post-order without references, as references count them."""

    def __init__(self, frames: Frames, most: int) -> None:
        self._frames = frames
        self._left = most
        self._known: dict[tuple[str, int], list[object]] = {}

    def of(self, frame: str, number: int) -> list[object]:
        if (frame, number) not in self._known:
            if len(self._known) >= MOST_SNAPSHOTS:
                return []
            found = self._read(self._frames.html(frame, number)) if self._left > 0 else []
            self._known[frame, number] = found
        return self._known[frame, number]

    def _read(self, html: object) -> list[object]:
        found: list[object] = []
        waiting = [html]
        while waiting:
            node = waiting.pop()
            if isinstance(node, str):
                found.append(node)
            elif _is_element(node):
                found.append(node)
                waiting += node[2:]  # the last child is taken first: this is the reverse of post-order
            self._left -= 1
            if self._left <= 0:
                return []
        found.reverse()
        return found


def _is_element(node: object) -> TypeGuard[list[object]]:
    return isinstance(node, list) and bool(node) and isinstance(node[0], str)


def _reference(node: object) -> tuple[int, int] | None:
    match node:
        case [[int(back), int(index)], *_]:
            return back, index
    return None


def _attributes(node: list[object]) -> Mapping[str, str]:
    found = node[1] if len(node) > 1 else None
    if not isinstance(found, dict):
        return {}
    return {name.lower(): value for name, value in found.items() if isinstance(value, str)}


def _frame_inside(name: str, attributes: Mapping[str, str]) -> str | None:
    source = attributes.get("src", "") if name in {"iframe", "frame"} else ""
    return source.removeprefix(_CHILD) if source.startswith(_CHILD) else None
