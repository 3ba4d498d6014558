"""Finds the artifacts that probably belong to a test, by their paths."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tvtui.testvibe.identity import CaseId, Row
from tvtui.testvibe.models import Artifact, Case, Outcome
from tvtui.text.clean import plain

_SNAPSHOT = r"(?m)^\s*Snapshot: +(\S.*)$|snapshot doesn't exist at (.+?), writing"
_MARK = re.compile(r"-(?:expected|actual|diff|previous)$")
_ATTEMPT = re.compile(r"-(?:(?:retry|repeat)-?\d+|test-(?:failed|finished)-\d+)$")
# Playwright projects are usually named after browsers and devices; other names cannot be recognized.
_PLATFORM = re.compile(
    r"-(?:chromium|chrome|google|firefox|webkit|safari|edge|msedge|microsoft|mobile|desktop|tablet|iphone|ipad|pixel"
    r"|galaxy|android|ios|linux|darwin|win32)$"
)
_ENDINGS = (_MARK, _ATTEMPT, _PLATFORM)
# Playwright's trimLongString: of names longer than 60 characters (100 in older versions) it keeps the first 26 (46) and
# the last 27 (47) characters; the project's name follows.
_SHORTENED = re.compile(r".{26}-[0-9a-f]{5}-(.{27})(-.*|)|.{46}-[0-9a-f]{5}-(.{47})(-.*|)")
_GENERIC_WORDS = """
    test tests result results report reports trace traces screenshot screenshots image images video videos log logs
    attachment attachments artifact artifacts file files data index output snapshot snapshots playwright context
    error errors failed finished expected actual diff previous
"""
_GENERIC = frozenset(_GENERIC_WORDS.split())

_SEVERAL = -1
"""The owner of a name that several tests have."""


def match_artifacts(rows: Sequence[Row], artifacts: Sequence[Artifact]) -> Mapping[CaseId, tuple[int, ...]]:
    """Find the artifacts that probably belong to each test.

    1,000 tests and 200 artifacts take 5 ms; 10,000 tests take 20 to 100 ms, depending on the lengths of their names:
    call it once per digest, only when needed, and for many tests in a thread.

    Args:
        rows: All tests of the run; passed ones may own artifacts too.
        artifacts: All artifacts of the run.

    Returns:
        Ascending indices into `artifacts`, for the tests that own any.
    """
    names = _Names(rows)
    found: dict[CaseId, list[int]] = defaultdict(list)
    unclaimed = []
    for index, artifact in enumerate(artifacts):
        claims = names.claims(artifact.path)
        if not claims:
            unclaimed.append(index)
        elif (owner := _only(claims)) != _SEVERAL:
            found[rows[owner].id].append(index)
    by_beginning: dict[CaseId, list[int]] = defaultdict(list)
    for index in unclaimed:
        owner = names.begun_by(artifacts[index].path)
        if owner != _SEVERAL and rows[owner].id not in found:
            by_beginning[rows[owner].id].append(index)
    return {case_id: tuple(indices) for case_id, indices in (found | by_beginning).items()}


class _Names:
    """The names of all tests, to be searched for in paths."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._owners: dict[str, int] = {}
        for index, row in enumerate(rows):
            for slug in slugs_of(row.case.name):
                known = self._owners.setdefault(slug, index)
                if known != index:
                    self._owners[slug] = _SEVERAL
        self._owners.pop("", None)
        # searched as one text: 0.1 ms instead of 3 ms per search in 10,000 names
        self._text = "\n-" + "-\n-".join(self._owners) + "-\n"
        self._mentions: dict[str, set[int]] = defaultdict(set)
        for index, row in enumerate(rows):
            for snapshot in _snapshots(row.case):
                self._mentions[snapshot].add(index)

    def claims(self, path: str) -> set[int]:
        """The tests that a path names; empty if there are none."""
        *folders, file = path.split("/")
        stem = slug_of(file.rpartition(".")[0] or file)
        named = (self._in_file(stem), *map(self._in_folder, folders))
        claims = {owner for owner in named if owner is not None}
        mark = _MARK.search(stem)
        mentioned = self._mentions.get(stem[: mark.start()], set()) if mark else set()
        return claims | mentioned if claims.isdisjoint(mentioned) else claims

    def begun_by(self, path: str) -> int:
        """The only test whose name starts with a file's name, if it did not pass."""
        file = path.rpartition("/")[2]
        start = _without_endings(slug_of(file.rpartition(".")[0] or file))
        if "-" not in start or _is_generic(start):
            return _SEVERAL
        owner = _only(self._containing(f"\n-{start}-"))
        if owner == _SEVERAL or self._rows[owner].outcome is Outcome.PASSED:
            return _SEVERAL
        has_own_word = any(self._containing(f"-{word}-") == {owner} for word in start.split("-") if len(word) > 2)
        return owner if has_own_word else _SEVERAL

    def _in_file(self, stem: str) -> int | None:
        if _is_generic(stem):
            return None
        for form in _forms(stem):
            if form not in self._owners or _is_generic(form):
                continue
            if "-" in form or len(self._containing(f"-{form}-")) == 1:
                return self._owners[form]
        owner = self._before_snapshot(stem)
        return self._at_end(stem) if owner is None and _PLATFORM.search(stem) else owner

    def _in_folder(self, folder: str) -> int | None:
        slug = slug_of(folder)
        if _is_generic(slug):
            return None
        if shortened := _SHORTENED.fullmatch(folder):
            tail, rest = (group for group in shortened.groups() if group is not None)
            return self._shortened(slug_of(tail)) if not _without_endings(f"-{slug_of(rest)}").strip("-") else None
        for form in _forms(slug):
            if form in self._owners and "-" in form and not _is_generic(form):
                return self._owners[form]
        return self._at_end(slug)

    def _before_snapshot(self, stem: str) -> int | None:
        """`NAME-SNAPSHOT-actual`, if the error of that test mentions the snapshot."""
        mark = _MARK.search(stem)
        if mark is None:
            return None
        name, _, last = stem[: mark.start()].rpartition("-")
        snapshot = last
        while name:
            owner = self._owners.get(name)
            if owner is not None and owner in self._mentions.get(snapshot, ()):
                return owner
            name, _, last = name.rpartition("-")
            snapshot = f"{last}-{snapshot}"
        return None

    def _at_end(self, slug: str) -> int | None:
        """`SPEC-NAME-PROJECT`: the longest name of at least two words, unless a longer name ends with it."""
        longest = ""
        for form in _forms(slug):
            name = form.partition("-")[2]
            while "-" in name and len(name) > len(longest):
                if name in self._owners and not _is_generic(name):
                    longest = name
                name = name.partition("-")[2]
        return _only(self._containing(f"-{longest}-\n")) if longest else None

    def _shortened(self, tail: str) -> int | None:
        """The test whose name ends with the end of a shortened folder name, or is entirely contained in it."""
        owners = self._containing(f"{tail}-\n")
        return _only(owners) if owners else self._at_end(f"-{tail}")

    def _containing(self, part: str) -> set[int]:
        """The owners, at most two, of names that contain `-words-`; line breaks stand for the ends of a name."""
        owners: set[int] = set()
        at = self._text.find(part)
        while at >= 0 and len(owners) < 2:
            # a part that starts with "-" may be found right at the start of its line
            start = self._text.rindex("\n", 0, at + 1) + 2
            end = self._text.index("-\n", start)
            owners.add(self._owners[self._text[start:end]])
            at = self._text.find(part, end)
        return owners


