"""What the run screen shows: one run's summary, tests, evidence and artifacts, and all the state behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import getters, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.reactive import var

from tvtui.artifacts.catalog import ArtifactRow
from tvtui.testvibe.identity import ArtifactId, CaseId, Row, failures, identify_cases
from tvtui.testvibe.models import Outcome, Run
from tvtui.tui.screens.run_artifacts import RunArtifacts
from tvtui.tui.services import RunServices
from tvtui.tui.widgets.artifact_list import GUESS, ArtifactList, total_size
from tvtui.tui.widgets.case_table import CaseTable
from tvtui.tui.widgets.detail_pane import DetailPane
from tvtui.tui.widgets.filter_bar import FilterBar
from tvtui.tui.widgets.key_bar import KeyBar
from tvtui.tui.widgets.run_tabs import RunTabs
from tvtui.tui.widgets.summary_bar import SummaryBar
from tvtui.view.cases import Filter, Sort, arrange
from tvtui.view.messages import instead_of_tests
from tvtui.view.runs import RunTab
from tvtui.watch.clock import Clock
from tvtui.watch.events import Problem
from tvtui.watch.watched_run import WatchedRun

_WIDTHS = [(0, "-narrow"), (60, "-medium"), (110, "-wide")]
_HEIGHTS = [(0, "-tiny"), (10, "-flat"), (16, "-tall")]
ZOOMS = ("tests", "detail", "artifacts")


class RunPanes(RunArtifacts):
    """Shows one watch and keeps its panes right; what a user can do with them is in `RunScreen`.

    State goes down by binding, wishes come up as messages; no pane calls another.
    """

    AUTO_FOCUS = "CaseTable"
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS

    problem: var[Problem | None] = var(None, init=False)
    """What is wrong with the connection now."""
    paused: var[bool] = var(False)
    """Whether the user has stopped the polling."""
    words: var[str] = var("", init=False)
    """The table's filter, as typed."""
    only: var[Outcome | None] = var(None, init=False)
    """The outcome that the table is limited to."""
    sort: var[Sort] = var(Sort.OUTCOME, init=False)
    """The table's order."""
    wrap: var[bool] = var(True)
    """Whether long lines of errors and logs are wrapped."""
    is_polling: var[bool] = var(False, bindings=True)
    """Whether the watch goes on."""
    zoomed: var[str] = var("", init=False)
    """The pane that has the screen for itself: one of "tests", "detail", "artifacts", or none."""

    tabs: var[tuple[RunTab, ...]] = var(())
    """How all the runs stand that are watched beside this one; none if there are no others."""

    rows: var[tuple[Row, ...]] = var(())
    """The tests as the table shows them."""
    place: var[str] = var("")
    """Where the selected test stands among the failures."""
    highlights: var[tuple[str, ...]] = var(())
    """The words of the filter."""
    found: var[str] = var("")
    """What the filter found."""
    message: var[tuple[str, ...]] = var(())
    """What the table says when it is empty."""
    subject: var[str] = var("")
    """What is being watched."""

    table = getters.query_one(CaseTable)
    detail = getters.query_one(DetailPane)
    artifact_list = getters.query_one("#artifacts", ArtifactList)
    filter_bar = getters.query_one("#filter", FilterBar)
    artifact_filter = getters.query_one("#artifact-filter", FilterBar)

    def __init__(self, watched: WatchedRun, watch_again: Callable[[], None], clock: Clock, means: RunServices) -> None:
        """Show a run.

        Args:
            watched: The run; it is followed elsewhere, and tells of its news.
            watch_again: Starts its watch anew after it has ended.
            clock: The clock of the watch.
            means: How evidence is got and opened.
        """
        super().__init__(means.diagnose)
        self.means = means
        self.watched = watched
        self._watch_again = watch_again
        self._clock = clock
        self._by_id: dict[CaseId, Row] = {}
        self._failures: dict[CaseId, int] = {}
        self._is_users = False
        self._titles = ("", "", "")
        self.set_reactive(RunPanes.now, clock.now())
        self.set_reactive(RunPanes.subject, watched.subject)

    def compose(self) -> ComposeResult:
        """The summary above, the panes, the keys below."""
        yield RunTabs().data_bind(RunPanes.tabs)
        yield SummaryBar().data_bind(
            RunPanes.snapshot,
            RunPanes.problem,
            RunPanes.now,
            RunPanes.paused,
            RunPanes.only,
            RunPanes.subject,
            RunPanes.progress,
        )
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                yield CaseTable(id="tests", classes="pane").data_bind(
                    RunPanes.rows, RunPanes.selected, RunPanes.message, words=RunPanes.highlights
                )
                yield ArtifactList(id="artifacts", classes="pane").data_bind(
                    rows=RunPanes.artifact_rows, selected=RunPanes.artifact, explanation=RunPanes.artifacts_note
                )
            yield DetailPane(id="detail", classes="pane").data_bind(
                RunPanes.run,
                RunPanes.row,
                RunPanes.place,
                RunPanes.wrap,
                RunPanes.artifact_rows,
                RunPanes.artifact,
                RunPanes.artifacts_note,
                RunPanes.is_diagnosis_offered,
                RunPanes.diagnosis,
            )
        yield FilterBar("words, !word, s:failed", id="filter").data_bind(RunPanes.found)
        yield FilterBar("words of kind or path, !word", id="artifact-filter").data_bind(found=RunPanes.artifacts_found)
        yield KeyBar()

    def on_mount(self) -> None:
        """Show what is known, and listen for news."""
        self.detail.border_title = Content("Test")
        self.watched.subscribe(self.hear)
        self.show()

    def hear(self) -> None:
        """There is news of the run; who is not looked at catches up when it is."""
        if self._is_seen:
            self.show()

    @property
    def _is_seen(self) -> bool:
        """Whether it is on the screen, with nothing but questions over it."""
        stack = self.app.screen_stack
        return self in stack and all(screen.is_modal for screen in stack[stack.index(self) + 1 :])

    def on_screen_resume(self) -> None:
        """Show what has come while nobody looked, and let the times go on."""
        self.show()
        self.tick()

    def on_screen_suspend(self) -> None:
        """The times stand still while nobody looks."""
        if not self._is_seen:
            self.workers.cancel_group(self, "clock")

    def show(self) -> None:
        """Show what the watch knows. A problem changes no data."""
        was_over = self._is_over
        self.now = self._clock.now()
        self.is_polling = self.watched.is_polling
        self.problem = self.watched.problem
        self.snapshot = self.watched.snapshot
        self._arrange()
        if was_over != self._is_over:
            self.tick()

    @work(exclusive=True, group="clock")
    async def tick(self) -> None:
        """Let the times go on while it is seen: every second, and every minute when nothing is awaited any more."""
        while self._is_seen:
            self.now = now = self._clock.now()
            self.message = self._waiting()
            over = self.snapshot if self._is_over else None
            await self._clock.sleep(1.0 - now % 1.0 if over is None else over.until_next_minute(now))

    @property
    def _is_over(self) -> bool:
        return self.snapshot is not None and self.snapshot.is_final and self.problem is None

    def watch_problem(self, problem: Problem | None) -> None:
        """Data of a lost connection look old."""
        self.set_class(problem is not None, "-stale")

    def watch_zoomed(self, zoomed: str) -> None:
        """Give the screen to one pane, or back to all."""
        for name in ZOOMS:
            self.set_class(name == zoomed, f"-zoom-{name}")
        self.call_after_refresh(self.focus_what_is_shown)

    def focus_what_is_shown(self) -> None:
        """Where the focus was in a pane that has gone, it goes to one that is there."""
        if self.focused is not None and self.focused.is_on_screen:
            return
        if self.zoomed == "detail":
            self.detail.shown_view.focus()
        elif self.zoomed == "artifacts":
            self.artifact_list.focus()
        else:
            self.table.focus()

    def show_detail(self) -> None:
        """See to it that the detail pane has room on the screen."""
        if self.zoomed or self.is_small:
            self.zoomed = "detail"

    @property
    def is_small(self) -> bool:
        """Whether the detail has no room beside the table, and opens over it."""
        return any(self.has_class(size) for size in ("-narrow", "-flat", "-tiny"))

    def watch_selected(self) -> None:
        """Show another test, and the first of its artifacts."""
        self._pick_row()
        if self.artifact_rows and self.artifact_rows[0].is_own:
            self.artifact = self.artifact_rows[0].id

    def watch_words(self, words: str) -> None:
        """Filter by other words."""
        self.highlights = Filter.parse(words).words
        self._arrange()

    def _arrange(self) -> None:
        """Work out everything that follows from the last snapshot and from what the user asked for."""
        run = None if self.snapshot is None else self.snapshot.run
        if run is not self.run:
            if self.run is None or run is None or run.tests is not self.run.tests:
                self._all_rows = identify_cases(run.tests, self._all_rows) if run else ()
                self._by_id = {row.id: row for row in self._all_rows}
            self.run = run
        wanted = Filter.parse(self.words)
        self.rows = arrange(self._all_rows, wanted=wanted, only=self.only, sort=self.sort)
        self._failures = {row.id: number for number, row in enumerate(failures(self.rows), 1)}
        is_limited = bool(wanted) or self.only is not None
        self.found = f"{len(self.rows):,} of {len(self._all_rows):,}" if is_limited else ""
        self.message = self._waiting()
        self._select_by_itself()
        self._pick_row()
        self._entitle()
        self.refresh_bindings()

    watch_only = watch_sort = _arrange

    def _select_by_itself(self) -> None:
        """Select the first failure while the selection is not the user's; anything rather than nothing."""
        if not self._is_users and self._failures:
            self.selected = next(iter(self._failures))
        elif self.rows and (self.selected is None or (not self._is_users and self.selected not in self._by_id)):
            self.selected = self.rows[0].id
        elif not self._is_users and self.run and self.run.has_ended and not self._all_rows and self.run.log:
            self.detail.show_tab("log")

    def _pick_row(self) -> None:
        self.row = self._by_id.get(self.selected) if self.selected else None
        number = self._failures.get(self.selected) if self.selected else None
        self.place = "" if number is None else f"failure {number} of {len(self._failures)}"
        self.lay_out_artifacts()

    def _entitle(self) -> None:
        titles = (
            tests_title(self.sort, self.only, self.found),
            artifacts_title(self.run, self.artifact_rows, self.artifacts_found),
            note_on(self.artifact_rows, self.artifact),
        )
        # a title that is set is drawn with its whole pane, whether it is another one or not
        if titles != self._titles:
            self._titles = titles
            self.table.border_title, self.artifact_list.border_title, subtitle = map(Content, titles)
            # on medium screens the list is a tab of the detail
            self.artifact_list.border_subtitle = self.detail.border_subtitle = subtitle

    def watch_artifact_rows(self) -> None:
        """Tell what has become of the download under the cursor."""
        self._entitle()

    watch_artifact = watch_artifact_rows

    def _waiting(self) -> tuple[str, ...]:
        if self.rows:
            return ()
        # a run that nobody can see may be over: its time stands still
        known = self.now if self.problem is None else self.problem.since
        snapshot = self.snapshot
        return instead_of_tests(
            None if snapshot is None else snapshot.run,
            None if snapshot is None else snapshot.server_now(known),
            has_problem=self.problem is not None,
            is_filtered=bool(self._all_rows),
        )


def tests_title(sort: Sort, only: Outcome | None, found: str) -> str:
    """Order, outcome and filter of the tests, as far as they are not the usual ones."""
    order = {Sort.OUTCOME: "", Sort.AS_RUN: " as run"}.get(sort, f" by {sort}")
    limited = f" {only} only" if only else ""
    return f"Tests{order}{limited}{_also(found)}"


def artifacts_title(run: Run | None, rows: Sequence[ArtifactRow], found: str) -> str:
    """How many artifacts there are, how large, what the filter found, and what the mark means if there is one."""
    total = total_size(run.artifacts) if run is not None else ""
    guessed = f"{GUESS} this test's" if any(row.is_own for row in rows) else ""
    return f"Artifacts{_also(total)}{_also(found)}{_also(guessed)}"


def note_on(rows: Sequence[ArtifactRow], artifact: ArtifactId | None) -> str:
    """What there is to say of an artifact's download: why it failed, or what was changed about its name."""
    here = next((row for row in rows if row.id == artifact), None)
    return "" if here is None or here.transfer is None else here.transfer.note


def _also(text: str) -> str:
    return f" · {text}" if text else ""
