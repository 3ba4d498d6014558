"""Signed links to artifacts: requested right before a download, and never shown."""

from __future__ import annotations

from dataclasses import dataclass

from tvtui.testvibe.decoding import parse
from tvtui.testvibe.fields import items
from tvtui.testvibe.models import Artifact


class SignedLink:
    """A link that only `reveal` shows: whoever has it can download the file."""

    __slots__ = ("_url",)

    def __init__(self, url: str) -> None:
        self._url = url

    def reveal(self) -> str:
        """The link itself, for the request only."""
        return self._url

    def __repr__(self) -> str:
        return "SignedLink('…')"


@dataclass(frozen=True, slots=True)
class ArtifactLink:
    """An artifact with its link; `url` is None if the server gave no usable one."""

    artifact: Artifact
    url: SignedLink | None


def read_links(body: bytes) -> tuple[ArtifactLink, ...]:
    """Decode the answer of `get_run_artifacts`: the rows of the manifest, each with its `url`.

    A row that cannot be read is an artifact without a link, so that it is not mistaken for one that was not there.

    Raises:
        ValueError: The body is not a list; the message is one sentence without any part of the body.
    """
    try:
        rows = items(parse(body))
    except ValueError:
        rows = None
    if not isinstance(rows, list):
        raise ValueError("The response is not a list of artifacts with their links.")
    return tuple(_link(row, number) for number, row in enumerate(rows, 1))


def _link(row: object, number: int) -> ArtifactLink:
    if not isinstance(row, dict):
        return ArtifactLink(Artifact(path=f"(unreadable row {number})"), None)
    return ArtifactLink(Artifact.read(row), _url(row.get("url")))


def _url(value: object) -> SignedLink | None:
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        return None
    return SignedLink(value)
