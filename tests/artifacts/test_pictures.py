"""Decoding pictures from files with arbitrary content."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.support.images import a_png
from tvtui.artifacts.pictures import Cells, Picture, decode

NIGHT = (10, 20, 30)
NOT_A_PICTURE = "The file is not a PNG, JPEG, WebP, GIF or BMP picture."


def a_picture(width: int, height: int) -> Picture:
    return Picture(Image.new("RGB", (width, height)), width, height, 1)


def pixel(picture: Picture | str, x: int = 0, y: int = 0) -> object:
    assert isinstance(picture, Picture), picture
    return picture.image.getpixel((x, y))


@pytest.mark.parametrize("extension", ["png", "jpg", "webp", "gif", "bmp"])
def test_the_formats_of_screenshots_are_decoded(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"x.{extension}"
    Image.new("RGB", (40, 30), "white").save(path)
    picture = decode(path, NIGHT)
    assert isinstance(picture, Picture)
    assert (picture.width, picture.height, picture.size) == (40, 30, path.stat().st_size)
    assert pixel(picture) == (255, 255, 255)


def test_40_megapixels_are_decoded(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.new("1", (6_324, 6_324), 1).save(path)
    assert pixel(decode(path, NIGHT)) == (255, 255, 255)


def test_transparent_parts_show_the_background(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    for mode, colour in [("RGBA", (255, 0, 0, 0)), ("LA", (255, 0))]:
        Image.new(mode, (4, 4), colour).save(path)
        assert pixel(decode(path, NIGHT)) == NIGHT
    Image.new("P", (4, 4), 0).save(path, transparency=0)
    assert pixel(decode(path, NIGHT)) == NIGHT


@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "CMYK"])
def test_all_colour_modes_are_decoded(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("x.jpg" if mode == "CMYK" else "x.png")
    Image.new(mode, (4, 4)).save(path)
    picture = decode(path, NIGHT)
    assert isinstance(picture, Picture)
    assert picture.image.mode == "RGB"


def test_large_pictures_are_scaled_down(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.new("1", (5000, 1000)).save(path)
    picture = decode(path, NIGHT)
    assert isinstance(picture, Picture)
    assert (picture.width, picture.height) == (5000, 1000)
    assert picture.image.size == (2400, 480)


@pytest.mark.parametrize("side", [6_325, 9_450, 10_000, 40_000])
def test_a_decompression_bomb_is_not_decoded(tmp_path: Path, side: int) -> None:
    # 40 megapixels are decoded, of 100 Pillow warns, and 1,600 it refuses
    path = tmp_path / "x.png"
    path.write_bytes(a_png(side, side))
    assert decode(path, NIGHT) == "The picture is too large to be shown here. Open it in another program."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty."),
        (b"\x1b]0;owned\x07 no picture", NOT_A_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", NOT_A_PICTURE),
        (
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
            NOT_A_PICTURE,
        ),
        (a_png(64, 64), "The picture is damaged or incomplete."),
        (a_png(64, 64)[:30], NOT_A_PICTURE),
        (a_png(0, 64), NOT_A_PICTURE),
    ],
)
def test_invalid_files_are_reported(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(content)
    assert decode(path, NIGHT) == message


def test_missing_files_and_folders_are_reported(tmp_path: Path) -> None:
    assert decode(tmp_path / "x.png", NIGHT) == "The file no longer exists."
    assert decode(tmp_path, NIGHT) == "The file cannot be read: Is a directory."


@pytest.mark.parametrize("cut", range(0, 120, 7))
def test_truncated_pictures_are_reported(tmp_path: Path, cut: int) -> None:
    whole = tmp_path / "whole.gif"
    Image.effect_noise((60, 60), 90).save(whole)
    path = tmp_path / "x.gif"
    path.write_bytes(whole.read_bytes()[:cut])
    assert isinstance(decode(path, NIGHT), str)


@pytest.mark.parametrize(
    ("size", "room", "cells"),
    [
        ((100, 100), (80, 20), (40, 20)),
        ((400, 100), (80, 20), (80, 10)),
        ((1, 5000), (80, 20), (1, 20)),
        ((5000, 1), (80, 20), (80, 1)),
        ((9, 9), (1, 1), (1, 1)),
    ],
)
def test_a_picture_is_scaled_to_the_room_with_its_aspect_ratio(
    size: tuple[int, int], room: tuple[int, int], cells: tuple[int, int]
) -> None:
    assert a_picture(*size).fit(Cells(*room), (10, 20)) == cells
