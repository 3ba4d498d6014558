"""`python -m tvtui`: the same as `tvtui`."""

from __future__ import annotations

import sys

from tvtui.cli import main

if __name__ == "__main__":
    sys.exit(main())
