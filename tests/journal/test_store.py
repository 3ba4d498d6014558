"""The folder of recordings: private, never half written, and only what is ours."""

from __future__ import annotations

import json
import os
import stat
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import CREATED
from tests.support.journal import a_finished_run, a_recording, a_suite, one_by_one, recording_of
from tvtui.journal.recording import VERSION, Newer, NotReadable, Recording, WithoutDetails, encode, encode_head
from tvtui.journal.store import Store
from tvtui.testvibe.models import Case

ON_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state" / "journal")


def left(run_id: int, *, seconds: float = 0) -> Recording:
    """A run that was left while it was running."""
    run = replace(a_finished_run(run_id, {"a": "p"}), status="running", finished_utc=None)
    return recording_of(run, seen=CREATED + timedelta(seconds=seconds))


class TestPrivate:
    """Other users cannot read, write or redirect anything."""

    pytestmark = ON_POSIX

    def test_only_the_user_can_access_anything(self, store: Store) -> None:
        umask = os.umask(0)
        try:
            store.write(a_recording(1))
            store.write_head(left(2).head)
        finally:
            os.umask(umask)
        paths = [store.folder, *store.folder.rglob("*")]
        assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o700}
        assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()} == {0o600}

    def test_a_folder_that_others_can_read_is_closed_to_them(self, store: Store) -> None:
        store.folder.mkdir(parents=True, mode=0o755)
        store.write(a_recording(1))
        assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700

    def test_a_file_that_others_can_write_to_is_not_read(self, store: Store) -> None:
        store.write(a_recording(1))
        path = store.path_of(a_recording(1).head)
        path.chmod(0o606)
        assert [each.why for each in store.listing().unlisted] == ["not a file of this user alone"]
        with pytest.raises(PermissionError):
            store.load(a_recording(1).head)
        with pytest.raises(PermissionError):
            store.write(a_recording(1))

    @pytest.mark.parametrize("place", ["journal", "suite", "file"])
    def test_links_are_never_followed(self, store: Store, tmp_path: Path, place: str) -> None:
        elsewhere = Store(tmp_path / "elsewhere")
        elsewhere.write(a_recording(1))
        head = a_recording(1).head
        path = {"journal": store.folder, "suite": store.suite_folder(head.suite), "file": store.path_of(head)}[place]
        target = {
            "journal": elsewhere.folder,
            "suite": elsewhere.suite_folder(head.suite),
            "file": elsewhere.path_of(head),
        }[place]
        path.parent.mkdir(parents=True, mode=0o700)
        path.symlink_to(target)
        before = elsewhere.path_of(head).read_bytes()
        with pytest.raises(OSError, match=r".+"):
            store.write(a_recording(1, {"a": "p", "b": "p"}))
        with pytest.raises(OSError, match=r".+"):
            store.load(head)
        assert store.listing().heads == ()
        assert elsewhere.path_of(head).read_bytes() == before

    def test_a_pipe_is_not_waited_for(self, store: Store) -> None:
        store.write(a_recording(1))
        path = store.path_of(a_recording(2).head)
        os.mkfifo(path)
        listing = store.listing()
        assert [head.run_id for head in listing.heads] == [1]
        assert [each.path for each in listing.unlisted] == [path]


