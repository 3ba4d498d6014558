"""`tvtui runs` as people and scripts use it: a table, JSON, deleting, and `tvtui watch` without a run."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.http import KEY
from tests.support.recorded_runs import PROJECT, SERVER, a_head, a_store, at_a_terminal, later
from tvtui import cli
from tvtui.cli.journal import troubles
from tvtui.cli.request import Environment
from tvtui.journal.store import Store
from tvtui.settings.api_key import ApiKey
from tvtui.settings.settings import Settings
from tvtui.settings.values import JournalMode

Capture = pytest.CaptureFixture[str]
LOGIN, SITE = "Login Functionality", "shop.acme.example"
NOBODY_CAN_PICK = (
    "tvtui: Missing argument 'RUN_ID'. tvtui runs lists the runs that were watched here. See tvtui watch --help.\n"
)


class User:
    """A user without a terminal, whose state folder is a temporary one."""

    def __init__(self, folder: Path, capsys: Capture) -> None:
        self.folder = folder
        self.capsys = capsys
        self.asked: list[str] = []
        self.answer: bool | None = None
        self.variables: dict[str, str] = {}

    def confirm(self, question: str) -> bool | None:
        self.asked.append(question)
        return self.answer

    def types(self, line: str) -> tuple[int, str, str]:
        """The exit code, stdout and stderr of a command line."""
        environment = Environment(
            self.variables, self.folder / "config", self.folder, self.folder, confirm=self.confirm
        )
        code = cli.main(line.split(), environment)
        out, err = self.capsys.readouterr()
        return code, out, err

    @property
    def recorded(self) -> list[int]:
        return [head.run_id for head in Store(self.folder / "journal").listing().heads]


@pytest.fixture
def user(tmp_path: Path, capsys: Capture, environ: pytest.MonkeyPatch) -> User:
    environ.chdir(tmp_path)
    return User(tmp_path, capsys)


def test_a_table_says_what_it_is_a_list_of(user: User) -> None:
    a_store(user.folder, later(214), later(213, status="passed", config="Mobile"), a_head(later(215, status="running")))

    code, out, err = user.types("runs")

    head, *lines = out.splitlines()
    assert (code, err, head) == (0, "", "Watched on this machine: 3 runs")
    assert [[cell.strip() for cell in line.split("  ") if cell] for line in lines] == [
        ["RUN", "STATE", "FEATURE", "CONFIG", "SITE", "TESTS", "WHEN", "TOOK"],
        ["● 215", "left running", LOGIN, "Default", SITE, "no tests", "2026-06-10 17:02 UTC"],
        ["✗ 214", "failed", LOGIN, "Default", SITE, "2 passed, 1 failed", "2026-06-10 16:02 UTC", "35.0 s"],
        ["✓ 213", "passed", LOGIN, "Mobile", SITE, "3 passed", "2026-06-10 15:02 UTC", "35.0 s"],
    ]
    assert len({line.index("Login") for line in lines[1:]} | {lines[0].index("FEATURE")}) == 1


def test_screen_readers_get_sentences(user: User, environ: pytest.MonkeyPatch) -> None:
    a_store(user.folder, a_head(later(214), new_failures=2), a_head(later(215, status="running")))
    user.variables = {"ACCESSIBLE": "1"}
    screen = at_a_terminal(environ)

    assert user.types("runs")[0] == 0

    heading, running, failed = screen.getvalue().splitlines()
    assert heading == "Watched on this machine: 2 runs"
    assert running.startswith(f"left running: run 215, {LOGIN}, Default, {SITE}; no tests; ")
    assert failed.startswith(
        f"failed: run 214, {LOGIN}, Default, {SITE}; 2 passed, 1 failed; 2 new failures; ran for 35 seconds; "
    )
    assert failed.endswith(" ago")


def test_new_failures_are_a_column_where_there_are_any(user: User) -> None:
    a_store(user.folder, a_head(new_failures=2))
    _, out, _ = user.types("runs --lines")
    assert "TESTS               NEW  WHEN" in out
    assert "1 failed  2    2026" in out


def test_words_filter_the_table(user: User) -> None:
    a_store(user.folder, later(214), later(213, status="passed"))

    code, out, _ = user.types("runs @failed login")

    assert (code, out.splitlines()[0]) == (0, "Watched on this machine: 1 of 2 runs")
    assert user.types("runs nothing") == (0, "", "tvtui: No matching runs; 2 runs in all.\n")
    assert user.types("runs @lats") == (2, "", "tvtui: '@lats' is not a filter. Use @failed or @last.\n")


def test_json_has_an_object_for_each_run(user: User) -> None:
    a_store(user.folder, later(214), a_head(later(215, status="running")))

    code, out, err = user.types("runs --json")

    running, failed = map(json.loads, out.splitlines())
    assert (code, err) == (0, "")
    assert failed == {
        "type": "run",
        "version": 1,
        "runId": 214,
        "state": "failed",
        "status": "failed",
        "ended": True,
        "featureName": "Login Functionality",
        "config": "Default",
        "siteUrl": "https://shop.acme.example",
        "server": SERVER,
        "project": PROJECT,
        "createdUtc": "2026-06-10T16:02:11Z",
        "startedUtc": "2026-06-10T16:02:19Z",
        "finishedUtc": "2026-06-10T16:02:54Z",
        "seenUtc": "2026-06-10T16:02:54Z",
        "total": 3,
        "passed": 2,
        "failed": 1,
        "flaky": 0,
        "skipped": 0,
        "other": 0,
        "newFailures": None,
        "recorded": "full",
    }
    assert (running["ended"], running["recorded"], running["finishedUtc"]) == (False, "head", None)


def test_hostile_texts_are_one_clean_line(user: User) -> None:
    a_store(user.folder, a_head(feature_name="\x1b]0;owned\x07##[error]boom\n::set-output", has_body=False))
    for line in ("runs", "runs --json"):
        _, out, _ = user.types(line)
        assert "\x1b" not in out
        assert "##[" not in out
        assert not any(each.startswith("::") for each in out.splitlines())


def test_an_empty_journal_is_one_sentence(user: User) -> None:
    sentence = "tvtui: No runs were watched on this machine yet. Watch one: tvtui watch RUN_ID\n"
    assert user.types("runs") == (0, "", sentence)
    assert user.types("runs --json") == (0, "", "")


def test_files_that_cannot_be_listed_are_named_on_stderr(user: User) -> None:
    store = a_store(user.folder, later(214))
    (file,) = store.folder.rglob("*.tvrun")
    newer = file.with_name("300.tvrun")
    newer.write_bytes(b'{"v":99}\n')
    newer.chmod(0o600)

    code, out, err = user.types("runs --json")

    assert (code, json.loads(out)["runId"]) == (0, 214)
    assert err == f"tvtui: {newer} is not listed: written by a newer version of tvtui.\n"


def test_many_files_that_cannot_be_listed_are_counted(user: User) -> None:
    store = a_store(user.folder, later(214))
    (file,) = store.folder.rglob("*.tvrun")
    for run_id in range(300, 304):
        newer = file.with_name(f"{run_id}.tvrun")
        newer.write_bytes(b'{"v":99}\n')
        newer.chmod(0o600)

    _, _, err = user.types("runs")

    assert err == f"tvtui: 4 files in {file.parent} are not listed: written by a newer version of tvtui.\n"


def test_server_and_project_limit_the_list(user: User) -> None:
    other = a_head(later(213), project="99999999-0000-0000-0000-000000000000")
    a_store(user.folder, later(214), other)

    assert "PROJECT" in user.types("runs")[1]
    assert "99999999  " in user.types("runs")[1], "its beginning is enough to distinguish them"
    _, out, _ = user.types(f"runs --json --project {PROJECT}")
    assert [json.loads(line)["runId"] for line in out.splitlines()] == [214]
    assert user.types("runs --server https://nowhere.example")[1] == ""


def test_a_run_is_forgotten(user: User) -> None:
    a_store(user.folder, later(214), later(213))

    assert user.types("runs --forget 214") == (0, "Forgotten: run 214 of Login Functionality\n", "")
    assert user.recorded == [213]
    assert user.types("runs --forget 214 --forget 213") == (
        4,
        "Forgotten: run 213 of Login Functionality\n",
        "tvtui: Run 214 is not recorded on this machine.\n",
    )
    assert user.types("runs --forget soon")[0] == 2


def test_a_link_forgets_no_run_of_another_server(user: User) -> None:
    a_store(user.folder, later(214))
    assert user.types("runs --forget https://other.example/runs/214")[0] == 4
    assert user.recorded == [214]
    assert user.types("runs --forget https://testvibe.acme.example/runs/214")[0] == 0
    assert user.recorded == []


def test_a_run_of_several_projects_is_not_guessed(user: User) -> None:
    other = a_head(later(214), project="99999999-0000-0000-0000-000000000000")
    a_store(user.folder, later(214), other)

    code, _, err = user.types("runs --forget 214")
    assert (code, "Choose one by: --project" in err, "--server" in err) == (2, True, False)
    assert user.types(f"runs --forget 214 --project {PROJECT}")[0] == 0
    assert user.recorded == [214]
    a_store(user.folder, a_head(later(214), server="https://other.example", project=other.suite.project))
    code, _, err = user.types("runs --forget 214")
    assert (code, "--server https://other.example (Login" in err, "--project" in err) == (2, True, False)


def test_everything_is_deleted_only_after_a_yes(user: User) -> None:
    a_store(user.folder, later(214), later(213))

    code, _, err = user.types("runs --purge")
    assert (code, "Add --yes" in err) == (2, True)
    user.answer = False
    assert user.types("runs --purge")[0] == 0
    assert user.asked[-1] == f"Delete 2 recorded runs in {user.folder / 'journal'}?"
    assert user.recorded == [214, 213]
    user.answer = True
    assert user.types("runs --purge") == (0, "Deleted: 2 recorded runs\n", "")
    assert user.recorded == []
    assert user.types("runs --purge --yes") == (0, "", "tvtui: Nothing is recorded on this machine.\n")


def test_without_asking_everything_is_deleted_with_yes(user: User) -> None:
    a_store(user.folder, later(214))
    assert user.types("runs --purge --yes") == (0, "Deleted: 1 recorded run\n", "")
    assert user.asked == []


@pytest.mark.parametrize(
    "line",
    [
        "runs --lines --json",
        "runs --purge --prune",
        "runs --forget 214 --json",
        "runs --purge word",
        f"runs --purge --yes --project {PROJECT}",
        "runs --prune --server https://testvibe.acme.example",
        "runs --yes",
    ],
)
def test_options_that_contradict_each_other_are_an_error(user: User, line: str) -> None:
    a_store(user.folder, later(214))
    code, _, err = user.types(line)
    assert (code, len(err.splitlines()), user.recorded) == (2, 1, [214])


def test_a_watch_without_a_run_is_an_error_where_nobody_can_pick(user: User) -> None:
    user.variables = {"TESTVIBE_SERVER": SERVER, "TESTVIBE_API_KEY": KEY, "TESTVIBE_PROJECT": PROJECT}
    a_store(user.folder, later(214))
    for line in ("watch", "watch --lines", "watch --json --follow"):
        assert user.types(line) == (2, "", NOBODY_CAN_PICK)


def test_a_recording_that_was_replaced_by_a_link_is_not_followed(user: User, tmp_path: Path) -> None:
    store = a_store(user.folder, later(214))
    (file,) = store.folder.rglob("*.tvrun")
    elsewhere = tmp_path / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)

    code, out, err = user.types("runs --json")

    assert (code, out, "is not listed" in err) == (0, "", True)


def test_heads_without_details_are_listed(user: User) -> None:
    a_store(user.folder, replace(a_head(), has_body=False))
    assert json.loads(user.types("runs --json")[1])["recorded"] == "head"


def test_pruning_says_what_it_has_done(user: User) -> None:
    store = a_store(user.folder, later(214))
    assert user.types("runs --prune") == (0, "Nothing exceeds the limits.\n", "")
    (file,) = store.folder.rglob("*.tvrun")
    os.utime(file, (0, 0))

    code, out, err = user.types("runs --prune")

    assert (code, err) == (0, "")
    assert out.startswith("Pruned: 1 recording reduced to the result, ")
    assert user.recorded == [214]


def test_a_journal_that_is_off_says_so(user: User) -> None:
    a_store(user.folder, later(214))
    user.variables = {"TVTUI_JOURNAL": "off"}

    code, out, err = user.types("runs --json")

    assert (code, json.loads(out)["runId"]) == (0, 214)
    assert err == 'tvtui: Runs are not recorded at present: the setting "journal" is off.\n'


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
def test_a_journal_that_others_can_write_to_is_not_read(user: User) -> None:
    store = a_store(user.folder, later(214))
    store.folder.chmod(0o777)

    code, out, err = user.types("runs --json")

    assert (code, out) == (0, "")
    assert err == f"tvtui: The journal in {store.folder} is not read: it is not a folder of yours alone.\n"


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
@pytest.mark.parametrize("change", ["--forget 214", "--prune", "--purge --yes"])
def test_nothing_is_said_to_be_deleted_from_a_journal_that_is_not_read(user: User, change: str) -> None:
    store = a_store(user.folder, later(214))
    store.folder.chmod(0o777)

    code, out, err = user.types(f"runs {change}")

    assert (code, out) == (2, "")
    assert err == f"tvtui: The journal in {store.folder} is not read: it is not a folder of yours alone.\n"


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
def test_a_part_of_the_journal_that_others_can_write_to_is_named(user: User) -> None:
    store = a_store(user.folder, later(214), later(213, config="Mobile"))
    folder = store.suite_folder(a_head(later(213, config="Mobile")).suite)
    folder.chmod(0o777)

    assert user.recorded == [214]
    assert user.types("runs --json")[2] == f"tvtui: {folder} is not listed: not a folder of this user alone.\n"
    assert user.types("runs --purge --yes") == (
        2,
        "Deleted: 1 recorded run\n",
        f"tvtui: {folder} was not deleted: not a folder of this user alone.\n",
    )


def test_a_state_folder_that_cannot_be_looked_at_is_no_bug(user: User) -> None:
    folder = user.folder / ("x" * 300)
    code = cli.main(["runs"], Environment({}, user.folder, user.folder, folder))
    out, err = user.capsys.readouterr()
    assert (code, out) == (0, "")
    assert err.startswith(f"tvtui: The journal in {folder / 'journal'} cannot be read: ")


def test_a_recording_that_cannot_be_read_is_forgotten(user: User) -> None:
    store = a_store(user.folder, later(214), later(213))
    file = store.path_of(a_head(later(214)))
    file.with_name("214.tvrun.broken").write_bytes(b"texts of an earlier recording")
    newer = file.with_name("300.tvrun")
    newer.write_bytes(b'{"v":99}\n')
    newer.chmod(0o600)

    assert user.types("runs --forget 214") == (0, "Forgotten: run 214 of Login Functionality\n", "")
    assert user.types("runs --forget 300") == (0, "Forgotten: run 300\n", "")
    assert [each.name for each in store.folder.rglob("*.tvrun*")] == ["213.tvrun"]
    assert user.types("runs --forget 300")[0] == 4


def test_a_full_disk_is_said_unless_nothing_is_to_be_recorded(tmp_path: Path) -> None:
    store = a_store(tmp_path, later(214))
    settings = Settings("", ApiKey(KEY), "")

    assert troubles(store, settings, free=lambda _: 1 << 20) == []
    assert troubles(store, settings, free=lambda _: 0) == [
        f"Runs cannot be recorded: the disk of {store.folder} is full."
    ]
    assert "full" not in troubles(store, replace(settings, journal=JournalMode.OFF), free=lambda _: 0)[0]


def test_without_a_state_folder_there_are_no_recordings(
    user: User, environ: pytest.MonkeyPatch, capsys: Capture
) -> None:
    environ.setenv("TVTUI_STATE", "~no-such-user/state")
    assert cli.main(["runs"], Environment({}, user.folder, user.folder)) == 0
    assert "Set TVTUI_STATE" in capsys.readouterr().err
