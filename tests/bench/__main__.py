"""Runs the benchmarks named on the command line, by default all except the soak test."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from datetime import date

from tests.bench import figures
from tests.bench.estimate import estimate
from tests.bench.journal import journal
from tests.bench.report import Row, readme_table, table, with_figures
from tests.bench.soak import soak
from tests.bench.trace import trace
from tests.bench.versions import ROOT, bare, versions

NAMES = ("commands", "start", "memory", "keys", "hold", "digest", "idle", "peers", "trace", "journal")

_ELSEWHERE = {"trace": trace, "journal": journal}


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        choices=[[], *NAMES],
        metavar="NAME",
        help=f"{', '.join(NAMES)}; or estimate; or soak [SECONDS] [SEED]",
    )
    parser.add_argument("--against", metavar="REV", help="measure this revision of tvtui as well")
    parser.add_argument("--runs", type=int, default=9, help="starts of each program (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to idle (default: %(default)s)")
    parser.add_argument("--readme", action="store_true", help="write the figures into the README")
    return parser.parse_args(words)


def main() -> None:
    """Run the benchmarks and print their figures."""
    if sys.argv[1:2] == ["soak"]:
        _soak(sys.argv[2:])
        return
    if sys.argv[1:2] == ["estimate"]:
        estimate()
        return
    options = parse(sys.argv[1:])
    with tempfile.TemporaryDirectory() as home:
        # neither the settings of this user nor what tvtui has kept for them
        env = {"HOME": home} | {
            f"XDG_{name}_HOME": f"{home}/{name.lower()}" for name in ("CONFIG", "STATE", "CACHE", "DATA")
        }
        try:
            with versions(options.against, env) as compared:
                setup = figures.Setup(bare(env), compared, options.runs, options.seconds)
                print(_machine(), flush=True)
                rows: list[Row] = []
                for name in options.names or NAMES:
                    with figures.attempt():
                        measured = (_ELSEWHERE.get(name) or getattr(figures, name))(setup)
                        print(f"\n{name}\n{table(measured)}", flush=True)
                        rows += measured
        except ValueError as error:
            sys.exit(str(error))
    if options.readme:
        readme = ROOT / "README.md"
        figures_of_today = readme_table(rows, compared[0].name, f"{date.today():%B %Y}, {_machine()}")
        readme.write_text(with_figures(readme.read_text(encoding="utf-8"), figures_of_today), encoding="utf-8")


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _soak(words: list[str]) -> None:
    try:
        seconds, seed = (float(words[0]) if words else 600.0), (int(words[1]) if len(words) > 1 else 1)
    except ValueError:
        sys.exit("Usage: python -m tests.bench soak [SECONDS] [SEED]")
    sys.exit(0 if soak(seconds, seed) else 1)


if __name__ == "__main__":
    main()
