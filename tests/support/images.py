"""Colour arithmetic, pictures, and an app that shows them: `python -m tests.support.images FOLDER`.

- Contrast: WCAG 2.2, "relative luminance" and "contrast ratio".
- Color blindness: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for Simulation of
  Color Vision Deficiency", IEEE TVCG 15 (2009), the matrices for severity 1.0.
- Distance: CIEDE2000 after G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 Color-Difference Formula", Color Research and
  Application 30 (2005).
"""

from __future__ import annotations

import os
import struct
import sys
import zlib
from collections.abc import Sequence
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt
from pathlib import Path

from PIL import Image
from textual.app import App

from tests.support.builders import an_artifact
from tvtui.terminal.detect import PictureProtocol, PictureSupport, picture_support
from tvtui.terminal.query import Answers
from tvtui.testvibe.models import Artifact
from tvtui.tui.screens.picture import PictureScreen

Rgb = tuple[float, float, float]
"""Red, green and blue: from 0 to 255 in sRGB, or from 0 to 1 in linear light where a function says so."""

SIGHTS: dict[str, tuple[Rgb, Rgb, Rgb]] = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""How each kind of color blindness changes linear red, green and blue."""


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio: from 1 for the same color to 21 for black on white."""
    dark, light = sorted(
        0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in map(_linear, (one, other))
    )
    return (light + 0.05) / (dark + 0.05)


def seen_with(sight: str, colour: Rgb) -> Rgb:
    """The color that a person with this sight, a key of `SIGHTS`, sees instead of `colour`."""
    linear = _linear(colour)
    seen = [sum(part * share for part, share in zip(linear, row, strict=True)) for row in SIGHTS[sight]]
    red, green, blue = (255 * _curved(min(1.0, max(0.0, part))) for part in seen)
    return red, green, blue


def distance(one: Rgb, other: Rgb) -> float:
    """CIEDE2000: 1 is just noticeable side by side, 100 is black against white."""
    return lab_distance(_lab(one), _lab(other))


def lab_distance(one: Rgb, other: Rgb) -> float:
    """CIEDE2000 of colors given as L*, a*, b*."""
    (light1, a1, b1), (light2, a2, b2) = one, other
    mean_chroma = (hypot(a1, b1) + hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7))
    chroma1, chroma2 = hypot(stretch * a1, b1), hypot(stretch * a2, b2)
    hue1, hue2 = degrees(atan2(b1, stretch * a1)) % 360, degrees(atan2(b2, stretch * a2)) % 360
    turn = 0.0 if not chroma1 * chroma2 else (hue2 - hue1 + 180) % 360 - 180
    light, chroma = (light1 + light2) / 2, (chroma1 + chroma2) / 2
    hue = (hue1 + turn / 2) % 360 if chroma1 * chroma2 else hue1 + hue2
    tone = (
        1
        - 0.17 * cos(radians(hue - 30))
        + 0.24 * cos(radians(2 * hue))
        + 0.32 * cos(radians(3 * hue + 6))
        - 0.20 * cos(radians(4 * hue - 63))
    )
    off_light = (light2 - light1) / (1 + 0.015 * (light - 50) ** 2 / sqrt(20 + (light - 50) ** 2))
    off_chroma = (chroma2 - chroma1) / (1 + 0.045 * chroma)
    off_hue = 2 * sqrt(chroma1 * chroma2) * sin(radians(turn / 2)) / (1 + 0.015 * chroma * tone)
    swing = radians(60 * exp(-(((hue - 275) / 25) ** 2)))
    rotation = -2 * sqrt(chroma**7 / (chroma**7 + 25**7)) * sin(swing)
    return sqrt(off_light**2 + off_chroma**2 + off_hue**2 + rotation * off_chroma * off_hue)


def _linear(colour: Rgb) -> Rgb:
    """In linear light, from 0 to 1."""
    red, green, blue = (
        part / 255 / 12.92 if part <= 10.31475 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return red, green, blue


def _curved(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _lab(colour: Rgb) -> Rgb:
    red, green, blue = _linear(colour)
    # CIE XYZ relative to the white point D65
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    fx, fy, fz = (part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116 for part in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


PICTURE_PATHS = ("login.png", "card-expected.png", "card-actual.png", "card-diff.png", "broken.png")
PICTURE_SIZES = {"login.png": (320, 180), "broken.png": (64, 64)}
PICTURE_COLORS = {
    "login.png": "#102030",
    "card-expected.png": "#ff0000",
    "card-actual.png": "#00ff00",
    "card-diff.png": "blue",
}


def write_pictures(folder: Path) -> None:
    """Write the pictures of `PICTURE_PATHS`, each in one colour; the last file is truncated."""
    for path in PICTURE_PATHS:
        Image.new("RGB", PICTURE_SIZES.get(path, (90, 60)), PICTURE_COLORS.get(path, "white")).save(folder / path)
    (folder / "broken.png").write_bytes((folder / "broken.png").read_bytes()[:60])


def a_png(width: int, height: int) -> bytes:
    """A PNG whose header claims this size, with only a few pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


class PictureApp(App[None]):
    """An app that opens the picture screen at once."""

    def __init__(
        self,
        folder: Path,
        start: int = 0,
        protocol: PictureProtocol = PictureProtocol.BLOCKS,
        paths: Sequence[str] = PICTURE_PATHS,
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
            PictureScreen(
                artifacts, self._start, get=self._get, open_elsewhere=self._open, support=PictureSupport(self._protocol)
            )
        )

    async def _get(self, artifact: Artifact) -> Path | str:
        self.got.append(artifact.path)
        path = self._folder / artifact.path
        return path if path.exists() else "The download failed: the disk is full."

    def _open(self, artifact: Artifact) -> None:
        self.opened.append(artifact.path)
        # for tests that watch the app from outside
        (self._folder / "opened").write_text(artifact.path, "utf-8")


if __name__ == "__main__":
    PictureApp(Path(sys.argv[1]), protocol=picture_support(os.environ, Answers()).protocol).run()
