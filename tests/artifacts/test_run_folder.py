"""The folder of a run: what counts as its artifacts, other runs, and other processes."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.http import KEY, LINK_SECRET, ORIGIN, SETTINGS, DownloadSetup, cut_off, fail, storage_server
from tvtui.artifacts.downloads.manifest import Origin
from tvtui.artifacts.downloads.run_folder import RunFolder, run_folder
from tvtui.artifacts.downloads.safe_folder import NotSaved
from tvtui.artifacts.downloads.safe_names import MANIFEST, Place
from tvtui.artifacts.transfer import Stage
from tvtui.settings.settings import DEMO

A, B = (Origin(f"https://{name}.example", "p", 214) for name in "ab")


def save(folder: RunFolder, text: str, name: str = "a.txt") -> Path:
    """Save an artifact of four bytes, unless it is there."""
    spot = folder.reserve((name, 0), Place((name,)), 4, "", ())
    try:
        if not spot.is_there:
            spot.path.write_text(text)
            folder.record(spot, (name, 0), 4, "", spot.path.stat())
        return spot.path
    finally:
        folder.release(spot)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestOtherRuns:
    """Artifacts of several runs are never mixed."""

    def test_the_same_run_of_another_server_has_a_folder_of_its_own(self, tmp_path: Path) -> None:
        path = tmp_path / "run-214"
        assert save(RunFolder(path, A), "of a") == path / "a.txt"
        for other, name in [(B, "run-214 (2)"), (A._replace(project="q"), "run-214 (3)"), (B, "run-214 (2)")]:
            folder = RunFolder(path, other)
            assert save(folder, f"of {name[-2]}") == tmp_path / name / "a.txt"
            assert folder.path == tmp_path / name
        assert save(RunFolder(path, A), "new!").read_text() == "of a"
        assert (tmp_path / "run-214 (2)" / "a.txt").read_text() == "of 2"

    def test_a_folder_that_the_user_named_is_refused(self, tmp_path: Path) -> None:
        save(RunFolder(tmp_path, A, is_fixed=True), "of a")
        with pytest.raises(NotSaved) as raised:
            RunFolder(tmp_path, B, is_fixed=True).create()
        what = "has artifacts of run 214 of https://a.example. Choose another folder with --output."
        assert str(raised.value) == f"{tmp_path} {what}"
        with pytest.raises(NotSaved, match=r"run 214 of https://a\.example, project p\."):
            RunFolder(tmp_path, A._replace(project="q"), is_fixed=True).create()
        assert names_in(tmp_path) == [MANIFEST, "a.txt"]

    def test_processes_that_start_at_once_do_not_share_a_folder(self, tmp_path: Path) -> None:
        path = tmp_path / "run-214"
        origins = [A._replace(project=str(number % 6)) for number in range(18)]

        def start(number: int) -> Path:
            return save(RunFolder(path, origins[number]), "1234", f"{number}.txt").parent

        with ThreadPoolExecutor(len(origins)) as threads:
            folders = list(threads.map(start, range(18)))
        assert len(set(folders)) == 6
        assert folders == folders[:6] * 3

    def test_a_folder_without_a_manifest_is_used_but_its_files_are_left_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "run-214"
        path.mkdir()
        (path / "a.txt").write_text("same")
        assert save(RunFolder(path, A), "of a") == path / "a (2).txt"
        assert (path / "a.txt").read_text() == "same"

    def test_the_demo_has_the_same_folder_each_time(self, tmp_path: Path) -> None:
        demos = [replace(SETTINGS, server=f"http://127.0.0.1:{port}", server_source=DEMO) for port in (1, 2)]
        folders = [run_folder(settings, 214, tmp_path) for settings in (demos[0], SETTINGS, demos[1])]
        assert [save(folder, "text").parent.name for folder in folders] == ["run-214", "run-214 (2)", "run-214"]


class TestSaved:
    """What was downloaded before."""

    def test_complete_files_of_the_run_are_found_in_its_own_folder(self, tmp_path: Path) -> None:
        path = tmp_path / "run-214"
        first, second = save(RunFolder(path, A), "of a"), save(RunFolder(path, B), "of b")
        assert RunFolder(path, A).saved() == {("a.txt", 0): first}
        assert RunFolder(path, B).saved() == {("a.txt", 0): second}
        assert RunFolder(path, A._replace(project="q")).saved() == {}
        second.write_text("changed")
        assert RunFolder(path, B).saved() == {}
        first.unlink()
        assert RunFolder(path, A).saved() == {}

    def test_a_folder_that_the_user_named_is_the_only_one(self, tmp_path: Path) -> None:
        file = save(RunFolder(tmp_path, A, is_fixed=True), "of a")
        assert RunFolder(tmp_path, A, is_fixed=True).saved() == {("a.txt", 0): file}
        assert RunFolder(tmp_path, B, is_fixed=True).saved() == {}

    def test_nothing_is_created(self, tmp_path: Path) -> None:
        assert RunFolder(tmp_path / "x" / "run-214", A).saved() == {}
        assert list(tmp_path.iterdir()) == []


class TestWhatCounts:
    """Only a file that the manifest knows, unchanged, is the artifact."""

    def test_what_another_process_has_saved_meanwhile(self, tmp_path: Path) -> None:
        first, second = RunFolder(tmp_path, A), RunFolder(tmp_path, A)
        save(second, "old!", "b.txt")
        save(first, "of a")
        assert save(second, "new!").read_text() == "of a"

    @pytest.mark.parametrize("change", ["edited", "replaced", "longer"])
    def test_a_changed_file_does_not(self, change: str, tmp_path: Path) -> None:
        path = save(RunFolder(tmp_path, A), "of a")
        match change:
            case "edited":
                os.utime(path, (1, 1))
            case "replaced":
                path.unlink()
                path.mkdir()
            case _:
                path.write_text("longer")
        assert save(RunFolder(tmp_path, A), "new!").name == "a (2).txt"

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"\xff\x00{",
            b"[" * 100_000,
            b'{"version": 1, "server": "https://a.example", "project": "p", "run": "214"}\n',
            b'{"version": 1, "artifact": "a.txt", "number": 0, "file": "a.txt", "size": 4}\n',
        ],
    )
    def test_a_damaged_manifest_is_as_if_absent(self, text: bytes, tmp_path: Path) -> None:
        path = save(RunFolder(tmp_path, A, is_fixed=True), "of a")
        (tmp_path / MANIFEST).write_bytes(text)
        again = save(RunFolder(tmp_path, A, is_fixed=True), "new!")
        assert (again.name, path.read_text()) == ("a (2).txt", "of a")
        # and it works from then on
        assert save(RunFolder(tmp_path, A, is_fixed=True), "more") == again

    def test_lines_of_a_newer_version_are_as_if_absent(self, tmp_path: Path) -> None:
        save(RunFolder(tmp_path, A, is_fixed=True), "of a")
        manifest = tmp_path / MANIFEST
        manifest.write_text(manifest.read_text().replace('"version": 1', '"version": 2'))
        assert save(RunFolder(tmp_path, B, is_fixed=True), "of b").name == "a (2).txt"

    def test_a_line_that_another_process_could_not_complete_costs_only_itself(self, tmp_path: Path) -> None:
        path = save(RunFolder(tmp_path, A, is_fixed=True), "of a")
        with (tmp_path / MANIFEST).open("a") as file:
            file.write('{"version": 1, "artif')
        save(RunFolder(tmp_path, A, is_fixed=True), "of b", "b.txt")
        for name in ("a.txt", "b.txt"):
            assert save(RunFolder(tmp_path, A, is_fixed=True), "new!", name).name == name
        assert path.read_text() == "of a"

    @pytest.mark.skipif(os.name != "posix", reason="Windows has no such owners")
    def test_files_of_another_user_do_not(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = save(RunFolder(tmp_path, A, is_fixed=True), "of a")
        with monkeypatch.context() as patch:
            patch.setattr(os, "geteuid", lambda: 4_294_967_000)
            assert save(RunFolder(tmp_path, B, is_fixed=True), "of b").name == "a (2).txt"
        assert path.read_text() == "of a"

    def test_many_files_of_that_name_end_the_search(self, tmp_path: Path) -> None:
        for number in range(1, 1001):
            (tmp_path / ("a.txt" if number == 1 else f"a ({number}).txt")).touch()
        with pytest.raises(NotSaved, match=r"has too many files like a\.txt\. Move some of them\."):
            save(RunFolder(tmp_path, A, is_fixed=True), "of a")
        (tmp_path / "a (700).txt").unlink()
        assert save(RunFolder(tmp_path, A, is_fixed=True), "of a").name == "a (700).txt"


class TestRoot:
    """The folder above the folders of all runs."""

    @pytest.mark.skipif(os.name != "posix", reason="there are no such permissions on this system")
    def test_is_private_and_ignored_by_git_if_it_is_created(self, tmp_path: Path) -> None:
        root = tmp_path / "tvtui-artifacts"
        RunFolder(root / "run-214", A).create()
        assert (root.stat().st_mode & 0o777, (root / ".gitignore").read_text()) == (0o700, "*\n")
        (root / ".gitignore").unlink()
        RunFolder(root / "run-215", A).create()
        assert names_in(root) == ["run-214", "run-215"]

    def test_a_folder_that_the_user_named_contains_nothing_visible_else(self, tmp_path: Path) -> None:
        RunFolder(tmp_path / "out", A, is_fixed=True).create()
        assert names_in(tmp_path / "out") == [MANIFEST]


class TestDownloads:
    """Downloads into such folders."""

    async def test_existing_files_of_other_sizes_do_not_stop_a_download(self, tmp_path: Path) -> None:
        for name in ("t.zip", "t (2).zip"):
            (tmp_path / name).write_bytes(b"other")
        async with storage_server(tmp_path, t_zip=b"trace") as setup:
            assert (await setup.get())["t.zip"].path == tmp_path / "t (3).zip"

    async def test_files_of_the_same_size_are_not_mistaken_for_it(self, tmp_path: Path) -> None:
        (tmp_path / "a.zip").write_bytes(b"fake!")
        async with storage_server(tmp_path, a_zip=b"trace") as setup:
            log = await setup.get()
            assert not log["a.zip"].was_there
            assert setup.there == {"a.zip": b"fake!", "a (2).zip": b"trace"}

    async def test_the_unfinished_file_of_another_run_is_not_resumed(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path / "run-214", a_zip=b"1234" * 9) as setup:
            setup.stored.wrong = [cut_off, fail]
            await setup.get()
            manifest = tmp_path / "run-214" / MANIFEST
            manifest.write_text(manifest.read_text().replace(ORIGIN.project, "another"))
            log = await DownloadSetup(setup.stored, setup.storage, tmp_path / "run-214", setup.clock).get()
            assert log["a.zip"].stage is Stage.FAILED
            assert "has artifacts of run 214 of" in log["a.zip"].note

    async def test_the_manifest_contains_no_secrets(self, tmp_path: Path) -> None:
        async with storage_server(tmp_path, a_zip=b"trace", b_zip=b"b") as setup:
            setup.stored.wrong = [cut_off, fail]
            await setup.get()
            await setup.get()
        text = (tmp_path / MANIFEST).read_text()
        assert {json.loads(line).get("file") for line in text.splitlines() if line} == {None, "a.zip", "b.zip"}
        assert LINK_SECRET not in text
        assert KEY not in text
        assert "127.0.0.1" not in text
