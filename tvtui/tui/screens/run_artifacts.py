"""Downloading and opening the artifacts of a run."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tvtui.artifacts.catalog import ArtifactRow, Catalog, own_trace, wanted_of
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.testvibe.identity import ArtifactId, Row
from tvtui.testvibe.models import Artifact
from tvtui.text.clean import clean_block
from tvtui.text.format import shell_command, shown_from
from tvtui.text.redact import redact_block
from tvtui.tui.services import RunServices

if TYPE_CHECKING:
    from tvtui.trace import Fault
    from tvtui.tui.screens.picture import PictureScreen
    from tvtui.tui.screens.trace import TraceScreen
    from tvtui.tui.screens.trace_content import TraceContent
    from tvtui.tui.screens.trace_state import TraceQuery

_LARGEST_TEXT = 256 << 10
"""Bytes of a file that are shown as text."""


class Notify(Protocol):
    """Shows a message for a while."""

    def __call__(self, message: str, *, is_error: bool = False) -> None:
        """Show `message`, which may hold foreign text."""


@dataclass(repr=False)
class ArtifactActions:
    """Downloads artifacts and opens them.

    Attributes:
        services: Downloads files, and knows how to open them.
        run_worker: Runs a coroutine in the background, until the user cancels it.
        notify: Shows a message.
        changed: Called when the state of a download has changed, or when artifacts of tests have been found.
        key: Gives the key of a binding ID, as the screen shows it.
        copy: Copies a text to the clipboard; one message has its name, and why no file is opened instead.
        may_open: Whether something may come to the front: the user is not typing and has not gone elsewhere.
        show_text: Shows a text under a name.
        push_screen: Shows a screen.
        catalog: The artifacts and the state of their downloads.
    """

    services: RunServices
    run_worker: Callable[[Coroutine[object, object, None]], object]
    notify: Notify
    changed: Callable[[], None]
    key: Callable[[str], str]
    copy: Callable[[str, str, str], None]
    may_open: Callable[[], bool]
    show_text: Callable[[str, str], None]
    push_screen: Callable[[PictureScreen | TraceScreen], object]
    catalog: Catalog = field(init=False)
    _traces: dict[Path, TraceQuery] = field(default_factory=dict)
    """What was asked for in each trace that was shown, for when it is shown again."""

    def __post_init__(self) -> None:
        self.catalog = Catalog(self.changed)

    def download(self, rows: Sequence[ArtifactRow]) -> None:
        """Download artifacts that are not being downloaded yet, and report the result."""
        self.run_worker(self._download(wanted_of(rows)))

    def open(self, row: ArtifactRow, *, among: Sequence[ArtifactRow]) -> None:
        """Download an artifact unless it is there, and show it in the way that suits its kind.

        A picture is shown with the other pictures of the list `among`.
        """
        self.run_worker(self._open(row, among))

    def evidence(self, rows: Sequence[ArtifactRow], test: Row | None, *, selected: ArtifactRow) -> ArtifactRow:
        """The artifact that shows best why a test failed, or the selected one if none belongs to it; shows which."""
        # imported when a file is first opened: the start does without it
        from tvtui.artifacts.evidence import evidence_of

        row = evidence_of(rows) or selected
        path = row.artifact.path
        if test is not None and not row.is_own:
            self.notify(f'No artifact matches "{test.case.name}". Opening {path}')
        elif not self._has_own_screen(row.artifact):
            # a screen of its own names what it shows, and a notification would cover it
            self.notify(f"Opening {path}")
        return row

    def path_of(self, row: ArtifactRow) -> str:
        """The path of the downloaded file, or the server's path if there is none yet, quoted for a shell."""
        transfer = row.transfer
        if transfer is None or transfer.stage is not Stage.DONE or transfer.path is None:
            return shell_command(row.artifact.path)
        return shell_command(str(transfer.path))

    async def _download(self, wanted: Sequence[ArtifactId]) -> None:
        try:
            await self._get(wanted)
        except asyncio.CancelledError:
            known = [self.catalog.transfers.get(which) for which in wanted]
            saved = sum(each is not None and each.stage is Stage.DONE for each in known)
            key = self.key("artifact.download" if len(wanted) == 1 else "artifact.download_all")
            self.notify(f"Download canceled: {saved} of {len(wanted)} saved. Press {key} to resume.")
            raise
        self._report(wanted)

    async def _fetch(self, row: ArtifactRow) -> Path | str:
        """Download an artifact unless it is there already.

        Returns:
            The file, or a sentence that says why there is none.
        """
        await self._get((row.id,))
        transfer = self.catalog.transfers[row.id]
        return transfer.path if transfer.stage is Stage.DONE and transfer.path else transfer.note

    async def _open(self, row: ArtifactRow, among: Sequence[ArtifactRow]) -> None:
        path = await self._fetch(row)
        if isinstance(path, str):
            self._report((row.id,))
        elif not self.may_open():
            self.notify(f"Downloaded {self._shown(path)}. Select it and press {self.key('artifact.open')} to open it.")
        else:
            if self.catalog.transfers[row.id].note:
                self._report((row.id,))
            if _is_picture(row.artifact, path) and not self._has_own_program(row.artifact):
                self._show_pictures(row, among)
            else:
                await self._launch(row, path)

    async def _open_elsewhere(self, row: ArtifactRow) -> None:
        """Open a picture with another program."""
        path = await self._fetch(row)
        if isinstance(path, str):
            self._report((row.id,))
        else:
            await self._launch(row, path)

    def _show_pictures(self, row: ArtifactRow, among: Sequence[ArtifactRow]) -> None:
        # imported here because most watches never show a picture
        from tvtui.tui.screens.picture import PictureScreen

        rows = [each for each in among if each.id == row.id or _is_picture(each.artifact)]
        by_artifact = {id(each.artifact): each for each in rows}

        def open_elsewhere(artifact: Artifact) -> None:
            self.run_worker(self._open_elsewhere(by_artifact[id(artifact)]))

        self.push_screen(
            PictureScreen(
                [each.artifact for each in rows],
                [each.id for each in rows].index(row.id),
                get=lambda artifact: self._fetch(by_artifact[id(artifact)]),
                open_elsewhere=open_elsewhere,
                support=self.services.pictures,
            )
        )

    async def _get(self, wanted: Sequence[ArtifactId]) -> None:
        self.catalog.begin(wanted)
        await self.services.download(wanted, self._note)

    def _note(self, which: ArtifactId, transfer: Transfer) -> None:
        self.catalog.note(which, transfer)
        self.changed()

    def _report(self, wanted: Sequence[ArtifactId]) -> None:
        transfers = {which: self.catalog.transfers[which] for which in wanted}
        failed = {which: each for which, each in transfers.items() if each.stage is Stage.FAILED}
        done = [each for each in transfers.values() if each.stage is Stage.DONE and each.path is not None]
        if len(transfers) == 1 and done:
            result = "Already downloaded" if done[0].was_there else "Saved"
            self.notify(f"{result}: {self._shown(done[0].path)} {done[0].note}".strip())
        elif len(transfers) > 1:
            folder = f" to {self._folder_of(done)}" if done else ""
            parts = [f"{len(done)} of {len(transfers)} artifacts saved{folder}"]
            if renamed := sum(bool(each.note) for each in done):
                parts.append(f"{renamed} renamed (select one to see why)")
            if failed:
                parts.append(f"{len(failed)} failed (press {self.key('artifact.download_all')} to retry)")
            self.notify("; ".join(parts))
        for (path, _), each in list(failed.items())[:2]:
            self.notify(f"{path}: {each.note}", is_error=True)

    def _folder_of(self, done: Sequence[Transfer]) -> str:
        return self._shown(Path(os.path.commonpath([each.path.parent for each in done if each.path is not None])))

    def _shown(self, path: Path | None) -> str:
        return "" if path is None else shown_from(path, self.services.cwd)

    def _has_own_screen(self, artifact: Artifact) -> bool:
        """Whether an artifact is shown in tvtui, on a screen of its own."""
        from tvtui.artifacts.opening import Subject, subject

        what, commands = subject(artifact.kind, Path(artifact.path)), self.services.commands
        is_overruled = artifact.kind.casefold() in commands or what in commands
        return what in {Subject.SCREENSHOT, Subject.TRACE} and not is_overruled

    def _has_own_program(self, artifact: Artifact) -> bool:
        from tvtui.artifacts.opening import Subject

        commands = self.services.commands
        return artifact.kind.casefold() in commands or Subject.SCREENSHOT in commands

    def read_trace(self, rows: Sequence[ArtifactRow]) -> None:
        """Read what the trace of the selected test says in one line, once it has been downloaded."""
        row = own_trace(rows)
        if row is not None and row.id not in self.catalog.summaries:
            self.catalog.summaries[row.id] = ""
            self.run_worker(self._summarize(row))

    async def _summarize(self, row: ArtifactRow) -> None:
        if row.transfer is not None and row.transfer.path is not None:
            self.catalog.summaries[row.id] = await asyncio.to_thread(_summary_of, row.transfer.path)
            self.changed()

    async def _show_trace(self, row: ArtifactRow, path: Path) -> None:
        """Show the steps of a trace; one of which no step can be shown is opened in Playwright's viewer instead."""
        query = self._traces.get(path)
        content = await asyncio.to_thread(_content_of, path, query)
        # imported by the thread
        from tvtui.trace import Fault, Remedy
        from tvtui.tui.screens.trace import TraceScreen

        def open_elsewhere() -> None:
            self.run_worker(self._launch(row, path, elsewhere=True))

        if isinstance(content, Fault):
            self.notify(content.text, is_error=True)
            if content.remedy is Remedy.VIEWER:
                await self._launch(row, path, elsewhere=True)
            elif content.remedy is Remedy.DOWNLOAD:
                self.notify(f"Press {self.key('artifact.download')} to download it again.")
        elif not self.may_open():
            content.trace.close()
        else:
            self.push_screen(
                TraceScreen(
                    content,
                    row.artifact.path,
                    query=query,
                    keep=lambda query: self._traces.update({path: query}),
                    support=self.services.pictures,
                    open_elsewhere=open_elsewhere,
                    save=lambda name, content: _saved(path, name, content, self.services.cwd),
                    copy=lambda text, name: self.copy(text, name, ""),
                )
            )

    async def _launch(self, row: ArtifactRow, path: Path, *, elsewhere: bool = False) -> None:
        """Open a file as its kind requires, or say why it is not opened; a trace `elsewhere` than in the app."""
        # imported when a file is first opened: the start does without it
        from tvtui.artifacts.launch import launch
        from tvtui.artifacts.opening import Explain, Read, ShowTrace, StartProgram, plan

        services = self.services
        what = plan(
            row.artifact.kind,
            path,
            environ=services.environ,
            commands=services.commands,
            cwd=services.cwd,
            elsewhere=elsewhere,
        )
        match what:
            case ShowTrace():
                await self._show_trace(row, path)
            case Read():
                text = await asyncio.to_thread(_text_of, what.path)
                # the app may have begun to exit meanwhile
                if self.may_open():
                    self.show_text(row.artifact.path, text)
            case Explain():
                self.copy(what.copied, what.copied_name, what.text)
            case _:
                fault = await launch(what, services.environ)
                if fault and isinstance(what, StartProgram) and what.copied:
                    self.copy(what.copied, what.copied_name, fault)
                else:
                    message = what.message if isinstance(what, StartProgram) else f"Opened {self._shown(path)}"
                    self.notify(fault or message, is_error=bool(fault))


