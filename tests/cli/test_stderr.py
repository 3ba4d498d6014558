"""Messages on stderr, whatever they quote and whatever stderr is."""

from __future__ import annotations

import io

import pytest

from tests.support.ci import commands
from tvtui.cli.exit_codes import usage_error
from tvtui.cli.stderr import complain


def test_each_is_a_clean_line() -> None:
    with pytest.MonkeyPatch.context() as patch:
        err = io.StringIO()
        patch.setattr("sys.stderr", err)
        complain("a\x1b]0;owned\x07b.", "c\nd.")
        assert usage_error("e.") == 2
    assert err.getvalue() == "tvtui: ab.\ntvtui: c d.\ntvtui: e.\n"


def test_no_sentence_is_a_command_to_a_ci_system(capsys: pytest.CaptureFixture[str]) -> None:
    complain("The server says: ##[error]forged ##vso[task.complete]x", "::error::forged", "a\n::error::forged")
    assert commands(capsys.readouterr().err) == []


def test_characters_outside_the_locale_are_replaced() -> None:
    with pytest.MonkeyPatch.context() as patch:
        err = io.TextIOWrapper(written := io.BytesIO(), encoding="ascii")
        patch.setattr("sys.stderr", err)
        complain("“Käse” …")
    assert written.getvalue() == b'tvtui: "K?se" ...\n'


class Full(io.StringIO):
    """A stderr that cannot be written to."""

    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("err", [None, Full()])
def test_a_missing_or_full_stderr_is_ignored(err: Full | None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", err)
        complain("a.")
