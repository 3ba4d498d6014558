"""Keys that a real terminal sends in one piece, on the way through the driver and its input thread."""

from __future__ import annotations

import random
import sys

import pytest

from tests.support.terminal import Terminal

DEMO = [sys.executable, "-m", "tvtui", "demo", "visual", "passed", "--speed", "50"]
KEYS = [*"nNf/liaszwrpRbB?+xu()12 gGhjk", *"\r\t\x7f\x10", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[Z"]


def test_what_follows_a_key_goes_where_the_key_leads() -> None:
    with Terminal(DEMO, size=(90, 24)) as terminal:
        terminal.wait_for("✗ FAILED")
        terminal.press("/xq")
        terminal.wait_for(r"/ xq\b")
        terminal.press("\x7f\x7fabc\x7fd")
        terminal.wait_for(r"/ abd\b")
        terminal.press("\r+two\r")
        terminal.wait_for("'two' is not a run")
        terminal.press("\x11")

        assert terminal.finish() == 1


@pytest.mark.parametrize("seed", range(2))
def test_random_keys_in_bursts_never_end_the_app(seed: int) -> None:
    chance = random.Random(seed)
    with Terminal(DEMO, size=(90, 24)) as terminal:
        terminal.wait_for("✗ FAILED")
        for _ in range(20):
            burst = chance.choices(KEYS, k=chance.randint(2, 10))
            terminal.press(*burst)
            terminal.read(0.05)
        terminal.press("\x1b")
        terminal.read(0.3)
        terminal.press("\x11")

        assert terminal.finish(30) in {0, 1, 6}, f"seed {seed}\n{terminal.farewell}"
