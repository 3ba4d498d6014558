"""Where documents are written: to files that appear whole or not at all, or to stdout."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from tvtui.settings.paths import shown
from tvtui.text.clean import clean_line
from tvtui.text.output import disarmed, print_document

STDOUT = "-"

_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))
"""What the name of a folder may end with."""

_DESCRIPTOR = re.compile(r"/dev/(?:std(?:in|out|err)|fd/\d+)|/proc/(?:self|\d+)/fd/\d+")
"""Names of what is already open: what a shell puts in the place of `>(…)`, among others."""


class Unwritable(Exception):
    """A document cannot be written; `str()` is a sentence that says why."""


def is_stdout(target: str) -> bool:
    """Whether a target is this program's stdout, whatever it is called.

    A file that stdout was redirected to would else be replaced, together with what others have written to it.
    """
    if target == STDOUT:
        return True
    path = Path(target)
    try:
        return os.path.samestat(path.stat(), os.fstat(1))
    except (OSError, ValueError):
        return False


def check(target: str) -> None:
    """Create the folder of a document if necessary, and find out whether a file can be created in it.

    Raises:
        Unwritable: It cannot be written.
    """
    if is_stdout(target):
        return
    path = Path(target)
    try:
        path = _real(target)
        if path.is_dir() or target.endswith(_SEPARATORS):
            raise Unwritable(f"{shown(path)} is a folder. Give the name of a file in it.")
        if _is_device(path):
            path.stat()
            if not os.access(path, os.W_OK):
                raise PermissionError(13, "Permission denied")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _part_of(path)
        os.close(_create(part))
        part.unlink()
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None


def write(target: str, lines: Iterable[str]) -> None:
    """Write a document: to another name that is then renamed, so that a reader never sees part of it.

    Raises:
        Unwritable: It could not be written; a file that was there before is unchanged.
    """
    text = "".join(f"{line}\n" for line in lines)
    if is_stdout(target):
        try:
            # in a step of a pipeline this is its log
            print_document(sys.stdout, disarmed(text))
        except OSError as error:
            raise Unwritable(f"stdout cannot be written: {error.strerror}.") from None
        return
    path = _real(target)
    content = text.encode("utf-8", "replace")
    try:
        if _is_device(path):
            # what is a file under another name keeps what others have written to it
            with path.open("ab") as file:
                file.write(content)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _part_of(path)
        try:
            with os.fdopen(_create(part), "wb") as file:
                file.write(content)
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None


def check_addition(target: str) -> None:
    """Find out whether lines can be added to a file; it is created if it is not there.

    Raises:
        Unwritable: They cannot.
    """
    append(target, ())


def append(target: str, lines: Iterable[str]) -> None:
    """Add lines to a file that GitHub Actions has prepared for this step.

    Raises:
        Unwritable: They could not be written.
    """
    content = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
    try:
        with Path(target).open("ab") as file:
            file.write(content)
    except (OSError, ValueError) as error:
        raise _unwritable(Path(target), error) from None


def _is_descriptor(target: str) -> bool:
    return _DESCRIPTOR.fullmatch(os.path.normpath(target)) is not None


def _real(target: str) -> Path:
    """The file itself: a link to it stays a link. What is open already has no better name."""
    return Path(target if _is_descriptor(target) else os.path.realpath(target))


def _is_device(path: Path) -> bool:
    """Whether a pipe or the like is there, which must not be replaced by a file."""
    if _is_descriptor(str(path)):
        return True
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False


def _part_of(path: Path) -> Path:
    return path.with_name(f".tvtui-{os.urandom(6).hex()}.part")


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)


def _unwritable(path: Path, error: Exception) -> Unwritable:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not a valid name"
    return Unwritable(f"{shown(path)} cannot be written: {clean_line(reason).rstrip('.')}.")
