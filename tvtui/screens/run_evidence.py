"""Getting and opening a run's artifacts, in the background and one key away."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from textual import on, work
from textual.message import Message

from tvtui.launching import launch
from tvtui.opening import Read, Run, Subject, Tell, plan, subject
from tvtui.screens.run_panes import RunPanes
from tvtui.shelf import ArtifactRow, wanted_of
from tvtui.text import clean_block
from tvtui.transfers import ArtifactId, Stage, Transfer
from tvtui.widgets.artifact_list import ArtifactList
from tvtui.widgets.filter_bar import FilterBar

_LARGEST_TEXT = 1 << 20
"""Bytes of a file that are shown as text."""


class RunEvidence(RunPanes):
    """The artifacts of a run: one is selected whether or not one looks at the list, so each key works anywhere."""

    @dataclass
    class ShowPictures(Message):
        """The user wants to see these pictures, of which the first was asked for."""

        rows: tuple[ArtifactRow, ...]
        paths: tuple[Path, ...]

    @property
    def artifact_row(self) -> ArtifactRow | None:
        """The selected artifact."""
        return next((row for row in self.artifact_rows if row.id == self.artifact), None)

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
        await self._get(wanted)
        self._conclude([self.shelf.transfers[which] for which in wanted])

    async def _get(self, wanted: Sequence[ArtifactId]) -> None:
        self.shelf.begin(wanted)
        await self.means.download(wanted, self._note)

    def _note(self, which: ArtifactId, transfer: Transfer) -> None:
        self.shelf.note(which, transfer)
        self.lay_out_artifacts()

    def _conclude(self, transfers: Sequence[Transfer]) -> None:
        failed = [transfer for transfer in transfers if transfer.stage is Stage.FAILED]
        done = [transfer for transfer in transfers if transfer.stage is Stage.DONE and transfer.path is not None]
        if len(transfers) == 1 and done:
            there = "Was there already" if done[0].was_there else "Saved"
            self._say(f"{there}: {self._shown(done[0].path)} {done[0].note}".strip())
        elif done:
            folder = os.path.commonpath([transfer.path.parent for transfer in done if transfer.path is not None])
            self._say(f"{len(done)} of {len(transfers)} artifacts are in {self._shown(Path(folder))}")
        for sentence in list(dict.fromkeys(transfer.note for transfer in failed))[:3]:
            self._say(sentence, failed=True)

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
        if row.transfer is not None and row.transfer.is_under_way:
            return
        await self._get((row.id,))
        transfer = self.shelf.transfers[row.id]
        if transfer.stage is not Stage.DONE or transfer.path is None:
            self._conclude([transfer])
            return
        await self._show(row, transfer.path)

    async def _show(self, row: ArtifactRow, path: Path) -> None:
        kind, means = row.artifact.kind, self.means
        if subject(kind, path) is Subject.SCREENSHOT and not means.commands.keys() & {kind.casefold(), "screenshot"}:
            self.post_message(self.ShowPictures((row,), (path,)))
            return
        what = plan(kind, path, environ=means.environ, commands=means.commands, cwd=means.cwd)
        match what:
            case Read():
                self.read(row.artifact.path, await asyncio.to_thread(_text_of, what.path))
            case Tell():
                self.app.copy_to_clipboard(what.copied)
                self._say(what.text)
            case _:
                fault = await launch(what, means.environ)
                told = what.told if isinstance(what, Run) else f"Opened {self._shown(path)}"
                self._say(fault or told, failed=bool(fault))

    def read(self, name: str, text: str) -> None:
        """Show a text in the pane of the log."""
        self.detail.read(name, text)
        self.show_detail()
        self.detail.show_tab("log")
        self.detail.shown_view.focus()


def _text_of(path: Path) -> str:
    """The file's text, clean, and cut with a sign if it is very long."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_TEXT + 1)
    except OSError as error:
        return f"The file cannot be read: {error.strerror}."
    text = clean_block(data[:_LARGEST_TEXT].decode("utf-8", "replace"))
    return f"{text}\n\n… only the first MiB is shown" if len(data) > _LARGEST_TEXT else text
