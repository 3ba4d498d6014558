"""The servers that the user has trusted with the API key, although only a repository names them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tvtui.settings.paths import ownership_problem, write_private
from tvtui.settings.values import origin_of, parse_server

_FILE = "trusted-servers.json"
_LARGEST = 1_000_000


class Trusted(NamedTuple):
    """A trusted server.

    Attributes:
        origin: Scheme, host and port.
        day: When it was trusted, as in 2026-06-10.
        named_by: The file that named it, or "".
    """

    origin: str
    day: str
    named_by: str


class TrustedServers:
    """The trusted servers, in a private file that all tvtui processes of this user share."""

    def __init__(self, folder: Path | None) -> None:
        """Prepare; nothing is read yet. `folder` is the platform's state folder, or None if there is none."""
        self._path = None if folder is None else folder / _FILE
        self._unsaved: dict[str, Mapping[str, str]] = {}

    def all(self) -> list[Trusted]:
        """All trusted servers, sorted by origin."""
        known = {**self._saved(), **self._unsaved}
        return [Trusted(origin, known[origin]["day"], known[origin]["file"]) for origin in sorted(known)]

    def origins(self) -> frozenset[str]:
        """The origins of all trusted servers."""
        return frozenset(trusted.origin for trusted in self.all())

    def add(self, origin: str, named_by: str) -> None:
        """Trust a server, which a file may have named.

        Raises:
            OSError: It cannot be saved; it is trusted until this process ends.
        """
        entry = {"day": datetime.now(UTC).date().isoformat(), "file": named_by}
        self._unsaved[origin] = entry
        self._save({**self._saved(), origin: entry})

    def remove(self, origin: str) -> bool:
        """Revoke trust; returns whether the server was trusted.

        Raises:
            OSError: It cannot be saved.
        """
        saved = self._saved()
        was_trusted = self._unsaved.pop(origin, None) is not None or origin in saved
        if origin in saved:
            del saved[origin]
            self._save(saved)
        return was_trusted

    def _saved(self) -> dict[str, Mapping[str, str]]:
        """What the file contains; nothing if it is malformed or may be somebody else's work."""
        found: dict[str, Mapping[str, str]] = {}
        with suppress(OSError, ValueError, RecursionError, AttributeError):
            if self._path is None or ownership_problem(self._path) or self._path.stat().st_size > _LARGEST:
                return found
            for origin, entry in json.loads(self._path.read_text(encoding="utf-8")).items():
                with suppress(ValueError, KeyError, TypeError):
                    if origin_of(parse_server(origin)) == origin:
                        found[origin] = {"day": str(entry["day"]), "file": str(entry["file"])}
        return found

    def _save(self, content: Mapping[str, Mapping[str, str]]) -> None:
        if self._path is None:
            raise FileNotFoundError(2, "there is no home folder")
        write_private(self._path, json.dumps(content, indent=1))
