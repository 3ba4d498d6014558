"""The terminal is asked while Textual is imported; its answers are never taken for keys."""

from __future__ import annotations

import re
import sys

from tests.support.answers import ANSWERS, XTERM
from tests.support.terminal import Terminal

QUEUED = [sys.executable, "-m", "tvtui", "demo", "queued"]
ASKED = rb"\x1b\[>0q[^A-Za-z]*.*\x1b\[c"


def test_what_is_typed_while_the_program_starts_is_done_by_the_app() -> None:
    with Terminal(QUEUED) as terminal:
        terminal.wait_for_bytes(ASKED)
        terminal.press("?", XTERM, "/")
        terminal.wait_for("/ search the keys")
        terminal.press("\x11")

        assert terminal.finish() == 6
        assert terminal.is_cooked
        assert b"?" not in bytes(terminal.raw).partition(b"\x1b[?1049h")[0].partition(b"\x1b[c")[2]


def test_a_light_terminal_gets_the_light_theme_unless_another_one_is_chosen() -> None:
    light, dark, safe = b"48;2;248;249;251", b"48;2;16;20;26", ["--theme", "tvtui-safe"]
    for words, answer, background in [
        ([], f"\x1b]11;rgb:ffff/ffff/ffff\x1b\\{XTERM}", light),
        ([], f"\x1b]11;rgb:1e/1e/2e\x07{XTERM}", dark),
        (safe, f"\x1b]11;rgb:ffff/ffff/ffff\x1b\\{XTERM}", dark),
    ]:
        with Terminal([*QUEUED, *words], env={"COLORTERM": "truecolor"}) as terminal:
            terminal.wait_for_bytes(ASKED)
            terminal.press(answer)
            terminal.wait_for("◌ QUEUED")
            terminal.press("q")
            terminal.finish()
            assert background in terminal.raw


def test_late_answers_are_no_keys() -> None:
    with Terminal(QUEUED) as terminal:
        terminal.wait_for("◌ QUEUED")
        for answer in ANSWERS:
            terminal.press(answer[:4])
            terminal.read(0.02)
            terminal.press(answer[4:])
        terminal.read(0.2)
        assert "All keys" not in terminal.text
        terminal.press("?")
        terminal.wait_for("All keys")
        terminal.press("\x11")

        assert terminal.finish() == 6


def test_a_job_in_the_background_is_not_stopped_by_asking() -> None:
    program = (
        "import sys; from tvtui.terminal.query import asking\n"
        "with asking(sys.stdin, sys.stderr, seconds=60) as inquiry: print(inquiry.collect())"
    )
    with Terminal(["bash", "-mc", f"{sys.executable} -c '{program}' & wait"]) as terminal:
        terminal.wait_for("Answers.name=''")
        assert terminal.finish() == 0
        assert not re.search(ASKED, terminal.raw)


def test_nothing_is_asked_in_tmux_or_without_a_screen() -> None:
    for words, env in ([], {"TERM": "tmux-256color"}), (["--lines"], {}), (["--linear"], {}):
        with Terminal([*QUEUED, *words], env=env) as terminal:
            terminal.wait_for("(?i)queued")
            terminal.press("q" if "--lines" not in words else "\x03")
            terminal.finish()
            assert b"\x1b[c" not in terminal.raw


def test_a_terminal_is_asked_for_the_keys_of_a_us_keyboard() -> None:
    with Terminal(QUEUED) as terminal:
        terminal.wait_for("◌ QUEUED")
        assert b"\x1b[>29u" in terminal.raw
        # the key that types й, at the place of q
        terminal.press("\x1b[1081::113;1;1081u")

        assert terminal.finish() == 6
