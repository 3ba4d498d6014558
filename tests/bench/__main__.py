"""Runs the benchmarks named on the command line, by default all except the soak test."""

from __future__ import annotations

import sys

from tests.bench import figures
from tests.bench.soak import soak

NAMES = ("start", "keys", "poll", "idle")


def main() -> None:
    """Run the benchmarks and print their figures."""
    chosen = sys.argv[1:] or list(NAMES)
    if chosen[0] == "soak":
        _soak(chosen[1:])
        return
    if unknown := set(chosen) - set(NAMES):
        sys.exit(f"Unknown benchmark: {', '.join(sorted(unknown))}. Available: {', '.join((*NAMES, 'soak'))}.")
    for name in chosen:
        getattr(figures, name)()


def _soak(words: list[str]) -> None:
    try:
        seconds, seed = (float(words[0]) if words else 600.0), (int(words[1]) if len(words) > 1 else 1)
    except ValueError:
        sys.exit("Usage: python -m tests.bench soak [SECONDS] [SEED]")
    sys.exit(0 if soak(seconds, seed) else 1)


if __name__ == "__main__":
    main()
