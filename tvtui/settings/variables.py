"""Environment variables that libraries read: an empty one counts as unset, as one of ours does."""

from __future__ import annotations

import re
from collections.abc import MutableMapping

# Textual takes an empty NO_COLOR for a set one and imports a driver called "", an empty HOME is the root folder, and an
# empty http_proxy hides HTTP_PROXY. Other programs' variables, such as GIT_PAGER, are for what we start: they stay.
_READ_BY_LIBRARIES = (
    r"NO_COLOR|FORCE_COLOR|COLORTERM|COLUMNS|LINES|TERM|TERM_PROGRAM|LC_TERMINAL|ESCDELAY|UNICODE_VERSION"
    r"|TTY_(?:COMPATIBLE|INTERACTIVE)|(?:TEXTUAL|XDG|JUPYTER)(?:_\w+)?"
    r"|HOME|USERPROFILE|TMPDIR|TEMP|TMP|SSL_CERT_(?:FILE|DIR)|SSLKEYLOGFILE|(?i:\w+_proxy)"
)


def unset_empty(environ: MutableMapping[str, str]) -> None:
    """Remove the empty variables that libraries read."""
    for name in [name for name, value in environ.items() if not value and re.fullmatch(_READ_BY_LIBRARIES, name)]:
        del environ[name]
