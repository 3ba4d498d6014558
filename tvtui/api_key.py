"""The API key, which shows itself to nobody by accident."""

from __future__ import annotations

import re

from tvtui.text import mask

_KEY = re.compile(r"tvb_[0-9A-Za-z]{43}")


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
