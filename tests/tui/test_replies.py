"""What a terminal sends by itself is never taken for keys."""

from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from tests.support.answers import ANSWERS
from tvtui.tui.replies import ReplyFilter


class Typist:
    """Feeds a parser, and advances its clock."""

    def __init__(self, typed: str = "") -> None:
        self.time = 0.0
        self.parser = ReplyFilter(typed=typed, now=lambda: self.time)
        self.events: list[Message] = []

    def sends(self, text: str) -> None:
        self.events += self.parser.feed(text)

    def waits(self, seconds: float) -> None:
        self.time += seconds
        self.events += self.parser.tick()

    @property
    def keys(self) -> list[str]:
        return [event.key for event in self.events if isinstance(event, events.Key)]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_is_no_key_wherever_it_is_split(answer: str) -> None:
    for at in range(len(answer)):
        terminal = Typist()
        terminal.sends("n" + answer[:at])
        # the first characters alone could be the escape key, which takes 0.1 s
        terminal.waits(0.05 if at < 6 else 1.5)
        terminal.sends(answer[at:] + "f")
        terminal.waits(5)
        assert terminal.keys == ["n", "f"], answer[:at]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_in_single_characters_is_no_key(answer: str) -> None:
    terminal = Typist()
    for character in answer:
        terminal.sends(character)
        terminal.waits(0.05)
    terminal.waits(5)
    assert terminal.keys == []


def test_an_answer_that_never_ends_is_dropped() -> None:
    terminal = Typist()
    terminal.sends("\x1b[?62;")
    terminal.waits(5)
    terminal.sends("q")
    assert terminal.keys == ["q"]


def test_what_was_typed_before_comes_first() -> None:
    terminal = Typist(typed="n\x1b[?62")
    terminal.sends(";4cf")
    assert terminal.keys == ["n", "f"]


def test_what_was_typed_before_needs_no_other_key() -> None:
    terminal = Typist(typed="/\x1b[A")
    terminal.waits(0.1)
    assert terminal.keys == ["slash", "up"]


def test_the_escape_key_is_not_delayed_twice() -> None:
    terminal = Typist()
    terminal.sends("\x1b")
    terminal.waits(0.05)
    assert terminal.keys == []
    terminal.waits(0.06)
    assert terminal.keys == ["escape"]


KEYS = [
    "a",
    "\x1b[A",
    "\x1bOP",
    "\x1b[1;5C",
    "\x1ba",
    "\x1b[15~",
    "\x1b[97;5u",
    "é",
    "\r",
    "\x1b\x1b[B",
    "\x1bP",
    "\x1b_",
]
OTHERS = ["\x1b[<35;10;5M", "\x1b[I", "\x1b[200~pasted \x1btext\x1b[201~", "\x1b[24;80R"]


@pytest.mark.parametrize("text", [*KEYS, *OTHERS])
def test_keys_and_other_events_are_what_textual_makes_of_them(text: str) -> None:
    sent = f"{text}x"
    plain = list(XTermParser().feed(sent))
    for at in range(1, len(sent)):
        user = Typist()
        user.sends(sent[:at])
        user.sends(sent[at:])
        assert [repr(event) for event in user.events] == [repr(event) for event in plain]


def test_reports_that_textual_waits_for_arrive() -> None:
    terminal = Typist()
    terminal.sends("\x1b[?2026;2$y\x1b[48;30;100;600;1000t")
    assert [type(event) for event in terminal.events] == [TerminalSupportsSynchronizedOutput, events.Resize]
