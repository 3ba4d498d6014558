"""WatchedRuns: the runs that the app watches, in order."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from tvtui.view.labels import state_word
from tvtui.watch.watched_run import WatchedRun


class _Closed(NamedTuple):
    """A run that the user has closed, and the place that it had."""

    watched: WatchedRun
    place: int


class WatchedRuns:
    """The runs that are being watched, in the order of their number keys, and those that were closed.

    Attributes:
        known_ids: Every run that has ever been watched.
    """

    def __init__(
        self,
        run_ids: Sequence[int],
        prepare: Callable[[Sequence[int], int | None], list[WatchedRun]],
        *,
        run_worker: Callable[[Callable[[], Coroutine[object, object, None]]], Callable[[], object]],
        changed: Callable[[WatchedRun], None],
        all_lost: Callable[[], None],
    ) -> None:
        """Prepare to watch runs; nothing is requested before `follow`.

        Args:
            run_ids: The runs; at least one.
            prepare: Prepares the watches of runs; takes their IDs and the run that they were started to repeat.
            run_worker: Runs a coroutine function in the background; returns the function that cancels it.
            changed: Called after each change of a run.
            all_lost: Called when every watch has given up, so that nothing more will change.
        """
        self._prepare = prepare
        self._run_worker = run_worker
        self._changed = changed
        self._all_lost = all_lost
        self._open: list[WatchedRun] = []
        self._cancel: dict[WatchedRun, Callable[[], object]] = {}
        self._closed: list[_Closed] = []
        self.known_ids: set[int] = set()
        self._add(run_ids)

    def __iter__(self) -> Iterator[WatchedRun]:
        return iter(self._open)

    def __len__(self) -> int:
        return len(self._open)

    def __getitem__(self, place: int) -> WatchedRun:
        return self._open[place]

    @property
    def closed(self) -> list[WatchedRun]:
        """The runs that the user has closed, the last one last."""
        return [each.watched for each in self._closed]

    @property
    def is_polling(self) -> bool:
        """Whether any watch is going on or about to begin."""
        return bool(self._cancel)

    @property
    def latest(self) -> list[WatchedRun]:
        """The open runs, without those that were started again."""
        return _without_repeated(self._open)

    @property
    def results(self) -> list[WatchedRun]:
        """The runs that decide the exit code: also those that were closed after they had ended."""
        return _without_repeated([*(each for each in self.closed if each.has_ended), *self._open])

    def watch(self, run_id: int, *, repeats: int | None = None) -> WatchedRun:
        """Return an open run; one that is not open yet is added and followed."""
        watched = next((each for each in self._open if each.run_id == run_id), None)
        return watched or self._watch(run_id, repeats=repeats)

    def reopen(self) -> WatchedRun:
        """Watch the run that was closed last again, in its place; at least one must be closed."""
        closed = self._closed[-1]
        return self._watch(closed.watched.run_id, place=closed.place)

    def _watch(self, run_id: int, *, repeats: int | None = None, place: int | None = None) -> WatchedRun:
        """Add a run and follow it; what is known of one that was closed is shown until the server answers."""
        before = next((each for each in self._closed if each.watched.run_id == run_id), None)
        if before is not None:
            self._closed.remove(before)
            repeats = before.watched.repeats if repeats is None else repeats
        watched = self._add([run_id], repeats)[0]
        if place is not None:
            self._open.insert(place, self._open.pop())
        if before is not None and before.watched.snapshot is not None:
            watched.apply(before.watched.snapshot)
            watched.mark_read()
        self.follow(watched)
        return watched

    def follow(self, watched: WatchedRun) -> None:
        """Watch a run in the background, from now to its end, unless it is being watched."""
        if watched in self._cancel:
            return
        # noted first: with eager tasks (Python 3.12) a watch can be over before the worker is returned
        self._cancel[watched] = lambda: None
        cancel = self._run_worker(partial(self._follow, watched))
        if watched in self._cancel:
            self._cancel[watched] = cancel

    async def _follow(self, watched: WatchedRun) -> None:
        try:
            await watched.follow()
        finally:
            self._cancel.pop(watched, None)
        # a run whose watch ended with the run itself stays open to be read
        if not self.is_polling and all(each.has_given_up for each in self._open):
            self._all_lost()

    def close(self, watched: WatchedRun) -> WatchedRun:
        """Stop watching one of several runs; return the run to show next."""
        place = self._open.index(watched)
        self._open.remove(watched)
        self._closed.append(_Closed(watched, place))
        if cancel := self._cancel.pop(watched, None):
            cancel()
        return self._open[max(0, place - 1)]

    def replace(self, run_ids: Sequence[int]) -> list[WatchedRun]:
        """Prepare to watch other runs instead; return those that were open before."""
        replaced, self._open = self._open, []
        self._closed.clear()
        self._cancel.clear()
        self._add(run_ids)
        return replaced

    def neighbor(self, shown: WatchedRun, step: int) -> WatchedRun | None:
        """Return the next run after `shown` (step 1) or before it (-1), wrapping around; None if there is no other."""
        if shown not in self._open or len(self._open) < 2:
            return None
        return self._open[(self._open.index(shown) + step) % len(self._open)]

    def next_with_failures(self, shown: WatchedRun, step: int) -> WatchedRun | None:
        """Return the next run with failures after `shown` (step 1) or before it (-1), wrapping around.

        While another set of runs takes over, `shown` may be a run that is no longer watched: there is none then.
        """
        if shown not in self._open:
            return None
        place = self._open.index(shown)
        others = [*self._open[place + 1 :], *self._open[:place]]
        return next((each for each in others[::step] if each.failed_count), None)

    def _add(self, run_ids: Sequence[int], repeats: int | None = None) -> list[WatchedRun]:
        added = self._prepare(run_ids, repeats)
        for watched in added:
            watched.subscribe(partial(self._changed, watched))
        self._open += added
        self.known_ids.update(run_ids)
        return added


def _without_repeated(runs: Sequence[WatchedRun]) -> list[WatchedRun]:
    """Leave out the runs that others were started to repeat: the last attempt counts."""
    repeated = {each.repeats for each in runs}
    return [each for each in runs if each.run_id not in repeated]


def closed_message(closed: WatchedRun) -> str:
    """The message about a run that the user has closed."""
    run = closed.run
    if run is None:
        return f"Closed run {closed.run_id}."
    result = f"{run.counts.failed:,} failed" if run.counts.failed else state_word(run)
    message = f"Closed run {run.run_id} ({result})."
    return f"{message} Its result still counts." if run.has_ended else message
