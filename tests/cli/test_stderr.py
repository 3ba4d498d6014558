"""Sentences on stderr, whatever they quote and wherever that leads to."""

from __future__ import annotations

import io

import pytest

from tvtui.cli import options
from tvtui.cli.stderr import complain


def test_each_is_a_clean_line() -> None:
    with pytest.MonkeyPatch.context() as patch:
        err = io.StringIO()
        patch.setattr("sys.stderr", err)
        complain("a\x1b]0;owned\x07b.", "c\nd.")
        assert options.complain_lazily("e.") == 2
    assert err.getvalue() == "tvtui: ab.\ntvtui: c d.\ntvtui: e.\n"


def test_what_the_locale_does_not_know_is_written_in_its_stead() -> None:
    with pytest.MonkeyPatch.context() as patch:
        err = io.TextIOWrapper(written := io.BytesIO(), encoding="ascii")
        patch.setattr("sys.stderr", err)
        complain("“Käse” …")
    assert written.getvalue() == b"tvtui: ?K?se? ...\n"


class Full(io.StringIO):
    """A stderr that nobody can write to."""

    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("err", [None, Full()])
def test_where_there_is_none_nothing_is_said(err: Full | None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", err)
        complain("a.")
