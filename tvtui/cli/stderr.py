"""Messages on stderr, one sentence a line."""

from __future__ import annotations

import sys
from contextlib import suppress


def complain(*sentences: str) -> None:
    """Write sentences to stderr, if there is one; control characters in what they quote are removed."""
    from tvtui.text.clean import clean_line
    from tvtui.text.output import print_lines

    with suppress(OSError):
        print_lines(sys.stderr, (f"tvtui: {clean_line(sentence)}" for sentence in sentences))


def complain_of_output(error: OSError) -> None:
    """Report that stdout cannot be written."""
    complain(f"Cannot write the output: {error.strerror}.")
