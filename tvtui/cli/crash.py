"""A bug: one sentence for the user, the traceback in a file, and no secret in either."""

from __future__ import annotations

import os
import platform
import re
import sys
import time
import traceback
from pathlib import Path

from tvtui import __version__
from tvtui.settings.paths import log_folder
from tvtui.text.clean import clean_line

_SECRETS = (
    (re.compile(r"tvb_[0-9A-Za-z]+"), "tvb_…"),
    (re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]+"), r"\1?…"),
    (re.compile(r"\b(sig|signature|token)=[^\s&'\"]+", re.IGNORECASE), r"\1=…"),
    (re.compile(r"//[^\s/@]+@"), "//…@"),
)
"""Keys, what makes a link a signed one, and passwords of proxies."""


def report(error: BaseException, folder: Path | None = None) -> str:
    """Write down what is needed to mend the bug, and say so.

    Args:
        error: What nobody caught.
        folder: Where to write; the platform's folder for logs if None.

    Returns:
        A sentence that names the file.
    """
    name = f"crash-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}.txt"
    what = f"A bug in tvtui ended it ({type(error).__name__})."
    try:
        place = (folder or log_folder()) / name
        place.parent.mkdir(parents=True, exist_ok=True)
        private = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600)
        with os.fdopen(private, "w", encoding="utf-8") as file:
            file.write(_account(error))
    except OSError as obstacle:
        return f"{what} Its account could not be written: {obstacle.strerror}."
    return f"{what} Please report it with {clean_line(str(place))}."


def _account(error: BaseException) -> str:
    head = f"tvtui {__version__}, Python {platform.python_version()}, {sys.platform}\n\n"
    text = head + "".join(traceback.format_exception(error))
    for secret, stand_in in _SECRETS:
        text = secret.sub(stand_in, text)
    return text
