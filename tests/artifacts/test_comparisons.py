"""Comparisons of expected, actual and diff."""

from __future__ import annotations

from tvtui.artifacts.pictures import Page, pages


def comparisons(*paths: str) -> list[Page]:
    """The pages with more than one picture."""
    return [page for page in pages(paths) if len(page) > 1]


def test_pictures_whose_paths_differ_only_in_the_part_belong_together() -> None:
    found = comparisons(
        "screenshots/card-diff.png",
        "screenshots/card.png",
        "screenshots/card-expected.png",
        "trace/card-actual.zip",
        "screenshots/card-actual.png",
    )
    assert found == [(("expected", 2), ("actual", 4), ("diff", 0))]


def test_a_comparison_needs_two_pictures() -> None:
    found = comparisons("a/spin-actual.png", "a/spin-diff.png", "a/new-actual.png", "a/spin-previous.png")
    assert found == [(("actual", 0), ("diff", 1))]


def test_pictures_of_other_folders_or_types_do_not_belong_together() -> None:
    assert comparisons("a/card-actual.png", "b/card-diff.png", "a/card-expected.jpg") == []


def test_a_path_that_occurs_twice_belongs_to_no_comparison() -> None:
    assert comparisons("card-actual.png", "card-actual.png", "card-diff.png") == []


def test_text_files_belong_to_no_comparison() -> None:
    assert comparisons("totals-actual.txt", "totals-expected.txt", "-actual.png", "-diff.png") == []


def test_pages_are_single_pictures_and_comparisons_in_the_order_of_the_list() -> None:
    paths = ["login.png", "card-diff.png", "cart.png", "card-actual.png", "new-actual.png"]
    assert pages(paths) == (
        (("", 0),),
        (("actual", 3), ("diff", 1)),
        (("", 2),),
        (("", 4),),
    )
    assert pages([]) == ()
