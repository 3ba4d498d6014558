"""The API key: masked wherever it is formatted or printed."""

from __future__ import annotations

from collections.abc import Mapping

from tvtui.text.redact import is_key, mask, mask_in_json

KEY_VARIABLE = "TESTVIBE_API_KEY"
"""The environment variable that holds the key."""


def without_key(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for other programs: without the key's variable, in upper or lower case."""
    return {name: value for name, value in environ.items() if name.upper() != KEY_VARIABLE}


class ApiKey:
    """An API key that only `reveal` shows.

    Raises:
        ValueError: The text is not `tvb_` plus 43 base62 characters; the message does not contain it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not is_key(text):
            raise ValueError(
                f"not an API key; expected tvb_ plus 43 letters or digits (47 characters), got {len(text)}"
            )
        self._text = text

    def reveal(self) -> str:
        """The key itself, for the Authorization header only."""
        return self._text

    def masked_in(self, body: bytes) -> bytes:
        """JSON text without this key: servers may log requests, and tests may print their variables."""
        return mask_in_json(body, self._text)

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
