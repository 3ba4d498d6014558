"""Loading settings: sources, their order, and what is reported when they are wrong."""

from __future__ import annotations

import os
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from tests.support.builders import ENOUGH, KEY, PROJECT, SERVER, Place
from tvtui.settings.api_key import ApiKey
from tvtui.settings.paths import config_folder
from tvtui.settings.settings import SETTINGS, Settings, SettingsError, load

OTHER_KEY = "tvb_" + "Zz" * 21 + "9"
OTHER_PROJECT = "fedcba98-7654-3210-fedc-ba9876543210"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_the_environment_is_sufficient(place: Place) -> None:
    settings = place.load()
    assert (settings.server, settings.project, settings.interval) == (SERVER, PROJECT, 2.0)
    assert settings.api_key.reveal() == KEY
    assert (settings.timeout, settings.insecure_http, settings.warnings) == (None, False, ())
    assert settings.key_source == "TESTVIBE_API_KEY"


def test_flags_override_the_environment_then_the_repository_then_the_users_file(place: Place) -> None:
    place.own(f'server = "https://own.example"\nproject = "{OTHER_PROJECT}"\ninterval = 9\napi_key = "{KEY}"')
    assert place.load({}).server == "https://own.example"
    assert place.load({}).key_source == str(place.config / "config.toml")
    assert place.load({}).project_source == f"project in {place.config / 'config.toml'}"
    shared = place.shared('server = "https://own.example/shared"\ninterval = 8.5')
    assert place.load({}).server_source == f"server in {shared}"
    assert (place.load({}).server, place.load({}).interval) == ("https://own.example/shared", 8.5)
    assert place.load({}).project == OTHER_PROJECT
    environ = {"TESTVIBE_SERVER": "https://env.example", "TESTVIBE_API_KEY": OTHER_KEY}
    assert place.load(environ).server == "https://env.example"
    assert place.load(environ).api_key == ApiKey(OTHER_KEY)
    flags = {"server": "https://flag.example", "project": PROJECT, "interval": "7"}
    settings = place.load(environ, **flags, timeout="300")
    assert (settings.server, settings.project, settings.interval) == ("https://flag.example", PROJECT, 7.0)
    assert settings.timeout == 300.0
    assert (settings.server_source, settings.project_source) == ("--server", "--project")


def test_all_missing_settings_are_reported_with_ways_to_set_them(place: Place) -> None:
    server, key, project = place.problems({})
    assert "TESTVIBE_SERVER" in server
    assert "--server" in server
    assert ".tvtui.toml" in server
    assert "TESTVIBE_API_KEY" in key
    assert str(place.config / "config.toml") in key
    assert "--" not in key
    assert ".tvtui.toml" not in key
    assert "TESTVIBE_PROJECT" in project
    assert "--project" in project


def test_all_malformed_settings_are_reported_with_their_places(place: Place) -> None:
    path = place.shared("interval = true")
    problems = place.problems(
        {"TESTVIBE_SERVER": "shop", "TESTVIBE_API_KEY": "tvb_short"}, project="shop", timeout="soon"
    )
    assert [problem.split(": ")[0] for problem in problems] == [
        "TESTVIBE_SERVER",
        "TESTVIBE_API_KEY",
        "--project",
        f"{path}, interval",
        "--timeout",
    ]
    assert "0.5 to 3600" in problems[3]
    assert "'soon'" in problems[4]


def test_an_empty_variable_counts_as_unset(place: Place) -> None:
    place.own(f'server = "{SERVER}"\nproject = "{PROJECT}"\napi_key = "{KEY}"')
    blank = dict.fromkeys(["TESTVIBE_SERVER", "TESTVIBE_API_KEY", "TESTVIBE_PROJECT", "PROJECT"], "")
    assert place.load(blank).server == SERVER
    assert place.load(dict.fromkeys(blank, " \n")).project == PROJECT
    assert len(place.problems(blank, server="")) == 1


def test_whitespace_around_a_value_is_ignored(place: Place) -> None:
    settings = place.load({name: f" {value}\n" for name, value in ENOUGH.items()})
    assert (settings.server, settings.api_key.reveal(), settings.project) == (SERVER, KEY, PROJECT)


