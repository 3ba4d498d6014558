"""The two files that may hold settings: where they are looked for, and what they may say."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from tvtui.text import clean_line

LIKE_A_KEY = re.compile(r"tvb_[0-9A-Za-z]{8,}")
"""What is treated as a key wherever a key has no business to be."""

PROJECT_FILE = ".tvtui.toml"
"""Shared with a repository; never holds the key."""

PROJECT_SETTINGS = ("server", "project", "interval", "notify")

USER_FILE = "config.toml"
"""The user's own, in the platform's configuration folder; may hold the key."""

USER_SETTINGS = ("server", "api_key", "project", "interval", "notify")

_LARGEST = 65_536
_LINE_OF_ERROR = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True)
class FileContent:
    """What one file says.

    Attributes:
        values: The known settings in it, of whatever type they are there.
        problems: Sentences about what keeps the file from being used.
        warnings: Sentences about what is no obstacle.
        is_read: Whether `values` is all that the file says.
    """

    values: dict[str, object] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    is_read: bool = True


def config_folder() -> Path:
    """The folder of the user's file on this platform."""
    from platformdirs import user_config_path

    return user_config_path("tvtui", appauthor=False)


def find_project_file(cwd: Path) -> Path | None:
    """The nearest `.tvtui.toml` from `cwd` up to its repository's root, the folder that holds `.git`.

    Outside of a repository only `cwd` itself counts: a folder further up, such as /tmp, may be anybody's,
    and whoever names the server is sent the key.
    """
    folders = [cwd, *cwd.parents]
    root = next((index for index, folder in enumerate(folders) if os.path.lexists(folder / ".git")), 0)
    paths = (folder / PROJECT_FILE for folder in folders[: root + 1])
    return next((path for path in paths if os.path.lexists(path)), None)


def read_project_file(path: Path, user_path: Path) -> FileContent:
    """Read a repository's file; `user_path` is where a key belongs that is found in it."""
    try:
        text = _read(path)
    except ValueError as error:
        return FileContent(problems=(str(error),), is_read=False)
    # searched as text, so that it is found in comments, in tables and in a file that does not parse
    holds_key = LIKE_A_KEY.search(text) is not None
    try:
        values = _parse(path, text)
    except ValueError as error:
        problems = (str(error), _misplaced(path, user_path)) if holds_key else (str(error),)
        return FileContent(problems=problems, is_read=False)
    if holds_key or any(re.sub("[^a-z]", "", name.lower()) == "apikey" for name in values):
        return FileContent(values=_known(values, PROJECT_SETTINGS), problems=(_misplaced(path, user_path),))
    return FileContent(_known(values, PROJECT_SETTINGS), warnings=_unknown(path, values, PROJECT_SETTINGS))


def read_user_file(path: Path) -> FileContent:
    """Read the user's file; an absent one says nothing."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return FileContent()
    except OSError as error:
        return FileContent(warnings=(f"{_shown(path)} cannot be looked for: {error.strerror}.",))
    try:
        values = _parse(path, _read(path))
    except ValueError as error:
        return FileContent(problems=(str(error),), is_read=False)
    warnings = _unknown(path, values, USER_SETTINGS)
    if os.name == "posix" and "api_key" in values and mode & (stat.S_IRGRP | stat.S_IROTH):
        warnings += (f"{_shown(path)} holds your key and others can read it: chmod 600 it.",)
    return FileContent(_known(values, USER_SETTINGS), warnings=warnings)


def _read(path: Path) -> str:
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            what = "a folder" if stat.S_ISDIR(info.st_mode) else "not a regular file"
            raise ValueError(f"{_shown(path)} is {what}: settings are read from a file of that name.")
        if info.st_size > _LARGEST:
            raise ValueError(f"{_shown(path)} is larger than 64 KiB: that is no file of settings.")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ValueError(f"{_shown(path)} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{_shown(path)}, line {line}: not UTF-8; save the file as UTF-8.") from None


def _parse(path: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError(f"{_shown(path)} does not parse as TOML: it is nested too deeply.") from None
    except ValueError as error:
        # only the line is told, as the parser's own words may quote what stands there
        match = _LINE_OF_ERROR.search(str(error))
        line = int(match[1]) if match else len(text.splitlines()) or 1
        raise ValueError(f'{_shown(path)}, line {line}: does not parse as TOML; write it as name = "text".') from None


def _known(values: dict[str, object], names: tuple[str, ...]) -> dict[str, object]:
    return {name: values[name] for name in names if name in values}


def _unknown(path: Path, values: dict[str, object], names: tuple[str, ...]) -> tuple[str, ...]:
    unknown = ", ".join(LIKE_A_KEY.sub("tvb_…", clean_line(name))[:60] for name in values if name not in names)
    if not unknown:
        return ()
    return (f"{_shown(path)}: unknown and ignored: {unknown}; known are {', '.join(names)}.",)


def _misplaced(path: Path, user_path: Path) -> str:
    return (
        f"{_shown(path)} holds an API key, and that file is shared with its repository: "
        f"move the key to TESTVIBE_API_KEY or to {_shown(user_path)}, and revoke it if it was ever committed."
    )


def _shown(path: Path) -> str:
    return clean_line(str(path))
