"""The trace screen: the steps of a test as a tree, and what is known about the selected one."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.events import Resize
from textual.reactive import var
from textual.widgets import Static

from tvtui.terminal.detect import PictureSupport
from tvtui.text.clean import plain
from tvtui.trace import Attachment, Fault, PictureRef
from tvtui.trace.texts import StepFacts
from tvtui.tui.bindings import key_of
from tvtui.tui.screens.closing import ClosesOnce
from tvtui.tui.screens.trace_content import LISTS, TraceContent, heading
from tvtui.tui.screens.trace_keys import OF_A_LIST, TRACE_BINDINGS
from tvtui.tui.screens.trace_layout import HEIGHTS, LAYOUT, WIDE, WIDTHS
from tvtui.tui.screens.trace_state import TraceQuery, TraceView, title_line
from tvtui.tui.screens.trace_time import step_at
from tvtui.tui.widgets.filter_bar import FilterBar
from tvtui.tui.widgets.item_list import ItemList, Items
from tvtui.tui.widgets.key_bar import KeyBar
from tvtui.tui.widgets.step_tree import StepRow, StepTree
from tvtui.tui.widgets.text_view import Wrap
from tvtui.tui.widgets.time_line import TimeLine
from tvtui.tui.widgets.trace_detail import DetailPart, TraceDetail
from tvtui.tui.widgets.trace_picture import TracePicture

_PROGRESS_SECONDS = 0.25
"""How often the title says how much has been read."""
_BACK = {"show_picture": "show all", "show_part('log')": "error"}


class TraceScreen(ClosesOnce[None]):
    """Shows a trace. What it shows is derived in `update`; keys and messages change the query, and nothing else."""

    AUTO_FOCUS = "StepTree"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    DEFAULT_CSS = LAYOUT
    BINDINGS = TRACE_BINDINGS

    rows: var[tuple[StepRow, ...]] = var(())
    selected: var[str | None] = var(None)
    note: var[str] = var("")
    found: var[str] = var("")
    parts: var[tuple[DetailPart, ...]] = var(())
    part: var[str] = var("")
    heading: var[str] = var("")
    text: var[str] = var("")
    items: var[Items | None] = var(None)
    wrap: var[Wrap] = var(Wrap.TEXT)
    """Which long lines of texts are wrapped."""
    picture: var[PictureRef | Fault | None] = var(None)
    picture_heading: var[str] = var("")
    zoomed: var[str] = var("", init=False)
    """The pane that has the screen to itself: "steps", "detail", "picture", or ""."""

    step_tree = getters.query_one(StepTree)
    detail = getters.query_one(TraceDetail)
    filter_bar = getters.query_one("#filter", FilterBar)
    item_filter = getters.query_one("#item-filter", FilterBar)
    time_line = getters.query_one(TimeLine)
    head = getters.query_one("#title", Static)

    def __init__(
        self,
        content: TraceContent,
        subject: str,
        *,
        query: TraceQuery | None = None,
        keep: Callable[[TraceQuery], None] = lambda _query: None,
        support: PictureSupport,
        open_elsewhere: Callable[[], None],
        save: Callable[[str, bytes], str],
        copy: Callable[[str, str], None],
    ) -> None:
        """Show a trace, which the screen closes when it is left.

        Args:
            content: What to show of the trace; its rest is read meanwhile.
            subject: What it is the trace of, for the title.
            query: What the user asked for when it was shown before.
            keep: Called with what the user asks for, whenever that changes.
            support: How pictures are drawn.
            open_elsewhere: Opens the trace in Playwright's viewer.
            save: Saves an attached file by its name, in a thread; returns a message that says where, or why not.
            copy: Copies a text to the clipboard, which a message calls by the second argument.
        """
        super().__init__()
        self._content = content
        self._trace = content.trace
        self._subject = subject
        self._keep = keep
        self._support = support
        self._open_elsewhere = open_elsewhere
        self.save = save
        self._copy = copy
        self.asked = query or TraceQuery()
        self.shown = TraceView()
        self._facts: StepFacts | None = None
        self._is_reading_facts = False
        self._progress: float | None = 0.0
        self.key = partial(key_of, self)

    def compose(self) -> ComposeResult:
        """The title above, the panes, the filter, the keys below."""
        yield Static(id="title", markup=False)
        yield TimeLine()
        with Container(id="panes"):
            yield (tree := StepTree(id="steps", classes="pane")).data_bind(
                TraceScreen.rows, TraceScreen.selected, TraceScreen.note
            )
            tree.border_title = "Steps"
            with Vertical(id="right"):
                yield TracePicture(self._support, self._trace.content, id="picture", classes="pane").data_bind(
                    TraceScreen.picture, heading=TraceScreen.picture_heading
                )
                yield TraceDetail(id="trace-detail", classes="pane").data_bind(
                    TraceScreen.parts,
                    TraceScreen.heading,
                    TraceScreen.text,
                    TraceScreen.items,
                    TraceScreen.wrap,
                    current=TraceScreen.part,
                    step=TraceScreen.selected,
                )
        yield FilterBar("words, !word, s:failed, >1s", id="filter").data_bind(TraceScreen.found)
        yield FilterBar("words, !word", id="item-filter")
        yield KeyBar(self._key_label)

    def on_mount(self) -> None:
        """Show the steps, and read the rest."""
        self.update()
        self._read_rest()

    def on_unmount(self) -> None:
        """Give back what the trace has taken."""
        self._progress = None
        self._trace.close()
        gc.unfreeze()

    @work(exclusive=True, group="rest")
    async def _read_rest(self) -> None:
        timer = self.set_interval(_PROGRESS_SECONDS, self._show_title)
        # looking for garbage among a million objects without cycles would stop all keys for 0.3 s, again and again
        gc.disable()
        try:
            content = await asyncio.to_thread(self._read_all)
            if self._progress is None:
                return
            gc.freeze()
        finally:
            gc.enable()
        timer.stop()
        self._progress = None
        self._content, self.shown = content, TraceView()
        self.update()

    def _read_all(self) -> TraceContent:
        self._trace.read_rest(on_progress=self._note_progress, is_wanted=lambda: self._progress is not None)
        content = TraceContent(self._trace, self.asked)
        content.steps.time.cells(len(self.time_line.cells), None)
        return content

    def _note_progress(self, share: float) -> None:
        if self._progress is not None:
            self._progress = share

    def ask(self, **changes: Any) -> None:
        """Change fields of the query, and show what follows."""
        self.asked = replace(self.asked, **changes)
        self.update()

    def update(self) -> None:
        """Show what follows from the trace and the query."""
        self.shown = view = self._content.steps.derive(self.asked, self.shown, self.key)
        self.asked = view.query
        self._keep(self.asked)
        self.rows, self.note, self.found = view.rows, view.note, view.found
        self.selected = view.query.selected
        self._show_title()
        self._show_time()
        if view.step is not None and (self._facts is None or self._facts.step is not view.step):
            # what is known of another step is shown once it has been read, so that everything changes at once
            self._facts = self._facts or StepFacts(view.step)
            self._read_facts()
        self._show_detail()
        self.refresh_bindings()

    def _show_title(self) -> None:
        # the progress of a small trace is not worth a word
        width, progress = self.size.width - 2, self._progress or None
        line = title_line(self._trace, self._subject, self.shown, width, progress=progress)
        self.head.update(line, layout=False)

    def _show_time(self) -> None:
        line = self.time_line
        line.seconds = self._trace.seconds
        line.cells = self._content.steps.time.cells(line.room_in(self.size.width - 2), self.selected)

    def _show_detail(self) -> None:
        facts = self._facts
        if facts is None:
            return
        content, asked = self._content, self.asked
        self.picture, self.picture_heading = content.picture(facts, asked)
        has_picture = isinstance(self.picture, PictureRef)
        self.set_class(has_picture, "-has-picture")
        self.parts = content.parts(facts, with_picture=has_picture and not self.size.width >= WIDE)
        self.heading = heading(self._trace, facts.step)
        names = [part.name for part in self.parts]
        self.part = asked.tab if asked.tab in names else names[0]
        self.set_class(self.part == "picture" or content.opened_picture(facts, asked) is not None, "-picture-part")
        shown = content.listing(self.part, facts.step, asked) if self.part in LISTS else None
        self.items = shown.items if shown is not None and shown.things and asked.opened is None else None
        text = content.text(self.part, facts, asked)
        if isinstance(text, str):
            self.workers.cancel_group(self, "text")
            self.text = text
        else:
            self._read_text(text)

    @work(exclusive=True, group="text")
    async def _read_text(self, read: Callable[[], str]) -> None:
        text = await asyncio.to_thread(read)
        if self.is_running:
            self.text = text

    def _read_facts(self) -> None:
        if not self._is_reading_facts:
            self._is_reading_facts = True
            self._read_latest_facts()

    @work(group="facts")
    async def _read_latest_facts(self) -> None:
        """Read what is known of the selected step; steps that are passed meanwhile are left out."""
        read = None
        while self.is_running and (step := self.shown.step) is not None and step is not read:
            read, facts = step, await asyncio.to_thread(self._content.facts, step)
            if self.is_running:
                self._facts = facts
                self._show_detail()
        self._is_reading_facts = False

    def on_resize(self, event: Resize) -> None:
        """Put what a step acted on below it where the tree is narrow, and fit the title."""
        self.step_tree.has_second_lines = event.size.width >= WIDE
        self.update()
        self.call_after_refresh(self._focus_what_is_shown)

    def watch_zoomed(self, zoomed: str) -> None:
        """Give the screen to one pane, or to both."""
        for name in ("steps", "detail", "picture"):
            self.query_one("#panes").set_class(name == zoomed, f"-zoom-{name}")
        self.call_after_refresh(self._focus_what_is_shown)

    def _focus_what_is_shown(self) -> None:
        focused = self.focused
        if focused is None or not focused.is_on_screen:
            zoomed = {"detail": self.detail.shown_view, "picture": self.query_one(TracePicture)}
            zoomed.get(self.zoomed, self.step_tree).focus()
        self.refresh_bindings()

    @property
    def _is_small(self) -> bool:
        return any(self.has_class(size) for size in ("-narrow", "-flat", "-tiny"))

    def _show_detail_pane(self) -> None:
        if self.zoomed or self._is_small:
            self.zoomed = "detail"

    def _key_label(self, binding: Binding) -> str:
        is_back = {"show_picture": self.zoomed == "picture", "show_part('log')": self.part == "log"}.get(binding.action)
        return _BACK[binding.action] if is_back else binding.description

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys of lists that are not shown."""
        return self.part == OF_A_LIST.get(action, self.part)

    @on(StepTree.Highlighted)
    def _select(self) -> None:
        self.ask(selected=self.step_tree.cursor, frame=None, opened=None)

    @on(StepTree.Folded)
    def _fold(self, event: StepTree.Folded) -> None:
        opened = self.asked.open or frozenset()
        steps = frozenset(self._content.steps.below(event.step_id)) if event.all_below else frozenset({event.step_id})
        selected = self.asked.selected
        if not event.is_open and selected is not None and self._content.steps.is_in(selected, event.step_id):
            selected = event.step_id
        self.ask(open=opened | steps if event.is_open else opened - steps, selected=selected)

    @on(StepTree.Chosen)
    def _read_step(self) -> None:
        self._show_detail_pane()
        self.detail.shown_view.focus()

    @on(TraceDetail.Picked)
    def _pick_part(self, event: TraceDetail.Picked) -> None:
        self.ask(tab=event.name, opened=None)

    @on(TimeLine.Picked)
    def _pick_moment(self, event: TimeLine.Picked) -> None:
        if (step := step_at(self._trace, event.share * self._trace.seconds)) is not None:
            self.select(step)

    @on(FilterBar.Changed)
    def _filter(self, event: FilterBar.Changed) -> None:
        if event.bar is self.item_filter:
            self.ask(item_words=event.text, opened=None)
        else:
            self.ask(words=event.text)

    def select(self, step_id: str) -> None:
        """Select a step, with all above it unfolded; a filter that hides it is cleared."""
        self.asked = replace(self.asked, open=(self.asked.open or frozenset()) | self._content.steps.above(step_id))
        self.ask(selected=step_id, frame=None, opened=None)
        if all(row.id != step_id for row in self.rows):
            self.filter_bar.clear()
            self.ask(words="", only_failed=False)

    def action_step_failure(self, step: int) -> None:
        """Go to the next or previous failure, wrapping around."""
        failures = self._trace.failures
        if not failures:
            self.notify("Nothing failed in this trace.", timeout=3, markup=False)
            return
        here = failures.index(self.selected) if self.selected in failures else -1 if step > 0 else 0
        self.select(failures[(here + step) % len(failures)])

    async def action_filter(self) -> None:
        """Filter the steps; in the detail, search its text or filter its list."""
        if self._is_in_list and self.asked.opened is None:
            await self.item_filter.open(back_to=self.detail.item_list)
            return
        if self._is_in_detail:
            await self.detail.text_pane.action_search()
            return
        self.zoomed = "" if self.zoomed == "detail" else self.zoomed
        await self.filter_bar.open(back_to=self.step_tree)

    def action_step_part(self, step: int) -> None:
        """Show the next or previous part of the detail."""
        self._show_detail_pane()
        names = [part.name for part in self.parts]
        if names:
            self.ask(tab=names[(names.index(self.part) + step) % len(names)], opened=None)

    def action_show_picture(self) -> None:
        """Give the screen to the picture, or back to all."""
        if self.zoomed == "picture":
            self.zoomed = ""
            self.step_tree.focus()
        elif isinstance(self.picture, PictureRef):
            self.zoomed = "picture"
        elif self.picture is not None:
            self.notify(self.picture.text, timeout=5, markup=False)

    def action_film(self, step: int) -> None:
        """Show the next or previous picture of the film."""
        if self._facts is not None:
            frame = self._content.next_frame(self._facts, self.asked.frame, step)
            if frame is not None:
                self.ask(frame=frame, opened=None)
            if self._is_small:
                self.zoomed = "picture"
            elif self.size.width < WIDE:
                self.ask(tab="picture")

    def action_show_part(self, name: str) -> None:
        """Show a part of the detail, or the error again."""
        self._show_detail_pane()
        if self._facts is not None and all(part.name != name for part in self.parts):
            why = self._content.why_missing(name, self._facts.step, self.asked)
            self.notify(why, timeout=3, markup=False)
            return
        is_back = self.part == name
        self.ask(tab="" if is_back else name, opened=None)
        if is_back and self._is_small:
            self.zoomed = ""
        (self.step_tree if is_back else self.detail.shown_view).focus()

    @on(ItemList.Chosen)
    def _open_item(self, event: ItemList.Chosen) -> None:
        self.ask(opened=event.index)
        if self._is_small and self.has_class("-picture-part"):
            self.zoomed = "picture"

    def action_cycle_sort(self) -> None:
        """Sort the requests in the next order."""
        self.ask(sort=self.asked.sort.following, opened=None)
        self.notify(f"Requests {self.asked.sort}.", timeout=2, markup=False)

    def action_uncover(self) -> None:
        """Show the masked values of requests, or hide them again."""
        self.ask(is_masked=not self.asked.is_masked)

    def action_toggle_failed(self) -> None:
        """Show failed steps only, or all; in a list of the detail, the lines that failed."""
        if self._is_in_list:
            self.ask(only_failed_items=not self.asked.only_failed_items, opened=None)
        else:
            self.ask(only_failed=not self.asked.only_failed)

    @property
    def _is_in_detail(self) -> bool:
        return self.focused is not None and self.detail in self.focused.ancestors

    @property
    def _is_in_list(self) -> bool:
        return self.part in LISTS and self._is_in_detail

    def action_cycle_kinds(self) -> None:
        """Show the steps of more kinds, or of the fewest again."""
        self.ask(shown=self._content.steps.next_shown(self.asked.shown))

    def action_cycle_wrap(self) -> None:
        """Wrap long lines of code too, then none, then all but code."""
        self.wrap = self.wrap.following

    @work(exclusive=True, group="copy")
    async def action_copy(self, is_markdown: bool = False) -> None:
        """Copy the step with its error and its log; in a list of the detail, the current line, a request as curl."""
        step, facts, content, asked = self.shown.step, self._facts, self._content, self.asked
        if step is None:
            return
        if facts is None or facts.step is not step:
            facts = await asyncio.to_thread(content.facts, step)
        name, index = self.part if self._is_in_detail else "", self.detail.item_list.cursor
        self._copy(*await asyncio.to_thread(content.copied, name, facts, asked, index, is_markdown=is_markdown))

    @work(group="save")
    async def action_download(self) -> None:
        """Save the current file of the list of files."""
        facts, index = self._facts, self.detail.item_list.cursor
        attached = facts and self._content.opened(self.part, facts.step, self.asked, index)
        if not isinstance(attached, Attachment):
            return
        found = await asyncio.to_thread(self._content.file, attached)
        said = found.text if isinstance(found, Fault) else await asyncio.to_thread(self.save, *found)
        self.notify(said, markup=False)

    def action_open(self) -> None:
        """Open the trace in Playwright's viewer."""
        self._open_elsewhere()

    @property
    def as_file(self) -> tuple[str, str]:
        """The text of the detail for another program: a file's name and its text."""
        return f"{Path(self._subject).stem or 'trace'}-{self.part}.txt", plain(self.text)

    @work(exclusive=True, group="editor")
    async def action_edit(self) -> None:
        """Open the text of the detail in the user's editor or pager."""
        from tvtui.tui.external import open_in_editor

        if fault := await open_in_editor(self.app, *self.as_file):
            self.notify(fault, severity="warning", markup=False)

    def action_zoom(self) -> None:
        """Give the screen to the focused pane, or back to both."""
        self.zoomed = "" if self.zoomed else "detail" if self._is_in_detail else "steps"
        if not self.zoomed and self._is_small:
            self.step_tree.focus()

    def action_back(self) -> None:
        """Undo the last thing that narrows the view; if nothing does, go back to the run."""
        self.app.clear_notifications()
        if self.zoomed:
            self.zoomed = ""
            self.step_tree.focus()
        elif self.asked.opened is not None:
            self.ask(opened=None)
        elif self.item_filter.is_open:
            self.item_filter.clear()
            self.ask(item_words="")
        elif self.asked.only_failed_items:
            self.ask(only_failed_items=False)
        elif self.filter_bar.is_open or self.asked.words:
            self.filter_bar.clear()
            self.ask(words="")
        elif self.asked.only_failed:
            self.ask(only_failed=False)
        else:
            self.dismiss(None)
