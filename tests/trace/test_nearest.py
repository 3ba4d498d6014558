"""Elements that resemble a locator that was not found."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvtui.trace import nearest as module
from tvtui.trace.page_text import Element


def nearest(locator: str, elements: Sequence[Element]) -> tuple[str, ...]:
    return tuple(near.shown for near in module.nearest(locator, elements))


PAGE = (
    Element("link", "Orders", "a"),
    Element("button", "Sign up", "button"),
    Element("button", "Log out", "button"),
    Element("textbox", "User name", "input", id="user"),
    Element("paragraph", "Account is locked", "p", id="login-eror", hint="#login-eror"),
    Element("", "€5", "div", classes=("card-total", "big"), hint=".card-total"),
    Element("", "Visa", "div", tests=("pay-card",), hint='[data-testid="pay-card"]'),
)


@pytest.mark.parametrize(
    ("locator", "found"),
    [
        ("getByRole('button', { name: 'Sign in' })", 'button "Sign up"'),
        ('get_by_role("button", name="Sign in")', 'button "Sign up"'),
        ('GetByRole(AriaRole.Button, new() { Name = "Sign in" })', 'button "Sign up"'),
        ('getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign in"))', 'button "Sign up"'),
        ("getByRole('button', { name: /sign in/i })", 'button "Sign up"'),
        ("locator('#menu').getByRole('link', { name: 'Order' }).first()", 'link "Orders"'),
        ("getByLabel('Username')", 'textbox "User name"'),
        ("getByText('Account was locked')", 'paragraph "Account is locked"'),
        ("locator('form > #login-error')", "#login-eror (paragraph)"),
        ("locator('div.card-totals')", ".card-total (div)"),
        ("getByTestId('pay-cards')", '[data-testid="pay-card"] (div)'),
        ("locator('[data-test=\"pay-cards\"]')", '[data-testid="pay-card"] (div)'),
        ("locator('button:has-text(\"Sign in\")')", 'button "Sign up"'),
        ('internal:role=button[name="Sign in"i]', 'button "Sign up"'),
        ('form >> internal:role=button[name="Sign in"i] >> nth=0', 'button "Sign up"'),
        ('internal:label="Username"i', 'textbox "User name"'),
        ('internal:testid=[data-testid="pay-cards"s]', '[data-testid="pay-card"] (div)'),
        ('internal:attr=[placeholder="User nam"i]', 'textbox "User name"'),
    ],
)
def test_the_nearest_is_found_in_the_words_of_any_language(locator: str, found: str) -> None:
    assert nearest(locator, PAGE)[0] == found


def test_a_role_alone_is_no_resemblance_unless_it_is_all_that_is_wanted() -> None:
    assert nearest("getByRole('button', { name: 'Checkout 17' })", PAGE) == ()
    assert nearest("getByRole('button')", PAGE) == ('button "Sign up"', 'button "Log out"')


def test_at_most_three_are_named_and_the_most_similar_comes_first() -> None:
    page = [Element("button", f"Remove {n}") for n in range(9)]
    assert nearest("getByRole('button', { name: 'Remove 7' })", page)[0] == 'button "Remove 7"'
    assert len(nearest("getByRole('button', { name: 'Remove' })", page)) == 3


def test_of_elements_inside_each_other_only_one_is_named() -> None:
    page = [
        Element("list", "Order 1024"),
        Element("listitem", "Order 1024", around=0),
        Element("link", "Order 1024", around=1),
        Element("link", "Order 1025"),
    ]
    assert nearest("getByText('Order 1042')", page) == ('link "Order 1024"', 'link "Order 1025"')
    # the role that is wanted counts more than the depth
    assert nearest("getByRole('listitem', { name: 'Order 1042' })", page)[0] == 'listitem "Order 1024"'
    assert 'link "Order 1024"' not in nearest("getByRole('listitem', { name: 'Order 1042' })", page)


@settings(derandomize=True, database=None, deadline=None, max_examples=60)
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(["getByRole(", "'", '"', "[", "]", "(", ")", "/", ">>", "#a", ".b", "\\", "=", ":has-text("])
    ).map("".join)
)
def test_no_locator_is_too_strange(locator: str) -> None:
    nearest(locator, PAGE)


def test_a_hostile_locator_takes_no_time() -> None:
    for part in ("[", "(", "'", ':has-text("', "a ", ">> ", "/\\", "["):
        nearest(part * 100_000, PAGE)
