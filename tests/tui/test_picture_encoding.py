"""Pictures as a terminal takes them."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from tvtui.artifacts.pictures import Cells, Picture
from tvtui.terminal.detect import PictureProtocol, PictureSupport
from tvtui.tui.widgets.picture_encoding import draw

# stderr is no terminal in the tests, so that cells are as large as the terminal has said
SIXELS = PictureSupport(PictureProtocol.SIXEL, cell=(8, 17))


def a_picture(width: int = 480, height: int = 320) -> Picture:
    return Picture(Image.effect_noise((width, height), 90).convert("RGB"), width, height, 1)


def size_of(sixels: str) -> tuple[int, int]:
    match = re.match(r'\x1bP[0-9;]*q"1;1;(\d+);(\d+)', sixels)
    assert match is not None
    return int(match[1]), int(match[2])


def test_each_colour_is_selected_after_its_definition() -> None:
    sixels = draw(a_picture(60, 40), Cells(20, 5), SIXELS).sixels
    definitions = re.findall(r"#(\d+);2;\d+;\d+;\d+(#\d+)?", sixels)
    assert definitions
    assert all(selected == f"#{number}" for number, selected in definitions)


@pytest.mark.parametrize(("largest", "cells"), [(None, (180, 56)), ((1000, 1000), (125, 39)), ((3, 3), (1, 1))])
def test_sixels_are_never_larger_than_the_terminal_shows(
    largest: tuple[int, int] | None, cells: tuple[int, int]
) -> None:
    support = PictureSupport(PictureProtocol.SIXEL, cell=(8, 17), largest=largest)
    art = draw(a_picture(), Cells(180, 60), support)
    assert art.cells == cells
    assert size_of(art.sixels) == (cells[0] * 8, cells[1] * 17)
    assert len(art.strips) == cells[1]


def test_sixels_have_no_more_colours_than_the_terminal() -> None:
    support = PictureSupport(PictureProtocol.SIXEL, cell=(8, 17), colors=16)
    numbers = re.findall(r"#(\d+)", draw(a_picture(), Cells(20, 20), support).sixels)
    assert max(map(int, numbers)) < 16
