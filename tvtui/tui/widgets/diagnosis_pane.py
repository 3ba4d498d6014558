"""The Diagnosis tab, which is loaded when it is first shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widgets import TabPane

from tvtui.testvibe.identity import Row
from tvtui.testvibe.models import Outcome, Run
from tvtui.tui.bindings import key_of
from tvtui.tui.widgets.text_pane import TextPane
from tvtui.tui.widgets.text_view import TextView, Wrap

if TYPE_CHECKING:
    from tvtui.testvibe.diagnosis import Diagnosis, Failure, Undiagnosed
    from tvtui.tui.widgets.diagnosis_layout import DiagnosisLayout


_LOADING = "Loading the diagnosis …"
_NO_MATCH = "No failure could be matched to the selected test."


class DiagnosisPane(TabPane):
    """Shows a diagnosis, the failure of the selected test first, with keys to jump between its sections."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left_square_bracket",
            "jump(-1)",
            "previous section",
            show=False,
            key_display="[",
            id="text.previous_section",
            tooltip="Go to the previous section",
        ),
        Binding(
            "right_square_bracket",
            "jump(1)",
            "next section",
            show=False,
            key_display="]",
            id="text.next_section",
            tooltip="Go to the next section",
        ),
    ]

    diagnosis: var[Diagnosis | Undiagnosed | None] = var(None, init=False)
    """The server's answer; None before the first one."""
    run: var[Run | None] = var(None, init=False)
    """The run as last seen."""
    row: var[Row | None] = var(None, init=False)
    """The selected test."""
    wrap: var[Wrap] = var(Wrap.TEXT)
    """Which long lines are wrapped."""
    text: var[str] = var("")
    """What is shown instead of a diagnosis."""

    view = getters.query_one(TextView)

    class Opened(Message):
        """The user has opened the tab."""

    def __init__(self) -> None:
        super().__init__(Content("Diagnosis"), id="diagnosis-tab")
        self._page: DiagnosisLayout | None = None
        self._shown: tuple[DiagnosisLayout | None, Failure | None, str] = (None, None, "")
        self._stops: tuple[int, ...] = ()

    def compose(self) -> ComposeResult:
        """The text and its search."""
        yield TextPane("diagnosis").data_bind(DiagnosisPane.text, DiagnosisPane.wrap)

    def action_jump(self, step: int) -> None:
        """Bring the next (1) or previous (-1) section to the top."""
        line, start = self.view.top_line
        lines = [stop for stop in self._stops if (stop > line if step > 0 else stop < line or (stop == line and start))]
        if lines:
            self.view.go_to_line(lines[0] if step > 0 else lines[-1])

    def on_show(self) -> None:
        """Request the diagnosis, and show what has changed while the tab was hidden."""
        self.post_message(self.Opened())
        self._lay_out()

    def watch_diagnosis(self, diagnosis: Diagnosis | Undiagnosed | None) -> None:
        """Show another diagnosis; colours may follow a moment later."""
        self._page = None
        if diagnosis is not None:
            # imported here because every failed run has the tab, and few users open it
            from tvtui.testvibe.diagnosis import Diagnosis
            from tvtui.tui.widgets.diagnosis_layout import DiagnosisLayout

            if isinstance(diagnosis, Diagnosis):
                self._page = DiagnosisLayout(diagnosis)
                self._colour(self._page)
        self._lay_out()

    @work(exclusive=True, group="colour")
    async def _colour(self, page: DiagnosisLayout) -> None:
        await page.colour()
        if page is self._page:
            self._show(*page.laid_out(*self._shown[1:]))

    def _lay_out(self) -> None:
        if not self.is_on_screen or not self.is_mounted:
            return
        if self._page is None:
            self.text = self._explanation()
            self._shown = (None, None, "")
            self._show((), ())
            return
        failure = self.failure
        has_failed = self.row is not None and self.row.case.outcome is Outcome.FAILED
        missing = _NO_MATCH if has_failed and failure is None and self._page.diagnosis.failures else ""
        page, before, note = self._shown
        if page is not self._page or before is not failure or note != missing:
            self._shown = (self._page, failure, missing)
            self._show(*self._page.laid_out(failure, missing))
            if before is not failure:
                self.view.scroll_home(animate=False, force=True)

    watch_row = _lay_out

    def _explanation(self) -> str:
        """What is shown instead of a diagnosis: that it is loading, or why it could not be loaded."""
        from tvtui.testvibe.diagnosis import Undiagnosed

        if not isinstance(self.diagnosis, Undiagnosed):
            return _LOADING
        retry = f"Press {key_of(self, 'run.refresh')} or reopen this tab to retry."
        return "\n".join(filter(None, (self.diagnosis.what, self.diagnosis.advice, retry)))

    def _show(self, lines: tuple[Content, ...], stops: tuple[int, ...]) -> None:
        self._stops, self.view.lines = stops, lines

    @property
    def failure(self) -> Failure | None:
        """The failure of the selected test; None if it has none, or if it is not certain which."""
        from tvtui.testvibe.diagnosis import Diagnosis, find_failure

        if self.row is None or not isinstance(self.diagnosis, Diagnosis):
            return None
        return find_failure(self.diagnosis.failures, self.row.case, self.run.tests if self.run else ())
