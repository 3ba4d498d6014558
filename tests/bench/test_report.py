"""Figures become rows with ratios, budgets and a table."""

from __future__ import annotations

import pytest

from tests.bench.report import Budget, Row, number, p95, readme_table, table, times_bare, with_figures


def test_programs_measured_in_turn_are_compared_turn_by_turn() -> None:
    drifting = Row("start", "ms", {"bare": [100, 200, 300], "tvtui": [200, 400, 600]})
    incomplete = Row("start", "ms", {"bare": [100, 200, 300], "tvtui": [200, 400]})

    assert drifting.ratio("tvtui") == 2
    assert incomplete.ratio("tvtui") == 1.5


@pytest.mark.parametrize(
    ("values", "ratio"),
    [
        ({"bare": [], "tvtui": [1.0]}, None),
        ({"tvtui": [1.0]}, None),
        ({"bare": [1.0], "tvtui": []}, None),
        ({"bare": [0.0], "tvtui": [1.0]}, None),
        ({"bare": [0.0, 2.0, 2.0], "tvtui": [1.0, 1.0, 1.0]}, 0.5),
    ],
)
def test_there_is_no_ratio_to_what_was_not_measured(values: dict[str, list[float]], ratio: float | None) -> None:
    assert Row("start", "ms", values, times_bare(2)).ratio("tvtui") == ratio


def test_a_budget_is_a_multiple_of_the_bare_app_or_a_value() -> None:
    values = {"bare": [2.0], "tvtui": [5.0], "old": [4.0]}

    assert [Row("key", "ms", values, times_bare(2)).is_within_budget(each) for each in values] == [None, False, True]
    assert [Row("key", "ms", values, Budget(5)).is_within_budget(each) for each in values] == [None, True, True]
    assert Row("key", "ms", values).is_within_budget("tvtui") is None
    assert Row("key", "ms", {"tvtui": [5.0]}, times_bare(2)).is_within_budget("tvtui") is None


def test_ninety_five_percent_do_not_exceed_the_p95() -> None:
    assert p95(range(1, 101)) == 95
    assert p95(range(1, 61)) == 57
    assert p95([7.0]) == 7


def test_a_table_has_a_column_for_each_program_and_marks_what_exceeds_its_budget() -> None:
    rows = [
        Row("start", "ms", {"bare": [200, 210], "tvtui": [500, 530], "old": []}, times_bare(2)),
        Row("key", "ms", {"tvtui": [4.25]}, Budget(5)),
    ]

    assert table(rows).splitlines() == [
        "           bare             tvtui                     old           budget",
        "start, ms  205 [200 … 210]  515 [500 … 530] 2.51 × !  not measured  ≤ 2 ×",
        "key, ms    –                4.2                       –             ≤ 5",
    ]


def test_numbers_have_the_digits_that_they_are_worth() -> None:
    assert [number(each) for each in (12345.6, 20.4, 19.96, 2.04, 1.234, 0.0)] == [
        "12,346",
        "20",
        "20.0",
        "2.0",
        "1.23",
        "0",
    ]


def test_the_readme_shows_what_was_measured_and_a_dash_for_the_rest() -> None:
    rows = [Row("first frame", "ms", {"bare": [250], "tvtui": [120]}), Row("memory, 100 tests", "MB", {"tvtui": [54]})]
    header, _, bare, ours = readme_table(rows, "tvtui", "June 2026").splitlines()

    assert header.startswith("| June 2026 | first frame | ")
    assert bare.startswith("| bare Textual app | 250 ms | – | ")
    assert ours.startswith("| tvtui | 120 ms (0.48 ×) | – | ")
    assert "54 MB" in ours
    assert "54 MB" not in bare


def test_the_figures_in_the_readme_stand_between_markers() -> None:
    readme = "before\n<!-- figures: made by x -->\nold\n<!-- /figures -->\nafter"

    assert with_figures(readme, r"new \1") == "before\n<!-- figures: made by x -->\nnew \\1\n<!-- /figures -->\nafter"
    with pytest.raises(ValueError, match="no markers"):
        with_figures("nothing", "new")
