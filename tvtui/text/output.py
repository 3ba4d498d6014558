"""Text that leaves the program without a screen: only this module writes to stdout and stderr.

CI systems read commands out of the output of their steps, so nothing that a server sends may look like one: a test's
name could otherwise mask words in the whole log, set outputs, or switch off all later commands.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from tvtui.text.clean import encodable

# GitHub Actions and Azure Pipelines take `##[…]` and `##vso[…]` anywhere in a line, TeamCity `##teamcity[…]`.
_INLINE = re.compile(r"##(?=[a-z]*+\[)", re.IGNORECASE)
# GitHub Actions takes `::…::` at the start of a line, after white space.
_AT_START = re.compile(r"((?:\A|[\r\n])[^\S\r\n]*+):(?=:)")

_COERCED = {"C.UTF-8", "C.utf8", "UTF-8"}
"""The values that Python gives LC_CTYPE if it finds the C locale at its start (PEP 538)."""


class OutputError(OSError):
    """The output cannot be written; with the error number EPIPE, its reader has closed it."""


@contextmanager
def writing() -> Iterator[None]:
    """Turn errors of writing into `OutputError`, so that they are distinct from all other system errors."""
    try:
        yield
    except OSError as error:
        raise OutputError(error.errno, error.strerror) from error


def replace_closed_streams() -> None:
    """Replace an stdout that was closed at the start by a pipe without a reader, and such an stderr by nothing.

    Python has None for them, which click and others take for success; and their numbers would be given to other files.
    """
    if sys.stdout is None:
        reader, writer = os.pipe()
        os.close(reader)
        sys.stdout = os.fdopen(writer, "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def print_lines(out: TextIO | None, lines: Iterable[str]) -> None:
    """Write lines as `printable` has them, and flush.

    Raises:
        OutputError: `out` cannot be written.
    """
    if out is None:
        return
    text = "".join(f"{printable(line, out)}\n" for line in lines)
    with writing():
        out.write(text)
        out.flush()


def print_path(out: TextIO | None, path: str, end: str = "\n") -> None:
    """Write a path and `end`, and flush; the path leads to its file even if the locale cannot show it.

    Raises:
        OutputError: `out` cannot be written.
    """
    if out is None:
        return
    line = f"{disarmed(path)}{end}"
    with writing():
        try:
            out.write(line)
        except UnicodeEncodeError:
            out.buffer.write(os.fsencode(line))
        out.flush()


def printable(text: str, out: TextIO) -> str:
    """One line that can be written to `out`: in the characters of the user's locale, and no command to a CI system."""
    return disarmed(encodable(" ".join(text.splitlines()), encoding_of(out)))


def disarmed(line: str) -> str:
    """Break what a CI system would read as a command by a visible blank: `## [error]`, `: :error::`."""
    return _AT_START.sub(r"\1: ", _INLINE.sub("## ", line))


def disarmed_xml(document: str) -> str:
    """An XML document in which what a CI system would read as a command is escaped, which does not change its text."""
    return _AT_START.sub(r"\1&#58;", _INLINE.sub("&#35;#", document))


def as_json(
    fields: Mapping[str, object], default: Callable[[Any], object] | None = None, *, indent: int | None = None
) -> str:
    """ASCII-only JSON, one line if not indented.

    A `#` that would begin a command is escaped, which does not change the value.
    """
    return _INLINE.sub(r"\\u0023#", json.dumps(fields, default=default, indent=indent))


def workflow_command(name: str, text: str, **properties: str) -> str:
    """A command to GitHub Actions with text that was sent by others, which can neither end it nor begin another one."""
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {given}::{_data(_INLINE.sub('## ', text))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(_INLINE.sub("## ", text)).replace(":", "%3A").replace(",", "%2C")


def print_commands(out: TextIO | None, commands: Iterable[str]) -> None:
    """Write lines from `workflow_command` as they are, and flush: GitHub reads UTF-8 whatever the locale.

    Raises:
        OutputError: `out` cannot be written.
    """
    print_document(out, "".join(f"{command}\n" for command in commands))


def print_document(out: TextIO | None, text: str) -> None:
    """Write UTF-8 whatever the locale, and flush.

    Raises:
        OutputError: `out` cannot be written.
    """
    if out is None or not text:
        return
    with writing():
        out.flush()
        if isinstance(binary := getattr(out, "buffer", None), io.BufferedIOBase):
            binary.write(text.encode("utf-8", "replace"))
            binary.flush()
        else:
            out.write(text)
        out.flush()


def encoding_of(
    out: TextIO, environ: Mapping[str, str] = os.environ, *, is_utf8_mode: bool = bool(sys.flags.utf8_mode)
) -> str | None:
    """The encoding that the user expects: ASCII if the locale was set to C or POSIX, where Python takes UTF-8.

    If no locale is set at all, as in most containers, UTF-8 is the better guess.
    """
    is_chosen = environ.get("PYTHONUTF8") or environ.get("PYTHONIOENCODING", "").partition(":")[0]
    if not is_utf8_mode or is_chosen or (out.encoding or "").lower() != "utf-8":
        return out.encoding
    values = (environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((value for value in values if value and value not in _COERCED), "")
    return "ascii" if locale in {"C", "POSIX"} else out.encoding
