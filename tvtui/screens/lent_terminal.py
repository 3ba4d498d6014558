"""The terminal, lent to another program until it ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from textual.app import App

from tvtui.settings.api_key import without_key

_KEYS = [signal.SIGINT, *([signal.SIGQUIT] if hasattr(signal, "SIGQUIT") else [])]
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
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _KEYS}
    try:
        yield
    finally:
        for number, disposition in before.items():
            signal.signal(number, disposition)


def _heed_keys() -> None:
    # a program inherits what its parent ignores, and would be deaf to its own user
    for number in _KEYS:
        signal.signal(number, signal.SIG_DFL)
