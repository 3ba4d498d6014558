"""Keyboard layouts with other letters, in terminals that know kitty's protocol."""

from __future__ import annotations

import pytest
from textual import events

from tests.support.app import Viewer, watching
from tests.support.builders import a_case, a_run
from tvtui.tui.layout_keys import Key, base_key
from tvtui.tui.replies import ReplyFilter

TESTS = [a_case(name, status="failed", error=f"Error: {name}") for name in ("One", "Two")]
FAILED = a_run(tests=TESTS)


def keys(sent: str) -> list[events.Key]:
    return [event for event in ReplyFilter().feed(sent) if isinstance(event, events.Key)]


def cyrillic(letter: str, base: str, modifiers: int = 1) -> str:
    """What a terminal sends for a Cyrillic letter."""
    code = ord(letter.lower())
    shifted = str(ord(letter.upper())) if modifiers & 1 == 0 else ""
    return f"\x1b[{code}:{shifted}:{ord(base)};{modifiers};{ord(letter)}u"


@pytest.mark.parametrize(
    ("sent", "key", "character", "base"),
    [
        (cyrillic("т", "n"), "т", "т", "n"),
        (cyrillic("Т", "n", 2), "Т", "Т", "N"),
        # with caps lock, and with both
        (cyrillic("Т", "n", 65), "Т", "Т", "N"),
        (cyrillic("т", "n", 66), "т", "т", "n"),
        ("\x1b[1079::112;5u", "ctrl+з", None, "ctrl+p"),
        ("\x1b[957::110;;957u", "ν", "ν", "n"),
        (cyrillic("х", "["), "х", "х", "left_square_bracket"),
        # ASCII letters stay what they are on every layout
        ("\x1b[99::105;1;99u", "c", "c", "c"),
        ("\x1b[97:65;2;65u", "A", "A", "A"),
        ("\x1b[55:63;2;63u", "question_mark", "?", "question_mark"),
        ("\x1b[233::50;1;233u", "é", "é", "2"),
        # nothing is known of the place of the key
        ("\x1b[1090;1;1090u", "т", "т", "т"),
        ("\x1b[1090:1058;2;1058u", "Т", "Т", "Т"),
        ("\x1b[1090::9999999;1;1090u", "т", "т", "т"),
    ],
)
def test_a_key_is_what_it_types_and_what_it_is_on_a_us_keyboard(
    sent: str, key: str, character: str | None, base: str
) -> None:
    for pieces in ([sent], list(sent)):
        parser = ReplyFilter()
        (event,) = (found for piece in pieces for found in parser.feed(piece))
        assert isinstance(event, events.Key)
        assert (event.key, event.character, base_key(event)) == (key, character, base)


def test_keys_in_one_piece_keep_their_order() -> None:
    assert [key.key for key in keys(f"a{cyrillic('т', 'n')}\x1b[B{cyrillic('о', 'j')}z")] == [
        "a",
        "т",
        "down",
        "о",
        "z",
    ]


async def press(viewer: Viewer, *letters: tuple[str, str]) -> None:
    for letter, base in letters:
        (key,) = keys(cyrillic(letter, base))
        viewer.app.post_message(key)
        await viewer.pilot.pause()


async def test_a_letter_does_what_its_key_does_on_a_us_keyboard() -> None:
    async with watching(FAILED) as viewer:
        await press(viewer, ("т", "n"))
        await viewer.sees("Error: Two")
        await viewer.press("question_mark")
        await viewer.sees("All keys")
        await press(viewer, ("й", "q"))
        await viewer.until(lambda: "All keys" not in viewer.text)


async def test_it_is_typed_in_a_filter() -> None:
    async with watching(FAILED) as viewer:
        await viewer.press("slash")
        await press(viewer, ("т", "n"), ("й", "q"))
        await viewer.sees("тй")
        assert viewer.app.is_running


async def test_the_users_own_keys_come_first() -> None:
    # on a US keyboard, this key quits
    async with watching(FAILED, keymap={"app.help": "f1,й"}) as viewer:
        await press(viewer, ("й", "q"))
        await viewer.sees("All keys")


async def test_a_remapped_key_is_found_by_its_place() -> None:
    async with watching(FAILED, keymap={"app.help": "m"}) as viewer:
        await press(viewer, ("ь", "m"))
        await viewer.sees("All keys")


def test_a_key_without_a_letter_of_its_own_has_textuals_class() -> None:
    (key,) = keys("\x1b[97:65;2;65u")
    assert not isinstance(key, Key)
