"""Which artifacts probably belong to a test, judged by their paths; pure."""

from __future__ import annotations

import re
import string
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tvtui.testvibe.identity import CaseId, Row
from tvtui.testvibe.models import Artifact, Case, Outcome
from tvtui.text.clean import plain

_SNAPSHOT = re.compile(r"^\s*Snapshot: +(\S.*)$|snapshot doesn't exist at (.+?), writing", re.MULTILINE)
_MARK = re.compile(r"-(?:expected|actual|diff|previous)$")
_ATTEMPT = re.compile(r"-(?:(?:retry|repeat)-?\d+|test-(?:failed|finished)-\d+)$")
# Projects are mostly called after what they run on; any other project's name explains nothing.
_PLATFORM = re.compile(
    r"-(?:chromium|chrome|google|firefox|webkit|safari|edge|msedge|microsoft|mobile|desktop|tablet|iphone|ipad|pixel"
    r"|galaxy|android|ios|linux|darwin|win32)$"
)
_ENDINGS = (_MARK, _ATTEMPT, _PLATFORM)
# Playwright's trimLongString: of what is longer than 60 characters (100 in older versions) it keeps the first 26 (46)
# and the last 27 (47); the project's name comes behind that.
_SHORTENED = re.compile(r".{26}-[0-9a-f]{5}-(.{27})(-.*|)|.{46}-[0-9a-f]{5}-(.{47})(-.*|)")
_GENERIC = frozenset(
    re.findall(
        r"\w+",
        """
        test tests result results report reports trace traces screenshot screenshots image images video videos log logs
        attachment attachments artifact artifacts file files data index output snapshot snapshots playwright context
        error errors failed finished expected actual diff previous
        """,
    )
)

_SEVERAL = -1
"""Owner of a name that more than one test has."""


def match_artifacts(rows: Sequence[Row], artifacts: Sequence[Artifact]) -> Mapping[CaseId, tuple[int, ...]]:
    """Find the artifacts that seem to be each test's own, by the rule that this module opens with.

    10,000 tests and 200 artifacts take 30 ms, 140 if every name has accents or apostrophes: ask once for each digest,
    and only when somebody looks.

    Args:
        rows: All tests of the run, the passed ones too: they may have a claim as well.
        artifacts: All artifacts of the run.

    Returns:
        Indices into `artifacts`, ascending; a test that nothing was found for is left out.
    """
    if not rows or not artifacts:
        return {}
    names = _Names(rows)
    found: dict[CaseId, list[int]] = defaultdict(list)
    unclaimed = []
    for index, artifact in enumerate(artifacts):
        claims = names.claims(artifact.path)
        if not claims:
            unclaimed.append(index)
        elif len(claims) == 1 and (owner := claims.pop()) != _SEVERAL:
            found[rows[owner].id].append(index)
    begun: dict[CaseId, list[int]] = defaultdict(list)
    for index in unclaimed:
        owner = names.begun_by(artifacts[index].path)
        if owner != _SEVERAL and rows[owner].id not in found:
            begun[rows[owner].id].append(index)
    return {case_id: tuple(indices) for case_id, indices in (found | begun).items()}


