"""The terminal, lent to another program until it ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from textual.app import App

_KEYS = [signal.SIGINT, *([signal.SIGQUIT] if hasattr(signal, "SIGQUIT") else [])]


async def run_in_terminal(app: App[object], command: Sequence[str]) -> int:
    """Let a program have the terminal; the app goes on meanwhile, and draws nothing.

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
        process = await asyncio.create_subprocess_exec(*command, preexec_fn=_heed_keys if os.name == "posix" else None)
        try:
            return await process.wait()
        except asyncio.CancelledError:
            process.terminate()
            raise


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
