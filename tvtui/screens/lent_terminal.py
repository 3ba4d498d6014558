"""The terminal, lent to another program until it ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from textual.app import App


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
    with app.batch_update(), app.suspend():
        process = await asyncio.create_subprocess_exec(*command)
        try:
            with _keys_are_its_own():
                return await process.wait()
        except asyncio.CancelledError:
            process.terminate()
            raise


@contextmanager
def _keys_are_its_own() -> Iterator[None]:
    """Overhear the interrupt and quit keys, which a terminal sends to every program on it."""
    numbers = [signal.SIGINT, *([signal.SIGQUIT] if hasattr(signal, "SIGQUIT") else [])]
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, disposition in before.items():
            signal.signal(number, disposition)
