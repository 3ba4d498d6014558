"""What an undocumented text of a diagnosis is, by its key, its name and how it begins; pure."""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    """What a text is; the order is the one in which they are read."""

    GHERKIN = "gherkin"
    SPEC = "spec"
    LOG = "log"
    OTHER = "other"

    @property
    def heading(self) -> str:
        """What a text of this kind is headed by; nothing where its own name has to do."""
        return "" if self is Kind.OTHER else self.value.capitalize()


_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_SOURCES = r"\.(?:[cm]?[jt]sx?|py|java|cs)"
_SOURCE = re.compile(_SOURCES + "$", re.IGNORECASE)
_PATH = re.compile(rf"[^\s?]*[/\\][^\s?]*|[^\s?/\\]+(?:{_SOURCES}|\.(?:feature|json|ya?ml|md|txt|log))", re.IGNORECASE)
# before its first keyword a feature can hold empty lines and comments
_BEGINNING = r"\ufeff?(?:[ \t]*+(?:#(?![ \t]*language[ \t]*:)[^\n]*+)?\n)*+[ \t]*+"
_FEATURE = re.compile(
    _BEGINNING + r"(?:@[^\s(]+[^\n(;]*\n|#[ \t]*language[ \t]*:|(?:Feature|Rule|Background|Scenario)[^\n:]{0,20}:)"
)
_LOG_TAILS = {"log", "logs", "tail", "text", "lines", "output", "end", "excerpt"}
_LOGS = {"log", "logs", "logtail", "loglines", "runlog", "stdout", "stderr"}


def is_link_key(key: str) -> bool:
    """Whether what lies under this key leads to artifacts, and is to be kept nowhere."""
    folded = key.casefold()
    return ("artifact" in folded or "link" in folded) and not is_path(key)


def is_path(name: str) -> bool:
    """Whether a key is a file's name."""
    return len(name) <= 1000 and _PATH.fullmatch(name) is not None


def looks_like_gherkin(text: str) -> bool:
    """Whether a text begins as a feature does."""
    return _FEATURE.match(text) is not None


def kind_of(keys: str, name: str, text: str) -> Kind:
    """Tell what a text is.

    Args:
        keys: The keys that it lies under, in any spelling.
        name: Its file's name, or its own key.
        text: The text.
    """
    words = [word.casefold() for word in _WORD.findall(keys.rpartition(" ")[2] or keys)]
    folded = keys.casefold()
    is_one_line = "\n" not in text.strip("\n")
    if looks_like_gherkin(text) or (name.casefold().endswith(".feature") and not is_one_line):
        return Kind.GHERKIN
    if _LOGS.intersection(words) and words[-1] in _LOG_TAILS | _LOGS:
        return Kind.LOG
    if is_one_line:
        return Kind.OTHER
    if _SOURCE.search(name) or any(word in folded for word in ("spec", "source", "testcode", "test_code")):
        return Kind.SPEC
    return Kind.GHERKIN if "gherkin" in folded or "feature" in folded else Kind.OTHER
