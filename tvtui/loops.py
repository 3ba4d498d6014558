"""Running something asynchronous from its start to an end that nothing holds up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import TypeVar

_T = TypeVar("_T")


def run_in_loop(deed: Coroutine[object, object, _T]) -> _T:
    """`asyncio.run`, less its waiting for threads: one that still looks up a host's name must hold nobody up."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(deed)
    finally:
        # more than once where the exit that a signal raised passes through a task and those that wait for it
        while tasks := asyncio.all_tasks(loop):
            with suppress(SystemExit, KeyboardInterrupt):
                loop.run_until_complete(_cancel(tasks))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _cancel(tasks: Iterable[asyncio.Task[object]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
