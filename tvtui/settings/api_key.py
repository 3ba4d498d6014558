"""The API key, which shows itself to nobody by accident."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tvtui.text.redact import mask

_KEY = re.compile(r"tvb_[0-9A-Za-z]{43}")

_SHOWN = 12
"""Characters that `mask` leaves: the service's own pages show them too."""

_TELLING = 8
"""Characters of the rest that give a piece of a key away: no other text holds them by chance."""

_ESCAPED = re.compile(rb"\\u00(3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa])")
"""A letter or a digit as JSON may write it; no JSON writer does so."""

_PAIRS_BEFORE = re.compile(rb"(?<!\\)((?:\\\\)*)" + _ESCAPED.pattern)
"""The same where it is none of a backslash and what follows it; a hundred times as slow."""


KEY_VARIABLE = "TESTVIBE_API_KEY"
"""The environment's variable that may hold the key."""


def without_key(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment as other programs get it; where names are the same in upper and lower case, it is in neither."""
    return {name: value for name, value in environ.items() if name.upper() != KEY_VARIABLE}


class ApiKey:
    """A key that shows itself only to who asks for it by `reveal`.

    Raises:
        ValueError: The text is not `tvb_` and 43 base62 characters; the message does not hold it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not _KEY.fullmatch(text):
            raise ValueError(
                f"not an API key; one is tvb_ and 43 letters or digits, 47 characters, and not {len(text)}"
            )
        self._text = text

    def reveal(self) -> str:
        """The key itself: for the Authorization header and nothing else."""
        return self._text

    def masked_in(self, body: bytes) -> bytes:
        """JSON text without the key: servers may log what they are asked with, and tests what they find in variables.

        Pieces of it go too, as errors and logs come trimmed. What need not be changed is returned as it is (a megabyte
        takes 0.8 ms).
        """
        if _ESCAPED.search(body):
            body = _PAIRS_BEFORE.sub(lambda escape: escape[1] + bytes.fromhex(escape[2].decode()), body)
        secret = self._text[_SHOWN:].encode()
        if secret[:_TELLING] not in body and secret[-_TELLING:] not in body:
            return body
        for length in range(len(secret), _TELLING - 1, -1):
            body = body.replace(secret[:length], rb"\u2026").replace(secret[-length:], rb"\u2026")
        return body

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ApiKey) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __str__(self) -> str:
        return mask(self._text)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __repr__(self) -> str:
        return f"ApiKey({str(self)!r})"
