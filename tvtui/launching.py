"""Starting the program of a plan, apart from the terminal and from our own life."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from tvtui.detached import Detached, End
from tvtui.opening import StartFile, StartProgram
from tvtui.text.clean import clean_line

_FAULT = re.compile(r"(?:npm )?[\w.]*error\b:? *(.*)", re.IGNORECASE)
_NOISE = re.compile("[\u2500-\u257f]+")
"""Box drawing, which Playwright puts around its advice."""


async def launch(plan: StartProgram | StartFile, environ: Mapping[str, str] | None = None) -> str:
    """Start a program in a session of its own, and see whether it fails at once.

    It has neither our terminal nor the API key, and goes on when tvtui leaves.

    Args:
        plan: What to start.
        environ: The environment it is given, less the key; our own if None.

    Returns:
        "" when it has started, or has already ended well; else a sentence that tells what went wrong.
    """
    if isinstance(plan, StartFile):
        return await asyncio.to_thread(_hand_to_windows, plan.path)
    environ = os.environ if environ is None else environ
    name = clean_line(Path(plan.argv[0]).name)
    try:
        started = await asyncio.to_thread(Detached.start, plan.argv, environ, hears_stdout=False)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its arguments cannot be handed over"
        return _sentences(f"{name} did not start: {clean_line(reason)}.", plan.otherwise)
    done, _ = await asyncio.wait({started.end()}, timeout=plan.patience)
    code, words = done.pop().result() if done else End(0, "")
    if not code:
        return ""
    reason = _reason(words)
    ended = f"{name} ended with code {code}" if code > 0 else f"{name} was ended by signal {-code}"
    return _sentences(f"{ended}: {reason.rstrip('.')}." if reason else f"{ended}.", plan.otherwise)


def _hand_to_windows(path: Path) -> str:
    if sys.platform == "win32":
        try:
            os.startfile(path)  # noqa: S606 - its extension is one of those that hold no program
        except OSError as error:
            return f"Windows did not open it: {clean_line(error.strerror or 'no reason given')}."
    return ""


def _reason(words: str) -> str:
    """The line that tells why: the first that calls itself an error, else the last one."""
    lines = [clean_line(_NOISE.sub(" ", line)).strip() for line in words.splitlines()]
    lines = [line for line in lines if line]
    for index, line in enumerate(lines):
        if fault := _FAULT.match(line):
            return (fault[1] or " ".join(lines[index + 1 : index + 2]) or line)[:200]
    return lines[-1][:200] if lines else ""


def _sentences(*parts: str) -> str:
    return " ".join(filter(None, parts))
