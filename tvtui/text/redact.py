"""Redacts secrets in text: the only module that knows what an API key, a signed link or a password looks like."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from tvtui.text.clean import SGR, clean_line, plain

# This module is imported before the first frame. Patterns that are rarely needed then are texts, which `re` compiles
# when they are first used, and keeps: that saves 2 ms of the start.

# Names whose value is a secret, wherever they appear.
_NAMES = (
    r"sig|signature|token|access_token|password|passwd|pwd|secret|access[_-]?key|api[_-]?key"
    r"|x-(?:amz|goog|ms)-[a-z-]{1,60}"
)
# Names that reveal a signed query; on their own they are ordinary words.
_MARKERS = r"sas|se|sp|awsaccesskeyid|googleaccessid|key-pair-id|policy"
_EQUALS = r"(?:=|%(?:25){0,3}3d|\\u003d)"

# Also matches links without a query: otherwise each of many links in a row would be searched to the end of the row.
_LINK = r"(?i)((?:[a-z][a-z0-9+.-]{0,15}+:)?//[^\s\"'<>`\\?#]++)([?#][^\s\"'<>`]++)?"
# The pattern starts with a single set, so that the engine quickly skips text without a query. Marks may be written as
# in HTML, percent-encoded (several times over where links contain links) and as in JSON.
_SIGNED = re.compile(
    r"[?#&%\\](?:(?<=[?#&])(?:amp;|\#38;|\#x26;)?|(?<=%)(?:25){0,3}(?:3f|23|26)|(?<=\\)u00(?:3f|23|26))"
    rf"(?:{_NAMES}|{_MARKERS}){_EQUALS}[^\s\"'<>`]*+",
    re.IGNORECASE,
)
_IN_A_QUERY = re.compile(r"[^\s\"'<>`]*+")
# As in a query, in an environment, a comparison or Python's keyword arguments, and as an item of a mapping in JSON or
# Python. Without a closing quote, the value ends with its line: a traceback may quote half of a string.
_ASSIGNMENT = (
    rf"(?is)((?<![a-z0-9])(?:{_NAMES}|authorization)(?:[ \t]*+{_EQUALS}[=>]?[ \t]*+|\\?['\"]\s*+:\s*+))"
    r"(?:([bur]{0,2}(\\?['\"]))(?:(?:(?!\3)(?:\\.|.))*+\3|[^\n]*+)|[^\s&'\",]++)"
)
# A bracket or a full stop at the end belongs to the sentence.
_AUTHORIZATION = re.compile(
    r"(authorization:[ \t]*+(?:basic|bearer|digest|negotiate|token)[ \t]++)[^\s'\"]*[^\s'\").\]}]", re.IGNORECASE
)
# As clients of HTTP log them: the rest of the line is secret.
_HEADER = (
    r"(?i)(?<![a-z0-9-])((?:api-key|x-[a-z-]{0,40}(?:key|token|secret|auth)):[ \t]*+"
    r"|(?:set-)?cookie:[ \t]*+(?=[^\s=;:]{1,100}=))[^\n'\"]++"
)
# A slash may be part of a password, unless what precedes it is a port. No password contains two slashes in a row:
# otherwise each of many links in a row would be searched to the end of the row.
_USER_INFO = re.compile(r"//(?:[^\s/'\"<>]*|[^\s/'\"<>:@]*:(?!\d{1,5}/)(?:(?!//)[^\s'\"<>])*)@")

# Tokens that are known by their form wherever they stand: JSON Web Tokens, a bearer's, and those of common services.
# Ordinary words follow "bearer", too: a token is long, or has a digit.
_BY_FORM = (
    r"(?<![A-Za-z0-9_-])(?:"
    r"eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)*"
    r"|gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|npm_[A-Za-z0-9]{30,}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])|sk-[\w-]{20,}|AIza[\w-]{35}"
    r"|(?i:(?P<bearer>bearer[ \t]+)(?!tvb_)(?:(?=[a-z._~+/-]{0,200}\d)[\w.~+/-]{8,}|[\w.~+/-]{20,})=*)"
    r")"
)
# The service truncates texts: the end may be missing, or the beginning.
_PRIVATE_KEY = (
    r"(?s)-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)(?:\\.|.))*+(?:-----END [A-Z0-9 ]*-----)?"
)
_END_OF_PRIVATE_KEY = r"-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
_LINE_OF_KEY = r"[ \t]*[A-Za-z0-9+/=]{16,}[ \t]*"
_LAST_LINE_OF_KEY = r"[ \t]*[A-Za-z0-9+/=]*[ \t]*"
_FIRST_LINE_OF_KEY = r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/=]{16,}[ \t]*\Z"
# Every secret that is masked has one of these.
_HINT = (
    r"(?i)[=%\\@]|['\"]\s*:|(?:authorization|key|token|secret|auth):|tvb_|-----|eyJ|gh[oprsu]_|github_|glpat-|npm_|xox"
    r"|A[KS]IA|sk-|AIza|bearer"
)

# Headers and parameters of requests, in lower case, words joined by "_" or "-": "x-api-key", "refresh_token".
_SECRET_NAME = (
    rf"(?:[a-z0-9_.-]*[_.-])?(?:{_NAMES}|auth|jwt|credential|assertion)"
    r"|(?:proxy-)?authorization|(?:set-)?cookie2?"
)
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PARAMETER = re.compile(r"(?<=[?&#;])([^=&#;?]{1,200})=([^&#;]+)")

_KEY = re.compile(r"tvb_[0-9A-Za-z]{43}")
_LIKE_A_KEY = re.compile(r"tvb_[0-9A-Za-z]{9,}")
_SHOWN_OF_KEY = 12
"""The characters that `mask` shows; TestVibe's own pages show them too."""
_SHORTEST_PIECE = 8
"""Characters of the rest of a key that reveal a piece of it: no other text contains them by chance."""
# JSON writers never escape letters and digits, but readers accept it. Escaped backslashes are matched to skip them.
_ESCAPED_IN_JSON = re.compile(rb"\\(?:\\|u00(3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]))")


