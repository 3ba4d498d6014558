"""Files that other users control are ignored, and users without a home folder have no files."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.builders import ENOUGH, Place
from tvtui.settings.paths import (
    config_folder,
    folders_of_repository,
    log_folder,
    make_private_folder,
    ownership_problem,
    ownership_problem_of,
    read_private,
    state_folder,
    write_private,
)
from tvtui.settings.settings import load

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")

ME, OTHER = 1000, 1001
FILE, LINK = stat.S_IFREG, stat.S_IFLNK


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def info(mode: int, user: int = ME, group: int = 54_321) -> os.stat_result:
    return os.stat_result((mode, 0, 0, 1, user, group, 0, 0, 0, 0))


class TestOwner:
    """A file counts if only the user and root can have written it."""

    @pytest.mark.parametrize(
        "mine", [info(FILE | 0o644), info(FILE | 0o755, 0), info(FILE | 0o664, 0, 0), info(LINK | 0o777)]
    )
    def test_mine_and_roots(self, mine: os.stat_result) -> None:
        assert ownership_problem_of(mine, ME) == ""

    @pytest.mark.parametrize("theirs", [info(FILE | 0o644, OTHER), info(LINK | 0o777, OTHER)])
    def test_another_users(self, theirs: os.stat_result) -> None:
        assert ownership_problem_of(theirs, ME) == "it belongs to another user (user ID 1001)"

    @pytest.mark.parametrize("mode", [0o646, 0o666, 0o664])
    def test_one_that_others_can_write_to(self, mode: int) -> None:
        assert ownership_problem_of(info(FILE | mode), ME) == "other users can write to it (chmod go-w)"

    @pytest.mark.parametrize(("members", "is_mine"), [([], True), (["me"], True), (["me", "you"], False)])
    def test_a_group_of_my_own_may_write(
        self,
        members: list[str],
        is_mine: bool,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        import grp
        import pwd

        monkeypatch.setattr(pwd, "getpwuid", lambda user: pwd.struct_passwd(("me", "", user, 5, "", "", "")))
        monkeypatch.setattr(grp, "getgrgid", lambda group: grp.struct_group(("me", "", group, members)))
        assert (ownership_problem_of(info(FILE | 0o664), ME) == "") == is_mine


class TestIgnored:
    """What others control is as good as not there, except for a warning."""

    def test_the_repositorys_file(self, place: Place) -> None:
        place.shared("interval = 5")
        path = place.shared("interval = 6", place.cwd)
        path.chmod(0o666)
        settings = place.load()
        assert settings.interval == 5
        assert settings.warnings == (f"{path} is ignored: other users can write to it (chmod go-w).",)

    def test_a_link_to_a_file_that_others_can_write_to(self, place: Place) -> None:
        (place.cwd / "real").write_text("interval = 6")
        (place.cwd / "real").chmod(0o666)
        (place.cwd / ".tvtui.toml").symlink_to("real")
        assert place.load().interval == 2
        assert "is ignored" in place.load().warnings[0]

    def test_the_users_own_file(self, place: Place) -> None:
        path = place.own("interval = 5", 0o622)
        settings = place.load()
        assert settings.interval == 2
        assert settings.warnings == (f"{path} is ignored: other users can write to it (chmod go-w).",)

    def test_the_root_of_a_repository_with_a_warning_if_that_matters(self, place: Place) -> None:
        (place.repository / ".git").chmod(0o777)
        assert place.load().warnings == ()
        assert folders_of_repository(place.cwd) == [place.cwd]
        place.shared("interval = 5")
        settings = place.load()
        assert settings.interval == 2
        assert settings.warnings == (
            f"{place.repository / '.git'} is ignored: other users can write to it (chmod go-w).",
        )

    def test_a_root_above_another_one_does_not_matter(self, place: Place, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git").chmod(0o777)
        place.shared("interval = 5", tmp_path)
        assert place.load().warnings == ()

    def test_not_on_windows(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        path = place.own("interval = 5", 0o666)
        monkeypatch.setattr(os, "name", "nt")
        assert ownership_problem(path) == ""


class TestStateFolder:
    """`TVTUI_STATE` names the folder for everything that is remembered."""

    def test_it_is_the_platforms_by_default(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        before = state_folder()
        monkeypatch.setenv("TVTUI_STATE", " ")
        assert state_folder() == before

    @pytest.mark.parametrize(
        ("named", "folder"), [("/srv/state", "/srv/state"), ("~/state", "/home/ada/state"), ("state", "{cwd}/state")]
    )
    def test_it_is_the_one_that_is_named(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str, folder: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", "/home/ada")
        monkeypatch.setenv("TVTUI_STATE", named)
        assert state_folder() == Path(folder.format(cwd=tmp_path))


class TestPrivateFiles:
    """What only this user can read and write."""

    def test_a_file_that_cannot_be_written_leaves_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "target").mkdir()
        with pytest.raises(OSError, match=r".+"):
            write_private(tmp_path / "target", "text")
        assert [path.name for path in tmp_path.iterdir()] == ["target"]

    def test_a_file_has_only_what_was_written(self, tmp_path: Path) -> None:
        write_private(tmp_path / "a" / "file", "ü\n")
        assert read_private(tmp_path / "a" / "file", 10) == b"\xc3\xbc\n"
        assert stat.S_IMODE((tmp_path / "a" / "file").stat().st_mode) == 0o600
        with pytest.raises(OSError, match="larger than expected"):
            read_private(tmp_path / "a" / "file", 2)

    def test_links_pipes_and_files_of_others_are_not_read(self, tmp_path: Path) -> None:
        write_private(tmp_path / "file", "text")
        (tmp_path / "link").symlink_to(tmp_path / "file")
        os.mkfifo(tmp_path / "pipe")
        write_private(tmp_path / "shared", "text")
        (tmp_path / "shared").chmod(0o606)
        for name in ("link", "pipe", "shared", "missing"):
            with pytest.raises(OSError, match=r".+"):
                read_private(tmp_path / name, 10)

    def test_a_private_folder_is_one_of_this_user(self, tmp_path: Path) -> None:
        make_private_folder(tmp_path / "a" / "b")
        (tmp_path / "link").symlink_to(tmp_path / "a")
        (tmp_path / "file").write_text("")
        for name in ("link", "file"):
            with pytest.raises(OSError, match=r".+"):
                make_private_folder(tmp_path / name)
        assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


class TestNoHome:
    """Containers may run as a user without HOME and without an entry in the user database."""

    @pytest.fixture(autouse=True)
    def nowhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import pwd

        def unknown(user: int) -> pwd.struct_passwd:
            raise KeyError(user)

        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "TVTUI_STATE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(pwd, "getpwuid", unknown)

    def test_has_no_folders_but_that_for_crash_reports(self) -> None:
        assert (config_folder(), state_folder()) == (None, None)
        assert log_folder() == Path(tempfile.gettempdir())

    def test_settings_come_from_the_environment(self, place: Place) -> None:
        assert load({}, ENOUGH, place.cwd).warnings == ()

    def test_what_is_missing_is_reported(self, place: Place) -> None:
        from tvtui.settings.settings import SettingsError

        with pytest.raises(SettingsError, match=r'or add api_key = "tvb_…" to config\.toml\.'):
            load({}, {}, place.cwd)

    def test_a_relative_folder_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CONFIG_HOME", "config")
        assert config_folder() is None
