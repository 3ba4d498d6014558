"""The page as text: from accessibility trees and from DOM snapshots, with what a step acted on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvtui.text.clean import clean_line
from tvtui.trace.dom_outline import of_dom
from tvtui.trace.page_text import PageOutline, of_aria, of_error_context
from tvtui.trace.snapshots import resolve

deterministic = settings(derandomize=True, database=None, deadline=None, max_examples=100)


class _APage:
    def __init__(self, html: object) -> None:
        self._html = html

    def html(self, frame: str, number: int) -> object:
        return self._html

    def child(self, frame: str) -> int | None:
        return None


def a_page(*body: object, call: str = "") -> PageOutline:
    outline = of_dom(resolve(_APage(["HTML", {}, ["BODY", {}, *body]]), "main", 0), call)
    assert outline is not None
    return outline


def lines(*body: object) -> tuple[str, ...]:
    return a_page(*body).lines


@pytest.mark.parametrize(
    ("element", "line"),
    [
        (["BUTTON", {}, "Sign in"], 'button "Sign in"'),
        (["BUTTON", {"disabled": ""}, "Pay"], 'button "Pay" [disabled]'),
        (["A", {"href": "/"}, ["SPAN", {}, "Go"], " home"], 'link "Go home"'),
        (["A", {}, "no link"], "text: no link"),
        (["H2", {}, "Basket"], 'heading "Basket" [level=2]'),
        (["P", {}, "Total ", ["B", {}, "€5"]], "paragraph: Total €5"),
        (["INPUT", {"placeholder": "Email", "__playwright_value_": "a@b"}], 'textbox "Email": a@b'),
        (["INPUT", {"type": "password", "__playwright_value_": "secret"}], "textbox: ••••••"),
        (
            ["INPUT", {"type": "checkbox", "__playwright_checked_": "true", "title": "Gift"}],
            'checkbox "Gift" [checked]',
        ),
        (["INPUT", {"type": "submit", "value": "Send"}], 'button "Send"'),
        (["TEXTAREA", {"aria-label": "Note", "__playwright_value_": "new"}, "old"], 'textbox "Note": new'),
        (["IMG", {"alt": "A tulip"}], 'img "A tulip"'),
        (["DIV", {"role": "alert"}, "Gone"], "alert: Gone"),
        (["SECTION", {"aria-label": "News"}], 'region "News"'),
        (["BUTTON", {}, 'say "hi"'], 'button "say \\"hi\\""'),
    ],
)
def test_elements_have_roles_names_values_and_states(element: object, line: str) -> None:
    assert lines(element) == (line,)


@pytest.mark.parametrize(
    "element",
    [
        ["SCRIPT", {}, "x"],
        ["STYLE", {}, "x"],
        ["NOSCRIPT", {}, "x"],
        ["TEMPLATE", {}, ["P", {}, "x"]],
        ["DIV", {"hidden": ""}, ["P", {}, "x"]],
        ["DIV", {"style": "color: red; display:none"}, "x"],
        ["DIV", {"aria-hidden": "true"}, "x"],
        ["INPUT", {"type": "hidden"}],
        ["DIALOG", {}, "closed"],
    ],
)
def test_what_is_certainly_not_on_the_page_is_left_out(element: object) -> None:
    assert lines("before", element, "after") == ("text: before after",)


def test_blocks_are_lines_of_their_own_and_pictures_have_no_text() -> None:
    assert lines("one ", ["B", {}, "line"], ["DIV", {}, "two"], ["SPAN", {}, "three"]) == (
        "text: one line",
        "text: two",
        "text: three",
    )
    assert lines("one", ["DIV", {}], "two") == ("text: one", "text: two")
    assert lines(["svg", {"aria-label": "Logo"}, ["text", {}, "drawn"]]) == ('img "Logo"',)


def test_open_shadow_roots_and_open_dialogs_are_on_the_page() -> None:
    shadow = ["TEMPLATE", {"__playwright_shadow_root_": "open"}, ["BUTTON", {}, "5 stars"]]
    dialog = ["DIALOG", {"__playwright_dialog_open_": "modal", "aria-label": "Sure?"}, ["BUTTON", {}, "Yes"]]
    assert lines(["SHOP-RATING", {}, shadow], dialog) == ('button "5 stars"', 'dialog "Sure?"', '  button "Yes"')


def test_a_field_is_named_by_its_label() -> None:
    around = ["LABEL", {}, "Voucher ", ["INPUT", {"__playwright_value_": "SPRING10"}]]
    apart = [["LABEL", {"for": "mail"}, "Email"], ["BR"], ["INPUT", {"id": "mail"}]]
    assert lines(around) == ("text: Voucher", 'textbox "Voucher": SPRING10')
    assert lines(*apart) == ("text: Email", 'textbox "Email"')
    assert lines(["H1", {"id": "h"}, "Pay"], ["FORM", {"aria-labelledby": "h"}])[-1] == 'form "Pay"'


def test_lists_and_tables_are_nested() -> None:
    items = (["LI", {}, "Tulips"], ["LI", {}, "Peas ", ["BUTTON", {}, "Remove"]])
    assert lines(["UL", {"aria-label": "Items"}, *items]) == (
        'list "Items"',
        "  listitem: Tulips",
        "  listitem",
        "    text: Peas",
        '    button "Remove"',
    )


def test_the_element_that_the_step_acted_on_is_marked() -> None:
    other = ["BUTTON", {"__playwright_target__": "call@1"}, "One"]
    button = ["BUTTON", {"__playwright_target__": "call@2"}, "Two"]
    box = ["DIV", {"__playwright_target__": "", "id": "total"}, "€5"]
    assert a_page(other, button, call="call@2").targets == (1,)
    outline = a_page(button, button, box, call="call@2")
    assert outline.targets == (0, 1, 2)  # strict mode: several
    assert outline.lines[2] == "generic #total: €5"


def test_a_marked_element_is_found_in_another_outline_by_role_and_name() -> None:
    button = ["BUTTON", {"__playwright_target__": ""}, "Pay"]
    acted = a_page(button).target_elements
    tree = of_aria([{"role": "link", "name": "Pay"}, {"role": "button", "name": "Pay"}])
    assert tree
    assert tree.lines_of(a_page(button), acted) == (1,)


TARGET = {"__playwright_target__": ""}


@pytest.mark.parametrize(
    ("body", "tree", "marked"),
    [
        # an element without a role is only a part of its line
        ([["P", {}, "Total ", ["B", TARGET, "€49"]]], ["Total €490", "Total €49"], "text: Total €49"),
        ([["DIV", TARGET, "Saved"]], ["Not Saved", "Saved"], "text: Saved"),
        # a role without a name
        ([["P", TARGET, "Saved"]], ["Saved", {"role": "paragraph", "text": "Saved"}], "paragraph: Saved"),
        ([["INPUT"], ["INPUT", TARGET]], [{"role": "textbox"}, {"role": "textbox", "text": "a"}], "textbox"),
        # one with a long content shows where it begins
        ([["DIV", TARGET, ["P", {}, "Tulips"], ["P", {}, "€5"]]], ["€5", "Tulips"], "text: Tulips"),
        # none
        ([["DIV", TARGET]], ["Saved"], None),
        ([["DIV", TARGET, "Gone"]], ["Saved"], None),
    ],
)
def test_a_marked_element_without_a_name_is_found_by_its_text(body: list[Any], tree: Any, marked: str | None) -> None:
    page, outline = a_page(*body), of_aria(tree)
    assert outline
    assert [outline.lines[at] for at in outline.lines_of(page, page.target_elements)] == ([marked] if marked else [])


def test_of_equal_lines_it_is_that_in_the_same_order() -> None:
    items = [["LI", {}, ["BUTTON", TARGET if at == 1 else {}, "Remove"]] for at in range(3)]
    page = a_page("Basket", ["UL", {}, *items])
    rows = [{"role": "listitem", "children": [{"role": "button", "name": "Remove"}]} for _ in range(3)]
    tree = of_aria(rows)
    assert tree
    assert tree.lines_of(page, page.target_elements) == (3,)
    assert page.lines_of(page, page.target_elements) == page.targets


def test_elements_know_their_line_and_what_is_around_them() -> None:
    page = a_page(["UL", {}, ["LI", {}, "Tulips"], ["LI", {}, "Peas ", ["BUTTON", {}, "Remove"]]])
    tree = of_error_context(
        '```yaml\n- list:\n  - listitem: Tulips\n  - listitem:\n    - text: Peas\n    - button "Remove"\n```'
    )
    assert tree
    for outline in (page, tree):
        assert [(each.role, each.around) for each in outline.elements] == [
            ("list", -1),
            ("listitem", 0),
            ("listitem", 0),
            ("button", 2),
        ]
        assert all(outline.lines[each.line].strip().startswith(each.role) for each in outline.elements)


def test_a_text_in_quotation_marks_is_compared_without_them() -> None:
    page = a_page(["DIV", TARGET, 'Saved: "x"'])
    tree = of_error_context('```yaml\n- text: Saved\n- text: "Saved: \\"x\\""\n```')
    assert tree
    assert tree.lines_of(page, page.target_elements) == (1,)


def test_an_accessibility_tree_reads_as_playwright_prints_it() -> None:
    box = {"x": 0, "y": 0, "width": 10, "height": 10}
    field = {"role": "textbox", "name": "Email", "placeholder": "you@example.com", "text": "a@b", "box": box}
    heading = {"role": "heading", "name": "Shop", "level": 1}
    items = {"role": "list", "children": ["loose text", {"role": "listitem", "text": "Tulips", "selected": True}]}
    tree = of_aria([heading, field, items, {"role": "checkbox", "name": "Gift", "checked": "mixed"}])
    assert tree
    assert tree.lines == (
        'heading "Shop" [level=1]',
        'textbox "Email": a@b',
        "  /placeholder: you@example.com",
        "list",
        "  text: loose text",
        "  listitem [selected]: Tulips",
        'checkbox "Gift" [checked=mixed]',
    )


def test_the_first_yaml_block_of_an_error_context_is_the_page() -> None:
    tree = '- list "Items":\n  - listitem: Tulips\n- button "Pay" [ref=e3]\n'
    markdown = f"# Page snapshot\n\n```yaml\n{tree}```\n\n```ts\ncode\n```"
    outline = of_error_context(markdown)
    assert outline
    assert outline.lines == ('list "Items":', "  listitem: Tulips", 'button "Pay" [ref=e3]')
    assert [(element.role, element.name) for element in outline.elements][2] == ("button", "Pay")
    assert of_error_context("# Instructions\n\n```ts\nno page\n```") is None


def test_links_lose_their_signatures_and_texts_their_escape_sequences() -> None:
    outline = of_aria([{"role": "link", "name": "\x1b]0;x\x07a\u202eb", "url": "https://x.y/z?sig=abc"}])
    assert outline
    assert outline.lines == ('link "ab"', "  /url: https://x.y/z?…")
    assert lines(["P", {"id": "\x1b[2J"}, "\x1b[31mred\ndwarf"]) == ("paragraph: red dwarf",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\x1b[2Jx\u202e"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["role", "name", "text", "url", "children", "level", "checked"]), inner)
    ),
    max_leaves=15,
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["id", "class", "role", "type", "for", "aria-labelledby", "__playwright_target__", "data-testid"]),
    st.sampled_from(["", "x", "x y", "button", "\x1b[2J", "\ud800"]),
)
DOM = st.recursive(
    st.text(max_size=4) | st.just("a\x1b[2J\u202e"),
    lambda inner: st.builds(
        lambda name, attributes, children: [name, attributes, *children],
        st.sampled_from(["DIV", "A", "LABEL", "INPUT", "BUTTON", "SELECT", "H1", "H9", "svg", "\x1b[31m"]),
        ATTRIBUTES,
        st.lists(inner, max_size=4),
    ),
    max_leaves=15,
)


def assert_clean(outline: PageOutline | None) -> None:
    for line in outline.lines if outline else ():
        assert clean_line(line) == line
        line.encode()


@deterministic
@given(JSON)
def test_any_json_is_no_accessibility_tree_or_a_clean_one(tree: Any) -> None:
    assert_clean(of_aria([tree]))
    assert_clean(of_aria(tree))


@deterministic
@given(DOM)
def test_any_page_is_clean(html: Any) -> None:
    assert_clean(of_dom(resolve(_APage(html), "main", 0), "x"))


def test_depth_has_no_limit() -> None:
    html: object = ["INPUT", {}]
    for _ in range(1_500):
        html = ["LABEL", {}, ["A", {"href": ""}, html]]
    outline = of_dom(resolve(_APage(html), "main", 0, most_read=10**6))
    assert outline
    assert len(outline.lines) == 1_501