class TestProjectVariable:
    """`PROJECT` is documented by TestVibe, but many other programs use it too."""

    def test_the_documented_variable_is_read(self, place: Place) -> None:
        environ = {**ENOUGH, "TESTVIBE_PROJECT": "", "PROJECT": OTHER_PROJECT}
        assert place.load(environ).project == OTHER_PROJECT
        place.shared(f'project = "{PROJECT}"')
        assert place.load(environ).project == OTHER_PROJECT

    def test_our_own_variable_has_priority(self, place: Place) -> None:
        assert place.load({**ENOUGH, "PROJECT": OTHER_PROJECT}).project == PROJECT

    def test_a_value_that_is_not_a_project_id_does_not_override_a_file(self, place: Place) -> None:
        place.shared(f'project = "{PROJECT}"')
        assert place.load({**ENOUGH, "TESTVIBE_PROJECT": "", "PROJECT": "my-shop"}).project == PROJECT

    def test_an_invalid_value_is_reported_if_there_is_no_other(self, place: Place) -> None:
        (problem,) = place.problems({**ENOUGH, "TESTVIBE_PROJECT": "", "PROJECT": "my-shop"})
        assert problem.startswith("PROJECT: 'my-shop' is not a project ID")


class TestProjectFile:
    """`.tvtui.toml`: where it is looked for, and that it must not contain a key."""

    def test_is_looked_for_up_to_the_root_of_the_repository(self, place: Place) -> None:
        place.shared("interval = 5")
        assert place.load().interval == 5
        place.shared("interval = 6", place.cwd)
        assert place.load().interval == 6

    def test_is_not_looked_for_above_the_root_of_the_repository(self, place: Place) -> None:
        place.shared("interval = 5", place.repository.parent)
        assert place.load().interval == 2
        assert place.load().warnings == ()

    def test_the_git_file_of_a_worktree_marks_a_root_too(self, place: Place) -> None:
        place.shared("interval = 5")
        (place.cwd / ".git").write_text("gitdir: elsewhere", "utf-8")
        assert place.load().interval == 2

    def test_outside_of_a_repository_only_the_working_folder_counts(self, tmp_path: Path) -> None:
        cwd = tmp_path / "below"
        cwd.mkdir()
        (tmp_path / ".tvtui.toml").write_text("interval = 5", "utf-8")
        assert load({}, ENOUGH, cwd, tmp_path).interval == 2
        assert load({}, ENOUGH, tmp_path, tmp_path).interval == 5

    def test_does_not_exist_without_a_working_folder(self, place: Place) -> None:
        place.shared("interval = 5", place.cwd)
        assert load({}, ENOUGH, None, place.config).interval == 2.0

    @pytest.mark.parametrize(
        "text",
        [
            f'api_key = "{KEY}"',
            'api-key = "anything"',
            'token = "anything"',
            f'server = "{SERVER}"\n# {KEY}',
            f'[server.auth]\ntoken = "{KEY}"',
            f'server = "{KEY}',
            f'server = "{SERVER}"\ninterval = 5\nApi_Key = "malformed"',
        ],
    )
    def test_must_not_contain_a_key(self, place: Place, text: str) -> None:
        path = place.shared(text)
        problem = next(problem for problem in place.problems() if "API key" in problem)
        assert problem.startswith(str(path))
        assert "TESTVIBE_API_KEY" in problem
        assert str(place.config / "config.toml") in problem
        assert "revoke" in problem

    def test_a_key_in_it_does_not_hide_other_problems(self, place: Place) -> None:
        place.shared(f'server = "{SERVER}"\napi_key = "{KEY}"')
        refused, key, project = place.problems({})
        assert "API key" in refused
        assert key.startswith("No API key")
        assert project.startswith("No project")


def test_each_setting_is_named_as_its_field() -> None:
    assert {setting.name for setting in SETTINGS} <= {field.name for field in fields(Settings)}


