"""`python -m tvtui.demo`: the demo's server alone, for a client in another terminal."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from tvtui.demo.scenarios import SCENARIOS
from tvtui.demo.server import DemoServer
from tvtui.demo.timeline import RUN_ID


def main(arguments: Sequence[str] | None = None, *, wait: Callable[[float], None] = time.sleep) -> int:
    """Serve one run per scenario until interrupted.

    Args:
        arguments: The command line; by default that of the process.
        wait: Sleeps for some seconds; ended by KeyboardInterrupt.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tvtui.demo", description="Serve scripted TestVibe runs on loopback until interrupted."
    )
    parser.add_argument(
        "scenarios", nargs="*", metavar="scenario", help="the scenarios of run 214, 215 and so on; see --list"
    )
    parser.add_argument("--speed", type=float, default=1.0, metavar="N", help="speed up time N times")
    parser.add_argument("--list", action="store_true", help="list the scenarios and exit")
    chosen = parser.parse_args(arguments)
    if chosen.list:
        _write(*(f"{scenario.name:15}{scenario.description}" for scenario in SCENARIOS.values()))
        return 0
    runs = dict(enumerate(chosen.scenarios, RUN_ID))
    try:
        server = DemoServer(speed=chosen.speed, runs=runs)
    except ValueError as error:
        parser.error(str(error))
    with server:
        _write(
            "# This key only works on this demo server.",
            *(f"export {name}={value}" for name, value in server.environment.items()),
            f"# Then: tvtui watch {' '.join(map(str, server.run_ids))}",
        )
        try:
            while True:
                wait(3_600)
        except KeyboardInterrupt:
            return 0


def _write(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
