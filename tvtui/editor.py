"""Text in the user's own editor or pager: which program, and the private file that it is given."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_VARIABLES = ("VISUAL", "EDITOR", "PAGER")


class NoEditor(Exception):
    """There is no program to read a text with; `str()` is a sentence that says why and what to do."""


def editor_command(
    environ: Mapping[str, str],
    *,
    which: Callable[[str], str | None] = shutil.which,
    platform: str = sys.platform,
) -> list[str]:
    """The words of the command that shows a file, less the file: `$VISUAL`, `$EDITOR`, `$PAGER`, or what is there.

    Args:
        environ: The environment; an empty variable counts as unset, any other is split as a shell does.
        which: Finds a program.
        platform: As in `sys.platform`.

    Raises:
        NoEditor: None is there, or the one that was asked for is not.
    """
    for name in _VARIABLES:
        if not environ.get(name, "").strip():
            continue
        try:
            words = shlex.split(environ[name], posix=platform != "win32")
        except ValueError:
            raise NoEditor(f"{name} cannot be read as a command: a quotation mark has no end. Mend it.") from None
        # Windows' own quoting leaves the marks on
        words = [word.strip('"') for word in words] if platform == "win32" else words
        if not words or which(words[0]) is None:
            program = words[0] if words else ""
            raise NoEditor(f"{name} names a program that is not there: “{program}”. Set {name} to one that is.")
        return words
    for program in ("notepad",) if platform == "win32" else ("less", "more"):
        if which(program) is not None:
            return [program]
    raise NoEditor("There is no editor or pager. Set VISUAL or EDITOR to a program that is there.")


@contextmanager
def private_file(name: str, text: str) -> Iterator[Path]:
    """A file that only this user can read, and nobody is meant to write; gone afterwards, with all that lies beside it.

    Args:
        name: What an editor shows as its title.
        text: What stands in it.

    Raises:
        OSError: It cannot be written.
    """
    # a folder, mode 0700, because editors leave copies beside what they open
    folder = Path(tempfile.mkdtemp(prefix="tvtui-"))
    path = folder / name
    try:
        path.touch(0o600, exist_ok=False)
        path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        path.chmod(0o400)
        yield path
    finally:
        if path.exists():
            path.chmod(0o600)  # Windows removes nothing that is read-only
        shutil.rmtree(folder, ignore_errors=True)
