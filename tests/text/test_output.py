"""Text that leaves the program without a screen: no command to a CI system, and in the user's characters."""

from __future__ import annotations

import io
import json
import os
import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.ci import commands
from tvtui.text.output import (
    as_json,
    disarmed,
    disarmed_xml,
    encoding_of,
    print_document,
    print_lines,
    print_path,
    printable,
    workflow_command,
)

FORGED = [
    "::error title=forged::a name",
    " \t\xa0\u3000::stop-commands::forever",
    "::set-output name=x::y",
    "a ##[add-mask]passed",
    "##[group]###[ERROR]x ##[warning]y",
    "x ##vso[task.complete result=Succeeded;]",
    "x ##VSO[task.complete]",
    "x ##teamcity[buildStatus status='SUCCESS']",
    "a\n::error::b",
    "a\r\n  ::error::b",
    "a\u2028::error::b",
]
PIECES = st.sampled_from(
    [*"#:[] \t\n\rva", "##", "::", "##[", "vso[", "teamcity[", "error", "::error::", "]", "…", "\xa0"]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join)
deterministic = settings(derandomize=True, database=None, deadline=None, max_examples=500)


@pytest.mark.parametrize("text", FORGED)
def test_the_forged_commands_are_commands(text: str) -> None:
    assert commands(text.replace("\u2028", "\n"))


@deterministic
@given(TEXTS)
@example("".join(FORGED))
def test_no_line_is_a_command(text: str) -> None:
    out = io.StringIO()
    print_lines(out, [text, f"    {text}", f"16:02:11 {text}", *FORGED])
    print_path(out, text)
    assert commands(out.getvalue()) == []
    assert len(out.getvalue().rpartition("\n")[0].split("\n")) >= 3 + len(FORGED)


@deterministic
@given(TEXTS)
def test_json_has_the_same_values_and_no_command(text: str) -> None:
    line = as_json({text: [text, *FORGED]})
    assert json.loads(line) == {text: [text, *FORGED]}
    assert commands(line) == []
    assert line.isascii()
    assert printable(line, io.StringIO()) == line


@given(TEXTS)
@deterministic
def test_an_xml_document_has_the_same_text_and_no_command(text: str) -> None:
    allowed = re.sub("[\v\r\u2028]", " ", text)
    document = disarmed_xml(f"<a>{escape(allowed)}\n</a>")
    assert ElementTree.fromstring(document).text == f"{allowed}\n"
    assert commands(document) == []


@given(TEXTS, TEXTS)
@deterministic
def test_text_of_others_in_a_command_is_only_its_text(text: str, title: str) -> None:
    command = workflow_command("error", text, title=title)
    assert command.count("\n") == command.count("\r") == 0
    # what GitHub's runner reads: the name, the properties up to the next colons, the text
    found = re.fullmatch(r"(::error )title=([^:,]*)::(.*)", command, re.DOTALL)
    assert found is not None
    start, properties, data = found.groups()
    assert unescaped(data) == _broken(text)
    assert unescaped(properties) == _broken(title)
    assert start == "::error "
    assert commands(f"x{properties}::{data}") == []


def _broken(text: str) -> str:
    return re.sub(r"##(?=[a-z]*\[)", "## ", text, flags=re.IGNORECASE)


def unescaped(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def test_a_document_is_utf8_whatever_the_locale() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    out.write("before ")
    print_document(out, "é\n")
    assert out.buffer.getvalue() == "before é\n".encode()
    print_document(None, "x")
    text = io.StringIO()
    print_document(text, "é")
    assert text.getvalue() == "é"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("a ##[error]b", "a ## [error]b"),
        ("##vso[x]", "## vso[x]"),
        ("  ::error::b", "  : :error::b"),
        (":::", ": ::"),
        ("a ::b", "a ::b"),
        ("std::vector, # 1, ## 2, C##", "std::vector, # 1, ## 2, C##"),
        ("##x##[y", "##x## [y"),
    ],
)
def test_a_visible_blank_breaks_commands_and_nothing_else(line: str, shown: str) -> None:
    assert disarmed(line) == disarmed(shown) == shown


def test_a_line_is_one_line() -> None:
    out = io.StringIO()
    print_lines(out, ["a\nb\r\nc\u2028d", ""])
    assert out.getvalue() == "a b c d\n\n"


def test_without_an_output_nothing_is_written() -> None:
    print_lines(None, ["a"])
    print_path(None, "a")


def test_a_path_leads_to_its_file_even_if_the_locale_cannot_show_it() -> None:
    out = io.TextIOWrapper(raw := io.BytesIO(), "ascii", newline="\n")
    print_path(out, "ä.zip")
    print_path(out, "a\nb", end="\0")
    assert raw.getvalue() == os.fsencode("ä.zip") + b"\na\nb\0"


def test_symbols_and_quotes_become_ascii() -> None:
    out = io.TextIOWrapper(io.BytesIO(), "ascii")
    assert printable("✓ · … “é” ‘x’ 2×", out) == "+ - ... \"?\" 'x' 2x"


class TestLocale:
    """Python takes UTF-8 where it finds the C locale; a user who sets that locale expects ASCII."""

    out = io.TextIOWrapper(io.BytesIO(), "utf-8")

    @pytest.mark.parametrize(
        "environ",
        [
            {"LC_ALL": "C"},
            {"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"},
            {"LANG": "C", "LC_CTYPE": "C.UTF-8"},
            {"LC_ALL": "", "LC_CTYPE": "C"},
            {"LC_ALL": "C", "PYTHONIOENCODING": ":replace"},
        ],
    )
    def test_the_c_locale_is_ascii(self, environ: dict[str, str]) -> None:
        assert encoding_of(self.out, environ, is_utf8_mode=True) == "ascii"

    @pytest.mark.parametrize(
        "environ",
        [
            {},
            {"LC_CTYPE": "C.UTF-8"},
            {"LANG": "de_DE.UTF-8"},
            {"LC_ALL": "C", "PYTHONUTF8": "1"},
            {"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"},
        ],
    )
    def test_no_locale_or_one_with_utf8_is_utf8(self, environ: dict[str, str]) -> None:
        assert encoding_of(self.out, environ, is_utf8_mode=True) == "utf-8"

    def test_where_python_follows_the_locale_so_does_tvtui(self) -> None:
        assert encoding_of(io.TextIOWrapper(io.BytesIO(), "latin-1"), {"LC_ALL": "C"}, is_utf8_mode=True) == "latin-1"
        assert encoding_of(self.out, {"LANG": "C", "LC_CTYPE": "C.UTF-8"}, is_utf8_mode=False) == "utf-8"
        assert encoding_of(io.StringIO(), {"LC_ALL": "C"}, is_utf8_mode=True) is None