def _only(owners: set[int]) -> int:
    return next(iter(owners)) if len(owners) == 1 else _SEVERAL


def _forms(slug: str) -> Iterator[str]:
    """A slug, and what remains of it after removing one ending after another."""
    yield slug
    while ending := next(filter(None, (pattern.search(slug) for pattern in _ENDINGS)), None):
        slug = slug[: ending.start()]
        yield slug


def _without_endings(slug: str) -> str:
    *_, bare = _forms(slug)
    return bare


def _is_generic(slug: str) -> bool:
    return _GENERIC.issuperset(word for word in slug.split("-") if not word.isdigit())


def _snapshots(case: Case) -> Iterator[str]:
    # most errors are about something else, and the pattern is slow
    if case.error is None or "napshot" not in case.error:
        return
    for match in re.finditer(_SNAPSHOT, plain(case.error)):
        file = re.split(r"[/\\]", match[1] or match[2])[-1].strip()
        yield (slug := slug_of(file.rpartition(".")[0] or file))
        while system := _PLATFORM.search(slug):
            yield (slug := slug[: system.start()])


_WORD = re.compile(r"[^\W_]+")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_FOREIGN_WORD = re.compile(r"(?<![^\W_])(?:(?![0-9A-Za-z])[^\W_])++(?![^\W_])")
_BLANK_UNLESS_WORD = {code: char.lower() if char.isalnum() else " " for code, char in enumerate(map(chr, range(128)))}


def slugs_of(name: str) -> set[str]:
    """How servers and Playwright may write a test's name in a path; one form may be empty."""
    # no slug contains any of these, and without them most names are ASCII
    spelled = name.replace("’", "'").replace("›", ">").replace("»", ">")
    slugs = {slug_of(spelled)}
    if "'" in spelled:
        slugs.add(slug_of(spelled.replace("'", "")))
    if not spelled.isascii():
        slugs |= set(_in_ascii(spelled))
    # some servers put the suite in front of a test's name
    _, suite, title = spelled.rpartition(" > ")
    if suite and "-" in (last := slug_of(title)) and not last.replace("-", "").isdigit():
        slugs.add(last)
    return slugs


def _in_ascii(name: str) -> Iterator[str]:
    """With the accents removed, and with accented letters removed, unless a whole word would disappear."""
    split = unicodedata.normalize("NFKD", name)
    if len(_FOREIGN.sub("", split)) < len(name) // 2:
        return
    yield slug_of(_FOREIGN.sub(lambda char: "" if unicodedata.combining(char[0]) else char[0], split))
    if not _FOREIGN_WORD.search(name):
        yield slug_of(_FOREIGN.sub(" ", name))


def slug_of(text: str) -> str:
    """The words of a text in lower case, joined by hyphens: "Locked-out user" becomes "locked-out-user"."""
    if text.isascii():
        return "-".join(text.translate(_BLANK_UNLESS_WORD).split())
    return "-".join(_WORD.findall(unicodedata.normalize("NFC", text).casefold()))
