"""Foreign text: what a server sends can be displayed, and cannot control the terminal."""

from __future__ import annotations

import re
import sys
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tvtui.text.clean import CONTROLS, clean_block, clean_line, plain

SGR = re.compile(r"\x1b\[[0-9;:]{0,64}m")
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
NONCHARACTERS = "".join(chr(code) for code in range(0x110000) if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF)

PIECES = st.sampled_from(
    [
        *"\x1b[]()PX^_\\;:?>=!#%Kmk08 aé漢א\t\n\r\b\0\x7f\x07\x18\x1a\x90\x98\x9b\x9c\x9d\x9f\x85",
        *"\u0301\u200d\u200e\u2028\u2029\ufeff\ud800\udfff🙂\uffff\ufdd0\U0001fffe",
        *BIDI,
        *("\x1b[", "\x1b]", "31", "5", "8", "38;5;", "48;2;", "2J", "\x1b[31m", "\x1b[0m", "\x1b[K", "\x1b[1K"),
    ]
)
HOSTILE = st.lists(PIECES, max_size=60).map("".join) | st.text(st.characters(), max_size=60)
NEVER_SHOWN = BIDI + NONCHARACTERS
PRINTABLE = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters=NEVER_SHOWN), max_size=100
)
deterministic = settings(derandomize=True, database=None, deadline=None, max_examples=500)


def is_shown(char: str) -> bool:
    """Whether a terminal displays a character, as a glyph, as a part of one, or as a space."""
    return unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"} and char not in NEVER_SHOWN


@deterministic
@given(HOSTILE)
@example("\x1b\x1b[2J[2J")
@example("\x1b[3\x001m")
@example("\x1b[\x1b[31m2J")
@example("x\r\x1b]0;\r\x1b[K")
def test_only_printable_characters_newlines_tabs_and_colour_remain(text: str) -> None:
    block = clean_block(text)
    assert all(is_shown(char) or char in "\n\t" for char in SGR.sub("", block))
    assert "\x1b" not in plain(block)
    assert all(is_shown(char) for char in clean_line(text))
    (block + clean_line(text)).encode()


def test_every_printable_character_is_clean() -> None:
    """A line of printable characters is not searched."""
    printable = "".join(filter(str.isprintable, map(chr, range(sys.maxunicode + 1))))
    assert re.findall(rf"[\x00-\x1f\ud800-\udfff{CONTROLS}]", printable) == []
    assert clean_line(printable) is printable


def test_noncharacters_and_lone_surrogates_are_replaced() -> None:
    for char in (*NONCHARACTERS, "\ud800"):
        assert clean_line(f"a{char}b") == clean_block(f"a{char}b") == "a\ufffdb"


@deterministic
@given(HOSTILE)
@example("\x1b[8m\x1b[38;5mx")
@example("\x1b[" + "0" * 60 + "1mx\ry")
@example("\x1b[38;2;250;250;250;48;2;250;250;250;58;2;250;250;250;1;2;3;4;7;9;53mxy\r\x1b[my")
def test_cleaning_is_idempotent(text: str) -> None:
    for clean in (clean_line, clean_block):
        assert clean(clean(text)) == clean(text)


@deterministic
@given(PRINTABLE, st.lists(st.sampled_from("\n\t"), max_size=3))
def test_plain_text_is_unchanged(text: str, breaks: list[str]) -> None:
    assert clean_line(text) == text
    block = text.join(breaks)
    assert clean_block(block) == block
    assert plain(block) == block


GONE = {
    "title, BEL": "\x1b]0;title\x07",
    "title, ST": "\x1b]2;title\x1b\\",
    "title, C1 ST": "\x1b]2;title\x9c",
    "link": "\x1b]8;;https://evil.example\x1b\\",
    "notice (iTerm)": "\x1b]9;hello\x07",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "clipboard, C1": "\x9d52;c;ZXZpbA==\x9c",
    "notice (rxvt)": "\x1b]777;notify;a;b\x1b\\",
    "aborted by CAN": "\x1b]0;title\x18",
    "device control": "\x1bP1;2|17/17\x1b\\",
    "device control, C1": "\x90q#0\x1b\\",
    "tmux passthrough": "\x1bPtmux;\x1b\x1b]52;c;ZXZpbA==\x07\x1b\\",
    "application command": "\x1b_Ga=T;AAAA\x1b\\",
    "privacy message": "\x1b^secret\x1b\\",
    "start of string": "\x1bXsecret\x1b\\",
    "clear screen": "\x1b[2J",
    "clear screen, C1": "\x9b2J",
    "cursor": "\x1b[12;40H",
    "alternate screen": "\x1b[?1049h",
    "mouse": "\x1b[?1003;1006h",
    "soft reset (intermediate)": "\x1b[!p",
    "cursor shape": "\x1b[2 q",
    "device attributes (private marker)": "\x1b[>c",
    "modify keys, ends in m": "\x1b[>4;2m",
    "private, ends in m": "\x1b[?4m",
    "colour, C1": "\x9b31m",
    "colour with too many digits": f"\x1b[{'0' * 65}m",
    "NUL inside": "\x1b[2\0J",
    "window": "\x1b[8;5;5t",
    "full reset": "\x1bc",
    "save cursor": "\x1b7",
    "character set": "\x1b(0",
    "stray terminator": "\x1b\\",
    "many ESC": "\x1b\x1b\x1b[2J",
    "NUL, BEL, DEL": "\0\x07\x7f",
    "backspace": "\b",
    "C1": "\x80\x84\x85\x8d\x9a\x9c",
    "bidi": BIDI,
}


@pytest.mark.parametrize("sequence", GONE.values(), ids=GONE)
def test_control_sequences_are_removed(sequence: str) -> None:
    assert clean_line(f"a{sequence}b") == "ab"
    assert clean_block(f"a{sequence}b\nc") == "ab\nc"


