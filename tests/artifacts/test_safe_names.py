"""Places of artifacts for arbitrary paths from a server."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.builders import an_artifact
from tvtui.artifacts.downloads.safe_names import Place, place_all
from tvtui.testvibe.identity import identify_artifacts
from tvtui.testvibe.models import Artifact


def placed(*paths: str) -> list[Place]:
    return list(place_all(raw(path) for path in paths).values())


def raw(path: str) -> Artifact:
    """An artifact whose path was not cleaned."""
    return Artifact(kind="trace", path=path, size=1)


def shown(place: Place) -> str:
    return "/".join(place.parts)


def where(*paths: str) -> list[str]:
    return [shown(place) for place in placed(*paths)]


def test_a_safe_path_is_unchanged() -> None:
    safe = ["trace/locked-out-user.zip", "screenshots/Größe 1.png", ".hidden/x", "a.tar.gz", "con/air"[1:], "x…y"]
    assert where(*safe) == safe
    assert {place.note for place in placed(*safe)} == {""}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/etc/passwd", "etc/passwd"),
        ("../../.ssh/authorized_keys", ".ssh/authorized_keys"),
        ("a/../../b", "a/b"),
        ("./a//b/", "a/b"),
        ("C:\\Windows\\System32\\x.dll", "C_/Windows/System32/x.dll"),
        ("c:autoexec.bat", "c_autoexec.bat"),
        ("\\\\host\\share\\x", "host/share/x"),
        ("\\\\?\\C:\\x", "_/C_/x"),
        ("a\\..\\b", "a/b"),
        ("file.txt::$DATA", "file.txt___DATA"),
        ("$(id)`id`;x&y's\".png", "__id__id__x_y_s_.png"),
        (".tvtui-manifest.jsonl", "_.tvtui-manifest.jsonl"),
        ('a<b>c:"d|e?f*g', "a_b_c__d_e_f_g"),
        ("a\x00b\x1bc\nd", "a_b_c_d"),
        ("##[error]a/##vso[b]/###teamcity[c", "_#[error]a/_#vso[b]/#_#teamcity[c"),
        ("\u202egnp.exe", "_gnp.exe"),
        ("\ud800x", "_x"),
        ("name. . .", "name"),
        ("folder. /x", "folder/x"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("a/com1 .tar.gz", "a/_com1 .tar.gz"),
        ("LPT¹", "_LPT¹"),
        ("Con./x", "_Con/x"),
        ("", "artifact"),
        ("../..", "artifact"),
        (" . ", "artifact"),
        (".x.zip.part", "_.x.zip.part"),
        (".X.ZIP.PART", "_.X.ZIP.PART"),
        (".\u200b./x", "x"),
        ("a/.Git/config", "a/_.Git/config"),
        (".g\u200cit/config", "_.g\u200cit/config"),
        ("GIT~1/config", "_GIT~1/config"),
    ],
)
def test_an_unsafe_path_is_changed_with_a_note(path: str, place: str) -> None:
    (found,) = placed(path)
    assert shown(found) == place
    assert found.note.startswith(f"Saved as {place}, because ")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/etc/passwd", "the server's path is absolute"),
        (
            "C:x",
            "the server's path is absolute and its name contains characters that some systems or shells do not allow",
        ),
        ("a/../b", "the server's path contains .."),
        ("./a//b/", "the server's path is written differently"),
        ("a\\b", "the server's path is written differently"),
        ("ab:c", "its name contains characters that some systems or shells do not allow"),
        ("a. ", "its name contains characters that some systems or shells do not allow"),
        ("nul.txt", "its name is reserved on Windows"),
        (".x.part", "tvtui or git uses such names itself"),
        ("x" * 300, "its name is too long"),
        ("a/" * 500 + "x", "the server's path is too long"),
        ("..", "the server has no name for it"),
    ],
)
def test_the_note_says_why_a_path_was_changed(path: str, reason: str) -> None:
    (found,) = placed(path)
    assert found.note == f"Saved as {shown(found)}, because {reason}."


def test_a_name_that_is_too_long_keeps_its_extension() -> None:
    (found,) = placed("trace/" + "ä" * 300 + ".zip")
    assert found.name.endswith("ä.zip")
    assert 230 < len(found.name.encode()) <= 255 - len("..part")
    assert "too long" in found.note


def test_a_path_that_is_too_long_loses_its_deepest_folders() -> None:
    (found,) = placed("top/" + "deep/" * 2000 + "trace.zip")
    assert shown(found).startswith("top/deep/")
    assert found.name == "trace.zip"
    assert len(shown(found).encode()) <= 800


def test_colliding_paths_are_numbered() -> None:
    assert where("a.zip", "a.zip", "A.ZIP", "b (2).zip") == ["a.zip", "a (2).zip", "A (3).ZIP", "b _2_.zip"]
    assert where("é.png", "e\u0301.png") == ["é.png", "e\u0301 (2).png"]
    assert where("straße", "STRASSE") == ["straße", "STRASSE (2)"]
    assert where("a", "a/b", "A/c") == ["a", "a (2)/b", "A (2)/c"]
    assert where("a/b", "a") == ["a/b", "a (2)"]
    assert where(*["x" * 300 + ".zip"] * 2)[1].endswith("x (2).zip")


def test_a_safe_path_has_priority_over_a_changed_one() -> None:
    assert where("../trace.zip", "trace.zip") == ["trace (2).zip", "trace.zip"]
    assert "another artifact" in placed("trace.zip", "TRACE.zip")[1].note


def test_thousands_of_equal_names_take_linear_time() -> None:
    assert where(*["a.zip"] * 20_000)[-1] == "a (20000).zip"


unsafe = st.lists(
    st.sampled_from(
        ["..", ".", "", "a", "A", "a (2)", "é", "e\u0301", "con", "NUL.txt", "C:", " ", "x" * 300, ".a.part"]
    )
    | st.text(max_size=8),
    max_size=5,
).map("/".join) | st.text(max_size=30)


@given(st.lists(unsafe, max_size=12))
@example(["a", "a/b", "A", "a/B/c", "a\\b", "/a", "a ", "a."])
@settings(max_examples=300, deadline=None)
def test_all_places_are_below_the_folder_and_different(paths: list[str]) -> None:
    artifacts = [raw(path) for path in paths]
    places = place_all(artifacts)
    assert list(places) == list(identify_artifacts(artifacts))
    assert places == place_all(artifacts)
    folder = Path("/home/user/tvtui-artifacts")
    seen: dict[str, str] = {}
    folders = set()
    for place in places.values():
        for flavour in (PurePosixPath, PureWindowsPath):
            assert flavour(*place.parts).parts == place.parts
            assert not flavour(*place.parts).is_absolute()
        assert not PureWindowsPath(*place.parts).drive
        final = os.path.normpath(folder.joinpath(*place.parts))
        assert final.startswith(f"{folder}{os.sep}")
        assert not ({"", ".", ".."} & set(place.parts))
        for part in place.parts:
            assert part == part.rstrip(". ")
            assert len(part.encode()) <= 255 - len("..part")
            assert not re.search(r'[\x00-\x1f\x7f<>:"/\\|?*]', part)
            assert not re.fullmatch(r"\..*\.part", part)
        # as on a file system that ignores case and normalization
        same = unicodedata.normalize("NFC", "/".join(place.parts).casefold())
        assert same not in seen
        seen[same] = "/".join(place.parts)
        folders |= {same.rsplit("/", depth)[0] for depth in range(1, len(place.parts))}
    assert not folders & set(seen)


def test_paths_of_validated_artifacts_are_unchanged() -> None:
    assert ["/".join(place.parts) for place in place_all([an_artifact()]).values()] == ["trace/locked-out-user.zip"]
