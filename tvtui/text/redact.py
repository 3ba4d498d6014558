"""Secrets in text: what one looks like, and how it is hidden; pure."""

from __future__ import annotations

import re

from tvtui.text.clean import clean_line

MARKS = r"?#&%\\"
"""What a secret's name in a query comes after, however it is escaped; as the inside of a character class, like all of
these for Python's and for Rust's regular expressions alike."""

WORDS = r"A-Za-z0-9_;\-"
"""What such a name, and an escaped mark before it, are made of."""

HARMLESS = rf"[{MARKS}][{WORDS}]*(?:[?#&][{WORDS}]*)*"
"""A mark and words behind it, which are no name of a secret where neither an equals sign, be it escaped, nor a colour
follows."""

UNSUSPICIOUS = (r"=%\\", MARKS)
"""Text that lacks all characters of the one or all of the other set holds no signed query."""

_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]{0,15}+:)?//[^\s\"'<>`\\?#]++[?#][^\s\"'<>`]++", re.IGNORECASE)
# One set comes first, so that the engine skips quickly what is in no query. Marks may be written as in HTML,
# percent-encoded (of links inside links more than once) and as in JSON.
_SIGNATURE = re.compile(
    r"[?#&%\\](?:(?<=[?#&])(?:amp;|\#38;|\#x26;)?|(?<=%)(?:25){0,3}(?:3f|23|26)|(?<=\\)u00(?:3f|23|26))"
    r"(?:sig|signature|token|access_token|sas|se|sp|x-(?:amz|goog|ms)-[a-z-]+|"
    r"awsaccesskeyid|googleaccessid|key-pair-id|policy|password|secret|api_?key)(?:=|%(?:25){0,3}3d|\\u003d)",
    re.IGNORECASE,
)
_ANY_QUERY = re.compile(r"[^\s\"'<>`]*+")
_SGR = re.compile(r"\x1b\[[0-9;:]{0,64}m")


def without_queries(text: str) -> str:
    """Every link less its query and its fragment; `?…` stands in their place."""
    if "//" not in text:
        return without_signatures(text)
    return without_signatures(_LINK.sub(lambda link: re.split(r"[?#]", link[0], maxsplit=1)[0] + "?…", text))


def without_signatures(text: str) -> str:
    """Every query that holds a signature or another secret by its name, whatever stands before it, less its words.

    A test's error compares addresses, and their queries are what it is about: only secrets are taken out of those.
    Colours that change within a query still change behind it. A name that colours part is not seen as one.
    """
    if "=" not in text and "%" not in text and "\\" not in text:
        return text
    parts: list[str] = []
    at = 0
    for found in _SIGNATURE.finditer(text):
        if found.start() < at:
            continue
        # the secret's own query begins with the word's first mark: `?a=1&sig=2` goes whole
        start = max(text.rfind(mark, at, found.start() + 1) for mark in ("?", "#"))
        between = text[start : found.start()] if start >= 0 else ""
        if start < 0 or _ANY_QUERY.fullmatch(between) is None:
            start = found.start()
        parts += [text[at:start], "?…"]
        end = _ANY_QUERY.match(text, found.end())
        at = found.end() if end is None else end.end()
        if "\x1b" in (query := text[start:at]):
            parts += _SGR.findall(query)
    return "".join(parts) + text[at:]


def mask(key: str) -> str:
    """An API key as it may be shown: "tvb_" with 8 characters of it if it is well formed, else nothing of it."""
    return f"{key[:12]}…" if re.fullmatch(r"tvb_[0-9A-Za-z]{43}", key) else "…"


LIKE_A_KEY = re.compile(r"tvb_[0-9A-Za-z]{9,}")
"""What is treated as a key wherever a key has no business to be; eight characters of one may be shown."""


def quoted(text: str) -> str:
    """Foreign words as a sentence of ours may hold them: one clean line, short, without a key or a link's signature."""
    line = LIKE_A_KEY.sub(lambda key: mask(key[0]), without_signatures(clean_line(text))).strip()
    return line if len(line) <= 200 else f"{line[:199]}…"
