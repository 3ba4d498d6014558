"""The app: a stack of screens for each run, the board, themes, and what is shown outside of the screen."""

from __future__ import annotations

import asyncio
import os
import random as randomness
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.actions import ActionParseResult, SkipAction
from textual.app import App, SystemCommand
from textual.dom import DOMNode
from textual.events import Event
from textual.screen import Screen
from textual.theme import ThemeProvider
from textual.widgets import Input

from tvtui.journal.started_runs import after_each_other
from tvtui.terminal.clipboard import TERMINAL_ONLY, Copier
from tvtui.terminal.detect import picture_support
from tvtui.terminal.notifier import Notifier
from tvtui.terminal.query import NO_ANSWERS, Answers
from tvtui.testvibe.models import Outcome
from tvtui.testvibe.server import Server
from tvtui.tui.bindings import APP_BINDINGS, key_name, key_of
from tvtui.tui.clipboard import Clipboard
from tvtui.tui.driver import INTERRUPT_SECONDS, own_driver
from tvtui.tui.layout_keys import translate
from tvtui.tui.reasons import Reasons, runs_obstacle, withdraw
from tvtui.tui.replies import without_replies
from tvtui.tui.run_screens import RunScreens
from tvtui.tui.run_starter import RunStarter
from tvtui.tui.runs import WatchedRuns, closed_message
from tvtui.tui.screens.closing import Palette
from tvtui.tui.screens.run import RunScreen
from tvtui.tui.screens.run_messages import Copied, RunAgain, WentPast
from tvtui.tui.services import RunServices
from tvtui.tui.shown_cells import ShownCells
from tvtui.tui.themed_app import ThemedApp
from tvtui.tui.type_ahead import TypeAhead
from tvtui.tui.widgets.run_tabs import RunTabs
from tvtui.view.history import changed_counts
from tvtui.watch.clock import Clock
from tvtui.watch.request import StartedRuns, WatchRequest
from tvtui.watch.watched_run import WatchedRun

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from tvtui.terminal.output import Output
    from tvtui.tui.widgets.board_tile import BoardTile
    from tvtui.watch.deadline import TimeLimit

_DOWNLOADS_AT_ONCE = 3