class _Names:
    """The names of all tests, ready to be looked for in paths."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._owners: dict[str, int] = {}
        for index, row in enumerate(rows):
            for slug in slugs_of(row.case.name):
                known = self._owners.setdefault(slug, index)
                if known != index:
                    self._owners[slug] = _SEVERAL
        self._owners.pop("", None)
        # one text of all names: a search in it is one call, where a loop over the names would be ten thousand
        self._text = "\n-" + "-\n-".join(self._owners) + "-\n"
        self._sorted: list[str] = []
        self._snapshots: dict[str, set[int]] | None = None

    def claims(self, path: str) -> set[int]:
        """The tests that a path speaks for; empty if for none."""
        *folders, file = path.split("/")
        stem = slug_of(file.rpartition(".")[0] or file)
        spoken_for = (self._in_file(stem), *map(self._in_folder, folders))
        claims = {owner for owner in spoken_for if owner is not None}
        mentioned = self._mentioned(stem)
        if not claims:
            return mentioned
        return claims | mentioned if claims.isdisjoint(mentioned) else claims

    def begun_by(self, path: str) -> int:
        """The only test whose name begins with a file's name, if it did not pass."""
        file = path.rpartition("/")[2]
        start = _without_endings(slug_of(file.rpartition(".")[0] or file))
        if "-" not in start or _is_generic(start):
            return _SEVERAL
        self._sorted = self._sorted or sorted(self._owners)
        owners: set[int] = set()
        for name in self._sorted[bisect_left(self._sorted, f"{start}-") :]:
            if not name.startswith(f"{start}-") or len(owners) > 1:
                break
            owners.add(self._owners[name])
        if len(owners) != 1 or (owner := owners.pop()) == _SEVERAL:
            return _SEVERAL
        is_telling = any(self._having(f"-{word}-") == {owner} for word in start.split("-") if len(word) > 2)
        return owner if is_telling and self._rows[owner].case.outcome is not Outcome.PASSED else _SEVERAL

    def _in_file(self, stem: str) -> int | None:
        if _is_generic(stem):
            return None
        for form in _forms(stem):
            if form in self._owners and ("-" in form or len(self._having(f"-{form}-")) == 1) and not _is_generic(form):
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
        """`NAME-SNAPSHOT-actual`, where the test's own error mentions the snapshot."""
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
        """`SPEC-NAME-PROJECT`: the longest name of two words or more that no longer name ends in."""
        longest = ""
        for form in _forms(slug):
            name = form.partition("-")[2]
            while "-" in name and len(name) > len(longest):
                if name in self._owners and not _is_generic(name):
                    longest = name
                name = name.partition("-")[2]
        if not longest:
            return None
        return self._one(self._having(f"-{longest}-\n"))

    def _shortened(self, tail: str) -> int | None:
        """The test whose name ends in what is left of a folder's end, or is all at its end."""
        owners = self._having(f"{tail}-\n")
        return self._one(owners) if owners else self._at_end(f"-{tail}")

    def _having(self, part: str) -> set[int]:
        """The tests with `part` in their name, two of them at most: nobody asks how many more there are."""
        owners: set[int] = set()
        at = self._text.find(part)
        while at >= 0 and len(owners) < 2:
            # a part that begins with "-" is found at the beginning of a name too, just behind its line's beginning
            start = self._text.rindex("\n", 0, at + 1) + 2
            end = self._text.index("-\n", start)
            owners.add(self._owners[self._text[start:end]])
            at = self._text.find(part, end)
        return owners

    def _mentioned(self, stem: str) -> set[int]:
        mark = _MARK.search(stem)
        return set(self._mentions.get(stem[: mark.start()], ())) if mark else set()

    @property
    def _mentions(self) -> Mapping[str, set[int]]:
        if self._snapshots is None:
            self._snapshots = defaultdict(set)
            for index, row in enumerate(self._rows):
                for snapshot in _snapshots(row.case):
                    self._snapshots[snapshot].add(index)
        return self._snapshots

    @staticmethod
    def _one(owners: Iterable[int]) -> int:
        first, *others = owners
        return _SEVERAL if others else first


def _forms(slug: str) -> Iterator[str]:
    """A slug, and what is left of it as one ending after the other is taken off."""
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
    if case.error is None or "napshot" not in case.error:
        return
    for match in _SNAPSHOT.finditer(plain(case.error)):
        file = re.split(r"[/\\]", match[1] or match[2])[-1].strip()
        yield (slug := slug_of(file.rpartition(".")[0] or file))
        while system := _PLATFORM.search(slug):
            yield (slug := slug[: system.start()])


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
