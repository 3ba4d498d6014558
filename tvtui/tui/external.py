"""The user's own editor or pager: which one, and lending it the terminal."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from textual.app import App, SuspendNotSupported

from tvtui.settings.api_key import without_key


async def read_elsewhere(app: App[object], name: str, text: str) -> str:
    """Open a text outside of the app, and wait until the user comes back.

    Args:
        app: Lends its terminal.
        name: The file's, as the editor shows it.
        text: Without escape sequences.

    Returns:
        A sentence: what went wrong, and what to do; "" if nothing did.
    """
    try:
        command = editor_command(os.environ)
        with private_file(name, text if text.endswith("\n") else f"{text}\n") as path:
            status = await run_in_terminal(app, [*command, str(path)])
    except NoEditor as fault:
        return str(fault)
    except SuspendNotSupported:
        return "This terminal cannot be lent to another program: copy the text with y instead."
    except OSError as fault:
        return f"The text could not be opened: {fault.strerror or 'unknown fault'}. Copy it with y instead."
    return f"“{command[0]}” ended with status {status}: it may have shown nothing." if status else ""


_KEY_SIGNALS = [signal.SIGINT, *([signal.SIGQUIT] if hasattr(signal, "SIGQUIT") else [])]
_GRACE = 1.0
"""Seconds in which a program that is asked to end may save what it holds."""


async def run_in_terminal(app: App[object], command: Sequence[str]) -> int:
    """Let a program have the terminal; the app goes on meanwhile, and draws nothing.

    The program gets the environment less the API key. It does not outlive this: where the app is ended by a signal,
    so is the program, before anybody else gets the terminal back.

    Args:
        app: Gives up the terminal, and takes it back.
        command: The program and its arguments.

    Returns:
        Its exit status.

    Raises:
        OSError: It cannot be started.
        textual.app.SuspendNotSupported: The terminal cannot be lent.
    """
    with app.batch_update(), app.suspend(), _keys_are_the_programs():
        process = await asyncio.create_subprocess_exec(
            *command, env=without_key(os.environ), preexec_fn=_heed_keys if os.name == "posix" else None
        )
        try:
            return await process.wait()
        except asyncio.CancelledError:
            await _end(process)
            raise


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask it to end, and make it where it does not; whoever is cancelled once more meanwhile waits all the same."""
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
def _keys_are_the_programs() -> Iterator[None]:
    """Overhear the interrupt and quit keys, which a terminal sends to every program on it."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _KEY_SIGNALS}
    try:
        yield
    finally:
        for number, disposition in before.items():
            signal.signal(number, disposition)


def _heed_keys() -> None:
    # a program inherits what its parent ignores, and would be deaf to its own user
    for number in _KEY_SIGNALS:
        signal.signal(number, signal.SIG_DFL)


_VARIABLES = ("VISUAL", "EDITOR", "PAGER")


class NoEditor(Exception):
    """There is no program to read a text with; `str()` is a sentence that says why and what to do."""


def editor_command(
    environ: Mapping[str, str],
    *,
    which: Callable[[str], str | None] = shutil.which,
    platform: str = sys.platform,
) -> list[str]:
    """The words of the command that shows a file, less the file: `$VISUAL`, `$EDITOR`, `$PAGER`, or what is there.

    Args:
        environ: The environment; an empty variable counts as unset, any other is split as a shell does.
        which: Finds a program.
        platform: As in `sys.platform`.

    Raises:
        NoEditor: None is there, or the one that was asked for is not.
    """
    for name in _VARIABLES:
        if not environ.get(name, "").strip():
            continue
        try:
            words = shlex.split(environ[name], posix=platform != "win32")
        except ValueError:
            raise NoEditor(f"{name} cannot be read as a command: a quotation mark has no end. Mend it.") from None
        # Windows' own quoting leaves the marks on
        words = [word.strip('"') for word in words] if platform == "win32" else words
        if not words or which(words[0]) is None:
            program = words[0] if words else ""
            raise NoEditor(f"{name} names a program that is not there: “{program}”. Set {name} to one that is.")
        return words
    for program in ("notepad",) if platform == "win32" else ("less", "more"):
        if which(program) is not None:
            return [program]
    raise NoEditor("There is no editor or pager. Set VISUAL or EDITOR to a program that is there.")


@contextmanager
def private_file(name: str, text: str) -> Iterator[Path]:
    """A file that only this user can read, and nobody is meant to write; gone afterwards, with all that lies beside it.

    Args:
        name: What an editor shows as its title.
        text: What stands in it.

    Raises:
        OSError: It cannot be written.
    """
    # a folder, mode 0700, because editors leave copies beside what they open
    folder = Path(tempfile.mkdtemp(prefix="tvtui-"))
    path = folder / name
    try:
        path.touch(0o600, exist_ok=False)
        path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        path.chmod(0o400)
        yield path
    finally:
        if path.exists():
            path.chmod(0o600)  # Windows removes nothing that is read-only
        shutil.rmtree(folder, ignore_errors=True)
