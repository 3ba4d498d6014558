"""Which errors are the same: texts that differ only in numbers, times and the like; pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from tvtui.text.clean import plain

_MOST_CHARS = 4_000
"""Characters of a line that are looked at: a URL's query or a hash can be long."""

_KEY_CHARS = 300

_ANY = "…"
"""Stands for what differs from one failure to the next."""

_ID = r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b | \b[0-9a-fA-F]{12,}\b"
_ID_OR_DIGITS = re.compile(rf"(?x) {_ID} | [0-9]+")
_QUERY = re.compile(r"\?[^#]*")
_UNIT = (
    r"(?: [ ]? (?: [mµn]?s | secs? | seconds? | m | mins? | minutes? | h | hours? | px | [KMG]i?B | B ) \b | [ ]? % )"
)
_VOLATILE = re.compile(
    rf"""(?x)
    (?P<url> \b (?: https? | wss? | file ):// [^\s"'`<>]+ )
    | {_ID}
    | \b [0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} [T ] [0-9]{{2}}:[0-9]{{2}} (?: :[0-9]{{2}} (?: \.[0-9]+ )? )?
      (?: Z | [-+][0-9]{{2}}:?[0-9]{{2}} )?
    | (?: (?<! [\w)\]] ) [-+] (?= [0-9] ) )?
      # "h1" and "h2" are different elements, "sku0005" and "sku0042" are not
      (?: (?<! [A-Za-z0-9] ) [0-9]+ | (?<= [A-Za-z] ) [0-9]{{3,}} )
      (?: [.,][0-9]+ )* (?: [eE][-+]?[0-9]+ )? {_UNIT}?
    """
)

_FIRST_LINE = re.compile(r"\S.*")
_NOTHING_BUT_A_CLASS = re.compile(r"\w*Error:?")
_LOCATOR = re.compile(r"(?m)^[ \t]*(?:Locator:[ \t]*|- waiting for (?=[\w.]+\())(\S.*)")
_HAS_NO_SUBJECT = re.compile(r"(?:\w*Error: )?expect\b|AssertionError\b")
"""Errors that say how a value was compared, but not which value."""

_CODE = re.compile(r"(?m)^[ \t]*>[ \t]*[0-9]+ \|[ \t]*(\S.*)")
_SAYS_WHAT = re.compile(r"(?:expect|assert)[\w.]{0,40}\([ \t]*[^\s)]")
_PLACE = re.compile(r"(?m)^[ \t]*(at \S.*:[0-9]+):[0-9]+\)?[ \t]*$")
_NOT_FOUND = re.compile(r"(?m)^[ \t]*(?:Error: )?element\(s\) not found")

_CLASSES = re.compile(r"(?:(?:[\w.]+: )?\w*Error(?: \[\w+\])?: )+")
_MATCHER = re.compile(r"expect(?:\.\w+)?\(\w*\)\.((?:not\.)?\w+)\([^()]*\)")
_STATEMENT = re.compile(r"^(?:await )?(.*?)[;{ ]*$")


class Signature(NamedTuple):
    """What makes an error the same as another one.

    Attributes:
        key: Equal for errors that differ only in what changes from one failure to the next.
        title: The error in a few of its own words.
    """

    key: str
    title: str


def normalized(text: str) -> str:
    """`text` with an ellipsis for everything that changes from one failure to the next."""
    return _VOLATILE.sub(_placeholder, text)


def _placeholder(found: re.Match[str]) -> str:
    url = found["url"]
    return _ANY if url is None else _ID_OR_DIGITS.sub(_ANY, _QUERY.sub("", url))


def signature(error: str) -> Signature | None:
    """What makes an error the same as another one; None if it is blank.

    It is made of the first line and the first locator. An error that compares values and has no locator would be the
    same as any other that does: the line of code counts too, or its place in a file. What was expected and received
    does not count. Takes a time that is linear in the length of the text.
    """
    text = plain(error)
    first = _FIRST_LINE.search(text)
    if first is None:
        return None
    head = first[0].rstrip()
    if _NOTHING_BUT_A_CLASS.fullmatch(head) and (second := _FIRST_LINE.search(text, first.end())):
        head = f"{head} {second[0].rstrip()}"
    head = head[:_MOST_CHARS]
    found = _LOCATOR.search(text)
    locator = found[1].rstrip()[:_MOST_CHARS] if found else ""
    if locator or not _HAS_NO_SUBJECT.match(head):
        title = title_of(head, locator, is_found=not _NOT_FOUND.search(text))
        return _signature((normalized(head), normalized(locator)), title)
    code, place = _CODE.search(text), _PLACE.search(text)
    line = code[1].rstrip()[:_MOST_CHARS] if code else ""
    if line and (_SAYS_WHAT.search(line) or not place):
        return _signature((normalized(head), normalized(line)), _STATEMENT.sub(r"\1", line))
    # the number of a line is not what changes from one failure to the next
    where = place[1][:_MOST_CHARS] if place else ""
    return _signature((normalized(head), where), " ".join(filter(None, (title_of(head), where.rpartition("/")[2]))))


def _signature(parts: tuple[str, str], title: str) -> Signature:
    return Signature("\n".join(parts)[:_KEY_CHARS], " ".join(title[:_KEY_CHARS].split()))


def title_of(head: str, locator: str = "", *, is_found: bool = True) -> str:
    """A first line without what every error has, behind its locator."""
    named = _CLASSES.match(head)
    message = head[named.end() if named else 0 :].rstrip(" :.") or head
    if not locator or locator in message:
        return message
    if matcher := _MATCHER.match(message):
        return f"{locator} {matcher[1]}{message[matcher.end() :]}" if is_found else f"{locator} not found"
    if message.startswith("locator."):
        return f"{locator} {message.removeprefix('locator.')}"
    return f"{message} · {locator}"