def redact(text: str) -> str:
    """Free text without keys, passwords, and the queries and credentials of links."""
    return _without_credentials(without_queries(_USER_INFO.sub("//…@", text)))


def redact_block(text: str) -> str:
    """A cleaned block, such as a log, without keys, passwords, and the signatures and credentials of links.

    Other queries are kept, see `without_signatures`. The colours are given up if they hide a secret from the search.
    """
    found, uncoloured = (
        _without_credentials(without_signatures(_USER_INFO.sub("//…@", each))) for each in (text, plain(text))
    )
    return found if plain(found) == uncoloured else uncoloured


def masked_block(text: str) -> tuple[str, int]:
    """A cleaned block as `redact_block` returns it, and how many secrets have been masked in it.

    What hints at no secret is not searched: 10,000 names take 40 ms.
    """
    # colours may split a hint
    if not re.search(_HINT, text) and ("\x1b" not in text or not re.search(_HINT, plain(text))):
        return text, 0
    # text that was cleaned equals no plain string
    shown = str(text)
    found = redact_block(shown)
    return (text, 0) if found == shown else (found, max(1, found.count("…") - shown.count("…")))


def _without_credentials(text: str) -> str:
    text = re.sub(_HEADER, r"\1…", _AUTHORIZATION.sub(r"\1…", _without_private_keys(text)))
    text = re.sub(_BY_FORM, lambda token: f"{token['bearer'] or ''}…", text)
    return _LIKE_A_KEY.sub(lambda key: mask(key[0]), re.sub(_ASSIGNMENT, r"\1\2…\3", text))


def quoted(text: str, longest: int = 200, marks: str = "") -> str:
    """Foreign text to be quoted in a sentence of ours: one clean line, redacted, and truncated to `longest`.

    With quotation marks, for text that is wrong as a whole, it is also said if control characters were removed from it.
    """
    cleaned = clean_line(text)
    line = redact(cleaned).strip()
    line = line if len(line) <= longest else f"{line[: longest - 1]}…"
    removed = " (contains control characters)" if marks and cleaned != text else ""
    return f"{marks}{line}{marks}{removed}"


