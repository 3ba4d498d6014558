"""The detail pane: one test's title, error and log, and on medium screens the artifacts."""

from __future__ import annotations

import re
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Click
from textual.reactive import var
from textual.widgets import Label, Tab, TabbedContent, TabPane, Tabs

from tvtui.models import Artifact, Case, Outcome, Run
from tvtui.text import duration
from tvtui.view import SYMBOLS, Row
from tvtui.widgets.artifact_list import ArtifactList
from tvtui.widgets.filter_bar import FilterBar
from tvtui.widgets.text_view import TextView

ERROR_LIMIT = 1500
"""Characters that the service leaves of an error (documented for `get_run`)."""
LOG_LIMIT = 4000
"""Characters that the service leaves of a log (documented for `get_run`)."""

_HALF_SGR = re.compile(r"^\[?\d{1,3}(?:;\d{1,3})*m")
_TONES = {Outcome.PASSED: "$text-success", Outcome.FAILED: "$text-error", Outcome.OTHER: "$text-warning"}


class DetailPane(Vertical):
    """What is known of the selected test: given a row and the run, everything else follows."""

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

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "search", key_display="/", id="log.search", tooltip="Search the log"),
        Binding("n", "step_hit(1)", "next hit", id="log.next_hit", tooltip="Go to the next hit of the search"),
        Binding(
            "N",
            "step_hit(-1)",
            "previous hit",
            show=False,
            id="log.previous_hit",
            tooltip="Go to the previous hit",
        ),
        Binding("escape", "end_search", "end search", show=False, id="log.end_search", tooltip="Forget the search"),
    ]

    run: var[Run | None] = var(None, init=False)
    """The run as last seen."""
    row: var[Row | None] = var(None, init=False)
    """The selected test."""
    place: var[str] = var("", init=False)
    """Where the test stands among the failures, as "failure 2 of 5"."""
    wrap: var[bool] = var(True)
    """Whether long lines are wrapped."""
    query_text: var[str] = var("")
    """What is searched for in the log."""
    hits: var[str] = var("")
    """What the search found, as "2 of 7"."""
    artifacts: var[tuple[Artifact, ...]] = var(())
    """The run's artifacts, for the tab that medium screens have."""
    artifacts_explanation: var[str] = var("")
    """What is said when there are no artifacts."""
    error_text: var[str] = var("")
    """What the Error tab shows."""
    log_text: var[str] = var("")
    """What the Log tab shows."""
    is_log_growing: var[bool] = var(False)
    """Whether the log is to be followed to its end."""

    title_label = getters.query_one("#title Label", Label)
    tabs = getters.query_one(TabbedContent)
    error_view = getters.query_one("#error", TextView)
    log_view = getters.query_one("#log", TextView)
    search_bar = getters.query_one("#search", FilterBar)

    def compose(self) -> ComposeResult:
        """Title above, tabs below."""
        with VerticalScroll(id="title", can_focus=False):
            yield Label(markup=False)
        with TabbedContent(initial="error-tab"):
            with TabPane(Content("Error"), id="error-tab"):
                yield TextView(id="error").data_bind(DetailPane.wrap, text=DetailPane.error_text)
            with TabPane(Content("Log"), id="log-tab"):
                yield TextView(id="log").data_bind(
                    DetailPane.wrap,
                    query_text=DetailPane.query_text,
                    text=DetailPane.log_text,
                    follow=DetailPane.is_log_growing,
                )
                yield FilterBar("search the log", id="search").data_bind(found=DetailPane.hits)
            yield TabPane(Content("Artifacts"), id="artifacts-tab")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The search's keys count while one reads the log; else they mean what the screen says."""
        if action == "search":
            return self.tabs.active == "log-tab"
        if action in {"step_hit", "end_search"}:
            return self.search_bar.is_open and self.tabs.active == "log-tab"
        return True

    async def action_search(self) -> None:
        """Search the log."""
        await self.search_bar.open()

    def action_step_hit(self, step: int) -> None:
        """Go to the next or previous hit."""
        self.log_view.step_hit(step)

    def action_end_search(self) -> None:
        """Forget the search."""
        self.search_bar.clear()

    @on(FilterBar.Changed)
    def search(self, event: FilterBar.Changed) -> None:
        """Search while the user types."""
        event.stop()
        self.query_text = event.text

    @on(FilterBar.Left)
    def leave_search(self, event: FilterBar.Left) -> None:
        """Back to the log."""
        event.stop()
        self.log_view.focus()

    @on(TextView.Found)
    def tell_hits(self, event: TextView.Found) -> None:
        """Tell how many hits the search has."""
        event.stop()
        self.hits = f"{event.position} of {event.total}" if self.query_text else ""

    def on_click(self, event: Click) -> None:
        """A click on a tab goes into it."""
        if isinstance(event.widget, Tab):
            self.call_after_refresh(self._enter_tab)

    def _enter_tab(self) -> None:
        self.shown_view.focus()

    def on_mount(self) -> None:
        """The tabs are reached by key and mouse; the focus goes from pane to pane."""
        self.query_one(Tabs).can_focus = False

    def watch_row(self, old: Row | None, new: Row | None) -> None:
        """Show another test from its top, or the same with news."""
        self._tell()
        if old is None or new is None or old.id != new.id:
            self.error_view.scroll_home(animate=False, force=True)

    def watch_run(self, run: Run | None) -> None:
        """Show the run's log, and what it says about the selected test."""
        # the text first: the last lines of a run that has just ended are followed like those before
        self.log_text = _log_text(run)
        self.is_log_growing = run is not None and not run.has_ended
        self._tell()

    def watch_place(self) -> None:
        """Tell where the test stands."""
        self._tell()

    def _tell(self) -> None:
        case = None if self.row is None else self.row.case
        self.query_one("#title").set_class(case is None, "-empty")
        title = _title(case, self.place)
        width, height = self.title_label.size
        self.title_label.update(title, layout=not width or len(title.wrap(width)) != height)
        self.error_text = _error_text(self.run, case)

    @property
    def shown_view(self) -> TextView | ArtifactList:
        """The widget of the active tab that takes the keys."""
        match self.tabs.active:
            case "log-tab":
                return self.log_view
            case "artifacts-tab":
                return self.query_one(ArtifactList)
            case _:
                return self.error_view

    def show_tab(self, name: str) -> None:
        """Bring a tab to the front: "error", "log" or "artifacts"."""
        self.tabs.active = f"{name}-tab"

    def offer_artifacts(self, offered: bool) -> None:
        """Have the artifacts as a tab, or not."""
        if offered:
            self.call_next(self._add_artifacts)
            return
        if self.tabs.active == "artifacts-tab":
            self.show_tab("error")
        self.tabs.hide_tab("artifacts-tab")

    async def _add_artifacts(self) -> None:
        pane = self.query_one("#artifacts-tab")
        if not pane.is_mounted:
            # not there yet at the start, or not any more at the end, when nothing is called any more
            self.call_after_refresh(self._add_artifacts)
            return
        if not self.query(ArtifactList):
            artifact_list = ArtifactList().data_bind(DetailPane.artifacts, explanation=DetailPane.artifacts_explanation)
            await pane.mount(artifact_list)
        self.tabs.show_tab("artifacts-tab")


