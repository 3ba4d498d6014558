"""The command palette: every action that is available now, every open run, and every test by its name."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import AsyncIterator, Coroutine, Iterable
from functools import partial
from typing import NamedTuple

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Matcher, Provider
from textual.content import Content
from textual.dom import DOMNode

from tvtui.testvibe.identity import Row
from tvtui.testvibe.models import Outcome
from tvtui.tui.bindings import is_move, key_name
from tvtui.tui.screens.run import RunScreen
from tvtui.tui.widgets.key_bar import in_order
from tvtui.tui.widgets.run_tabs import RunTabs
from tvtui.view.labels import SYMBOLS
from tvtui.view.runs import RunTab

_OFFERED = 20

_TITLES = {"app.help": "Keys", "app.quit": "Quit", "app.quit_always": "Quit"}
"""Titles that users know from the palette of every Textual app."""


class _Action(NamedTuple):
    """An available action, with its node and keys."""

    title: str
    binding: Binding
    node: DOMNode
    keys: list[str]

    @property
    def help(self) -> str | None:
        """The tooltip, if the title is different."""
        return None if self.title == self.binding.tooltip else self.binding.tooltip


class _FirstHit(DiscoveryHit):
    """A hit that comes before the others; Textual asks the providers in no fixed order."""

    @property
    def score(self) -> float:
        return 1.0


class ActionsByName(Provider):
    """Offers the available actions by description, with their keys."""

    @property
    def _actions(self) -> list[_Action]:
        found: dict[str, _Action] = {}
        for node, binding, enabled, tooltip in in_order(self.screen):
            is_offered = enabled and binding.id and tooltip and not is_move(binding.id)
            if not is_offered or binding.id == "app.palette":
                continue
            title = _TITLES.get(str(binding.id), tooltip)
            action = found.setdefault(title, _Action(title, binding, node, []))
            if action.binding.action == binding.action:
                action.keys.append(key_name(binding.key))
        return list(found.values())

    async def search(self, query: str) -> Hits:
        """The actions whose description or key bar label match."""
        matcher = self.matcher(query)
        for action in self._actions:
            score, offsets = matcher.fuzzy_search.match(query, action.title)
            words = (action.binding.description, action.binding.tooltip)
            score = max(score, *(matcher.fuzzy_search.match(query, text)[0] for text in words))
            if score > 0:
                prompt = Content.assemble(_marked(action.title, offsets, matcher), self._keys(action))
                yield Hit(score, prompt, self._run(action), text=action.title, help=action.help)

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        """All available actions."""
        for action in self._actions:
            prompt = Content.assemble(action.title, self._keys(action))
            yield _FirstHit(prompt, self._run(action), text=action.title, help=action.help)

    def _keys(self, action: _Action) -> tuple[str, str]:
        return f"  {' '.join(action.keys)}", "not bold"

    def _run(self, action: _Action) -> partial[Coroutine[object, object, bool]]:
        return partial(self.app.run_action, action.binding.action, action.node)


class RunsByName(Provider):
    """Offers the other open runs by number and feature."""

    @property
    def _tabs(self) -> list[RunTab]:
        return [tab for tab in self.screen.tabs if not tab.is_shown] if isinstance(self.screen, RunScreen) else []

    async def search(self, query: str) -> Hits:
        """The runs whose number or feature matches."""
        matcher = self.matcher(query)
        for tab in self._tabs:
            score, offsets = matcher.fuzzy_search.match(query, tab.title)
            if score > 0:
                yield Hit(
                    score, _marked(tab.title, offsets, matcher), self._show(tab), text=tab.title, help=_about(tab)
                )

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        """The first few runs."""
        for tab in self._tabs[:_OFFERED]:
            yield DiscoveryHit(Content(tab.title), self._show(tab), text=tab.title, help=_about(tab))

    def _show(self, tab: RunTab) -> partial[bool]:
        return partial(self.screen.post_message, RunTabs.Picked(tab.run_id))


def _about(tab: RunTab) -> str:
    return f"{'…' if tab.state is None else SYMBOLS[tab.state]} go to this run"


class TestsByName(Provider):
    """Offers the run's tests; failed ones first while nothing is typed."""

    __test__ = False

    @property
    def _rows(self) -> tuple[Row, ...]:
        return self.screen.watched.rows if isinstance(self.screen, RunScreen) else ()

    async def search(self, query: str) -> Hits:
        """The tests whose names match."""
        matcher = self.matcher(query)
        for row in self._rows:
            if row.position % 200 == 199:
                await sleep(0)  # thousands of names must not block the keyboard
            name = row.case.name
            score, offsets = matcher.fuzzy_search.match(query, name)
            if score > 0:
                yield Hit(score, _marked(name, offsets, matcher), self._jump(row), text=name, help=_help(row))

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        """The first few tests."""
        for row in sorted(self._rows, key=lambda row: row.case.outcome is not Outcome.FAILED)[:_OFFERED]:
            yield DiscoveryHit(Content(row.case.name), self._jump(row), text=row.case.name, help=_help(row))

    def _jump(self, row: Row) -> partial[None]:
        assert isinstance(self.screen, RunScreen)
        return partial(self.screen.go_to, row.id)


def _marked(text: str, offsets: Iterable[int], matcher: Matcher) -> Content:
    # the matcher's own highlight() parses the text as markup
    marked = Content(text)
    for offset in offsets:
        marked = marked.stylize(matcher.match_style, offset, offset + 1)
    return marked


def _help(row: Row) -> str:
    return f"{SYMBOLS[row.outcome]} go to this test"


PROVIDERS = (ActionsByName, RunsByName, TestsByName)
"""What the palette offers besides Textual's own commands."""
