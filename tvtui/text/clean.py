"""Foreign text made safe to show, and text made encodable; pure."""

from __future__ import annotations

import re

from tvtui.text.overwrite import ERASE_ALL, ERASE_TO_END, ERASE_TO_START, Style, calm, overwritten, restyled

_NO_CHARACTERS = r"\ufdd0-\ufdef" + "".join(rf"\U{plane:04x}fffe-\U{plane:04x}ffff" for plane in range(17))
"""What Unicode will never give a meaning to: terminals disagree about its width, and a row that holds it breaks."""

CONTROLS = rf"\x7f-\x9f\u2028-\u202e\u2066-\u2069{_NO_CHARACTERS}"
"""What no clean text holds, beside C0: DEL, C1, line separators, bidi embeddings, overrides and isolates, and what is
no character.

The inside of a character class, for Python's and for Rust's regular expressions alike.
"""

CALM_SGR = r"\[(?:{0}(?:;{0}){{0,15}})?m".format("(?:[0-479]|[126-9][0-9]|[345][0-79]|10[0-7])")
"""What follows ESC in SGR that needs no closer look: no blink, conceal or extended colour; for both engines."""

_SURROGATES = r"\ud800-\udfff"
_SGR = re.compile(r"\x1b\[([0-9;:]{0,64})m")

_UNCLEAN_LINE = re.compile(rf"[\x00-\x1f{CONTROLS}{_SURROGATES}]")
_UNCLEAN_BLOCK = re.compile(rf"[\x00-\x08\x0b-\x1a\x1c-\x1f{CONTROLS}{_SURROGATES}]|\x1b(?!{CALM_SGR})")

# Terminals go on with a sequence after these, so they must be gone before sequences are looked for.
_IGNORED = re.compile(r"[\x00-\x06\x08\x0b\x0c\x0e-\x17\x19\x1c-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")

# C1 introducers also come from UTF-8 that was decoded as Latin-1 (a "✘" holds one): they take text along only if
# their sequence is complete, while what ESC begins and nothing ends goes on to the end of its line.
_SEQUENCE = r"""(?x)
    {esc} (?: \[ [0-?]*+ [\ -/]*+ [@-~]?              # CSI
            | [\]PX^_] [^\n\x07\x18\x1a\x1b\x9c]*+    # OSC DCS SOS PM APC; what ends them goes like any control
            | [\ -/]*+ [0-~]? )
  | \x9b (?: [0-?]*+ [\ -/]*+ [@-~] )?
  | [\x90\x98\x9d-\x9f] (?: [^\n\x07\x18\x1a\x1b\x80-\x9f]*+ (?: \x1b\\ | [\x07\x9c] ) )?
  | [\x07\x18\x1a\x80-\x9f]
"""
_ANY_SEQUENCE = re.compile(_SEQUENCE.format(esc=r"\x1b++"))
_ANY_BUT_SGR = re.compile(_SEQUENCE.format(esc=r"\x1b (?! \[ [0-9;:]{0,64} m )"))

_BLANK_LINES = re.compile(rf"(?:(?:{_SGR.pattern}|[^\S\n])*+\n)+")
_BREAKS = re.compile(r"[\t\n\r\u2028\u2029]+")
_LINE_SEPARATORS = re.compile(r"[\u2028\u2029]")
_MEANINGLESS = re.compile(rf"[{_SURROGATES}{_NO_CHARACTERS}]")
_LINE_ENDS = re.compile(r"(?<!\r)\r++(?=\n|\Z)")

_IN_ASCII = str.maketrans(
    {"✓": "+", "✗": "x", "●": "*", "◌": "o", "↻": "~", "·": "-", "–": "-", "—": "-", "…": "...", "█": "#", "░": "."}
)

_ERASE_IN_LINE = re.compile(r"\x1b\[([012]?)K")
_ERASERS = {"": ERASE_TO_END, "0": ERASE_TO_END, "1": ERASE_TO_START, "2": ERASE_ALL}
_ERASER = re.compile(f"[{ERASE_TO_END}{ERASE_TO_START}{ERASE_ALL}]")


def clean_line(text: str) -> str:
    """Make foreign text one line of printable characters.

    Newlines, carriage returns and tabs become one space for each run of them; escape sequences (colour too), other
    controls, bidi embeddings, overrides and isolates go; lone surrogates and what is no character become U+FFFD.
    Joiners, combining marks, the marks LRM and RLM and all else that is invisible stay: scripts and emoji need them.
    Cleaning twice is cleaning once.
    """
    if not _UNCLEAN_LINE.search(text):
        return text
    text = _ANY_SEQUENCE.sub("", _IGNORED.sub("", text))
    return _MEANINGLESS.sub("\ufffd", _BREAKS.sub(" ", text))


def clean_block(text: str) -> str:
    r"""Make foreign text lines of printable characters, tabs and colour.

    Beside what `clean_line` keeps, "\n", "\t" and SGR (`ESC [ … m` of at most 64 digits, ";" and ":") stay. Blink
    is taken out of SGR because the screen is calm, conceal because text must not hide. A line with carriage returns
    becomes what a terminal would show: later text lies over earlier text, cell by cell, each in its own colour. An
    escape sequence that nothing ends goes on to the end of its line. Cleaning twice is cleaning once; time and size
    grow with the length of the text and no faster.
    """
    if not _UNCLEAN_BLOCK.search(text):
        return text
    text = _IGNORED.sub("", _LINE_ENDS.sub("", text))
    is_overwritten = "\r" in text
    if is_overwritten:
        # Erasing has to outlive the other sequences until the rows are written.
        text = _ERASE_IN_LINE.sub(lambda erase: _ERASERS[erase[1]], text)
    text = _LINE_SEPARATORS.sub(" ", _MEANINGLESS.sub("\ufffd", _ANY_BUT_SGR.sub("", text)))
    text = _SGR.sub(lambda sgr: calm(sgr[1]), text)
    return _ERASER.sub("", _overwrite(text)) if is_overwritten else text


def plain(text: str) -> str:
    """A cleaned block without its colours."""
    return _SGR.sub("", text)


def without_blank_start(text: str) -> str:
    """A cleaned block from its first line that shows something, in the colour that began above it."""
    blank = _BLANK_LINES.match(text)
    if blank is None:
        return text
    return "".join(sgr[0] for sgr in _SGR.finditer(blank[0])) + text[blank.end() :]


def _overwrite(text: str) -> str:
    """Write the lines that hold carriage returns as a terminal does; the style runs on from line to line."""
    style: Style = ()
    lines = []
    for line in text.split("\n"):
        if "\r" in line:
            shown, style = overwritten(line, style)
            lines.append(shown)
            continue
        for sgr in _SGR.finditer(line):
            style = restyled(style, sgr[1])
        lines.append(line)
    return "\n".join(lines)


def encodable(text: str, encoding: str | None) -> str:
    """`text` as far as `encoding` can hold it; symbols become ASCII ones, what is left becomes `?`."""
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError as error:
        return text.translate(_IN_ASCII).encode(error.encoding, "replace").decode(error.encoding)
    return text
