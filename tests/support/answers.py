"""What real terminals answer to queries."""

from __future__ import annotations

XTERM = "\x1bP>|XTerm(379)\x1b\\\x1b[?1;0;256S\x1b[?2;0;1000;1000S\x1b[?63;1;2;4;6;9;15;16;22;28c"
PLAIN_XTERM = "\x1bP>|XTerm(379)\x1b\\\x1b[?1;3S\x1b[?2;3S\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c"
KITTY = "\x1bP>|kitty(0.26.5)\x1b\\\x1b[6;19;8t\x1b[?62;c"

ANSWERS = [
    "\x1b[?62;1;4c",
    "\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c",
    "\x1b[>41;379;0c",
    "\x1b[6;19;8t",
    "\x1b[?997;1n",
    "\x1b[0n",
    "\x1b[?2;0;1000;1000S",
    "\x1b[?31u",
    "\x1bP>|XTerm(379)\x1b\\",
    "\x1bP1$r0m\x1b\\",
    "\x1b_Gi=31;OK\x1b\\",
    "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    "\x1b]10;rgb:ffff/ffff/ffff\x07",
]
"""Single answers, each from its ESC to its end."""
