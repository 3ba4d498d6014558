"""The list of the runs that were watched on this machine, to open, watch, compare or forget one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import partial
from typing import ClassVar, NamedTuple

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.reactive import var
from textual.screen import Screen
from textual.widgets import Input, Static

from tvtui.journal.recording import Head
from tvtui.journal.run_list import RunFilter, RunKey, RunRow, arrange, predecessor, run_key
from tvtui.text.format import many
from tvtui.tui.bindings import HELP, key_of
from tvtui.tui.screens.closing import ClosesOnce
from tvtui.tui.screens.picker_rows import Table, lay_out
from tvtui.tui.widgets.filter_bar import FilterBar
from tvtui.tui.widgets.item_list import ItemList, Items
from tvtui.tui.widgets.key_bar import KeyBar
from tvtui.tui.widgets.styled_line import Part
from tvtui.view.labels import WARNING

_ASKED_AT_ONCE = 3
"""How many runs the server is asked for at a time."""

_MOST_ASKED = 12
"""How many runs that were left the server is asked for, the newest first."""

_MOST_NOTES = 3

TITLE = "Watched on this machine"


class Way(Enum):
    """What to do with a run."""

    WATCH = "watch"
    """Watch it on its server."""
    OPEN = "open"
    """Show what is recorded."""


class Choice(NamedTuple):
    """What the user has chosen.

    Attributes:
        head: The run.
        way: What to do with it.
    """

    head: Head
    way: Way


@dataclass(frozen=True)
class PickerServices:
    """What the list can do besides showing runs.

    Attributes:
        now: The time.
        obstacle: Why a run cannot be watched on its server, in a sentence; "" if it can.
        ask: Asks the server for a run that was left, once; None if it cannot be asked.
        forget: Removes what is recorded of a run, in a thread; returns why that is not possible, "" if it is done.
        compare: Loads two runs, the earlier one first; returns the screen that compares them, or why there is none.
        can_open: Whether recorded runs can be shown; otherwise every run is watched.
    """

    now: Callable[[], datetime]
    obstacle: Callable[[Head], str]
    ask: Callable[[Head], Awaitable[Head | None]]
    forget: Callable[[Head], str]
    compare: Callable[[Head, Head], Awaitable[Screen[None] | str]]
    can_open: bool = True


class PickerScreen(ClosesOnce[Choice | None]):
    """Shows the runs; returns what the user has chosen, or None."""

    AUTO_FOCUS = "ItemList"
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (10, "-tall")]  # noqa: RUF012 - as Textual declares it
    DEFAULT_CSS = """
    PickerScreen {
        layout: vertical;
        background: $background;
        & > Static { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & > #columns, & > #about { color: $foreground-muted; }
        & > #columns { padding: 0 1 0 2; }
        & > #notes { color: $text-warning; height: auto; text-wrap: wrap; max-height: 5; }
        & > #empty { height: 1fr; display: none; padding: 1 1; color: $foreground-muted; text-wrap: wrap; }
        & > ItemList { height: 1fr; padding: 0 0 0 1; }
        &.-flat > #columns, &.-flat > #about, &.-flat > #notes { display: none; }
        &.-empty { & > ItemList, & > #columns, & > #about { display: none; } & > #empty { display: block; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # before the list's own, which the key bar does not show
        Binding("enter", "choose", "open", key_display="enter", priority=True, id="items.open", tooltip="Open the run"),
        Binding("w", "watch", "watch", id="picker.watch", tooltip="Watch the run on its server"),
        Binding("d", "compare", "compare", id="picker.compare", tooltip="Compare: mark a run, then another one"),
        Binding("slash", "filter", "filter", key_display="/", id="tests.filter", tooltip="Filter the runs"),
        Binding("x,delete", "forget", "forget", id="picker.forget", tooltip="Forget the run: delete its recording"),
        Binding("escape", "back", "back", show=False, id="pane.back", tooltip="Clear the mark or the filter, or quit"),
        HELP,
        Binding("q", "close", "quit", id="app.quit", tooltip="Quit"),
    ]

    shown: var[tuple[RunRow, ...]] = var(())
    """The runs that the filter lets through, in order."""

    item_list = getters.query_one(ItemList)
    filter_bar = getters.query_one(FilterBar)

    def __init__(
        self,
        heads: Sequence[Head],
        services: PickerServices,
        *,
        notes: Sequence[str] = (),
        empty: str = "",
        words: str = "",
    ) -> None:
        """Show runs.

        Args:
            heads: The recorded runs.
            services: What else the list can do.
            notes: Sentences about what cannot be listed.
            empty: What is said if there are no runs.
            words: A filter to begin with.
        """
        super().__init__()
        self._rows = {run_key(head): RunRow.of(head) for head in heads}
        self._services = services
        self._notes = notes
        self._empty = empty
        self._words = words
        self._marked: RunKey | None = None
        self._table: Table | None = None
        self._asking = 0
        self.key = partial(key_of, self)

    def compose(self) -> ComposeResult:
        """The title, what cannot be listed, the runs with their headings, the selected one in full, the keys."""
        yield Static(id="title", markup=False)
        if self._notes:
            shown = [f"{WARNING} {note}" for note in self._notes[:_MOST_NOTES]]
            more = len(self._notes) - len(shown)
            shown += [f"and {more:,} more; tvtui runs --lines has all"] if more else []
            yield Static(Content("\n".join(shown)), id="notes")
        yield Static(id="columns", markup=False)
        yield ItemList()
        yield Static(id="empty", markup=False)
        yield Static(id="about", markup=False)
        yield FilterBar("words, !word, s:failed, @failed, @last")
        yield KeyBar(self._key_label)

    def on_mount(self) -> None:
        """Show the runs, and ask for those that were left."""
        self.watch(self.item_list, "cursor", self._show_selected, init=False)
        self.update()
        self._ask_for_left()

    def on_resize(self) -> None:
        """Fit the columns."""
        self.update()

    def update(self) -> None:
        """Show what follows from the runs and the filter; the selected run stays selected."""
        selected = self.selected
        self.shown = arrange(self._rows.values(), RunFilter.parse(self._words))
        width = max(1, self.size.width - 4)
        self._table = lay_out(self.shown, width, self._services.now())
        self.set_class(not self.shown, "-empty")
        self.query_one("#columns", Static).update(Content(self._table.heading()))
        self.item_list.items = Items("runs", len(self.shown), self._draw)
        # other texts of as many runs are the same items
        self.item_list.refresh()
        keys = [run_key(row.head) for row in self.shown]
        if selected is not None and run_key(selected.head) in keys:
            self.item_list.cursor = keys.index(run_key(selected.head))
        self._show_title()
        self._show_empty()
        self._show_selected()

    def _draw(self, index: int, width: int) -> list[Part]:
        assert self._table is not None
        return self._table.line(index, self._marked)

    @property
    def selected(self) -> RunRow | None:
        """The selected run; None if none is shown."""
        cursor = self.item_list.cursor
        return self.shown[cursor] if cursor < len(self.shown) else None

    def _show_title(self) -> None:
        total, number = len(self._rows), len(self.shown)
        facts = many(total, "run") if number == total else f"{number:,} of {many(total, 'run')}"
        if self._asking:
            facts += f" · asking about {many(self._asking, 'run')} …"
        title = TITLE
        if self._marked is not None:
            title, key = f"Compare #{self._marked[1]}", self.key("picker.compare")
            facts = f"{key} another run · {key} again: the one before"
        self.query_one("#title", Static).update(Content.assemble((title, "bold"), (f" · {facts}", "$foreground-muted")))
        self.filter_bar.found = f"{number:,} of {total:,}"

    def _show_empty(self) -> None:
        if self.shown:
            return
        text = (
            f"No matching runs\n{key_of(self.filter_bar, 'filter.clear')} shows all runs" if self._rows else self._empty
        )
        self.query_one("#empty", Static).update(Content(text))

    def _show_selected(self) -> None:
        row = self.selected
        self.query_one("#about", Static).update(Content("" if row is None else _about(row)))
        self.refresh_bindings()

    def _key_label(self, binding: Binding) -> str:
        row = self.selected
        if binding.action == "choose" and row is not None:
            return self._way_of(row).value
        return binding.description

    def _way_of(self, row: RunRow) -> Way:
        is_recorded = row.head.has_ended and row.head.has_body
        return Way.OPEN if is_recorded and self._services.can_open else Way.WATCH

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim the keys that need a run; hide the one that does what the key before it does."""
        row = self.selected if self.is_mounted else None
        if action == "choose" and isinstance(self.focused, Input):
            # it ends typing
            return False
        if action == "watch" and row is not None and self._way_of(row) is Way.WATCH:
            return False
        return (True if row is not None else None) if action in {"choose", "watch", "compare", "forget"} else True

    @on(ItemList.Chosen)
    def action_choose(self) -> None:
        """Open the selected run if it is recorded; watch one that may still go on."""
        if (row := self.selected) is not None:
            self._leave(row, self._way_of(row))

    def action_watch(self) -> None:
        """Watch the selected run on its server."""
        if (row := self.selected) is not None:
            self._leave(row, Way.WATCH)

    def _leave(self, row: RunRow, way: Way) -> None:
        obstacle = self._services.obstacle(row.head) if way is Way.WATCH else ""
        if obstacle:
            self.notify(obstacle, severity="warning", timeout=8, markup=False)
        else:
            self.dismiss(Choice(row.head, way))

    def action_compare(self) -> None:
        """Mark the selected run, or compare it with the marked one; the marked one itself with the run before it."""
        row = self.selected
        if row is None:
            return
        if self._marked is None:
            self._marked = run_key(row.head)
            self.update()
            return
        marked, self._marked = self._rows[self._marked].head, None
        self.update()
        if run_key(marked) == run_key(row.head):
            before = predecessor(marked, [each.head for each in self._rows.values()])
            if before is None:
                sentence = f"No earlier run of the same feature and configuration as #{marked.run_id} was watched here."
                self.notify(sentence, severity="warning", timeout=8, markup=False)
                return
            self._compare(before, marked)
        else:
            self._compare(*sorted((marked, row.head), key=lambda head: head.run_id))

    @work(exclusive=True, group="compare")
    async def _compare(self, before: Head, after: Head) -> None:
        screen = await self._services.compare(before, after)
        if isinstance(screen, str):
            self.notify(screen, severity="warning", timeout=8, markup=False)
        elif self.is_active:
            await self.app.push_screen(screen)

    @work(exclusive=True, group="forget")
    async def action_forget(self) -> None:
        """Delete what is recorded of the selected run, after the user has confirmed it."""
        from tvtui.tui.screens.dialogs import Question

        row = self.selected
        if row is None:
            return
        number = row.head.run_id
        question = f"Forget run {number} of {row.feature}? Its recording is deleted from this machine."
        if not await self.app.push_screen_wait(Question(question)):
            return
        problem = await asyncio.to_thread(self._services.forget, row.head)
        if problem:
            self.notify(problem, severity="error", timeout=8, markup=False)
            return
        del self._rows[run_key(row.head)]
        if self._marked == run_key(row.head):
            self._marked = None
        self.update()
        self.notify(f"Run {number} is forgotten.", timeout=3, markup=False)

    async def action_filter(self) -> None:
        """Open the filter."""
        await self.filter_bar.open(back_to=self.item_list)

    @on(FilterBar.Changed)
    def _filter(self, event: FilterBar.Changed) -> None:
        self._words = event.text
        self.update()

    def action_back(self) -> None:
        """Clear the mark, else the filter; without any, quit."""
        if self._marked is not None:
            self._marked = None
            self.update()
        elif self._words:
            self._words = ""
            self.filter_bar.clear()
            self.update()
        else:
            self.action_close()

    def action_close(self) -> None:
        """Leave without a choice."""
        self.dismiss(None)

    @work(group="ask")
    async def _ask_for_left(self) -> None:
        """Ask the server once for the runs that were left, and show what has become of them."""
        left = [row.head for row in arrange(self._rows.values()) if row.is_left][:_MOST_ASKED]
        slots = asyncio.Semaphore(_ASKED_AT_ONCE)

        async def ask(head: Head) -> None:
            async with slots:
                found = await self._services.ask(head)
            self._asking -= 1
            if found is not None and run_key(head) in self._rows:
                self._rows[run_key(head)] = RunRow.of(found, is_live=not found.has_ended)
            if self.is_running:
                self.update()

        left = [head for head in left if not self._services.obstacle(head)]
        self._asking = len(left)
        if left:
            self._show_title()
            await asyncio.gather(*map(ask, left))


def _about(row: RunRow) -> str:
    """The selected run in full, in one line."""
    head = row.head
    started = head.started or head.created
    moment = f"{started:%Y-%m-%d %H:%M} UTC" if started else ""
    if not head.has_body:
        kept = "no details recorded"
    else:
        kept = "errors and log recorded" if head.has_texts else "outcomes recorded"
    masked = f", {many(head.masked, 'secret')} masked" if head.masked else ""
    where = row.site or row.server
    return " · ".join(
        filter(None, (f"#{head.run_id}", row.feature, row.config, where, moment, row.took, kept + masked))
    )
