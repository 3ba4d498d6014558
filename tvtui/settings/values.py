"""The values that settings accept: run IDs, servers, projects, folders, themes, keys, notifications.

A value that is not accepted raises ValueError; unless stated otherwise, its message is a phrase that follows the source
of the value, such as "must be true or false, without quotes".
"""

from __future__ import annotations

import ipaddress
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path, PureWindowsPath
from urllib.parse import SplitResult, urlsplit

from tvtui.text.redact import quoted

DEFAULT_THEME = "tvtui"

OWN_THEMES = (DEFAULT_THEME, "tvtui-light", "tvtui-safe", "ansi-dark", "ansi-light")
"""The themes that `tvtui.tui.themes` defines."""

_TEXTUAL_THEMES = """
    atom-one-dark atom-one-light catppuccin-frappe catppuccin-latte catppuccin-macchiato catppuccin-mocha
    dracula flexoki gruvbox monokai nord rose-pine rose-pine-dawn rose-pine-moon solarized-dark solarized-light
    textual-dark textual-light tokyo-night
"""

THEME_NAMES = (*OWN_THEMES, *_TEXTUAL_THEMES.split())
"""Our themes, then Textual's own."""


class NotifyStyle(StrEnum):
    """How a notification is sent; the value is the word in a configuration file."""

    AUTO = "auto"
    """The best style that the terminal is known to support."""
    OSC9 = "osc9"
    """iTerm2's sequence: a single text."""
    OSC99 = "osc99"
    """kitty's sequence: title and text in base64; the terminal can suppress it while it has the focus."""
    OSC777 = "osc777"
    """urxvt's sequence: title and text."""
    BELL = "bell"
    OFF = "off"


GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""A project's public ID."""

_RUN_ID = re.compile(r"(?:#|https?://\S+/runs/)?([0-9]{1,18})/?", re.IGNORECASE)
_HOST = re.compile(r"[0-9a-z._-]+", re.IGNORECASE)


def parse_run_id(text: str) -> int:
    """The run ID in `214`, `#214` or a link ending in `/runs/214`; the message of the error is a sentence."""
    match = _RUN_ID.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{_in_quotes(text)} is not a run ID. Use a number or a link ending in /runs/214.")
    return int(match[1])


def is_loopback(host: str) -> bool:
    """Whether `host` (no brackets) is this machine judging by its name: localhost, 127.0.0.0/8 or ::1."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def parse_server(value: object) -> str:
    """A normalized server URL: lower case, without a default port or a trailing slash.

    The message of the error contains no user name, password or query.
    """
    text = parse_text(value)
    if set(text) & set("@?#"):
        raise ValueError("must be https://HOST[:PORT][/PREFIX], without a user name, password, ? or #")
    malformed = f"{_in_quotes(text)} is not a server URL. Expected https://HOST[:PORT][/PREFIX]"
    try:
        parts = urlsplit(text)
        port = parts.port
        host = _host(parts)
    except ValueError:
        raise ValueError(malformed) from None
    if parts.scheme not in {"http", "https"} or port == 0 or not text.isprintable() or set(text) & set(' \\"<>^`{|}'):
        raise ValueError(malformed)
    shown_port = "" if port in {None, 443 if parts.scheme == "https" else 80} else f":{port}"
    return f"{parts.scheme}://{host}{shown_port}{parts.path.rstrip('/')}"


def require_https(server: str) -> str:
    """A normalized server URL, unless it is plain HTTP to another machine: the API key would be sent unencrypted."""
    parts = urlsplit(server)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError(
            f"{_in_quotes(server)} is plain HTTP, which would send the key unencrypted. "
            "Use https://, or pass --insecure-http"
        )
    return server


def parse_site(text: str) -> str:
    """The URL of a site to test, unless a browser could not open it; it is sent to the server exactly as typed."""
    try:
        parts = urlsplit(text)
        is_site = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_site = False
    if not is_site or not text.isprintable() or " " in text:
        raise ValueError(f"must be http://HOST… or https://HOST…, not {_in_quotes(text)}")
    return text


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if "[" in parts.netloc and "%" not in host:
        return f"[{ipaddress.IPv6Address(host).compressed}]"
    # encoding fails for empty and overlong labels; its result is not used
    if _HOST.fullmatch(host.encode("idna").decode("ascii")):
        return host
    raise ValueError(host)


def parse_project(value: object) -> str:
    """A project ID, which is a GUID."""
    text = parse_text(value)
    if not GUID.fullmatch(text):
        raise ValueError(
            f"{_in_quotes(text)} is not a project ID. Expected something like 01234567-89ab-cdef-0123-456789abcdef"
        )
    return text


def parse_seconds(value: object, low: float, high: float) -> float:
    """A number of seconds from `low` to `high`."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        # a number from the command line has become a float
        given = f"{value:g}" if isinstance(value, float) else value
        raise ValueError(f"must be a number of seconds from {low:g} to {high:g}, not {_in_quotes(given)}")
    return float(value)


