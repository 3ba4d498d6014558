"""The detail pane: one test's title, error and log, and on medium screens the artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Click
from textual.reactive import var
from textual.widgets import Label, Tab, TabbedContent, TabPane, Tabs

from tvtui.artifacts.catalog import ArtifactRow
from tvtui.testvibe.identity import ArtifactId, Row
from tvtui.testvibe.models import Case, Outcome, Run
from tvtui.text.format import duration
from tvtui.tui.widgets.artifact_list import ArtifactList
from tvtui.tui.widgets.text_pane import TextPane
from tvtui.tui.widgets.text_view import TextView
from tvtui.view.labels import SYMBOLS
from tvtui.view.messages import error_text, log_text

if TYPE_CHECKING:
    from tvtui.testvibe.diagnosis import Diagnosis, Undiagnosed


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

    run: var[Run | None] = var(None, init=False)
    """The run as last seen."""
    row: var[Row | None] = var(None, init=False)
    """The selected test."""
    place: var[str] = var("", init=False)
    """Where the test stands among the failures, as "failure 2 of 5"."""
    wrap: var[bool] = var(True)
    """Whether long lines are wrapped."""
    artifact_rows: var[tuple[ArtifactRow, ...]] = var(())
    """The run's artifacts, for the tab that medium screens have."""
    artifact: var[ArtifactId | None] = var(None)
    """The selected artifact."""
    artifacts_note: var[tuple[str, ...]] = var(())
    """What is said below the artifacts."""
    error_text: var[str] = var("")
    """What the Error tab shows."""
    log_text: var[str] = var("")
    """What the Log tab shows."""
    opened: var[tuple[str, str] | None] = var(None)
    """A text that is read in the place of the log, and what it is called."""
    is_log_growing: var[bool] = var(False)
    """Whether the log is to be followed to its end."""
    is_diagnosis_offered: var[bool] = var(False, init=False)
    """Whether there is a tab for the diagnosis."""
    diagnosis: var[Diagnosis | Undiagnosed | None] = var(None, init=False)
    """What that tab shows; None as long as the server has not answered."""

    title_label = getters.query_one("#title Label", Label)
    tabs = getters.query_one(TabbedContent)
    error_view = getters.query_one("#error", TextView)
    log_view = getters.query_one("#log", TextView)

    def compose(self) -> ComposeResult:
        """Title above, tabs below."""
        with VerticalScroll(id="title", can_focus=False):
            yield Label(markup=False)
        with TabbedContent(initial="error-tab"):
            with TabPane(Content("Error"), id="error-tab"):
                yield TextView(id="error").data_bind(DetailPane.wrap, text=DetailPane.error_text)
            yield TextPane("Log", id="log-tab", view_id="log").data_bind(
                DetailPane.wrap, text=DetailPane.log_text, follow=DetailPane.is_log_growing
            )
            yield TabPane(Content("Artifacts"), id="artifacts-tab")

    def on_click(self, event: Click) -> None:
        """A click on a tab goes into it."""
        if isinstance(event.widget, Tab):
            self.call_after_refresh(self.focus_shown)

    def focus_shown(self) -> None:
        """Give the keys to what the active tab shows."""
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
        self._tell_log()
        self._tell()

    def watch_opened(self) -> None:
        """Read another text, or the log again."""
        self._tell_log()

    def _tell_log(self) -> None:
        self.log_text = log_text(self.run) if self.opened is None else "\n\n".join(self.opened)
        self.is_log_growing = self.opened is None and self.run is not None and not self.run.has_ended

    def read(self, name: str, text: str) -> None:
        """Read a text in the place of the log."""
        self.opened = (f"{name} (l: the log of the run)", text)

    def stop_reading(self) -> bool:
        """Have the log back; whether something else was read in its place."""
        is_reading = self.opened is not None
        self.opened = None
        return is_reading

    def watch_place(self) -> None:
        """Tell where the test stands."""
        self._tell()

    def _tell(self) -> None:
        case = None if self.row is None else self.row.case
        self.query_one("#title").set_class(case is None, "-empty")
        title = _title(case, self.place)
        width, height = self.title_label.size
        self.title_label.update(title, layout=not width or len(title.wrap(width)) != height)
        self.error_text = error_text(self.run, case)

    @property
    def shown_view(self) -> TextView | ArtifactList:
        """The widget of the active tab that takes the keys."""
        match self.tabs.active:
            case "log-tab":
                return self.log_view
            case "artifacts-tab":
                return self.query_one(ArtifactList)
            case "diagnosis-tab":
                return self.query_one("#diagnosis", TextView)
            case _:
                return self.error_view

    @property
    def is_diagnosis_shown(self) -> bool:
        """Whether the diagnosis is what one sees of the pane."""
        return self.tabs.active == "diagnosis-tab" and bool(self.region)

    def show_tab(self, name: str) -> None:
        """Bring a tab to the front: "error", "log", "diagnosis" or "artifacts"."""
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
            artifact_list = ArtifactList().data_bind(
                rows=DetailPane.artifact_rows, selected=DetailPane.artifact, explanation=DetailPane.artifacts_note
            )
            await pane.mount(artifact_list)
        self.tabs.show_tab("artifacts-tab")

    def watch_is_diagnosis_offered(self, is_offered: bool) -> None:
        """Have the diagnosis as a tab, or not; it goes without a word."""
        if is_offered:
            # the failure itself comes first on the screen
            self.call_after_refresh(self.add_diagnosis)
            return
        if self.tabs.active == "diagnosis-tab":
            had_focus = self.shown_view.has_focus
            self.show_tab("error")
            if had_focus:
                self.error_view.focus()
        if self.query("#diagnosis-tab"):
            self.tabs.hide_tab("diagnosis-tab")

    def open_diagnosis(self) -> None:
        """Bring the tab for the diagnosis to the front, and give it the keys."""
        self.call_next(self.add_diagnosis, is_opened=True)

    async def add_diagnosis(self, *, is_opened: bool = False) -> None:
        """Have the tab for the diagnosis; it is made when it is first offered, for most runs pass."""
        if not self.query_one("#artifacts-tab").is_mounted:
            self.call_after_refresh(self.add_diagnosis, is_opened=is_opened)
            return
        if not self.query("#diagnosis-tab"):
            from tvtui.tui.widgets.diagnosis_pane import DiagnosisPane

            pane = DiagnosisPane().data_bind(DetailPane.wrap, DetailPane.diagnosis, DetailPane.run, DetailPane.row)
            await self.tabs.add_pane(pane, before="artifacts-tab")
        if not self.is_diagnosis_offered:
            self.tabs.hide_tab("diagnosis-tab")
            return
        self.tabs.show_tab("diagnosis-tab")
        if is_opened:
            self.show_tab("diagnosis")
            self.shown_view.focus()


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
