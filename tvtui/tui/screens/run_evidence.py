"""Getting and opening a run's artifacts, in the background and one key away."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from textual import on, work
from textual.widgets import Input

from tvtui.artifacts.catalog import ArtifactRow, wanted_of
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.testvibe.identity import ArtifactId
from tvtui.testvibe.models import Artifact
from tvtui.text.clean import clean_block
from tvtui.tui.screens.run_panes import RunPanes
from tvtui.tui.widgets.artifact_list import ArtifactList
from tvtui.tui.widgets.filter_bar import FilterBar

_LARGEST_TEXT = 256 << 10
"""Bytes of a file that are shown as text."""


class RunEvidence(RunPanes):
    """The artifacts of a run: one is selected whether or not one looks at the list, so each key works anywhere."""

    _is_note_due = False

    @property
    def artifact_row(self) -> ArtifactRow | None:
        """The selected artifact."""
        here = self.focused.under_cursor if isinstance(self.focused, ArtifactList) else self.artifact
        return next((row for row in self.artifact_rows if row.id == here), None)

    @on(ArtifactList.Highlighted)
    def select_artifact(self, event: ArtifactList.Highlighted) -> None:
        """Select the artifact that the user went to."""
        self._is_users = True
        self.artifact = event.artifact_id

    @on(ArtifactList.Chosen)
    def open_chosen(self, event: ArtifactList.Chosen) -> None:
        """Get it and open it."""
        self.artifact = event.artifact_id
        self.action_open()

    @on(FilterBar.Changed, "#artifact-filter")
    def filter_artifacts(self, event: FilterBar.Changed) -> None:
        """Filter while the user types."""
        self.artifact_words = event.text

    @on(FilterBar.Left, "#artifact-filter")
    def leave_artifact_filter(self) -> None:
        """Back to the list."""
        self.shown_artifacts.focus()

    @property
    def shown_artifacts(self) -> ArtifactList:
        """The list that one sees: the pane, or the tab of the detail."""
        lists = self.query(ArtifactList)
        return next((each for each in lists if each.is_on_screen), self.artifact_list)

    def action_show_artifacts(self) -> None:
        """Go to the list of artifacts, wherever it is, or back to the tests."""
        if isinstance(self.focused, ArtifactList):
            self.zoomed = ""
            self.table.focus()
        elif self.has_class("-wide") and not self.is_small:
            self.zoomed = "" if self.zoomed != "artifacts" else self.zoomed
            self.call_after_refresh(self.artifact_list.focus)
        else:
            self.show_detail()
            self.detail.show_tab("artifacts")
            self.call_after_refresh(self.detail.focus_shown)

    def action_download(self) -> None:
        """Download the selected artifact."""
        if (row := self.artifact_row) is not None:
            self.download((row,))

    def action_download_all(self) -> None:
        """Download all artifacts that the list shows."""
        self.download(self.artifact_rows)

    def action_open(self) -> None:
        """Get the selected artifact and open it."""
        if (row := self.artifact_row) is not None:
            self.open(row)

    @work(group="downloads")
    async def download(self, rows: Sequence[ArtifactRow]) -> None:
        """Download artifacts and say what has come of it."""
        wanted = wanted_of(rows)
        try:
            await self._get(wanted)
        except asyncio.CancelledError:
            known = [self.shelf.transfers.get(which) for which in wanted]
            saved = sum(each is not None and each.stage is Stage.DONE for each in known)
            if self.is_running:
                key = "d" if len(wanted) == 1 else "D"
                self._say(f"Stopped: {saved} of {len(wanted)} saved. {key} goes on.")
            raise
        self._conclude(wanted)

    async def _get(self, wanted: Sequence[ArtifactId]) -> None:
        self.shelf.begin(wanted)
        await self.means.download(wanted, self._note)

    def _note(self, which: ArtifactId, transfer: Transfer) -> None:
        self.shelf.note(which, transfer)
        # what is told of many at once is shown at once
        if not self._is_note_due:
            self._is_note_due = True
            self.call_next(self._show_notes)

    def _show_notes(self) -> None:
        self._is_note_due = False
        self.lay_out_artifacts()

    def _conclude(self, wanted: Sequence[ArtifactId]) -> None:
        """Say what has come of downloads."""
        transfers = {which: self.shelf.transfers[which] for which in wanted}
        failed = {which: each for which, each in transfers.items() if each.stage is Stage.FAILED}
        done = [each for each in transfers.values() if each.stage is Stage.DONE and each.path is not None]
        if len(transfers) == 1 and done:
            there = "Was there already" if done[0].was_there else "Saved"
            self._say(f"{there}: {self._shown(done[0].path)} {done[0].note}".strip())
        elif len(transfers) > 1:
            parts = [f"{len(done)} of {len(transfers)} artifacts are in {self._folder_of(done)}"]
            if renamed := sum(bool(each.note) for each in done):
                parts.append(f"{renamed} under another name, told where the cursor is")
            if failed:
                parts.append(f"{len(failed)} failed, D tries again")
            self._say("; ".join(parts))
        for (path, _), each in list(failed.items())[:2]:
            self._say(f"{path}: {each.note}", failed=True)

    def _folder_of(self, done: Sequence[Transfer]) -> str:
        paths = [each.path.parent for each in done if each.path is not None]
        return self._shown(Path(os.path.commonpath(paths))) if paths else "no folder"

    def _shown(self, path: Path | None) -> str:
        """A path as it is told: from the working folder on, if it lies there."""
        if path is None:
            return ""
        cwd = self.means.cwd
        return str(path.relative_to(cwd)) if cwd is not None and path.is_relative_to(cwd) else str(path)

    def _say(self, text: str, *, failed: bool = False) -> None:
        if failed:
            self.notify(text, severity="error", timeout=12, markup=False)
        else:
            self.notify(text, timeout=5, markup=False)

    def stop_downloads(self) -> bool:
        """Stop what is being downloaded; whether anything was."""
        if self.progress is None:
            return False
        self.workers.cancel_group(self, "downloads")
        return True

    @work(group="downloads")
    async def open(self, row: ArtifactRow) -> None:
        """Get an artifact, unless it is there, and show it in the way that its kind wants."""
        await self._get((row.id,))
        transfer = self.shelf.transfers[row.id]
        if transfer.stage is not Stage.DONE or transfer.path is None:
            self._conclude((row.id,))
        elif self.app.screen is self and not isinstance(self.focused, Input):
            if transfer.note:
                self._conclude((row.id,))
            await self._show(row, transfer.path)
        else:
            # whoever has gone elsewhere meanwhile must not have the keys taken away
            self._say(f"{self._shown(transfer.path)} is there: o opens it.")

    async def _show(self, row: ArtifactRow, path: Path) -> None:
        # opening files is imported when a file is first opened: the start does without
        from tvtui.artifacts.opening import Subject, subject

        kind = row.artifact.kind
        has_own_program = kind.casefold() in self.means.commands or Subject.SCREENSHOT in self.means.commands
        if subject(kind, path) is Subject.SCREENSHOT and not has_own_program:
            self._show_pictures(row)
        else:
            await self._hand_over(row, path)

    async def _hand_over(self, row: ArtifactRow, path: Path) -> None:
        """Open a file as its kind wants it, or say why it is not opened."""
        from tvtui.artifacts.launch import launch
        from tvtui.artifacts.opening import Explain, Read, StartProgram, plan

        means = self.means
        what = plan(row.artifact.kind, path, environ=means.environ, commands=means.commands, cwd=means.cwd)
        match what:
            case Read():
                self.read(row.artifact.path, await asyncio.to_thread(_text_of, what.path))
            case Explain():
                self.app.copy_to_clipboard(what.copied)
                self._say(what.text)
            case _:
                fault = await launch(what, means.environ)
                if fault and isinstance(what, StartProgram) and what.copied:
                    self.app.copy_to_clipboard(what.copied)
                told = what.message if isinstance(what, StartProgram) else f"Opened {self._shown(path)}"
                self._say(fault or told, failed=bool(fault))

    def _show_pictures(self, row: ArtifactRow) -> None:
        """Show a screenshot, with the other ones of the list around it."""
        # imported here because most watches never show a picture
        from tvtui.terminal.detect import picture_protocol
        from tvtui.tui.screens.picture import PictureScreen

        rows = [each for each in self.artifact_rows if _is_picture(each.artifact)]
        if all(each.id != row.id for each in rows):
            # a filter was typed meanwhile, or the server calls something else a picture
            rows.insert(0, row)
        by_artifact = {id(each.artifact): each for each in rows}

        async def get(artifact: Artifact) -> Path | str:
            which = by_artifact[id(artifact)].id
            await self._get((which,))
            transfer = self.shelf.transfers[which]
            return transfer.path if transfer.stage is Stage.DONE and transfer.path else transfer.note

        def open_elsewhere(artifact: Artifact) -> None:
            self._open_elsewhere(by_artifact[id(artifact)])

        screen = PictureScreen(
            [each.artifact for each in rows],
            [each.id for each in rows].index(row.id),
            get=get,
            open_elsewhere=open_elsewhere,
            protocol=picture_protocol(self.means.environ),
        )
        self.app.push_screen(screen)

    @work(group="downloads")
    async def _open_elsewhere(self, row: ArtifactRow) -> None:
        """Open a picture that is on the screen with another program."""
        await self._get((row.id,))
        transfer = self.shelf.transfers[row.id]
        if transfer.stage is Stage.DONE and transfer.path is not None:
            await self._hand_over(row, transfer.path)
        else:
            self._conclude((row.id,))

    def read(self, name: str, text: str) -> None:
        """Show a text in the pane of the log."""
        self.detail.read(name, text)
        self.show_detail()
        self.detail.show_tab("log")
        self.detail.shown_view.focus()


def _is_picture(artifact: Artifact) -> bool:
    from tvtui.artifacts.opening import Subject, subject

    return subject(artifact.kind, Path(artifact.path)) is Subject.SCREENSHOT


def _text_of(path: Path) -> str:
    """The file's text, clean, and cut with a sign if it is very long."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_TEXT + 1)
    except OSError as error:
        return f"The file cannot be read: {error.strerror}."
    text = clean_block(data[:_LARGEST_TEXT].decode("utf-8", "replace"))
    return f"{text}\n\n… only the first 256 KiB are shown" if len(data) > _LARGEST_TEXT else text
