"""Where settings are read from: flags, the environment and two files; each value remembers its source."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tvtui.settings.paths import folders_of_repository, has_git, ownership_problem, shown
from tvtui.text.clean import clean_line
from tvtui.text.redact import contains_key, is_key_name, quoted

PROJECT_FILE = ".tvtui.toml"
"""Shared through a repository; must not contain the key."""

USER_FILE = "config.toml"
"""The user's own file, in the platform's configuration folder; may contain the key."""

_LARGEST_FILE = 65_536
_LINE_OF_ERROR = r"at line (\d+)"
# The parser's messages, without the character of the file that some of them end with.
_REASON = (
    r"((?:Escaped|Expected|Invalid|Unclosed|Unescaped|Unterminated|(?:Found invalid|Illegal) character)\b.*?)"
    r"(?: '[^']*')? \(at "
)
_SET_TWICE = r"Cannot overwrite|Cannot declare .* twice|Duplicate "
_NAME_IN_LINE = r"\s*(\[+[^\[\]{}=]+\]+|[\w.\"'/:-]+)\s*(?:=[^{]*)?"


class Setting(NamedTuple):
    """One setting: where it may be set, and how its value is checked.

    A value is looked for in the flag, the variable, the repository's file and the user's file, in this order.

    Attributes:
        name: Its name in files and in `Settings`.
        about: What it is, in a few words.
        parse: Checks a value and converts it; raises ValueError, whose arguments are put after the value's source.
        flag: The option.
        env: The environment variable.
        files: The files that may contain it.
        general_env: A variable that other programs use too: an invalid value in it does not override a file.
        user_first: Whether the user's file has priority over the repository's.
        from_text: Converts the text of a flag or a variable before `parse` checks it.
        example: A value for the message that it is missing; "" if the setting is optional.
        may_be_shared: Whether the repository's file may set this value; anything else in it is ignored.
    """

    name: str
    about: str
    parse: Callable[[Any], object]
    flag: str = ""
    env: str = ""
    files: Sequence[str] = ()
    general_env: str = ""
    user_first: bool = False
    from_text: Callable[[str], object] = str
    example: str = ""
    may_be_shared: Callable[[object], bool] = lambda _: True


class Found(NamedTuple):
    """A value that was found, unchecked.

    Attributes:
        value: The value.
        source: A flag, a variable or the path of a file.
        name: The name of the setting in that file.
        root: The folder of that file if it is a repository's.
    """

    value: object
    source: str
    name: str = ""
    root: Path | None = None

    @property
    def is_own(self) -> bool:
        """Whether the user's file contains it."""
        return bool(self.name) and self.root is None

    @property
    def place(self) -> str:
        """Where to correct it, as in `.tvtui.toml, theme`."""
        return clean_line(f"{self.source}, {self.name}" if self.name else self.source)

    @property
    def phrase(self) -> str:
        """The place within a sentence, as in `theme in .tvtui.toml`."""
        return clean_line(f"{self.name} in {self.source}" if self.name else self.source)


