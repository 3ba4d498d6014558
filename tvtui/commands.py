"""The command palette: jump to any test by its name."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import AsyncIterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tvtui.models import Outcome
from tvtui.screens.run import RunScreen
from tvtui.view import SYMBOLS, Row

_OFFERED = 20


class TestsByName(Provider):
    """Offers the run's tests, failed ones first while nothing is typed."""

    __test__ = False

    @property
    def _rows(self) -> tuple[Row, ...]:
        return self.screen.all_rows if isinstance(self.screen, RunScreen) else ()

    async def search(self, query: str) -> Hits:
        """The tests whose names match."""
        matcher = self.matcher(query)
        for row in self._rows:
            if row.position % 200 == 199:
                await sleep(0)  # thousands of names must not hold up the keys
            name = row.case.name
            score, offsets = matcher.fuzzy_search.match(query, name)
            if score > 0:
                # not by the matcher's own highlight(), which takes a name for markup
                marked = Content(name)
                for offset in offsets:
                    marked = marked.stylize(matcher.match_style, offset, offset + 1)
                yield Hit(score, marked, self._jump(row), text=name, help=_told(row))

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        """The first few tests."""
        for row in sorted(self._rows, key=lambda row: row.case.outcome is not Outcome.FAILED)[:_OFFERED]:
            yield DiscoveryHit(Content(row.case.name), self._jump(row), text=row.case.name, help=_told(row))

    def _jump(self, row: Row) -> partial[None]:
        assert isinstance(self.screen, RunScreen)
        return partial(self.screen.go_to, row.id)


def _told(row: Row) -> str:
    return f"{SYMBOLS[row.case.outcome]} go to this test"
