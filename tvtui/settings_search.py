"""What is gathered while settings are searched for: each value, where it was said, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from tvtui.settings_files import PROJECT_FILE, FileContent
from tvtui.settings_values import GUID
from tvtui.terminal_kind import Way
from tvtui.text.clean import clean_line

__all__ = ["Found", "Search", "from_environment", "from_flags"]

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
