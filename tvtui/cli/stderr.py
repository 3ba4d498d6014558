"""Messages on stderr, one sentence a line."""

from __future__ import annotations

import errno
import sys
from contextlib import suppress


def complain(*sentences: str) -> None:
    """Write sentences to stderr, if there is one; control characters in what they quote are removed."""
    from tvtui.text.clean import clean_line
    from tvtui.text.output import print_lines

    with suppress(OSError):
        print_lines(sys.stderr, (f"tvtui: {clean_line(sentence)}" for sentence in sentences))


def confirm(question: str) -> bool | None:
    """Ask a question of one or more lines on the terminal; only "y" and "yes" are a yes. None without a terminal."""
    if sys.stdin is None or sys.stderr is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    from tvtui.text.output import printable

    *lines, last = question.splitlines()
    complain(*lines)
    sys.stderr.write(printable(f"tvtui: {last} [y/N] ", sys.stderr))
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        # ctrl+d, which the terminal does not show
        sys.stderr.write("\n")
    return answer.strip().casefold() in {"y", "yes"}


def complain_of_output(error: OSError) -> None:
    """Report that stdout cannot be written, unless its reader has closed it, which is no mistake."""
    if error.errno != errno.EPIPE:
        complain(f"Cannot write the output: {error.strerror}.")