class Search:
    """Finds the value of each setting in the first place that has one.

    Attributes:
        found: The values, by setting.
        problems: Sentences about what is wrong, each with a way to correct it.
        warnings: Sentences about things that do not stop a watch.
        unread: The files that cannot be read or parsed.
        user_file: The user's file, as a sentence names it.
    """

    def __init__(
        self,
        settings: Iterable[Setting],
        flags: Mapping[str, object],
        environ: Mapping[str, str],
        cwd: Path | None,
        config_dir: Path | None,
    ) -> None:
        """Read both files and find every setting; for the arguments see `tvtui.settings.settings.load`."""
        self.problems: list[str] = []
        self.warnings: list[str] = []
        self.unread: set[str] = set()
        self._settings = {setting.name: setting for setting in settings}
        self._flags = flags
        self._environ = environ
        path = None if config_dir is None else config_dir / USER_FILE
        self.user_file = USER_FILE if path is None else shown(path)
        self._files: dict[str, tuple[Path, Mapping[str, object]]] = {}
        if path is not None and self._may_decide(path):
            self._files[USER_FILE] = (path, self._read_user_file(path))
        if cwd is not None and (path := self._project_file(cwd)) is not None:
            self._files[PROJECT_FILE] = (path, self._read_project_file(path))
        found = {name: next(iter(self.places(name)), None) for name in self._settings}
        self.found = {name: value for name, value in found.items() if value is not None}

    def values(self, settings: Iterable[Setting]) -> dict[str, Any]:
        """The checked values of some settings; whatever is missing or malformed is added to the problems."""
        values: dict[str, Any] = {}
        for setting in settings:
            if setting.name in self.found:
                self.check(setting.name, setting.parse, self.found[setting.name].value, into=values)
            # a file that could not be read may contain it, and is a problem already
            elif setting.example and not self.unread.intersection(setting.files):
                self.problems.append(self._missing(setting))
        return values

    def check(self, name: str, parse: Callable[[Any], object], value: object, *, into: dict[str, Any]) -> None:
        """Put a checked value into a dictionary, or add the reasons why it is malformed to the problems."""
        try:
            into[name] = parse(value)
        except ValueError as error:
            into.pop(name, None)
            self.problems.extend(f"{self.found[name].place}: {mistake}." for mistake in error.args)

    def places(self, name: str) -> list[Found]:
        """The values of a setting wherever it is set; the first one takes precedence."""
        setting = self._settings[name]
        typed = self._flags.get(setting.flag.removeprefix("--").replace("-", "_"))
        flag = None if typed is None or typed is False else Found(setting.from_text(str(typed)), setting.flag)
        general = _variable(setting, setting.general_env, self._environ)
        files = (USER_FILE, PROJECT_FILE) if setting.user_first else (PROJECT_FILE, USER_FILE)
        places = [
            flag,
            _variable(setting, setting.env, self._environ),
            general if general is not None and _is_valid(setting, general) else None,
            *(self._in_file(file, setting) for file in files),
            general,
        ]
        return [found for found in places if found is not None]

    def warn_of_overridden(self, used: Iterable[Setting]) -> None:
        """Warn of malformed values in files that have no effect now: other settings than `used`, or overridden ones."""
        names = {setting.name for setting in used}
        for name, setting in self._settings.items():
            for found in self.places(name):
                if found.name and not (name in names and found == self.found.get(name)):
                    try:
                        setting.parse(found.value)
                    except ValueError as error:
                        self.warnings.extend(f"{found.place}: {mistake}." for mistake in error.args)

    def _in_file(self, file: str, setting: Setting) -> Found | None:
        if file not in setting.files or file not in self._files:
            return None
        path, values = self._files[file]
        root = path.parent if file == PROJECT_FILE else None
        return Found(values[setting.name], str(path), setting.name, root) if setting.name in values else None

    def _missing(self, setting: Setting) -> str:
        option = f"pass {setting.flag}, " if setting.flag else ""
        paths = [PROJECT_FILE if file == PROJECT_FILE else self.user_file for file in setting.files]
        return (
            f"No {setting.about} is set: export {setting.env}={setting.example}, {option}"
            f'or add {setting.name} = "{setting.example}" to {" or ".join(paths)}.'
        )

    def _project_file(self, cwd: Path) -> Path | None:
        folders = folders_of_repository(cwd)
        for folder in folders:
            path = folder / PROJECT_FILE
            if os.path.lexists(path) and self._may_decide(path):
                return path
        if folders == [cwd] and not has_git(cwd):
            self._warn_of_ignored_root(cwd)
        return None

    def _warn_of_ignored_root(self, cwd: Path) -> None:
        """Warn if a file is ignored because another user controls the repository's root."""
        for at, folder in enumerate(cwd.parents):
            if has_git(folder):
                if any(os.path.lexists(below / PROJECT_FILE) for below in cwd.parents[: at + 1]):
                    self._may_decide(folder / ".git")
                return

    def _may_decide(self, path: Path) -> bool:
        """Whether no other user controls a file; otherwise it is ignored, with a warning."""
        reason = ownership_problem(path)
        if reason:
            self.warnings.append(f"{shown(path)} is ignored: {reason}.")
        return not reason

    def _read_user_file(self, path: Path) -> dict[str, object]:
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            self.warnings.append(f"{shown(path)} cannot be accessed: {error.strerror}.")
            return {}
        text, values = self._read(path, USER_FILE)
        self._warn_of_unknown(path, values, USER_FILE)
        has_key = "api_key" in values or contains_key(text)
        if os.name == "posix" and has_key and mode & (stat.S_IRGRP | stat.S_IROTH):
            self.warnings.append(
                f"{shown(path)} contains your API key and other users can read it. Run chmod 600 on it."
            )
        return values

    def _read_project_file(self, path: Path) -> dict[str, object]:
        text, values = self._read(path, PROJECT_FILE)
        # the text is searched, so that a key is found in comments, in tables and in a file that does not parse
        if contains_key(text) or any(map(is_key_name, values)):
            self.problems.append(
                f"{shown(path)} contains an API key and is shared through its repository: move the key to "
                f"TESTVIBE_API_KEY or to {self.user_file}, and revoke it if it was ever committed."
            )
            return values
        for name in (name for name, setting in self._settings.items() if tuple(setting.files) == (USER_FILE,)):
            # such as `open`: those who can write to a repository must not choose which programs run
            if name in values:
                del values[name]
                self.warnings.append(f"{shown(path)}: {name} is ignored here; set it in {self.user_file}.")
        for name, setting in self._settings.items():
            if name in values and not setting.may_be_shared(values[name]):
                del values[name]
                self.warnings.append(
                    f"{shown(path)}: {name} can only be turned off here; set other values in {self.user_file}."
                )
        self._warn_of_unknown(path, values, PROJECT_FILE)
        return values

    def _read(self, path: Path, file: str) -> tuple[str, dict[str, object]]:
        """The text and the values of a file; empty, and a problem, where it cannot be read or parsed."""
        text = ""
        try:
            text = _text_of(path)
            return text, _parse(path, text)
        except ValueError as error:
            self.unread.add(file)
            self.problems.append(str(error))
            return text, {}

    def _warn_of_unknown(self, path: Path, values: Mapping[str, object], file: str) -> None:
        known = [name for name, setting in self._settings.items() if file in setting.files]
        unknown = ", ".join(quoted(name, 60) for name in values if name not in known)
        if unknown:
            self.warnings.append(
                f"{shown(path)}: ignored unknown settings: {unknown}. Known settings: {', '.join(known)}."
            )


