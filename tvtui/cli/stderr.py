"""What is said on stderr: sentences, each a line of its own."""

from __future__ import annotations

import sys
from contextlib import suppress


def complain(*sentences: str) -> None:
    """Say something on stderr, if there is one.

    Args:
        sentences: They may quote paths, files and servers, and these can hold anything.
    """
    from tvtui.text.clean import clean_line, encodable

    if sys.stderr is None:
        return
    with suppress(OSError):
        for sentence in sentences:
            sys.stderr.write(encodable(f"tvtui: {clean_line(sentence)}\n", sys.stderr.encoding))
        sys.stderr.flush()
