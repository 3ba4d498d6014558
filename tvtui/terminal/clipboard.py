"""Copying to the clipboard: by programs or through the terminal, and what is known of the result."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tvtui.settings.api_key import without_key
from tvtui.terminal.detect import Wrapping, is_remote, recognize, takes_copies
from tvtui.terminal.query import Answers
from tvtui.terminal.sequences import copy_sequence

_TMUX = ("tmux", "load-buffer", "-w", "-")
"""With -w, tmux also sends the text to its terminal's clipboard, which it does not let other programs do by default."""


@dataclass(frozen=True, slots=True)
class Copier:
    """Copies texts for a user in front of a terminal.

    Attributes:
        desktop: A program that puts its input into the desktop's clipboard; () if there is none.
        has_tmux: Whether tmux takes the text as well.
        wrapping: What a sequence for the terminal must pass.
        is_taken: Whether the terminal is known to copy what such a sequence has; many do not, or not by default.
        environ: The environment of the programs.
        patience: Seconds that a program has to take a text.
    """

    desktop: tuple[str, ...] = ()
    has_tmux: bool = False
    wrapping: Wrapping = Wrapping.NONE
    is_taken: bool = False
    environ: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    patience: float = 2.0

    @classmethod
    def for_terminal(
        cls,
        environ: Mapping[str, str],
        answers: Answers,
        *,
        which: Callable[[str], str | None] = shutil.which,
        platform: str = sys.platform,
        patience: float = 2.0,
    ) -> Copier:
        """Choose by the environment and by what the terminal has answered.

        Args:
            environ: The environment; over SSH, the desktop's clipboard would be that of another machine.
            answers: What the terminal has said about itself.
            which: Returns the path of a program, None if it is not found.
            platform: As `sys.platform`.
            patience: Seconds that a program has to take a text.
        """
        is_taken = takes_copies(environ, answers)
        candidates = [] if is_taken or is_remote(environ) else _desktop_programs(environ, platform)
        return cls(
            desktop=next((program for program in candidates if which(program[0])), ()),
            has_tmux=bool(environ.get("TMUX")) and which("tmux") is not None,
            wrapping=recognize(environ).wrapping,
            is_taken=is_taken,
            environ=environ,
            patience=patience,
        )

    async def copy(self, text: str, write: Callable[[str], None]) -> str:
        """Copy a text, in at most a few seconds.

        Args:
            text: The text.
            write: Writes a sequence to the terminal.

        Returns:
            What is known, as the beginning of a message: "Copied", or where the text was sent.
        """
        in_tmux = self.has_tmux and await self._give(_TMUX, text)
        if self.desktop and await self._give(self.desktop, text):
            return "Copied"
        if in_tmux:
            return "Copied to tmux and sent to the terminal's clipboard"
        write(copy_sequence(text, self.wrapping))
        return "Copied" if self.is_taken else "Sent to the terminal's clipboard"

    async def _give(self, program: Sequence[str], text: str) -> bool:
        return await asyncio.to_thread(_run, program, text, self.environ, self.patience)


def _desktop_programs(environ: Mapping[str, str], platform: str) -> list[tuple[str, ...]]:
    programs: list[tuple[str, ...]] = []
    if platform == "darwin":
        programs.append(("pbcopy",))
    if environ.get("WAYLAND_DISPLAY"):
        programs.append(("wl-copy",))
    if environ.get("DISPLAY"):
        programs += [("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input")]
    return programs


def _run(program: Sequence[str], text: str, environ: Mapping[str, str], patience: float) -> bool:
    """Give a program a text on its stdin, where other users cannot see it; whether the program took it.

    What it leaves running to serve the clipboard has no terminal, and survives ours.
    """
    try:
        ended = subprocess.run(  # noqa: S603 - one of the programs above
            program,
            input=text.encode("utf-8", "replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # pbcopy takes its input for text in the locale's encoding, which is often unset
            env={**without_key(environ), "LC_ALL": "en_US.UTF-8"},
            start_new_session=True,
            timeout=patience,
            check=False,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return False
    return ended.returncode == 0


TERMINAL_ONLY = Copier()
