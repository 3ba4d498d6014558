"""Which errors are the same, and what they are called."""

from __future__ import annotations

import json
import time
from itertools import combinations
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvtui.demo import recordings
from tvtui.view.signature import normalized, signature

RUNS = Path(recordings.__file__).with_name("runs")
REAL = {
    test["name"]: test["error"]
    for name in ("login-and-checkout", "trace", "visual")
    for test in json.loads((RUNS / f"{name}.json").read_text("utf-8"))["tests"]
    if test["error"]
}
SHOP = [test["name"] for test in json.loads((RUNS / "login-and-checkout.json").read_text("utf-8"))["tests"]]

TIMED_OUT = "TimeoutError: locator.click: Timeout {0}ms exceeded.\nCall log:\n  - waiting for getByRole('link')"
HOOK = 'Test timeout of 2500ms exceeded while running "beforeEach" hook'
COMPARED = "Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: {0}\nReceived: {1}\n\n"


def key(error: str) -> str:
    found = signature(error)
    assert found is not None
    return found.key


def title(error: str) -> str:
    found = signature(error)
    assert found is not None
    return found.title


class TestTheSameError:
    """Which errors have the same key."""

    def test_the_real_errors_of_the_demo_do_not_fall_together(self) -> None:
        keys = {name: key(error) for name, error in REAL.items()}
        same = {pair for pair in combinations(keys, 2) if keys[pair[0]] == keys[pair[1]]}
        assert len(set(SHOP) & set(keys)) == 8
        assert same == {("card colour changed", "card height changed")}, "two pictures of one element"

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (TIMED_OUT.format(600), TIMED_OUT.format(1200)),
            ("\n\n\x1b[31mboom\x1b[39m", "boom\nelsewhere"),
            ("Error:\n  no order 12", "Error: no order 7"),
            ("took 1.5 s, not 300 ms", "took 2 seconds, not 12m"),
            ("50% of 1,024 KiB", "7 % of 12 B"),
            ("order-1042 of sku0005", "order-7 of sku0042"),
            ("balance is -5", "balance is 12.50"),
            ("at http://127.0.0.1:4567/v2/a1b2?id=7#top", "at http://127.0.0.1:80/v3/a9b1?q=x&id=8#top"),
            (COMPARED.format(1, 2), COMPARED.format(3, 4)),
            ("expect(a).toBe(b)\n> 3 | expect(total).toBe(3)", "expect(a).toBe(b)\n> 12 | expect(total).toBe(42)"),
        ],
    )
    def test_numbers_times_and_the_like_do_not_tell_errors_apart(self, one: str, other: str) -> None:
        assert key(one) == key(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("no h1 on the page", "no h2 on the page"),
            (TIMED_OUT.format(600), TIMED_OUT.format(600).replace("'link'", "'button'")),
            ("failed at https://a.example/x?q=1", "failed at https://b.example/x?q=1"),
            ("failed at https://a.example/#login", "failed at https://a.example/#logout"),
            (
                COMPARED.format(1, 2) + "> 3 | expect(a).toBe(2)",
                COMPARED.format(1, 2) + "> 3 | expect(b).toBe(2)",
            ),
            (COMPARED.format(1, 2) + "  at /srv/a.ts:3:9", COMPARED.format(1, 2) + "  at /srv/a.ts:4:9"),
            (
                COMPARED.format(1, 2) + "> 3 |   ).toBe(2)\n  at /srv/a.ts:3:9",
                COMPARED.format(1, 2) + "> 4 |   ).toBe(2)\n  at f (/srv/a.ts:4:9)",
            ),
            ("AssertionError: expected false to be true\n> 1 | assert(a)", "AssertionError: expected false to be true"),
        ],
    )
    def test_what_failed_tells_errors_apart(self, one: str, other: str) -> None:
        assert key(one) != key(other)

    def test_a_wait_for_something_else_is_no_locator(self) -> None:
        one, other = (
            f"locator.click: Timeout\n  - waiting for fonts to load...\n  - waiting for locator('#{name}')"
            for name in ("save", "send")
        )
        assert key(one) != key(other)

    @pytest.mark.parametrize("error", ["", " \n\t\n", "\x1b[31m\x1b[39m"])
    def test_a_blank_error_is_the_same_as_no_other(self, error: str) -> None:
        assert signature(error) is None

    def test_a_key_is_short(self) -> None:
        assert len(key("x" * 100_000)) == 300


