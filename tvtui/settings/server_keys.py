"""Which API key belongs to which server: the rule that no file of a repository can send a key somewhere new."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from tvtui.settings.sources import USER_FILE, Found, Search
from tvtui.settings.values import api_keys, origin_of, parse_server, shown_origin
from tvtui.text.clean import clean_line


class Untrusted(NamedTuple):
    """A server that only a repository names, and that the user has not trusted with the key.

    Attributes:
        origin: Scheme, host and port.
        file: The repository's file.
    """

    origin: str
    file: str


class NoKey(NamedTuple):
    """Why there is no key for a server.

    Attributes:
        problem: A sentence, with a way to correct it.
        untrusted: The server, if there is a key that it could be trusted with.
    """

    problem: str
    untrusted: Untrusted | None = None


def find_key(search: Search, server: str, trusted: Collection[str]) -> Found | NoKey | None:
    """Find the API key for a server.

    - `TESTVIBE_API_KEY` serves a server that the user named: with `--server`, `TESTVIBE_SERVER` or `server` in their
      own file; and one that they have trusted.
    - `api_key` in the user's own file serves the `server` in that file.
    - A `[keys."https://host"]` in it serves that host.

    Args:
        search: The settings.
        server: The normalized URL of the server.
        trusted: The origins that the user has trusted.

    Returns:
        The key, unchecked, or why there is none; None if no key is set anywhere.
    """
    origin = origin_of(server)
    own_origin = _own_origin(search)
    others = _other_keys(search)
    named = search.found["server"]
    is_allowed = named.root is None or origin == own_origin or origin in trusted
    variable, own = _keys(search)
    found = [variable if is_allowed else None, others.get(origin), own if origin == own_origin else None]
    if _origin_of_variable(search) not in {"", origin}:
        # the variables are a pair as well, and --server names another one
        found.append(found.pop(0))
    key = next((key for key in found if key is not None), None)
    if key is not None:
        return key
    if USER_FILE in search.unread or not (variable or own or others):
        # a file that cannot be read may name the server; it is a problem by itself, so that no key is used
        return None
    if variable is None:
        return NoKey(_missing(origin, own, named, search.user_file))
    problem = (
        f"The {named.phrase} is {shown_origin(origin)}, which you have not trusted with your API key: "
        f"run tvtui trust {origin} or set TESTVIBE_SERVER."
    )
    return NoKey(problem, Untrusted(origin, clean_line(named.source)))


def _keys(search: Search) -> tuple[Found | None, Found | None]:
    """The keys in the environment and in the user's file."""
    places = search.places("api_key")
    return next((key for key in places if not key.name), None), next((key for key in places if key.is_own), None)


def _own_origin(search: Search) -> str:
    return next((_origin(found) for found in search.places("server") if found.is_own), "")


def _origin_of_variable(search: Search) -> str:
    return next((_origin(found) for found in search.places("server") if found.source == "TESTVIBE_SERVER"), "")


def _origin(server: Found) -> str:
    try:
        return origin_of(parse_server(server.value))
    except ValueError:
        return ""


def _other_keys(search: Search) -> Mapping[str, Found]:
    return dict(_entries(search))


def _entries(search: Search) -> Iterator[tuple[str, Found]]:
    for table in search.places("keys"):
        # mistakes are reported when the table is checked
        keys, _ = api_keys(table.value) if isinstance(table.value, dict) else ({}, [])
        for origin, key in keys.items():
            yield origin, Found(key.reveal(), table.source, f'keys."{origin}"')


def _missing(origin: str, own: Found | None, named: Found, file: str) -> str:
    why = "" if own is None else f" (api_key in {file} is only for the server in that file)"
    return (
        f"No API key is set for {origin}, which comes from {named.phrase}{why}: "
        f'export TESTVIBE_API_KEY=tvb_…, or add [keys."{origin}"] with api_key = "tvb_…" to {file}.'
    )
