"""The values that settings accept: run IDs, servers, projects, folders, themes, keys, notifications.

A value that is not accepted raises ValueError; unless stated otherwise, its message is a phrase that follows the source
of the value, such as "must be true or false, without quotes". For a table with several mistakes it has several
arguments, one phrase each.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path, PureWindowsPath
from urllib.parse import SplitResult, urlsplit

from tvtui.settings.api_key import ApiKey
from tvtui.text.format import words_of
from tvtui.text.redact import contains_key, quoted

OWN_THEMES = ("tvtui", "tvtui-light", "tvtui-safe", "ansi-dark", "ansi-light")
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

# A link's path comes first; some sites put the page into the fragment: https://host/app#/runs/214.
_RUN_LINK = re.compile(r"https?://[^\s?#]+?(?:#[^\s?#]*)??/runs/(?P<id>[0-9]{1,18})/?(?:[?#]\S*)?", re.IGNORECASE)
_RUN_NUMBER = re.compile(r"#?(?P<id>[0-9]{1,18})/?")
_HOST = re.compile(r"[0-9a-z._-]+", re.IGNORECASE)


def parse_run_id(text: str) -> int:
    """The run ID in `214`, `#214` or a link to `/runs/214`; the message of the error is a sentence."""
    typed = text.strip()
    match = _RUN_NUMBER.fullmatch(typed) or _RUN_LINK.fullmatch(typed)
    if match is None or int(match["id"]) == 0 or (match.re is _RUN_LINK and not _host_of(typed)):
        raise ValueError(f"{_in_quotes(text)} is not a run ID. Use a number or a link ending in /runs/214.")
    return int(match["id"])


def require_host(run: str, server: str, source: str) -> None:
    """Raise ValueError, with a sentence, if a run's link points to another host than the server that is asked.

    Args:
        run: A run as it was typed, checked by `parse_run_id`; numbers point nowhere.
        server: The server's URL.
        source: Where that setting comes from.
    """
    linked, configured = _host_of(run.strip()), _host_of(server)
    if linked and _in_ascii(linked) != _in_ascii(configured):
        raise ValueError(
            f"The link points to {quoted(linked)}, but tvtui is configured for {configured} (from {source}). "
            "Configure its server, or use a number."
        )


def _in_ascii(host: str) -> str:
    """A host as browsers copy it; only for comparing hosts that no key is sent to."""
    try:
        return host.rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


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
    scheme, is_url, _ = text.partition("://")
    why = f" ({quoted(scheme, 30)}:// is not http(s)://)" if is_url and scheme.lower() not in {"http", "https"} else ""
    malformed = f"{_in_quotes(text)} is not a server URL{why}. Expected https://HOST[:PORT][/PREFIX]"
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


def origin_of(server: str) -> str:
    """The scheme, host and port of a normalized server URL: what an API key belongs to."""
    parts = urlsplit(server)
    return f"{parts.scheme}://{parts.netloc}"


def shown_origin(origin: str) -> str:
    """An origin as a question shows it; foreign letters, which may look like others, are spelled out as well."""
    if origin.isascii():
        return origin
    spelled = re.sub(r"[^./:]*[^\x00-\x7f][^.:]*", lambda label: f"xn--{label[0].encode('punycode').decode()}", origin)
    return f"{origin} ({spelled})"


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
        raise ValueError(f"must be one of {_choice(NotifyStyle, value)}, not {_in_quotes(value)}") from None


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
    """The keys in the `[keys]` table, whose API keys are checked too, see `api_keys`.

    An unquoted action ID, which TOML reads as nested tables, is joined again.
    """
    if not isinstance(value, dict):
        raise ValueError('must be a table: [keys], followed by lines such as "failure.next" = "ctrl+n"')
    keys = {}
    _, mistakes = api_keys(value)
    for name, key in _flat({name: key for name, key in value.items() if not _is_url(name)}):
        if not isinstance(key, str) or not key.strip():
            mistakes.append(f'{_name(name)} must be quoted keys separated by commas, such as "ctrl+n, f8"')
        elif contains_key(key):
            host = _name(name.removesuffix(".api_key"))
            mistakes.append(f'{host} has an API key; write [keys."https://HOST"] and api_key = "tvb_…"')
        else:
            keys[name] = key
    if mistakes:
        raise ValueError(*mistakes)
    return keys


def api_keys(table: Mapping[str, object]) -> tuple[dict[str, ApiKey], list[str]]:
    """The API keys in the `[keys]` table, by origin: `[keys."https://host"]` with `api_key`, or the key itself.

    Returns:
        The keys that are well formed, and a phrase for each mistake in the others.
    """
    keys: dict[str, ApiKey] = {}
    mistakes: list[str] = []
    for name, entry in table.items():
        if not _is_url(name):
            continue
        origin = ""
        try:
            origin = origin_of(parse_server(name))
        except ValueError as error:
            mistakes.append(str(error))
        key = entry.get("api_key") if isinstance(entry, dict) and set(entry) == {"api_key"} else entry
        if not isinstance(key, str):
            mistakes.append(f'{_name(name)} must contain api_key = "tvb_…" and nothing else')
        elif origin in keys:
            mistakes.append(f"there are two API keys for {origin}")
        else:
            try:
                found = ApiKey(key.strip())
            except ValueError as error:
                mistakes.append(f"{_name(name)}: {error}")
            else:
                keys |= {origin: found} if origin else {}
    return keys, mistakes


def _is_url(name: str) -> bool:
    return "://" in name


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
    mistakes = []
    for kind, command in value.items():
        try:
            _, *arguments = words_of(command) if isinstance(command, str) else []
        except ValueError:
            arguments = []
        if not any("{file}" in argument for argument in arguments):
            mistakes.append(f'{quoted(kind, 60)} must be a quoted command with {{file}}, such as "my-viewer {{file}}"')
    if mistakes:
        raise ValueError(*mistakes)
    return {kind.casefold(): command for kind, command in value.items()}


class JournalMode(StrEnum):
    """What is remembered of runs on this machine."""

    FULL = "full"
    """Everything, errors and logs included."""
    OUTCOMES = "outcomes"
    """No texts but names."""
    OFF = "off"


_JOURNAL_MODES = {
    **{str(mode): mode for mode in JournalMode},
    **dict.fromkeys(("on", "true", "yes", "1"), JournalMode.FULL),
    **dict.fromkeys(("false", "no", "0"), JournalMode.OFF),
}


def parse_journal(value: object) -> JournalMode:
    """What to remember: a word, or a switch as it is usually written."""
    found = _JOURNAL_MODES.get(str(value).strip().lower()) if isinstance(value, str | bool) else None
    if found is None:
        raise ValueError(f"must be one of {_choice(JournalMode, value)}, not {_in_quotes(value)}")
    return found


def turns_journal_off(value: object) -> bool:
    """Whether a value turns the journal off, which is all that a repository may do."""
    try:
        return parse_journal(value) is JournalMode.OFF
    except ValueError:
        return False


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


def _choice(words: type[StrEnum], value: object) -> str:
    """The words to choose from; that they need quotes is said only of a file's value that has none."""
    return ", ".join(words) + ("" if isinstance(value, str) else ", in quotes")


def _in_quotes(value: object) -> str:
    return quoted(str(value), 60, "'")


def _name(name: str) -> str:
    return quoted(name, 60, '"')
