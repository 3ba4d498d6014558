"""What is shown outside of a terminal's screen: written when it changes, and taken back on every way out."""

from __future__ import annotations

import time
from collections.abc import Callable

from tvtui.settings.values import Way
from tvtui.terminal.detect import TerminalKind, Wrapping
from tvtui.terminal.run_status import RunStatus, title, together
from tvtui.terminal.sequences import (
    CLEAR_PROGRESS,
    RESTORE_TITLE,
    SAVE_TITLE,
    Notice,
    Progress,
    notice_sequence,
    progress_sequence,
    title_sequence,
)
from tvtui.watch.events import Problem, Snapshot

_WORDS = {
    Way.OSC9: "on the desktop (OSC 9)",
    Way.OSC99: "on the desktop (OSC 99)",
    Way.OSC777: "on the desktop (OSC 777)",
    Way.BELL: "the bell",
    Way.OFF: "off",
}


_REMEMBERED_SECONDS = 10.0
"""How long progress is left as it was told where it is forgotten: Ghostty does so after 15 s, and polls may be late."""


class Notifier:
    """What is told to somebody who looks elsewhere; shared by all runs of a terminal.

    Attributes:
        has_focus: Whether the terminal has the focus; None until it has told, which many never do. Then notices are
            given: one too many is a nuisance, one that is missing was the only one.
    """

    def __init__(
        self,
        kind: TerminalKind,
        wanted: Way = Way.AUTO,
        *,
        encoding: str = "utf-8",
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is written before `enter`.

        Args:
            kind: The terminal.
            wanted: How the user wants notices.
            encoding: Of the stream to the terminal.
            now: Seconds of a clock that is never set.
        """
        self.has_focus: bool | None = None
        self._kind = kind
        # screen 4.9 passes the low byte of each character on: of "ě" (U+011B) that is ESC, and of "ć" it is BEL
        self._encoding = "ascii" if kind.wrapping is Wrapping.SCREEN else encoding
        self._is_sure = kind.is_sure or wanted not in {Way.AUTO, Way.BELL, Way.OFF}
        self._way = kind.way if wanted is Way.AUTO else wanted
        # what a user comes back to who has switched notices off at the start
        self._notice = self._way if self._way not in {Way.BELL, Way.OFF} else kind.way
        self._news: dict[int, RunStatus] = {}
        self._write: Callable[[str], None] | None = None
        self._is_title_saved = False
        self._title = ""
        self._progress: Progress | None = None
        self._progress_at = 0.0
        self._missed: Notice | None = None
        self._now = now

    def enter(self, write: Callable[[str], None]) -> None:
        """The terminal is ours, or ours again: show what is to be shown, through `write` from now on.

        That is also the last notice that came while it was lent to another program.
        """
        self._write = write
        # a process that was stopped without being told has left its title where it was
        shown, self._title = self._title, ""
        progress, self._progress = self._progress, None
        if shown:
            self._show(shown, progress)
        missed, self._missed = self._missed, None
        if missed is not None:
            self._notify(missed)

    def leave(self) -> None:
        """Give the terminal back as it was; what was shown is shown again on `enter`."""
        # it tells us no more
        self.has_focus = None
        write, self._write = self._write, None
        if write is None:
            return
        if self._progress is not None:
            write(CLEAR_PROGRESS)
        if self._is_title_saved:
            self._is_title_saved = False
            write(RESTORE_TITLE)

    def see(self, run_id: int, snapshot: Snapshot | None, problem: Problem | None) -> None:
        """Take in what the watch of a run saw last: notify, and show title and progress."""
        news = self._news.setdefault(run_id, RunStatus(run_id))
        notice = news.see(snapshot, problem)
        if notice is not None:
            self._notify(notice)
        self._show_all()

    def _show_all(self) -> None:
        all_news = list(self._news.values())
        self._show(title(all_news), together([each.standing for each in all_news]).progress)

    def forget(self, *run_ids: int) -> None:
        """Runs are not watched any more; title and progress are those of the others, if there are any."""
        known = [self._news.pop(run_id, None) for run_id in run_ids]
        if any(known) and self._news:
            self._show_all()

    def cycle(self) -> str:
        """Go from the bell to notices to silence and around, and say in words which it is now."""
        ways = [Way.BELL, self._notice, Way.OFF] if self._notice is not Way.BELL else [Way.BELL, Way.OFF]
        self._way = ways[(ways.index(self._way) + 1) % len(ways)]
        return _WORDS[self._way]

    def _notify(self, notice: Notice) -> None:
        write = self._write
        if write is None:
            self._missed = notice
        if write is None or self.has_focus:
            return
        sequence = notice_sequence(
            notice,
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
        # kept, since the signal that suspends can come in between
        write = self._write
        if write is None:
            return
        if is_new_title and self._kind.has_title:
            if not self._is_title_saved:
                self._is_title_saved = True
                write(SAVE_TITLE)
            write(title_sequence(text, self._encoding))
        if is_new_progress or self._is_progress_forgotten:
            self._progress_at = self._now()
            write(progress_sequence(progress))

    @property
    def _is_progress_forgotten(self) -> bool:
        is_old = self._now() - self._progress_at >= _REMEMBERED_SECONDS
        return self._kind.forgets_progress and self._progress is not None and is_old
