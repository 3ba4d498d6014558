"""What single settings may be: run IDs, servers, projects, folders, keys, themes, notifications."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PureWindowsPath
from urllib.parse import SplitResult, urlsplit

from tvtui.text.clean import clean_line
from tvtui.text.redact import LIKE_A_KEY, mask

DEFAULT_THEME = "tvtui"

OWN_THEMES = (DEFAULT_THEME, "tvtui-light", "tvtui-safe", "ansi-dark", "ansi-light")
"""Those that this project looks after; `tvtui.tui.themes` defines them."""

THEME_NAMES = (
    *OWN_THEMES,
    "atom-one-dark",
    "atom-one-light",
    "catppuccin-frappe",
    "catppuccin-latte",
    "catppuccin-macchiato",
    "catppuccin-mocha",
    "dracula",
    "flexoki",
    "gruvbox",
    "monokai",
    "nord",
    "rose-pine",
    "rose-pine-dawn",
    "rose-pine-moon",
    "solarized-dark",
    "solarized-light",
    "textual-dark",
    "textual-light",
    "tokyo-night",
)
"""Ours, then those that come with Textual."""


class Way(StrEnum):
    """How a notice is given; the value is the word in a configuration file."""

    AUTO = "auto"
    """As the terminal is known to show it."""
    OSC9 = "osc9"
    """iTerm2's sequence: one text."""
    OSC99 = "osc99"
    """kitty's: title and text in base64, and the terminal itself can tell whether it has the focus."""
    OSC777 = "osc777"
    """urxvt's: title and text."""
    BELL = "bell"
    OFF = "off"


GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""A project's public id."""

_RUN_ID = re.compile(r"(?:#|https?://\S+/runs/)?([0-9]{1,18})/?", re.IGNORECASE)
_HOST = re.compile(r"[0-9a-z._-]+", re.IGNORECASE)


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
    text = parse_text(value)
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


def parse_site(text: str) -> str:
    """Check the address of a site that is to be tested, which goes to the server as it was typed.

    Raises:
        ValueError: It is none that a browser finds in the web.
    """
    try:
        parts = urlsplit(text)
        is_site = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_site = False
    if not is_site or not text.isprintable() or " " in text:
        raise ValueError(f"must be http://HOST… or https://HOST…, not {_shown(text)}")
    return text


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if "[" in parts.netloc and "%" not in host:
        return f"[{ipaddress.IPv6Address(host).compressed}]"
    # encoded only to see whether it can be: an empty or overlong label cannot
    if _HOST.fullmatch(host.encode("idna").decode("ascii")):
        return host
    raise ValueError(host)


def parse_project(value: object) -> str:
    """A project's id.

    Raises:
        ValueError: It is no GUID.
    """
    text = parse_text(value)
    if not GUID.fullmatch(text):
        raise ValueError(f"{_shown(text)} is no project id: it looks like 01234567-89ab-cdef-0123-456789abcdef")
    return text


def parse_seconds(value: object, low: float, high: float) -> float:
    """A number of seconds from `low` to `high`.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        # a number that was typed has become one with a fraction
        told = f"{value:g}" if isinstance(value, float) else value
        raise ValueError(f"must be a number of seconds from {low:g} to {high:g}, not {_shown(told)}")
    return float(value)


def parse_way(value: object) -> Way:
    """Check a way to tell of news.

    Raises:
        ValueError: There is no such way; the message names all there are.
    """
    try:
        return Way(parse_text(value))
    except ValueError:
        words = ", ".join(Way)
        raise ValueError(f"must be one of {words}, in quotes, not {_shown(value)}") from None


def parse_text(value: object) -> str:
    """A text, less the white space around it.

    Raises:
        ValueError: It is a number, a table or the like.
    """
    if isinstance(value, str):
        return value.strip()
    raise ValueError("must be text in quotes")


def _shown(value: object) -> str:
    """A value as a sentence may quote it: one clean line, short, and no key in it."""
    text = LIKE_A_KEY.sub(lambda key: mask(key[0]), clean_line(str(value)))
    return f"'{text}'" if len(text) <= 60 else f"'{text[:59]}…'"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a user likes, whatever is watched.

    Attributes:
        theme: One of `tvtui.settings.values.THEME_NAMES`.
        keys: Keys as they were written, several parted by commas, by the id of what they do; whether there is
            such an id, and such a key, is for `tvtui.tui.keymap` to say.
        linear: Whether watches are read aloud: in lines, not on a screen.
    """

    theme: str = DEFAULT_THEME
    keys: Mapping[str, str] = field(default_factory=dict)
    linear: bool = False


def parse_theme(value: object) -> str:
    """The name of a theme.

    Raises:
        ValueError: There is none of that name.
    """
    name = value.strip() if isinstance(value, str) else value
    if isinstance(name, str) and name in THEME_NAMES:
        return name
    raise ValueError(f"there is no theme '{clean_line(str(value))[:60]}'; there are {', '.join(THEME_NAMES)}")


def parse_keys(value: object) -> dict[str, str]:
    """The table of keys; an id without its quotes, which TOML takes for tables within tables, is put together again.

    Raises:
        ValueError: It is no table of texts.
    """
    if not isinstance(value, dict):
        raise ValueError('must be a table: write [keys], and below it lines such as "failure.next" = "ctrl+n"')
    keys = dict(_flat(value))
    wrong = next((name for name, key in keys.items() if not isinstance(key, str) or not key.strip()), None)
    if wrong is not None:
        raise ValueError(
            f'"{clean_line(wrong)[:60]}" must be keys in quotes, several parted by commas, as "ctrl+n, f8"'
        )
    return {name: str(key) for name, key in keys.items()}


def parse_linear(value: object) -> bool:
    """Whether it is on.

    Raises:
        ValueError: It is neither on nor off.
    """
    if not isinstance(value, bool):
        raise ValueError("must be true or false, without quotes")
    return value


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def parse_output(text: str, source: str, project_path: Path | None, cwd: Path | None) -> Path:
    """The folder that a setting names, by where the setting was found.

    Args:
        text: The folder.
        source: A flag, a variable or a file's path.
        project_path: The repository's file, which not everybody who uses it has written.
        cwd: The working folder, None if it is gone.

    Raises:
        ValueError: It cannot be used; the message says what it may be.
    """
    if project_path is not None and source == str(project_path):
        return _in_repository(text, project_path.parent)
    return _own(text, cwd)


def _own(text: str, cwd: Path | None) -> Path:
    """The folder that a user names, `~` and symbolic links followed; a relative one is in the working folder."""
    if not text or not text.isprintable():
        raise ValueError("must be the path of a folder")
    try:
        folder = Path(text).expanduser()
    except RuntimeError:
        raise ValueError("names the folder of a user who has none: write the whole path") from None
    if not folder.is_absolute():
        if cwd is None:
            raise ValueError("is a path below the working folder, which is gone: write the whole path")
        folder = cwd / folder
    # whoever names a link means what it leads to; on the way to a download none is followed any more
    return Path(os.path.realpath(folder))


def _in_repository(text: str, root: Path) -> Path:
    """The folder that a repository's file names: below the file's own, for whoever clones it has not chosen it.

    Links on the way are not followed here, and refused when something is put there.
    """
    parts = re.split(r"[/\\]", text)
    if not text.isprintable() or PureWindowsPath(text).anchor or text.startswith("~") or {"", ".."} & set(parts):
        raise ValueError(
            "must be a path below this file's folder, without ..: a repository names no place outside of it"
        )
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
    return f"The link points to {clean_line(linked)}, but tvtui is configured for {configured} (from {source})."
