"""The error responses of the demo's two servers, and their JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import NamedTuple


class Reply(NamedTuple):
    """A response before it is sent.

    Attributes:
        status: The HTTP status.
        body: The whole body, not compressed.
        headers: Headers in addition to the usual ones, without the length.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = {}


def api_error(status: int, error: str, message: str, headers: Mapping[str, str] = {}) -> Reply:
    """An error in the documented shape of the API."""
    return Reply(status, encoded({"error": error, "message": message}), headers)


def unauthorized() -> Reply:
    """The API key is rejected, in the API's words."""
    message = "A valid API key is required (Authorization: Bearer tvb_…)."
    return api_error(401, "unauthorized", message, {"WWW-Authenticate": "Bearer"})


def not_found(message: str = "No such run in this project.") -> Reply:
    """Something does not exist, in the API's words."""
    return api_error(404, "not_found", message)


def storage_error(status: int, code: str, message: str, headers: Mapping[str, str] = {}, **details: str) -> Reply:
    """An error in the format of Azure's storage: XML, with the code also in a header."""
    extra = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in details.items())
    body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>{extra}</Error>"
    return Reply(
        status,
        f'\ufeff<?xml version="1.0" encoding="utf-8"?>{body}'.encode(),
        {"Content-Type": "application/xml", "x-ms-error-code": code, **headers},
    )


def not_authenticated(detail: str) -> Reply:
    """A link is rejected, in the storage's words."""
    message = "Server failed to authenticate the request. Make sure the value of the signature is formed correctly."
    return storage_error(403, "AuthenticationFailed", message, AuthenticationErrorDetail=detail)


def blob_not_found() -> Reply:
    """The artifact does not exist, in the storage's words."""
    return storage_error(404, "BlobNotFound", "The specified blob does not exist.")


def encoded(value: object) -> bytes:
    """JSON in ASCII, so that even lone surrogates can be sent."""
    return json.dumps(value).encode()
