"""Sources: found by the digest of their path in the archive, never on this machine."""

from __future__ import annotations

from hashlib import sha1
from pathlib import Path

from tvtui.trace import faults
from tvtui.trace.faults import Fault
from tvtui.trace.records import Place, Source
from tvtui.trace.sources import names_of, source

FILE = "/srv/shop/tests/account.spec.js"
DIGEST = sha1(FILE.encode()).hexdigest()


def read(place: Place, *errors: str, **files: bytes) -> Source | Fault:
    """The source of a place, where `new` and `old` are what the archive has under the name of either version."""
    names = {f"src/{DIGEST}.js": "new", f"resources/src@{DIGEST}.txt": "old"}
    return source(
        place,
        lambda name, limit: files.get(names.get(name, ""), faults.NOT_THERE),
        ((place, error) for error in errors),
    )


def test_every_version_names_sources_by_their_digest() -> None:
    assert names_of(FILE) == (f"src/{DIGEST}.js", f"resources/src@{DIGEST}.txt")
    assert names_of("C:\\shop\\a.spec.ts")[0].endswith(".ts")
    assert names_of("/srv/Makefile")[0] == f"src/{sha1(b'/srv/Makefile').hexdigest()}"
    assert names_of("/srv/.config")[0] == f"src/{sha1(b'/srv/.config').hexdigest()}"
    assert names_of("project#") == names_of("") == ()


def test_the_lines_around_a_place_are_clean() -> None:
    found = read(Place(FILE, 2, 1), new=b"one\r\n\ttwo\x1b[2J\r\nthree")
    assert found == Source(Place(FILE, 2, 1), ("one", "\ttwo", "three"))
    assert read(Place(FILE, 1), old=b"\xef\xbb\xbfone") == Source(Place(FILE, 1), ("one",))


def test_only_what_is_near_is_returned() -> None:
    text = "\n".join(f"line {number}" for number in range(1, 1001)).encode()
    found = read(Place(FILE, 500), new=text)
    assert isinstance(found, Source)
    assert (found.first, len(found.lines), found.lines[200]) == (300, 401, "line 500")
    assert read(Place(FILE, 5000), new=text) == faults.NO_SOURCE


def test_a_code_frame_of_the_error_stands_in() -> None:
    error = "Error: no\n\n  20 | const a = 1;\n> 21 | \x1b[31mfail()\x1b[39m;\n     | ^\n  22 | }\n"
    assert read(Place(FILE, 21), error) == Source(Place(FILE, 21), ("const a = 1;", "fail();", "}"), 20)
    assert read(Place(FILE, 99), error) == faults.NO_SOURCE
    assert read(Place(FILE, 21), "no frame") == faults.NO_SOURCE


def test_a_file_of_this_machine_is_never_read() -> None:
    assert read(Place(str(Path(__file__).resolve()), 1)) == faults.NO_SOURCE
