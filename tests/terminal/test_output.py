"""Output to a pseudo-terminal that is read, is not read, or is gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.terminal import Pty

PAGE = "x" * 5000
"""Some of them are more than any terminal takes without being read."""


@pytest.fixture
def terminal() -> Iterator[Pty]:
    terminal = Pty()
    yield terminal
    terminal.close()


def freeze(terminal: Pty) -> None:
    while terminal.output.takes_frame():
        terminal.output.write(PAGE)


def test_everything_is_written_in_order_and_modes_are_off_at_the_end(terminal: Pty) -> None:
    for text in ("\x1b[?1049h", "hello ", "✓ wörld", "\x1b[?1016h"):
        terminal.output.write(text)
    terminal.output.stop(20)
    end = "\x1b[?1016l\x1b[?1049l"
    assert terminal.read_until(end) == f"\x1b[?1049hhello ✓ wörld\x1b[?1016h{end}"


def test_a_terminal_that_takes_nothing_never_blocks_and_gets_a_new_frame_later(terminal: Pty) -> None:
    freeze(terminal)
    assert not terminal.output.takes_frame()
    assert not terminal.caught_up.is_set()
    terminal.output.write("the end")
    terminal.read_until("the end")
    assert terminal.caught_up.wait(20)
    assert terminal.output.takes_frame()


def test_a_terminal_that_takes_nothing_is_given_up_and_finds_its_modes_off(terminal: Pty) -> None:
    terminal.output.write("\x1b[?1049h\x1b[>25u")
    freeze(terminal)
    # what is waiting to be written has not reached the terminal
    terminal.output.write("\x1b[<u\x1b[?1049l")
    terminal.output.stop(0.01)
    assert len(terminal.read_until("\x1b[<u\x1b[?1049l")) < 31 * len(PAGE)
    terminal.output.write("ignored")


def test_abandoning_twice_or_after_the_end_writes_nothing(terminal: Pty) -> None:
    terminal.output.write("\x1b[?25lend")
    terminal.read_until("end")
    terminal.output.abandon()
    terminal.read_until("\x1b[?25h")
    terminal.output.abandon()
    terminal.output.stop(0.01)


def test_a_terminal_that_is_gone_is_noticed(terminal: Pty) -> None:
    terminal.hang_up()
    terminal.output.write("anything")
    assert terminal.gone.wait(20)
