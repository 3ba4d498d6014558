"""The interactive watch for screen readers: events are spoken as lines, keys ask for more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tvtui.artifacts.matching import match_artifacts
from tvtui.reporters.reporter import follow
from tvtui.reporters.spoken import SpokenReporter, many, word
from tvtui.screen_reader.downloads import SpokenDownloads
from tvtui.screen_reader.phrases import LOG_LINES, artifact_lines, error_lines, failure_lines, key_lines, log_lines
from tvtui.terminal.keyboard import END, Keyboard
from tvtui.testvibe.identity import Row, failures, identify_cases
from tvtui.testvibe.models import Run
from tvtui.text.clean import clean_line, encodable
from tvtui.watch.clock import Clock
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.poller import prepare_watch
from tvtui.watch.schedule import PollSchedule

if TYPE_CHECKING:
    from tvtui.testvibe.models import Run
    from tvtui.testvibe.server import Server


_MOST_DIGITS = 6
"""No number has more that is to be typed: of a run here, or of an artifact."""


class _Left(Exception):
    """The user leaves."""


class Conversation:
    """Tells of runs, and answers keys, until the user leaves.

    Attributes:
        runs: The runs, in the order of their numbers.
    """

    def __init__(
        self,
        server: Server,
        run_ids: Sequence[int],
        out: TextIO,
        *,
        schedule: PollSchedule,
        clock: Clock,
        folder_for: Callable[[int], Path],
        give_up_after: float | None = None,
        see: Callable[[Run], None] | None = None,
    ) -> None:
        """Prepare; nothing is asked and nothing said yet.

        Args:
            server: What is asked.
            run_ids: The runs; at least one.
            out: Where lines are written.
            schedule: How often to ask.
            clock: What to measure and wait by.
            folder_for: Where the artifacts of a run are put.
            give_up_after: Seconds without a good answer after which a watch ends; None: never.
            see: Called with the run of every good answer.
        """
        self.runs = [ConversationRun(run_id, is_named=len(run_ids) > 1) for run_id in run_ids]
        self._server = server
        self._out = out
        self._schedule = schedule
        self._clock = clock
        self._give_up_after = give_up_after
        self._see = see
        self._by_line = False
        self._current = self.runs[0]
        self._failure: Row | None = None
        self._digits: str | None = None
        self._tasks = asyncio.TaskGroup()
        self._downloads = SpokenDownloads(server, folder_for, clock, self.say)
        self._commands: dict[str, Callable[[], None]] = {
            "n": partial(self._step, 1),
            "N": partial(self._step, -1),
            "e": self._tell_error,
            "l": lambda: self.say(log_lines(self._current.run, LOG_LINES)),
            "L": lambda: self.say(log_lines(self._current.run)),
            "a": self._tell_artifacts,
            "d": self._download_own,
            "D": self._ask_for_number,
            "s": self._tell_state,
            "r": self._refresh,
            "?": self._tell_keys,
            "h": self._tell_keys,
        }

    async def hold(self, keyboard: Keyboard) -> None:
        """Tell and answer until the user leaves.

        Raises:
            OSError: Nobody can read it any more.
        """
        self._by_line = keyboard.by_line
        ids = ", ".join(str(run.run_id) for run in self.runs)
        how = "Type ? and enter for the commands, q and enter" if self._by_line else "Press ? for the keys, q"
        self.say([f"Watching {'run' if len(self.runs) == 1 else 'runs'} {ids}. {how} to leave."])
        try:
            async with self._tasks as tasks:
                for place, run in enumerate(self.runs):
                    events = run.events(self._watch(run, place), self._comment)
                    tasks.create_task(follow(events, self._out, run.form, clock=self._clock))
                while self.take(await keyboard.read()):
                    pass
                raise _Left
        except BaseExceptionGroup as errors:
            # one is enough to end it, and the others would say the same
            first = next((error for error in errors.exceptions if not isinstance(error, _Left)), None)
            if first is not None:
                raise first from None
        self.say([f"left: {', '.join(map(_left_as, self.runs))}"])

    def say(self, lines: Iterable[str]) -> None:
        """Write lines, at once, and nothing in them that a terminal would obey."""
        self._out.writelines(encodable(clean_line(line), self._out.encoding) + "\n" for line in lines)
        self._out.flush()

    def _watch(self, run: ConversationRun, place: int) -> Callable[[Controls], AsyncIterator[Snapshot | Problem]]:
        return prepare_watch(
            self._server,
            run.run_id,
            schedule=self._schedule.staggered(place, len(self.runs)),
            clock=self._clock,
            give_up_after=self._give_up_after,
        )

    def _comment(self, run: ConversationRun, before: Snapshot | Problem | None) -> None:
        """Say what the event itself does not, when it has been told."""
        if run.run is not None and self._see is not None:
            self._see(run.run)
        if run.is_answer_due:
            run.is_answer_due = False
            # trouble that has just begun was told in the same words
            is_new = run.problem is not None and not isinstance(before, Problem)
            self.say(() if is_new else run.standing(self._clock.now()))
        has_just_ended = run.has_ended and not run.is_end_told
        if has_just_ended and all(each.has_ended for each in self.runs):
            has_failures = any(each.failures for each in self.runs)
            self.say(["n tells the failures, q leaves" if has_failures else "q leaves"])
        run.is_end_told = run.has_ended

    def take(self, typed: str) -> bool:
        """Do what is typed, a key or a line; False if it is to leave."""
        if typed == END:
            return False
        text = typed.strip() if self._by_line else typed
        if self._digits is not None and self._take_digits(text):
            return True
        key, rest = text[:1], text[1:].strip()
        if key == "q":
            return False
        if key in {"d", "D"} and rest:
            self._download_number(rest)
        elif text.isdecimal():
            self._pick(text)
        elif key in self._commands:
            self._commands[key]()
        elif key.strip() and key.isprintable():
            self.say([f"unknown: {key}; ? tells the keys"])
        return True

    def _take_digits(self, text: str) -> bool:
        """Go on with the number of an artifact, or end it; whether `text` is used up by that."""
        assert self._digits is not None
        if text.isdecimal() and not self._by_line:
            # a key that is held down makes no number that Python refuses to read
            self._digits = (self._digits + text)[: _MOST_DIGITS + 1]
            return True
        number = text if self._by_line else self._digits
        is_end = text.isdecimal() or not text.strip()
        self._digits = None
        if is_end and number:
            self._download_number(number)
        else:
            self.say(["download: none"])
        return is_end

    def _pick(self, text: str) -> None:
        number = _number(text, len(self.runs))
        if number is None:
            self.say([f"unknown: there is no run number {_shortened(text)}, but {many(len(self.runs), 'run')}"])
            return
        self._current, self._failure = self.runs[number - 1], None
        self.say([f"number {number}: run {self._current.run_id}", *self._current.standing(self._clock.now())])

    def _tell_state(self) -> None:
        for run in self.runs:
            self.say(run.standing(self._clock.now()))
        if self._downloads.under_way:
            self.say([f"downloading: {many(self._downloads.under_way, 'artifact')}"])

    def _refresh(self) -> None:
        self.say([f"asking: run {self._current.run_id}"])
        self._current.refresh()

    def _tell_keys(self) -> None:
        self.say(key_lines([run.run_id for run in self.runs], by_line=self._by_line))

    def _move(self, step: int) -> Row | None:
        """Go to another failure, from the last one of a run to the next run's first; None if there is none."""
        known = [(run, row) for run in self.runs for row in run.failures]
        if not known:
            return None
        here = self._here()
        at = next((at for at, (run, row) in enumerate(known) if run is self._current and row is here), None)
        if at is None:
            # begin with the first failure of the current run, or with its last one
            until = self.runs.index(self._current) + (step < 0)
            at = sum(len(run.failures) for run in self.runs[:until]) - (step > 0)
        self._current, self._failure = known[(at + step) % len(known)]
        return self._failure

    def _here(self) -> Row | None:
        """The failure that is spoken of, as the last answer has it."""
        known = self._failure
        return next((row for row in self._current.failures if known is not None and row.id == known.id), None)

    def _step(self, step: int) -> None:
        row, run = self._move(step), self._current
        if row is None or run.run is None:
            self._tell_no_failure()
            return
        which = f"failure {run.failures.index(row) + 1} of {len(run.failures)}"
        self.say(failure_lines(run.run, row.case, run.form.named(which)))

    def _tell_error(self) -> None:
        row = self._here() or self._move(1)
        if row is None or self._current.run is None:
            self._tell_no_failure()
        else:
            self.say(error_lines(self._current.run, row.case))

    def _tell_no_failure(self) -> None:
        told = "no failure" if all(run.has_ended for run in self.runs) else "no failure so far"
        has_log = self._current.run is not None and self._current.run.log
        self.say([f"{told}; l tells the end of the log" if has_log else told])

    def _own(self) -> tuple[int, ...]:
        """The places of the artifacts that seem to be the current failure's own; a guess."""
        run, here = self._current, self._here()
        return () if run.run is None or here is None else match_artifacts(run.rows, run.run.artifacts).get(here.id, ())

    def _tell_artifacts(self) -> None:
        snapshot = self._current.snapshot
        is_final = snapshot is not None and snapshot.is_final
        self.say(artifact_lines(self._current.run, self._own(), is_final=is_final))

    def _download_own(self) -> None:
        if own := self._own():
            self._download(own)
        else:
            self._ask_for_number()

    def _ask_for_number(self) -> None:
        run = self._current.run
        if run is None or not run.artifacts:
            self._tell_artifacts()
            return
        self._digits = ""
        self.say([f"download: type a number from 1 to {len(run.artifacts)}, and enter; a names them"])

    def _download_number(self, text: str) -> None:
        run = self._current.run
        count = 0 if run is None else len(run.artifacts)
        number = _number(text, count)
        if number is None:
            self.say([f"download: there is no artifact {_shortened(text)}; a names those that there are"])
        else:
            self._download((number - 1,))

    def _download(self, places: Sequence[int]) -> None:
        assert self._current.run is not None
        self._tasks.create_task(self._downloads.get(self._current.run, places))