def _title(case: Case | None, place: str) -> Content:
    if case is None:
        return Content("")
    tone = _TONES[case.outcome]
    told = ["" if case.duration_ms is None else duration(case.duration_ms / 1000), place]
    return Content.assemble(
        (f"{SYMBOLS[case.outcome]} {case.status}", tone),
        ("".join(f" · {part}" for part in told if part), "$foreground-muted"),
        "\n",
        (case.name, "bold"),
    )


def _error_text(run: Run | None, case: Case | None) -> str:
    if case is None:
        return _without_test(run)
    if case.error:
        return case.error + _trimmed(case.error, ERROR_LIMIT, "errors")
    match case.outcome:
        case Outcome.PASSED:
            return "This test passed."
        case Outcome.FAILED:
            return "This test failed, and the server sent no error for it. The log may tell more."
        case Outcome.OTHER:
            return f"This test neither passed nor failed: the server calls it “{case.status}”."


def _without_test(run: Run | None) -> str:
    if run is None:
        return ""
    if run.tests:
        return "The test that was selected is not in the server's answer any more."
    if not run.has_ended:
        return "No results yet."
    return "No test ran: the log is the only evidence." if run.log else "No test ran, and the server sent no log."


def _log_text(run: Run | None) -> str:
    if run is None:
        return ""
    if run.log:
        trimmed = _trimmed(run.log, LOG_LIMIT, "logs")
        # the service keeps the log's end, so the cut can leave the rest of an escape sequence at its beginning
        return (_HALF_SGR.sub("", run.log) if trimmed else run.log) + trimmed
    if not run.has_ended:
        return "No log yet: the service sends one when a run has not passed."
    return "No log: the service sends one only for runs that did not pass."


def _trimmed(text: str, limit: int, what: str) -> str:
    # half an escape sequence at the cut is cleaned away, so a trimmed text can be a few characters shorter
    return f"\n\n… the service trims {what} to {limit:,} characters" if len(text) >= limit - 16 else ""
