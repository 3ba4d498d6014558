"""Cutting text to cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tvtui.tui.widgets.styled_line import fit, fit_path


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


@given(st.text(), st.integers(0, 40))
def test_nothing_is_wider_than_its_width(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) <= width
    assert cell_len(fit_path(text, width)) <= width
