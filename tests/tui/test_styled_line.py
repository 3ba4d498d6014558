"""Cutting text to cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tvtui.tui.widgets.styled_line import fit, fit_name, fit_path


@pytest.mark.parametrize(
    ("text", "width", "fitted"),
    [
        ("short", 5, "short"),
        ("too long", 5, "too…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("x", 0, ""),
        ("ab", 1, "…"),
    ],
)
def test_text_is_cut_with_an_ellipsis(text: str, width: int, fitted: str) -> None:
    assert fit(text, width) == fitted


def test_paths_keep_their_ends() -> None:
    assert fit_path("screenshots/locked-out-user.png", 24) == "screensho…d-out-user.png"
    assert fit_path("trace.zip", 24) == "trace.zip"
    assert fit_path("screenshots/locked-out-user.png", 8) == "screens…"
    assert fit_path("登録/ユーザーは正しいパスワード", 16) == "登録/…パスワード"


@pytest.mark.parametrize(
    ("name", "width", "fitted"),
    [
        ("session lasts 30 days", 21, "session lasts 30 days"),
        ("session lasts 30 days after the browser was closed", 30, "session…30 days after the bro…"),
        ("session lasts 30 days after", 20, "sessi…30 days after"),
        ("session of 30 days after the browser was closed", 40, "session of 30 d…r the browser was closed"),
        ("the_long_session_lasts_30_days_after_the_browser", 20, "the_l…30_days_after…"),
        ("s 30 days after the browser", 12, "s 30…browser"),
    ],
)
def test_names_keep_what_tells_them_from_others(name: str, width: int, fitted: str) -> None:
    assert fit_name(name, width, name.index("30")) == fitted


@given(st.text("ab ", max_size=60), st.text("ab ", max_size=60), st.integers(12, 60))
def test_names_that_differ_in_one_letter_stay_different(before: str, after: str, width: int) -> None:
    one, other = (fit_name(f"{before}{letter}{after}", width, len(before)) for letter in "xy")
    assert one != other


@given(st.text() | st.text("a日é\u0301👩\u200d\ufe0f✔ ", max_size=80), st.integers(-2, 40), st.integers(0, 80))
def test_nothing_is_wider_than_its_width(text: str, width: int, differs: int) -> None:
    assert cell_len(fit(text, width)) <= max(0, width)
    assert cell_len(fit_path(text, width)) <= max(0, width)
    assert cell_len(fit_name(text, width, min(differs, len(text)))) <= max(0, width)
