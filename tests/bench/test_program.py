"""What the benchmarks need of a terminal, the command line and git."""

from __future__ import annotations

import pytest

from tests.bench.__main__ import parse
from tests.bench.program import plain
from tests.bench.versions import versions


def test_the_text_of_a_terminal_is_what_is_left_without_its_sequences() -> None:
    output = b"\x1b[?1049h\x1b]2;title\x07\x1b]11;?\x1b\\\x1b(B\x1b[38;2;1;2;3mfirst\x1b[0m failure\r\n\x1b[?20"

    assert plain(output) == b"first failure"


def test_the_command_line_names_benchmarks() -> None:
    options = parse(["start", "keys", "--against", "HEAD~2", "--runs", "3"])

    assert (options.names, options.against, options.runs, options.readme) == (["start", "keys"], "HEAD~2", 3, False)
    assert parse([]).names == []
    with pytest.raises(SystemExit):
        parse(["strat"])


def test_an_unknown_revision_is_an_error() -> None:
    with pytest.raises(ValueError, match="'no-such-revision' is not a revision"), versions("no-such-revision", {}):
        pass