def parse_notify_style(value: object) -> NotifyStyle:
    """A style of notifications; the message of the error lists all of them."""
    try:
        return NotifyStyle(parse_text(value))
    except ValueError:
        raise ValueError(f"must be one of {', '.join(NotifyStyle)}, in quotes, not {_in_quotes(value)}") from None


def parse_text(value: object) -> str:
    """Text without surrounding whitespace."""
    if isinstance(value, str):
        return value.strip()
    raise ValueError("must be a quoted string")


def parse_theme(value: object) -> str:
    """The name of a theme; the message of the error lists all of them."""
    name = parse_text(value)
    if name in THEME_NAMES:
        return name
    raise ValueError(f"unknown theme {_in_quotes(value)}; available themes: {', '.join(THEME_NAMES)}")


def parse_keys(value: object) -> dict[str, str]:
    """The `[keys]` table; an unquoted action ID, which TOML reads as nested tables, is joined again."""
    if not isinstance(value, dict):
        raise ValueError('must be a table: [keys], followed by lines such as "failure.next" = "ctrl+n"')
    keys = {}
    for name, key in _flat(value):
        if not isinstance(key, str) or not key.strip():
            raise ValueError(f'"{quoted(name, 60)}" must be quoted keys separated by commas, such as "ctrl+n, f8"')
        keys[name] = key
    return keys


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def parse_commands(value: object) -> Mapping[str, str]:
    """The commands of an `[open]` table, by artifact kind in lower case."""
    if not isinstance(value, dict):
        raise ValueError('must be a table: [open], followed by lines such as trace = "my-viewer {file}"')
    for kind, command in value.items():
        try:
            is_command = isinstance(command, str) and bool(shlex.split(command))
        except ValueError:
            is_command = False
        if not is_command:
            raise ValueError(f'{quoted(kind, 60)} must be a quoted command, such as "my-viewer {{file}}"')
    return {kind.casefold(): command for kind, command in value.items()}


def parse_switch(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false, without quotes")
    return value


def is_on(text: str) -> bool:
    """Whether `ACCESSIBLE`, the variable that command-line programs share, is switched on.

    The variables of desktops, such as QT_ACCESSIBILITY, are not read: some systems set them for all users.
    """
    return text.casefold() not in {"0", "false", "no", "off"}


def as_number(text: str) -> object:
    """A number from the command line; the text itself if it is not one, for `parse_seconds` to reject."""
    try:
        return float(text)
    except ValueError:
        return text


def user_folder(text: str, cwd: Path | None) -> Path:
    """A folder named by the user, with `~` and symbolic links resolved.

    Args:
        text: The folder.
        cwd: What relative paths are relative to; None if the working folder no longer exists.
    """
    if not text or not text.isprintable():
        raise ValueError("must be a folder path")
    try:
        folder = Path(text).expanduser()
    except RuntimeError:
        raise ValueError("refers to the home folder of an unknown user. Use an absolute path") from None
    if not folder.is_absolute():
        if cwd is None:
            raise ValueError("is a relative path, but the working folder no longer exists. Use an absolute path")
        folder = cwd / folder
    # the user's own links are resolved here, because downloads never follow links
    return Path(os.path.realpath(folder))


def repository_folder(text: str, root: Path) -> Path:
    """A folder named by the file of a repository, whose users may not have written it: always below `root`.

    Symbolic links are not resolved; downloads refuse to follow them.
    """
    parts = re.split(r"[/\\]", text)
    if not text.isprintable() or PureWindowsPath(text).anchor or text.startswith("~") or {"", ".."} & set(parts):
        raise ValueError("must be a path without .. below this file's folder")
    return root.joinpath(*parts)


def other_host_warning(link: str, server: str, source: str) -> str:
    """Return a warning if a run's link points to another host than the server that is asked; otherwise "".

    Args:
        link: A run as it was typed; numbers point nowhere.
        server: The server's URL.
        source: Where that setting comes from.
    """
    try:
        linked, configured = urlsplit(link.strip()).hostname, urlsplit(server).hostname
    except ValueError:
        return ""
    if linked is None or linked == configured:
        return ""
    return f"The link points to {quoted(linked)}, but tvtui is configured for {configured} (from {source})."


def _in_quotes(value: object) -> str:
    return f"'{quoted(str(value), 60)}'"
