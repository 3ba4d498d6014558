"""The program in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tvtui import cli


def started(
    *words: str, environ: Mapping[str, str] | None = None, stdout: int = subprocess.PIPE
) -> subprocess.Popen[str]:
    full = {**os.environ, **(environ or {}), "PYTHONPATH": str(Path(cli.__file__).parents[2])}
    return subprocess.Popen(
        [sys.executable, "-m", "tvtui", *words], stdout=stdout, stderr=subprocess.PIPE, text=True, env=full
    )


def crashing_when(condition: str) -> list[str]:
    """The program with a bug: its app crashes after a change of a run (`watched`) on this condition."""
    program = f"""
from functools import partial
from tvtui.cli import main
from tvtui.cli.frontend import run
from tvtui.cli.request import Environment
from tvtui.tui.app import TvtuiApp

class BrokenApp(TvtuiApp):
    def show_change(self, watched):
        super().show_change(watched)
        if {condition}:
            1 / 0

main(environment=Environment(watch=partial(run, load_app=lambda: BrokenApp)))
"""
    return [sys.executable, "-c", program]
