"""The place of a test in a log; the logs are excerpts of real ones by Playwright."""

from __future__ import annotations

import pytest

from tests.support.builders import a_case
from tvtui.testvibe.models import Case
from tvtui.view.log_place import place_in_log

LOGIN = (
    "\x1b[2mRunning \x1b[22m3\x1b[2m tests using \x1b[22m1\x1b[2m worker\x1b[22m\n"
    "\n"
    "  \x1b[32m✓\x1b[39m  \x1b[2m1 \x1b[22mtests/login.spec.js:4:3 › Login Functionality › Valid user signs in"
    "\x1b[2m (1.1s)\x1b[22m\n"
    "  \x1b[31m✘\x1b[39m  \x1b[2m3 \x1b[22m\x1b[31mtests/login.spec.js:17:3 › Login Functionality › "
    "Locked-out user sees an error\x1b[39m\x1b[2m (2.4s)\x1b[22m\n"
    "\n"
    "\x1b[31m  1) tests/login.spec.js:17:3 › Login Functionality › Locked-out user sees an error "
    "\x1b[2m────────────────\x1b[22m\x1b[39m\n"
    "\n"
    "    Error: \x1b[2mexpect(\x1b[22m\x1b[31mlocator\x1b[39m\x1b[2m).\x1b[22mtoBeVisible\x1b[2m()\x1b[22m failed\n"
)
CHECKOUT = """\
    Error Context: runs/checkout/results/checkout-Checkout-Customer-c87b5-every-field-keeps-its-value/error-context.md

  6) tests/checkout.spec.js:29:5 › Checkout › Customer data › steps: places an order › place the order ─

    TimeoutError: locator.click: Timeout 1200ms exceeded.

  2 failed
    tests/checkout.spec.js:7:5 › Checkout › Totals › total = items + tax + shipping ────────────────
    tests/checkout.spec.js:29:5 › Checkout › Customer data › steps: places an order ────────────────
"""
BROWSERS = """\
  ✘  1 [chromium] › login.spec.js:4:3 › Login › signs in (1.1s)

  1) [chromium] › login.spec.js:4:3 › Login › signs in ─────────

    Error: one

  2) [firefox] › login.spec.js:4:3 › Login › signs in ──────────

    Error: two
"""


def place(log: str, name: str, *others: Case, status: str = "failed") -> int | None:
    return place_in_log(log, [*others, a_case(name, status=status)], len(others))


def test_a_failure_is_found_at_its_own_section_not_in_the_list_before_or_behind_it() -> None:
    assert place(LOGIN, "Locked-out user sees an error") == 5
    assert place(CHECKOUT, "steps: places an order") == 2, "the step in which it failed is part of the title"


def test_failures_with_the_same_name_have_a_section_each() -> None:
    same = a_case("signs in", status="failed")
    assert place(BROWSERS, "signs in") == 2
    assert place(BROWSERS, "signs in", same) == 6
    assert place(BROWSERS, "signs in", a_case("signs in")) == 2, "one that passed has none"
    assert place(BROWSERS, "signs in", same, same) == 6, "there are fewer sections than failures"


def test_without_a_section_the_first_mention_of_the_title_is_found() -> None:
    assert place(CHECKOUT, "total = items + tax + shipping") == 7
    assert place("starting\nlogin: fails at once\nlogin fails", "login") == 1
    assert place("the totals are wrong\n  ✘ a.spec.js › total of all\n  ✘ a.spec.js › total (3s)", "total") == 2


@pytest.mark.parametrize(
    ("log", "name", "status"),
    [
        (LOGIN, "Password can be reset", "failed"),
        (LOGIN, "Valid user signs in", "passed"),
        ("the totals are wrong", "total", "failed"),
        ("", "total", "failed"),
        ("1) › \n a", "", "failed"),
    ],
)
def test_otherwise_there_is_no_place(log: str, name: str, status: str) -> None:
    assert place(log, name, status=status) is None


def test_names_are_compared_without_regard_to_blanks() -> None:
    assert place("  1) a.spec.js:1:1 › signs  in ─────\n", "signs in") == 0
    assert place("  1) a.spec.js:1:1 › signs in\n", " signs\u00a0in ") == 0


def test_names_are_compared_without_regard_to_the_separator_of_their_suites() -> None:
    assert place(LOGIN, "Login Functionality > Locked-out user sees an error") == 5
    assert place("login > signs in", "login › signs in") == 0
