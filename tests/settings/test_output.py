"""Where downloads go, and who may say so: the user anything, a repository only a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.test_settings import ENOUGH, Place
from tvtui.artifacts.downloads.safe_folder import download_folder
from tvtui.settings.settings import SettingsError, load


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def folder(place: Place, **flags: object) -> Path:
    environ = {**ENOUGH, **{name: str(flags.pop(name)) for name in list(flags) if name.isupper()}}
    return download_folder(place.load(environ, **flags), 214, place.cwd)


def test_without_a_setting_it_is_in_the_working_folder(place: Place) -> None:
    assert folder(place) == place.cwd / "tvtui-artifacts" / "run-214"


def test_settings_name_the_folder_of_all_runs_and_a_flag_that_of_this_one(place: Place) -> None:
    place.own('output = "own"')
    assert folder(place) == place.cwd / "own" / "run-214"
    place.shared('output = "shared/artifacts"')
    assert folder(place) == place.repository / "shared" / "artifacts" / "run-214"
    assert folder(place, TVTUI_OUTPUT="/env") == Path("/env/run-214")
    assert folder(place, TVTUI_OUTPUT="/env", output="flag") == place.cwd / "flag"
    assert folder(place, output=str(place.config)) == place.config


def test_the_users_own_may_lie_anywhere_and_be_a_link(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_a_repository_names_none_outside_of_it(place: Place, text: str) -> None:
    path = place.shared(f'output = "{text}"')
    (problem,) = place.problems()
    assert problem.startswith(f"{path}, output: must be a path below this file's folder")


def test_and_a_link_in_it_is_not_followed_when_it_is_read(place: Place) -> None:
    (place.repository / "link").symlink_to(place.config)
    place.shared('output = "link"')
    assert folder(place) == place.repository / "link" / "run-214"


@pytest.mark.parametrize(
    ("value", "words"),
    [("", "path of a folder"), ("a\nb", "path of a folder"), ("~nobody-here/x", "a user who has none")],
)
def test_what_is_no_folder_is_said(place: Place, value: str, words: str) -> None:
    assert words in place.problems(output=value)[0]


def test_a_working_folder_that_is_gone_has_none_below_it(place: Place) -> None:
    with pytest.raises(SettingsError, match="working folder, which is gone"):
        load({"output": "x"}, ENOUGH, None, place.config)
    assert load({"output": "/x"}, ENOUGH, None, place.config).output == Path("/x")


def test_a_number_is_none_either(place: Place) -> None:
    place.own("output = 3")
    assert place.problems()[0].endswith("output: must be text in quotes.")