volatile = st.one_of(
    st.integers(0, 10**12).map(str),
    st.floats(0.001, 1e6).map(lambda number: f"{number:.3f}"),
    st.builds("{} {}".format, st.integers(0, 10**6), st.sampled_from(["ms", "s", "px", "%", "KiB"])),
    st.uuids().map(str),
    st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='milliseconds')}Z"),
    st.binary(min_size=6, max_size=20).map(bytes.hex),
)
# no letters that make a hash
words = st.text("ghijklmnopqrstuvwxyz ", min_size=1, max_size=20).filter(str.strip)


@given(st.lists(st.tuples(words, volatile, volatile), max_size=5), words)
def test_texts_that_differ_in_volatile_parts_only_are_the_same_error(
    parts: list[tuple[str, str, str]], end: str
) -> None:
    one = "Error: " + "".join(f"{word} '{value}' " for word, value, _ in parts) + end
    other = "Error: " + "".join(f"{word} '{value}' " for word, _, value in parts) + end
    assert key(one) == key(other)


@given(words, words, volatile, volatile)
def test_different_locators_stay_apart(one: str, other: str, first: str, second: str) -> None:
    errors = [
        f"expect(locator).toHaveText(expected) failed\n\nLocator: locator('#{name}')\nReceived: {value}"
        for name, value in ((one, first), (other, second))
    ]
    assert (key(errors[0]) == key(errors[1])) is (one == other)


@given(st.text(), st.uuids())
def test_any_text_has_a_title_in_one_line_or_is_blank(text: str, number: UUID) -> None:
    for error in (text, f"{text}\n  - waiting for {text}(\n> 1 | {text}\nat {text}:1:1", f"expect{text}{number}"):
        if (found := signature(error)) is not None:
            assert found.title
            assert len(found.title.splitlines()) == 1
            assert len(found.key) <= 300


@given(st.text(alphabet="a1-:./? \n'\"#eExpctErro()>|…", max_size=200))
def test_a_normalized_text_has_nothing_more_to_normalize(text: str) -> None:
    once = normalized(text)
    assert normalized(once) == once or any(mark in text for mark in "…://")


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "a",
            "1",
            " ",
            "\n",
            " \n",
            "Error: ",
            "Error",
            "a.",
            "expect(",
            "expect.",
            ":1",
            "-1",
            "1,",
            "'",
            "\x1b[31m",
        ),
        *("abcdef01-abcd-", "http://", "?", "Locator: ", "  - waiting for ", "> 1 | ", "{ ", "at ", "("),
    ],
)
@pytest.mark.parametrize("start", ["", "expect(received)\n> 1 | ", "expect(a)\nat ", "x\nLocator: ", "http://a?"])
def test_hostile_text_takes_a_time_that_grows_with_its_length_only(start: str, unit: str) -> None:
    def seconds(size: int) -> float:
        error = start + unit * (size // len(unit))
        began = time.process_time()
        signature(error)
        return time.process_time() - began

    # what is quadratic takes a hundred times as long; this is about ten, on a machine that may be busy
    least = min(seconds(10_000) for _ in range(3))
    assert min(seconds(100_000) for _ in range(3)) < 40 * max(least, 0.0005)


class TestTitle:
    """What an error is called."""

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("Locked-out user sees an error", "locator('[data-test=\"error\"]') not found"),
            ("cart badge counts the items", "getByTestId('badge') toHaveText failed"),
            (
                "adds a product from the list",
                "strict mode violation: getByRole('button', { name: 'Add to cart' }) resolved to 3 elements",
            ),
            (
                "steps: places an order",
                "getByRole('button', { name: 'Place order' }) click: Timeout 1200ms exceeded",
            ),
            ("receipt opens as a PDF", "getByRole('link', { name: 'Receipt (PDF)' }) click: Page crashed"),
            (
                "Nearest shop is on the map",
                f"{HOOK} · locator('#map.ready') to be visible",
            ),
        ],
    )
    def test_it_names_the_element_first_in_words_of_the_error(self, name: str, expected: str) -> None:
        assert title(REAL[name]) == expected

    def test_a_comparison_is_called_by_its_line_of_code(self) -> None:
        error = COMPARED.format(1, 2) + "  11 | x\n> 12 |   await expect(cart.total).toBe(42);\n  at /srv/a.ts:12:4"
        assert title(error) == "expect(cart.total).toBe(42)"

    def test_or_by_its_place(self) -> None:
        error = COMPARED.format(1, 2) + "  at check (/srv/e2e/cart.ts:12:4)"
        assert title(error) == "expect(received).toBe(expected) // Object.is equality cart.ts:12"
