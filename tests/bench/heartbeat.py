"""Runs tvtui with an event loop that notes how long it was blocked: `python heartbeat.py FILE WORD …`."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TextIO

_BEAT = 0.002
_NOTED = 0.01


def _beat(loop: asyncio.AbstractEventLoop, last: float, notes: TextIO) -> None:
    now = time.perf_counter()
    if now - last > _NOTED:
        notes.write(f"{last} {now}\n")
        notes.flush()
    loop.call_later(_BEAT, _beat, loop, now, notes)


def main() -> None:
    """Run tvtui with the other words of the command line, and note each block of the event loop in the file."""
    notes = open(sys.argv.pop(1), "w", encoding="ascii")  # noqa: SIM115, PTH123 - open until the process ends
    run_forever = asyncio.BaseEventLoop.run_forever

    def with_heartbeat(loop: asyncio.BaseEventLoop) -> None:
        loop.call_soon(_beat, loop, time.perf_counter(), notes)
        run_forever(loop)

    asyncio.BaseEventLoop.run_forever = with_heartbeat  # type: ignore[assignment, method-assign] # no parameter gets there
    from tvtui.cli import main as tvtui

    sys.exit(tvtui())


if __name__ == "__main__":
    main()
