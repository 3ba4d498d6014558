"""Matching artifacts to tests by their paths, and avoiding wrong matches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

import tvtui.demo
from tests.support.builders import a_case, an_artifact
from tvtui.artifacts.matching import match_artifacts
from tvtui.testvibe.identity import identify_cases
from tvtui.testvibe.models import Case, Run

RUNS = Path(tvtui.demo.__file__).parent / "runs"

LOGIN = ("Valid user signs in", "Invalid password is rejected", "Locked-out user sees an error")


def failed(*names: str, error: str = "Error") -> list[Case]:
    return [a_case(name, status="failed", error=error) for name in names]


def marks(cases: list[Case], *paths: str) -> Mapping[str, list[str]]:
    """The paths that belong to each test, by its name (`name#1` for the second one of that name)."""
    artifacts = [an_artifact(path) for path in paths]
    found = match_artifacts(identify_cases(cases), artifacts)
    return {
        name if nth == 0 else f"{name}#{nth}": [artifacts[index].path for index in indices]
        for (name, nth), indices in found.items()
    }


def owner(cases: list[Case], path: str) -> str | None:
    """The test that a path belongs to."""
    return next(iter(marks(cases, path)), None)


@pytest.mark.parametrize(
    "path",
    [
        "trace/locked-out-user-sees-an-error.zip",
        "trace/locked-out-user.zip",
        "screenshots/Locked_out user sees an error.png",
        "screenshots/locked-out-user-sees-an-error-retry1.png",
        "test-results/login-Locked-out-user-sees-an-error-chromium/trace.zip",
        "test-results/login-Locked-out-user-sees-an-error/trace.zip",
        "test-results/auth-login-Sign-in-Locked-out-user-sees-an-error-Mobile-Chrome-retry2/test-failed-1.png",
        "test-results/locked-out-user-sees-an-error/video.webm",
        "login-Locked-out-user-sees-an-error-webkit.zip",
    ],
)
def test_a_path_belongs_to_the_test_whose_name_it_contains(path: str) -> None:
    assert owner(failed(*LOGIN), path) == LOGIN[2]


@pytest.mark.parametrize(
    "path",
    [
        "report/index.html",
        "logs/browser-console.log",
        "trace.zip",
        "trace/user.zip",
        "trace/user-sees.zip",
        "screenshots/before-valid-user-signs-in.png",
        "data/0a1b2c3d4e5f60718293a4b5c6d7e8f901234567.zip",
        "trace/locked-out-user-sees-an-error-again.zip",
        "login-Locked-out-user-sees-an-error-and-more-chromium/trace.zip",
        "valid-user-signs-in/locked-out-user-sees-an-error.png",
        "",
        "/",
        "...",
    ],
)
def test_a_path_that_names_no_test_or_two_tests_belongs_to_none(path: str) -> None:
    assert marks(failed(*LOGIN), path) == {}


def test_a_path_belongs_to_neither_of_two_tests_of_the_same_name() -> None:
    path = "trace/locked-out-user-sees-an-error.zip"
    assert marks(failed(LOGIN[2], LOGIN[2]), path) == {}
    assert marks(failed("Locked-out user: sees an error", LOGIN[2]), path) == {}


def test_the_longest_name_wins() -> None:
    cases = failed("sees an error", *LOGIN, "card", "card colour")
    assert owner(cases, "login-Locked-out-user-sees-an-error-chromium/trace.zip") == LOGIN[2]
    assert owner(cases, "trace/card-colour.zip") == "card colour"
    assert owner(cases, "trace/sees-an-error.zip") == "sees an error"


def test_the_end_of_a_longer_name_is_not_sufficient() -> None:
    # whose is it: "user sees an error" in a file called "guest", or a test that is not in the digest yet?
    assert marks(failed("user sees an error", LOGIN[2]), "guest-user-sees-an-error-chromium/trace.zip") == {}


def test_a_name_of_one_word_must_be_the_name_of_a_file_and_unique() -> None:
    assert owner(failed("checkout"), "trace/checkout.zip") == "checkout"
    assert marks(failed("checkout", "checkout of a guest"), "trace/checkout.zip") == {}
    assert marks(failed("checkout"), "checkout/trace.zip", "auth-checkout-chromium/trace.zip") == {}


@pytest.mark.parametrize("name", ["report", "Test results", "trace 1", "screenshots", "index", "!?", "1"])
def test_generic_names_are_ignored(name: str) -> None:
    paths = ["report/index.html", "test-results/trace-1.zip", "trace/trace.zip", "screenshots/1.png"]
    assert marks(failed(name), *paths) == {}


def test_of_400_similar_names_only_the_whole_one_matches() -> None:
    cases = failed(*(f"price of SKU-{number:04} in EUR × {number % 9}" for number in range(400)))
    assert marks(cases, "trace/price-of-sku.zip", "trace/price-of-sku-00.zip", "trace/price-of.zip") == {}
    assert owner(cases, "trace/price-of-sku-0042-in-eur-6.zip") == cases[42].name
    assert owner(cases, "trace/price-of-sku-0042.zip") == cases[42].name


class TestBeginning:
    """The start of a name is sufficient, as in `trace/locked-out-user.zip` in the documentation."""

    def test_counts_only_for_tests_that_did_not_pass(self) -> None:
        assert marks([a_case(LOGIN[2])], "trace/locked-out-user.zip") == {}

    def test_needs_a_word_that_no_other_test_has(self) -> None:
        cases = failed("user sees a hint", "guest sees a hint", "the user is told")
        assert marks(cases, "screenshots/user-sees.png") == {}

    def test_is_ignored_if_another_file_has_the_whole_name(self) -> None:
        # then the short one is a screenshot that somebody gave a name to
        paths = ("trace/login-page-shows-a-title.zip", "screenshots/login-page.png")
        assert marks(failed("Login page shows a title"), *paths) == {"Login page shows a title": [paths[0]]}


class TestShortenedByPlaywright:
    """In folder names of more than 60 characters, five hexadecimal digits replace the middle."""

    NAME = "A customer with an expired card is asked for another one"

    def folder(self, end: str, tail: str = "rd-is-asked-for-another-one") -> str:
        head = "checkout-payment-A-custome"
        assert (len(head), len(tail)) == (26, 27)
        return f"test-results/{head}-1a2b3-{tail}{end}/trace.zip"

    @pytest.mark.parametrize("end", ["", "-chromium", "-Mobile-Safari-retry1"])
    def test_the_remaining_end_matches(self, end: str) -> None:
        assert owner(failed(self.NAME, *LOGIN), self.folder(end)) == self.NAME

    def test_two_names_with_this_end_are_ambiguous(self) -> None:
        other = "A member with an expired card is asked for another one"
        assert marks(failed(self.NAME, other), self.folder("")) == {}

    def test_an_unknown_ending_does_not_match(self) -> None:
        assert marks(failed(self.NAME), self.folder("-at-once")) == {}

    def test_a_short_name_may_be_contained_in_the_end(self) -> None:
        cases = failed("places an order", *LOGIN)
        assert owner(cases, self.folder("-firefox", "e-and-where-places-an-order")) == "places an order"
        assert marks(cases, self.folder("-firefox", "places-an-order-and-a-meal.")) == {}

    def test_a_word_of_hexadecimal_digits_is_not_a_shortening(self) -> None:
        cases = failed("user is added to the list")
        assert owner(cases, "cart-user-is-added-to-the-list-chromium/trace.zip") == "user is added to the list"


class TestSnapshots:
    """Errors mention the snapshots that were compared."""

    CARD = a_case(
        "colour changed", status="failed", error="Error: \x1b[2mexpect\x1b[22m\n\n  Snapshot: card-colour.png\n"
    )
    NEW = a_case(
        "no baseline yet",
        status="failed",
        error="Error: A snapshot doesn't exist at /srv/card.spec.js-snapshots/never-written-linux.png, writing actual.",
    )

    @pytest.mark.parametrize(
        "path",
        [
            "screenshots/card-colour-expected.png",
            "screenshots/colour-changed-card-colour-diff.png",
            "test-results/visual-colour-changed-chromium/card-colour-actual.png",
        ],
    )
    def test_a_snapshot_belongs_to_the_only_test_whose_error_mentions_it(self, path: str) -> None:
        assert owner([self.CARD, self.NEW], path) == "colour changed"

    def test_a_new_snapshot_belongs_to_the_test_that_wrote_it(self) -> None:
        assert owner([self.CARD, self.NEW], "screenshots/never-written-actual.png") == "no baseline yet"
        assert owner([self.CARD, self.NEW], "screenshots/no-baseline-yet-never-written-actual.png") == "no baseline yet"

    def test_a_snapshot_mentioned_by_two_errors_needs_the_name_of_the_folder(self) -> None:
        cases = [self.CARD, a_case("size changed", status="failed", error=self.CARD.error)]
        assert marks(cases, "screenshots/card-colour-diff.png") == {}
        assert owner(cases, "visual-size-changed-chromium/card-colour-diff.png") == "size changed"

    def test_a_folder_and_an_error_that_disagree_are_ambiguous(self) -> None:
        assert marks([self.CARD, self.NEW], "visual-no-baseline-yet-chromium/card-colour-diff.png") == {}

    def test_a_snapshot_that_no_error_mentions_does_not_match(self) -> None:
        assert marks([self.CARD, self.NEW], "screenshots/colour-changed-somewhere-else-diff.png") == {}

    def test_code_in_an_error_is_not_a_mention(self) -> None:
        error = "Error\n\n  7 | await expect(page).toHaveScreenshot('spin.png'); // see Snapshot: spin.png"
        assert marks(failed("text snapshot", error=error), "screenshots/spin-diff.png") == {}


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("greets Zoë Müller", "greets-zoe-muller"),
        ("greets Zoë Müller", "greets-zo-m-ller"),
        ("greets Zoë Müller", "greets-Zoë-Müller"),
        ("greets Zoë Müller", "greets-Zoe\u0308-Mu\u0308ller"),
        ("greets O'Neill", "greets-oneill"),
        ("greets O’Neill", "greets-o-neill"),
        ("商品を カートに 追加する", "商品を-カートに-追加する"),
        ("Login > locked out user", "login-locked-out-user"),
        ("Login › locked out user", "locked-out-user"),
    ],
)
def test_names_are_recognized_in_several_spellings(name: str, slug: str) -> None:
    assert owner(failed(name, "something else"), f"trace/{slug}.zip") == name


@pytest.mark.parametrize(("name", "slug"), [("日本 5", "5"), ("total > 5", "5"), ("価格 SKU 5", "sku-5")])
def test_names_with_a_missing_word_are_not_recognized(name: str, slug: str) -> None:
    assert owner(failed(name), f"trace/{slug}.zip") is None


def test_a_name_without_letters_and_digits_matches_nothing() -> None:
    assert marks(failed("!?", LOGIN[0]), "trace/!!.zip", "!!/trace.zip", "trace/.png") == {}


def test_no_tests_or_no_artifacts() -> None:
    assert marks([], "trace/x-y.zip") == {}
    assert marks(failed(*LOGIN)) == {}


@pytest.mark.parametrize("file", ["login-and-checkout.json", "visual.json"])
def test_in_recorded_runs_exactly_the_files_named_after_a_test_belong_to_it(file: str) -> None:
    run = Run.read(json.loads((RUNS / file).read_text("utf-8")) | {"runId": 1})
    found = match_artifacts(identify_cases(run.tests), run.artifacts)
    marked = {index: name for (name, _), indices in found.items() for index in indices}
    for index, artifact in enumerate(run.artifacts):
        stem = artifact.path.rpartition("/")[2].rpartition(".")[0]
        names = [case.name for case in run.tests if stem.startswith("-".join(_words(case.name)))]
        assert marked.get(index) == (max(names, key=len) if names else None), artifact.path
    assert len(marked) >= len(run.artifacts) - 2


def _words(name: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in name.lower()).split()
