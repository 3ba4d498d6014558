"""Links inside foreign text, without the part that would open them to whoever reads it; pure."""

from __future__ import annotations

import re

_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]{0,15}+:)?//[^\s\"'<>`\\?#]++[?#][^\s\"'<>`]++", re.IGNORECASE)
_SIGNATURE = re.compile(
    r"(?:[?#&]|&amp;|%3f|%26|\\u0026)(?:sig|signature|token|access_token|sas|se|sp|x-(?:amz|goog|ms)-[a-z-]+|"
    r"awsaccesskeyid|googleaccessid|key-pair-id|policy|password|secret|api_?key)(?:=|%3d)",
    re.IGNORECASE,
)
_ANY_QUERY = re.compile(r"[^\s\"'<>`]*+")


def without_queries(text: str) -> str:
    """Every link less its query and its fragment; `?…` stands in their place."""
    if "//" not in text:
        return without_signatures(text)
    return without_signatures(_LINK.sub(lambda link: re.split(r"[?#]", link[0], maxsplit=1)[0] + "?…", text))


def without_signatures(text: str) -> str:
    """Every query that holds a signature or another secret by its name, whatever stands before it, less its words.

    A test's error compares addresses, and their queries are what it is about: only secrets are taken out of those.
    """
    if "=" not in text and "%3" not in text:
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
    return "".join(parts) + text[at:]
