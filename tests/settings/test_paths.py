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
    ownership_problem,
    ownership_problem_of,
    state_folder,
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


class TestNoHome:
    """Containers may run as a user without HOME and without an entry in the user database."""

    @pytest.fixture(autouse=True)
    def nowhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import pwd

        def unknown(user: int) -> pwd.struct_passwd:
            raise KeyError(user)

        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
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
