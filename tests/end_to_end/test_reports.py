"""Documents of a watch in a terminal: the screen and linear mode leave them however they end."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from lxml import etree

from tests.support.process import crashing_when
from tests.support.terminal import Terminal

TVTUI = [sys.executable, "-m", "tvtui"]


def message_in(file: Path) -> str:
    """Why the run itself is an error."""
    (message,) = etree.parse(file).xpath("//testcase[@name='(the run itself)']/error/@message")
    return str(message)


@pytest.mark.parametrize("words", [[], ["--linear"]], ids=["screen", "linear"])
def test_a_watch_to_the_end(words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "reports" / "j.xml"
    with Terminal([*TVTUI, "demo", "--speed", "100", "--junit", str(file), *words]) as terminal:
        terminal.wait_for("press n for failures" if words else "✗ FAILED")
        assert not file.exists()
        terminal.press("q")
        assert terminal.finish() == 1
    assert etree.parse(file).getroot().get("failures") == "7"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("words", [[], ["--linear"]], ids=["screen", "linear"])
@pytest.mark.parametrize("number", [None, signal.SIGTERM, signal.SIGHUP])
def test_a_watch_that_is_ended_before_the_run(number: signal.Signals | None, words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "j.xml"
    with Terminal([*TVTUI, "demo", "queued", "--junit", str(file), *words]) as terminal:
        terminal.wait_for("(?i)queued")
        if number is None:
            terminal.press("q")
        else:
            terminal.signal(number)
        assert terminal.finish() == (6 if number is None else 128 + number)
    by = "" if number is None else f" by signal {number}"
    assert message_in(file) == f"The watch was ended{by} before the run ended. Last known state: queued."


def test_a_bug_on_the_screen(tmp_path: Path) -> None:
    file = tmp_path / "j.xml"
    places = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    crashing = crashing_when("watched.run is not None")
    with Terminal([*crashing, "demo", "queued", "--junit", str(file)], env=places) as terminal:
        assert terminal.finish(30) == 70
    assert message_in(file) == "The watch was ended before the run ended. Last known state: queued."


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--junit", "-"], "--junit - writes to stdout, which the screen uses. Give it a file, or add --lines."),
        (["--linear", "--junit", "-"], "--junit - writes to stdout, which --linear uses. Give it a file, or add"),
        (["--junit", "/"], "--junit: / is a folder."),
    ],
)
def test_what_cannot_be_written_is_said_instead_of_a_screen(words: list[str], reason: str) -> None:
    with Terminal([*TVTUI, "demo", *words], size=(200, 36)) as terminal:
        assert terminal.finish() == 2
        assert f"tvtui: {reason}" in terminal.text
        assert b"\x1b[?1049h" not in terminal.raw
