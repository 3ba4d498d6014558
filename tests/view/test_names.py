"""The prefix that names share, and where one of them differs from the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvtui.view.names import first_difference, shared_prefix

NAMES = st.lists(st.text("ab1 ›>/:-é\u0301👩\u200d日", max_size=20), max_size=8)


@pytest.mark.parametrize(
    ("names", "prefix"),
    [
        (["chromium › auth › Login › locked out", "chromium › auth › Login › valid"], "chromium › auth › Login › "),
        (["Checkout > pays by card", "Checkout > pays by invoice"], "Checkout > pays by "),
        (["tests/auth/test_login.py::locked", "tests/auth/test_login.py::valid"], "tests/auth/test_login.py::"),
        (["price of SKU-0001 in EUR", "price of SKU-0002 in USD"], "price of "),
        (["auth-login-locked", "auth-login-valid"], "auth-login-"),
        (["登録 › 成功", "登録 › 失敗"], "登録 › "),
    ],
)
def test_names_share_all_before_the_last_separator(names: list[str], prefix: str) -> None:
    assert shared_prefix(names) == prefix


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["the only › test"],
        ["shown › twice", "shown › twice"],
        ["a › locked out", "a › valid"],
        ["Checkout", "Checkin"],
        ["Checkout: total", "Login: valid"],
        ["12:30", "12:45"],
        ["2026-11-29", "2026-11-30"],
    ],
)
def test_nothing_is_left_out_that_is_short_unique_or_inside_a_word(names: list[str]) -> None:
    assert shared_prefix(names) == ""


def test_a_name_that_ends_with_the_prefix_keeps_its_last_part() -> None:
    assert shared_prefix(["suite › Login › ", "suite › Login › locked out"]) == "suite › "


def test_no_accent_is_parted_from_its_letter() -> None:
    assert shared_prefix(["suite › Login › \u0301a", "suite › Login › b"]) == "suite › "


@given(NAMES)
def test_every_name_begins_with_the_prefix_and_goes_on(names: list[str]) -> None:
    prefix = shared_prefix(names)
    assert all(name.startswith(prefix) and len(name) > len(prefix) for name in names) or prefix == ""
    assert prefix == "" or (len(set(names)) > 1 and prefix[-1] in " ›>/:-")
    assert shared_prefix(names[::-1]) == prefix


@given(NAMES)
def test_the_first_difference_is_after_what_any_two_names_share(names: list[str]) -> None:
    def shared(one: str, other: str) -> int:
        return next(n for n in range(len(one), -1, -1) if other.startswith(one[:n]))

    for name in names:
        others = [other for other in names if other != name]
        assert first_difference(name, sorted(names)) == max((shared(name, other) for other in others), default=0)
