"""The run screen: summary, tests, evidence and artifacts of one run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import getters, on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import var
from textual.widgets import Input, TabbedContent

from tvtui.artifacts.catalog import ArtifactRow
from tvtui.artifacts.transfer import Progress
from tvtui.testvibe.identity import ArtifactId, CaseId, Row
from tvtui.testvibe.models import Outcome, Run
from tvtui.tui.bindings import RUN_BINDINGS, key_of
from tvtui.tui.compositing import render_sparsely
from tvtui.tui.screens.run_artifacts import ArtifactActions
from tvtui.tui.screens.run_diagnosis import DiagnosisLoader, DiagnosisState
from tvtui.tui.screens.run_groups import ErrorSignatures
from tvtui.tui.screens.run_messages import Copied, RunAgain, WentPast
from tvtui.tui.screens.run_state import RunQuery, RunView, derive, enabled_groups, obstacle
from tvtui.tui.screens.run_steps import stepped
from tvtui.tui.screens.styled_once import StyledOnce
from tvtui.tui.services import RunServices
from tvtui.tui.widgets.artifact_list import ArtifactList
from tvtui.tui.widgets.case_column import CaseColumn
from tvtui.tui.widgets.case_table import CaseTable
from tvtui.tui.widgets.detail_pane import DetailPane
from tvtui.tui.widgets.filter_bar import FilterBar
from tvtui.tui.widgets.key_bar import KeyBar
from tvtui.tui.widgets.panes import Panes, around_panes
from tvtui.tui.widgets.run_tabs import RunTabs
from tvtui.tui.widgets.summary_bar import SummaryBar
from tvtui.tui.widgets.text_pane import TextPane
from tvtui.tui.widgets.text_view import TextView, Wrap
from tvtui.view.cases import next_outcome
from tvtui.view.grouping import Group, Line
from tvtui.view.runs import RunTab
from tvtui.watch.clock import Clock
from tvtui.watch.events import Problem, Snapshot, until_tick
from tvtui.watch.history import RunHistory
from tvtui.watch.watched_run import WatchedRun

if TYPE_CHECKING:
    from tvtui.testvibe.diagnosis import Diagnosis, Undiagnosed


class RunScreen(StyledOnce[None]):
    """Shows a watched run. What it shows is derived in `update`; keys and messages change the query, and nothing else.

    State goes down to the panes by binding, and their messages come up; no pane calls another.
    """

    AUTO_FOCUS = "CaseTable"
    BINDINGS = RUN_BINDINGS
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-medium"), (110, "-wide")]  # noqa: RUF012 - as Textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (10, "-flat"), (16, "-tall")]  # noqa: RUF012

    # set in `update`: what is known about the run, and the fields of `RunView` that panes are bound to
    snapshot: var[Snapshot | None] = var(None)
    problem: var[Problem | None] = var(None, toggle_class="-stale")
    run: var[Run | None] = var(None)
    paused: var[bool] = var(False)
    now: var[float] = var(0.0)
    lines: var[tuple[Line, ...]] = var(())
    history: var[RunHistory | None] = var(None)
    highlights: var[tuple[str, ...]] = var(())
    found: var[str] = var("")
    message: var[tuple[str, ...]] = var(())
    only: var[Outcome | None] = var(None)
    selected: var[CaseId | None] = var(None)
    row: var[Row | None] = var(None)
    group: var[Group | None] = var(None)
    place: var[str] = var("")
    artifact_rows: var[tuple[ArtifactRow, ...]] = var(())
    artifact: var[ArtifactId | None] = var(None)
    artifacts_found: var[str] = var("")
    artifacts_note: var[tuple[str, ...]] = var(())
    progress: var[Progress | None] = var(None)
    diagnosis: var[Diagnosis | Undiagnosed | None] = var(None)
    is_diagnosis_offered: var[bool] = var(False, bindings=True)

    tabs: var[tuple[RunTab, ...]] = var((), bindings=True)
    """All watched runs; empty if this is the only one."""
    wrap: var[Wrap] = var(Wrap.TEXT)
    """Which long lines of errors, logs and diagnoses are wrapped."""

    panes = getters.query_one(Panes)
    table = getters.query_one(CaseTable)
    detail = getters.query_one(DetailPane)
    artifact_list = getters.query_one("#artifacts", ArtifactList)
    filter_bar = getters.query_one("#filter", FilterBar)
    artifact_filter = getters.query_one("#artifact-filter", FilterBar)

    def __init__(self, watched: WatchedRun, restart: Callable[[], None], clock: Clock, services: RunServices) -> None:
        """Show a run, which is polled elsewhere; `restart` restarts its watch after it has ended."""
        super().__init__()
        render_sparsely(self)
        self.watched = watched
        self.asked = RunQuery()
        self.shown = RunView()
        self._restart = restart
        self._services = services
        self._clock = clock
        self._is_update_due = False
        self.key = partial(key_of, self)
        self.artifacts = ArtifactActions(
            services,
            run_worker=partial(self.run_worker, group="downloads"),
            notify=self._report,
            changed=self._update_soon,
            key=self.key,
            copy=self._copy,
            may_open=lambda: self.app.is_running and self.app.screen is self and not isinstance(self.focused, Input),
            show_text=self._read,
            push_screen=self.app.push_screen,
        )
        self.diagnoses = DiagnosisLoader(
            services.diagnose,
            run_worker=partial(self.run_worker, group="diagnosis"),
            notify=self._report,
            changed=self.update,
        )
        of_errors = partial(self.run_worker, group="signatures", exclusive=True)
        self.signatures = ErrorSignatures(run_worker=of_errors, changed=self._update_soon)

    def compose(self) -> ComposeResult:
        """The summary above, the panes, the keys below."""
        yield RunTabs().data_bind(RunScreen.tabs)
        summary = SummaryBar(self.watched.subject, self.watched.host)
        summary.data_bind(RunScreen.snapshot, RunScreen.problem, RunScreen.now, RunScreen.paused)
        yield summary.data_bind(RunScreen.history, RunScreen.only, RunScreen.progress)
        with around_panes(self._services.player, RunScreen.snapshot, self.select), Panes(id="panes"):
            with CaseColumn(id="left").data_bind(RunScreen.run):
                table = CaseTable(id="tests", classes="pane").data_bind(RunScreen.history, rows=RunScreen.lines)
                yield table.data_bind(RunScreen.selected, RunScreen.message, words=RunScreen.highlights)
                yield ArtifactList(id="artifacts", classes="pane").data_bind(
                    rows=RunScreen.artifact_rows, selected=RunScreen.artifact, explanation=RunScreen.artifacts_note
                )
            yield (detail := DetailPane(self._services.watch_command, id="detail", classes="pane")).data_bind(
                RunScreen.run,
                RunScreen.row,
                RunScreen.group,
                RunScreen.history,
                RunScreen.place,
                RunScreen.selected,
                RunScreen.wrap,
                RunScreen.artifact_rows,
                RunScreen.artifact,
                RunScreen.artifacts_note,
                RunScreen.is_diagnosis_offered,
                RunScreen.diagnosis,
            )
        self.after_first_frame = partial(detail.call_next, detail.complete)
        yield FilterBar("words, !word, s:failed, is:new", id="filter").data_bind(RunScreen.found)
        yield FilterBar("words of kind or path, !word", id="artifact-filter").data_bind(found=RunScreen.artifacts_found)
        yield KeyBar(detail.key_label)

    def on_mount(self) -> None:
        """Follow the changes; what is known is shown as soon as the screen is."""
        self.watched.subscribe(self._on_news)

    def _on_news(self) -> None:
        if self._is_visible:
            self.update()

    def ask(self, **changes: Any) -> None:
        """Change fields of the query, and show what follows."""
        self.asked = self.asked._replace(**{"is_wrapped": False, **changes})
        self.update()

    def select(self, case_id: CaseId | None) -> None:
        """Select a test for the user."""
        self.asked = self.asked.at(case_id)
        self.update()

    def _update_soon(self) -> None:
        if not self._is_update_due:
            self._is_update_due = True
            self.call_next(self.update)

    def update(self) -> None:
        """Show what follows from the state of the watch and from the query. A problem changes no data."""
        if not self.children:
            # a screen that is removed loses its parts before its clock
            return
        self._is_update_due, watched, before = False, self.watched, self.shown
        self.now = now = self._clock.now()
        self.artifacts.catalog.take(watched.run.artifacts if watched.run else (), watched.rows)
        signatures = self.signatures.known(watched.failures) if self.asked.is_grouped else None
        view = derive(watched, self.artifacts.catalog, self.asked, signatures, now=now, key=self.key, before=before)
        self.shown, table, self.asked = view, view.table, (asked := view.query)
        self.paused = watched.controls.paused
        self.problem, self.snapshot, self.run = watched.problem, watched.snapshot, watched.run
        self.history, self.lines, self.highlights, self.found = table.history, view.lines, table.words, table.found
        self.message, self.only, self.selected = view.message, asked.only, asked.selected
        self.row, self.group, self.place = view.row, view.group, view.place
        self.artifact_rows, self.artifact, self.progress = view.artifact_rows, asked.artifact, view.progress
        self.artifacts_found, self.artifacts_note = view.artifacts_found, view.artifacts_note
        self.diagnosis = self.diagnoses.answer
        self.is_diagnosis_offered = view.may_be_diagnosed and self.diagnoses.state is not DiagnosisState.UNSUPPORTED
        self.artifacts.read_trace(view.artifact_rows)
        if view.titles != before.titles:
            self._show_titles()
        if view.opens_log and not before.opens_log and self.detail.tabs.active == "error-tab":
            self.detail.show_log_unasked()
        if enabled_groups(view) != enabled_groups(before):
            self.refresh_bindings()
        if view.is_over != before.is_over:
            self.tick()

    def _show_titles(self) -> None:
        self.table.heading, artifacts = self.shown.titles[0], self.artifact_list
        artifacts.border_title, artifacts.border_subtitle, both, trace = map(Content, self.shown.titles[1:])
        self.detail.border_subtitle = trace if self.size.width >= 110 or not both else both

    @work(exclusive=True, group="clock")
    async def tick(self) -> None:
        """Update the times while the screen is visible: every second, or every minute once the run is over."""
        while self._is_visible:
            await self._clock.sleep(until_tick(self.snapshot if self.shown.is_over else None, self.now))
            self.update()

    @property
    def _is_visible(self) -> bool:
        # a question may cover it
        stack = self.app.screen_stack
        return self in stack and all(screen.is_modal for screen in stack[stack.index(self) + 1 :])

    def on_screen_resume(self) -> None:
        """Show what has changed while the screen was not visible, and restart the clock."""
        self.update()
        self.tick()

    def on_screen_suspend(self) -> None:
        """Stop the clock while the screen is not visible."""
        if not self._is_visible:
            self.workers.cancel_group(self, "clock")

    def _report(self, message: str, *, is_error: bool = False) -> None:
        if self.is_running:
            timeout = 12 if is_error else 5
            self.notify(message, severity="error" if is_error else "information", timeout=timeout, markup=False)

    def on_resize(self) -> None:
        """Show the titles that fit the width, and keep the focus where it is."""
        self.panes.keep_artifacts()
        self._show_titles()

    def action_zoom(self) -> None:
        """Give the screen to the focused pane, or back to all."""
        self.panes.toggle_zoom()

    @on(TabbedContent.TabActivated)
    def _offer_keys_of_tab(self) -> None:
        self.refresh_bindings()

    def action_toggle_log(self) -> None:
        """Show the log, or the error again."""
        self._keep_failure()
        self.panes.show_detail()
        self.detail.toggle_log()

    def action_toggle_diagnosis(self) -> None:
        """Show the diagnosis, or the error again."""
        self._keep_failure()
        self.panes.show_detail()
        self.detail.toggle_diagnosis()

    def on_diagnosis_pane_opened(self) -> None:
        """Load the diagnosis when the user opens it."""
        if self.is_diagnosis_offered:
            self.diagnoses.load()

    def _keep_selection(self) -> None:
        """Make the selected test the user's: from now on, no answer selects another one."""
        if self.selected is not None and not self.asked.is_selected_by_hand:
            self.ask(is_selected_by_hand=True)

    @on(TextView.Scrolled)
    def _keep_failure(self) -> None:
        # of a test that has not failed there is nothing to read yet
        if self.shown.place:
            self._keep_selection()

    @on(CaseTable.Highlighted)
    def _select_case(self) -> None:
        self.select(self.table.cursor)

    @on(CaseTable.Chosen)
    def _open_case(self) -> None:
        self._keep_selection()
        self.panes.show_detail()
        self.detail.shown_view.focus()

    @on(CaseTable.Folded)
    def _fold(self, event: CaseTable.Folded) -> None:
        folded = self.asked.folded - {event.group_id}
        self.asked = self.asked.at(event.group_id)
        self.ask(folded=folded | {event.group_id} if event.is_folded else folded)

    @on(SummaryBar.Picked)
    def _toggle_outcome(self, event: SummaryBar.Picked) -> None:
        self.ask(only=None if event.outcome is self.asked.only else event.outcome)

    @on(FilterBar.Changed)
    def _filter(self, event: FilterBar.Changed) -> None:
        self.ask(**{"words" if event.bar is self.filter_bar else "artifact_words": event.text})

    def go_to(self, case_id: CaseId) -> None:
        """Select a test from elsewhere, clearing a filter that hides it."""
        if all(row.id != case_id for row in self.shown.table.rows):
            self.filter_bar.clear()
            self.ask(words="", only=None)
        self.select(case_id)
        self.table.focus()

    def go_to_edge(self, step: int) -> None:
        """Select the first failure (1) or the last (-1), coming from another run."""
        # what has changed while the screen was hidden is not shown yet
        self.update()
        if failures := list(self.shown.table.failures):
            self.select(failures[0 if step > 0 else -1])

    def action_step_failure(self, step: int) -> None:
        """Go to the next or previous failure, from any pane; the steps of a key that is held down are shown as one."""
        if self.panes.zoomed == "artifacts":
            self.panes.zoomed = ""
        asked = stepped(self.asked, self.shown, step, others_failed=self._others_failed)
        if asked is None:
            self.post_message(WentPast(step))
            return
        self.asked = asked
        self._update_soon()
        if asked.is_wrapped and not self.detail.is_place_visible:
            self.notify(f"Wrapped to the {'first' if step > 0 else 'last'} failure.", timeout=3, markup=False)

    def action_toggle_failed(self) -> None:
        """Show failed tests only, or all."""
        self.ask(only=None if self.asked.only is Outcome.FAILED else Outcome.FAILED)

    def action_cycle_outcome(self) -> None:
        """Show only failed tests, then only those of each other outcome that there is, then all."""
        self.ask(only=next_outcome(self.shown.table.all_rows, self.asked.only))

    def action_cycle_wrap(self) -> None:
        """Wrap long lines of code too, then none, then all but code."""
        self.wrap = self.wrap.following

    def action_cycle_sort(self) -> None:
        """Sort the tests in the next order."""
        self.ask(sort=self.asked.sort.following)

    def action_toggle_groups(self) -> None:
        """Group the failures by error, or show them as before."""
        self.ask(is_grouped=not self.asked.is_grouped)

    async def action_filter(self) -> None:
        """Filter the tests; in the list of artifacts, the artifacts; search a text."""
        around = self.focused.ancestors if self.focused is not None else []
        if pane := next((each for each in around if isinstance(each, TextPane)), None):
            # here by the palette or by a key of the user's own
            await pane.action_search()
            return
        if isinstance(self.focused, ArtifactList):
            await self.artifact_filter.open(back_to=self.focused)
            return
        if self.panes.is_small:
            self.panes.zoomed = ""
        await self.filter_bar.open(back_to=self.table)

    @property
    def artifact_row(self) -> ArtifactRow | None:
        """The selected artifact."""
        here = self.focused.under_cursor if isinstance(self.focused, ArtifactList) else self.artifact
        return next((row for row in self.artifact_rows if row.id == here), None)

    @on(ArtifactList.Highlighted)
    def _select_artifact(self, event: ArtifactList.Highlighted) -> None:
        self._keep_selection()
        self.ask(artifact=event.artifact_id)

    @on(ArtifactList.Chosen)
    def _open_chosen(self, event: ArtifactList.Chosen) -> None:
        self.ask(artifact=event.artifact_id)
        self.action_open()

    def action_show_artifacts(self) -> None:
        """Go to the list of artifacts, wherever it is, or back to the tests."""
        self.panes.toggle_artifacts()

    def action_download(self) -> None:
        """Download the selected artifact."""
        if (row := self.artifact_row) is not None:
            self.artifacts.download((row,))

    def action_download_all(self) -> None:
        """Download all artifacts that the list shows."""
        self.artifacts.download(self.artifact_rows)

    def action_open(self) -> None:
        """Open the evidence that fits the selected test; in the list of artifacts, the selected artifact."""
        self._keep_selection()
        if (row := self.artifact_row) is not None:
            if not isinstance(self.focused, ArtifactList):
                row = self.artifacts.evidence(self.artifact_rows, self.row, selected=row)
                self.ask(artifact=row.id)
            self.artifacts.open(row, among=self.artifact_rows)

    def _read(self, name: str, text: str) -> None:
        self.panes.show_detail()
        self.detail.read(name, text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the key of a diagnosis that is not offered, and dim the keys that can do nothing now."""
        if action == "toggle_diagnosis":
            return self.is_diagnosis_offered
        return not self.obstacle(action) or None

    def obstacle(self, action: str) -> str:
        """Why an action can do nothing now, as a sentence; "" if it can, or is not one of this screen."""
        # Textual checks the keys before the panes are mounted
        has_diagnosis = self.is_mounted and self.detail.is_diagnosis_shown
        has_evidence = self.row is not None or has_diagnosis or isinstance(self.focused, ArtifactList)
        return obstacle(action, self.shown, has_evidence=has_evidence, others_failed=self._others_failed)

    @property
    def _others_failed(self) -> bool:
        return any(tab.counts.failed for tab in self.tabs if not tab.is_shown)

    def action_back(self) -> None:
        """Cancel the downloads, close a notification, or undo the last thing that narrows the view."""
        if self.progress is not None:
            self.workers.cancel_group(self, "downloads")
        elif self.query("Toast"):
            self.app.clear_notifications()
        elif self.artifact_filter.is_open and isinstance(self.focused, ArtifactList):
            self.artifact_filter.clear()
        elif self.panes.zoomed:
            self.panes.zoomed = ""
            self.table.focus()
        elif self.filter_bar.is_open:
            self.filter_bar.clear()
        elif self.asked.only is not None:
            self.ask(only=None)
        else:
            self.table.focus()

    def action_run_again(self) -> None:
        """Run the feature of this run again."""
        if self.run is not None:
            self.post_message(RunAgain(self.run))

    def action_refresh(self) -> None:
        """Refresh now; a run whose watch has ended is watched again."""
        if self.watched.is_polling:
            self.watched.controls.refresh()
        else:
            self._restart()
        self.diagnoses.expire()
        if self.detail.is_diagnosis_shown:
            self.on_diagnosis_pane_opened()

    def action_pause(self) -> None:
        """Pause or resume polling."""
        controls = self.watched.controls
        (controls.resume if controls.paused else controls.pause)()
        self.update()

    def action_copy(self) -> None:
        """Copy the selected test with its error; the diagnosis; in the list of artifacts, the path."""
        self._keep_selection()
        if not isinstance(self.focused, ArtifactList):
            self._copy(*self.detail.copied())
        elif (row := self.artifact_row) is not None:
            self._copy(self.artifacts.path_of(row))

    def action_copy_markdown(self) -> None:
        """Copy the selected test with its error, or the diagnosis, as Markdown."""
        self._keep_selection()
        self._copy(*self.detail.copied(is_markdown=True))

    def _copy(self, text: str, name: str = "", reason: str = "") -> None:
        if text:
            self.post_message(Copied(text, name or text, reason))

    @work(exclusive=True, group="editor")
    async def action_edit(self) -> None:
        """Open what the detail pane shows in the user's editor or pager."""
        from tvtui.tui.external import open_in_editor

        self._keep_selection()
        if self.run is not None and (fault := await open_in_editor(self.app, *self.detail.as_file(self.run))):
            self.notify(fault, severity="warning", markup=False)