class TvtuiApp(ThemedApp[None]):
    """Watches runs until the user quits.

    Attributes:
        runs: The runs.
        type_ahead: Orders what the user types.
    """

    TITLE = "tvtui"
    CSS_PATH = Path(__file__).with_name("tvtui.tcss")
    BINDINGS = APP_BINDINGS
    DEFAULT_MODE = "first"

    def __init__(
        self,
        server: Server,
        request: WatchRequest,
        *,
        clock: Clock,
        keymap: Mapping[str, str] | None = None,
        notifier: Notifier | None = None,
        answers: Answers = NO_ANSWERS,
        before_keys: Callable[[], object] = lambda: None,
        take_output: Callable[[], Output | None] = lambda: None,
        copier: Copier = TERMINAL_ONLY,
        on_run: Callable[[WatchedRun], None] | None = None,
        interrupt: Callable[[], object] = lambda: None,
        hang_up: Callable[[], object] = lambda: None,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        """Prepare to watch runs; nothing is requested before the app runs.

        `keymap` has keys by binding ID, as checked by `tvtui.tui.keymap`. `answers` are those of the terminal; what
        was typed in the meantime comes first. `before_keys` is called right before the app reads keys. `take_output`
        returns what the terminal has been written to until then. `copier` copies to the clipboard. `on_run` is called
        with each run before it is watched. `interrupt` is called in another thread when the user insists on ending the
        process, `hang_up` when the terminal is gone. `random` returns a number from 0 to 1, for the jitter of retries.
        """
        super().__init__()
        self.use_theme(request.settings.theme, is_light=answers.is_light)
        self._applied_theme = self.current_theme
        self.stylesheet.set_variables(self.get_css_variables())
        self._own_keys = keymap or {}
        self.set_keymap(self._own_keys)
        # before every field and dialog, and on no other key: the driver waits for a second one
        self._bindings.bind("ctrl+c", "hint_interrupt", show=False, priority=True)
        self._server = server
        self._request = request
        self._clock = clock
        self._notifier = notifier
        if notifier is not None:
            self.driver_class = own_driver(self.driver_class, notifier, interrupt, take_output, gone=hang_up)
            self.driver_class = without_replies(self.driver_class, answers.typed, before_keys)
        self._copies = Clipboard(copier, write=self._write)
        self._starter = RunStarter(server, ask=self._ask, notify=self.notify, started=self._add_started)
        self._pictures = picture_support(os.environ, answers)
        self._on_run = on_run
        self._reasons = Reasons(lambda reason, seconds: self.notify(reason, timeout=seconds, markup=False), clock.now)
        self._download_slots = asyncio.Semaphore(_DOWNLOADS_AT_ONCE)
        self._screens = RunScreens(self, self._new_screen, lambda: list(self.runs), clock)
        self._hinted_at = -INTERRUPT_SECONDS
        self._shown_cells = ShownCells()
        self.type_ahead = TypeAhead(self)
        self.runs = WatchedRuns(
            request.run_ids,
            partial(self._prepare, random),
            run_worker=lambda work: self.run_worker(work, group="watch").cancel,
            changed=self.show_change,
            all_lost=self._quit_unless_following,
        )

    def _prepare(self, random: Callable[[], float], run_ids: Sequence[int], repeats: int | None) -> list[WatchedRun]:
        prepared = self._request.watch(run_ids, self._server, self._clock, random=random, repeats=repeats)
        for watched in prepared:
            if self._on_run is not None:
                self._on_run(watched)
            self._screens.add(watched)
        return prepared

    def _new_screen(self, watched: WatchedRun) -> RunScreen:
        """Make the screen of a run when it is first shown; it is kept from then on."""
        services = RunServices.for_run(
            self._server, watched.run_id, self._request, self._clock, self._download_slots, pictures=self._pictures
        )
        return RunScreen(watched, partial(self.runs.follow, watched), self._clock, services)

    def on_load(self) -> None:
        """Style the app before the first screen, which inherits its colors, and start the watches.

        An answer that has come in the meantime is shown at once.
        """
        self.stylesheet.apply(self)
        for watched in self.runs:
            self.runs.follow(watched)

    def on_mount(self) -> None:
        """Show the board if it was asked for, and redraw everything when the process comes back to the foreground.

        Textual redraws what has changed, but a terminal may have lost the rest.
        """
        self.app_resume_signal.subscribe(self, self._redraw)
        self.run_worker(self.type_ahead.run(), group="type-ahead")
        if self._request.begins_with_board:
            self.action_toggle_board()
        if self._request.started_runs is not None:
            self.follow_started_runs(self._request.started_runs)
        if self._request.time_limit is not None:
            self.quit_at(self._request.time_limit)

    @work(group="time limit")
    async def quit_at(self, limit: TimeLimit) -> None:
        """Quit when the time for the watch is up."""
        await self._clock.sleep(max(0.001, limit.ends_at - self._clock.now()))
        for watched in self.runs:
            watched.expire(limit.problem())
        self.exit()

    async def on_event(self, event: Event) -> None:
        """Handle an event; input waits until the input before it has taken effect."""
        if self.type_ahead.admits(event):
            translate(event, self, self._own_keys)
            await super().on_event(event)

    def _quit_unless_following(self) -> None:
        if self._request.started_runs is None:
            self.exit()

    @property
    def shown(self) -> WatchedRun:
        """The run on the screen, or under what covers it; one that is no longer watched while others take over."""
        return self._screens.shown

    def show_change(self, watched: WatchedRun) -> None:
        """Show a change of a run in the tabs, on the board, and outside of the screen."""
        self._screens.update()
        if self._notifier is not None:
            new = changed_counts(watched.history, Outcome.FAILED)
            self._notifier.see(watched.run_id, watched.snapshot, watched.problem, new=new)

    def action_toggle_board(self) -> None:
        """Show or hide the board."""
        self._screens.toggle_board()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Runs are added and closed on their own screens only, or by the palette over these; the board selects, too."""
        is_palette = self.screen.has_class("--textual-command-palette")
        screen = self.screen_stack[-2] if is_palette else self.screen
        match action, parameters:
            case "show_run", (int(number),):
                is_shown = isinstance(screen, RunScreen) or (self._screens.is_board(self.screen) and len(self.runs) > 1)
                return is_shown and number <= len(self.runs)
            case "close_run" | "step_run", _:
                return isinstance(screen, RunScreen) and len(self.runs) > 1
            case "reopen_run", _:
                return isinstance(screen, RunScreen) and bool(self.runs.closed)
            case "add_run", _:
                return isinstance(screen, RunScreen)
            case "toggle_board", _:
                return isinstance(screen, RunScreen) or self._screens.is_board(screen)
        return super().check_action(action, parameters)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action; a message explains why a key has no effect now."""
        if await super().run_action(action, default_namespace, namespaces):
            return True
        if not isinstance(self.screen, RunScreen):
            return False
        name = str(action).partition("(")[0]
        reason = runs_obstacle(str(action), self.runs, self._quit_key) or self.screen.obstacle(name)
        if reason:
            self._reasons.show(reason)
        return bool(reason)

    async def action_show_run(self, number: int) -> None:
        """Show the run with this number key, from 1; on the board, instead of the board."""
        if self._screens.is_board(self.screen):
            self._screens.close_board()
        await self._screens.show(self.runs[number - 1])

    async def action_step_run(self, step: int) -> None:
        """Show the next run (1) or the previous one (-1)."""
        watched = self.runs.neighbor(self.shown, step)
        if watched is not None:
            await self._screens.show(watched)

    @on(RunTabs.Picked)
    async def show_picked(self, event: RunTabs.Picked) -> None:
        """Show the run whose tab was clicked."""
        await self.add_run(event.run_id)

    async def on_board_tile_picked(self, event: BoardTile.Picked) -> None:
        """Close the board and show the run that was clicked on it."""
        self._screens.close_board()
        await self.add_run(event.run_id)

    @on(WentPast)
    async def show_next_failure(self, event: WentPast) -> None:
        """Continue from the last failure of a run to the first one of the next run, or back."""
        watched = self.runs.next_with_failures(self.shown, event.step)
        if watched is not None:
            await self._screens.show(watched)
            self._screens.current.go_to_edge(event.step)

    async def add_run(self, run_id: int, *, repeats: int | None = None) -> None:
        """Watch a run and show it; a run that is being watched already is only shown."""
        await self._screens.show(self.runs.watch(run_id, repeats=repeats))

    @work(exclusive=True, group="question")
    async def action_add_run(self) -> None:
        """Ask for a run and watch it."""
        from tvtui.tui.screens.dialogs import RunPrompt

        run_id = await self.push_screen_wait(RunPrompt(self._request.parse_run))
        if run_id is None:
            return
        if run_id == self.shown.run_id:
            self.notify(f"Run {run_id} is already shown.", timeout=3, markup=False)
        await self.add_run(run_id)

    async def action_close_run(self) -> None:
        """Close the shown run."""
        closed = self.shown
        if closed not in self.runs:
            # other runs are about to take its place
            return
        await self._screens.show(self.runs.close(closed))
        self._forget(closed)
        await self._screens.remove(closed)
        undo = f"Press {key_of(self, 'runs.reopen')} to undo."
        self.notify(f"{closed_message(closed)} {undo}", timeout=8, markup=False)

    async def action_reopen_run(self) -> None:
        """Watch the run that was closed last again, and remove the message that offers it."""
        withdraw(self, closed_message(self.runs.closed[-1]))
        await self._screens.show(self.runs.reopen())

    def _forget(self, *runs: WatchedRun) -> None:
        """Remove what is shown outside of the screen of runs that are no longer watched."""
        if self._notifier is not None:
            self._notifier.forget(*(watched.run_id for watched in runs))

    @work(exclusive=True, group="follow")
    async def follow_started_runs(self, started_runs: StartedRuns) -> None:
        """Whenever all runs have ended, continue with those that were started in the meantime."""
        async for run_ids in after_each_other(started_runs, self._clock, self.runs.known_ids, self._may_replace_runs):
            replaced = self.runs.replace(run_ids)
            # before anything else, so that title and progress never combine the old and the new runs
            self._forget(*replaced)
            for watched in self.runs:
                self.runs.follow(watched)
            await self._screens.show(self.runs[0])
            await self._screens.remove(*replaced)

    def _may_replace_runs(self) -> bool:
        """Whether all runs have ended, and nothing that the user is doing would be interrupted, downloads included."""
        screens = [screen for stack in self._screen_stacks.values() for screen in stack]
        is_loading = any(isinstance(screen, RunScreen) and screen.progress is not None for screen in screens)
        return self._screens.is_free and not self.runs.is_polling and not is_loading

    @on(RunAgain)
    @work(exclusive=True, group="question")
    async def ask_to_run_again(self, event: RunAgain) -> None:
        """Start the feature of a run again, after the user has confirmed it."""
        if await self._starter.confirm(event.run):
            # in a group of its own, so that no other worker cancels it
            self.run_worker(self._starter.start(event.run), group="start")

    async def _ask(self, question: str) -> bool | None:
        # imported here because few users ever see a dialog
        from tvtui.tui.screens.dialogs import Question

        return await self.push_screen_wait(Question(question))

    async def _add_started(self, run_id: int, repeats: int) -> None:
        if self._request.announce is not None:
            self._request.announce(run_id)
        if self._screens.is_free:
            await self.add_run(run_id, repeats=repeats)
        else:
            self.runs.watch(run_id, repeats=repeats)
            self.notify(f"Run {run_id} has started in a new tab.", timeout=10, markup=False)

    @property
    def starting(self) -> str:
        """The run that the server was asked to start but has not yet responded about, in words; otherwise ""."""
        return self._starter.starting

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a text without a message, such as what the user has selected with the mouse."""
        # what Textual's own fields paste
        self._clipboard = text
        self.run_worker(self._copies.copy(text), group="copy")

    @on(Copied)
    def copy_with_message(self, event: Copied) -> None:
        """Copy what the user has asked for, and say what is known of it."""
        self._clipboard = event.text
        self.run_worker(self._copy(event), group="copy")

    async def _copy(self, asked: Copied) -> None:
        copied = f"{await self._copies.copy(asked.text)}: {asked.name}"
        severity: SeverityLevel = "warning" if asked.reason else "information"
        # in one message, as small screens show only the last one
        message = f"{asked.reason}\n{copied}" if asked.reason else copied
        self.notify(message, severity=severity, timeout=12 if asked.reason else 3, markup=False)

    def _write(self, sequence: str) -> None:
        if self._driver is not None:
            self._driver.write(sequence)

    def report_failure(self, sentence: str) -> None:
        """Show an error that has nothing to do with a run's connection."""
        self.notify(sentence, severity="error", timeout=10, markup=False)

    def on_app_focus(self) -> None:
        """The terminal reports that it has the focus; some do so at once when reports are switched on."""
        self.watch_app_focus(has_focus=True)

    def on_app_blur(self) -> None:
        """The terminal reports that it has lost the focus."""
        self.watch_app_focus(has_focus=False)

    def watch_app_focus(self, has_focus: bool) -> None:
        """Pass the focus on to the notifier; a key press counts as a report too."""
        if self._notifier is not None:
            self._notifier.has_focus = has_focus

    def action_cycle_notices(self) -> None:
        """Switch notifications between bell, desktop and off."""
        if self._notifier is not None:
            self.notify(f"Notifications: {self._notifier.cycle()}", timeout=3, markup=False)

    def action_command_palette(self) -> None:
        """Show the command palette."""
        if not isinstance(self.screen, Palette):
            # imported here because it would add 35 ms to every start
            from tvtui.tui.palette import PROVIDERS

            self.push_screen(Palette(providers=[*self.COMMANDS, *PROVIDERS], id="--command-palette"))

    def search_themes(self) -> None:
        """Show the palette of themes."""
        self.push_screen(Palette(providers=[ThemeProvider], placeholder="Search for themes…"))

    def action_help(self) -> None:
        """Show all keys, those of the focused pane first."""
        # imported here because it imports every screen
        from tvtui.tui.key_help import ANYWHERE, PLACES, groups
        from tvtui.tui.screens.help import HelpScreen

        here = self.screen.focused.ancestors_with_self if self.screen.focused else [self.screen]
        found = groups({**PLACES, type(self): ANYWHERE}, self._own_keys, here)
        self.push_screen(HelpScreen(found, "" if self._request.memory is None else self._request.memory.trouble))

    @property
    def _quit_key(self) -> str:
        """The key that quits here and now, as remapped."""
        keys = {found.binding.id: key for key, found in reversed(self.active_bindings.items())}
        is_typing = isinstance(self.focused, Input)
        return key_name(keys.get("app.quit_always" if is_typing or "app.quit" not in keys else "app.quit", "ctrl+q"))

    def action_hint_interrupt(self) -> None:
        """Say how to quit, and let ctrl+c do what it does here, such as copying what is selected."""
        if self._clock.now() >= self._hinted_at + INTERRUPT_SECONDS:
            self._hinted_at = self._clock.now()
            hint = f"Press {self._quit_key} or ctrl+c again to quit."
            self.notify(hint, timeout=INTERRUPT_SECONDS, markup=False)
        raise SkipAction

    def refresh_css(self, animate: bool = True) -> None:
        """Apply another theme. Textual calls this at the start too, where it takes 20 ms, and for each new screen."""
        if self._applied_theme != self.current_theme:
            self._applied_theme = self.current_theme
            super().refresh_css(animate)

    def _display(self, screen: Screen[object], renderable: Any) -> None:
        # a terminal that does not keep up gets the whole screen when it has caught up
        takes_frame = getattr(self._driver, "takes_frame", None)
        if takes_frame is None or takes_frame():
            super()._display(screen, self._shown_cells.only_changes(renderable, screen))
        else:
            self._shown_cells.forget()

    def _redraw(self, _app: App[None]) -> None:
        self._shown_cells.forget()
        self.refresh(layout=True)

    def abandon_terminal(self) -> None:
        """Give the terminal back in whatever state the app is, without waiting; can be called in any thread."""
        abandon = getattr(self._driver, "abandon", None)
        if abandon is not None:
            abandon()

    def get_system_commands(self, screen: Screen[object]) -> list[SystemCommand]:
        """Textual's commands in the palette, except those that it offers as our own."""
        own = {"Maximize", "Keys", "Quit", "Screenshot"}
        commands = [command for command in super().get_system_commands(screen) if command.title not in own]
        screenshot = partial(self.call_after_refresh, self._save_screenshot)
        return [*commands, SystemCommand("Screenshot", "Save a picture of the screen (SVG)", screenshot)]

    def _save_screenshot(self) -> None:
        from tvtui.tui.screenshot import save_screenshot

        text, is_saved = save_screenshot(self.export_screenshot(), f"tvtui-run-{self.shown.run_id}")
        severity: SeverityLevel = "information" if is_saved else "error"
        self.notify(text, severity=severity, timeout=10, markup=False)
