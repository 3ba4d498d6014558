"""Runs the benchmarks named on the command line, or all of them."""

from __future__ import annotations

import sys

from tests.bench import figures

NAMES = ("start", "keys", "poll", "idle")


def main() -> None:
    """Print the figures."""
    chosen = sys.argv[1:] or list(NAMES)
    if unknown := set(chosen) - set(NAMES):
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}.")
    for name in chosen:
        getattr(figures, name)()


if __name__ == "__main__":
    main()
