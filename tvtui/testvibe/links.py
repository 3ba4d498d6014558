"""Signed links to artifacts: requested right before a download, and never shown."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, FailFast, PlainValidator, SecretStr, TypeAdapter, ValidationError

from tvtui.testvibe.fields import items
from tvtui.testvibe.models import Artifact


def _link(value: object) -> SecretStr | None:
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        return None
    return SecretStr(value)


class ArtifactLink(Artifact):
    """An artifact with its link; `url` is None if the server gave no usable one."""

    url: Annotated[SecretStr | None, PlainValidator(_link)] = None


_LINKS = TypeAdapter(Annotated[tuple[ArtifactLink, ...], FailFast(), BeforeValidator(items)])


def read_links(body: bytes) -> tuple[ArtifactLink, ...]:
    """Decode the answer of `get_run_artifacts`: the rows of the manifest, each with its `url`.

    Raises:
        ValueError: The body is not a list of objects; the message is one sentence without any part of the body.
    """
    try:
        return _LINKS.validate_json(body)
    except ValidationError:
        raise ValueError("The response is not a list of artifacts with their links.") from None
