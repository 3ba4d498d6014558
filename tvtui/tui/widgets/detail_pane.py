"""The detail pane: the error of the selected test, the log, the diagnosis, and on medium screens the artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Click
from textual.reactive import var
from textual.widget import Widget
from textual.widgets import Label, Tab, TabbedContent, TabPane, Tabs

from tvtui.artifacts.catalog import ArtifactRow
from tvtui.reporters import markdown
from tvtui.testvibe.identity import ArtifactId, CaseId, Row
from tvtui.testvibe.models import Case, Outcome, Run
from tvtui.text.clean import plain
from tvtui.text.format import duration
from tvtui.tui.bindings import key_of
from tvtui.tui.widgets.artifact_list import ArtifactList
from tvtui.tui.widgets.diagnosis_pane import DiagnosisPane
from tvtui.tui.widgets.history_line import HistoryLine
from tvtui.tui.widgets.styled_line import set_border_title
from tvtui.tui.widgets.text_pane import TextPane
from tvtui.tui.widgets.text_view import TextView, Wrap
from tvtui.view.grouping import Group
from tvtui.view.history import in_words
from tvtui.view.labels import SYMBOLS
from tvtui.view.log_place import place_in_log, section_in_log
from tvtui.view.messages import error_text, group_text, log_text
from tvtui.watch.history import RunHistory

if TYPE_CHECKING:
    from tvtui.testvibe.diagnosis import Diagnosis, Undiagnosed


_TONES = {
    Outcome.PASSED: "$text-success",
    Outcome.FAILED: "$text-error",
    Outcome.FLAKY: "$text-warning",
    Outcome.SKIPPED: "$foreground-muted",
    Outcome.OTHER: "$text-secondary",
}


class DetailPane(Vertical):
    """Shows a run and one of its tests; everything else follows from these.

    Attributes:
        is_complete: Whether all tabs have their content; until then, no input may arrive.
    """

    DEFAULT_CSS = """
    DetailPane {
        & > #title { height: auto; max-height: 40%; padding: 0 1; scrollbar-size-vertical: 1; }
        & > #title.-empty { display: none; }
        & > #title > Label { width: 1fr; }
        & TabbedContent { height: 1fr; }
        & ContentSwitcher { height: 1fr; }
        & Tab { color: $foreground-muted; &.-active, &:hover { color: $foreground; } }
        & TabPane { padding: 0 1; height: 1fr; }
        & TextView { height: 1fr; scrollbar-size: 1 1; scrollbar-gutter: stable; }
        & .note { height: auto; color: $foreground-muted; }
    }
    """

    run: var[Run | None] = var(None, init=False)
    """The run as last seen."""
    row: var[Row | None] = var(None, init=False)
    """The selected test."""
    group: var[Group | None] = var(None, init=False)
    """The selected group, of which `row` is the first test."""
    history: var[RunHistory | None] = var(None)
    """What the earlier runs say about the tests."""
    place: var[str] = var("", init=False)
    """The place of the test among the failures, as "failure 2 of 5"."""
    selected: var[CaseId | None] = var(None)
    """The identity of the selected test, which may no longer be in the run."""
    wrap: var[Wrap] = var(Wrap.TEXT)
    """Which long lines are wrapped."""
    artifact_rows: var[tuple[ArtifactRow, ...]] = var(())
    """The run's artifacts, for the tab that medium screens have."""
    artifact: var[ArtifactId | None] = var(None)
    """The selected artifact."""
    artifacts_note: var[tuple[str, ...]] = var(())
    """The lines below the artifacts."""
    error_text: var[str] = var("")
    """The text of the Error tab."""
    log_text: var[str] = var("")
    """The text of the Log tab."""
    opened: var[tuple[str, str] | None] = var(None)
    """A text that is shown in place of the log: its title, and the text."""
    is_log_followed: var[bool] = var(False)
    """Whether the run's log is shown, of which new lines scroll into view unless the user has scrolled away."""
    is_diagnosis_offered: var[bool] = var(False, init=False)
    """Whether there is a tab for the diagnosis."""
    diagnosis: var[Diagnosis | Undiagnosed | None] = var(None, init=False)
    """What that tab shows; None before the first answer."""

    title_label = getters.query_one("#title Label", Label)
    tabs = getters.query_one(TabbedContent)
    error_view = getters.query_one("#error", TextView)
    log_view = getters.query_one("#log", TextView)
    diagnosis_pane = getters.query_one(DiagnosisPane)

    def __init__(self, command: str, *, id: str, classes: str) -> None:
        """Show a run; `command` is the command line that watches it again, for texts to copy."""
        super().__init__(id=id, classes=classes)
        self._command = command
        self._border = Content()
        self._opened_from: Widget | None = None
        self._is_log_asked_for = True
        self.is_complete = False

    def compose(self) -> ComposeResult:
        """Title above, tabs below."""
        with VerticalScroll(id="title", classes="-empty", can_focus=False):
            yield Label(markup=False)
        yield HistoryLine().data_bind(DetailPane.row, DetailPane.group, DetailPane.history)
        with TabbedContent(initial="error-tab"):
            with TabPane(Content("Error"), id="error-tab"):
                yield TextPane("error").data_bind(DetailPane.wrap, text=DetailPane.error_text)
            for name in ("Log", "Diagnosis", "Artifacts"):
                yield TabPane(Content(name), id=f"{name.lower()}-tab")

    async def complete(self) -> None:
        """Fill the tabs that are not shown at first, unless it has been done: 20 ms that the first frame does not need.

        Call it in a handler of this pane, or by its `call_next`, so that it is not done twice at a time.
        """
        if self.is_complete:
            return
        log = TextPane("log").data_bind(DetailPane.wrap, text=DetailPane.log_text, follow=DetailPane.is_log_followed)
        diagnosis = DiagnosisPane().data_bind(DetailPane.wrap, DetailPane.diagnosis, DetailPane.run, DetailPane.row)
        artifacts = ArtifactList().data_bind(
            rows=DetailPane.artifact_rows, selected=DetailPane.artifact, explanation=DetailPane.artifacts_note
        )
        with self.app.batch_update():
            for name, content in (("log", log), ("diagnosis", diagnosis), ("artifacts", artifacts)):
                for tab in self.query(f"#{name}-tab"):
                    # the app may be about to end, and remove the tabs
                    if tab.is_attached:
                        await tab.mount(content)
        self.is_complete = True

    def on_click(self, event: Click) -> None:
        """A click on a tab focuses its content."""
        if isinstance(event.widget, Tab):
            self.call_after_refresh(self.focus_shown)

    def focus_shown(self) -> None:
        """Focus the content of the active tab."""
        self.shown_view.focus()

    def on_mount(self) -> None:
        """The focus goes from pane to pane, past the tabs, which have keys of their own."""
        self.query_one(Tabs).can_focus = False
        self.watch_is_diagnosis_offered()

    def watch_row(self, old: Row | None, new: Row | None) -> None:
        """Show another test from its top, or the same one as it is now."""
        self._show_case()
        if old is None or new is None or old.id != new.id:
            self.error_view.scroll_home(animate=False, force=True)
            if self._is_log_open and self.opened is None:
                self._go_to_place()

    def watch_group(self) -> None:
        """Show the tests of a group below the error of the first."""
        self._show_case()

    def watch_run(self, old: Run | None, new: Run | None) -> None:
        """Show the run's log, and the selected test as it is now."""
        # first: the last lines of a run that has just ended still scroll into view
        self._show_log()
        self._show_case()
        log, log_before = (run.log if run is not None else None for run in (new, old))
        if log == log_before or not self._is_log_open or self.opened is not None:
            return
        if not log_before:
            self._go_to_place()
        else:
            # its lines may have moved
            self.log_view.marked_line = self._line_in_log()

    @on(TabbedContent.TabActivated)
    async def open_log(self, event: TabbedContent.TabActivated) -> None:
        """Begin at the right place of the log."""
        if event.pane.id == "log-tab":
            await self.complete()
            self._go_to_place()
        else:
            self._is_log_asked_for = True

    def show_log_unasked(self) -> None:
        """Show the log from its top: without tests, the log itself is the error, which begins with what matters."""
        self._is_log_asked_for = False
        self.show_tab("log")

    def _go_to_place(self) -> None:
        """Show the log from what it says about the selected test, or at its end; show any other text from its top."""
        self.log_view.marked_line = line = self._line_in_log()
        if line is not None:
            self.log_view.go_to_line(line)
        else:
            self.log_view.go_to_edge(-1 if self.opened is None and self._is_log_asked_for else 0)

    def _line_in_log(self) -> int | None:
        if self.opened is not None or self.run is None or self.row is None:
            return None
        return place_in_log(self.log_text, self.run.tests, self.row.position)

    @property
    def _is_log_open(self) -> bool:
        return self.is_complete and self.tabs.active == "log-tab"

    def _show_log(self) -> None:
        self.log_text = log_text(self.run) if self.opened is None else "\n\n".join(self.opened)
        self.is_log_followed = self.opened is None

    watch_opened = _show_log

    def read(self, name: str, text: str) -> None:
        """Show a text in place of the log, and focus it."""
        self.opened = (f"{name} (press {key_of(self, 'detail.log')} for the run's log)", text)
        self.show_tab("log")
        self._go_to_place()
        self.shown_view.focus()

    def key_label(self, binding: Binding) -> str:
        """The label of a key in the key bar."""
        return "error" if self.returns_to_error(binding.action) else binding.description

    def returns_to_error(self, action: str) -> bool:
        """Whether the action "toggle_log" or "toggle_diagnosis" would show the error."""
        if action == "toggle_log":
            return self.tabs.active == "log-tab" and bool(self.region) and self.opened is None
        return action == "toggle_diagnosis" and self.is_diagnosis_shown

    def toggle_log(self) -> None:
        """Show and focus the log, or return to the error if the log is what is shown."""
        is_back = self.returns_to_error("toggle_log")
        self._is_log_asked_for = True
        if is_back:
            self._return_to_error()
        else:
            self.opened = None
            self._open("log")
            self._go_to_place()
            self.screen.refresh_bindings()

    def toggle_diagnosis(self) -> None:
        """Show and focus the diagnosis, or return to the error if the diagnosis is what is shown."""
        if self.returns_to_error("toggle_diagnosis"):
            self._return_to_error()
        else:
            self._open("diagnosis")

    def _open(self, name: str) -> None:
        self._opened_from = self.screen.focused
        self.show_tab(name)
        self.shown_view.focus()

    def _return_to_error(self) -> None:
        """Show the error, with the focus where it was before, unless that was in this pane or is hidden now."""
        self.show_tab("error")
        before = self._opened_from
        is_elsewhere = before is not None and self not in before.ancestors and before.is_on_screen
        (before if before is not None and is_elsewhere else self.error_view).focus()

    def copied(self, *, is_markdown: bool = False) -> tuple[str, str]:
        """What is shown, as a text to copy: a section of the diagnosis or all of it, or the test with its error.

        Returns:
            The text, "" if there is none, and what it is.
        """
        suffix = ", as Markdown" if is_markdown else ""
        if self.is_diagnosis_shown and (section := self.diagnosis_pane.section) is not None:
            if is_markdown:
                return self._diagnosis_text(is_markdown=True), f"the diagnosis{suffix}"
            test = self.row.case.name if section.is_selected and self.row is not None else ""
            name = f"{section.title} of {test}" if test else f"section {section.title}"
            return markdown.section_as_text(section), name
        if self.run is None or self.row is None:
            return "", ""
        case = self.row.case
        if self.group is not None:
            of_group = markdown.group_as_markdown if is_markdown else markdown.group_as_text
            return of_group(self.run, self.group, self._command), f"{self.group.heading}{suffix}"
        form = markdown.as_markdown if is_markdown else markdown.as_text
        log = section_in_log(self.run.log or "", self.run.tests, self.row.position)
        what = f"{case.name}{', with its error' if case.error else ''}{suffix}"
        history = "" if self.history is None else in_words(self.history.of(self.row))
        return form(self.run, case, self._command, log, history=history), what

    def as_file(self, run: Run) -> tuple[str, str]:
        """What is shown, as a file for another program: its name and its text."""
        name, text = "-error.txt", self.error_text
        if self.tabs.active == "log-tab":
            name, text = ".log", self.log_text
        elif self.tabs.active == "diagnosis-tab":
            name, text = "-diagnosis.txt", self._diagnosis_text() or text
        return f"run-{run.run_id}{name}", plain(text)

    def _diagnosis_text(self, *, is_markdown: bool = False) -> str:
        """The diagnosis, in the order of the tab; "" if there is none."""
        sections = self.diagnosis_pane.sections
        if self.run is None or not sections:
            return ""
        form = markdown.diagnosis_as_markdown if is_markdown else markdown.diagnosis_as_text
        return form(self.run, sections, self._command)

    def watch_place(self) -> None:
        """Show another place among the failures."""
        self._show_title()

    def _show_case(self) -> None:
        case = None if self.row is None else self.row.case
        self._show_title()
        error = error_text(self.run, case, is_selected=self.selected is not None)
        self.error_text = error if self.group is None else group_text(self.group, error)

    def on_resize(self) -> None:
        """Divide the title anew between border and pane."""
        self._show_title(keeps_row=False)

    def _show_title(self, *, keeps_row: bool = True) -> None:
        case = None if self.row is None else self.row.case
        # a corner, a line and a blank at each end
        room = self.outer_size.width - 6 if self.styles.border_top[0] else 0
        has_row = keeps_row and bool(self.title_label.region)
        titles = _titles(case, self.place, room, has_row=has_row)
        border, title = titles if self.group is None else _group_titles(self.group, room, has_row=has_row)
        if not self._border.is_same(border):
            self._border = border
            set_border_title(self, border)
        self.query_one("#title").set_class(not title, "-empty")
        if title:
            width, height = self.title_label.size
            # a layout takes longer than all else that a key does, and moves the text: one blank line is left instead
            fits = bool(width) and height - 1 <= len(title.wrap(width)) <= height
            self.title_label.update(title, layout=not fits)

    @property
    def shown_view(self) -> TextView | ArtifactList:
        """The widget of the active tab that can be focused."""
        match self.tabs.active if self.is_complete else "error-tab":
            case "log-tab":
                return self.log_view
            case "artifacts-tab":
                return self.query_one(ArtifactList)
            case "diagnosis-tab":
                return self.diagnosis_pane.view
            case _:
                return self.error_view

    @property
    def is_place_visible(self) -> bool:
        """Whether the place among the failures can be read, in the border or in the title."""
        return bool(self.title_label.region or (self.region and self.styles.border_top[0]))

    @property
    def is_diagnosis_shown(self) -> bool:
        """Whether the diagnosis is visible."""
        return self.tabs.active == "diagnosis-tab" and bool(self.region)

    def show_tab(self, name: str) -> None:
        """Activate a tab: "error", "log", "diagnosis" or "artifacts"."""
        self.tabs.active = f"{name}-tab"

    def watch_is_diagnosis_offered(self) -> None:
        """Show the tab of the diagnosis, or hide it."""
        if self.is_mounted:
            self.offer("diagnosis", self.is_diagnosis_offered)

    def offer(self, name: str, is_offered: bool) -> None:
        """Show the tab "diagnosis" or "artifacts", or hide it."""
        if is_offered:
            self.tabs.show_tab(f"{name}-tab")
            return
        if self.tabs.active == f"{name}-tab":
            had_focus = self.shown_view.has_focus
            self.show_tab("error")
            if had_focus:
                self.error_view.focus()
        self.tabs.hide_tab(f"{name}-tab")


