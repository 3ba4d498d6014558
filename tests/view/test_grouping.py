"""How the failures of a run are grouped by error, and the lines of the table that come of it."""

from __future__ import annotations

from tests.support.builders import a_case, run_at
from tvtui.testvibe.identity import Row, identify_cases
from tvtui.testvibe.models import Case
from tvtui.view.grouping import Group, group, group_id, is_group, lines, rows_of
from tvtui.view.signature import signature


def failing(*errors: str | None) -> tuple[Row, ...]:
    """Failed tests "a", "b" … with these errors, and one that passed between them."""
    failed: list[Case] = [
        a_case(name, status="failed", error=error) for name, error in zip("abcdefghij", errors, strict=False)
    ]
    return identify_cases([*failed[:1], a_case("passed"), *failed[1:]])


def grouped(rows: tuple[Row, ...]) -> tuple[tuple[Row, ...], list[Group]]:
    known = {row.case.error: signature(row.case.error) for row in rows if row.case.error}
    arranged, groups = group(rows, known)
    return arranged, list(groups.values())


def names(rows: tuple[Row, ...]) -> str:
    return " ".join(row.case.name for row in rows)


def test_the_largest_comes_first_then_other_failures_then_the_rest() -> None:
    arranged, groups = grouped(failing("one 1", "alone", "two 1", "one 2", "two 2", "two 3", None))
    assert [(each.title, names(each.rows)) for each in groups] == [("two …", "c e f"), ("one …", "a d")]
    assert names(arranged) == "c e f a d b g passed"


def test_groups_of_one_size_keep_the_order_of_their_first_tests() -> None:
    _, groups = grouped(failing("two 1", "one 1", "one 2", "two 2"))
    assert [each.title for each in groups] == ["two …", "one …"]


def test_a_group_of_one_is_none() -> None:
    rows = failing("one", "two", "three", None, "", None)
    assert grouped(rows) == ((*(row for row in rows if row.case.name != "passed"), rows[1]), [])


def test_an_error_that_is_not_known_yet_is_in_no_group() -> None:
    rows = failing("one 1", "one 2", "one 3")
    known = {error: signature(error) for error in ("one 1", "one 2")}
    assert [names(each.rows) for each in group(rows, known)[1].values()] == ["a b"]


def test_the_title_says_what_all_have_in_common() -> None:
    assert grouped(failing("waited 5 s", "waited 5 s"))[1][0].title == "waited 5 s"
    assert grouped(failing("waited 5 s", "waited 7 s"))[1][0].title == "waited …"
    shown = "expect(locator).toBeVisible() failed\n\nLocator: locator('#row-1')\nReceived: hidden"
    gone = shown.replace("Received: hidden", "Error: element(s) not found").replace("row-1", "row-2")
    assert grouped(failing(shown, gone))[1][0].title == "locator('#row-…') toBeVisible failed"


def test_the_heading_counts() -> None:
    assert grouped(failing("boom", "boom"))[1][0].heading == "2 failures: boom"


def test_a_group_is_no_test() -> None:
    (boom,) = grouped(failing("boom", "boom"))[1]
    assert boom.id == group_id("boom\n")
    assert is_group(boom.id)
    assert not is_group(boom.rows[0].id)
    assert not is_group(None)


def test_a_folded_group_hides_its_tests_but_still_has_them() -> None:
    rows = failing("boom", "bang", "boom", "bang", "alone")
    arranged, groups = grouped(rows)
    known = {each.id: each for each in groups}
    shown = lines(arranged, known, {groups[0].id})
    assert [line.title if isinstance(line, Group) else line.case.name for line in shown] == [
        *("boom", "bang", "b", "d"),
        *("e", "passed"),
    ]
    assert [line.is_folded for line in shown if isinstance(line, Group)] == [True, False]
    assert tuple(rows_of(shown)) == arranged


def test_the_demo_has_a_group_for_each_kind_of_failure() -> None:
    sizes = [len(each.rows) for each in grouped(identify_cases(run_at("large", 600).tests))[1]]
    assert sizes == [4, 4, 4, 4, 3, 3, 3]
    assert [each.title for each in grouped(identify_cases(run_at("matrix", 600).tests))[1]] == ["rounding of SKU …"]
