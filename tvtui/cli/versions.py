"""`tvtui --version --json`: all that a bug report needs to say about this program and where it runs.

No secrets, no paths and no values of variables are in it, except the names of the terminal and of the locale.
"""

from __future__ import annotations

import locale
import os
import platform
import re
import sys
from collections.abc import Mapping
from importlib import metadata

from tvtui import __version__
from tvtui.cli.signals import at_forced_exit, settings_restorer
from tvtui.terminal import detect
from tvtui.terminal.query import KEYBOARD, NO_ANSWERS, Answers, asking
from tvtui.text.output import as_json, encoding_of
from tvtui.text.redact import contains_key, redact

PACKAGES = (
    *("textual", "httpx", "pydantic", "truststore", "certifi", "pygments", "click", "platformdirs", "pillow"),
    *("textual-image", "rich", "httpcore", "pydantic-core"),
)
"""The dependencies, and those of theirs that most often explain a difference."""

_NAME = re.compile(r"[A-Za-z0-9_.+@() -]{1,60}")
"""A name or a version as terminals and locales have them: no path, no address."""

_SWITCHES = ("NO_COLOR", "CI", "TVTUI_PICTURES", "TEXTUAL_ANIMATIONS", "ACCESSIBLE")
"""Variables that change what tvtui does; whether they are set is reported, not their values."""


def report(environ: Mapping[str, str]) -> str:
    """One line of JSON about this program, this system and this terminal, which is asked about itself."""
    return as_json(describe(environ, _asked(environ)))


def _asked(environ: Mapping[str, str]) -> Answers:
    if not (os.isatty(0) and os.isatty(2) and detect.may_be_asked(environ)):
        return NO_ANSWERS
    with at_forced_exit(settings_restorer(sys.stdin)), asking(sys.stdin, sys.stderr, also=KEYBOARD) as inquiry:
        return inquiry.collect()


def describe(environ: Mapping[str, str], answers: Answers) -> dict[str, object]:
    """What `report` reports, from the environment and what the terminal has answered."""
    kind = detect.recognize(environ)
    pictures = detect.picture_support(environ, answers)
    return {
        "type": "versions",
        "version": 1,
        "tvtui": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "packages": {name: _version_of(name) for name in PACKAGES},
        "terminal": {
            "environment": {name: _name(value) for name, value in detect.identifying_variables(environ).items()},
            "name": _name(answers.name),
            "attributes": sorted(answers.attributes),
            "size": _size(),
            "within": kind.wrapping.value or None,
            "remote": detect.is_remote(environ),
            "stdin": os.isatty(0),
            "stdout": os.isatty(1),
            "stderr": os.isatty(2),
        },
        "protocols": {
            "pictures": pictures.protocol.value,
            "cell": answers.cell,
            "notifications": kind.way.value,
            "notificationsAreSure": kind.is_sure,
            "title": kind.has_title,
            "progress": kind.has_progress,
            "clipboard": detect.takes_copies(environ, answers),
            "keyboard": answers.has_keyboard if answers.attributes else None,
        },
        "locale": {
            "name": _name(next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")),
            "encoding": locale.getencoding(),
            "stdout": encoding_of(sys.stdout, environ) if sys.stdout else None,
            "files": sys.getfilesystemencoding(),
        },
        "set": [name for name in _SWITCHES if environ.get(name)],
    }


def _version_of(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _name(value: str) -> str | None:
    """A value that is a name; "…" for all else, which may be anything, and None for nothing."""
    is_name = _NAME.fullmatch(value) and redact(value) == value and not contains_key(value)
    return (value if is_name else "…") if value else None


def _size() -> tuple[int, int] | None:
    for number in (2, 1, 0):
        try:
            size = os.get_terminal_size(number)
        except OSError:
            continue
        return size.columns, size.lines
    return None