class TestReplacing:
    """The more complete recording of a run remains."""

    def test_the_end_replaces_the_beginning_but_not_the_other_way_round(self, store: Store) -> None:
        assert store.write_head(left(1).head)
        with pytest.raises(WithoutDetails):
            store.load(left(1).head)
        assert store.write(a_recording(1))
        assert not store.write_head(left(1, seconds=900).head)
        assert store.load(a_recording(1).head).run == a_recording(1).run

    def test_the_last_state_of_a_run_that_was_left_counts(self, store: Store) -> None:
        store.write_head(left(1, seconds=10).head)
        assert not store.write_head(left(1).head)
        assert store.write_head(left(1, seconds=20).head)
        assert store.listing().heads[0].seen == CREATED + timedelta(seconds=20)

    def test_a_recording_with_fewer_tests_or_without_texts_is_less_complete(self, store: Store) -> None:
        store.write(a_recording(1, {"a b": "p"}))
        assert store.write(a_recording(1, {"a": "p"})) is None
        without = a_recording(1, {"a b": "p"})
        assert store.write(replace(without, head=replace(without.head, has_texts=False))) is None
        assert store.write(a_recording(1, {"a b c": "p"})) is not None

    def test_what_led_to_the_end_is_kept_when_the_run_is_opened_again(self, store: Store) -> None:
        run = a_finished_run(1, {"a b": "f"})
        live = recording_of(run, one_by_one(run))
        store.write(replace(live, head=replace(live.head, new_failures=2)))
        again = recording_of(replace(run, artifacts=()), seen=CREATED + timedelta(days=1))
        written = store.write(again)
        assert written == store.load(again.head)
        assert (written.run.artifacts, written.changes) == ((), live.changes)
        assert (written.head.new_failures, written.head.changes) == (2, 4)

    def test_names_that_had_to_be_cleaned_are_known_again(self, store: Store) -> None:
        tests = (Case.read({"name": "sign\x07 in", "status": "failed"}),)
        run = replace(a_finished_run(1, {}), status="failed", tests=tests)
        store.write(recording_of(run, one_by_one(run)))
        written = store.write(recording_of(run, seen=CREATED + timedelta(days=1)))
        assert written is not None
        assert len(written.changes) == 3

    def test_changes_of_other_tests_are_not_kept(self, store: Store) -> None:
        run = a_finished_run(1, {"a b": "f"})
        store.write(recording_of(run, one_by_one(run)))
        written = store.write(a_recording(1, {"a c": "f"}))
        assert written is not None
        assert written.changes == ()

    def test_a_later_run_of_the_same_number_replaces_the_earlier_one(self, store: Store) -> None:
        run = a_finished_run(1, {"a b": "f"})
        first = recording_of(run, one_by_one(run))
        store.write(replace(first, head=replace(first.head, new_failures=2)))
        day = CREATED + timedelta(days=1)
        times: dict[str, Any] = {"created_utc": day, "finished_utc": day + timedelta(seconds=9)}
        assert store.write_head(recording_of(a_finished_run(1, {}, **times), seen=day).head)
        written = store.write(recording_of(a_finished_run(1, {"a b": "p"}, **times), seen=day + timedelta(minutes=1)))
        assert written is not None
        assert (written.head.new_failures, written.changes) == (None, ()), "nothing of the first run"
        assert store.write(first) is None

    def test_what_a_newer_version_has_written_is_listed_and_left_alone(self, store: Store) -> None:
        store.write(a_recording(1))
        head = a_recording(1).head
        content = json.dumps({"v": VERSION + 1}).encode() + b"\n..."
        store.path_of(head).write_bytes(content)
        assert [each.why for each in store.listing().unlisted] == ["written by a newer version of tvtui"]
        assert store.write(a_recording(1)) is None
        assert not store.write_head(left(1).head)
        with pytest.raises(Newer):
            store.load(head)
        assert store.path_of(head).read_bytes() == content


