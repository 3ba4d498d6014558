"""Crash reports: one sentence for the user, a traceback in a file, secrets in neither."""

from __future__ import annotations

import os
import platform
import sys
import time
import traceback
from pathlib import Path

from tvtui import __version__
from tvtui.settings.paths import log_folder, shown
from tvtui.text.redact import redact


def report(error: BaseException, folder: Path | None = None) -> str:
    """Write a crash report about an uncaught exception, and return a sentence that names the file.

    The report is put in `folder`; None: the platform's log folder.
    """
    what = f"tvtui crashed because of a bug ({type(error).__name__})."
    try:
        path = _write(error, folder or log_folder())
    except Exception as failure:
        # of any kind: another bug must not hide the one that is reported
        reason = getattr(failure, "strerror", None) or type(failure).__name__
        return f"{what} The crash report could not be written: {reason}."
    return f"{what} Please report it and attach {shown(path)}."


def _write(error: BaseException, folder: Path) -> Path:
    name = f"crash-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}.txt"
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    private = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600)
    with os.fdopen(private, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"tvtui {__version__}, Python {platform.python_version()}, {sys.platform}\n\n")
        file.write(redact("".join(traceback.format_exception(error))))
    return path