@pytest.mark.parametrize(
    "start", ["\x1b]0;", "\x1bP", "\x1b_", "\x1b^", "\x1bX", "\x1b[1;", "\x1b[?", "\x1b(", "\x1b["]
)
def test_an_unterminated_sequence_extends_to_the_end_of_its_line_at_most(start: str) -> None:
    assert clean_block(f"a{start}\nb") == "a\nb"
    assert clean_line(f"a{start}\nb") == "a b"


def test_every_single_control_character_is_removed() -> None:
    for char in map(chr, range(0x3000)):
        if not is_shown(char) and char not in "\t\n\r\u2028\u2029":
            assert clean_line(f"a{char}") == "a"
            assert clean_block(f"a{char}") == "a"


def test_text_after_an_unterminated_sequence_is_removed() -> None:
    assert clean_block("Error: \x1b]0;no end\nat line 3") == "Error: \nat line 3"
    assert clean_block("cut by the service \x1b[3") == "cut by the service "


def test_removing_a_sequence_does_not_create_another() -> None:
    assert clean_block("\x1b\x1b[2J[2J") == "[2J"
    assert clean_block("\x1b[\x1b[2J2J") == "2J"
    assert clean_block("\x1b\u202e[2J") == ""
    assert clean_block("\x1b\x1b[31mred") == "\x1b[31mred"


def test_a_log_decoded_as_latin_1_keeps_its_text() -> None:
    log = "  ✘  3 tests/login.spec.js › “Locked-out” user"
    assert clean_line(log.encode().decode("latin-1")).endswith("user")
    assert "3 tests/login.spec.js" in clean_line(log.encode().decode("latin-1"))


def test_a_name_becomes_one_line() -> None:
    assert clean_line("user\r\n\tsigns\u2028in\n") == "user signs in "
    assert clean_line("two  spaces") == "two  spaces"
    assert clean_line("\x1b[31mred\x1b[0m") == "red"
    assert clean_line("50 %\r100 %") == "50 % 100 %"
    assert clean_block("a\u2028b\u2029c") == "a b c"


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧 family",
        "e\u0301te\u0301",
        "שלום \u200fעולם",
        "سلام",
        "中文, 日本語",
        "می\u200cخواهم",
        "[red]x[/]",
        "test_x[param-1]\\",
    ],
)
def test_every_script_is_kept(text: str) -> None:
    assert clean_line(text) == text
    assert clean_block(f"{text}\0") == text
    assert clean_line(f"\ud83d{text}\udc00") == f"\ufffd{text}\ufffd"


def test_colours_from_playwright_are_kept() -> None:
    for error in (
        "Error: \x1b[2mexpect(\x1b[22m\x1b[31mlocator\x1b[39m\x1b[2m).\x1b[22mtoBeVisible\x1b[2m(\x1b[22m failed",
        'Expected: \x1b[32m"$4.0\x1b[7m1\x1b[27m"\x1b[39m\nReceived: \x1b[31m"$4.0\x1b[7m0\x1b[27m"\x1b[39m\n',
        "\x1b[31m\x1b[1m>\x1b[22m\x1b[39m\x1b[90m 21 |\x1b[39m     \x1b[36mawait\x1b[39m expect(page\x1b[33m.\x1b[39m",
    ):
        assert clean_block(error) == error
        assert clean_block(f"\x1b[2J{error}") == error
    assert plain("Expected: \x1b[32m48.97\x1b[39m") == "Expected: 48.97"


@pytest.mark.parametrize(
    ("sequence", "left"),
    [
        ("\x1b[8m", ""),
        ("\x1b[5m", ""),
        ("\x1b[006m", ""),
        ("\x1b[1;8;31m", "\x1b[1;31m"),
        ("\x1b[;8m", "\x1b[m"),
        ("\x1b[38;5;8m", "\x1b[38;5;8m"),
        ("\x1b[38;5;1;8m", "\x1b[38;5;1m"),
        ("\x1b[48;2;8;5;6;8m", "\x1b[48;2;8;5;6m"),
        ("\x1b[1;38;5m", "\x1b[1m"),
        ("\x1b[38;8m", ""),
        ("\x1b[38m", ""),
        ("\x1b[38;2:8m", ""),
        ("\x1b[38;5;1:8m", ""),
        ("\x1b[4:3;58:5:8m", "\x1b[4:3;58:5:8m"),
        ("\x1b[1:8m", ""),
        ("\x1b[38:2::" + "1" * 30 + "m", ""),
    ],
)
def test_blink_conceal_and_malformed_colours_are_removed(sequence: str, left: str) -> None:
    assert clean_block(f"{sequence}text") == f"{left}text"


@pytest.mark.parametrize(
    "unit",
    [
        *("\x1b", "\x1b]", "\x1b[", "\x1bP", "\x1b[31m", "\x1b[8m", "\x9b1", "\x9dx", "\x9b", "\0", "a\0", "\u0301"),
        *("1;", "\ud800", "\u202e"),
        *("\r", "a\r", "é\r", "漢\r", "\r\na", "\t", "\r\t", "a\u0301\r", "\x1b[31mx\r", "\x1b[Kx\r"),
    ],
)
def test_cleaning_takes_linear_time(unit: str) -> None:
    started = time.process_time()
    for around in ("{}", "x\r{}", "\x1b]{}", "\x9b{}", "e{}\rx", "\x1b[1mé\r{}."):
        text = around.format(unit * (100_000 // len(unit)))
        assert len(clean_block(text)) <= 8 * len(text)
        assert len(clean_line(text)) <= len(text)
    # It takes some tenths of a second; quadratic time would be more than a hundred times that.
    assert time.process_time() - started < 10
