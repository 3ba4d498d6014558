"""Which runs have a common history: those of one feature and configuration in one project of one server."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import urlsplit

from tvtui.testvibe.models import Run

_PORTS = {"http": 80, "https": 443}


class Suite(NamedTuple):
    """What the runs of a history have in common.

    The tested site is not part of it: previews of a branch have another one each time.

    Attributes:
        server: The server's URL, as in the settings.
        project: The project's public ID.
        feature: The feature's ID, or its name if the server sends none.
        config: The configuration; "" if unknown.
    """

    server: str
    project: str
    feature: str
    config: str

    @property
    def key(self) -> str:
        """A name for its folder, which reveals nothing."""
        return blake2b("\0".join(self).encode("utf-8", "replace"), digest_size=8).hexdigest()


def suite_of(run: Run, server: str, project: str) -> Suite | None:
    """The suite of a run; None if the server does not say which feature it is a run of."""
    feature = run.feature_id if run.feature_id is not None else run.feature_name
    if feature is None:
        return None
    return Suite(server, project.casefold(), str(feature), str(run.config or ""))


def site_key(url: str | None) -> str:
    """A site as it is compared: scheme and host in lower case, no default port, query or slash at the end."""
    if not url:
        return ""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return url.strip()
    scheme = parts.scheme.lower()
    has_port = port is not None and port != _PORTS.get(scheme)
    return f"{scheme}://{host}{f':{port}' if has_port else ''}{parts.path.rstrip('/')}"
