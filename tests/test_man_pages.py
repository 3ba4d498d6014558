"""The man pages that the build puts into the wheel."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvtui.cli.group import command_line


def _load() -> Any:
    """The script, which is outside of all packages."""
    spec = importlib.util.spec_from_file_location("man_pages", Path(__file__).parents[1] / ".ci" / "man_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_MODULE = _load()
PAGES: dict[str, str] = _MODULE.pages(command_line, "tvtui", "0.1.0")
escaped: Callable[[str], str] = _MODULE.escaped
_CHARACTERS = {"e": "\\", "-": "-", "(aq": "'", "(ga": "`", "(ha": "^", "(ti": "~", "(dq": '"', "&": ""}


def read(page: str) -> str:
    """What roff shows of a page, on one line."""
    text = re.sub(r"\\f.", "", page)
    text = re.sub(r"\\\[u([0-9A-F]+)\]", lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"\\(\(..|.)", lambda found: _CHARACTERS[found[1]], text)


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def test_every_command_has_a_page() -> None:
    assert set(PAGES) == {"tvtui.1", *(f"tvtui-{name}.1" for name in command_line.commands)}


def commands() -> Iterator[tuple[str, click.Command]]:
    yield "tvtui.1", command_line
    yield from ((f"tvtui-{name}.1", command) for name, command in command_line.commands.items())


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_a_page_has_all_that_the_help_has(name: str, command: click.Command) -> None:
    context = click.Context(command, info_name=name.removesuffix(".1").replace("-", " "), terminal_width=1000)
    page = in_one_line(read(PAGES[name]))

    for parameter in command.get_params(context):
        if isinstance(parameter, click.Option):
            record = parameter.get_help_record(context)
            assert record is not None
            assert in_one_line(" ".join(record)) in page
    for line in (command.epilog or "").replace("\b", "").splitlines():
        text = in_one_line(line)
        assert text in page or text.removesuffix(":").upper() in page
    assert in_one_line(command.help or "") in re.sub(r" \.PP ", " ", page)
    for other in set(PAGES) - {name}:
        assert f"{other.removesuffix('.1')}(1)" in page


def test_hidden_commands_and_arguments_without_a_text_are_left_out() -> None:
    command = click.Command("a", params=[click.Argument(["file"])], help="b.")
    group = click.Group("g", help="A group.", commands=[command, click.Command("c", hidden=True)])
    pages = _MODULE.pages(group, "g", "1")

    assert set(pages) == {"g.1", "g-a.1"}
    assert "FILE" not in pages["g-a.1"].partition(".SH OPTIONS")[2]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r")))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    written = escaped(text)

    assert written.isascii()
    assert not re.search(r"^[.']", written, re.MULTILINE)
    assert read(written) == text


@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
@pytest.mark.parametrize("name", PAGES)
def test_groff_accepts_the_pages(name: str) -> None:
    command = ["groff", "-man", "-ww", "-Tutf8", "-P-c", "-rLL=100n"]
    done = subprocess.run(command, input=PAGES[name].encode(), capture_output=True, check=True)

    assert done.stderr == b""
    assert "SEE ALSO" in re.sub(".\x08", "", done.stdout.decode())
