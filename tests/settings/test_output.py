"""The download folder: the user may choose any folder, a repository only one within itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import ENOUGH, Place
from tvtui.artifacts.downloads.safe_folder import download_folder
from tvtui.settings.settings import SettingsError, load


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def folder(place: Place, **flags: object) -> Path:
    environ = {**ENOUGH, **{name: str(flags.pop(name)) for name in list(flags) if name.isupper()}}
    return download_folder(place.load(environ, **flags), 214, place.cwd)


def test_by_default_the_folder_is_in_the_working_folder(place: Place) -> None:
    assert folder(place) == place.cwd / "tvtui-artifacts" / "run-214"


def test_settings_name_the_folder_for_all_runs_and_a_flag_the_folder_for_this_run(place: Place) -> None:
    place.own('output = "own"')
    assert folder(place) == place.cwd / "own" / "run-214"
    place.shared('output = "shared/artifacts"')
    assert folder(place) == place.repository / "shared" / "artifacts" / "run-214"
    assert folder(place, TVTUI_OUTPUT="/env") == Path("/env/run-214")
    assert folder(place, TVTUI_OUTPUT="/env", output="flag") == place.cwd / "flag"
    assert folder(place, output=str(place.config)) == place.config


def test_the_users_folder_may_be_anywhere_and_may_be_a_link(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(place.config))
    monkeypatch.setenv("USERPROFILE", str(place.config))
    place.own('output = "~/artifacts"')
    assert folder(place) == place.config / "artifacts" / "run-214"
    (place.cwd / "link").symlink_to(place.config)
    assert folder(place, output="link") == place.config
    assert folder(place, output="..") == place.cwd.parent


@pytest.mark.parametrize(
    "text",
    ["/tmp", "../x", "a/../../x", "a\\\\..\\\\x", "C:/x", "c:x", "//host/x", "~/x", "~root", "", "a//b", "a\\u001bb"],
)
def test_a_repository_cannot_name_a_folder_outside_of_it(place: Place, text: str) -> None:
    path = place.shared(f'output = "{text}"')
    (problem,) = place.problems()
    assert problem == f"{path}, output: must be a path without .. below this file's folder."


def test_a_link_within_the_repository_is_not_resolved(place: Place) -> None:
    (place.repository / "link").symlink_to(place.config)
    place.shared('output = "link"')
    assert folder(place) == place.repository / "link" / "run-214"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "must be a folder path"),
        ("a\nb", "must be a folder path"),
        ("~nobody-here/x", "home folder of an unknown user"),
    ],
)
def test_an_invalid_folder_is_reported(place: Place, value: str, words: str) -> None:
    assert words in place.problems(output=value)[0]


def test_a_relative_folder_needs_a_working_folder(place: Place) -> None:
    with pytest.raises(SettingsError, match="working folder no longer exists"):
        load({"output": "x"}, ENOUGH, None, place.config)
    assert load({"output": "/x"}, ENOUGH, None, place.config).output == Path("/x")


def test_a_number_is_not_a_folder(place: Place) -> None:
    place.own("output = 3")
    assert place.problems()[0].endswith("output: must be a quoted string.")
