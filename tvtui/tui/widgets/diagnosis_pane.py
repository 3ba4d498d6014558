"""The content of the Diagnosis tab, which is loaded when it is first shown."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import var

from tvtui.testvibe.identity import Row
from tvtui.testvibe.models import Case, Outcome, Run
from tvtui.tui.bindings import key_of
from tvtui.tui.widgets.section_bar import SectionBar
from tvtui.tui.widgets.text_pane import TextPane
from tvtui.tui.widgets.text_view import TextView, Wrap

if TYPE_CHECKING:
    from tvtui.testvibe.diagnosis import Diagnosis, Failure, Undiagnosed
    from tvtui.tui.widgets.diagnosis_layout import DiagnosisLayout, Stop
    from tvtui.view.diagnosis import Section


_LOADING = "Loading the diagnosis …"
_NO_MATCH = "No failure could be matched to the selected test."
_LEAST_HEIGHT = 7
"""Lines from which one is spent on the sections."""


class DiagnosisPane(Vertical):
    """Shows a diagnosis, what the selected test needs first, with its sections in a line and keys to go to them."""

    DEFAULT_CSS = """
    DiagnosisPane TextPane { height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left_square_bracket",
            "jump(-1)",
            "previous",
            key_display="[",
            id="text.previous_section",
            tooltip="Go to the previous section",
        ),
        Binding(
            "right_square_bracket",
            "jump(1)",
            "next section",
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
    titles: var[tuple[str, ...]] = var(())
    """The titles of the sections."""
    current: var[int] = var(0)
    """The index of the current section: the one at the top, or below it the one that was gone to."""

    view = getters.query_one(TextView)
    section_bar = getters.query_one(SectionBar)

    class Opened(Message):
        """The user has opened the tab."""

    def __init__(self) -> None:
        super().__init__()
        self._layout: DiagnosisLayout | None = None
        self._laid_out_for: tuple[DiagnosisLayout, Case | None, Failure | None, str] | None = None
        self._sections: tuple[Section, ...] = ()
        self._stops: tuple[Stop, ...] = ()
        self._gone_to: tuple[int, float] | None = None

    def compose(self) -> ComposeResult:
        """The sections, the text and its search."""
        yield SectionBar().data_bind(DiagnosisPane.titles, DiagnosisPane.current)
        yield TextPane("diagnosis").data_bind(DiagnosisPane.text, DiagnosisPane.wrap)

    def on_mount(self) -> None:
        """Follow the scrolling."""
        self.watch(self.view, "scroll_y", self._update_current, init=False)

    def on_resize(self) -> None:
        """Show the sections where there is room for more than a few lines."""
        self._offer_sections()

    def _offer_sections(self) -> None:
        self.section_bar.display = len(self.titles) > 1 and self.size.height >= _LEAST_HEIGHT

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the keys of sections to others where there is none: in a replay they move in time."""
        del parameters
        return action != "jump" or bool(self._stops)

    def action_jump(self, step: int) -> None:
        """Go to the next (1) or previous (-1) section, or to a failed scenario or test in one."""
        number, is_at_start = self._place
        self._go_to(number + 1 if step > 0 else number - is_at_start)

    @on(SectionBar.Picked)
    def pick(self, event: SectionBar.Picked) -> None:
        """Go to the section that was clicked on."""
        event.stop()
        self._go_to(next(number for number, stop in enumerate(self._stops) if stop.section == event.index))
        self.view.focus()

    def _go_to(self, number: int) -> None:
        if 0 <= number < len(self._stops):
            self.view.go_to_line(self._stops[number].line)
            self._gone_to = number, self.view.scroll_y
            self._update_current()

    @property
    def _place(self) -> tuple[int, bool]:
        """The index of the last stop above the top of the view, or of the one gone to; whether the view is at it."""
        if self._gone_to is not None and self._gone_to[1] == self.view.scroll_y:
            # near the end of the text, a stop cannot be brought to the top
            return self._gone_to[0], True
        line, start = self.view.top_line
        number = bisect_right(self._stops, line, key=lambda stop: stop.line) - 1
        return number, number >= 0 and self._stops[number].line == line and not start

    def _update_current(self) -> None:
        number, _ = self._place
        self.current = self._stops[number].section if 0 <= number < len(self._stops) else 0

    @property
    def section(self) -> Section | None:
        """The current section."""
        return self._sections[self.current] if self.current < len(self._sections) else None

    @property
    def sections(self) -> list[Section]:
        """All sections in order, also those that are not shown; empty without a diagnosis."""
        if self._layout is None:
            return []
        from tvtui.view.diagnosis import sections_of

        return sections_of(self._layout.diagnosis, self._case, self.failure)

    def on_show(self) -> None:
        """Request the diagnosis, and show what has changed while the tab was hidden."""
        self.post_message(self.Opened())
        self._lay_out()

    def watch_diagnosis(self, diagnosis: Diagnosis | Undiagnosed | None) -> None:
        """Show another diagnosis; colours may follow a moment later."""
        self._layout = None
        if diagnosis is not None:
            # imported here because every failed run has the tab, and few users open it
            from tvtui.testvibe.diagnosis import Diagnosis
            from tvtui.tui.widgets.diagnosis_layout import DiagnosisLayout

            if isinstance(diagnosis, Diagnosis):
                self._layout = DiagnosisLayout(diagnosis)
                self._colour(self._layout)
        self._lay_out()

    @work(exclusive=True, group="colour")
    async def _colour(self, layout: DiagnosisLayout) -> None:
        await layout.colour()
        if layout is self._layout and self._laid_out_for is not None:
            self._show(*layout.laid_out(*self._laid_out_for[1:]))

    def _lay_out(self) -> None:
        if not self.is_on_screen or not self.is_mounted:
            return
        layout, case, failure = self._layout, self._case, self.failure
        if layout is None:
            self.text = self._explanation()
            self._laid_out_for = None
            self._show()
            return
        has_failed = case is not None and case.outcome is Outcome.FAILED
        missing = _NO_MATCH if has_failed and failure is None and layout.diagnosis.failures else ""
        if self._laid_out_for != (layout, case, failure, missing):
            self._laid_out_for = (layout, case, failure, missing)
            before = self._selected
            self._show(*layout.laid_out(case, failure, missing))
            if before != self._selected:
                self._gone_to = None
                self.view.scroll_home(animate=False, force=True)
            self._update_current()

    watch_row = _lay_out

    def _explanation(self) -> str:
        """What is shown instead of a diagnosis: that it is loading, or why it could not be loaded."""
        from tvtui.testvibe.diagnosis import Undiagnosed

        if not isinstance(self.diagnosis, Undiagnosed):
            return _LOADING
        retry = f"Press {key_of(self, 'run.refresh')} or reopen this tab to retry."
        how = (self.diagnosis.advice, retry if self.diagnosis.may_be_retried else "")
        return "\n".join(filter(None, (self.diagnosis.what, *how)))

    def _show(
        self, lines: tuple[Content, ...] = (), sections: tuple[Section, ...] = (), stops: tuple[Stop, ...] = ()
    ) -> None:
        has_stops_now = bool(stops) is not bool(self._stops)
        if stops != self._stops:
            self._gone_to = None
        self.view.lines, self._sections, self._stops = lines, sections, stops
        self.titles = tuple(section.title for section in sections)
        self._offer_sections()
        if has_stops_now:
            self.refresh_bindings()

    @property
    def _selected(self) -> list[Section]:
        """The sections about the selected test."""
        return [section for section in self._sections if section.is_selected]

    @property
    def _case(self) -> Case | None:
        """The selected test, if it may have failed."""
        return self.row.case if self.row is not None and self.row.case.outcome.may_be_failure else None

    @property
    def failure(self) -> Failure | None:
        """The failure of the selected test; None if it has none, or if it is not certain which."""
        from tvtui.testvibe.diagnosis import Diagnosis, find_failure

        if self.row is None or not isinstance(self.diagnosis, Diagnosis):
            return None
        return find_failure(self.diagnosis.failures, self.row.case, self.run.tests if self.run else ())
