"""Runs that were watched on this machine, in a folder of their own."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import CREATED, a_run
from tvtui.journal.recording import Head, Recording
from tvtui.journal.store import Store
from tvtui.journal.suite import suite_of
from tvtui.testvibe.models import Run

SERVER = "https://testvibe.acme.example"
PROJECT = "01234567-89ab-cdef-0123-456789abcdef"


def a_head(run: Run | None = None, *, server: str = SERVER, project: str = PROJECT, **fields: Any) -> Head:
    """What is recorded of a run for lists: by default of one with three tests, of which one failed."""
    run = run or a_run()
    suite = suite_of(run, server, project)
    assert suite is not None
    return replace(Head.of(run, suite, seen=run.finished_utc or run.created_utc or CREATED), **fields)


def a_store(folder: Path, *runs: Run | Head) -> Store:
    """Recordings of these runs; of a head, nothing else is recorded."""
    store = Store(folder / "journal")
    for run in runs:
        if isinstance(run, Head):
            store.write_head(replace(run, has_body=False))
        else:
            store.write(Recording(a_head(run), run))
    return store


def later(number: int, **fields: object) -> Run:
    """The run with this number; each was created an hour after the one before it."""
    begin = CREATED + timedelta(hours=number - 214)
    times = {
        "created_utc": begin.isoformat(),
        "started_utc": (begin + timedelta(seconds=8)).isoformat(),
        "finished_utc": None if fields.get("status") == "running" else (begin + timedelta(seconds=43)).isoformat(),
    }
    return a_run(run_id=number, **times | fields)


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def at_a_terminal(patch: pytest.MonkeyPatch) -> Terminal:
    """Make the standard streams terminals; returns stdout."""
    streams = {name: Terminal() for name in ("stdin", "stdout", "stderr")}
    for name, stream in streams.items():
        patch.setattr(sys, name, stream)
    return streams["stdout"]
