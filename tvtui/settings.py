"""Where the server, the key and the project come from: flags, then environment, then files; frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

from tvtui.api_key import ApiKey
from tvtui.output_folder import parse_output
from tvtui.preferences import Preferences, parse_keys, parse_linear, parse_theme
from tvtui.settings_files import (
    PROJECT_FILE,
    PROJECT_SETTINGS,
    USER_FILE,
    USER_SETTINGS,
    FileContent,
    commands_in,
    config_folder,
    find_project_file,
    read_project_file,
    read_user_file,
)
from tvtui.settings_values import (
    GUID,
    is_loopback,
    parse_project,
    parse_run_id,
    parse_seconds,
    parse_server,
    parse_text,
    parse_way,
)
from tvtui.terminal_kind import Way
from tvtui.text import clean_line
from tvtui.theme_names import DEFAULT

__all__ = [
    "ApiKey",
    "Preferences",
    "Settings",
    "SettingsError",
    "is_loopback",
    "load",
    "load_preferences",
    "parse_run_id",
    "parse_server",
]

_T = TypeVar("_T")


class SettingsError(Exception):
    """Settings are missing or malformed.

    Attributes:
        problems: One sentence each, with the way to set it right.
        warnings: Sentences about what was noticed besides.
    """

    def __init__(self, problems: tuple[str, ...], warnings: tuple[str, ...] = ()) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
        self.warnings = warnings


@dataclass(frozen=True, slots=True)
class Settings:
    """What a watch needs to know, whole and checked.

    Attributes:
        server: Scheme, host, port unless it is the scheme's own, path prefix; no slash at its end.
        api_key: The key, masked wherever it is shown.
        project: The project's public id, a GUID.
        interval: Seconds between a reply and the next request.
        insecure_http: Whether the key may travel in the clear to a host that is not this machine.
        timeout: Seconds without a good answer after which contact counts as lost; None: never.
        open_with: Commands to open files with, by the kind of artifact in small letters: `my-viewer {file}`.
        notify: How to tell of the first failure and of the end.
        key_source: Where the key was found, as the user knows it: a variable's name or a file's path.
        server_source: The same of the server, or a flag.
        project_source: The same of the project.
        warnings: Sentences about what was noticed and is no obstacle.
        output: The folder that artifacts are put into, absolute; None: `tvtui-artifacts` in the working folder.
        output_is_for_one_run: Whether it is the very folder, as a flag names it; else each run has one in it.
        preferences: How the screen is to look and to be steered.
    """

    server: str
    api_key: ApiKey
    project: str
    interval: float = 2.0
    insecure_http: bool = False
    timeout: float | None = None
    open_with: Mapping[str, str] = field(default_factory=dict)
    notify: Way = Way.AUTO
    key_source: str = ""
    warnings: tuple[str, ...] = ()
    output: Path | None = None
    output_is_for_one_run: bool = False
    server_source: str = "TESTVIBE_SERVER"
    project_source: str = "TESTVIBE_PROJECT"
    preferences: Preferences = field(default_factory=Preferences)


class _Found(NamedTuple):
    value: object
    source: str
    """A flag, a variable or a file."""
    name: str = ""
    """What it is called in that file."""

    @property
    def place(self) -> str:
        return f"{self.source}, {self.name}" if self.name else self.source

    @property
    def setting(self) -> str:
        return clean_line(f"{self.name} in {self.source}" if self.name else self.source)


def load(
    flags: Mapping[str, object], environ: Mapping[str, str], cwd: Path | None, config_dir: Path | None = None
) -> Settings:
    """Find and check every setting; for each one the first place that has it counts.

    Args:
        flags: `server`, `project`, `interval`, `timeout`, `output`, `theme` as typed (None: not given),
            `insecure_http`, `no_notify`.
        environ: The environment; an empty variable counts as unset.
        cwd: The working folder, None if it is gone.
        config_dir: The folder of the user's file; the platform's own if None.

    Raises:
        SettingsError: Something is missing or malformed; names all of it at once.
    """
    search = _search_files(cwd, config_dir)
    search.found |= _from_environment(environ, known=search.found)
    search.found |= _from_flags(flags)
    insecure_http = bool(flags.get("insecure_http"))

    server = search.need("server", lambda value: parse_server(value, insecure_http=insecure_http))
    api_key = search.need("api_key", lambda value: ApiKey(parse_text(value)))
    project = search.need("project", parse_project)
    interval = search.check("interval", lambda value: parse_seconds(value, 0.5, 3600))
    timeout = search.check("timeout", lambda value: parse_seconds(value, 0.1, 86_400))
    source = search.found["output"].source if "output" in search.found else ""
    output = search.check("output", lambda value: parse_output(parse_text(value), source, search.project_path, cwd))
    open_with = search.check("open", commands_in)
    notify = search.check("notify", parse_way)
    preferences = _preferences(search)
    warnings = tuple(search.warnings)
    if search.problems or server is None or api_key is None or project is None:
        raise SettingsError(tuple(search.problems), warnings)
    return Settings(
        server=server,
        api_key=api_key,
        project=project,
        interval=2.0 if interval is None else interval,
        insecure_http=insecure_http,
        timeout=timeout,
        open_with=open_with or {},
        notify=notify or Way.AUTO,
        key_source=clean_line(search.found["api_key"].source),
        server_source=search.found["server"].setting,
        project_source=search.found["project"].setting,
        warnings=warnings,
        output=output,
        output_is_for_one_run=source == "--output",
        preferences=preferences,
    )


def load_preferences(flags: Mapping[str, object], cwd: Path | None, config_dir: Path | None = None) -> Preferences:
    """Find and check what `load` would, of preferences only; nothing else in the files matters.

    Raises:
        SettingsError: One of them is malformed.
    """
    search = _search_files(cwd, config_dir)
    search.problems.clear()
    search.found |= _from_flags(flags)
    preferences = _preferences(search)
    if search.problems:
        raise SettingsError(tuple(search.problems))
    return preferences


def _search_files(cwd: Path | None, config_dir: Path | None) -> _Search:
    user_path = (config_folder() if config_dir is None else config_dir) / USER_FILE
    project_path = None if cwd is None else find_project_file(cwd)
    search = _Search(user_path, project_path)
    search.add_file(user_path, read_user_file(user_path), USER_SETTINGS)
    own_theme = search.found.get("theme")
    if project_path is not None:
        search.add_file(project_path, read_project_file(project_path, user_path), PROJECT_SETTINGS)
    # what one can read is not for a repository to decide
    if own_theme is not None:
        search.found["theme"] = own_theme
    return search


def _preferences(search: _Search) -> Preferences:
    theme, keys = search.check("theme", parse_theme), search.check("keys", parse_keys)
    linear = search.check("linear", parse_linear)
    return Preferences(theme=theme or DEFAULT, keys=keys or {}, linear=bool(linear))


def _from_flags(flags: Mapping[str, object]) -> dict[str, _Found]:
    typed = {name: flags.get(name) for name in ("server", "project", "interval", "timeout", "output", "theme")}
    silence = {"notify": _Found(Way.OFF.value, "--no-notify")} if flags.get("no_notify") else {}
    return silence | {
        name: _Found(_number(value) if name in {"interval", "timeout"} else value, f"--{name}")
        for name, value in typed.items()
        if value is not None
    }


def _number(value: object) -> object:
    try:
        return float(str(value))
    except ValueError:
        return value


def _from_environment(environ: Mapping[str, str], known: Mapping[str, _Found]) -> dict[str, _Found]:
    variables = {name: f"TESTVIBE_{name.upper()}" for name in ("server", "api_key", "project")}
    variables["output"] = "TVTUI_OUTPUT"
    found = {name: _Found(environ[var], var) for name, var in variables.items() if environ.get(var, "").strip()}
    # Many programs know a PROJECT: one that is no GUID overrules no file, and counts only if nothing else does
    general = environ.get("PROJECT", "").strip()
    if "project" not in found and general and (GUID.fullmatch(general) or "project" not in known):
        found["project"] = _Found(general, "PROJECT")
    return found


class _Search:
    """What has been found so far, and what is wrong with it."""

    def __init__(self, user_path: Path, project_path: Path | None) -> None:
        self.project_path = project_path
        self.found: dict[str, _Found] = {}
        self.problems: list[str] = []
        self.warnings: list[str] = []
        self._unread: set[str] = set()
        self._own_file = clean_line(str(user_path))

    def add_file(self, path: Path, content: FileContent, names: tuple[str, ...]) -> None:
        """Take in what a file says; it counts before what was taken in earlier."""
        self.found |= {name: _Found(value, str(path), name) for name, value in content.values.items()}
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