class TestDamaged:
    """Each run is a fault domain of its own."""

    def test_a_file_that_is_no_recording_is_set_aside_and_reported(self, store: Store) -> None:
        store.write(a_recording(1))
        store.write(a_recording(2))
        path = store.path_of(a_recording(1).head)
        path.write_bytes(b"\x00\x01")
        for _ in range(2):
            listing = store.listing()
            assert [head.run_id for head in listing.heads] == [2]
            assert listing.unlisted == ((path.with_name("1.tvrun.broken"), "damaged"),)
        assert store.write(a_recording(1)) is not None
        assert [head.run_id for head in store.listing().heads] == [2, 1]

    def test_a_damaged_body_is_set_aside_when_it_is_read(self, store: Store) -> None:
        store.write(a_recording(1))
        path = store.path_of(a_recording(1).head)
        path.write_bytes(path.read_bytes()[:-9])
        assert len(store.listing().heads) == 1
        with pytest.raises(NotReadable, match="damaged"):
            store.load(a_recording(1).head)
        assert [each.path.name for each in store.listing().unlisted] == ["1.tvrun.broken"]

    def test_a_recording_under_the_name_of_another_run_is_damaged(self, store: Store) -> None:
        store.write(a_recording(1))
        store.path_of(a_recording(2).head).write_bytes(encode(a_recording(1)))
        assert [each.path.name for each in store.listing().unlisted] == ["2.tvrun.broken"]

    def test_other_files_are_left_alone(self, store: Store) -> None:
        store.write(a_recording(1))
        (store.suite_folder(a_suite()) / "notes.txt").write_text("mine")
        (store.folder / "1.tvrun").write_text("not in a folder of a suite")
        (store.suite_folder(a_suite()) / "5.tvrun").mkdir()
        listing = store.listing()
        assert [head.run_id for head in listing.heads] == [1]
        assert [each.path.name for each in listing.unlisted] == ["5.tvrun"]


class TestListing:
    """Lists need the first line of each file only."""

    def test_nothing_is_there_before_something_is_recorded(self, store: Store) -> None:
        assert store.listing() == ((), ())
        assert store.find(1) == ()
        assert not store.folder.exists(), "reading creates nothing"

    def test_the_newest_run_comes_first(self, store: Store) -> None:
        for run_id in (9, 100, 10):
            store.write(a_recording(run_id, config=f"Mobile {run_id % 2}"))
        assert [head.run_id for head in store.listing().heads] == [100, 10, 9]

    def test_a_number_can_belong_to_runs_of_several_projects(self, store: Store) -> None:
        store.write(a_recording(1))
        other = a_recording(1)
        suite = other.head.suite._replace(server="https://other.example")
        store.write(replace(other, head=replace(other.head, suite=suite, seen=CREATED + timedelta(days=9))))
        store.write(a_recording(2))
        assert [head.suite.server for head in store.find(1)] == ["https://other.example", a_suite().server]


class TestRemoving:
    """What the user wants to be forgotten is gone."""

    def test_a_forgotten_run_leaves_nothing(self, store: Store) -> None:
        store.write(a_recording(1))
        store.write(a_recording(2))
        index = store.suite_folder(a_suite()) / "index"
        index.write_bytes(b"with outcomes of run 1")
        store.forget(a_recording(1).head)
        assert [head.run_id for head in store.listing().heads] == [2]
        assert not index.exists()

    def test_purging_removes_everything_that_is_ours(self, store: Store, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "1.tvrun").write_text("mine")
        store.write(a_recording(1))
        store.write(a_recording(2, config="Mobile"))
        (store.folder / "pruned").write_text("")
        (store.folder / "link").symlink_to(outside)
        assert store.purge() == 2
        assert list(store.folder.iterdir()) == []
        assert (outside / "1.tvrun").exists()

    @ON_POSIX
    def test_purging_behind_a_link_removes_nothing(self, store: Store, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "notes.txt").write_text("mine")
        store.folder.parent.mkdir(parents=True)
        store.folder.symlink_to(elsewhere)
        with pytest.raises(PermissionError):
            store.purge()
        assert (elsewhere / "notes.txt").exists()

    def test_purging_nothing(self, store: Store) -> None:
        assert store.purge() == 0

    def test_only_the_head_is_left_of_a_stripped_recording(self, store: Store) -> None:
        written = store.write(a_recording(1))
        assert written is not None
        store.strip(written.head)
        (head,) = store.listing().heads
        assert head == replace(written.head, has_body=False, changes=0)
        assert store.path_of(head).read_bytes() == encode_head(head)
