"""Themes and keys in the files of settings and on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.test_settings import Place
from tests.support.server import WATCH_SETTINGS
from tvtui import cli
from tvtui.cli import frontend
from tvtui.settings.settings import Settings, SettingsError, load_for
from tvtui.settings.values import THEME_NAMES, Preferences, Way


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_unless_said_otherwise_the_theme_and_the_keys_are_the_usual_ones(place: Place) -> None:
    assert place.load().preferences == Preferences("tvtui", {})


def test_a_theme_comes_from_the_flag_then_from_the_users_own_file_then_from_the_repository(place: Place) -> None:
    """What one can read is not for a repository to decide: here the own file comes first."""
    place.shared('theme = "nord"')
    assert place.load().preferences.theme == "nord"
    place.own('theme = "tvtui-safe"')
    assert place.load().preferences.theme == "tvtui-safe"
    assert place.load(theme="ansi-dark").preferences.theme == "ansi-dark"


@pytest.mark.parametrize("written", ['"solarised"', "3", "true", '["tvtui"]'])
def test_an_unknown_theme_is_told_with_the_list(place: Place, written: str) -> None:
    path = place.shared(f"theme = {written}")
    (problem,) = place.problems()

    assert problem.startswith(f"{path}, theme: there is no theme '")
    assert all(name in problem for name in THEME_NAMES)


def test_keys_stand_in_the_users_own_file_with_or_without_quotes(place: Place) -> None:
    place.own('[keys]\n"failure.next" = "ctrl+n"\ndetail.log = "x, f8"\n')

    assert place.load().preferences.keys == {"failure.next": "ctrl+n", "detail.log": "x, f8"}


def test_keys_of_a_repository_are_ignored_and_that_is_told(place: Place) -> None:
    path = place.shared('[keys]\n"app.quit" = "n"\n')
    settings = place.load()

    assert settings.preferences.keys == {}
    (warning,) = settings.warnings
    assert warning.startswith(f"{path}: [keys] is ignored")
    assert "config.toml" in warning


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("keys = 3", "must be a table"),
        ("[keys]\nfailure.next = 3", '"failure.next" must be keys in quotes'),
        ('[keys]\n"failure.next" = ["n"]', '"failure.next" must be keys in quotes'),
        ('[keys]\n"failure.next" = " "', '"failure.next" must be keys in quotes'),
    ],
)
def test_what_is_no_table_of_keys_is_told(place: Place, written: str, told: str) -> None:
    place.own(written)
    (problem,) = place.problems()

    assert told in problem


def test_alone_they_are_found_whatever_else_is_wrong_with_the_files(place: Place) -> None:
    """The demo needs no configuration, and honours what there is."""
    place.own('theme = "tvtui-light"\nserver = 3\nnotify = "bell"\n[keys]\n"app.help" = "f1"\n[open]\ntrace = "viewer"')
    place.shared("this is no TOML")

    found = load_for(WATCH_SETTINGS, {}, {"TVTUI_OUTPUT": str(place.cwd)}, place.cwd, place.config)
    assert found.preferences == Preferences("tvtui-light", {"app.help": "f1"})
    assert (found.notify, found.open_with, found.output) == (Way.BELL, {"trace": "viewer"}, place.cwd)
    assert found.server == WATCH_SETTINGS.server
    with pytest.raises(SettingsError, match="there is no theme 'x'"):
        load_for(WATCH_SETTINGS, {"theme": "x"}, {}, place.cwd, place.config)


class TestDemo:
    """On the command line."""

    @pytest.fixture(autouse=True)
    def own_folder(self, monkeypatch: pytest.MonkeyPatch, place: Place) -> None:
        monkeypatch.setattr("tvtui.settings.settings.config_folder", lambda: place.config)
        monkeypatch.chdir(place.cwd)

    def test_an_unknown_theme_ends_it_before_anything_starts(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(frontend, "run", lambda *_given, **_named: pytest.fail("it started"))

        assert cli.main(["demo", "--theme", "solarised"]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("tvtui: --theme: there is no theme 'solarised'; there are tvtui, tvtui-light, tvtui-safe")

    def test_the_users_theme_and_keys_count_in_the_demo(self, monkeypatch: pytest.MonkeyPatch, place: Place) -> None:
        seen: list[Settings] = []

        def run(settings: Settings, *_given: object, **_named: object) -> int:
            seen.append(settings)
            return 0

        monkeypatch.setattr(frontend, "run", run)
        place.own('theme = "ansi-light"\n[keys]\n"app.help" = "f1"')

        assert cli.main(["demo"]) == cli.main(["demo", "--theme", "tvtui-safe"]) == 0
        assert [settings.preferences.theme for settings in seen] == ["ansi-light", "tvtui-safe"]
        assert seen[0].preferences.keys == {"app.help": "f1"}


def test_linear_is_the_users_own_and_on_or_off(place: Place) -> None:
    assert not place.load().preferences.linear
    path = place.own("linear = true")
    assert place.load().preferences.linear
    path.write_text('linear = "yes"\n')
    assert place.problems() == (f"{path}, linear: must be true or false, without quotes.",)
    path.unlink()
    place.shared("linear = true")
    settings = place.load()
    assert not settings.preferences.linear
    assert "unknown and ignored: linear" in settings.warnings[0]
