"""Signed links to artifacts, as the API hands them out: fetched right before a download, shown to nobody."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, FailFast, PlainValidator, TypeAdapter, ValidationError

from tvtui.testvibe.fields import items
from tvtui.testvibe.models import Artifact


class SignedLink:
    """Where an artifact can be fetched without a key, for a short while; shows itself only by `reveal`."""

    __slots__ = ("_url",)

    def __init__(self, url: str) -> None:
        self._url = url

    def reveal(self) -> str:
        """The link itself: for the request to the storage and nothing else."""
        return self._url

    def __repr__(self) -> str:
        return "SignedLink(…)"


def _link(value: object) -> SignedLink | None:
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        return None
    return SignedLink(value)


class ArtifactLink(Artifact):
    """An artifact and where it can be fetched; None if the server named no place that can be used."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    url: Annotated[SignedLink | None, PlainValidator(_link)] = None


_LINKS = TypeAdapter(Annotated[tuple[ArtifactLink, ...], FailFast(), BeforeValidator(items)])


def read_links(body: bytes) -> tuple[ArtifactLink, ...]:
    """Read what `get_run_artifacts` answers: the manifest's rows, each with its `url`.

    Raises:
        ValueError: It is no list of objects; the message is one sentence and holds nothing of the body.
    """
    try:
        return _LINKS.validate_json(body)
    except ValidationError:
        raise ValueError("The answer is not a list of artifacts with their links.") from None
