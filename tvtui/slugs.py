"""How the name of a test can be written in a path: its words, letters and digits alone, joined by hyphens; pure."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator

_WORD = re.compile(r"[^\W_]+")
_SUITE = re.compile(r" [>›»] ")
_HARD = re.compile(r"[^\W\x00-\x7f]|['’]| [>›»] ")
"""What names hold that can be written in a path in more than one way."""


class _Blanks(dict[int, str]):
    """A table for `str.translate` that knows the ASCII letters and digits, and takes all else for a blank."""

    def __missing__(self, key: int) -> str:
        self[key] = " "
        return " "


_ASCII_WORDS = _Blanks({ord(char): char for char in string.ascii_letters + string.digits})


def slugs_of(name: str) -> Iterable[str]:
    """The ways in which servers and Playwright may write a test's name in a path; one may be empty."""
    if _HARD.search(name) is None:
        return (_ascii_slug(name),)
    slugs = {slug_of(name)}
    spelled = name.replace("’", "'")
    if "'" in spelled:
        slugs.add(slug_of(spelled.replace("'", "")))
    if not name.isascii():
        slugs |= set(_in_ascii(spelled))
    # some servers put the suite before a test's name
    last = slug_of(_SUITE.split(name)[-1])
    if "-" in last and not last.replace("-", "").isdigit():
        slugs.add(last)
    return slugs


def _in_ascii(name: str) -> Iterator[str]:
    """With accents taken off its letters, or with such letters left out as long as no word vanishes with them."""
    split = unicodedata.normalize("NFKD", name)
    ascii_name = split.encode("ascii", "ignore").decode("ascii")
    if len(ascii_name) < len(name) // 2:
        return
    yield slug_of("".join(char for char in split if not unicodedata.combining(char)))
    kept = "".join(char if char.isascii() else " " for char in name)
    if all(re.search("[0-9a-zA-Z]", word) for word in _WORD.findall(name)):
        yield slug_of(kept)


def _ascii_slug(text: str) -> str:
    return "-".join(text.translate(_ASCII_WORDS).lower().split())


def slug_of(text: str) -> str:
    """The words of a text in small letters, joined by hyphens: "Locked-out user" is "locked-out-user"."""
    if text.isascii():
        return _ascii_slug(text)
    return "-".join(_WORD.findall(unicodedata.normalize("NFC", text).casefold()))
