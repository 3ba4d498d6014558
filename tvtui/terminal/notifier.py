"""Notifications, title and progress of a terminal: written on changes, and removed on every way out."""

from __future__ import annotations

import time
from collections.abc import Callable

from tvtui.settings.values import NotifyStyle
from tvtui.terminal.detect import TerminalKind, Wrapping
from tvtui.terminal.run_status import RunStatus, title, together
from tvtui.terminal.sequences import (
    CLEAR_PROGRESS,
    RESTORE_TITLE,
    SAVE_TITLE,
    Notification,
    Progress,
    notification_sequence,
    progress_sequence,
    title_sequence,
)
from tvtui.watch.events import Problem, Snapshot

_WORDS = {
    NotifyStyle.OSC9: "desktop (OSC 9)",
    NotifyStyle.OSC99: "desktop (OSC 99)",
    NotifyStyle.OSC777: "desktop (OSC 777)",
    NotifyStyle.BELL: "bell",
    NotifyStyle.OFF: "off",
}

_REPEAT_SECONDS = 10.0
"""When to repeat unchanged progress: Ghostty removes it after 15 s, and polls may be late."""


class Notifier:
    """Notifies a user about the runs of one terminal while the screen is out of sight.

    Attributes:
        has_focus: Whether the terminal has the focus; None if unknown, as many terminals never report it. Then
            notifications are sent, as a missing one is worse than an unneeded one.
    """

    def __init__(
        self,
        kind: TerminalKind,
        wanted: NotifyStyle = NotifyStyle.AUTO,
        *,
        encoding: str = "utf-8",
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is written before `enter`.

        Args:
            kind: The terminal.
            wanted: The kind of notification that the user has chosen.
            encoding: The encoding of the terminal's stream.
            now: Seconds of a monotonic clock.
        """
        self.has_focus: bool | None = None
        self._kind = kind
        # screen 4.9 passes on the low byte of each character: ESC for "ě" (U+011B), and BEL for "ć"
        self._encoding = "ascii" if kind.wrapping is Wrapping.SCREEN else encoding
        self._is_sure = kind.is_sure or wanted not in {NotifyStyle.AUTO, NotifyStyle.BELL, NotifyStyle.OFF}
        self._way = kind.way if wanted is NotifyStyle.AUTO else wanted
        # what `cycle` returns to if notifications were off at the start
        self._notification = self._way if self._way not in {NotifyStyle.BELL, NotifyStyle.OFF} else kind.way
        self._runs: dict[int, RunStatus] = {}
        self._write: Callable[[str], None] | None = None
        self._is_title_saved = False
        self._title = ""
        self._progress: Progress | None = None
        self._progress_at = 0.0
        self._missed: Notification | None = None
        self._now = now

    def enter(self, write: Callable[[str], None]) -> None:
        """Start writing to the terminal, or resume after another program has used it.

        Shows title and progress again, and the last notification that was missed in between.
        """
        self._write = write
        # a process stopped without warning (SIGSTOP) has not restored the title
        shown, self._title = self._title, ""
        progress, self._progress = self._progress, None
        if shown:
            self._show(shown, progress)
        missed, self._missed = self._missed, None
        if missed is not None:
            self._notify(missed)

    def leave(self) -> None:
        """Stop writing, and restore title and progress of the terminal; `enter` shows them again."""
        # the terminal no longer reports it
        self.has_focus = None
        write, self._write = self._write, None
        if write is None:
            return
        if self._progress is not None:
            write(CLEAR_PROGRESS)
        if self._is_title_saved:
            self._is_title_saved = False
            write(RESTORE_TITLE)

    def see(self, run_id: int, snapshot: Snapshot | None, problem: Problem | None, *, new: str = "") -> None:
        """Notify about a run if there is news, and update title and progress.

        `new` is how many failures the last run did not have, as "2 new"; "" if none, or if nothing is known of it.
        """
        status = self._runs.setdefault(run_id, RunStatus(run_id))
        notification = status.update(snapshot, problem, new=new)
        if notification is not None:
            self._notify(notification)
        self._show_all()

    def _show_all(self) -> None:
        runs = list(self._runs.values())
        self._show(title(runs), together([each.standing for each in runs]).progress)

    def forget(self, *run_ids: int) -> None:
        """Remove runs that are no longer watched from title and progress; the last values stay if none are left."""
        known = [self._runs.pop(run_id, None) for run_id in run_ids]
        if any(known) and self._runs:
            self._show_all()

    def cycle(self) -> str:
        """Switch from bell to desktop notifications to off, and return the new setting in words."""
        ways = (
            [NotifyStyle.BELL, self._notification, NotifyStyle.OFF]
            if self._notification is not NotifyStyle.BELL
            else [NotifyStyle.BELL, NotifyStyle.OFF]
        )
        self._way = ways[(ways.index(self._way) + 1) % len(ways)]
        return _WORDS[self._way]

    def _notify(self, notification: Notification) -> None:
        write = self._write
        if write is None:
            self._missed = notification
        if write is None or self.has_focus:
            return
        sequence = notification_sequence(
            notification,
            self._way,
            self._kind,
            is_sure=self._is_sure,
            is_focus_known=self.has_focus is not None,
            encoding=self._encoding,
        )
        if sequence:
            write(sequence)

    def _show(self, text: str, progress: Progress | None) -> None:
        if not self._kind.has_progress:
            progress = None
        is_new_title, is_new_progress = text != self._title, progress != self._progress
        self._title, self._progress = text, progress
        # a local copy, as the signal that suspends the program can arrive in between
        write = self._write
        if write is None:
            return
        if is_new_title and self._kind.has_title:
            if not self._is_title_saved:
                self._is_title_saved = True
                write(SAVE_TITLE)
            write(title_sequence(text, self._encoding))
        if is_new_progress or self._must_repeat_progress:
            self._progress_at = self._now()
            write(progress_sequence(progress))

    @property
    def _must_repeat_progress(self) -> bool:
        is_old = self._now() - self._progress_at >= _REPEAT_SECONDS
        return self._kind.forgets_progress and self._progress is not None and is_old