def _number(text: str, most: int) -> int | None:
    """The number that was typed, if it is one from 1 to `most`."""
    # Python reads no number of thousands of digits
    number = int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0
    return number if 1 <= number <= most else None


def _shortened(text: str) -> str:
    return f"{text[:_MOST_DIGITS]}…" if text.isdecimal() and len(text) > _MOST_DIGITS else text


def _left_as(run: ConversationRun) -> str:
    return f"run {run.run_id} {'was not seen' if run.run is None else word(run.run)}"


class ConversationRun:
    """One of the runs that are told of.

    Attributes:
        run_id: The run.
        form: How it is told.
        controls: What the user wants of its watch.
        snapshot: The last good answer; a failed request never takes it away.
        problem: What is wrong with the connection now.
        rows: The tests of that answer.
        is_answer_due: Whether the user has asked, and is to hear how it stands when the answer comes.
        is_end_told: Whether it was over when something was told of it last.
    """

    def __init__(self, run_id: int, *, is_named: bool) -> None:
        self.run_id = run_id
        self.form = SpokenReporter(run_id, is_named)
        self.controls = Controls()
        self.snapshot: Snapshot | None = None
        self.problem: Problem | None = None
        self.rows: tuple[Row, ...] = ()
        self.is_answer_due = False
        self.is_end_told = False

    @property
    def run(self) -> Run | None:
        """What was seen last."""
        return None if self.snapshot is None else self.snapshot.run

    @property
    def has_ended(self) -> bool:
        """Whether the run is over."""
        return self.run is not None and self.run.has_ended

    @property
    def failures(self) -> tuple[Row, ...]:
        """Its failed tests, in the run's order."""
        return failures(self.rows)

    def refresh(self) -> None:
        """Ask now, and tell how it stands then."""
        self.is_answer_due = True
        self.controls.refresh()

    def standing(self, now: float) -> list[str]:
        """How it stands, in lines."""
        return self.form.standing(self.snapshot, self.problem, now)

    async def events(
        self,
        follow: Callable[[Controls], AsyncIterator[Snapshot | Problem]],
        told: Callable[[ConversationRun, Snapshot | Problem | None], None],
    ) -> AsyncIterator[Snapshot | Problem]:
        """One watch after the other, without an end: each but the first begins when the user asks for it.

        Args:
            follow: Begins a watch.
            told: Called when an event has been told, with the event before it.
        """
        before: Snapshot | Problem | None = None
        while True:
            async for event in follow(self.controls):
                self._note(event)
                yield event
                told(self, before)
                before = event
            while not self.controls.consume_refresh():
                await self.controls.change()

    def _note(self, event: Snapshot | Problem) -> None:
        if isinstance(event, Problem):
            self.problem = event
        else:
            self.snapshot, self.problem = event, None
            self.rows = identify_cases(event.run.tests, self.rows)
