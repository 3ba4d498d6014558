"""The interactive watch for screen readers: it reports events as lines, and responds to keys."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, NoReturn, TextIO

from tvtui.artifacts.matching import match_artifacts
from tvtui.reporters.reporter import Output, follow
from tvtui.reporters.spoken import SpokenReporter
from tvtui.screen_reader.downloads import Downloader, SpokenDownloads
from tvtui.screen_reader.phrases import LOG_LINES, artifact_lines, error_lines, failure_lines, key_lines, log_lines
from tvtui.screen_reader.traces import trace_lines
from tvtui.terminal.keyboard import END, Keyboard
from tvtui.testvibe.identity import Row
from tvtui.testvibe.models import Run
from tvtui.text.clean import clean_line
from tvtui.text.format import many
from tvtui.text.output import print_lines
from tvtui.view.labels import state_word
from tvtui.watch.clock import Clock
from tvtui.watch.deadline import TimeLimit
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.watched_run import WatchedRun

_MOST_DIGITS = 6
"""The longest number of a run or an artifact that can be typed."""


_TYPING_SECONDS = 2.0
"""Digits that follow each other faster are those of one number."""


class _Quit(Exception):
    """The user has quit."""


class _Command(NamedTuple):
    """What a key does, in the words of the help, and how."""

    what: str
    carry_out: Callable[[], None]


@dataclass(eq=False, slots=True)
class ConversationRun:
    """One of the runs of a conversation.

    Attributes:
        watched: The run.
        reporter: Puts it into words.
        is_status_due: Whether the user has refreshed it, so that the next response is followed by its status.
        is_end_known: Whether it had ended at the last event.
    """

    watched: WatchedRun
    reporter: SpokenReporter
    is_status_due: bool = False
    is_end_known: bool = False


class Conversation:
    """Reports runs and responds to keys until the user quits."""

    def __init__(
        self,
        runs: Sequence[WatchedRun],
        out: TextIO,
        *,
        clock: Clock,
        downloader: Callable[[int], Downloader],
        limit: TimeLimit | None = None,
        verb: str = "Watching",
    ) -> None:
        """Prepare; nothing is requested or written yet.

        Args:
            runs: The runs, in the order of the numbers that select them; at least one.
            out: Where lines are written.
            clock: The clock of their watches.
            downloader: Makes the downloader of a run; called once per run, when something is first downloaded.
            limit: When the conversation ends by itself; None for never.
            verb: What is done with the runs, for the first sentence.
        """
        self._runs = [ConversationRun(run, SpokenReporter(run.run_id, len(runs) > 1)) for run in runs]
        self._out = out
        self._clock = clock
        self._limit = limit
        self._verb = verb
        self._by_line = False
        self._current = self._runs[0]
        self._failure: Row | None = None
        self._digits: str | None = None
        self._unknown_at = -math.inf
        self._tasks = asyncio.TaskGroup()
        self._downloads = SpokenDownloads(downloader, self.say)
        self._commands: dict[str, _Command] = {
            "n": _Command("next failure, with the first lines of its error", partial(self._step, 1)),
            "N": _Command("previous failure", partial(self._step, -1)),
            "e": _Command("full error of the selected failure", self._show_error),
            "l": _Command(
                f"last {LOG_LINES} lines of the log", lambda: self.say(log_lines(self._current.watched.run, LOG_LINES))
            ),
            "L": _Command("full log", lambda: self.say(log_lines(self._current.watched.run))),
            "a": _Command("numbered list of artifacts", self._show_artifacts),
            "d": _Command(
                "download the artifacts of the selected failure; without any of its own, like capital D",
                self._download_own,
            ),
            "D": _Command(
                "download one artifact, after you type its number in the list of artifacts", self._ask_for_number
            ),
            "t": _Command(
                "what the trace of the selected failure says: failing step, log, what came just before it",
                self._show_trace,
            ),
            "s": _Command("current state", self._show_status),
            "r": _Command("refresh now", self._refresh),
            "q": _Command("quit", self._quit),
        }

    async def run(self, keyboard: Keyboard) -> None:
        """Report the runs and respond to keys until the user quits.

        Raises:
            OutputError: The output cannot be written.
        """
        self._by_line = keyboard.by_line
        ids = ", ".join(str(run.watched.run_id) for run in self._runs)
        how = "Type ? and Enter for help, q and Enter to quit." if self._by_line else "Press ? for help, q to quit."
        self.say([f"{self._verb} {'run' if len(self._runs) == 1 else 'runs'} {ids}. {how}"])
        try:
            async with self._tasks as tasks:
                for run in self._runs:
                    outputs = [Output(run.reporter, partial(print_lines, self._out))]
                    lines = follow(run.watched, self._events(run), outputs, clock=self._clock)
                    tasks.create_task(lines)
                if self._limit is not None:
                    tasks.create_task(self._quit_at(self._limit))
                while True:
                    self._handle(await keyboard.read())
        except BaseExceptionGroup as errors:
            # the first error is enough: the others are likely to be the same
            first = next((error for error in errors.exceptions if not isinstance(error, _Quit)), None)
            if first is not None:
                raise first from None
        self.say([f"quit: {', '.join(map(_last_state, self._runs))}"])

    def say(self, lines: Iterable[str]) -> None:
        """Write lines at once, without anything that a terminal would act on."""
        print_lines(self._out, map(clean_line, lines))

    async def _events(self, run: ConversationRun) -> AsyncIterator[Snapshot | Problem]:
        """One watch after the other, without end: each but the first starts when the user refreshes the run."""
        watched = run.watched
        had_problem = False
        while True:
            async for event in watched.poll():
                yield event
                self._comment(run, had_problem=had_problem)
                had_problem = watched.problem is not None
            while not watched.controls.consume_refresh():
                await watched.controls.change()

    def _comment(self, run: ConversationRun, *, had_problem: bool) -> None:
        """Add what the report of the last event does not say."""
        watched = run.watched
        is_late = watched.snapshot is not None and watched.snapshot.is_late
        if run.is_status_due and not is_late:
            run.is_status_due = False
            # a problem that has just begun was reported in the same words
            is_reported = watched.problem is not None and not had_problem
            self.say(() if is_reported else self._status(run))
        has_just_ended = watched.has_ended and not run.is_end_known
        if has_just_ended and all(each.watched.has_ended for each in self._runs):
            has_failures = any(each.watched.failures for each in self._runs)
            self.say(["press n for failures, q to quit" if has_failures else "press q to quit"])
        run.is_end_known = watched.has_ended

    def _handle(self, typed: str) -> None:
        """Carry out what was typed, a key or a line."""
        if typed == END:
            self._quit()
        text = typed.strip() if self._by_line else typed
        if self._digits is not None and self._handle_digits(text):
            return
        if not text.isdecimal():
            self._unknown_at = -math.inf
        key, rest = text[:1], text[1:].strip()
        if key in {"d", "D"} and rest:
            self._download_number(rest)
        elif text.isdecimal():
            self._select(text)
        elif key in self._commands:
            self._commands[key].carry_out()
        elif key in {"?", "h"}:
            self._show_keys()
        elif key.strip() and key.isprintable():
            self.say([f"unknown key: {key}; press ? for help"])

    def _quit(self) -> NoReturn:
        raise _Quit

    async def _quit_at(self, limit: TimeLimit) -> NoReturn:
        await self._clock.sleep(max(0.001, limit.ends_at - self._clock.now()))
        for run in self._runs:
            run.watched.expire(limit.problem())
        self._quit()

    def _handle_digits(self, text: str) -> bool:
        """Continue or end the number of an artifact; returns whether that used up `text`."""
        assert self._digits is not None
        if text.isdecimal() and not self._by_line:
            # bounded, as a key can be held down
            self._digits = (self._digits + text)[: _MOST_DIGITS + 1]
            return True
        number = text if self._by_line else self._digits
        is_end = text.isdecimal() or not text.strip()
        self._digits = None
        if is_end and number:
            self._download_number(number)
        else:
            self.say(["download: canceled"])
        return is_end

    def _select(self, text: str) -> None:
        number = _number(text, len(self._runs))
        if number is None:
            now = self._clock.now()
            is_same_number = not self._by_line and now - self._unknown_at < _TYPING_SECONDS
            self._unknown_at = now
            if is_same_number:
                return
            self.say([f"unknown: no run number {_shortened(text)}; watching {many(len(self._runs), 'run')}"])
            return
        self._current, self._failure = self._runs[number - 1], None
        self.say([f"selected: run {self._current.watched.run_id}", *self._status(self._current)])

    def _status(self, run: ConversationRun) -> list[str]:
        return run.reporter.status(run.watched.snapshot, run.watched.problem, self._clock.now(), run.watched.history)

    def _show_status(self) -> None:
        for run in self._runs:
            self.say(self._status(run))
        if under_way := self._downloads.under_way:
            self.say([f"downloading: {many(under_way, 'artifact')}"])

    def _refresh(self) -> None:
        self.say([f"refreshing: run {self._current.watched.run_id}"])
        self._current.is_status_due = True
        self._current.watched.controls.refresh()

    def _show_keys(self) -> None:
        commands = {key: command.what for key, command in self._commands.items()}
        self.say(key_lines(commands, [run.watched.run_id for run in self._runs], by_line=self._by_line))

    def _move(self, step: int) -> Row | None:
        """Select another failure, crossing from the last one of a run to the next run's first; None if none failed."""
        failures = [(run, row) for run in self._runs for row in _failures(run.watched)]
        if not failures:
            return None
        here = self._here()
        at = next((at for at, (run, row) in enumerate(failures) if run is self._current and row is here), None)
        if at is None:
            # start with the first failure of the current run, or backwards with its last one
            until = self._runs.index(self._current) + (step < 0)
            at = sum(len(run.watched.failures) for run in self._runs[:until]) - (step > 0)
        self._current, self._failure = failures[(at + step) % len(failures)]
        return self._failure

    def _here(self) -> Row | None:
        """The selected failure as it is in the last response."""
        selected = self._failure
        failures = self._current.watched.failures
        return next((row for row in failures if selected is not None and row.id == selected.id), None)

    def _step(self, step: int) -> None:
        row, watched = self._move(step), self._current.watched
        if row is None or watched.run is None:
            self._show_no_failure()
            return
        which = f"failure {_failures(watched).index(row) + 1} of {len(watched.failures)}"
        history = None if watched.history is None else watched.history.of(row)
        self.say(failure_lines(watched.run, row.case, self._current.reporter.named(which), history))

    def _show_error(self) -> None:
        row = self._here() or self._move(1)
        run = self._current.watched.run
        if row is None or run is None:
            self._show_no_failure()
        else:
            self.say(error_lines(run, row.case))

    def _show_no_failure(self) -> None:
        text = "no failures" if all(run.watched.has_ended for run in self._runs) else "no failures so far"
        run = self._current.watched.run
        self.say([f"{text}; press l for the end of the log" if run is not None and run.log else text])

    def _own(self) -> tuple[int, ...]:
        """Positions of the artifacts that probably belong to the current failure."""
        watched, here = self._current.watched, self._here()
        if watched.run is None or here is None:
            return ()
        return match_artifacts(watched.rows, watched.run.artifacts).get(here.id, ())

    def _show_artifacts(self) -> None:
        snapshot = self._current.watched.snapshot
        is_final = snapshot is not None and snapshot.is_final
        self.say(artifact_lines(self._current.watched.run, self._own(), is_final=is_final))

    def _download_own(self) -> None:
        if own := self._own():
            self._download(own)
        else:
            self._ask_for_number()

    def _show_trace(self) -> None:
        row, run = self._here() or self._move(1), self._current.watched.run
        if row is None or run is None:
            self._show_no_failure()
            return
        traces = [position for position in self._own() if run.artifacts[position].kind.casefold() == "trace"]
        if traces:
            self._tasks.create_task(self._read_trace(run, traces[0]))
        else:
            self.say([f"trace: none found for {row.case.name}; press a for the list of artifacts"])

    async def _read_trace(self, run: Run, position: int) -> None:
        if (path := await self._downloads.fetch(run, position)) is not None:
            self.say(await asyncio.to_thread(trace_lines, path))

    def _ask_for_number(self) -> None:
        run = self._current.watched.run
        if run is None or not run.artifacts:
            self._show_artifacts()
            return
        self._digits = ""
        self.say([f"download: type a number from 1 to {len(run.artifacts)}, then Enter; press a for the list"])

    def _download_number(self, text: str) -> None:
        run = self._current.watched.run
        number = _number(text, 0 if run is None else len(run.artifacts))
        if number is None:
            self.say([f"download: no artifact {_shortened(text)}; press a for the list"])
        else:
            self._download((number - 1,))

    def _download(self, positions: Sequence[int]) -> None:
        assert self._current.watched.run is not None
        self._tasks.create_task(self._downloads.get(self._current.watched.run, positions))


def _failures(watched: WatchedRun) -> Sequence[Row]:
    """The failures of a run, the new ones first, as in its summary."""
    new = frozenset() if watched.history is None else watched.history.new
    return sorted(watched.failures, key=lambda row: row.id not in new)


def _number(text: str, most: int) -> int | None:
    """The number that was typed, if it is one from 1 to `most`."""
    # Python refuses to convert thousands of digits
    number = int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0
    return number if 1 <= number <= most else None


def _shortened(text: str) -> str:
    return f"{text[:_MOST_DIGITS]}…" if text.isdecimal() and len(text) > _MOST_DIGITS else text


def _last_state(run: ConversationRun) -> str:
    state = "unknown" if run.watched.run is None else state_word(run.watched.run)
    return f"run {run.watched.run_id} {state}"
