"""`tvtui --version --json`: all that a bug report needs, and nothing that it must not have."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.answers import KITTY
from tests.support.http import KEY
from tvtui import __version__
from tvtui.cli import main
from tvtui.cli.request import Environment
from tvtui.cli.versions import PACKAGES, describe
from tvtui.terminal.query import NO_ANSWERS, parsed


@pytest.mark.parametrize("words", [["--version", "--json"], ["--json", "--version"]])
def test_one_ascii_object(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words, Environment({"TERM": "xterm-kitty", "LANG": "de_DE.UTF-8"})) == 0
    out, err = capsys.readouterr()
    assert out.isascii()
    assert (out.count("\n"), err) == (1, "")
    found = json.loads(out)
    assert (found["type"], found["tvtui"]) == ("versions", __version__)
    assert found["python"].endswith(".".join(map(str, sys.version_info[:3])))
    assert found["locale"]["name"] == "de_DE.UTF-8"
    assert found["terminal"]["environment"] == {"TERM": "xterm-kitty"}


def test_every_dependency_has_its_version() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    names = {re.split("[<>=]", each)[0] for each in tomllib.loads(text)["project"]["dependencies"]}
    packages = describe({}, NO_ANSWERS)["packages"]

    assert names <= set(PACKAGES)
    assert isinstance(packages, dict)
    assert [name for name in PACKAGES if not packages[name]] == []


def test_the_protocols_are_those_that_tvtui_would_use() -> None:
    answers = parsed(f"\x1b[?0u{KITTY.replace('0.26.5', '0.35.2')}")
    protocols = describe({"TERM": "xterm-kitty"}, answers)["protocols"]

    assert protocols == {
        "pictures": "kitty",
        "cell": (8, 19),
        "notifications": "osc99",
        "notificationsAreSure": True,
        "title": True,
        "progress": False,
        "clipboard": True,
        "keyboard": True,
    }


def test_a_terminal_that_was_not_asked_may_have_any_keyboard() -> None:
    for answers, keyboard in (NO_ANSWERS, None), (parsed(KITTY), False):
        protocols = describe({}, answers)["protocols"]
        assert isinstance(protocols, dict)
        assert protocols["keyboard"] is keyboard


def test_tmux_is_named() -> None:
    terminal = describe({"TERM": "tmux-256color", "TMUX": "/tmp/tmux-1000/default,1,0"}, NO_ANSWERS)["terminal"]
    assert isinstance(terminal, dict)
    assert terminal["within"] == "tmux"


@pytest.mark.parametrize("value", [KEY, KEY[:20], "/home/jane/x", "https://jane:pw@host", "a\x1b]0;b\x07", "x" * 61])
def test_values_that_are_no_names_are_hidden(value: str) -> None:
    names = ("TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "COLORTERM", "LC_TERMINAL", "VTE_VERSION", "LC_ALL")
    text = json.dumps(describe(dict.fromkeys(names, value), NO_ANSWERS))

    assert json.dumps(value)[1:-1] not in text
    assert text.count(r'"\u2026"') == len(names)


def test_settings_and_folders_are_not_in_it() -> None:
    secret = {"TESTVIBE_API_KEY": KEY, "TESTVIBE_SERVER": "https://testvibe.acme.example", "NO_COLOR": "forever"}
    text = json.dumps(describe(secret, NO_ANSWERS))

    for hidden in (KEY[:12], "acme", "forever", str(Path.home()), str(Path.cwd())):
        assert hidden not in text
    assert '"set": ["NO_COLOR"]' in text


@pytest.mark.parametrize("words", [["--json"], ["--json", "watch", "214"], ["--version", "watch", "214"]])
def test_other_uses_are_errors(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words, Environment({})) == 2
    assert "--version" in capsys.readouterr().err
