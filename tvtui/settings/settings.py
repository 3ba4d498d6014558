"""Where the server, the key and the project come from: flags, then environment, then files; frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from tvtui.settings.api_key import ApiKey
from tvtui.settings.paths import config_folder
from tvtui.settings.sources import (
    PROJECT_SETTINGS,
    USER_FILE,
    USER_SETTINGS,
    Search,
    commands_in,
    find_project_file,
    from_environment,
    from_flags,
    read_project_file,
    read_user_file,
)
from tvtui.settings.values import (
    DEFAULT_THEME,
    Preferences,
    Way,
    parse_keys,
    parse_linear,
    parse_output,
    parse_project,
    parse_seconds,
    parse_server,
    parse_text,
    parse_theme,
    parse_way,
)
from tvtui.text.clean import clean_line

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
    search.found |= from_environment(environ, known=search.found)
    search.found |= from_flags(flags)
    insecure_http = bool(flags.get("insecure_http"))

    server = search.need("server", lambda value: parse_server(value, insecure_http=insecure_http))
    api_key = search.need("api_key", lambda value: ApiKey(parse_text(value)))
    project = search.need("project", parse_project)
    interval = search.check("interval", lambda value: parse_seconds(value, 0.5, 3600))
    timeout = search.check("timeout", lambda value: parse_seconds(value, 0.1, 86_400))
    own = _own(search, cwd)
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
        key_source=clean_line(search.found["api_key"].source),
        server_source=search.found["server"].setting,
        project_source=search.found["project"].setting,
        warnings=warnings,
        open_with=own.open_with,
        notify=own.notify,
        output=own.output,
        output_is_for_one_run=own.output_is_for_one_run,
        preferences=own.preferences,
    )


def load_for(
    known: Settings,
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    cwd: Path | None,
    config_dir: Path | None = None,
) -> Settings:
    """Settings whose server, key, project and pace are known, with everything else as `load` finds it.

    Raises:
        SettingsError: Something of that is malformed; whatever is wrong besides does not matter.
    """
    search = _search_files(cwd, config_dir)
    search.problems.clear()
    search.found |= from_environment(environ, known=search.found)
    search.found |= from_flags(flags)
    own = _own(search, cwd)
    if search.problems:
        raise SettingsError(tuple(search.problems))
    return replace(
        known,
        open_with=own.open_with,
        notify=own.notify,
        output=own.output,
        output_is_for_one_run=own.output_is_for_one_run,
        preferences=own.preferences,
    )


class _Own(NamedTuple):
    """What is not about a server."""

    open_with: Mapping[str, str]
    notify: Way
    output: Path | None
    output_is_for_one_run: bool
    preferences: Preferences


def _own(search: Search, cwd: Path | None) -> _Own:
    source = search.found["output"].source if "output" in search.found else ""
    output = search.check("output", lambda value: parse_output(parse_text(value), source, search.project_path, cwd))
    open_with = search.check("open", commands_in)
    notify = search.check("notify", parse_way)
    theme, keys = search.check("theme", parse_theme), search.check("keys", parse_keys)
    linear = search.check("linear", parse_linear)
    preferences = Preferences(theme=theme or DEFAULT_THEME, keys=keys or {}, linear=bool(linear))
    return _Own(open_with or {}, notify or Way.AUTO, output, source == "--output", preferences)


def _search_files(cwd: Path | None, config_dir: Path | None) -> Search:
    user_path = (config_folder() if config_dir is None else config_dir) / USER_FILE
    project_path = None if cwd is None else find_project_file(cwd)
    search = Search(user_path, project_path)
    search.add_file(user_path, read_user_file(user_path), USER_SETTINGS)
    own_theme = search.found.get("theme")
    if project_path is not None:
        search.add_file(project_path, read_project_file(project_path, user_path), PROJECT_SETTINGS)
    # what one can read is not for a repository to decide
    if own_theme is not None:
        search.found["theme"] = own_theme
    return search
