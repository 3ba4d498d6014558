"""Importing less of a library than it would by itself, and faster."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import cast


@contextmanager
def without(module: str) -> Iterator[None]:
    """Let `module` be missing meanwhile: for parts that a library tries to import and does without."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = cast(ModuleType, None)
    try:
        yield
    finally:
        del sys.modules[module]


def imports_are_done() -> None:
    """Collect garbage again, but never look at what is there by now."""
    gc.freeze()
    gc.enable()
