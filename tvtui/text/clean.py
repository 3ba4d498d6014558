"""Foreign text made safe to display, and text made encodable."""

from __future__ import annotations

import re

from tvtui.text.overwrite import ERASE, normalized, overwritten

_NONCHARACTERS = r"\ufdd0-\ufdef" + "".join(rf"\U{plane:04x}fffe-\U{plane:04x}ffff" for plane in range(17))
"""Unicode noncharacters: terminals disagree on their width, which breaks the layout of a row."""

CONTROLS = rf"\x7f-\x9f\u2028-\u202e\u2066-\u2069{_NONCHARACTERS}"
"""The inside of a character class: what clean text never contains, C0 aside: DEL, C1, line separators, bidi embeddings,
overrides and isolates, and noncharacters."""

_SURROGATES = r"\ud800-\udfff"
SGR = re.compile(r"\x1b\[([0-9;:]{0,64})m")
"""A sequence that sets colours and other attributes; group 1 is its parameters."""

_UNCLEAN_LINE = rf"[\x00-\x1f{CONTROLS}{_SURROGATES}]"
_UNCLEAN_BLOCK = re.compile(rf"[\x00-\x08\x0b-\x1f{CONTROLS}{_SURROGATES}]")

# Terminals ignore these within a sequence, so they are removed before sequences are searched for.
_IGNORED = re.compile(r"[\x00-\x06\x08\x0b\x0c\x0e-\x17\x19\x1c-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")

# UTF-8 that was decoded as Latin-1 also contains C1 introducers (a "✘" has one), so those remove text only if their
# sequence is complete. An unterminated sequence that ESC introduces extends to the end of its line.
_SEQUENCE = r"""(?x)
    {esc} (?: \[ [0-?]*+ [\ -/]*+ [@-~]?              # CSI
            | [\]PX^_] [^\n\x07\x18\x1a\x1b\x9c]*+    # OSC DCS SOS PM APC; the terminator is removed as a control
            | [\ -/]*+ [0-~]? )
  | \x9b (?: [0-?]*+ [\ -/]*+ [@-~] )?
  | [\x90\x98\x9d-\x9f] (?: [^\n\x07\x18\x1a\x1b\x80-\x9f]*+ (?: \x1b\\ | [\x07\x9c] ) )?
  | [\x07\x18\x1a\x80-\x9f]
"""
_ANY_SEQUENCE = _SEQUENCE.format(esc=r"\x1b++")
_ANY_BUT_SGR_AND_ERASE = re.compile(_SEQUENCE.format(esc=rf"(?! {SGR.pattern} | {ERASE.pattern} ) \x1b"))

_BLANK_LINES = re.compile(rf"(?:(?:{SGR.pattern}|[^\S\n])*+\n)+")
_BREAKS = re.compile(r"[\t\n\r\u2028\u2029]+")
_LINE_SEPARATORS = re.compile(r"[\u2028\u2029]")
_MEANINGLESS = re.compile(rf"[{_SURROGATES}{_NONCHARACTERS}]")
_LINE_ENDS = re.compile(r"(?<!\r)\r++(?=\n|\Z)")

_IN_ASCII = str.maketrans("✓✗⚠●◌↻·–—█░“”‘’×", "+x!*o~---#.\"\"''x") | {ord("…"): "..."}


def clean_line(text: str) -> str:
    """Make foreign text a single line of printable characters.

    Each run of newlines, carriage returns and tabs becomes one space. Escape sequences (colour included), other control
    characters, bidi embeddings, overrides and isolates are removed. Lone surrogates and noncharacters become U+FFFD.
    Joiners, combining marks, LRM and RLM and other invisible characters are kept, because scripts and emoji need them.
    The function is idempotent.
    """
    # a tenth of the time that the pattern takes
    if text.isprintable() or not re.search(_UNCLEAN_LINE, text):
        return text
    text = re.sub(_ANY_SEQUENCE, "", _IGNORED.sub("", text))
    return _MEANINGLESS.sub("\ufffd", _BREAKS.sub(" ", text))


def clean_block(text: str) -> str:
    r"""Make foreign text lines of printable characters, tabs and colour.

    In addition to what `clean_line` keeps, "\n", "\t" and SGR (`ESC [ … m` with at most 64 digits, ";" and ":") are
    kept. Blink is removed from SGR because nothing on the screen should blink, conceal because text must not be hidden.
    A line with carriage returns becomes what a terminal would show: later text overwrites earlier text cell by cell,
    each in its own colour. An unterminated escape sequence extends to the end of its line. The function is idempotent;
    its time and the size of its result are linear in the length of the text.
    """
    if not _UNCLEAN_BLOCK.search(text):
        return text
    text = _IGNORED.sub("", _LINE_ENDS.sub("", text))
    text = _MEANINGLESS.sub("\ufffd", _ANY_BUT_SGR_AND_ERASE.sub("", text))
    text = SGR.sub(lambda sgr: normalized(sgr[1]), _LINE_SEPARATORS.sub(" ", text))
    return ERASE.sub("", overwritten(text) if "\r" in text else text)


def plain(text: str) -> str:
    """A cleaned block without its colours."""
    return SGR.sub("", text)


def without_blank_start(text: str) -> str:
    """A cleaned block without its leading blank lines; colours set in those still apply."""
    blank = _BLANK_LINES.match(text)
    if blank is None:
        return text
    return "".join(sgr[0] for sgr in SGR.finditer(blank[0])) + text[blank.end() :]


def encodable(text: str, encoding: str | None) -> str:
    """`text` in the characters that `encoding` has: our symbols become ASCII ones, any other character becomes `?`."""
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError as error:
        return text.translate(_IN_ASCII).encode(error.encoding, "replace").decode(error.encoding)
    return text
