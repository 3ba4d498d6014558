"""Settings of the user interface: themes, keys and the front end for screen readers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.builders import ENOUGH, KEY, Place
from tests.support.server import WATCH_SETTINGS
from tvtui import cli
from tvtui.settings.paths import config_folder
from tvtui.settings.settings import SettingsError, load_for
from tvtui.settings.values import THEME_NAMES, JournalMode, NotifyStyle

NOT_A_KEY = "not an API key; expected tvb_ plus 43 letters or digits (47 characters)"
EXPECTED = "Expected https://HOST[:PORT][/PREFIX]"
WRITE = 'Write settings as name = "value"'


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_without_settings_the_defaults_apply(place: Place) -> None:
    settings = place.load()
    assert (settings.theme, settings.keys, settings.linear, settings.mouse) == (None, {}, False, True)


def test_the_mouse_is_switched_off_by_the_flag_or_the_users_file_alone(place: Place) -> None:
    assert not place.load(no_mouse=True).mouse
    path = place.shared("mouse = false")
    settings = place.load()
    assert settings.mouse
    assert settings.warnings[0].startswith(f"{path}: mouse is ignored here")
    place.own("mouse = false")
    assert not place.load().mouse


def test_a_theme_comes_from_the_flag_then_from_the_users_file_then_from_the_repository(place: Place) -> None:
    """Unlike for other settings: a repository must not choose what its users can read."""
    place.shared('theme = "nord"')
    assert place.load().theme == "nord"
    place.own('theme = "tvtui-safe"')
    assert place.load().theme == "tvtui-safe"
    assert place.load(theme="ansi-dark").theme == "ansi-dark"


def test_an_unknown_theme_is_reported_with_all_names(place: Place) -> None:
    path = place.shared('theme = "solarised"')
    (problem,) = place.problems()

    assert problem.startswith(f"{path}, theme: unknown theme 'solarised'; ")
    assert all(name in problem for name in THEME_NAMES)


@pytest.mark.parametrize("written", ["3", "true", '["tvtui"]'])
def test_a_theme_must_be_quoted(place: Place, written: str) -> None:
    path = place.shared(f"theme = {written}")
    assert place.problems() == (f"{path}, theme: must be a quoted string.",)


def test_action_ids_may_be_written_with_or_without_quotes(place: Place) -> None:
    place.own('[keys]\n"failure.next" = "ctrl+n"\ndetail.log = "x, f8"\n')

    assert place.load().keys == {"failure.next": "ctrl+n", "detail.log": "x, f8"}


def test_keys_from_a_repository_are_ignored_with_a_warning(place: Place) -> None:
    path = place.shared('[keys]\n"app.quit" = "n"\n')
    settings = place.load()

    assert settings.keys == {}
    (warning,) = settings.warnings
    assert warning.startswith(f"{path}: keys is ignored here")
    assert "config.toml" in warning


@pytest.mark.parametrize(
    ("written", "reported"),
    [
        ("keys = 3", "must be a table"),
        ("[keys]\nfailure.next = 3", '"failure.next" must be quoted keys'),
        (f'[keys]\n"testvibe.acme.example" = "{KEY}"', '"testvibe.acme.example" has an API key; write [keys."'),
        (f'[keys]\n"https://host" = "{KEY[:30]}"', '"https://host": not an API key; expected tvb_ plus'),
        ('[keys]\n"https://host" = 3', '"https://host" must contain api_key = "tvb_…" and nothing else'),
        (f'[keys."https://host"]\nkey = "{KEY}"', '"https://host" must contain api_key = "tvb_…" and nothing else'),
        (f'[keys]\n"https://me:{KEY}@host" = "{KEY}"', "must be https://HOST[:PORT][/PREFIX], without a user name"),
        (f'[keys]\n"https://h:443" = "{KEY}"\n"HTTPS://H/" = "{KEY}"', "there are two API keys for https://h"),
        ('[keys]\n"failure.next" = ["n"]', '"failure.next" must be quoted keys'),
        ('[keys]\n"failure.next" = " "', '"failure.next" must be quoted keys'),
    ],
)
def test_an_invalid_table_of_keys_is_reported(place: Place, written: str, reported: str) -> None:
    place.own(written)
    (problem,) = place.problems()

    assert reported in problem


def test_all_mistakes_in_a_table_are_reported_at_once(place: Place) -> None:
    path = place.own(
        f'''[keys]
"failure.next" = 3
"app.help" = " "
"https://short.example" = "{KEY[:30]}"
"https://two.example" = ["{KEY}", "{KEY}"]
[keys."ftp://x"]
api_key = "{KEY}"
[keys."host.example"]
api_key = "{KEY}"
[open]
trace = "viewer"
video = 3
log = "viewer {{file}}"
'''
    )
    problems = place.problems()
    assert problems == (
        f'{path}, open: trace must be a quoted command with {{file}}, such as "my-viewer {{file}}".',
        f'{path}, open: video must be a quoted command with {{file}}, such as "my-viewer {{file}}".',
        f'{path}, keys: "https://short.example": {NOT_A_KEY}, got 30.',
        f'{path}, keys: "https://two.example" must contain api_key = "tvb_…" and nothing else.',
        f"{path}, keys: 'ftp://x' is not a server URL (ftp:// is not http(s)://). {EXPECTED}.",
        f'{path}, keys: "failure.next" must be quoted keys separated by commas, such as "ctrl+n, f8".',
        f'{path}, keys: "app.help" must be quoted keys separated by commas, such as "ctrl+n, f8".',
        f'{path}, keys: "host.example" has an API key; write [keys."https://HOST"] and api_key = "tvb_…".',
    )


def test_a_mistake_beside_a_key_does_not_hide_the_key(place: Place) -> None:
    place.own(f'server = "https://h.example"\n[keys]\n"https://h.example" = "{KEY}"\n"app.help" = 3')
    (problem,) = place.problems({"TESTVIBE_PROJECT": ENOUGH["TESTVIBE_PROJECT"]})
    assert '"app.help" must be' in problem


def test_preferences_are_loaded_even_if_other_settings_are_wrong(place: Place) -> None:
    """The demo needs no settings, but uses those that it finds."""
    place.own(
        'theme = "tvtui-light"\nserver = 3\nnotify = "bell"\n[keys]\n"app.help" = "f1"\n[open]\ntrace = "viewer {file}"'
    )
    path = place.shared("not TOML")

    found = load_for(WATCH_SETTINGS, {}, {"TVTUI_OUTPUT": str(place.cwd)}, place.cwd, place.config)
    assert (found.theme, found.keys) == ("tvtui-light", {"app.help": "f1"})
    assert (found.notify, found.open, found.output) == (NotifyStyle.BELL, {"trace": "viewer {file}"}, place.cwd)
    assert found.server == WATCH_SETTINGS.server
    assert found.warnings == (
        f"{path}, line 1: not valid TOML (expected '=' after a key in a key/value pair). {WRITE}.",
        f"{place.config / 'config.toml'}, server: must be a quoted string.",
    )
    with pytest.raises(SettingsError, match="unknown theme 'x'"):
        load_for(WATCH_SETTINGS, {"theme": "x"}, {}, place.cwd, place.config)


@pytest.mark.skipif(sys.platform == "win32", reason="the configuration folder does not depend on the environment")
class TestDemo:
    """`tvtui demo` loads them too."""

    @pytest.fixture(autouse=True)
    def own_folder(self, monkeypatch: pytest.MonkeyPatch, place: Place) -> None:
        monkeypatch.setenv("HOME", str(place.config))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(place.config))
        monkeypatch.chdir(place.cwd)
        place.config = config_folder() or place.config
        place.config.mkdir(parents=True)

    def test_an_unknown_theme_is_an_error(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["demo", "--theme", "solarised"]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(
            "tvtui: --theme: unknown theme 'solarised'; available themes: tvtui, tvtui-light, tvtui-safe"
        )

    def test_the_users_file_is_read(self, capsys: pytest.CaptureFixture[str], place: Place) -> None:
        path = place.own('theme = "solarised"')

        assert cli.main(["demo"]) == 2
        assert capsys.readouterr().err.startswith(f"tvtui: {path}, theme: unknown theme 'solarised'; ")


@pytest.mark.parametrize(
    ("value", "is_linear"), [("1", True), ("yes", True), ("0", False), ("No", False), ("off", False), (" ", True)]
)
def test_accessible_overrides_the_users_file(place: Place, value: str, *, is_linear: bool) -> None:
    place.own("linear = true" if value == " " or not is_linear else "linear = false")
    assert place.load({**ENOUGH, "ACCESSIBLE": value}).linear == is_linear
    assert place.load({**ENOUGH, "ACCESSIBLE": value}, linear=True).linear


def test_linear_is_only_read_from_the_users_file(place: Place) -> None:
    assert not place.load().linear
    path = place.own("linear = true")
    assert place.load().linear
    path.write_text('linear = "yes"\n')
    assert place.problems() == (f"{path}, linear: must be true or false, without quotes.",)
    path.unlink()
    place.shared("linear = true")
    settings = place.load()
    assert not settings.linear
    assert "linear is ignored here" in settings.warnings[0]


class TestJournal:
    """What is remembered of runs on this machine."""

    def test_everything_but_nothing_of_a_server_on_this_machine(self, place: Place) -> None:
        assert place.load().journal_mode is JournalMode.FULL
        for server in ("http://127.0.0.1:8000", "http://localhost", "http://[::1]:1"):
            assert place.load({**ENOUGH, "TESTVIBE_SERVER": server}).journal_mode is JournalMode.OFF
            asked = place.load({**ENOUGH, "TESTVIBE_SERVER": server, "TVTUI_JOURNAL": "on"})
            assert asked.journal_mode is JournalMode.FULL

    @pytest.mark.parametrize(
        ("written", "mode"),
        [
            ('"full"', JournalMode.FULL),
            ('"Outcomes"', JournalMode.OUTCOMES),
            ('"off"', JournalMode.OFF),
            ("false", JournalMode.OFF),
            ("true", JournalMode.FULL),
        ],
    )
    def test_it_is_a_word_or_a_switch(self, place: Place, written: str, mode: JournalMode) -> None:
        place.own(f"journal = {written}")
        assert place.load().journal_mode is mode
        assert place.load({**ENOUGH, "TVTUI_JOURNAL": "off"}).journal_mode is JournalMode.OFF

    @pytest.mark.parametrize(("written", "hint"), [('"all"', ""), ("1", ", in quotes"), ("[]", ", in quotes")])
    def test_anything_else_is_reported(self, place: Place, written: str, hint: str) -> None:
        path = place.own(f"journal = {written}")
        (problem,) = place.problems()
        assert problem.startswith(f"{path}, journal: must be one of full, outcomes, off{hint}, not ")

    @pytest.mark.parametrize("written", ["false", '"off"'])
    def test_a_repository_can_turn_it_off(self, place: Place, written: str) -> None:
        place.own('journal = "full"')
        place.shared(f"journal = {written}")
        settings = place.load()
        assert (settings.journal_mode, settings.warnings) == (JournalMode.OFF, ())
        assert place.load({**ENOUGH, "TVTUI_JOURNAL": "outcomes"}).journal_mode is JournalMode.OUTCOMES

    @pytest.mark.parametrize("written", ["true", '"full"', '"outcomes"', '"/tmp/all"', "7"])
    def test_a_repository_can_do_nothing_else(self, place: Place, written: str) -> None:
        place.own("journal = false")
        path = place.shared(f"journal = {written}")
        settings = place.load()
        assert settings.journal_mode is JournalMode.OFF
        assert settings.warnings == (
            f"{path}: journal can only be turned off here; set other values in {place.config / 'config.toml'}.",
        )
