"""The run screen: what a user can do with the panes of a run."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on, work
from textual.events import Key, Resize
from textual.message import Message
from textual.widgets import TabbedContent

from tvtui.artifacts.transfer import Stage
from tvtui.reporters import markdown
from tvtui.testvibe.identity import CaseId, Row
from tvtui.testvibe.models import Outcome, Run
from tvtui.text.clean import plain
from tvtui.tui.bindings import RUN_BINDINGS
from tvtui.tui.screens.run_evidence import RunEvidence
from tvtui.tui.screens.run_panes import ZOOMS
from tvtui.tui.widgets.artifact_list import ArtifactList
from tvtui.tui.widgets.case_table import CaseTable
from tvtui.tui.widgets.filter_bar import FilterBar
from tvtui.tui.widgets.summary_bar import SummaryBar
from tvtui.view.cases import step_failure


class RunScreen(RunEvidence):
    """Keys, clicks and messages of the panes, each changing a piece of state and nothing else."""

    BINDINGS = RUN_BINDINGS

    @dataclass
    class WentPast(Message):
        """The user went on (1) from the last failure, or back (-1) from the first, and other runs have some too."""

        step: int

    @dataclass
    class RunAgain(Message):
        """The user wants this run's feature to be run once more."""

        run: Run

    def on_key(self, event: Key) -> None:
        """From the first key on, the selection is the user's."""
        if event.key != "q":
            self._is_users = True

    def on_resize(self, event: Resize) -> None:
        """On medium screens the artifacts are a tab of the detail pane."""
        self.detail.offer_artifacts(event.size.width < 110)
        self.call_after_refresh(self.focus_what_is_shown)

    @on(CaseTable.Highlighted)
    def select_case(self, event: CaseTable.Highlighted) -> None:
        """Select the test that the user went to."""
        self._is_users = True
        self.selected = event.case_id

    @on(CaseTable.Chosen)
    def open_case(self) -> None:
        """Go to the evidence; where the detail has no room beside the table it opens over it."""
        self.show_detail()
        self.detail.shown_view.focus()

    @on(SummaryBar.Picked)
    def toggle_outcome(self, event: SummaryBar.Picked) -> None:
        """Limit the table to the clicked outcome, or lift the limit."""
        self.only = None if event.outcome is self.only else event.outcome

    @on(FilterBar.Changed, "#filter")
    def filter_tests(self, event: FilterBar.Changed) -> None:
        """Filter while the user types."""
        self.words = event.text

    @on(FilterBar.Left, "#filter")
    def leave_filter(self) -> None:
        """Back to the table."""
        self.table.focus()

    @on(TabbedContent.TabActivated)
    def offer_other_keys(self) -> None:
        """The log has keys of its own."""
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim the keys that can do nothing now."""
        match action:
            case "step_failure":
                return True if any(tab.counts.failed for tab in self.tabs) or self._failures else None
            case "download" | "open":
                return True if self.artifact is not None else None
            case "download_all":
                return True if self.artifact_rows else None
            case "run_again":
                return True if self.run and (self.run.feature_id is not None or self.run.feature_name) else None
            case "copy" | "copy_markdown":
                is_there = self.row is not None or isinstance(self.focused, ArtifactList)
                return True if is_there or self.detail.is_diagnosis_shown else None
            case "toggle_diagnosis":
                return self.is_diagnosis_offered
            case "edit":
                return True if self.run is not None else None
            case "pause":
                return True if self.is_polling else None
            case "toggle_failed" | "cycle_outcome" | "cycle_sort" | "filter":
                return True if self._all_rows else None
            case _:
                return True

    def action_step_failure(self, step: int) -> None:
        """Go to the next or previous failure, from any pane."""
        if self.zoomed == "artifacts":
            self.zoomed = ""
        edge = list(self._failures)[-1 if step > 0 else 0] if self._failures else None
        if self.selected == edge and any(tab.counts.failed for tab in self.tabs if not tab.is_shown):
            self.post_message(self.WentPast(step))
            return
        target = step_failure(self.rows, self.selected, step)
        if target is not None:
            self._is_users = True
            self.selected = target

    def go_to_edge(self, step: int) -> None:
        """Select the first failure (1) or the last (-1), coming from another run."""
        if self._failures:
            self._is_users = True
            self.selected = list(self._failures)[0 if step > 0 else -1]

    def action_run_again(self) -> None:
        """Start the feature of this run once more."""
        if self.run is not None:
            self.post_message(self.RunAgain(self.run))

    def action_toggle_failed(self) -> None:
        """Show failed tests only, or all."""
        self.only = None if self.only is Outcome.FAILED else Outcome.FAILED

    def action_cycle_outcome(self) -> None:
        """Show only failed, then only other, then only passed, then all tests."""
        order = [None, Outcome.FAILED, Outcome.OTHER, Outcome.PASSED]
        self.only = order[(order.index(self.only) + 1) % len(order)]

    def action_cycle_sort(self) -> None:
        """Put the tests in the next order."""
        self.sort = self.sort.following

    async def action_filter(self) -> None:
        """Filter the tests by words; in the artifacts, those."""
        if isinstance(self.focused, ArtifactList):
            await self.artifact_filter.open()
            return
        if self.is_small:
            self.zoomed = ""
        await self.filter_bar.open()

    def action_back(self) -> None:
        """Stop downloads, take what was said away, or undo the last thing that narrows the view."""
        if self.stop_downloads():
            return
        if self.query("Toast"):
            self.app.clear_notifications()
        elif self.artifact_filter.is_open and isinstance(self.focused, ArtifactList):
            self.artifact_filter.clear()
        elif self.zoomed:
            self.zoomed = ""
            self.table.focus()
        elif self.filter_bar.is_open:
            self.filter_bar.clear()
        elif self.only is not None:
            self.only = None
        else:
            self.table.focus()

    def action_toggle_log(self) -> None:
        """Show the log, or the error again."""
        is_log = self.detail.tabs.active == "log-tab" and bool(self.detail.region) and not self.detail.stop_reading()
        self.show_detail()
        self.detail.show_tab("error" if is_log else "log")
        self.detail.shown_view.focus()

    def action_toggle_diagnosis(self) -> None:
        """Show the diagnosis, or the error again."""
        is_shown = self.detail.is_diagnosis_shown
        self.show_detail()
        if is_shown:
            self.detail.show_tab("error")
            self.detail.shown_view.focus()
        else:
            self.detail.open_diagnosis()

    def action_zoom(self) -> None:
        """Give the screen to the pane with the focus, or back to all."""
        if self.zoomed:
            self.zoomed = ""
            return
        self.zoomed = next(
            (
                name
                for name in ZOOMS
                if self.focused is not None and self.query_one(f"#{name}") in self.focused.ancestors_with_self
            ),
            "tests",
        )

    def action_wrap(self) -> None:
        """Wrap long lines, or let them go on beyond the edge."""
        self.wrap = not self.wrap

    def action_refresh(self) -> None:
        """Ask the server now; an ended run is watched anew."""
        if self.is_polling:
            self.watched.controls.refresh()
        else:
            self._watch_again()
        self.outdate_diagnosis()

    def action_pause(self) -> None:
        """Stop asking the server, or go on."""
        self.paused = not self.paused
        if self.paused:
            self.watched.controls.pause()
        else:
            self.watched.controls.resume()

    def action_copy(self) -> None:
        """Copy the selected test's error and its context; in the artifacts, the path."""
        if isinstance(self.focused, ArtifactList):
            if (row := self.artifact_row) is not None:
                is_saved = row.transfer is not None and row.transfer.stage is Stage.DONE
                path = row.transfer.path if row.transfer is not None and is_saved else None
                self._copy(str(path or row.artifact.path), "the path")
        elif self.detail.is_diagnosis_shown and (
            text := self._diagnosis_in(markdown.diagnosis_as_text, self._watch_command)
        ):
            self._copy(text, "the diagnosis")
        elif self.run is not None and self.row is not None:
            self._copy(markdown.as_text(self.run, self.row.case, self._watch_command), "the test with its error")

    def action_copy_markdown(self) -> None:
        """Copy the same as Markdown."""
        if self.detail.is_diagnosis_shown and (
            text := self._diagnosis_in(markdown.diagnosis_as_markdown, self._watch_command)
        ):
            self._copy(text, "the diagnosis as Markdown")
        elif self.run is not None and self.row is not None:
            text = markdown.as_markdown(self.run, self.row.case, self._watch_command)
            self._copy(text, "the test with its error as Markdown")

    def _copy(self, text: str, what: str) -> None:
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied {what}: {len(text):,} characters", timeout=3, markup=False)

    @work(exclusive=True, group="editor")
    async def action_edit(self) -> None:
        """Open what the detail pane shows in the user's editor or pager."""
        from tvtui.tui.external import open_in_editor

        if self.run is None:
            return
        name, text = f"run-{self.run.run_id}-error.txt", self.detail.error_text
        if self.detail.tabs.active == "log-tab":
            name, text = f"run-{self.run.run_id}.log", self.detail.log_text
        elif self.detail.tabs.active == "diagnosis-tab":
            name = f"run-{self.run.run_id}-diagnosis.txt"
            text = self._diagnosis_in(markdown.diagnosis_as_text, self._watch_command) or text
        if fault := await open_in_editor(self.app, name, plain(text)):
            self.notify(fault, severity="warning", markup=False)

    def go_to(self, case_id: CaseId) -> None:
        """Select a test from elsewhere, lifting a filter that hides it."""
        self._is_users = True
        if all(row.id != case_id for row in self.rows):
            self.filter_bar.clear()
            self.only = None
        self.selected = case_id
        self.table.focus()

    @property
    def all_rows(self) -> tuple[Row, ...]:
        """Every test of the run, whatever the table shows of them."""
        return self._all_rows

    @property
    def _watch_command(self) -> str:
        return self.means.watch_command(self.watched.run_id)