def _without_private_keys(text: str) -> str:
    if "PRIVATE KEY" not in text:
        return text
    text = re.sub(_PRIVATE_KEY, "…", text)
    parts: list[str] = []
    at = 0
    for end in re.finditer(_END_OF_PRIVATE_KEY, text):
        # the lines before the end belong to it as long as they look like it; the first one may follow other text
        lines = text[at : end.start()].split("\n")
        if not lines[-1].strip():
            lines.pop()
        if lines and re.fullmatch(_LAST_LINE_OF_KEY, lines[-1]):
            lines.pop()
        while lines and re.fullmatch(_LINE_OF_KEY, lines[-1]):
            lines.pop()
        if lines:
            lines[-1] = re.sub(_FIRST_LINE_OF_KEY, "", lines[-1])
        parts += ["\n".join([*lines, ""]), "…"]
        at = end.end()
    return "".join(parts) + text[at:]


def without_queries(text: str) -> str:
    """Replace the query and the fragment of every link with `?…`."""
    return without_signatures(re.sub(_LINK, lambda link: f"{link[1]}?…" if link[2] else link[0], text))


def without_signatures(text: str) -> str:
    """Replace every query that contains a signature or another secret, recognized by name, with `?…`.

    Other queries are kept, because errors of tests compare addresses. Colour changes within a replaced query are moved
    after it. A name that is interrupted by a colour change is not recognized.
    """
    if not _SIGNED.search(text):
        return text
    parts: list[str] = []
    at = 0
    for found in _SIGNED.finditer(text):
        # the query starts at the first mark of the word: all of `?a=1&sig=2` is replaced
        start = max(text.rfind(mark, at, found.start() + 1) for mark in ("?", "#"))
        if start < 0 or not _IN_A_QUERY.fullmatch(text, start, found.start()):
            start = found.start()
        parts += [text[at:start], "?…"]
        at = found.end()
        parts += [sgr[0] for sgr in SGR.finditer(text, start, at)]
    return "".join(parts) + text[at:]


def is_secret_name(name: str) -> bool:
    """Whether a header, a cookie or a query parameter of this name has a secret as its value."""
    return re.fullmatch(_SECRET_NAME, _CAPITAL.sub("_", name[:200]).lower()) is not None


def mask_parameters(url: str) -> str:
    """Replace the values of query parameters that are secrets, recognized by name, with `…`, and credentials.

    Unlike `without_signatures`, it keeps the other parameters: a list of requests is useless without them.
    """
    if not any(mark in url for mark in "?#@;_"):
        return url
    masked = _PARAMETER.sub(_masked_parameter, _USER_INFO.sub("//…@", url))
    return _LIKE_A_KEY.sub(lambda key: mask(key[0]), masked)


def _masked_parameter(found: re.Match[str]) -> str:
    name, value = found[1], found[2]
    # a value may be a link with a query of its own
    is_secret = is_secret_name(unquote_plus(name).strip()) or redact_block(value) != value
    return f"{name}=…" if is_secret else found[0]


def is_key(text: str) -> bool:
    """Whether this is a well-formed API key: `tvb_` and 43 base62 characters."""
    return _KEY.fullmatch(text) is not None


def contains_key(text: str) -> bool:
    """Whether a text contains an API key, a malformed or truncated one included."""
    return _LIKE_A_KEY.search(text) is not None


def is_key_name(name: str) -> bool:
    """Whether a setting or an option of this name, however it is written, is meant to hold an API key."""
    return re.sub("[^a-z]", "", name.lower()) in {"key", "token", "apikey", "apitoken"}


def mask(key: str) -> str:
    """An API key as it may be shown: `tvb_` and 8 more characters if it is well formed, otherwise nothing of it."""
    return f"{key[:_SHOWN_OF_KEY]}…" if is_key(key) else "…"


def mask_in_json(body: bytes, key: str) -> bytes:
    """Replace every occurrence of a key in JSON text, even where its characters are escaped.

    Pieces of 8 characters or more from the start or the end of the key's hidden part are replaced as well, because the
    service truncates errors and logs.
    """
    body = _ESCAPED_IN_JSON.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else found[0], body)
    hidden = key[_SHOWN_OF_KEY:].encode()
    if hidden[:_SHORTEST_PIECE] in body or hidden[-_SHORTEST_PIECE:] in body:
        for length in range(len(hidden), _SHORTEST_PIECE - 1, -1):
            body = body.replace(hidden[:length], rb"\u2026").replace(hidden[-length:], rb"\u2026")
    return body
