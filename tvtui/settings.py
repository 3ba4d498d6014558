"""Where the server, the key and the project come from: flags, then environment, then files; frozen."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import SplitResult, urlsplit

from tvtui.api_key import ApiKey
from tvtui.settings_files import (
    LIKE_A_KEY,
    PROJECT_FILE,
    PROJECT_SETTINGS,
    USER_FILE,
    USER_SETTINGS,
    FileContent,
    config_folder,
    find_project_file,
    read_project_file,
    read_user_file,
)
from tvtui.terminal_kind import Way
from tvtui.text import clean_line, mask

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_RUN_ID = re.compile(r"(?:#|https?://\S+/runs/)?([0-9]{1,18})/?", re.IGNORECASE)
_HOST = re.compile(r"[0-9a-z._-]+", re.IGNORECASE)

__all__ = ["ApiKey", "Settings", "SettingsError", "is_loopback", "load", "parse_run_id", "parse_server"]

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
        notify: How to tell of the first failure and of the end.
        key_source: Where the key was found, as the user knows it: a variable's name or a file's path.
        warnings: Sentences about what was noticed and is no obstacle.
    """

    server: str
    api_key: ApiKey
    project: str
    interval: float = 2.0
    insecure_http: bool = False
    timeout: float | None = None
    notify: Way = Way.AUTO
    key_source: str = ""
    warnings: tuple[str, ...] = ()


class _Found(NamedTuple):
    value: object
    source: str
    """A flag, a variable or a file."""
    name: str = ""
    """What it is called in that file."""

    @property
    def place(self) -> str:
        return f"{self.source}, {self.name}" if self.name else self.source


def load(
    flags: Mapping[str, object], environ: Mapping[str, str], cwd: Path | None, config_dir: Path | None = None
) -> Settings:
    """Find and check every setting; for each one the first place that has it counts.

    Args:
        flags: `server`, `project`, `interval`, `timeout` as typed (None: not given), `insecure_http`, `no_notify`.
        environ: The environment; an empty variable counts as unset.
        cwd: The working folder, None if it is gone.
        config_dir: The folder of the user's file; the platform's own if None.

    Raises:
        SettingsError: Something is missing or malformed; names all of it at once.
    """
    user_path = (config_folder() if config_dir is None else config_dir) / USER_FILE
    project_path = None if cwd is None else find_project_file(cwd)
    search = _Search(user_path)
    search.add_file(user_path, read_user_file(user_path), USER_SETTINGS)
    if project_path is not None:
        search.add_file(project_path, read_project_file(project_path, user_path), PROJECT_SETTINGS)
    search.found |= _from_environment(environ, known=search.found)
    search.found |= _from_flags(flags)
    insecure_http = bool(flags.get("insecure_http"))

    server = search.need("server", lambda value: parse_server(value, insecure_http=insecure_http))
    api_key = search.need("api_key", lambda value: ApiKey(_text(value)))
    project = search.need("project", _project)
    interval = search.check("interval", lambda value: _seconds(value, 0.5, 3600))
    timeout = search.check("timeout", lambda value: _seconds(value, 0.1, 86_400))
    notify = search.check("notify", _way)
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
        notify=notify or Way.AUTO,
        key_source=search.found["api_key"].source,
        warnings=warnings,
    )


def parse_run_id(text: str) -> int:
    """The id in `214`, `#214` or a link that ends in `/runs/214`.

    Raises:
        ValueError: It is none of these; the message is a sentence for the user.
    """
    match = _RUN_ID.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{_shown(text)} is no run id: give 214, '#214' or a link that ends in /runs/214.")
    return int(match[1])


def is_loopback(host: str) -> bool:
    """Whether `host` (no brackets) is this machine by its name alone: localhost, 127.0.0.0/8 or ::1."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def parse_server(value: object, *, insecure_http: bool = False) -> str:
    """Check a server's address and write it one way: lower case, no needless port, no slash at its end.

    Raises:
        ValueError: What is wrong with it, without a user name, password or query that it may hold.
    """
    text = _text(value)
    if set(text) & set("@?#"):
        raise ValueError("must be https://HOST[:PORT][/PREFIX] and nothing else: no user name, password, ? or #")
    malformed = f"{_shown(text)} is no address of a server: write https://HOST[:PORT][/PREFIX]"
    try:
        parts = urlsplit(text)
        port = parts.port
        host = _host(parts)
    except ValueError:
        raise ValueError(malformed) from None
    if parts.scheme not in {"http", "https"} or port == 0 or not text.isprintable() or set(text) & set(' \\"<>^`{|}'):
        raise ValueError(malformed)
    if parts.scheme == "http" and not insecure_http and not is_loopback(host.strip("[]")):
        raise ValueError(
            f"{_shown(text)} is plain http and the key would travel in the clear: "
            "write https://, or give --insecure-http if you must"
        )
    needed = port not in {None, 443 if parts.scheme == "https" else 80}
    return f"{parts.scheme}://{host}{f':{port}' if needed else ''}{parts.path.rstrip('/')}"


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if "[" in parts.netloc and "%" not in host:
        return f"[{ipaddress.IPv6Address(host).compressed}]"
    # encoded only to see whether it can be: an empty or overlong label cannot
    if _HOST.fullmatch(host.encode("idna").decode("ascii")):
        return host
    raise ValueError(host)


def _project(value: object) -> str:
    text = _text(value)
    if not _GUID.fullmatch(text):
        raise ValueError(f"{_shown(text)} is no project id: it looks like 01234567-89ab-cdef-0123-456789abcdef")
    return text


def _seconds(value: object, low: float, high: float) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"must be a number of seconds from {low:g} to {high:g}, not {_shown(value)}")
    return float(value)


def _way(value: object) -> Way:
    try:
        return Way(_text(value))
    except ValueError:
        words = ", ".join(Way)
        raise ValueError(f"must be one of {words}, in quotes, not {_shown(value)}") from None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    raise ValueError("must be text in quotes")


def _shown(value: object) -> str:
    """A value as a sentence may quote it: one clean line, short, and no key in it."""
    text = LIKE_A_KEY.sub(lambda key: mask(key[0]), clean_line(str(value)))
    return f"'{text}'" if len(text) <= 60 else f"'{text[:59]}…'"


def _from_flags(flags: Mapping[str, object]) -> dict[str, _Found]:
    typed = {name: flags.get(name) for name in ("server", "project", "interval", "timeout")}
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
    variables = {"server": "TESTVIBE_SERVER", "api_key": "TESTVIBE_API_KEY", "project": "TESTVIBE_PROJECT"}
    found = {name: _Found(environ[var], var) for name, var in variables.items() if environ.get(var, "").strip()}
    # Many programs know a PROJECT: one that is no GUID overrules no file, and counts only if nothing else does
    general = environ.get("PROJECT", "").strip()
    if "project" not in found and general and (_GUID.fullmatch(general) or "project" not in known):
        found["project"] = _Found(general, "PROJECT")
    return found


class _Search:
    """What has been found so far, and what is wrong with it."""

    def __init__(self, user_path: Path) -> None:
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
