"""All settings, one row each, and how they are loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tvtui.settings.api_key import KEY_VARIABLE, ApiKey
from tvtui.settings.paths import config_folder
from tvtui.settings.server_keys import NoKey, Untrusted, find_key
from tvtui.settings.sources import PROJECT_FILE, USER_FILE, Search, Setting
from tvtui.settings.values import (
    JournalMode,
    NotifyStyle,
    as_number,
    is_loopback,
    is_on,
    origin_of,
    parse_commands,
    parse_journal,
    parse_keys,
    parse_notify_style,
    parse_project,
    parse_seconds,
    parse_server,
    parse_switch,
    parse_text,
    parse_theme,
    repository_folder,
    require_https,
    turns_journal_off,
    user_folder,
)
from tvtui.text.clean import clean_line

_BOTH = (PROJECT_FILE, USER_FILE)
_USER_ONLY = (USER_FILE,)

CONNECTION = (
    Setting("server", "server", parse_server, "--server", "TESTVIBE_SERVER", _BOTH, example="https://…"),
    Setting("api_key", "API key", lambda text: ApiKey(parse_text(text)), "", KEY_VARIABLE, _USER_ONLY, example="tvb_…"),
    Setting(
        "project", "project", parse_project, "--project", "TESTVIBE_PROJECT", _BOTH, "PROJECT", example="01234567-…"
    ),
    Setting(
        "interval",
        "seconds between polls (0.5 to 3600, default 2)",
        partial(parse_seconds, low=0.5, high=3600),
        "--interval",
        files=_BOTH,
        from_text=as_number,
    ),
    Setting(
        "timeout",
        "seconds without a response before giving up",
        partial(parse_seconds, low=0.1, high=86_400),
        "--timeout",
        from_text=as_number,
    ),
    Setting(
        "max_time",
        "seconds after which the watch ends in any case",
        partial(parse_seconds, low=0.1, high=604_800),
        "--max-time",
        from_text=as_number,
    ),
)
"""The settings of the server."""

PREFERENCES = (
    Setting("output", "folder for artifacts", parse_text, "--output", "TVTUI_OUTPUT", _BOTH),
    Setting(
        "notify",
        f"notifications: {', '.join(NotifyStyle)}",
        parse_notify_style,
        "--no-notify",
        files=_BOTH,
        from_text=lambda _: "off",
    ),
    Setting("linear", "screen-reader mode", parse_switch, "--linear", "ACCESSIBLE", files=_USER_ONLY, from_text=is_on),
    # a repository must not choose what its users can read
    Setting(
        "theme",
        "theme (default: light or dark like the terminal)",
        parse_theme,
        "--theme",
        files=_BOTH,
        user_first=True,
    ),
    Setting("mouse", "mouse", parse_switch, "--no-mouse", files=_USER_ONLY, from_text=lambda _: False),
    # a repository must not choose what is kept of its runs, let alone where: it may only ask to keep nothing
    Setting(
        "journal",
        f"what is remembered of runs: {', '.join(JournalMode)}",
        parse_journal,
        env="TVTUI_JOURNAL",
        files=_BOTH,
        may_be_shared=turns_journal_off,
    ),
    Setting("open", "programs that open artifacts", parse_commands, files=_USER_ONLY),
    Setting("keys", "keys", parse_keys, files=_USER_ONLY),
)
"""The settings of the user interface."""

SETTINGS = CONNECTION + PREFERENCES

DEMO = "tvtui demo"
"""The source of the server of the demo, whose URL differs each time."""


class SettingsError(Exception):
    """Settings are missing or malformed.

    Attributes:
        problems: One sentence each, with a way to correct it.
        warnings: Sentences about other things that the user should know.
        untrusted: The server that the user has not trusted, if that is the only problem.
    """

    def __init__(
        self, problems: tuple[str, ...], warnings: tuple[str, ...] = (), untrusted: Untrusted | None = None
    ) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
        self.warnings = warnings
        self.untrusted = untrusted


@dataclass(frozen=True, slots=True)
class Settings:
    """Complete, checked settings.

    Attributes:
        server: Scheme, host, port unless it is the scheme's default, path prefix; no trailing slash.
        api_key: The key, masked wherever it is shown.
        project: The project's public ID, a GUID.
        interval: Seconds between a response and the next request.
        insecure_http: Whether the key may be sent unencrypted to another machine.
        timeout: Seconds without a valid response after which contact counts as lost; None: never.
        max_time: Seconds after which the watch ends in any case; None: never.
        open: Commands that open files, by artifact kind in lower case: `my-viewer {file}`.
        notify: How to notify of the first failure and of the end.
        key_source: Where the key was found, as the user knows it: a variable's name or a file's path.
        warnings: Sentences about things that do not stop a watch.
        output: The folder for artifacts, absolute; None: `tvtui-artifacts` in the working folder.
        output_is_for_one_run: Whether artifacts are put directly into `output`, as with a flag, instead of a
            folder per run in it.
        server_source: Where the server was found: a flag, a variable or a place in a file.
        project_source: Where the project was found.
        theme: One of `tvtui.settings.values.THEME_NAMES`; None: light or dark like the terminal.
        mouse: Whether to use the mouse, instead of leaving it to the terminal.
        keys: Keys as written, separated by commas, by action ID; `tvtui.tui.keymap` checks both.
        keys_source: The file that contains them.
        linear: Whether to use the screen-reader front end.
        journal: What to remember of runs; None: everything, but nothing of servers on this machine.
    """

    server: str
    api_key: ApiKey
    project: str
    interval: float = 2.0
    insecure_http: bool = False
    timeout: float | None = None
    max_time: float | None = None
    open: Mapping[str, str] = field(default_factory=dict)
    notify: NotifyStyle = NotifyStyle.AUTO
    key_source: str = ""
    warnings: tuple[str, ...] = ()
    output: Path | None = None
    output_is_for_one_run: bool = False
    server_source: str = "TESTVIBE_SERVER"
    project_source: str = "TESTVIBE_PROJECT"
    theme: str | None = None
    mouse: bool = True
    keys: Mapping[str, str] = field(default_factory=dict)
    keys_source: str = USER_FILE
    linear: bool = False
    journal: JournalMode | None = None

    @property
    def journal_mode(self) -> JournalMode:
        """What is remembered of runs: those of a server on this machine are not, unless that was asked for."""
        if self.journal is not None:
            return self.journal
        return JournalMode.OFF if is_loopback(urlsplit(self.server).hostname or "") else JournalMode.FULL


def load(
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    cwd: Path | None,
    config_dir: Path | None = None,
    trusted: Collection[str] = (),
) -> Settings:
    """Find and check every setting.

    Args:
        flags: The options as typed, by name (None or False: not given); options of other kinds are ignored.
        environ: The environment; an empty variable counts as unset.
        cwd: The working folder; None if it no longer exists.
        config_dir: The folder of the user's file; None: the platform's configuration folder.
        trusted: The origins that the user has trusted with the API key.

    Raises:
        SettingsError: Something is missing or malformed; lists all of it at once.
    """
    search = Search(SETTINGS, flags, environ, cwd, config_dir or config_folder())
    insecure_http = bool(flags.get("insecure_http"))
    server, key, *others = CONNECTION
    values = search.values([server])
    if "server" in values and not insecure_http:
        search.check("server", require_https, values["server"], into=values)
    found = find_key(search, values["server"], trusted) if "server" in values else None
    if isinstance(found, NoKey):
        search.problems.append(found.problem)
    elif found is not None:
        search.found["api_key"] = found
    if not isinstance(found, NoKey) or "api_key" in search.found:
        # also one that is not for this server: users are never asked to trust a server with a malformed key
        values |= search.values([key])
    values |= search.values(others)
    values |= _preferences(search, cwd)
    search.warn_of_overridden(SETTINGS)
    warnings = tuple(search.warnings)
    if search.problems:
        untrusted = found.untrusted if isinstance(found, NoKey) and len(search.problems) == 1 else None
        raise SettingsError(tuple(search.problems), warnings, untrusted)
    return Settings(
        **values,
        insecure_http=insecure_http,
        key_source=clean_line(search.found["api_key"].source),
        server_source=search.found["server"].phrase,
        project_source=search.found["project"].phrase,
        warnings=warnings,
    )


def load_for(
    known: Settings,
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    cwd: Path | None,
    config_dir: Path | None = None,
) -> Settings:
    """Find and check the settings of the user interface; those of the server are known.

    Raises:
        SettingsError: One of them is malformed. Files that cannot be read are a warning.
    """
    search = Search(SETTINGS, flags, environ, cwd, config_dir or config_folder())
    unread = tuple(search.problems)
    search.problems.clear()
    values = _preferences(search, cwd)
    search.warn_of_overridden(PREFERENCES)
    warnings = (*unread, *search.warnings)
    if search.problems:
        raise SettingsError(tuple(search.problems), warnings)
    return replace(known, **values, warnings=warnings)


def server_of_repository(cwd: Path | None) -> Untrusted | None:
    """Find the server in the file of the repository around `cwd`; None if it names none.

    Raises:
        SettingsError: The file cannot be read, or its server is malformed; its warnings explain why it may be ignored.
    """
    search = Search(CONNECTION, {}, {}, cwd, None)
    values = search.values([setting for setting in CONNECTION if setting.name == "server" and "server" in search.found])
    if search.problems or (search.warnings and not values):
        raise SettingsError(tuple(search.problems), tuple(search.warnings))
    return Untrusted(origin_of(values["server"]), clean_line(search.found["server"].source)) if values else None


def configured_project(environ: Mapping[str, str], cwd: Path | None, config_dir: Path | None = None) -> tuple[str, str]:
    """The server and the project that are configured, each "" if it is not, or is malformed; no key is needed."""
    search = Search(CONNECTION, {}, environ, cwd, config_dir or config_folder())
    wanted = [setting for setting in CONNECTION if setting.name in {"server", "project"} & set(search.found)]
    values = search.values(wanted)
    return values.get("server", ""), values.get("project", "")


def _preferences(search: Search, cwd: Path | None) -> dict[str, Any]:
    """The values of the fields of `Settings` that are not about the server."""
    values = search.values(PREFERENCES)
    if "output" in values:
        _, source, _, root = search.found["output"]
        folder = partial(user_folder, cwd=cwd) if root is None else partial(repository_folder, root=root)
        search.check("output", folder, values["output"], into=values)
        values["output_is_for_one_run"] = source == "--output"
    if "keys" in search.found:
        values["keys_source"] = clean_line(search.found["keys"].source)
    return values
