"""Whether this process may use a terminal."""

from __future__ import annotations

import os
import sys


def is_in_foreground(number: int) -> bool:
    """Whether this process is in the foreground of a terminal; if not, changing its settings would stop it."""
    assert sys.platform != "win32"
    try:
        return os.tcgetpgrp(number) == os.getpgrp()
    except OSError:
        # a terminal that does not control this process, or is gone, stops nothing
        return True
