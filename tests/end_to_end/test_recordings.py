"""A recorded run that is shown and played in a terminal, without its server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.recordings import demo_recording
from tests.support.terminal import GHOSTTY, Terminal
from tvtui.journal.store import Store

TVTUI = [sys.executable, "-m", "tvtui"]
POINTER = re.compile(rb"\x1b\]22;[a-z]*\x07")
"""The shape of the mouse pointer."""
OUTSIDE = re.compile(rb"\x1b\]0;|\x1b\]9;4|\x07")
"""A title, progress, and the bell."""


@pytest.fixture
def home(tmp_path: Path) -> Mapping[str, str]:
    """The environment of a user who has watched a run, whose server is gone."""
    Store(tmp_path / "state" / "journal").write(demo_recording())
    return {"HOME": str(tmp_path), "TVTUI_STATE": str(tmp_path / "state")}


def test_its_end_is_opened_without_a_server(home: Mapping[str, str]) -> None:
    with Terminal([*TVTUI, "open", "214"], env={**GHOSTTY, **home}) as terminal:
        terminal.wait_for("✗ FAILED")
        terminal.wait_for("RECORDED · ended")
        terminal.press("n", "R")
        terminal.wait_for("This is a recording; to run it again, first use: tvtui")
        terminal.press("q")

        assert terminal.finish() == 1
        assert terminal.farewell.endswith("\nOpen again: tvtui open 214")


def test_it_is_played_again_and_is_no_news(home: Mapping[str, str]) -> None:
    with Terminal([*TVTUI, "replay", "214", "--speed", "0.1"], env={**GHOSTTY, **home}) as terminal:
        terminal.wait_for(r"REPLAY ×0\.1 · 00:0\d / ")
        terminal.press(".")
        terminal.wait_for("REPLAY paused")
        terminal.press("}", "}", "}", "}", "}", "}", "}")
        terminal.wait_for("✗ FAILED|✗ [1-9] failed")
        terminal.press(" ", "]")
        terminal.wait_for("REPLAY ended")
        terminal.press("q")

        assert terminal.finish() == 1
        assert terminal.farewell.endswith("\nReplay again: tvtui replay --speed 0.1 214")
        assert not OUTSIDE.search(POINTER.sub(b"", terminal.raw))


def test_programs_get_every_change(home: Mapping[str, str]) -> None:
    done = subprocess.run(
        [*TVTUI, "replay", "214", "--json"], env={**os.environ, **home}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["type"] for each in objects].count("test") == 21
    assert objects[-1]["type"] == "digest"
