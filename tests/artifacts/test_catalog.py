"""Which artifacts the list marks as those of the selected test, and when that is known."""

from __future__ import annotations

import asyncio

from tests.support.builders import a_case, an_artifact
from tvtui.artifacts.catalog import Catalog
from tvtui.testvibe.identity import Row, identify_cases
from tvtui.testvibe.models import Artifact

MANY = 2_000
TRACES = tuple(an_artifact(f"trace/order-{number}-is-paid.zip") for number in (1, 2))
FIRST, SECOND = ("order 1 is paid", 0), ("order 2 is paid", 0)


def some_cases(count: int) -> tuple[Row, ...]:
    return identify_cases([a_case(f"order {number} is paid") for number in range(count)])


class Listing:
    """A catalog, and a way to wait for its news."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.catalog = Catalog(self.news.set)

    def take(self, *artifacts: Artifact, cases: tuple[Row, ...]) -> None:
        self.catalog.take(artifacts, cases)

    async def until_news(self) -> None:
        await asyncio.wait_for(self.news.wait(), 10)
        self.news.clear()


def test_the_artifacts_of_few_tests_are_known_at_once() -> None:
    catalog = Catalog()
    catalog.take(TRACES, some_cases(3))
    assert (catalog.own(FIRST), catalog.own(SECOND)) == ((0,), (1,))


async def test_those_of_many_tests_are_found_in_a_thread() -> None:
    listing = Listing()
    listing.take(*TRACES, cases=some_cases(MANY))
    assert listing.catalog.own(SECOND) == ()
    await listing.until_news()
    assert listing.catalog.own(SECOND) == (1,)
    await asyncio.sleep(0)
    assert not listing.news.is_set(), "what is known is not searched for again"


async def test_what_was_found_is_shown_until_it_is_found_anew() -> None:
    listing = Listing()
    listing.take(TRACES[0], cases=some_cases(MANY))
    listing.catalog.own(FIRST)
    await listing.until_news()
    # equal, but not the same, as in the next digest
    listing.take(an_artifact(TRACES[0].path), TRACES[1], cases=some_cases(MANY + 1))
    assert (listing.catalog.own(FIRST), listing.catalog.own(SECOND)) == ((0,), ())
    await listing.until_news()
    assert (listing.catalog.own(FIRST), listing.catalog.own(SECOND)) == ((0,), (1,))


async def test_nothing_is_shown_of_other_artifacts() -> None:
    listing = Listing()
    listing.take(*TRACES, cases=some_cases(MANY))
    listing.catalog.own(FIRST)
    await listing.until_news()
    listing.take(*reversed(TRACES), cases=some_cases(MANY))
    assert listing.catalog.own(FIRST) == ()
    await listing.until_news()
    assert listing.catalog.own(FIRST) == (1,)


async def test_a_digest_that_comes_during_the_search_is_searched_next() -> None:
    listing = Listing()
    listing.take(*TRACES, cases=some_cases(MANY))
    listing.catalog.own(FIRST)
    listing.take(*reversed(TRACES), cases=some_cases(MANY))
    await listing.until_news()
    assert listing.catalog.own(FIRST) == ()
    await listing.until_news()
    assert listing.catalog.own(FIRST) == (1,)