def _content_of(path: Path, query: TraceQuery | None) -> TraceContent | Fault:
    """Open a trace and import what shows it, in a thread: either takes longer than a key may."""
    # the screen is imported here too, so that it is there when it is needed
    from tvtui.trace import Fault, open_trace
    from tvtui.tui.screens.trace_content import TraceContent

    trace = open_trace(path)
    return trace if isinstance(trace, Fault) else TraceContent(trace, query)


def _summary_of(path: Path) -> str:
    """What a trace says in one line; in a thread, as are the imports."""
    from tvtui.tui.screens.trace_content import summary_of

    return summary_of(path)


def _saved(archive: Path, name: str, content: bytes, cwd: Path | None) -> str:
    """Save a file that is attached to a trace; returns a message that says where, or why not."""
    # imported when a file is first saved
    from tvtui.artifacts.downloads.attachment import save_attachment
    from tvtui.artifacts.downloads.safe_folder import NotSaved

    try:
        return f"Saved: {shown_from(save_attachment(archive, name, content), cwd)}"
    except NotSaved as error:
        return str(error)


def _is_picture(artifact: Artifact, path: Path | None = None) -> bool:
    """Whether an artifact is a picture, by its file's name if there is a file yet."""
    # imported when a file is first opened: the start does without it
    from tvtui.artifacts.opening import Subject, subject

    return subject(artifact.kind, path or Path(artifact.path)) is Subject.SCREENSHOT


def _text_of(path: Path) -> str:
    """The text of a file, cleaned, without secrets, and truncated with a note if it is very long."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_TEXT + 1)
    except OSError as error:
        return f"The file cannot be read: {error.strerror}."
    text = redact_block(clean_block(data[:_LARGEST_TEXT].decode("utf-8", "replace")))
    return f"{text}\n\n… truncated to the first 256 KiB" if len(data) > _LARGEST_TEXT else text