class TestBothFiles:
    """Any content of a file results in settings or in a clear error."""

    def test_unknown_settings_are_reported_with_the_known_ones(self, place: Place) -> None:
        place.shared('servr = "x"\nspeed = 2')
        place.own(f'colour = "x"\n"tvb_{"s" * 43}" = 1\n"\\u001b[2J" = 1')
        own, shared = place.load().warnings
        assert "servr, speed" in shared
        assert "server, project, interval" in shared
        assert "colour, tvb_ssssssss…, " in own
        assert "api_key" in own
        assert "\x1b" not in own

    def test_warnings_are_reported_along_with_problems(self, place: Place) -> None:
        place.shared('servr = "x"')
        with pytest.raises(SettingsError) as caught:
            place.load({})
        assert "servr" in caught.value.warnings[0]

    @pytest.mark.parametrize(
        ("text", "line"),
        [(f'interval = 5\nserver = {SERVER}\n"{KEY}"', 2), ('interval = 5\nserver = "x', 2), ("interval =", 1)],
    )
    def test_invalid_toml_is_reported_with_its_line(self, place: Place, text: str, line: int) -> None:
        path = place.own(text)
        (problem,) = place.problems()
        assert problem.startswith(f"{path}, line {line}: not valid TOML")
        assert KEY not in problem

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('server = "a"\n# b\n server= "c" # d', "line 3: server is set twice."),
            ('[keys]\n"failure.next" = "n"\n"failure.next" = "m"', 'line 3: "failure.next" is set twice.'),
            ('a = "\u2028"\n[b]\n[b]', "line 3: [b] is set twice."),
            ('[open]\n[keys."https://h"]\n[open] # again', "line 3: [open] is set twice."),
            ('open = {log = "a {file}", log = "b {file}"}', "line 1: a name is set twice."),
            (f'a = 1\na = """\nx = {KEY[:20]}"""', "line 3: a name is set twice."),
            (f"{KEY} = 1\n{KEY} = 2", f"line 2: {KEY[:12]}… is set twice."),
        ],
    )
    def test_a_setting_that_is_set_twice_is_named(self, place: Place, text: str, said: str) -> None:
        path = place.own(text)
        assert place.problems() == (f"{path}, {said}",)

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            (f"api_key = {KEY}", " (invalid value)"),
            (f"api_key {KEY}", " (expected '=' after a key in a key/value pair)"),
            (f'api_key = "{KEY}', " (unterminated string)"),
            (f'api_key = "{KEY}\x01"', " (illegal character)"),
            (f'api_key = "\\x{KEY}"', " (unescaped '\\' in a string)"),
            (f'[keys."{KEY}"', " (expected ']' at the end of a table declaration)"),
        ],
    )
    def test_the_parsers_reason_is_given_without_any_value(self, place: Place, text: str, why: str) -> None:
        path = place.own(text)
        (problem,) = place.problems()
        assert problem.startswith(f"{path}, line ")
        assert problem.endswith(f': not valid TOML{why}. Write settings as name = "value".')
        assert "tvb_" not in problem

    def test_settings_that_an_unreadable_file_may_contain_are_not_called_missing(self, place: Place) -> None:
        place.own("=")
        assert len(place.problems({})) == 1
        place.own("")
        place.shared("=")
        unread, key = place.problems({})
        assert "not valid TOML" in unread
        assert key.startswith("No API key")

    def test_excessive_nesting_is_reported(self, place: Place) -> None:
        place.own("a = " + "[" * 20_000)
        (problem,) = place.problems()
        assert "nested too deeply" in problem

    def test_a_byte_order_mark_is_ignored(self, place: Place) -> None:
        (place.config / "config.toml").write_bytes(b"\xef\xbb\xbfinterval = 5")
        assert place.load().interval == 5.0

    def test_another_encoding_is_reported_with_its_line(self, place: Place) -> None:
        path = place.config / "config.toml"
        path.write_bytes(b'interval = 5\nserver = "\xe9"')
        assert place.problems() == (f"{path}, line 2: not UTF-8. Save the file as UTF-8.",)
        path.write_text("interval = 5", "utf-16")
        assert "line 1: not UTF-8" in place.problems()[0]

    def test_a_folder_in_place_of_the_file_is_reported(self, place: Place) -> None:
        (place.config / "config.toml").mkdir()
        (place.cwd / ".tvtui.toml").mkdir()
        own, shared = place.problems()
        assert "is a folder" in own
        assert "is a folder" in shared

    def test_a_pipe_in_place_of_the_file_is_reported(self, place: Place) -> None:
        os.mkfifo(place.config / "config.toml")
        assert "not a regular file" in place.problems()[0]

    def test_a_huge_file_is_not_read(self, place: Place) -> None:
        place.own("#" * 70_000)
        assert "larger than 64 KiB" in place.problems()[0]

    def test_an_unreadable_file_is_reported(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        path = place.own("interval = 5")

        def refuse(self: Path) -> bytes:
            raise PermissionError(13, "Permission denied", str(self))

        monkeypatch.setattr(Path, "read_bytes", refuse)
        assert place.problems() == (f"{path} cannot be read: Permission denied.",)

    def test_a_configuration_folder_that_is_a_file_contains_no_settings(self, place: Place) -> None:
        (place.config / "file").touch()
        assert load({}, ENOUGH, None, place.config / "file").warnings == ()

    def test_a_dangling_link_is_reported(self, place: Place) -> None:
        (place.cwd / ".tvtui.toml").symlink_to("nowhere")
        assert "cannot be read: No such file" in place.problems()[0]

    def test_an_inaccessible_folder_is_a_warning(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
            raise PermissionError(13, "Permission denied", str(self))

        monkeypatch.setattr(Path, "stat", refuse)
        assert "cannot be accessed: Permission denied" in load({}, ENOUGH, None, place.config).warnings[0]

    @pytest.mark.parametrize("value", ["5", "true", "[]", "2026-06-10", "nan"])
    def test_a_value_of_another_type_is_rejected(self, place: Place, value: str) -> None:
        path = place.own(f"server = {value}")
        assert place.problems({**ENOUGH, "TESTVIBE_SERVER": ""}) == (f"{path}, server: must be a quoted string.",)


class TestReadableKey:
    """Permissions of the user's file."""

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
    def test_a_key_that_others_can_read_is_reported(self, place: Place, mode: int) -> None:
        place.own(f'api_key = "{KEY}"', mode)
        (warning,) = place.load().warnings
        assert "chmod 600" in warning
        assert KEY not in warning

    def test_a_private_file_or_one_without_a_key_is_not_reported(self, place: Place) -> None:
        place.own(f'api_key = "{KEY}"', 0o600)
        assert place.load().warnings == ()
        place.own("interval = 5", 0o644)
        assert place.load().warnings == ()

    def test_permissions_are_not_checked_on_windows(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        place.own(f'api_key = "{KEY}"', 0o644)
        monkeypatch.setattr(os, "name", "nt")
        assert place.load().warnings == ()


def test_the_platform_determines_the_configuration_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = config_folder()
    if sys.platform == "linux":
        assert folder == tmp_path / "tvtui"
    assert folder is not None
    assert folder.name == "tvtui"
    with pytest.raises(SettingsError, match="tvtui"):
        load({}, {}, None)


def test_a_malformed_key_is_reported_with_its_place(place: Place) -> None:
    (problem,) = place.problems({**ENOUGH, "TESTVIBE_API_KEY": KEY[:-1]})
    assert problem.startswith("TESTVIBE_API_KEY: not an API key")
    assert KEY[4:20] not in problem


class TestOpen:
    """`[open]` names programs, so it is only read from the user's file."""

    def test_commands_are_read_by_kind(self, place: Place) -> None:
        place.own('[open]\ntrace = "my-viewer {file}"\nScreenshot = "feh --at={file} -F"')
        assert place.load().open == {"trace": "my-viewer {file}", "screenshot": "feh --at={file} -F"}
        assert place.load().warnings == ()

    def test_is_optional(self, place: Place) -> None:
        assert place.load().open == {}

    def test_is_ignored_in_a_repository_with_a_warning(self, place: Place) -> None:
        path = place.shared('interval = 5\n[open]\ntrace = "rm -r"')
        place.own('[open]\nvideo = "mpv {file}"')
        settings = place.load()
        assert settings.open == {"video": "mpv {file}"}
        assert settings.interval == 5.0
        (warning,) = settings.warnings
        assert warning.startswith(f"{path}: open is ignored")
        assert str(place.config / "config.toml") in warning

    @pytest.mark.parametrize("text", ['open = "feh"', "open = []", "open = 5"])
    def test_must_be_a_table(self, place: Place, text: str) -> None:
        path = place.own(text)
        (problem,) = place.problems()
        assert problem.startswith(f"{path}, open: must be a table")

    @pytest.mark.parametrize("command", ["5", '""', '" "', '"feh {file} \'"', '["feh"]', '"feh -F"', '"{file}"'])
    def test_must_contain_commands(self, place: Place, command: str) -> None:
        path = place.own(f"[open]\ntrace = {command}")
        (problem,) = place.problems()
        assert problem.startswith(f"{path}, open: trace must be a quoted command with {{file}}, such as ")
