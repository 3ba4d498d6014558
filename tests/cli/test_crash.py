"""Crash reports: what the user sees, and what the file contains."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from tvtui.cli.crash import report

KEY = "tvb_" + "AbCd1234" + "x" * 35


def an_error(text: str) -> Exception:
    try:
        raise KeyError(text)
    except KeyError as error:
        return error


def report_of(text: str, folder: Path) -> str:
    """The crash report of an error whose text is printed without the quotes of `repr`."""
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        report(error, folder)
    (path,) = folder.iterdir()
    return path.read_text(encoding="utf-8")


def test_a_crash_is_one_sentence_and_a_traceback_in_a_file(tmp_path: Path) -> None:
    sentence = report(an_error("left"), tmp_path / "logs")

    (path,) = (tmp_path / "logs").iterdir()
    assert sentence == f"tvtui crashed because of a bug (KeyError). Please report it and attach {path}."
    assert "in an_error" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Bearer {KEY}", "Bearer tvb_AbCd1234…"),
        (f"truncated {KEY[:30]}", "truncated …"),
        ("https://storage.example/a.zip?sig=SECRET&se=1 left", "https://storage.example/a.zip?… left"),
        ("https://storage.example/cart?step=SECRET left", "https://storage.example/cart?… left"),
        ("https%3A%2F%2Fs.example%2Fa%3Fsv%3D1%26sig%3DSECRET left", "https%3A%2F%2Fs.example%2Fa%3Fsv%3D1?… left"),
        ("sig%3DSECRET left", "sig%3D… left"),
        ("/a?x=1&X-Amz-Credential=SECRET left", "/a?… left"),
        ("http://user:SECRET@proxy.example:8080/ left", "http://…@proxy.example:8080/ left"),
        ("http://user:p@SECRET@proxy.example left", "http://…@proxy.example left"),
        ("http://user:p?a#SECRET@proxy.example left", "http://…@proxy.example left"),
        ("password=SECRET left", "password=… left"),
        ("secret=SECRET&left", "secret=…&left"),
        ("GITHUB_TOKEN=SECRET left", "GITHUB_TOKEN=… left"),
        ("{'password': 'a SECRET', 'left': 1}", "{'password': '…', 'left': 1}"),
        ('{"api_key": "a\\"SECRET", "left": 1}', '{"api_key": "…", "left": 1}'),
        ("{'token': b'SECRET', 'left': 1}", "{'token': b'…', 'left': 1}"),
        ('password="a\n SECRET" left', 'password="…" left'),
        ("Authorization: Basic SECRET left", "Authorization: Basic … left"),
        ("postgres://user:a/SECRET@db left", "postgres://…@db left"),
        ("Login(password='a SECRET', left=1)", "Login(password='…', left=1)"),
    ],
)
def test_a_crash_report_contains_no_secret(text: str, shown: str, tmp_path: Path) -> None:
    content = report_of(text, tmp_path)
    assert shown in content
    assert "SECRET" not in content
    assert KEY[12:20] not in content


def test_text_that_cannot_be_encoded_is_escaped(tmp_path: Path) -> None:
    assert "left \\ud800" in report_of("left \ud800", tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_only_the_user_can_read_a_crash_report(tmp_path: Path) -> None:
    report(an_error("left"), tmp_path)

    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_to_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    sentence = report(an_error("left"), tmp_path / "file")
    assert "because of a bug (KeyError). The crash report could not be written: " in sentence


def test_a_bug_in_the_report_does_not_hide_the_one_that_it_is_about() -> None:
    class Broken(type(Path())):  # type: ignore[misc]  # the class differs by platform
        def __truediv__(self, name: object) -> Path:
            raise RuntimeError(name)

    assert report(an_error("left"), Broken()) == (
        "tvtui crashed because of a bug (KeyError). The crash report could not be written: RuntimeError."
    )
