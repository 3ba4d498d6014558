"""The user's own editor or pager: which command it is, and running it in the terminal."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from textual.app import App, SuspendNotSupported

from tvtui.settings.api_key import without_key
from tvtui.text.format import words_of
from tvtui.tui.bindings import key_of


async def open_in_editor(app: App[object], name: str, text: str) -> str:
    """Open a text in the user's editor or pager, and wait for the program to end.

    Args:
        app: Gives up its terminal in the meantime.
        name: The name of the file that the editor opens.
        text: Its content, without escape sequences. Lines that editors take for settings are changed.

    Returns:
        A sentence that says what went wrong and what to do; "" if nothing did.
    """
    try:
        command = editor_command(os.environ)
        text = without_editor_settings(text)
        with private_file(name, text if text.endswith("\n") else f"{text}\n") as path:
            status = await run_in_terminal(app, [*command, str(path)])
    except NoEditor as fault:
        return str(fault)
    except SuspendNotSupported:
        return f"Another program cannot use this terminal.{_copy_hint(app)}"
    except OSError as fault:
        return f"Could not open the text: {fault.strerror or 'unknown error'}.{_copy_hint(app)}"
    return f"“{command[0]}” exited with status {status} and may have shown nothing." if status else ""


def _copy_hint(app: App[object]) -> str:
    return f" Press {key_of(app, 'detail.copy')} to copy the text instead."


_KEY_SIGNALS = [signal.SIGINT, *([signal.SIGQUIT] if hasattr(signal, "SIGQUIT") else [])]
_GRACE = 1.0
"""Seconds that a program has to save its work after it was asked to end."""


async def run_in_terminal(app: App[object], command: Sequence[str]) -> int:
    """Run a program in the terminal; until it ends, the app keeps running without drawing.

    The program gets the environment without the API key. It does not outlive the call: when a signal ends the app,
    the program is ended before the terminal is given back.

    Returns:
        The exit status.

    Raises:
        OSError: The program cannot be started.
        textual.app.SuspendNotSupported: The app cannot give up this terminal.
    """
    with app.batch_update(), app.suspend(), _ignored_key_signals():
        process = await asyncio.create_subprocess_exec(
            *command, env=without_key(os.environ), preexec_fn=_restore_key_signals if os.name == "posix" else None
        )
        try:
            return await process.wait()
        except asyncio.CancelledError:
            await _end(process)
            raise


async def _end(process: asyncio.subprocess.Process) -> None:
    """Terminate the process, and kill it after the grace period; another cancellation does not stop this."""
    with suppress(ProcessLookupError):
        process.terminate()
    deadline = asyncio.get_running_loop().time() + _GRACE
    is_killed = False
    while process.returncode is None:
        with suppress(asyncio.CancelledError, TimeoutError):
            async with asyncio.timeout_at(None if is_killed else deadline) as limit:
                await process.wait()
        if not is_killed and limit.expired():
            is_killed = True
            with suppress(ProcessLookupError):
                process.kill()


@contextmanager
def _ignored_key_signals() -> Iterator[None]:
    """Ignore the interrupt and quit keys, which a terminal sends to every program in the foreground."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _KEY_SIGNALS}
    try:
        yield
    finally:
        for number, disposition in before.items():
            signal.signal(number, disposition)


def _restore_key_signals() -> None:
    # a child process inherits ignored signals
    for number in _KEY_SIGNALS:
        signal.signal(number, signal.SIG_DFL)


_VARIABLES = ("VISUAL", "EDITOR", "PAGER")


class NoEditor(Exception):
    """No editor or pager was found; `str()` is a sentence that says why and what to do."""


def editor_command(
    environ: Mapping[str, str], *, which: Callable[[str], str | None] = shutil.which, platform: str = sys.platform
) -> list[str]:
    """The words of the command that shows a file, without the file: `$VISUAL`, `$EDITOR`, `$PAGER`, or a default.

    Args:
        environ: An empty variable counts as unset; others are split as by a shell.
        which: Returns the path of a program, None if it is not found.
        platform: As `sys.platform`.

    Raises:
        NoEditor: No program was found, or not the one that a variable names.
    """
    for name in _VARIABLES:
        if not environ.get(name, "").strip():
            continue
        try:
            words = words_of(environ[name], platform)
        except ValueError:
            raise NoEditor(f"{name} is not a valid command: a quotation mark is not closed.") from None
        if not words or which(words[0]) is None:
            program = words[0] if words else ""
            raise NoEditor(f"{name} is set to “{program}”, which was not found. Set {name} to an installed program.")
        return words
    for program in ("notepad",) if platform == "win32" else ("less", "more"):
        if which(program) is not None:
            return [program]
    raise NoEditor("No editor or pager was found. Set VISUAL or EDITOR to an installed program.")


_EDITOR_SETTINGS = re.compile(
    r"(?<!\S)(?:vim?[<=>]?\d*|ex|vile)(?=:)|(?:kak|kakoune|kate|Local Variables)(?=:)|-\*(?=-)", re.IGNORECASE
)
"""What begins settings within a text for vim and its relatives, Kakoune, Kate, and Emacs."""


def without_editor_settings(text: str) -> str:
    """Add a space to what begins settings, such as `vim:`: a server's text must not configure the editor."""
    return _EDITOR_SETTINGS.sub(r"\g<0> ", text)


@contextmanager
def private_file(name: str, text: str) -> Iterator[Path]:
    """A read-only file that only this user can read; removed afterwards, with everything beside it.

    Raises:
        OSError: The file cannot be written.
    """
    # in a folder of its own (mode 0700), because editors put copies beside the file
    with tempfile.TemporaryDirectory(prefix="tvtui-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / name
        path.touch(0o600, exist_ok=False)
        path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        path.chmod(0o400)
        yield path
