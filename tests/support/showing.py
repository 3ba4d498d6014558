"""Pictures for tests, and an app that shows them: `python -m tests.support.showing FOLDER`."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from textual.app import App

from tests.support.builders import an_artifact
from tvtui.terminal.detect import PictureProtocol, picture_protocol
from tvtui.testvibe.models import Artifact
from tvtui.tui.screens.picture import PictureScreen

PATHS = ("login.png", "card-expected.png", "card-actual.png", "card-diff.png", "broken.png")
SIZES = {"login.png": (320, 180), "broken.png": (64, 64)}
COLORS = {"login.png": "#102030", "card-expected.png": "#ff0000", "card-actual.png": "#00ff00", "card-diff.png": "blue"}


def make(folder: Path) -> None:
    """Write the pictures of `PATHS`, each of one colour; the last one is cut off."""
    for path in PATHS:
        Image.new("RGB", SIZES.get(path, (90, 60)), COLORS.get(path, "white")).save(folder / path)
    (folder / "broken.png").write_bytes((folder / "broken.png").read_bytes()[:60])


def a_png(width: int, height: int) -> bytes:
    """A PNG that says it has so many pixels, and holds a few of them."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


class ShowingApp(App[None]):
    """Opens the picture screen at once."""

    def __init__(
        self,
        folder: Path,
        start: int = 0,
        protocol: PictureProtocol = PictureProtocol.BLOCKS,
        paths: Sequence[str] = PATHS,
    ) -> None:
        super().__init__()
        self._paths = paths
        self._folder = folder
        self._start = start
        self._protocol = protocol
        self.got: list[str] = []
        self.opened: list[str] = []

    def on_mount(self) -> None:
        artifacts = [an_artifact(path, kind="screenshot") for path in self._paths]
        self.push_screen(
            PictureScreen(artifacts, self._start, get=self._get, open_elsewhere=self._open, protocol=self._protocol)
        )

    async def _get(self, artifact: Artifact) -> Path | str:
        self.got.append(artifact.path)
        path = self._folder / artifact.path
        return path if path.exists() else "The download failed: the disk is full."

    def _open(self, artifact: Artifact) -> None:
        self.opened.append(artifact.path)
        # seen by who looks at the terminal from outside
        (self._folder / "opened").write_text(artifact.path, "utf-8")


if __name__ == "__main__":
    ShowingApp(Path(sys.argv[1]), protocol=picture_protocol(os.environ)).run()
