"""Bugs: what a user sees of them, and what is kept for those who mend them."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from tvtui.cli.crash import report

KEY = "tvb_" + "AbCd1234" + "x" * 35


def a_bug() -> Exception:
    key = KEY
    try:
        raise KeyError(f"{key} https://storage.example/a.zip?sig=SECRET&se=1 'left'")
    except KeyError as error:
        return error


def test_a_bug_is_one_sentence_and_an_account_without_secrets(tmp_path: Path) -> None:
    sentence = report(a_bug(), tmp_path / "logs")

    (account,) = (tmp_path / "logs").iterdir()
    text = account.read_text(encoding="utf-8")
    assert sentence == f"A bug in tvtui ended it (KeyError). Please report it with {account}."
    assert "in a_bug" in text
    assert KEY not in text
    assert "SECRET" not in text
    assert "https://storage.example/a.zip?…" in text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_account_is_the_users_own(tmp_path: Path) -> None:
    report(a_bug(), tmp_path)

    (account,) = tmp_path.iterdir()
    assert stat.S_IMODE(account.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert "ended it (KeyError). Its account could not be written: " in report(a_bug(), tmp_path / "file")
