"""Starting the program of a plan, apart from the terminal and from our own life."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from tvtui.opening import Run, StartFile
from tvtui.text import clean_line

_FAULT = re.compile(r"(?:npm )?[\w.]*error\b:? *(.*)", re.IGNORECASE)
_NOISE = re.compile("[\u2500-\u257f]+")
"""Box drawing, which Playwright puts around its advice."""

_TOLD = 16_384
"""Bytes of an early death's words that are looked at."""


async def launch(plan: Run | StartFile, environ: Mapping[str, str] | None = None) -> str:
    """Start a program in a session of its own, and see whether it fails at once.

    It has neither our terminal nor the API key, and goes on when tvtui leaves. What it says goes to an unnamed
    temporary file: a pipe would break when we leave, and end the program with its next word.

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
    with tempfile.TemporaryFile() as words:
        try:
            process = await asyncio.to_thread(_start, plan.argv, environ, words)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "its arguments cannot be handed over"
            return _sentences(f"{name} did not start: {clean_line(reason)}.", plan.otherwise)
        code = await _code_within(process, plan.patience)
        if not code:
            return ""
        words.seek(0)
        reason = _reason(words.read(_TOLD).decode("utf-8", "replace"))
    ended = f"{name} ended with code {code}" if code > 0 else f"{name} was ended by signal {-code}"
    return _sentences(f"{ended}: {reason.rstrip('.')}." if reason else f"{ended}.", plan.otherwise)


def _start(argv: tuple[str, ...], environ: Mapping[str, str], words: IO[bytes]) -> subprocess.Popen[bytes]:
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return subprocess.Popen(  # noqa: S603 - the program is the user's own or a known opener, and no shell reads it
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=words,
        start_new_session=True,
        creationflags=flags,
        env={name: value for name, value in environ.items() if name != "TESTVIBE_API_KEY"},
    )


async def _code_within(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """The exit code, None if it goes on; a thread waits for its end, so that it leaves no zombie."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def settle(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    def wait() -> None:
        code = process.wait()
        # the loop is gone when the program outlives the app
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, code)

    threading.Thread(target=wait, name=f"wait for {process.pid}", daemon=True).start()
    done, _ = await asyncio.wait({ended}, timeout=seconds)
    return ended.result() if done else None


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
