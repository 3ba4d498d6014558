"""Links to artifacts that expire, signed as Azure's storage signs them."""

from __future__ import annotations

import base64
import os
from datetime import datetime
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote

_VERSION = "2025-05-05"
_FIELDS = ("sv", "se", "sr", "sp")
_NOT_THE_SIGNATURE = "Signature did not match."


class Refusal(NamedTuple):
    """Why a link is refused, in the words of the storage."""

    detail: str


class Signer:
    """Signs links and verifies them."""

    def __init__(self) -> None:
        self._secret = os.urandom(32)

    def signed(self, path: str, until: datetime) -> str:
        """The path, percent-encoded, and the query of a link to read one file until a moment."""
        fields = {"sv": _VERSION, "se": f"{until:%Y-%m-%dT%H:%M:%S}.{until.microsecond:06d}Z", "sr": "b", "sp": "r"}
        fields["sig"] = self._signature(path, fields)
        return f"{quote(path)}?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())

    def refusal(self, path: str, query: str, now: datetime) -> Refusal | None:
        """Why a request for this path with this query is refused at `now`; None if it is not."""
        try:
            pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=32)
        except ValueError:
            return Refusal(_NOT_THE_SIGNATURE)
        fields = dict(pairs)
        if len(fields) != len(pairs) or not {*_FIELDS, "sig"} <= fields.keys():
            return Refusal(_NOT_THE_SIGNATURE)
        if not _are_same(fields["sig"], self._signature(unquote(path), fields)):
            return Refusal(_NOT_THE_SIGNATURE)
        until = datetime.fromisoformat(fields["se"])
        if now < until:
            return None
        return Refusal(
            f"Signature not valid in the specified time frame: Expiry [{format_datetime(until, usegmt=True)}] - "
            f"Current [{format_datetime(now, usegmt=True)}]"
        )

    def _signature(self, path: str, fields: dict[str, str]) -> str:
        # OpenSSL takes some milliseconds to import, and most demos never serve an artifact
        import hmac

        signed = "\n".join((path, *(fields[name] for name in _FIELDS)))
        return base64.b64encode(hmac.digest(self._secret, signed.encode("utf-8", "surrogatepass"), "sha256")).decode()


def _are_same(one: str, other: str) -> bool:
    import hmac

    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())
