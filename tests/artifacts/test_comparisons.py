"""Expected, actual and diff find each other."""

from __future__ import annotations

from tvtui.artifacts.pictures import Triple, pages, triples


def test_pictures_whose_names_differ_in_the_part_alone_pair_up() -> None:
    paths = [
        "screenshots/card-diff.png",
        "screenshots/card.png",
        "screenshots/card-expected.png",
        "trace/card-actual.zip",
        "screenshots/card-actual.png",
    ]
    (card,) = triples(paths)
    assert card == Triple("card", expected=2, actual=4, diff=0)
    assert card.parts == (("expected", 2), ("actual", 4), ("diff", 0))


def test_two_of_three_are_enough_and_one_is_not() -> None:
    (spin,) = triples(["a/spin-actual.png", "a/spin-diff.png", "a/new-actual.png", "a/spin-previous.png"])
    assert spin.parts == (("actual", 0), ("diff", 1))


def test_other_folders_and_other_types_are_other_pictures() -> None:
    assert triples(["a/card-actual.png", "b/card-diff.png", "a/card-expected.jpg"]) == ()


def test_a_path_that_is_there_twice_pairs_up_with_nothing() -> None:
    assert triples(["card-actual.png", "card-actual.png", "card-diff.png"]) == ()


def test_text_is_no_picture() -> None:
    assert triples(["totals-actual.txt", "totals-expected.txt", "-actual.png", "-diff.png"]) == ()


def test_one_goes_through_single_pictures_and_whole_comparisons_in_the_order_of_the_list() -> None:
    paths = ["login.png", "card-diff.png", "cart.png", "card-actual.png", "new-actual.png"]
    assert pages(paths) == (
        (("", 0),),
        (("actual", 3), ("diff", 1)),
        (("", 2),),
        (("", 4),),
    )
    assert pages([]) == ()
