"""Signed links to artifacts: requested right before a download, and never shown."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from tvtui.testvibe.fields import items
from tvtui.testvibe.models import Artifact, parse


@dataclass(frozen=True, slots=True)
class ArtifactLink:
    """An artifact with its link; `url` is None if the server gave no usable one."""

    artifact: Artifact
    url: SecretStr | None


def read_links(body: bytes) -> tuple[ArtifactLink, ...]:
    """Decode the answer of `get_run_artifacts`: the rows of the manifest, each with its `url`.

    Raises:
        ValueError: The body is not a list of objects; the message is one sentence without any part of the body.
    """
    try:
        rows = items(parse(body))
    except ValueError:
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("The response is not a list of artifacts with their links.")
    return tuple(ArtifactLink(Artifact.model_validate(row), _url(row.get("url"))) for row in rows)


def _url(value: object) -> SecretStr | None:
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        return None
    return SecretStr(value)
