"""The journal as a user meets it: whole programs that watch runs of a server on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tvtui import cli
from tvtui.demo.server import DemoServer
from tvtui.journal.store import Store


def watch(server: DemoServer, state: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Watch the run of a demo server without a terminal."""
    environ: Mapping[str, str] = {
        **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        **server.environment,
        "TVTUI_STATE": str(state),
        "TVTUI_JOURNAL": "on",
        "PYTHONPATH": str(Path(cli.__file__).parents[2]),
        **variables,
    }
    return subprocess.run(
        [sys.executable, "-m", "tvtui", "watch", "214", "--lines", "--interval", "0.5", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environ,
    )


def test_a_run_that_was_watched_is_recorded(tmp_path: Path) -> None:
    with DemoServer("default", speed=50) as server:
        done = watch(server, tmp_path)
    store = Store(tmp_path / "journal")
    (head,) = store.listing().heads
    assert (done.returncode, done.stderr, head.run_id, head.has_ended) == (1, "", 214, True)
    assert store.load(head).run.log
    assert server.api_key not in "".join(path.read_text("latin-1") for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize("value", ["off", ""])
def test_nothing_is_recorded_of_a_server_on_this_machine_unless_that_is_asked_for(tmp_path: Path, value: str) -> None:
    with DemoServer("default", speed=50) as server:
        assert watch(server, tmp_path, TVTUI_JOURNAL=value).returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("not a folder")
    with DemoServer("passed", speed=50) as server:
        done = watch(server, tmp_path / "state")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_watch_that_is_interrupted_leaves_the_run_as_it_was_last_seen(tmp_path: Path) -> None:
    with DemoServer("queued") as server:
        done = watch(server, tmp_path, "--max-time", "1.5")
    (head,) = Store(tmp_path / "journal").listing().heads
    assert done.returncode not in {0, 1}
    assert (head.has_ended, head.has_body, head.status) == (False, False, "running")
