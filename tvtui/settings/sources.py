"""Where settings are read from: flags, the environment and two files; each value remembers its source."""

from __future__ import annotations

import os
import re
import shlex
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

from tvtui.settings.paths import folders_of_repository
from tvtui.settings.values import GUID, Way
from tvtui.text.clean import clean_line
from tvtui.text.redact import LIKE_A_KEY

_T = TypeVar("_T")


class Found(NamedTuple):
    """A value as it was written, not checked yet."""

    value: object
    source: str
    """A flag, a variable or a file."""
    name: str = ""
    """What it is called in that file."""

    @property
    def place(self) -> str:
        """Where to mend it: `tvtui.toml, theme`."""
        return f"{self.source}, {self.name}" if self.name else self.source

    @property
    def setting(self) -> str:
        """What to call it in a sentence, on one clean line: `theme in tvtui.toml`."""
        return clean_line(f"{self.name} in {self.source}" if self.name else self.source)


def from_flags(flags: Mapping[str, object]) -> dict[str, Found]:
    """What the command line says."""
    typed = {name: flags.get(name) for name in ("server", "project", "interval", "timeout", "output", "theme")}
    silence = {"notify": Found(Way.OFF.value, "--no-notify")} if flags.get("no_notify") else {}
    return silence | {
        name: Found(_number(value) if name in {"interval", "timeout"} else value, f"--{name}")
        for name, value in typed.items()
        if value is not None
    }


def _number(value: object) -> object:
    try:
        return float(str(value))
    except ValueError:
        return value


def from_environment(environ: Mapping[str, str], known: Mapping[str, Found]) -> dict[str, Found]:
    """What the environment says, to one for whom `known` was found in files."""
    variables = {name: f"TESTVIBE_{name.upper()}" for name in ("server", "api_key", "project")}
    variables["output"] = "TVTUI_OUTPUT"
    found = {name: Found(environ[var], var) for name, var in variables.items() if environ.get(var, "").strip()}
    # Many programs know a PROJECT: one that is no GUID overrules no file, and counts only if nothing else does
    general = environ.get("PROJECT", "").strip()
    if "project" not in found and general and (GUID.fullmatch(general) or "project" not in known):
        found["project"] = Found(general, "PROJECT")
    return found


class Search:
    """What has been found so far, and what is wrong with it."""

    def __init__(self, user_path: Path, project_path: Path | None) -> None:
        self.project_path = project_path
        self.found: dict[str, Found] = {}
        self.problems: list[str] = []
        self.warnings: list[str] = []
        self._unread: set[str] = set()
        self._own_file = clean_line(str(user_path))

    def add_file(self, path: Path, content: FileContent, names: tuple[str, ...]) -> None:
        """Take in what a file says; it counts before what was taken in earlier."""
        self.found |= {name: Found(value, str(path), name) for name, value in content.values.items()}
        self.warnings.extend(content.warnings)
        self.problems.extend(content.problems)
        # what such a file may hold is not called missing: the one sentence about the file is enough
        if not content.is_read:
            self._unread.update(names)

    def need(self, name: str, parse: Callable[[object], _T]) -> _T | None:
        """The checked setting; None after noting that it is missing or malformed."""
        if name not in self.found and name not in self._unread:
            self.problems.append(self._missing(name))
        return self.check(name, parse)

    def check(self, name: str, parse: Callable[[object], _T]) -> _T | None:
        """The checked setting if there is one; None after noting that it is malformed."""
        if name not in self.found:
            return None
        try:
            return parse(self.found[name].value)
        except ValueError as error:
            self.problems.append(f"{clean_line(self.found[name].place)}: {error}.")
            return None

    def _missing(self, name: str) -> str:
        if name == "api_key":
            return (
                f"No API key is set: export TESTVIBE_API_KEY=tvb_…, "
                f'or write api_key = "tvb_…" into {self._own_file} (chmod 600).'
            )
        example = "https://…" if name == "server" else "01234567-…"
        return (
            f"No {name} is set: export TESTVIBE_{name.upper()}={example}, give --{name}, "
            f'or write {name} = "{example}" into {PROJECT_FILE} or {self._own_file}.'
        )


PROJECT_FILE = ".tvtui.toml"
"""Shared with a repository; never holds the key."""

PROJECT_SETTINGS = ("server", "project", "interval", "output", "theme", "notify")

USER_FILE = "config.toml"
"""The user's own, in the platform's configuration folder; may hold the key."""

USER_SETTINGS = ("server", "api_key", "project", "interval", "output", "open", "theme", "keys", "notify", "linear")

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


def find_project_file(cwd: Path) -> Path | None:
    """The nearest `.tvtui.toml` from `cwd` up to its repository's root, the folder that holds `.git`.

    Outside of a repository only `cwd` itself counts: a folder further up, such as /tmp, may be anybody's,
    and whoever names the server is sent the key.
    """
    paths = (folder / PROJECT_FILE for folder in folders_of_repository(cwd))
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
    warnings: tuple[str, ...] = ()
    if "open" in values:
        # it names programs to run: whoever can write to a repository must not be able to
        del values["open"]
        warnings += (
            f"{_shown(path)}: open is ignored: what to open files with is read from {_shown(user_path)} alone.",
        )
    if "keys" in values:
        del values["keys"]
        warnings += (f"{_shown(path)}: [keys] is ignored: keys are yours to choose, in {_shown(user_path)}.",)
    return FileContent(_known(values, PROJECT_SETTINGS), warnings=warnings + _unknown(path, values, PROJECT_SETTINGS))


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


def commands_in(table: object) -> Mapping[str, str]:
    """The commands of an `[open]` table, by kind in small letters.

    Raises:
        ValueError: It is no table, or holds what is no command; the message goes behind the table's name.
    """
    if not isinstance(table, dict):
        raise ValueError('must be a table: [open], and below it lines such as trace = "my-viewer {file}"')
    for kind, command in table.items():
        try:
            is_command = isinstance(command, str) and bool(shlex.split(command))
        except ValueError:
            is_command = False
        if not is_command:
            raise ValueError(f'{_named(kind)} must be a command in quotes, such as "my-viewer {{file}}"')
    return {kind.casefold(): command for kind, command in table.items()}


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
    unknown = ", ".join(_named(name) for name in values if name not in names)
    if not unknown:
        return ()
    return (f"{_shown(path)}: unknown and ignored: {unknown}; known are {', '.join(names)}.",)


def _named(name: str) -> str:
    return LIKE_A_KEY.sub("tvb_…", clean_line(name))[:60]


def _misplaced(path: Path, user_path: Path) -> str:
    return (
        f"{_shown(path)} holds an API key, and that file is shared with its repository: "
        f"move the key to TESTVIBE_API_KEY or to {_shown(user_path)}, and revoke it if it was ever committed."
    )


def _shown(path: Path) -> str:
    return clean_line(str(path))