def _titles(case: Case | None, place: str, room: int, *, has_row: bool) -> tuple[Content, Content]:
    """The title in the border, which has `room` cells for it, and what does not fit there.

    A row that there is for the name is used for the next one too, so that the text below stays where it is.
    """
    if case is None:
        return Content("Test"), Content()
    tone = _TONES[case.outcome]
    took = "" if case.duration_ms is None else f" · {duration(case.duration_ms / 1000)}"
    place = f" · {place}" if place else ""
    status, name = (f"{SYMBOLS[case.outcome]} {case.status}", tone), (case.name, "$foreground bold")
    # the table shows how long it took as well
    for details in (f"{took}{place}", place):
        # a border has its own muted color, and mixes no other with its background
        whole = Content.assemble(status, "  ", name, details)
        if whole.cell_length <= room and not has_row:
            return whole, Content()
    if room:
        return Content.assemble(status, f"{took}{place}"), Content.assemble(name)
    return Content("Test"), Content.assemble(status, (f"{took}{place}", "$foreground-muted"), "\n", name)


def _group_titles(group: Group, room: int, *, has_row: bool) -> tuple[Content, Content]:
    """The same for a group: how many tests failed, and with what."""
    count = (f"{SYMBOLS[Outcome.FAILED]} {len(group.rows):,} failures", _TONES[Outcome.FAILED])
    name = (group.title, "$foreground bold")
    whole = Content.assemble(count, "  ", name)
    if whole.cell_length <= room and not has_row:
        return whole, Content()
    return (
        (Content.assemble(count), Content.assemble(name))
        if room
        else (Content("Test"), Content.assemble(count, "\n", name))
    )
