"""What a terminal shows while the app is being imported, as far as it is known."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from tvtui.cli.signals import HANGUP, at_forced_exit, force_exit, settings_restorer
from tvtui.terminal.detect import may_be_asked
from tvtui.terminal.opening import Opening
from tvtui.terminal.query import Answers, asking
from tvtui.tui.first_frame import first_frame
from tvtui.tui.frame_colors import FRAME_COLORS, theme_for
from tvtui.watch.request import WatchRequest
from tvtui.watch.subject import connecting, subject


@contextmanager
def opening(request: WatchRequest, *, has_terminal: bool) -> Iterator[Opening]:
    """Ask the terminal about itself, show the first frame, and give the terminal back if the app does not take over."""
    if has_terminal:
        # Textual would prefer them to what the terminal says about its size
        for name in ("COLUMNS", "LINES"):
            os.environ.pop(name, None)
    # Textual reads keys from stdin and draws on stderr
    keys, screen = (sys.stdin, sys.stderr) if has_terminal else (None, None)
    with (
        at_forced_exit(settings_restorer(sys.stdin)),
        asking(keys, screen if may_be_asked(os.environ) else None) as inquiry,
    ):
        opened = Opening(inquiry, sys.stderr, partial(_frame, request))
        with at_forced_exit(opened.abandon):
            try:
                opened.show(gone=partial(force_exit, HANGUP))
                yield opened
            finally:
                opened.close()


def _frame(request: WatchRequest, size: tuple[int, int], answers: Answers) -> str:
    settings = request.settings
    theme = settings.theme or theme_for(is_light=answers.is_light)
    # a background of the wrong theme would flash, and the answer about the terminal's own can still come
    is_sure = settings.theme is not None or answers.is_light is not None or not may_be_asked(os.environ)
    has_true_color = os.environ.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}
    is_recorded = request.recordings is not None
    has_colors = has_true_color or os.environ.get("TERM", "").endswith(("-256color", "-kitty"))
    return first_frame(
        size,
        FRAME_COLORS.get(theme) if has_colors and "NO_COLOR" not in os.environ else None,
        subject(request.run_ids[0], settings.project),
        ("opening the recording", "opening") if is_recorded else (connecting(request.host), connecting("")),
        has_true_color=has_true_color,
        has_background=is_sure,
        has_tabs=len(request.run_ids) > 1,
        has_panes=not request.begins_with_board,
    )