def _variable(setting: Setting, name: str, environ: Mapping[str, str]) -> Found | None:
    text = environ.get(name, "").strip() if name else ""
    return Found(setting.from_text(text), name) if text else None


def _is_valid(setting: Setting, found: Found) -> bool:
    try:
        setting.parse(found.value)
    except ValueError:
        return False
    return True


def _text_of(path: Path) -> str:
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            what = "a folder" if stat.S_ISDIR(info.st_mode) else "not a regular file"
            raise ValueError(f"{shown(path)} is {what}; expected a settings file.")
        if info.st_size > _LARGEST_FILE:
            raise ValueError(f"{shown(path)} is larger than 64 KiB; expected a settings file.")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ValueError(f"{shown(path)} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{shown(path)}, line {line}: not UTF-8. Save the file as UTF-8.") from None


def _parse(path: Path, text: str) -> dict[str, object]:
    # imported here, as many users have no file
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError(f"{shown(path)} is not valid TOML: it is nested too deeply.") from None
    except ValueError as error:
        match = re.search(_LINE_OF_ERROR, str(error))
        line = int(match[1]) if match else text.rstrip().count("\n") + 1
        raise ValueError(f"{shown(path)}, line {line}: {_toml_fault(str(error), text, line)}") from None


def _toml_fault(message: str, text: str, line: int) -> str:
    """What is wrong with a file, from the parser's message; quotes no value, which could be the key."""
    if re.match(_SET_TWICE, message):
        name = re.fullmatch(_NAME_IN_LINE, text.split("\n")[line - 1].partition("#")[0])
        # within a string of several lines, a piece of a value can look like a name
        is_safe = name is not None and not any(quotes in text for quotes in ('"""', "'''"))
        return f"{quoted(name[1], 60) if name and is_safe else 'a name'} is set twice."
    reason = re.match(_REASON, message)
    why = f" ({reason[1][0].lower()}{reason[1][1:]})" if reason else ""
    return f'not valid TOML{why}. Write settings as name = "value".'
