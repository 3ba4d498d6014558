"""What a terminal sends by itself: its answers to queries, separated from keys; pure."""

from __future__ import annotations

import re

_STRING_STARTS = r"P(?:>\||!\||[01][$+]r)|_G|\]\d{1,4};"
_STRING = r"[^\x07\x1b]{0,4096}"

REPLY = re.compile(
    r"\x1b(?:\[[>=?][\d;:]*(?!\$y)[ -/]*[@-~]"
    r"|\[(?!48;)\d[\d;]*(?:[ntx]|\$y)"
    rf"|(?:{_STRING_STARTS}){_STRING}(?:\x07|\x1b\\))"
)
"""An answer; not those that Textual understands: private modes, the size in-band, the cursor position."""

UNFINISHED = re.compile(
    r"\x1b(?:\[[<=>?]?[\d;:]*[ -/]*"
    r"|P(?:[>!]|[01][$+]?)?|_|\]\d{0,4}"
    rf"|(?:{_STRING_STARTS}){_STRING}\x1b?)?\Z"
)
"""The beginning of an answer or of a key at the end of what has been read."""

_NO_KEY = re.compile(rf"\x1b(?:\[[=>?\d]|{_STRING_STARTS})")


def is_sequence(unfinished: str) -> bool:
    """Whether this is the beginning of what only a terminal sends: no one types so much within a moment."""
    return _NO_KEY.match(unfinished) is not None
