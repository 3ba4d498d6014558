"""DOM snapshots: references to earlier snapshots resolve as in Playwright's own renderer."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tvtui.trace.snapshots import MOST_SNAPSHOTS, Node, resolve

deterministic = settings(derandomize=True, database=None, deadline=None, max_examples=100)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 12) | st.floats() | st.sampled_from(["A", "b", "IFRAME", "\x1b[2J"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["src", "id"]), inner | st.just("/snapshot/i"))
    ),
    max_leaves=20,
)
REFERENCE = st.tuples(st.integers(-1, 4), st.integers(-1, 8)).map(lambda pair: [list(pair)])
TREE = st.recursive(
    st.text("ab", max_size=2) | REFERENCE | st.just(["BR"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda children: ["P", {"id": "x"}, *children]),
    max_leaves=8,
)


class AFrame:
    """Snapshots of one frame, or of more."""

    def __init__(self, *snapshots: object, **frames: list[object]) -> None:
        self.frames: dict[str, list[object]] = {"main": list(snapshots), **frames}

    def html(self, frame: str, number: int) -> object:
        return self.frames[frame][number]

    def child(self, frame: str) -> int | None:
        return len(self.frames[frame]) - 1 if self.frames.get(frame) else None


def shown(nodes: list[Node]) -> list[str]:
    return [f"{' ' * node.depth}{node.name or repr(node.text)}" for node in nodes]


def naive(snapshots: list[Any], number: int, node: Any, depth: int = 0) -> list[str]:
    """Playwright's renderer, in so many words."""
    if isinstance(node, str):
        return [f"{' ' * depth}{node!r}"]
    if not isinstance(node[0], str):
        back, index = node[0]
        nodes = post_order(snapshots[number - back]) if 0 < back <= number else []
        return naive(snapshots, number - back, nodes[index], depth) if 0 <= index < len(nodes) else []
    inside = [line for child in node[2:] for line in naive(snapshots, number, child, depth + 1)]
    return [f"{' ' * depth}{node[0].lower()}", *inside]


def post_order(node: Any) -> list[Any]:
    if isinstance(node, str):
        return [node]
    if not isinstance(node[0], str):
        return []
    return [*(each for child in node[2:] for each in post_order(child)), node]


@deterministic
@given(st.lists(TREE, min_size=1, max_size=5))
def test_references_resolve_as_a_recursive_reader_resolves_them(snapshots: list[Any]) -> None:
    for number, html in enumerate(snapshots):
        assert shown(resolve(AFrame(*snapshots), "main", number)) == naive(snapshots, number, html)


@deterministic
@given(st.lists(JSON, min_size=1, max_size=4), JSON)
def test_any_json_resolves(snapshots: list[object], inside: object) -> None:
    for number in range(len(snapshots)):
        resolve(AFrame(*snapshots, i=[inside]), "main", number)


def test_a_reference_counts_nodes_in_post_order() -> None:
    first = ["HTML", {}, ["STYLE", {}, "css"], ["P", {}, "one"], ["P", {}, "two"]]
    second = ["HTML", {}, [[1, 5]], [[1, 2]]]
    assert shown(resolve(AFrame(first, second), "main", 1)) == ["html", " p", "  'two'", " 'one'"]


def test_references_in_what_is_referred_to_count_from_there() -> None:
    third = ["HTML", {}, [[1, 0]]]
    snapshots = (["B", {}, "one"], ["B", {}, "two"], ["P", {}, [[2, 1]]], third)
    assert shown(resolve(AFrame(*snapshots), "main", 3)) == ["html", " p", "  b", "   'one'"]


def test_an_iframe_has_its_own_snapshots() -> None:
    page = ["BODY", {}, ["IFRAME", {"src": "/snapshot/inner"}], "after"]
    frames = AFrame(page, inner=[["P", {}, "old"], ["HTML", {}, [[1, 0]]]])
    assert shown(resolve(frames, "main", 0)) == ["body", " iframe", "  html", "   'old'", " 'after'"]


def test_an_iframe_that_contains_itself_ends() -> None:
    frames = AFrame(["IFRAME", {"src": "/snapshot/a"}], a=[["IFRAME", {"src": "/snapshot/a"}]])
    assert shown(resolve(frames, "main", 0)) == ["iframe", " iframe"]


def test_a_page_that_doubles_with_every_snapshot_is_cut() -> None:
    snapshots: list[object] = ["x"]
    for _ in range(60):
        snapshots.append(
            ["P", {}, [[1, len(post_order(snapshots[-1])) - 1]], [[1, len(post_order(snapshots[-1])) - 1]]]
        )
    assert len(resolve(AFrame(*snapshots), "main", 60, most=1000)) == 1000


def test_references_that_lead_nowhere_are_not_followed_without_end() -> None:
    wide = ["P", {}, *[[[9, 9]]] * 1000]
    page = ["P", {}, *[[[1, 0]]] * 1000]
    assert len(resolve(AFrame(wide, page), "main", 1, most_read=50_000)) < 50


def test_a_page_made_of_thousands_of_snapshots_does_not_read_them_all() -> None:
    small: list[object] = [["P", {}]] * 2000
    frames = AFrame(*small, ["HTML", {}, *([[back, 0]] for back in range(1, 2001))])
    assert len(resolve(frames, "main", 2000)) == 1 + MOST_SNAPSHOTS


def test_depth_has_no_limit() -> None:
    html: object = "deep"
    for _ in range(20_000):
        html = ["DIV", {}, html]
    assert resolve(AFrame(html), "main", 0, most=200_000, most_read=10**6)[-1] == Node(20_000, "", "deep")
